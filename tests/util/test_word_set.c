/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_word_set.c - sets of words in one text.
 */
#include "support/suite.h"
#include "util/word-set.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Texts that are joined in this order. */
static const struct {
    const char *more[5];
    const char *set, *reason;
} joins[] = {
    {{"a.example.org"}, "a.example.org", "one"},
    {{""}, "", "none"},
    {{"a.example.org", "a.example.org"}, "a.example.org", "the same again"},
    {{"a.example.org", "b.example.org"}, "a.example.org b.example.org", "two"},
    {{"b.example.org", "a.example.org", "b.example.org", "a.example.org"},
     "b.example.org a.example.org",
     "two, each twice"},
    {{"a b", "b c a"}, "a b c", "several words in one text"},
    {{"", "a.example.org"}, "a.example.org", "none first"},
    {{"a.example.org", "", "b.example.org"}, "a.example.org b.example.org", "and in between"},
    {{"a.example.org", "example.org", "a.example"},
     "a.example.org example.org a.example",
     "a word within another is another word"},
};

START_TEST(words_are_joined_once_each) {
    struct arena arena = {.chunks = NULL};
    const char *set = "";

    for (int i = 0; joins[_i].more[i]; i++)
        set = word_set_join(&arena, set, joins[_i].more[i], 512);
    ck_assert_msg(strcmp(set, joins[_i].set) == 0, "%s: '%s'", joins[_i].reason, set);
    arena_free(&arena);
}
END_TEST

START_TEST(a_set_has_at_most_the_given_length) {
    struct arena arena = {.chunks = NULL};

    ck_assert_str_eq(word_set_join(&arena, "", "abc", 2), "");
    ck_assert_str_eq(word_set_join(&arena, "", "abc", 3), "abc");
    ck_assert_str_eq(word_set_join(&arena, "abc", "de", 5), "abc");
    ck_assert_str_eq(word_set_join(&arena, "abc", "de", 6), "abc de");
    ck_assert_str_eq(word_set_join(&arena, "abc", "long f", 5), "abc f");
    arena_free(&arena);
}
END_TEST

START_TEST(a_set_has_its_words_and_no_parts_of_them) {
    ck_assert(word_set_has("abc de", "abc"));
    ck_assert(word_set_has("abc de", "de"));
    ck_assert(!word_set_has("abc de", "ab"));
    ck_assert(!word_set_has("abc de", "bc"));
    ck_assert(!word_set_has("abc de", "abc de"));
    ck_assert(!word_set_has("abc de", ""));
    ck_assert(!word_set_has("", ""));
    ck_assert(!word_set_has("abc", "ABC"));
}
END_TEST

SUITE(word_set_suite) {
    Suite *suite = suite_create("word_set");
    TCase *tests = tcase_create("word_set");

    tcase_add_loop_test(tests, words_are_joined_once_each, 0, COUNT(joins));
    tcase_add_test(tests, a_set_has_at_most_the_given_length);
    tcase_add_test(tests, a_set_has_its_words_and_no_parts_of_them);
    suite_add_tcase(suite, tests);
    return suite;
}
