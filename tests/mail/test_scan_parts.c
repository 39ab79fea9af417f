/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_scan_parts.c - the limits on the headers of parts: at each limit and one above it.
 */
#include "mail/bounds.h"
#include "mail/scan.h"
#include "support/support.h"

static struct scan scan;

static void setup(void) {
    scan_reset(&scan);
    scan_add_field(&scan, support_text("Content-Type"),
                   support_text("multipart/mixed; boundary=b"));
}

static void teardown(void) {
    scan_free(&scan);
}

static bool add_text(const char *text) {
    return scan_add_body(&scan, text, strlen(text));
}

static bool add_many(const char *text, size_t count) {
    bool kept = true;

    while (count-- > 0)
        kept = add_text(text);
    return kept;
}

/* Returns COUNT times TEXT, valid until the test ends. */
static const char *many(const char *text, size_t count) {
    char *all = arena_allocate(&support_arena, strlen(text) * count + 1), *to = all;

    *to = '\0';
    while (count-- > 0)
        to = stpcpy(to, text);
    return all;
}

/* ---- parameters --------------------------------------------------------------------------- */

/* A field of the mail itself is cut, and the fields behind it are read. */
START_TEST(parameters_of_the_mail) {
    static const char *const names[] = {"Content-Type", "content-disposition", "Content-X"};

    for (size_t extra = 0; extra <= 1; extra++) {
        scan_reset(&scan);
        scan_add_field(&scan, support_text(names[_i]),
                       support_text(many("a/b;\n", LIMIT_PARAMETERS + extra)));
        ck_assert(add_text("text\n"));
        ck_assert(scan.truncated == (extra == 1));
        ck_assert_uint_eq(scan.body_start, strlen(names[_i]) + strlen(":\n\n") +
                                               strlen("a/b;\n") * LIMIT_PARAMETERS - 1 +
                                               extra * strlen("\na/b"));
        ck_assert_uint_eq(scan.entity.length - scan.body_start, strlen("text\n"));
    }
}
END_TEST

START_TEST(parameters_of_other_fields_are_not_counted) {
    scan_add_field(&scan, support_text("X-Content-Type"),
                   support_text(many(";", 2 * LIMIT_PARAMETERS)));
    ck_assert(!scan.truncated);
}
END_TEST

/* The start of a field of a part, what is repeated LIMIT_PARAMETERS times, and the text between. */
static const struct {
    const char *begin, *parameter, *between;
    bool counts;
    const char *reason;
} parameters[] = {
    {"--b\nContent-Type: a/b", "; c=d", "", true, "in one line"},
    {"--b\nContent-Type: a/b", ";\n\tc=d", "", true, "in many lines"},
    {"--b\r\nContent-Type: a/b", ";\r\n c=d", "", true, "CR LF"},
    {"--b\nX: y\nCONTENT-DISPOSITION : a", ";c", "", true,
     "any case, a blank before the colon, not the first field"},
    {"--x\nContent-Type: a/b", ";", "", true, "another boundary"},
    {"--b\nno field\nContent-Type: a/b", ";", "", true,
     "the parser continues behind a line that is no field"},
    {"--b\nX-Type: a/b", ";", "", false, "another field"},
    {"--b\nContent-Type: a/b", ";", "\nX: y\nContent-Type: a/b", false, "two fields"},
    {"--b\nContent-Type: a/b\n\n", ";", "", false, "the text of a part"},
    {"Content-Type: a/b", ";", "", false, "before the first part"},
    {"--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n", "+ a = b;\n", "", false, "a diff"},
};

START_TEST(parameters_of_a_part) {
    add_text(parameters[_i].begin);
    ck_assert(add_many(parameters[_i].parameter, LIMIT_PARAMETERS));
    ck_assert(!scan.truncated);
    add_text(parameters[_i].between);
    ck_assert_msg(add_text(parameters[_i].parameter) == !parameters[_i].counts, "%s",
                  parameters[_i].reason);
    ck_assert_msg(scan.truncated == parameters[_i].counts, "%s", parameters[_i].reason);
}
END_TEST

START_TEST(a_mail_without_parts_has_no_such_limits) {
    scan_reset(&scan);
    scan_add_field(&scan, support_text("Content-Type"), support_text("text/plain"));
    add_text("--b\nContent-Type: a/b");
    ck_assert(add_many(";", LIMIT_PARAMETERS + 1));
    add_text("\n");
    ck_assert(add_many("X: y\n", LIMIT_PART_FIELDS + 1));
    ck_assert(!scan.truncated);
}
END_TEST

/* ---- fields ------------------------------------------------------------------------------- */

static const struct {
    const char *begin, *line;
    bool counts;
    const char *reason;
} fields[] = {
    {"--b\n", "X: y\n", true, "one after the other"},
    {"--b\n", "--b\nX: y\n\ntext: x\n\n", true, "fields of many parts, but not their text"},
    {"--b\n", "X \t: y\r\n z: a\r\n", true, "folded, with blanks before the colon"},
    {"--b\n", "\xe9:\n", true, "an invalid name that the parser accepts"},
    {"--b\n", ":\n", true, "an empty name, which the parser accepts too"},
    {"--b\n", "no field: x\n", false, "blanks in a name"},
    {"--b\n", "word\n", false, "no colon"},
    {"--b\n", " X: y\n", false, "the previous field continues"},
    {"--b\n\n", "X: y\n", false, "text"},
    {"", "X: y\n", false, "before the first part"},
    {"--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n", "+    key: value\n", false, "a diff"},
};

START_TEST(fields_of_parts) {
    add_text(fields[_i].begin);
    for (int i = 0; i < LIMIT_PART_FIELDS; i++) {
        scan.boundary_lines = 0; /* they have a limit of their own */
        ck_assert_msg(add_text(fields[_i].line), "%s", fields[_i].reason);
    }
    ck_assert(!scan.truncated);
    scan.boundary_lines = 0;
    ck_assert_msg(add_text(fields[_i].line) == !fields[_i].counts, "%s", fields[_i].reason);
    ck_assert_msg(scan.truncated == fields[_i].counts, "%s", fields[_i].reason);
}
END_TEST

START_TEST(bytes_of_a_field_of_a_part) {
    const char *rest = many(" ", LIMIT_HEADER_BYTES - strlen("X: y\n\n"));

    add_text("--b\nX: y\n");
    add_text(rest);
    ck_assert(add_text("\n"));
    ck_assert(add_text("X: y\n")); /* another field */
    add_text(rest);
    ck_assert(add_text("\n"));
    ck_assert(!scan.truncated);
    ck_assert(!add_text(" "));
    ck_assert(scan.truncated);
}
END_TEST

/* A line in two pieces is counted like one in a single piece. */
START_TEST(a_line_may_be_split) {
    add_text("--b\nContent-Type: a/b");
    add_text(many(";", LIMIT_PARAMETERS / 2));
    add_text("\n");
    add_text(" ;"); /* continues the line */
    ck_assert(add_text(many(";", LIMIT_PARAMETERS / 2 - 1)));
    ck_assert(!add_text(";"));
    ck_assert(scan.truncated);
}
END_TEST

START_TEST(reset_clears_the_counters) {
    add_text("--b\nX: y\nContent-Type: a/b;");
    ck_assert_uint_eq(scan.part_fields, 2);
    ck_assert_uint_eq(scan.parameters, 1);
    setup();
    ck_assert(!scan.part_header && !scan.content_field);
    ck_assert_uint_eq(scan.part_fields + scan.parameters, 0);
}
END_TEST

SUITE(scan_parts_suite) {
    Suite *suite = suite_create("scan of parts");
    TCase *tests = tcase_create("scan of parts");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, parameters_of_the_mail, 0, 3);
    tcase_add_test(tests, parameters_of_other_fields_are_not_counted);
    tcase_add_loop_test(tests, parameters_of_a_part, 0, sizeof(parameters) / sizeof(parameters[0]));
    tcase_add_test(tests, a_mail_without_parts_has_no_such_limits);
    tcase_add_loop_test(tests, fields_of_parts, 0, sizeof(fields) / sizeof(fields[0]));
    tcase_add_test(tests, bytes_of_a_field_of_a_part);
    tcase_add_test(tests, a_line_may_be_split);
    tcase_add_test(tests, reset_clears_the_counters);
    suite_add_tcase(suite, tests);
    return suite;
}
