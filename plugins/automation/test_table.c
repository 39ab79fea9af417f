/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_table.c - how automation.conf is read, what is a mistake in it, and when a section holds.
 */
#include "body.h"
#include "match.c"
#include "pattern.h"
#include "table.h"

#include "support/facts-fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char mistakes[2000]; /* "LINE: TEXT" and a newline */

static void note(void *context, size_t line, const char *what) {
    size_t length = strlen(mistakes);

    ck_assert_ptr_eq(context, mistakes);
    snprintf(mistakes + length, sizeof(mistakes) - length, "%zu: %s\n", line, what);
}

static struct table *read_table(const char *text) {
    struct table *table;

    mistakes[0] = '\0';
    table = table_read(support_text(text), note, mistakes);
    ck_assert_ptr_nonnull(table);
    return table;
}

/* ---- reading ------------------------------------------------------------------------------ */

START_TEST(test_whole_language) {
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

    ck_assert_str_eq(mistakes, "");
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

    /* Headers of one name are one, in any case; tests stand by field, those of the text last, and
     * of one field those with `unless`. */
    ck_assert_uint_eq(table->header_count, 2);
    ck_assert_str_eq(table->headers[0], "X-Thing");
    ck_assert_uint_eq(robot->test_count, 7);
    ck_assert_int_eq(robot->tests[0].field, FIELD_SENDER);
    ck_assert_str_eq(robot->tests[0].pattern.text, "bot@*");
    ck_assert_int_eq(robot->tests[1].field, FIELD_HEADER);
    ck_assert_uint_eq(robot->tests[1].header, 0);
    ck_assert_uint_eq(robot->tests[2].header, 0);
    ck_assert_uint_eq(robot->tests[3].header, 1);
    ck_assert(robot->tests[3].unless && robot->tests[3].exists);
    ck_assert_uint_eq(robot->body_tests, 4);
    table_free(table);
}
END_TEST

/* Each alone in a section that is fine otherwise, on its second line. */
START_TEST(test_mistakes) {
    static const struct {
        const char *section, *line, *mistake;
    } cases[] = {
        {"[robot x]", "sendr is a@b", "2: 'sendr' begins no line that is known here\n"},
        {"[robot x]", "sender", "2: '' is neither 'is' nor 'has'\n"},
        {"[robot x]", "sender contains a", "2: 'contains' is neither 'is' nor 'has'\n"},
        {"[robot x]", "sender is", "2: nothing to look for behind 'is'\n"},
        {"[robot x]", "subject has a || b", "2: nothing to look for behind 'has'\n"},
        {"[robot x]", "subject has a |", "2: nothing to look for behind 'has'\n"},
        {"[robot x]", "header", "2: the header of which name?\n"},
        {"[robot x]", "unless", "2: 'unless ': there is no such field\n"},
        {"[robot x]", "unless kind report", "2: 'unless kind': there is no such field\n"},
        {"[robot x]", "thread starts", "2: 'starts' is neither 'opens' nor 'answers'\n"},
        {"[robot x]", "thread", "2: '' is neither 'opens' nor 'answers'\n"},
        {"[robot x]", "kind patch",
         "2: 'patch' is not one of commit, report, announce, reply, other\n"},
        {"[robot x]", "flags Applied", "2: 'Applied' is no flag\n"},
        {"[robot x]", "flags a b c d e", "2: more than 4 flags\n"},
        {"[robot x]", "with love", "2: 'with' begins no line that is known here\n"},
        {"[applied]", "kind commit", "2: only a robot's section has a kind\n"},
        {"[report]", "flags applied", "2: only a robot's section has flags\n"},
        {"[robot]", "subject is y", "1: a robot needs a name, of at most 64 characters\n"},
        {"[robot \u00e9]", "subject is y", "1: a robot needs a name, of at most 64 characters\n"},
        {"[report x]", "subject is y", "1: only a robot has a name\n"},
        {"[bot x]", "subject is y",
         "1: 'bot' is not one of robot, applied, report, announce, verdict\n"},
        {"[verdict]", "subject is y", "1: '' is not one of pass, warning, fail\n"},
        {"[verdict good]", "subject is y", "1: 'good' is not one of pass, warning, fail\n"},
        {"[verdict pass]", "kind report", "2: only a robot's section has a kind\n"},
        {"[robot x", "subject is y", "1: a section begins with a line in brackets\n"},
        {"subject is a", "subject is y",
         "1: this stands before the first section\n2: this stands before the first section\n"
         "3: this stands before the first section\n"},
        {"[robot x]", "unless line has y", "1: 'unless line' needs a line 'line' beside it\n"},
        {"[robot x]", "unless sentence is y",
         "1: 'unless sentence' needs a line 'sentence' beside it\n"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[400];
        struct table *table;

        snprintf(text, sizeof(text), "%s\n%s\nsubject is z\n[announce]\nsubject is fine\n",
                 cases[i].section, cases[i].line);
        table = read_table(text);
        ck_assert_msg(strcmp(mistakes, cases[i].mistake) == 0, "'%s': %s", cases[i].line, mistakes);
        /* The section with the mistake is left out, and nothing else. */
        ck_assert_uint_eq(table->section_count, 1);
        ck_assert_int_eq(table->sections[0].purpose, PURPOSE_ANNOUNCE);
        ck_assert_str_eq(table->sections[0].tests[0].pattern.text, "fine");
        table_free(table);
    }
}
END_TEST

/* A section that would hold for every mail. */
START_TEST(test_section_without_tests) {
    static const char *const texts[] = {"[report]\n", "[report]\nunless subject has x\n",
                                        "[robot x]\nkind report\nthread opens\n"};

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct table *table = read_table(texts[i]);

        ck_assert_str_eq(mistakes,
                         "1: this section asks for nothing and would hold for every mail\n");
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
    ck_assert_str_eq(mistakes, "2001: more than 1000 sections\n");
    ck_assert_uint_eq(table->section_count, TABLE_SECTIONS);
    table_free(table);

    /* Headers. */
    length = (size_t)sprintf(text, "[robot a]\n");
    for (size_t i = 0; i <= TABLE_HEADERS; i++)
        length += (size_t)sprintf(text + length, "%sheader X-%zu\n",
                                  i == TABLE_HEADERS ? "[robot b]\n" : "", i);
    table = read_table(text);
    ck_assert_str_eq(mistakes, "67: more than 64 different headers\n");
    ck_assert_uint_eq(table->section_count, 1);
    table_free(table);

    /* A line, a name. */
    sprintf(text, "[report]\nsubject is %0*d\n[report]\nsubject is %0*d\n[robot %0*d]\n",
            TABLE_LINE - 11, 1, TABLE_LINE - 10, 1, TABLE_NAME + 1, 1);
    table = read_table(text);
    ck_assert_str_eq(mistakes, "4: a line of more than 512 bytes\n"
                               "5: a robot needs a name, of at most 64 characters\n");
    ck_assert_uint_eq(table->section_count, 1);
    table_free(table);
}
END_TEST

/* ---- matching ----------------------------------------------------------------------------- */

struct example {
    const char *why, *table, *mail;
    bool holds;
};

/* True when a section of the mail's table holds for it. */
static bool holds(const struct example *example, bool posting) {
    static struct look look;
    struct table *table = read_table(example->table);
    bool found = false;

    ck_assert_msg(!*mistakes, "%s: %s", example->why, mistakes);
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
        {"the list's own mark is no part of it", "[report]\nsubject is it",
         "Subject: [Bug-Lamp] it\nList-Id: Lamps <bug-lamp.lists.example.org>\n\n", true},
        {"... another's is", "[report]\nsubject is it",
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
        {"unless comes first", "[report]\nunless subject has no\nsubject has yes",
         "Subject: yes and no\n\n", false},
        {"unless of another field", "[report]\nsubject has yes\nunless sender is no@*",
         "Subject: yes\nFrom: no@example.org\n\n", false},
        {"unless speaks of the same sentence", "[report]\nsentence has yes\nunless sentence has no",
         "\n\nNo. Yes.\n", true},
        {"... which then does not count", "[report]\nsentence has yes\nunless sentence has no",
         "\n\nYes and no.\n", false},
        {"... but another may", "[report]\nsentence has yes\nunless sentence has no",
         "\n\nYes and no. Oh yes.\n", true},
        {"line and sentence, both wanted", "[report]\nline is x\nsentence is y", "\n\nx\n\n",
         false},
        {"... and found apart", "[report]\nline is x\nsentence is y", "\n\nx\n\ny\n", true},
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

/* Of robots the first section in the file that holds, also where a later one needs no text. */
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

/* Sentences are looked for near the beginning, but those that say applied; lines of robots too. */
START_TEST(test_head) {
    static const struct {
        const char *section;
        bool before, behind;
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
        ck_assert_msg(holds(&example, false) == cases[i].behind, "%s", cases[i].section);
    }
}
END_TEST

SUITE(table_suite) {
    Suite *suite = suite_create("automation: table");
    TCase *reading = tcase_create("reading"), *matching = tcase_create("matching");

    tcase_add_test(reading, test_whole_language);
    tcase_add_test(reading, test_mistakes);
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
