/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_forged_headers.c - which header fields of a mail count as forged, how often, which of them
 * are deleted, and which can be those of the first pass.
 */
#include "pipeline/bounds.h"
#include "pipeline/forged-headers.h"
#include "support/support.h"

static struct forged_headers forged_headers;

static void teardown(void) {
    forged_headers_free(&forged_headers);
}

static void note(const char *name) {
    forged_headers_note(&forged_headers, "Patchmark-", name, " x");
}

static void note_numbered(const char *start, int count) {
    char name[64];

    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "%s%d", start, i);
        note(name);
    }
}

/* ---- what is deleted ----------------------------------------------------------------------- */

/* The calls: "NAME INDEX\n" for each. */
static struct {
    char text[1024 * 1024];
    size_t length, calls;
} deleted;

static void keep(void *argument, const char *name, int index) {
    ck_assert_ptr_eq(argument, &deleted);
    deleted.length +=
        (size_t)snprintf(deleted.text + deleted.length, sizeof(deleted.text) - deleted.length,
                         "%s %d\n", name, index);
    deleted.calls++;
}

/* Returns how many fields are not deleted. */
static size_t run(void) {
    deleted.length = deleted.calls = 0;
    deleted.text[0] = '\0';
    return forged_headers_delete(&forged_headers, keep, &deleted);
}

START_TEST(every_copy_is_deleted_in_any_case) {
    note("patchmark-kind");
    note("Patchmark-Series");
    note("PATCHMARK-KIND");
    note("PatchMark-Kind");
    ck_assert_uint_eq(forged_headers.total, 4);
    ck_assert_uint_eq(run(), 0);
    /* The MTA ignores case.  Later fields first: a deletion may change the index of those after it.
     */
    ck_assert_str_eq(deleted.text,
                     "patchmark-kind 3\npatchmark-kind 2\npatchmark-kind 1\nPatchmark-Series 1\n");
}
END_TEST

START_TEST(every_field_with_the_prefix_is_deleted) {
    note("Patchmark-Other");
    note("Patchmark-");
    ck_assert_uint_eq(run(), 0);
    ck_assert_str_eq(deleted.text, "Patchmark- 1\nPatchmark-Other 1\n");
}
END_TEST

START_TEST(other_fields_are_left_alone) {
    static const char *const names[] = {"",     "Subject",         "Patchmark", "Patchmar-Kind",
                                        "Kind", "X-Patchmark-Kind"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        note(names[i]);
    ck_assert_uint_eq(forged_headers.total, 0);
    ck_assert_uint_eq(run(), 0);
    ck_assert_str_eq(deleted.text, "");
}
END_TEST

START_TEST(a_name_with_blanks_behind_it_is_another_name) {
    /* "Patchmark-Kind : x" is obsolete syntax (RFC 5322 4.5), which programs read as that field. */
    note("Patchmark-Kind");
    note("Patchmark-Kind ");
    note("Patchmark-Kind\t ");
    ck_assert_uint_eq(run(), 0);
    ck_assert_str_eq(deleted.text, "Patchmark-Kind 1\nPatchmark-Kind\t  1\nPatchmark-Kind  1\n");
}
END_TEST

START_TEST(names_that_we_write_are_deleted_first) {
    static const char *const ours[] = {"Kind",     "Series", "Version", "Part", "Topic",
                                       "Patch-Id", "Flags",  "Labels",  "Info"};
    char name[64];

    note_numbered("Patchmark-A-Decoy-", 11000);
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        snprintf(name, sizeof(name), "patchMARK-%s \t", ours[i]);
        note(name);
    }
    ck_assert_uint_eq(forged_headers.total, 11009);
    ck_assert_uint_eq(run(), 11009 - LIMIT_FORGED_DELETED);
    ck_assert_uint_eq(deleted.calls, LIMIT_FORGED_DELETED);
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        snprintf(name, sizeof(name), "patchMARK-%s \t 1\n", ours[i]);
        ck_assert_ptr_nonnull(strstr(deleted.text, name));
        ck_assert(strstr(deleted.text, name) < strstr(deleted.text, "Decoy"));
    }
}
END_TEST

START_TEST(at_most_the_limit_is_deleted) {
    for (int i = 0; i < LIMIT_FORGED_DELETED; i++)
        note("Patchmark-X");
    ck_assert_uint_eq(run(), 0);
    ck_assert_uint_eq(deleted.calls, LIMIT_FORGED_DELETED);
    note("Patchmark-X");
    ck_assert_uint_eq(run(), 1);
    ck_assert_uint_eq(deleted.calls, LIMIT_FORGED_DELETED);
    /* the first ones, which cost the MTA least to find */
    ck_assert_int_eq(strncmp(deleted.text, "Patchmark-X 1000\n", 17), 0);
    ck_assert_ptr_nonnull(strstr(deleted.text, "\nPatchmark-X 1\n"));
    for (int i = 0; i < 10000; i++)
        note("Patchmark-X");
    ck_assert_uint_eq(run(), 10001);
    note("Patchmark-Kind");
    note("Patchmark-Kind");
    ck_assert_uint_eq(run(), 10003);
    ck_assert_int_eq(
        strncmp(deleted.text, "Patchmark-Kind 2\nPatchmark-Kind 1\nPatchmark-X 998\n", 50), 0);
}
END_TEST

/* Names are kept up to a limit, also the spellings of those that we write. */
START_TEST(names_are_bounded) {
    char name[1600] = "Patchmark-Kind";

    note_numbered("Patchmark-X", 11000);
    for (size_t i = strlen(name); i < sizeof(name) - 1; i++) {
        note(name);
        name[i] = ' ';
    }
    ck_assert_uint_eq(forged_headers.others.count, LIMIT_FORGED_DELETED);
    ck_assert_uint_eq(forged_headers.ours.count, LIMIT_FORGED_DELETED);
    ck_assert_uint_eq(forged_headers.total, 11000 + sizeof(name) - 1 - strlen("Patchmark-Kind"));
    ck_assert_uint_eq(run(), forged_headers.total - LIMIT_FORGED_DELETED);
    ck_assert_ptr_null(strstr(deleted.text, "Patchmark-X"));
}
END_TEST

/* For each deletion the MTA reads the header from its start. */
START_TEST(the_lines_that_the_mta_reads_are_bounded) {
    const size_t lines = LIMIT_FORGED_LINES / 50;
    char *value = malloc(2 * lines);

    for (size_t i = 0; i < lines; i++)
        memcpy(value + 2 * i, "\n ", 2);
    value[2 * (lines - 1)] = '\0';
    forged_headers_note(&forged_headers, "Patchmark-", "X-Junk", value);
    for (int i = 0; i < 100; i++)
        note("Patchmark-X");
    note("Patchmark-Kind");
    note("Patchmark-Series");
    /* Each deletion reads a little more than 1/50 of the limit. */
    ck_assert_uint_eq(run(), 102 - 49);
    ck_assert_uint_eq(deleted.calls, 49);
    ck_assert_int_eq(
        strncmp(deleted.text, "Patchmark-Kind 1\nPatchmark-Series 1\nPatchmark-X 47\n", 51), 0);
    free(value);
}
END_TEST

/* ---- the first pass ------------------------------------------------------------------------ */

START_TEST(fields_of_the_first_pass) {
    static const struct {
        const char *names[6];
        bool own;
    } cases[] = {
        {{"Patchmark-Kind", "Patchmark-Series", "Patchmark-Info", "Subject"}, true},
        {{"patchmark-kind"}, true},
        {{"Patchmark-Kind", "Patchmark-Info", "Patchmark-Kind"}, false},
        {{"Patchmark-Kind", "PATCHMARK-KIND"}, false},
        {{"Patchmark-Kind", "Patchmark-Other-Of-A-Stranger"}, false},
        {{"Patchmark-Kind "}, false}, /* we do not write that */
        {{"Patchmark-"}, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        for (size_t j = 0; cases[i].names[j]; j++)
            note(cases[i].names[j]);
        ck_assert_msg(forged_headers_can_be_own(&forged_headers) == cases[i].own, "case %zu", i);
        ck_assert_uint_eq(run(), 0);
        forged_headers_reset(&forged_headers);
    }
    note_numbered("Patchmark-X", LIMIT_FORGED_DELETED + 1);
    ck_assert(!forged_headers_can_be_own(&forged_headers));
}
END_TEST

START_TEST(a_reset_forgets_the_mail_before) {
    note("Patchmark-Kind");
    note("Patchmark-Kind");
    note("Patchmark-Other");
    forged_headers_reset(&forged_headers);
    ck_assert_uint_eq(forged_headers.total, 0);
    note("Patchmark-Kind");
    ck_assert(forged_headers_can_be_own(&forged_headers));
    ck_assert_uint_eq(run(), 0);
    ck_assert_str_eq(deleted.text, "Patchmark-Kind 1\n");
}
END_TEST

SUITE(forged_headers_suite) {
    Suite *suite = suite_create("forged headers");
    TCase *tests = tcase_create("forged headers");

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, every_copy_is_deleted_in_any_case);
    tcase_add_test(tests, every_field_with_the_prefix_is_deleted);
    tcase_add_test(tests, other_fields_are_left_alone);
    tcase_add_test(tests, a_name_with_blanks_behind_it_is_another_name);
    tcase_add_test(tests, names_that_we_write_are_deleted_first);
    tcase_add_test(tests, at_most_the_limit_is_deleted);
    tcase_add_test(tests, names_are_bounded);
    tcase_add_test(tests, the_lines_that_the_mta_reads_are_bounded);
    tcase_add_test(tests, fields_of_the_first_pass);
    tcase_add_test(tests, a_reset_forgets_the_mail_before);
    suite_add_tcase(suite, tests);
    return suite;
}
