/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_classify_table.c - mails as lines of a table, at several widths, and their explanations.
 *
 * At 80 columns the columns kind, part, series and author are 10, 9, 8 and 13 characters wide, at
 * 100 and more 10, 9, 19 and 20; a space follows each.
 */
#include "command/classify-table.h"
#include "support/facts-fixture.h"

static char written[16384];

typedef void write_function(FILE *stream, const struct mail *mail, int columns);

static const char *write_with(write_function *function, int columns) {
    FILE *stream = fmemopen(written, sizeof(written), "w");

    ck_assert_ptr_nonnull(stream);
    function(stream, &fixture, columns);
    fclose(stream);
    return written;
}

static const char *line(int columns) {
    return write_with(classify_table_line, columns);
}

static void head_write(FILE *stream, const struct mail *mail, int columns) {
    (void)mail;
    classify_table_head(stream, columns);
}

static void explain_write(FILE *stream, const struct mail *mail, int columns) {
    classify_table_explain(stream, mail, columns);
}

/* Makes a mail from NAME whose facts are those of a patch with TITLE. */
static void patch_make(const char *name, const char *title) {
    char raw[4096];

    snprintf(raw, sizeof(raw), "From: %s <ada@example.org>\nSubject: s\n\n", name);
    fixture_mail(raw);
    set_string("kind.kind", "patch");
    set_string("series.id", "s1-bbbbbcccccdddddd");
    set_string("subject.title", title);
}

START_TEST(writes_the_columns) {
    patch_make("Ada Example", "lamp: dim it slowly");
    set_string("kind.confidence", "high");
    set_int("series.version", 3);
    set_int("series.part", 12);
    set_int("series.total", 15);
    ck_assert_str_eq(write_with(head_write, 80),
                     "KIND       PART      SERIES   AUTHOR        TITLE\n");
    ck_assert_str_eq(line(80), "patch      v3 12/15  s1-bbbbb Ada Example   lamp: dim it slowly\n");
    ck_assert_str_eq(write_with(head_write, 120),
                     "KIND       PART      SERIES              AUTHOR               TITLE\n");
    ck_assert_str_eq(line(120), "patch      v3 12/15  s1-bbbbbcccccdddddd Ada Example          "
                                "lamp: dim it slowly\n");
    ck_assert_str_eq(line(0), "patch      v3 12/15  s1-bbbbbcccccdddddd Ada Example          "
                              "lamp: dim it slowly\n");
}
END_TEST

START_TEST(marks_what_is_not_certain) {
    patch_make("Ada", "x");
    set_string("kind.confidence", "medium");
    ck_assert_str_eq(line(80), "patch?               s1-bbbbb Ada           x\n");
    patch_make("Ada", "x");
    set_string("kind.confidence", "low");
    ck_assert_str_eq(line(80), "patch??              s1-bbbbb Ada           x\n");
}
END_TEST

/* A version below 2 and the part of a patch without number are not written; a revision is. */
START_TEST(writes_version_and_part) {
    static const struct {
        int64_t version, part, total;
        const char *revision, *text;
    } examples[] = {
        {1, 0, 2, NULL, "0/2      "},
        {2, 0, 2, NULL, "v2 0/2   "},
        {2, 1, 1, NULL, "v2       "},
        {1, 1, 1, NULL, "         "},
        {5, 2, 3, "5.1", "v5.1 2/3 "},
        {1, 4, 3, NULL, "4/3      "},
        {10, 100, 120, NULL, "v10 100/\xe2\x80\xa6"},
    };

    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        patch_make("Ada", "x");
        set_int("series.version", examples[i].version);
        set_int("series.part", examples[i].part);
        set_int("series.total", examples[i].total);
        if (examples[i].revision)
            set_string("subject.revision", examples[i].revision);
        ck_assert_msg(strncmp(line(80) + 11, examples[i].text, strlen(examples[i].text)) == 0,
                      "%zu: %s", i, written);
    }
}
END_TEST

/* An answer has the version of its series, but is no part. */
START_TEST(writes_no_part_of_an_answer) {
    patch_make("Ada", "x");
    set_int("series.version", 2);
    set_int("series.total", 3);
    ck_assert_str_eq(line(80), "patch                s1-bbbbb Ada           x\n");
}
END_TEST

START_TEST(writes_flags_before_the_title) {
    static const char *const flags[] = {"first", "rfc", "has-diff", "applied"};

    patch_make("Ada", "x");
    for (size_t i = 0; i < 4; i++)
        fixture.flags.words[fixture.flags.count++] = flags[i];
    ck_assert_str_eq(line(80), "patch                s1-bbbbb Ada           (rfc applied) x\n");
}
END_TEST

/* Without a name the address stands for the author; without a title the whole Subject. */
START_TEST(writes_what_is_there) {
    fixture_mail("From: ada@example.org\nSubject: a question\n\n");
    set_string("kind.kind", "other");
    ck_assert_str_eq(line(80),
                     "other                         ada@example.\xe2\x80\xa6 a question\n");
    fixture_mail("\n");
    ck_assert_str_eq(line(80), "                                            \n");
}
END_TEST

/* A line never exceeds the width, and text of the mail cannot affect the terminal. */
START_TEST(survives_hostile_text) {
    char title[1024], wide[1025];

    patch_make("=?utf-8?q?=1b=5b31mred=e2=80=ae?=", "\x1b]0;title\x07\xe2\x80\xae<script>\x7f");
    ck_assert_ptr_null(strchr(line(120), '\x1b'));
    ck_assert_ptr_null(strstr(written, "\xe2\x80\xae"));
    ck_assert_ptr_nonnull(strstr(written, "\\x1b]0;title\\x07\\u202e<script>\\x7f"));
    memset(title, 'a', sizeof(title) - 1);
    title[sizeof(title) - 1] = '\0';
    patch_make("Ada", title);
    ck_assert_uint_eq(strlen(line(80)), 80 + strlen("\xe2\x80\xa6"));
    ck_assert_uint_eq(strlen(line(120)), 120 + strlen("\xe2\x80\xa6"));
    ck_assert_str_eq(line(30) + 44, "\n"); /* no room for a title */
    for (size_t i = 0; i < 341; i++)
        strcpy(wide + 3 * i, "\xe6\x9d\xb1"); /* two columns each */
    patch_make("Ada", wide);
    ck_assert_uint_eq(strlen(line(80)), 44 + 17 * 3 + strlen("\xe2\x80\xa6\n"));
}
END_TEST

/* Kind, series and topic come first, with their values; the rest in the order of the plugins. */
START_TEST(writes_explanations) {
    patch_make("Ada", "x");
    set_string("series.topic", "t1-eeeeefffffgggggg");
    facts_explain(fixture.facts);
    patchmark_explain(fixture.facts, "rules", "label kvm: f:3");
    patchmark_explain(fixture.facts, "series", "it refers to 1@x");
    patchmark_explain(fixture.facts, "topic", "a new one");
    patchmark_explain(fixture.facts, "supersedes", "not \x1b");
    patchmark_explain(fixture.facts, "kind", "it has a tag");
    ck_assert_str_eq(write_with(explain_write, 80),
                     "    kind       patch: it has a tag\n"
                     "    series     s1-bbbbbcccccdddddd: it refers to 1@x\n"
                     "    topic      t1-eeeeefffffgggggg: a new one\n"
                     "    rules      label kvm: f:3\n"
                     "    supersedes not \\x1b\n");
}
END_TEST

/* Long ones go on below, and a word that is longer than the line, such as a Message-ID, is whole.
 */
START_TEST(wraps_explanations) {
    patch_make("Ada", "x");
    facts_explain(fixture.facts);
    patchmark_explain(fixture.facts, "series",
                      "it refers to 20260302100501.4711-1-ada@long-name-of-a-host.example.org, "
                      "a mail of this series");
    ck_assert_str_eq(write_with(explain_write, 60),
                     "    series     s1-bbbbbcccccdddddd: it refers to\n"
                     "                 20260302100501.4711-1-ada@long-name-of-a-host.example.org,\n"
                     "                 a mail of this series\n");
}
END_TEST

SUITE(classify_table_suite) {
    Suite *suite = suite_create("classify table");
    TCase *tests = tcase_create("classify table");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_add_test(tests, writes_the_columns);
    tcase_add_test(tests, marks_what_is_not_certain);
    tcase_add_test(tests, writes_version_and_part);
    tcase_add_test(tests, writes_no_part_of_an_answer);
    tcase_add_test(tests, writes_flags_before_the_title);
    tcase_add_test(tests, writes_what_is_there);
    tcase_add_test(tests, survives_hostile_text);
    tcase_add_test(tests, writes_explanations);
    tcase_add_test(tests, wraps_explanations);
    suite_add_tcase(suite, tests);
    return suite;
}
