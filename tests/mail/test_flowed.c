/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_flowed.c - decoding of format=flowed as RFC 3676 defines it.
 */
#include "mail/flowed.h"
#include "support/suite.h"

#include <check.h>
#include <string.h>

struct flowed_case {
    const char *sent, *read;
    bool delsp;
};

static const struct flowed_case cases[] = {
    /* A space at the end of a line is a soft break; without one the line ends. */
    {"one \ntwo\nthree\n", "one two\nthree\n", false},
    {"one \ntwo\nthree\n", "onetwo\nthree\n", true},
    /* CR LF is a line end as well. */
    {"one \r\ntwo\r\n", "one two\n", false},
    /* Stuffed spaces protect lines that start with a space, "From " or ">". */
    {"  context\n From x\n >not quoted\n", " context\nFrom x\n>not quoted\n", false},
    {"+added\n-removed\n  kept\n", "+added\n-removed\n kept\n", false},
    /* "-- " is a signature, not a soft break. */
    {"text\n-- \nAda\n", "text\n-- \nAda\n", false},
    /* Quoted lines of the same depth are joined; a change of depth ends the paragraph. */
    {"> one \n> two\n", "> one two\n", false},
    {"> one \nown\n", "> one \nown\n", false},
    {">> a \n> b\n", ">> a \n> b\n", false},
    {">one \n>two\n", ">one two\n", false},
    /* The text ends in a soft break, or without a line end. */
    {"one ", "one ", false},
    {"one", "one\n", false},
    {"", "", false},
    {" \n", "\n", false},
    {"\n\n", "\n\n", false},
};

START_TEST(text_is_decoded) {
    const struct flowed_case *wanted = &cases[_i];
    struct arena arena = {NULL, NULL, 0};
    struct patchmark_text got =
        flowed_decode(&arena, (struct patchmark_text){wanted->sent, strlen(wanted->sent)},
                      wanted->delsp);

    ck_assert_msg(got.length == strlen(wanted->read) &&
                      memcmp(got.data, wanted->read, got.length) == 0,
                  "'%s' became '%.*s', not '%s'", wanted->sent, (int)got.length, got.data,
                  wanted->read);
    arena_free(&arena);
}
END_TEST

SUITE(flowed_suite) {
    Suite *suite = suite_create("flowed");
    TCase *tcase = tcase_create("flowed");

    tcase_add_loop_test(tcase, text_is_decoded, 0, sizeof(cases) / sizeof(cases[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
