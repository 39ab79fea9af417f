/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_table.c - reading of automation.conf, its errors, and the mails that a section matches.
 */
#include "body.h"
#include "match.c"
#include "pattern.h"
#include "table.h"

#include "support/facts-fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char errors[2000]; /* "LINE: TEXT" and a newline */

static void note(void *context, size_t line, const char *what) {
    size_t length = strlen(errors);

    ck_assert_ptr_eq(context, errors);
    snprintf(errors + length, sizeof(errors) - length, "%zu: %s\n", line, what);
}

static struct table *read_table(const char *text) {
    struct table *table;

    errors[0] = '\0';
    table = table_read(support_text(text), note, errors);
    ck_assert_ptr_nonnull(table);
    return table;
}

/* ---- reading ------------------------------------------------------------------------------ */

START_TEST(test_format) {
    struct table *table = read_table("# a comment\r\n"
                                     "\n"
                                     "  [robot  My Robot ]\n"
                                     "line has one | two words|three*\n"
                                     "header X-Thing is *yes|no*\n"
                                     "sender is Bot@*\n"
                                     "unless header X-Other\n"
                                     "header x-thing has maybe\n"
                                     "thread answers\n"
                                     "kind report\n"
                                     "flags backport applied\n"
                                     "[report]\n"
                                     "title has x\n"
                                     "with diff");
    const struct section *robot = &table->sections[0], *report = &table->sections[1];

    ck_assert_str_eq(errors, "");
    ck_assert_uint_eq(table->section_count, 2);
    ck_assert_int_eq(robot->purpose, PURPOSE_ROBOT);
    ck_assert_str_eq(robot->name, "My Robot");
    ck_assert_str_eq(robot->kind, "report");
    ck_assert_int_eq(robot->thread, THREAD_ANSWERS);
    ck_assert_uint_eq(robot->flag_count, 2);
    ck_assert_str_eq(robot->flags[0], "backport");
    ck_assert_str_eq(robot->flags[1], "applied");
    ck_assert(!robot->with_diff);
    ck_assert_int_eq(report->purpose, PURPOSE_REPORT);
    ck_assert(report->with_diff);
    ck_assert_uint_eq(report->test_count, 1);

    /* Header names are compared without regard to case.  Tests are ordered by field, those of the
     * text last; of one field, those with `unless` are last. */
    ck_assert_uint_eq(table->header_count, 2);
    ck_assert_str_eq(table->headers[0], "X-Thing");
    ck_assert_uint_eq(robot->test_count, 7);
    ck_assert_int_eq(robot->tests[0].field, FIELD_SENDER);
    ck_assert_str_eq(robot->tests[0].pattern.text, "bot@*");
    ck_assert_int_eq(robot->tests[1].field, FIELD_HEADER);
    ck_assert_uint_eq(robot->tests[1].header, 0);
    ck_assert_uint_eq(robot->tests[2].header, 0);
    ck_assert_uint_eq(robot->tests[3].header, 1);
    ck_assert(robot->tests[3].role == ROLE_UNLESS && robot->tests[3].exists);
    ck_assert_uint_eq(robot->body_tests, 4);
    table_free(table);
}
END_TEST

/* Each error in the second line of a section that is valid otherwise. */
START_TEST(test_errors) {
    static const struct {
        const char *section, *line, *error;
    } cases[] = {
        {"[robot x]", "sendr is a@b", "2: unknown word 'sendr' at the start of the line\n"},
        {"[robot x]", "sender", "2: expected 'is', 'has' or 'like', not ''\n"},
        {"[robot x]", "sender contains a", "2: expected 'is', 'has' or 'like', not 'contains'\n"},
        {"[robot x]", "sender is", "2: no pattern after 'is'\n"},
        {"[robot x]", "subject has a || b", "2: no pattern after 'has'\n"},
        {"[robot x]", "subject has a |", "2: no pattern after 'has'\n"},
        {"[robot x]", "header", "2: no name after 'header'\n"},
        {"[robot x]", "unless", "2: unknown field '' after 'unless'\n"},
        {"[robot x]", "and kind report", "2: unknown field 'kind' after 'and'\n"},
        {"[robot x]", "subject like", "2: no pattern after 'like'\n"},
        {"[robot x]", "subject like (a", "2: invalid expression: missing closing parenthesis\n"},
        {"[robot x]", "subject like {things}", "2: unknown words 'things'\n"},
        {"[robot x]", "subject like {things", "2: unknown words 'things'\n"},
        {"[words x]", "a |", "2: no word before or after a '|'\n"},
        {"[words x]", "| a", "2: no word before or after a '|'\n"},
        {"[words x]", "a {y}", "2: unknown words 'y'\n"},
        {"[words]", "a", "1: words must have a name of lower-case letters and '-'\n"},
        {"[words X]", "a", "1: words must have a name of lower-case letters and '-'\n"},
        {"[robot x]", "unless kind report", "2: unknown field 'kind' after 'unless'\n"},
        {"[robot x]", "thread starts", "2: expected 'opens' or 'answers', not 'starts'\n"},
        {"[robot x]", "thread", "2: expected 'opens' or 'answers', not ''\n"},
        {"[robot x]", "kind patch",
         "2: unknown kind 'patch': must be commit, report, announce, reply or other\n"},
        {"[robot x]", "flags Applied",
         "2: invalid flag 'Applied': must be up to 64 lower-case letters or '-'\n"},
        {"[robot x]", "flags a b c d e", "2: more than 4 flags\n"},
        {"[robot x]", "with love", "2: unknown word 'with' at the start of the line\n"},
        {"[applied]", "kind commit", "2: only a robot's section has a kind\n"},
        {"[report]", "flags applied", "2: only a robot's section has flags\n"},
        {"[robot]", "subject is y", "1: a robot must have a name of up to 64 ASCII characters\n"},
        {"[robot \u00e9]", "subject is y",
         "1: a robot must have a name of up to 64 ASCII characters\n"},
        {"[report x]", "subject is y", "1: only a robot's section has a name\n"},
        {"[bot x]", "subject is y",
         "1: unknown section 'bot': must be robot, applied, report, announce, verdict or "
         "words\n"},
        {"[verdict]", "subject is y", "1: unknown verdict '': must be pass, warning or fail\n"},
        {"[verdict good]", "subject is y",
         "1: unknown verdict 'good': must be pass, warning or fail\n"},
        {"[verdict pass]", "kind report", "2: only a robot's section has a kind\n"},
        {"[robot x", "subject is y", "1: no ']' at the end of the line\n"},
        {"subject is a", "subject is y",
         "1: the line is before the first section\n2: the line is before the first section\n"
         "3: the line is before the first section\n"},
        {"[robot x]", "unless line has y",
         "1: 'unless line' requires a line 'line' in the same section\n"},
        {"[robot x]", "unless sentence is y",
         "1: 'unless sentence' requires a line 'sentence' in the same section\n"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[400];
        struct table *table;

        snprintf(text, sizeof(text), "%s\n%s\nsubject is z\n[announce]\nsubject is fine\n",
                 cases[i].section, cases[i].line);
        table = read_table(text);
        ck_assert_msg(strcmp(errors, cases[i].error) == 0, "'%s': %s", cases[i].line, errors);
        /* Only the section with the error is ignored. */
        ck_assert_uint_eq(table->section_count, 1);
        ck_assert_int_eq(table->sections[0].purpose, PURPOSE_ANNOUNCE);
        ck_assert_str_eq(table->sections[0].tests[0].pattern.text, "fine");
        table_free(table);
    }
}
END_TEST

/* Words are part of the expressions below them. */
START_TEST(test_words) {
    struct table *table = read_table("[words done]\n"
                                     "applied | merged|pushed\n"
                                     "# a comment\n"
                                     "picked up\n"
                                     "[words all]\n"
                                     "{done} it | x{2}\n"
                                     "[report]\n"
                                     "subject like ^{all}$\n");
    static const struct {
        const char *text;
        bool matches;
    } cases[] = {{"applied it", true}, {"pushed it", true},    {"Picked up it", true},
                 {"xx", true},         {"applied", false},     {"merged|pushed it", false},
                 {"x{2}", false},      {"a comment it", false}};

    ck_assert_str_eq(errors, "");
    ck_assert_uint_eq(table->section_count, 1);
    ck_assert_uint_eq(table->words_count, 2);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct folded folded;

        fold(&folded, support_text(cases[i].text));
        ck_assert_msg(pattern_matches(&table->sections[0].tests[0].pattern, &folded) ==
                          cases[i].matches,
                      "%s", cases[i].text);
    }
    table_free(table);
}
END_TEST

/* Words with an error are unknown below, and words of one name may be defined again. */
START_TEST(test_words_with_errors) {
    struct table *table = read_table("[words one]\na\nb |\n[words two]\n[words three]\nc\n"
                                     "[report]\nsubject like {one}\n[report]\nsubject like {two}\n"
                                     "[report]\nsubject like {three}\n");

    ck_assert_str_eq(errors, "3: no word before or after a '|'\n8: unknown words 'one'\n"
                             "10: unknown words 'two'\n");
    ck_assert_uint_eq(table->section_count, 1);
    table_free(table);
}
END_TEST

/* Words that contain words grow: their size is limited. */
START_TEST(test_words_limits) {
    char text[TABLE_WORDS * 20 + 400];
    size_t length = (size_t)sprintf(text, "[words a]\n%0400d\n", 1);
    struct table *table;

    for (char name = 'b'; name < 'd'; name++)
        length +=
            (size_t)sprintf(text + length,
                            "[words %c]\n{%c}{%c}{%c}{%c}{%c}{%c}{%c}{%c}{%c}{%c}{%c}{%c}{%c}\n",
                            name, name - 1, name - 1, name - 1, name - 1, name - 1, name - 1,
                            name - 1, name - 1, name - 1, name - 1, name - 1, name - 1, name - 1);
    table = read_table(text);
    ck_assert_str_eq(errors, "6: the expression has more than 65536 bytes\n");
    table_free(table);

    length = 0;
    for (size_t i = 0; i <= TABLE_WORDS; i++)
        length += (size_t)sprintf(text + length, "[words x]\na\n");
    table = read_table(text);
    ck_assert_str_eq(errors, "129: more than 64 lists of words\n");
    ck_assert_uint_eq(table->words_count, TABLE_WORDS);
    table_free(table);
}
END_TEST

/* A section that would match every mail. */
START_TEST(test_section_without_tests) {
    static const char *const texts[] = {"[report]\n", "[report]\nunless subject has x\n",
                                        "[robot x]\nkind report\nthread opens\n",
                                        "[report]\nand subject has x\n"};

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct table *table = read_table(texts[i]);

        ck_assert_str_eq(
            errors, "1: the section has no test that must match, and would match every mail\n");
        ck_assert_uint_eq(table->section_count, 0);
        table_free(table);
    }
}
END_TEST

START_TEST(test_limits) {
    static char text[TABLE_SECTIONS * 24 + 200];
    size_t length = 0;
    struct table *table;

    /* Sections. */
    for (size_t i = 0; i <= TABLE_SECTIONS; i++)
        length += (size_t)sprintf(text + length, "[report]\nsubject is a\n");
    table = read_table(text);
    ck_assert_str_eq(errors, "2001: more than 1000 sections\n");
    ck_assert_uint_eq(table->section_count, TABLE_SECTIONS);
    table_free(table);

    /* Headers. */
    length = (size_t)sprintf(text, "[robot a]\n");
    for (size_t i = 0; i <= TABLE_HEADERS; i++)
        length += (size_t)sprintf(text + length, "%sheader X-%zu\n",
                                  i == TABLE_HEADERS ? "[robot b]\n" : "", i);
    table = read_table(text);
    ck_assert_str_eq(errors, "67: more than 64 different headers\n");
    ck_assert_uint_eq(table->section_count, 1);
    table_free(table);

    /* A line, a name. */
    sprintf(text, "[report]\nsubject is %0*d\n[report]\nsubject is %0*d\n[robot %0*d]\n",
            TABLE_LINE - 11, 1, TABLE_LINE - 10, 1, TABLE_NAME + 1, 1);
    table = read_table(text);
    ck_assert_str_eq(errors, "4: the line has more than 512 bytes\n"
                             "5: a robot must have a name of up to 64 ASCII characters\n");
    ck_assert_uint_eq(table->section_count, 1);
    table_free(table);
}
END_TEST

/* ---- matching ----------------------------------------------------------------------------- */

struct example {
    const char *why, *table, *mail;
    bool holds;
};

/* Returns true if a section of the example's table matches its mail. */
static bool holds(const struct example *example, bool posting) {
    static struct look look;
    struct table *table = read_table(example->table);
    bool found = false;

    ck_assert_msg(!*errors, "%s: %s", example->why, errors);
    fixture_mail(example->mail);
    look_at(&look, table, fixture.message, fixture.facts, posting);
    for (enum purpose purpose = PURPOSE_ROBOT; purpose <= PURPOSE_ANNOUNCE; purpose++)
        found = found || look_for(&look, purpose);
    table_free(table);
    return found;
}

START_TEST(test_fields) {
    static const struct example examples[] = {
        {"subject", "[report]\nsubject is a b", "Subject: A  B\n\n", true},
        {"... is not the sender", "[report]\nsubject is a b", "From: a b <a@example.org>\n\n",
         false},
        {"the mark of the list is not part of it", "[report]\nsubject is it",
         "Subject: [Bug-Lamp] it\nList-Id: Lamps <bug-lamp.lists.example.org>\n\n", true},
        {"... the mark of another list is", "[report]\nsubject is it",
         "Subject: [Bug] it\nList-Id: Lamps <bug-lamp.lists.example.org>\n\n", false},
        {"sender", "[report]\nsender is a@*", "From: B <A@Example.org>\n\n", true},
        {"name", "[report]\nname has robot", "From: My Robot <a@example.org>\n\n", true},
        {"id", "[report]\nid is *-lkp@*", "Message-ID: <x-lkp@example.org>\n\n", true},
        {"header", "[report]\nheader X-A is y*", "x-a: Yes\n\n", true},
        {"... of another value", "[report]\nheader X-A is y*", "X-A: no\n\n", false},
        {"... that is missing", "[report]\nheader X-A is *", "X-B: yes\n\n", false},
        {"... that is there", "[report]\nheader X-A", "X-A: no\n\n", true},
        {"... that must not be there", "[report]\nsubject is s\nunless header X-A",
         "Subject: s\nX-A: no\n\n", false},
        {"line", "[report]\nline is bug: *", "\n\nsome text\n  BUG: it broke\n", true},
        {"... is not a quoted one", "[report]\nline is bug: *", "\n\n> BUG: it broke\n", false},
        {"sentence", "[report]\nsentence has it broke", "\n\nSome\ntext. Then it\nbroke.\n", true},
    };

    for (size_t i = 0; i < COUNT(examples); i++)
        ck_assert_msg(holds(&examples[i], false) == examples[i].holds, "%s", examples[i].why);
}
END_TEST

START_TEST(test_and_or_unless) {
    static const struct example examples[] = {
        {"one of two lines of a field", "[report]\nsubject is a\nsubject is b", "Subject: b\n\n",
         true},
        {"one of two fields is not enough", "[report]\nsubject is a\nsender is b@*",
         "Subject: a\nFrom: c@example.org\n\n", false},
        {"both are", "[report]\nsubject is a\nsender is b@*", "Subject: a\nFrom: b@example.org\n\n",
         true},
        {"two headers are two fields", "[report]\nheader X-A\nheader X-B", "X-A: y\n\n", false},
        {"unless in front of other lines", "[report]\nunless subject has no\nsubject has yes",
         "Subject: yes and no\n\n", false},
        {"unless of another field", "[report]\nsubject has yes\nunless sender is no@*",
         "Subject: yes\nFrom: no@example.org\n\n", false},
        {"unless applies to the same sentence",
         "[report]\nsentence has yes\nunless sentence has no", "\n\nNo. Yes.\n", true},
        {"... which then does not match", "[report]\nsentence has yes\nunless sentence has no",
         "\n\nYes and no.\n", false},
        {"... but another may", "[report]\nsentence has yes\nunless sentence has no",
         "\n\nYes and no. Oh yes.\n", true},
        {"line and sentence, both required", "[report]\nline is x\nsentence is y", "\n\nx\n\n",
         false},
        {"... and both found, in different places", "[report]\nline is x\nsentence is y",
         "\n\nx\n\ny\n", true},
        {"a second sign", "[report]\nsubject has yes\nand subject has too", "Subject: yes, too\n\n",
         true},
        {"... that is missing", "[report]\nsubject has yes\nand subject has too",
         "Subject: yes\n\n", false},
        {"... or the first is", "[report]\nsubject has yes\nand subject has too",
         "Subject: too\n\n", false},
        {"one of two second signs", "[report]\nsubject has a\nand subject has b\nand subject has c",
         "Subject: c a\n\n", true},
        {"a second sign of the same sentence", "[report]\nsentence has yes\nand sentence has too",
         "\n\nToo. Yes.\n", false},
        {"... that is there", "[report]\nsentence has yes\nand sentence has too",
         "\n\nNo. Yes, too.\n", true},
        {"a second sign, and unless",
         "[report]\nsubject has a\nand subject has b\nunless subject has c", "Subject: a b c\n\n",
         false},
        {"an expression beside other patterns", "[report]\nsubject like ^x+$\nsubject is a",
         "Subject: a\n\n", true},
        {"... which matches", "[report]\nsubject is a\nsubject like ^x+$", "Subject: xx\n\n", true},
        {"... with unless", "[report]\nsubject has x\nunless subject like ^x+$", "Subject: x\n\n",
         false},
        {"... and another field", "[report]\nsubject like ^x+$\nsender is b@*",
         "Subject: xx\nFrom: a@example.org\n\n", false},
        {"an expression of a sentence", "[report]\nsentence like ^yes\\b", "\n\nNo. Yes, too.\n",
         true},
        {"header and text", "[report]\nsubject is a\nline is x", "Subject: b\n\nx\n", false},
    };

    for (size_t i = 0; i < COUNT(examples); i++)
        ck_assert_msg(holds(&examples[i], false) == examples[i].holds, "%s", examples[i].why);
}
END_TEST

START_TEST(test_thread_and_diff) {
    static const struct {
        struct example example;
        bool posting, has_diff;
    } cases[] = {
        {{"opens", "[robot x]\nthread opens\nsubject is a", "Subject: a\n\n", true}, false, false},
        {{"... and has references", "[robot x]\nthread opens\nsubject is a",
          "Subject: a\nIn-Reply-To: <b@example.org>\n\n", false},
         false,
         false},
        {{"answers", "[robot x]\nthread answers\nsubject is a",
          "Subject: a\nReferences: <b@example.org>\n\n", true},
         false,
         false},
        {{"... but opens", "[robot x]\nthread answers\nsubject is a", "Subject: a\n\n", false},
         false,
         false},
        {{"a posting in a thread answers nothing", "[robot x]\nthread answers\nsubject is a",
          "Subject: a\nReferences: <b@example.org>\n\n", false},
         true,
         false},
        {{"... and opens nothing", "[robot x]\nthread opens\nsubject is a",
          "Subject: a\nReferences: <b@example.org>\n\n", false},
         true,
         false},
        {{"a report has no diff", "[report]\nsubject is a", "Subject: a\n\n", false}, false, true},
        {{"... unless the section says so", "[report]\nsubject is a\nwith diff", "Subject: a\n\n",
          true},
         false,
         true},
        {{"an announcement has none", "[announce]\nsubject is a", "Subject: a\n\n", false},
         false,
         true},
        {{"a robot may have one", "[robot x]\nsubject is a", "Subject: a\n\n", true}, false, true},
        {{"and what is applied", "[applied]\nsubject is a", "Subject: a\n\n", true}, false, true},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct example *example = &cases[i].example;
        struct table *table = read_table(example->table);
        static struct look look;
        bool found;

        fixture_mail(example->mail);
        set_bool("patch.present", cases[i].has_diff);
        look_at(&look, table, fixture.message, fixture.facts, cases[i].posting);
        found = look_for(&look, table->sections[0].purpose);
        ck_assert_msg(found == example->holds, "%s", example->why);
        table_free(table);
    }
}
END_TEST

/* Of the robots, the first matching section in the file is used, also if a later one has no tests
 * of the text. */
START_TEST(test_order) {
    static const struct {
        const char *text, *robot;
    } cases[] = {{"\n\nx\n", "first"},
                 {"\n\ny\n", "second"},
                 {"\n\nx\ny\n", "first"},
                 {"\n\ny\nx\n", "first"},
                 {"\n\nz\n", "third"}};

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct table *table = read_table("[robot first]\nline is x\n[robot second]\nline is y\n"
                                         "[robot third]\nsender is a@*\n"
                                         "[robot fourth]\nline is z\n");
        char raw[200];
        static struct look look;

        snprintf(raw, sizeof(raw), "From: a@example.org%s", cases[i].text);
        fixture_mail(raw);
        look_at(&look, table, fixture.message, fixture.facts, false);
        ck_assert_str_eq(look_for(&look, PURPOSE_ROBOT)->name, cases[i].robot);
        table_free(table);
    }
}
END_TEST

/* Sentences, except in [applied], and lines of robots are read only near the start of the mail. */
START_TEST(test_head) {
    static const struct {
        const char *section;
        bool before, after;
    } cases[] = {
        {"[robot x]\nline is here\n", true, false},
        {"[robot x]\nsentence is here\n", true, false},
        {"[report]\nline is here\n", true, true},
        {"[report]\nsentence is here\n", true, false},
        {"[announce]\nsentence is here\n", true, false},
        {"[applied]\nsentence is here\n", true, true},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        static char raw[HEAD_BYTES + 200];
        struct example example = {cases[i].section, cases[i].section, raw, true};

        sprintf(raw, "\n\n%*s\nhere\n\n", HEAD_BYTES - 7, ".");
        ck_assert_msg(holds(&example, false) == cases[i].before, "%s", cases[i].section);
        sprintf(raw, "\n\n%*s\nhere\n\n", HEAD_BYTES + 1, ".");
        ck_assert_msg(holds(&example, false) == cases[i].after, "%s", cases[i].section);
    }
}
END_TEST

SUITE(table_suite) {
    Suite *suite = suite_create("automation: table");
    TCase *reading = tcase_create("reading"), *matching = tcase_create("matching");

    tcase_add_test(reading, test_format);
    tcase_add_test(reading, test_errors);
    tcase_add_test(reading, test_words);
    tcase_add_test(reading, test_words_with_errors);
    tcase_add_test(reading, test_words_limits);
    tcase_add_test(reading, test_section_without_tests);
    tcase_add_test(reading, test_limits);
    suite_add_tcase(suite, reading);
    tcase_add_checked_fixture(matching, fixture_setup, fixture_teardown);
    tcase_add_test(matching, test_fields);
    tcase_add_test(matching, test_and_or_unless);
    tcase_add_test(matching, test_thread_and_diff);
    tcase_add_test(matching, test_order);
    tcase_add_test(matching, test_head);
    suite_add_tcase(suite, matching);
    return suite;
}
