/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_forged_headers.c - which header fields of a mail count as forged, and how often.
 */
#include "pipeline/bounds.h"
#include "pipeline/forged-headers.h"
#include "support/support.h"

static struct forged_headers forged_headers;

static void teardown(void) {
    forged_headers_free(&forged_headers);
}

static bool note(const char *name) {
    return forged_headers_note(&forged_headers, "Patchmark-", name);
}

/* Returns how many fields called NAME were counted. */
static int noted(const char *name) {
    for (size_t i = 0; i < forged_headers.count; i++)
        if (strcmp(forged_headers.names[i].name, name) == 0)
            return forged_headers.names[i].count;
    return 0;
}

START_TEST(every_copy_is_counted_in_any_case) {
    ck_assert(note("patchmark-kind"));
    ck_assert(note("Patchmark-Series"));
    ck_assert(note("PATCHMARK-KIND"));
    ck_assert(note("PatchMark-Kind"));
    ck_assert_uint_eq(forged_headers.count, 2);
    ck_assert_int_eq(noted("patchmark-kind"), 3); /* the MTA ignores case when it deletes */
    ck_assert_int_eq(noted("Patchmark-Series"), 1);
}
END_TEST

START_TEST(every_field_with_the_prefix_is_forged) {
    ck_assert(note("Patchmark-Verdict"));
    ck_assert(note("Patchmark-"));
    ck_assert_uint_eq(forged_headers.count, 2);
}
END_TEST

START_TEST(other_fields_are_left_alone) {
    static const char *const names[] = {"",     "Subject",         "Patchmark", "Patchmar-Kind",
                                        "Kind", "X-Patchmark-Kind"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        ck_assert(note(names[i]));
    ck_assert_uint_eq(forged_headers.count, 0);
}
END_TEST

START_TEST(a_name_with_blanks_behind_it_is_another_name) {
    /* "Patchmark-Kind : x" is obsolete syntax (RFC 5322 4.5), which programs read as that field. */
    ck_assert(note("Patchmark-Kind"));
    ck_assert(note("Patchmark-Kind "));
    ck_assert(note("Patchmark-Kind\t "));
    ck_assert_uint_eq(forged_headers.count, 3);
    ck_assert_int_eq(noted("Patchmark-Kind\t "), 1);
}
END_TEST

START_TEST(decoys_do_not_hide_the_fields_that_we_write) {
    static const char *const ours[] = {"Kind",     "Series", "Version", "Part", "Topic",
                                       "Patch-Id", "Flags",  "Labels",  "Info"};
    char name[64];

    for (int i = 0; i < LIMIT_FORGED_NAMES; i++) {
        snprintf(name, sizeof(name), "Patchmark-Decoy-%d", i);
        ck_assert(note(name));
    }
    ck_assert_uint_eq(forged_headers.count, LIMIT_FORGED_NAMES);
    ck_assert_msg(!note("Patchmark-Decoy-one-more"), "a name beyond the limit is not counted");
    ck_assert_uint_eq(forged_headers.count, LIMIT_FORGED_NAMES);
    ck_assert(note("Patchmark-Decoy-0")); /* a name that is stored already is still counted */
    ck_assert_int_eq(noted("Patchmark-Decoy-0"), 2);
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        snprintf(name, sizeof(name), "patchMARK-%s \t", ours[i]);
        ck_assert(note(name));
        ck_assert_int_eq(noted(name), 1);
    }
}
END_TEST

START_TEST(a_reset_forgets_the_mail_before) {
    ck_assert(note("Patchmark-Kind"));
    forged_headers_reset(&forged_headers);
    ck_assert_uint_eq(forged_headers.count, 0);
    ck_assert(note("Patchmark-Kind"));
    ck_assert_int_eq(noted("Patchmark-Kind"), 1);
}
END_TEST

SUITE(forged_headers_suite) {
    Suite *suite = suite_create("forged headers");
    TCase *tests = tcase_create("forged headers");

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, every_copy_is_counted_in_any_case);
    tcase_add_test(tests, every_field_with_the_prefix_is_forged);
    tcase_add_test(tests, other_fields_are_left_alone);
    tcase_add_test(tests, a_name_with_blanks_behind_it_is_another_name);
    tcase_add_test(tests, decoys_do_not_hide_the_fields_that_we_write);
    tcase_add_test(tests, a_reset_forgets_the_mail_before);
    suite_add_tcase(suite, tests);
    return suite;
}
