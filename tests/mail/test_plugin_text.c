/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_plugin_text.c - the functions on struct patchmark_text of patchmark-plugin.h.
 */
#include "support/support.h"

START_TEST(a_text_is_split_into_lines) {
    static const char text[] = "one\n\ntwo\r\n\r\nthree\r\r\n\rfour";
    static const char *const lines[] = {"one", "", "two", "", "three\r", "\rfour"};
    struct patchmark_text rest = {text, sizeof(text) - 1}, line;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        ck_assert(patchmark_text_line(&rest, &line));
        ck_assert_uint_eq(line.length, strlen(lines[i]));
        ck_assert_mem_eq(line.data, lines[i], line.length);
    }
    ck_assert(!patchmark_text_line(&rest, &line));
    rest = (struct patchmark_text){"x\n", 2};
    ck_assert(patchmark_text_line(&rest, &line)); /* there is no empty line behind the last LF */
    ck_assert(!patchmark_text_line(&rest, &line));
}
END_TEST

START_TEST(texts_are_compared_and_cut) {
    struct patchmark_text text = patchmark_text_of("\t Fixes: a \t"), none = {NULL, 0};
    struct patchmark_text trimmed = patchmark_text_trim(text);

    ck_assert(patchmark_text_equals(trimmed, "Fixes: a"));
    ck_assert(patchmark_text_equals(patchmark_text_trim_end(text), "\t Fixes: a"));
    ck_assert_uint_eq(patchmark_text_trim(patchmark_text_of(" \t")).length, 0);
    ck_assert(patchmark_text_equals(patchmark_text_slice(trimmed, 0, 5), "Fixes"));
    ck_assert(patchmark_text_equals(patchmark_text_skip(trimmed, 7), "a"));
    ck_assert(patchmark_text_starts(trimmed, "Fixes:") && patchmark_text_starts(trimmed, ""));
    ck_assert(!patchmark_text_starts(trimmed, "fixes:") && !patchmark_text_starts(none, "x"));
    ck_assert(!patchmark_text_starts(trimmed, "Fixes: ab"));
    ck_assert(patchmark_text_ends(trimmed, ": a") && !patchmark_text_ends(trimmed, ": A"));
    ck_assert(!patchmark_text_equals(trimmed, "Fixes:"));
    ck_assert(patchmark_text_case_starts(trimmed, "fIXES: A"));
    ck_assert(patchmark_text_case_starts(none, "") && !patchmark_text_case_starts(none, "x"));
    ck_assert(!patchmark_text_case_starts(trimmed, "fixed"));
    ck_assert(!patchmark_text_case_starts(patchmark_text_of("[x"), "{x")); /* not letters */
    ck_assert(patchmark_text_case_ends(trimmed, "S: A") && !patchmark_text_case_ends(none, "A"));
    ck_assert(patchmark_text_case_equals(trimmed, "FIXES: A"));
    ck_assert(!patchmark_text_case_equals(trimmed, "fixes"));
    ck_assert(patchmark_text_has(trimmed, ':') && !patchmark_text_has(trimmed, 'A'));
    ck_assert(!patchmark_text_has(none, ':'));
}
END_TEST

SUITE(plugin_text_suite) {
    Suite *suite = suite_create("plugin text");
    TCase *tests = tcase_create("text");

    tcase_add_test(tests, a_text_is_split_into_lines);
    tcase_add_test(tests, texts_are_compared_and_cut);
    suite_add_tcase(suite, tests);
    return suite;
}
