/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_scan.c - how a raw mail is split into fields and body, and what is kept of a large one.
 */
#include "mail/bounds.h"
#include "mail/scan.h"
#include "support/support.h"

static struct scan scan;

static void setup(void) {
    scan_reset(&scan);
}

static void teardown(void) {
    scan_free(&scan);
}

static bool text_is(struct patchmark_text text, const char *expected) {
    return text.length == strlen(expected) && memcmp(text.data, expected, text.length) == 0;
}

/* Returns the body that was kept. */
static struct patchmark_text body(void) {
    return (struct patchmark_text){scan.entity.data + scan.body_start,
                                   scan.entity.length - scan.body_start};
}

static void field(const char *name, const char *value) {
    scan_add_field(&scan, support_text(name), support_text(value));
}

/* Returns SIZE times FILL, valid until the test ends. */
static struct patchmark_text many(char fill, size_t size) {
    char *data = arena_allocate(&support_arena, size + 1);

    memset(data, fill, size);
    data[size] = '\0';
    return (struct patchmark_text){data, size};
}

/* ---- header and body ---------------------------------------------------------------------- */

/* FIELDS has each field as "NAME|VALUE$". */
static const struct {
    const char *raw, *fields, *body;
    bool malformed;
    const char *reason;
} mails[] = {
    {"A: b\nC: d\n\ntext\n", "A| b$C| d$", "text\n", false, "LF"},
    {"A: b\r\nC: d\r\n\r\ntext\r\n", "A| b$C| d$", "text\n", false, "CR LF becomes LF"},
    {"A: b\r\nC: d\n\r\ntext\nmore\r\n", "A| b$C| d$", "text\nmore\n", false, "mixed"},
    {"A: b\n c\n\td\nE: f\n\n", "A| b\n c\n\td$E| f$", "", false, "folded, with space and tab"},
    {"A: b\r\n c\r\n\r\n", "A| b\n c$", "", false, "folded with CR LF"},
    {"A:\n b\n\n", "A|\n b$", "", false, "folded behind the colon"},
    {"A: b\n \nC: d\n\n", "A| b\n $C| d$", "", false, "a line of blanks continues the field"},
    {"A:b\nC:\nD :e\nF \t: g\n\n", "A|b$C|$D|e$F| g$", "", false, "blanks around the colon"},
    {"A: b: c\n\n", "A| b: c$", "", false, "the first colon ends the name"},
    {"A: b", "A| b$", "", false, "no line end, no body"},
    {"A: b\n", "A| b$", "", false, "no body"},
    {"A: b\r\n\r\nx", "A| b$", "x", false, "a body without line end"},
    {"From me Mon Jan  1 00:00:00 2024\nA: b\n\nx\n", "A| b$", "x\n", false,
     "the separator of an mbox is skipped"},
    {"From: me\n\nx\n", "From| me$", "x\n", false, "a From field is not a separator"},
    {"A: b\nFrom me Mon Jan  1 00:00:00 2024\n\nx\n", "A| b$",
     "From me Mon Jan  1 00:00:00 2024\n\nx\n", true,
     "a separator on a later line starts the body"},
    {"A: b\nno field here\nC: d\n", "A| b$", "no field here\nC: d\n", true,
     "a line without colon starts the body"},
    {"A: b\ntwo words: c\n\n", "A| b$", "two words: c\n\n", true, "a name has no blank inside"},
    {"A: b\nna\xc3\xafve: c\n\n", "A| b$", "na\xc3\xafve: c\n\n", true,
     "a name has no 8-bit bytes"},
    {"A: b\n: c\n\n", "A| b$", ": c\n\n", true, "a name has at least one byte"},
    {" A: b\n\n", "", " A: b\n\n", true, "a continuation line without a field"},
    {"\ntext\n", "", "text\n", false, "only a body"},
    {"text\n", "", "text\n", true, "only a body, without the empty line"},
    {"\n", "", "", false, "nothing but an empty line"},
    {"", "", "", false, "nothing at all"},
    {"A: b\n\n\n\nx\n", "A| b$", "\n\nx\n", false, "empty lines of the body stay"},
    {"A: caf\xe9\n\ncaf\xe9\n", "A| caf\xe9$", "caf\xe9\n", false, "8-bit bytes stay"},
    {"A: b\rc\n\n", "A| b\rc$", "", true, "a CR alone does not end a line"},
};

START_TEST(a_mail_in_one_piece) {
    char fields[256] = "";
    size_t length = 0;

    scan_add_mail(&scan, support_text(mails[_i].raw));
    for (size_t i = 0; i < scan.field_count; i++) {
        struct patchmark_text name = scan_name(&scan, &scan.fields[i]);
        struct patchmark_text value = scan_value(&scan, &scan.fields[i]);

        length += (size_t)snprintf(fields + length, sizeof(fields) - length, "%.*s|%.*s$",
                                   (int)name.length, name.data, (int)value.length, value.data);
    }
    ck_assert_msg(strcmp(fields, mails[_i].fields) == 0, "%s: %s", mails[_i].reason, fields);
    ck_assert_msg(text_is(body(), mails[_i].body), "%s", mails[_i].reason);
    ck_assert_msg(scan.malformed == mails[_i].malformed, "%s", mails[_i].reason);
    ck_assert(!scan.truncated);
    ck_assert_uint_eq(scan.size, strlen(mails[_i].raw));
}
END_TEST

START_TEST(nul_bytes_are_blanks_in_fields_and_stay_in_the_body) {
    static const char raw[] = "A: b\0c\n\nx\0y\n";

    scan_add_mail(&scan, (struct patchmark_text){raw, sizeof(raw) - 1});
    ck_assert_uint_eq(scan.field_count, 1);
    ck_assert(text_is(scan_value(&scan, &scan.fields[0]), " b c"));
    ck_assert_uint_eq(body().length, 4);
    ck_assert_mem_eq(body().data, "x\0y\n", 4);
    ck_assert(scan.malformed);
}
END_TEST

START_TEST(a_nul_in_a_name_ends_the_header) {
    static const char raw[] = "A\0B: c\n\n";

    scan_add_mail(&scan, (struct patchmark_text){raw, sizeof(raw) - 1});
    ck_assert_uint_eq(scan.field_count, 0);
    ck_assert_uint_eq(body().length, sizeof(raw) - 1);
    ck_assert(scan.malformed);
}
END_TEST

/* An MTA separates the lines of a folded value by LF or CR LF, and may add one at the end. */
START_TEST(fields_as_the_mta_passes_them) {
    field("A", " b\r\n c");
    field("D \t", "e\n");
    field("F", "");
    ck_assert(text_is(scan_value(&scan, &scan.fields[0]), " b\n c"));
    ck_assert(text_is(scan_name(&scan, &scan.fields[1]), "D"));
    ck_assert(text_is(scan_value(&scan, &scan.fields[1]), "e"));
    ck_assert(text_is(scan_value(&scan, &scan.fields[2]), ""));
}
END_TEST

START_TEST(the_entity_has_only_content_fields) {
    field("From", " a:a:a:;");
    field("content-TYPE", " text/plain;\r\n charset=utf-8");
    field("Subject", " x");
    field("Content-Transfer-Encoding", " 8bit");
    scan_add_body(&scan, "x", 1);
    scan_end(&scan);
    ck_assert(text_is((struct patchmark_text){scan.entity.data, scan.entity.length},
                      "content-TYPE: text/plain;\n charset=utf-8\n"
                      "Content-Transfer-Encoding: 8bit\n\nx"));
}
END_TEST

/* ---- pieces of a body --------------------------------------------------------------------- */

static const struct {
    const char *raw, *expected;
} pieces[] = {
    {"a\r\nb\r\n\r\n--b", "a\nb\n\n--b"},
    {"a\r\r\nb\rc\r\n\rd\r", "a\r\nb\rc\n\rd\r"}, /* a CR is kept if no LF follows */
    {"\n\r\n\r", "\n\n\r"},
};

/* The body is added in three pieces, cut at each pair of places; pieces may be empty. */
START_TEST(a_body_is_the_same_wherever_it_is_cut) {
    const char *raw = pieces[_i].raw;
    size_t length = strlen(raw);

    for (size_t first = 0; first <= length; first++) {
        for (size_t second = first; second <= length; second++) {
            scan_reset(&scan);
            ck_assert(scan_add_body(&scan, raw, first));
            ck_assert(scan_add_body(&scan, raw + first, second - first));
            ck_assert(scan_add_body(&scan, raw + second, length - second));
            scan_end(&scan);
            ck_assert_msg(text_is(body(), pieces[_i].expected), "cut at %zu and %zu", first,
                          second);
            ck_assert_uint_eq(scan.size, length);
            ck_assert(!scan.truncated);
        }
    }
}
END_TEST

START_TEST(a_body_may_come_byte_by_byte) {
    const char *raw = pieces[_i].raw;

    for (; *raw; raw++)
        ck_assert(scan_add_body(&scan, raw, 1));
    scan_end(&scan);
    scan_end(&scan); /* a second call has no effect */
    ck_assert(text_is(body(), pieces[_i].expected));
}
END_TEST

/* ---- limits ------------------------------------------------------------------------------- */

START_TEST(the_body_has_a_limit) {
    struct patchmark_text full = many('x', LIMIT_MAIL_BYTES);

    ck_assert(scan_add_body(&scan, full.data, full.length));
    ck_assert(scan_add_body(&scan, "", 0));
    ck_assert(!scan.truncated);
    ck_assert(!scan_add_body(&scan, "y", 1));
    ck_assert(scan.truncated);
    ck_assert(!scan_add_body(&scan, "zzz", 3));
    scan_end(&scan);
    ck_assert(text_is(body(), full.data));
    ck_assert_uint_eq(scan.size, LIMIT_MAIL_BYTES + 4);
}
END_TEST

START_TEST(a_piece_is_kept_up_to_the_limit) {
    struct patchmark_text more = many('x', LIMIT_MAIL_BYTES + 1);

    ck_assert(!scan_add_body(&scan, more.data, more.length));
    ck_assert(scan.truncated);
    ck_assert_uint_eq(body().length, LIMIT_MAIL_BYTES);
}
END_TEST

/* A CR that is held back must fit as well, if it is kept in the end. */
START_TEST(line_ends_at_the_limit) {
    static const struct {
        size_t fill;
        const char *end;
        bool truncated;
    } cases[] = {
        {LIMIT_MAIL_BYTES - 1, "\r\n", false}, /* one byte, as LF */
        {LIMIT_MAIL_BYTES, "\r\n", true},
        {LIMIT_MAIL_BYTES - 1, "\r", false},
        {LIMIT_MAIL_BYTES, "\r", true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        scan_reset(&scan);
        scan_add_body(&scan, many('x', cases[i].fill).data, cases[i].fill);
        for (const char *at = cases[i].end; *at; at++)
            scan_add_body(&scan, at, 1);
        scan_end(&scan);
        ck_assert_msg(scan.truncated == cases[i].truncated, "case %zu", i);
        ck_assert_uint_eq(body().length, LIMIT_MAIL_BYTES);
    }
}
END_TEST

START_TEST(the_number_of_fields_has_a_limit) {
    for (int i = 0; i < LIMIT_HEADER_FIELDS; i++)
        field("A", "b");
    ck_assert(!scan.truncated);
    field("C", "d");
    ck_assert(scan.truncated);
    ck_assert_uint_eq(scan.field_count, LIMIT_HEADER_FIELDS);
}
END_TEST

/* Address fields have a lower limit, because the parser of GMime for them recurses. */
START_TEST(a_field_past_its_limit_is_left_out) {
    static const struct {
        const char *name;
        size_t limit; /* of the value */
    } cases[] = {
        {"Subject", LIMIT_HEADER_BYTES - 7}, {"Content-Type", LIMIT_HEADER_BYTES - 12},
        {"Fromage", LIMIT_HEADER_BYTES - 7}, {"From", LIMIT_ADDRESS_BYTES},
        {"FROM", LIMIT_ADDRESS_BYTES},       {"from \t", LIMIT_ADDRESS_BYTES},
        {"Sender", LIMIT_ADDRESS_BYTES},     {"Reply-To", LIMIT_ADDRESS_BYTES},
        {"To", LIMIT_ADDRESS_BYTES},         {"Cc", LIMIT_ADDRESS_BYTES},
        {"Bcc", LIMIT_ADDRESS_BYTES},        {"Resent-From", LIMIT_ADDRESS_BYTES},
        {"Resent-To", LIMIT_ADDRESS_BYTES},  {"X-Original-From", LIMIT_ADDRESS_BYTES},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        scan_reset(&scan);
        field(cases[i].name, many('x', cases[i].limit).data);
        ck_assert_msg(!scan.truncated && scan.field_count == 1, "%s", cases[i].name);
        field(cases[i].name, many('x', cases[i].limit + 1).data);
        ck_assert_msg(scan.truncated && scan.field_count == 1, "%s", cases[i].name);
        field("B", "c"); /* fields behind it are kept */
        ck_assert_uint_eq(scan.field_count, 2);
    }
}
END_TEST

START_TEST(all_fields_together_have_the_limit_of_a_mail) {
    size_t left = LIMIT_MAIL_BYTES;

    for (; left > LIMIT_HEADER_BYTES; left -= LIMIT_HEADER_BYTES)
        field("A", many('x', LIMIT_HEADER_BYTES - 1).data);
    field("B", many('x', left - 1).data);
    ck_assert(!scan.truncated);
    field("C", "");
    ck_assert(scan.truncated);
    ck_assert_uint_eq(scan.header.length, LIMIT_MAIL_BYTES);
}
END_TEST

/* Forms of Content-Type that declare a multipart mail, and similar ones that do not. */
static const struct {
    const char *type;
    bool counts;
} types[] = {
    {"multipart/mixed; boundary=b", true},
    {" MultiPart/MIXED; boundary=b", true},
    {"\n\tmultipart/mixed; boundary=b", true},
    {" (a comment) multipart/mixed; boundary=b", true},
    {" multipart (a comment) / mixed; boundary=b", true},
    {" text/plain", false},
};

START_TEST(lines_that_may_be_boundaries_have_a_limit) {
    struct patchmark_text lines = many('-', 3 * (LIMIT_BOUNDARY_LINES + 1));

    for (size_t i = 0; i <= LIMIT_BOUNDARY_LINES; i++)
        ((char *)lines.data)[3 * i + 2] = '\n';
    field("Content-Type", types[_i].type);
    /* "--" within a line and a single '-' are not counted. */
    ck_assert(scan_add_body(&scan, "x--\n-\n -- \n", 11));
    ck_assert(scan_add_body(&scan, lines.data, 3 * LIMIT_BOUNDARY_LINES));
    ck_assert(!scan.truncated);
    ck_assert_msg(scan_add_body(&scan, "--\n", 3) == !types[_i].counts, "%s", types[_i].type);
    ck_assert_msg(scan.truncated == types[_i].counts, "%s", types[_i].type);
}
END_TEST

START_TEST(what_follows_the_last_boundary_line_is_not_kept) {
    struct patchmark_text kept;

    field("Content-Type", "multipart/mixed");
    for (int i = 0; i < LIMIT_BOUNDARY_LINES; i++)
        scan_add_body(&scan, "--\n", 3);
    ck_assert(!scan_add_body(&scan, "x\n--\ny\n", 7));
    kept = body();
    ck_assert_uint_eq(kept.length, 3 * LIMIT_BOUNDARY_LINES + 2); /* up to "x" */
    ck_assert(!scan_add_body(&scan, "z\n", 2));
    scan_end(&scan);
    ck_assert_uint_eq(body().length, kept.length);
}
END_TEST

/* ---- reset -------------------------------------------------------------------------------- */

START_TEST(reset_removes_the_mail_and_frees_large_buffers) {
    field("Content-Type", "multipart/mixed");
    scan_add_mail(&scan, support_text("A\n"));
    scan_add_body(&scan, many('x', LIMIT_MAIL_BYTES + 1).data, LIMIT_MAIL_BYTES + 1);
    scan_add_body(&scan, "\r", 1);
    scan_reset(&scan);
    ck_assert(!scan.truncated && !scan.malformed && !scan.multipart && !scan.in_body);
    ck_assert_uint_eq(scan.size + scan.field_count + scan.boundary_lines, 0);
    ck_assert_uint_le(scan.entity.room, 128 * 1024);
    scan_add_body(&scan, "\n", 1); /* no CR of the previous mail is held */
    scan_end(&scan);
    ck_assert(text_is(body(), "\n"));
}
END_TEST

SUITE(scan_suite) {
    Suite *suite = suite_create("scan");
    TCase *tests = tcase_create("scan");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_mail_in_one_piece, 0, sizeof(mails) / sizeof(mails[0]));
    tcase_add_test(tests, nul_bytes_are_blanks_in_fields_and_stay_in_the_body);
    tcase_add_test(tests, a_nul_in_a_name_ends_the_header);
    tcase_add_test(tests, fields_as_the_mta_passes_them);
    tcase_add_test(tests, the_entity_has_only_content_fields);
    tcase_add_loop_test(tests, a_body_is_the_same_wherever_it_is_cut, 0,
                        sizeof(pieces) / sizeof(pieces[0]));
    tcase_add_loop_test(tests, a_body_may_come_byte_by_byte, 0, sizeof(pieces) / sizeof(pieces[0]));
    tcase_add_test(tests, the_body_has_a_limit);
    tcase_add_test(tests, a_piece_is_kept_up_to_the_limit);
    tcase_add_test(tests, line_ends_at_the_limit);
    tcase_add_test(tests, the_number_of_fields_has_a_limit);
    tcase_add_test(tests, a_field_past_its_limit_is_left_out);
    tcase_add_test(tests, all_fields_together_have_the_limit_of_a_mail);
    tcase_add_loop_test(tests, lines_that_may_be_boundaries_have_a_limit, 0,
                        sizeof(types) / sizeof(types[0]));
    tcase_add_test(tests, what_follows_the_last_boundary_line_is_not_kept);
    tcase_add_test(tests, reset_removes_the_mail_and_frees_large_buffers);
    suite_add_tcase(suite, tests);
    return suite;
}
