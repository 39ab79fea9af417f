/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_series_output.c - `patchmark series`: lines fit the width, ranges, colours, text of hostile
 * mails; and what its JSON has that the API leaves out.
 */
#include "command/series-output.h"
#include "support/support.h"
#include "util/terminal.h"

#include <jansson.h>
#include <locale.h>

#define NOW 1793811600 /* 2026-11-04 17:00:00 UTC */

static char *written;
static size_t length;
static struct series_style style;

static struct index_series row_of(const char *title) {
    return (struct index_series){.id = "s1-aaaaaaaaaaaaaaaa",
                                 .topic = "t1-aaaaaaaaaaaaaaaa",
                                 .author = "ada@example.org",
                                 .version = 2,
                                 .total = 2,
                                 .opened = NOW - 7300,
                                 .changed = NOW - 60,
                                 .lists = "dev.example.org",
                                 .title = title,
                                 .submitter_name = "Ada Example",
                                 .patch_author = "ada@example.org",
                                 .patch_author_name = "Ada Example",
                                 .revision = "",
                                 .flags = "",
                                 .tree = "",
                                 .labels = "",
                                 .supersedes = "",
                                 .superseded_by = "",
                                 .replaces = "",
                                 .prerequisites = "",
                                 .how = ""};
}

static void begin(int columns, bool colours) {
    style = (struct series_style){.out = open_memstream(&written, &length),
                                  .columns = columns,
                                  .colours = colours,
                                  .now = NOW};
    ck_assert_ptr_nonnull(style.out);
}

static void end(void) {
    fclose(style.out);
}

/* Returns true if WRITTEN has the line LINE. */
static bool has_line(const char *line) {
    const char *found = strstr(written, line);

    return found && (found == written || found[-1] == '\n') && found[strlen(line)] == '\n';
}

/* Checks that no line is wider than the page, and that nothing controls the terminal. */
static void layout_check(void) {
    char *copy = strdup(written), *state, *line;

    for (line = strtok_r(copy, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
        ck_assert_msg(terminal_fits(line, style.columns), "wider than %d: %s", style.columns, line);
        for (const char *at = line; *at; at++)
            ck_assert_msg((unsigned char)*at >= ' ', "control character: %s", line);
        ck_assert_msg(!strstr(line, "\xe2\x80\xae"), "reversed text: %s", line);
    }
    free(copy);
}

/* ---- lines --------------------------------------------------------------------------------- */

START_TEST(columns_are_as_wide_as_their_cells) {
    static const struct report_verdict verdicts[] = {{"ci", "pass", 0, "m@x", "", NOW},
                                                     {"syzbot", "fail", 1, "n@x", "", NOW}};
    struct series_summary series[] = {
        {.row = row_of("lamp: dim slowly"), .state = "complete", .have = 2},
        {.row = row_of("tide: rise"), .state = "incomplete", .have = 1}};

    series[0].counts.tags[REPORT_APPROVE] = 2;
    series[0].counts.tags[REPORT_REFUSE] = 1;
    series[0].counts.tags[REPORT_TEST] = 1;
    series[0].counts.verdicts = verdicts;
    series[0].counts.verdict_count = 2;
    series[1].row.total = -1;
    series[1].row.revision = "5.1";
    series[1].row.patch_author_name = series[1].row.submitter_name = "";
    series[1].row.opened = NOW - 86400;
    begin(80, false);
    series_lines_write(&style, series, 2);
    end();
    ck_assert_str_eq(written,
                     "age  state       ver   parts  tags      ci    author       title\n"
                     " 2h  complete    v2    2/2    +2 -1 t1  fail  Ada Example  lamp: dim slowly\n"
                     " 1d  incomplete  v5.1  1/?                    ada          tide: rise\n");
}
END_TEST

/* A column that nobody fills is left out. */
START_TEST(empty_columns_are_left_out) {
    struct series_summary series = {.row = row_of("lamp: dim slowly"),
                                    .state = "complete",
                                    .have = 2};

    series.counts.applied_all = true;
    begin(0, false);
    series_lines_write(&style, &series, 1);
    end();
    ck_assert_str_eq(written,
                     "age  state    ver  parts  author       id                   title\n"
                     " 2h  applied  v2   2/2    Ada Example  s1-aaaaaaaaaaaaaaaa  lamp: dim "
                     "slowly\n");
}
END_TEST

/* The id, with which `patchmark series ID` goes on, is there from a width of 100 on; below, the
 * title has that room, and the author no more than 12 columns. */
START_TEST(the_id_is_whole_or_left_out) {
    struct series_summary series = {.row = row_of("lamp: dim slowly, and never below the glow"),
                                    .state = "complete",
                                    .have = 2};

    series.row.patch_author_name = "Ada Bernadette Example";
    begin(100, false);
    series_lines_write(&style, &series, 1);
    end();
    ck_assert_ptr_nonnull(strstr(written, "  s1-aaaaaaaaaaaaaaaa  lamp: dim"));
    free(written);
    begin(99, false);
    series_lines_write(&style, &series, 1);
    end();
    ck_assert_ptr_null(strstr(written, "s1-"));
    ck_assert(
        has_line(" 2h  complete  v2   2/2    Ada Bernade\xe2\x80\xa6  lamp: dim slowly, and never "
                 "below the glow"));
}
END_TEST

/* "open" is the word of the option --open alone; the columns of a line without title end with the
 * last cell. */
START_TEST(a_series_that_waits_for_parts_is_collecting) {
    struct series_summary series = {.row = row_of(""), .state = "open", .have = 1};

    begin(80, false);
    series_lines_write(&style, &series, 1);
    end();
    ck_assert(has_line(" 2h  collecting  v2   1/2    Ada Example"));
}
END_TEST

/* Nothing of a partial re-roll is missing: the other parts are those of the older version. */
START_TEST(a_partial_reroll_is_no_broken_series) {
    struct series_summary series = {.row = row_of("lamp: on"), .state = "open", .have = 1};

    series.row.revision = "2.1";
    series.row.total = 3;
    series.row.supersedes = "s1-bbbbbbbbbbbbbbbb";
    series.row.replaces = "part";
    begin(80, false);
    series_lines_write(&style, &series, 1);
    end();
    ck_assert(has_line(" 2h  re-roll  v2.1  1      Ada Example  lamp: on"));
    free(written);
    series.state = "superseded";
    begin(80, false);
    series_lines_write(&style, &series, 1);
    end();
    ck_assert(has_line(" 2h  superseded  v2.1  1      Ada Example  lamp: on"));
}
END_TEST

START_TEST(colours_show_what_matters) {
    struct series_summary series[] = {{.row = row_of("old"), .state = "superseded", .have = 2},
                                      {.row = row_of("refused"), .state = "complete", .have = 2}};

    series[1].counts.tags[REPORT_REFUSE] = 1;
    begin(100, true);
    series_lines_write(&style, series, 2);
    end();
    ck_assert_ptr_nonnull(strstr(written, "\033[2mold\033[0m\n"));
    ck_assert_ptr_nonnull(strstr(written, "\033[31m-1\033[0m"));
}
END_TEST

/* ---- a page -------------------------------------------------------------------------------- */

START_TEST(a_page_has_all_that_is_known) {
    static const struct report_part parts[] = {
        {.number = 0, .message_id = "a@x", .title = "lamp", .author = "ada@example.org"},
        {.number = 1, .message_id = "b@x", .title = "lamp: on", .author = "ada@example.org"},
        {.number = 6,
         .message_id = "c@x",
         .title = "lamp: off",
         .author = "bob@example.org",
         .applied = true,
         .commit = "0123456789abcdef",
         .url = ""}};
    static const int64_t missing[] = {2, 3, 4, 5, 7, 9, 10};
    static const int64_t applied_parts[] = {1, 6};
    static const struct report_tag tags[] = {{.part = 1,
                                              .range = "",
                                              .name = "Nacked-by",
                                              .value = "Bob <bob@example.org>",
                                              .meaning = REPORT_REFUSE,
                                              .message_id = "d@x"},
                                             {.part = -1,
                                              .range = "1,6",
                                              .name = "Reviewed-by",
                                              .value = "Eve <eve@example.org>",
                                              .meaning = REPORT_APPROVE,
                                              .message_id = "e@x"}};
    static const struct report_verdict verdict = {"syzbot", "fail", 6, "f@x", "", NOW - 120};
    static const struct report_applied applied = {.part = 6,
                                                  .title = "",
                                                  .commit = "0123456789abcdef",
                                                  .url = "",
                                                  .tree = "net.git",
                                                  .who = {"Max", "max@example.org"},
                                                  .message_id = "g@x"};
    struct series_report report = {.row = row_of("lamp"),
                                   .state = "incomplete",
                                   .have = 2,
                                   .parts = parts,
                                   .part_count = 3,
                                   .missing = missing,
                                   .missing_count = 7,
                                   .tags = tags,
                                   .tag_count = 2,
                                   .applied = &applied,
                                   .applied_count = 1,
                                   .reply_count = 4,
                                   .counts = {.replies = 3,
                                              .verdicts = &verdict,
                                              .verdict_count = 1,
                                              .applied = true,
                                              .applied_parts = applied_parts,
                                              .applied_count = 2}};

    report.row.total = 10;
    report.row.tree = "net\nnet-next";
    report.row.flags = "rfc";
    begin(100, false);
    series_page_write(&style, &report, NULL);
    end();
    ck_assert_str_eq(written,
                     "lamp\n"
                     "state      incomplete, 2 of 10 parts\n"
                     "author     Ada Example <ada@example.org>\n"
                     "lists      dev.example.org\n"
                     "tree       net, net-next\n"
                     "flags      rfc\n"
                     "received   2026-11-04 14:58:20 UTC, 2h 1m ago, the last mail 1m ago\n"
                     "id         s1-aaaaaaaaaaaaaaaa, topic t1-aaaaaaaaaaaaaaaa\n"
                     "parts      0  lamp\n"
                     "           1  lamp: on\n"
                     "                Nacked-by: Bob <bob@example.org>\n"
                     "           6  lamp: off\n"
                     "                by bob@example.org\n"
                     "                applied as 0123456789ab\n"
                     "missing    2-5, 7, 9-10\n"
                     "tags       Reviewed-by: Eve <eve@example.org> on 1, 6\n"
                     "applied    1, 6, by Max to net.git\n"
                     "verdicts   syzbot: fail on part 6, 2m ago\n"
                     "replies    3 by people, 1 by a robot\n");
}
END_TEST

/* A re-roll of a part: which one, of which version, and no missing parts; the older version. */
START_TEST(a_page_of_a_partial_reroll_says_of_what) {
    static const struct report_part part = {
        .number = 2, .message_id = "b@x", .title = "lamp: on", .author = "ada@example.org"};
    static const struct report_version versions[] = {{.id = "s1-bbbbbbbbbbbbbbbb",
                                                      .title = "lamp",
                                                      .revision = "",
                                                      .flags = "",
                                                      .state = "complete",
                                                      .version = 2,
                                                      .opened = NOW},
                                                     {.id = "s1-aaaaaaaaaaaaaaaa",
                                                      .title = "lamp",
                                                      .revision = "2.1",
                                                      .flags = "",
                                                      .state = "open",
                                                      .version = 2,
                                                      .opened = NOW,
                                                      .reroll = true}};
    static const int64_t missing[] = {1, 3};
    struct series_report report = {.row = row_of("lamp"),
                                   .state = "open",
                                   .have = 1,
                                   .parts = &part,
                                   .part_count = 1,
                                   .missing = missing,
                                   .missing_count = 2,
                                   .versions = versions,
                                   .version_count = 2,
                                   .reply_count = 1,
                                   .counts.replies = 1};

    report.row.total = 3;
    report.row.revision = "2.1";
    report.row.supersedes = "s1-bbbbbbbbbbbbbbbb";
    report.row.replaces = "part";
    begin(100, false);
    series_page_write(&style, &report, NULL);
    end();
    ck_assert(has_line("state      re-roll of part 2 of v2 (s1-bbbbbbbbbbbbbbbb)"));
    ck_assert(has_line("           * v2.1 s1-aaaaaaaaaaaaaaaa  2026-11-04  re-roll"));
    ck_assert(has_line("replies    1 by a person"));
    ck_assert_ptr_null(strstr(written, "missing"));
    free(written);
    report.counts.applied = report.counts.applied_all = true;
    report.row.total = 1; /* the number of a posting without number is not that of the part */
    begin(100, false);
    series_page_write(&style, &report, NULL);
    end();
    ck_assert(has_line("state      applied, re-roll of a part of v2 (s1-bbbbbbbbbbbbbbbb)"));
    ck_assert(has_line("           * v2.1 s1-aaaaaaaaaaaaaaaa  2026-11-04  applied"));
}
END_TEST

/* Patches above the total are told from those that it counts. */
START_TEST(more_parts_than_stated_are_counted_apart) {
    static const struct report_part parts[] = {
        {.number = 1, .message_id = "a@x", .title = "a", .author = "ada@example.org"},
        {.number = 2, .message_id = "b@x", .title = "b", .author = "ada@example.org"},
        {.number = 3, .message_id = "c@x", .title = "c", .author = "ada@example.org"}};
    struct series_report report = {
        .row = row_of("lamp"), .state = "complete", .have = 3, .parts = parts, .part_count = 3};

    begin(80, false);
    series_page_write(&style, &report, NULL);
    end();
    ck_assert(has_line("state      complete, 2 of 2 parts, 1 more"));
}
END_TEST

/* What does not fit on a line is continued on the next one, ids are whole, and no line ends in
 * blanks. */
START_TEST(a_narrow_page_is_wrapped_not_cut) {
    static const struct report_part part = {
        .number = 1,
        .message_id = "b@x",
        .title = "lamp: on, off, and on again, so that nobody sits in the dark",
        .author = "beatrice.bernadette@long-name-of-a-host.example.org"};
    static const struct report_version versions[] = {{.id = "s1-aaaaaaaaaaaaaaaa",
                                                      .title = "lamp",
                                                      .revision = "",
                                                      .flags = "",
                                                      .state = "superseded",
                                                      .version = 1,
                                                      .opened = NOW},
                                                     {.id = "s1-bbbbbbbbbbbbbbbb",
                                                      .title = "lamp: on, off, and on again",
                                                      .revision = "",
                                                      .flags = "rfc",
                                                      .state = "open",
                                                      .version = 2,
                                                      .opened = NOW}};
    static const struct series_replaced replaced[] = {
        {.part = 1, .by = "20261104170000.4711-1-beatrice.bernadette@long-name.example.org"}};
    struct series_report report = {.row = row_of("lamp"),
                                   .state = "superseded",
                                   .have = 1,
                                   .parts = &part,
                                   .part_count = 1,
                                   .versions = versions,
                                   .version_count = 2,
                                   .replaced = replaced,
                                   .replaced_count = 1};

    report.row.total = 1;
    report.row.superseded_by = "s1-bbbbbbbbbbbbbbbb";
    report.row.submitter_name = "Ada Bernadette of the Long Name Example";
    begin(60, false);
    series_page_write(&style, &report, NULL);
    end();
    ck_assert_str_eq(
        written,
        "lamp\n"
        "state      superseded, 1 of 1 part,\n"
        "           superseded by s1-bbbbbbbbbbbbbbbb\n"
        "author     Ada Bernadette of the Long Name Example\n"
        "           <ada@example.org>\n"
        "lists      dev.example.org\n"
        "received   2026-11-04 14:58:20 UTC, 2h 1m ago,\n"
        "           the last mail 1m ago\n"
        "id         s1-aaaaaaaaaaaaaaaa, topic t1-aaaaaaaaaaaaaaaa\n"
        "versions   * v1 s1-aaaaaaaaaaaaaaaa 2026-11-04 superseded\n"
        "             v2 s1-bbbbbbbbbbbbbbbb 2026-11-04 collecting\n"
        "             rfc lamp: on, off, and on again\n"
        "parts      1  lamp: on, off, and on again, so that nobody\n"
        "                  sits in the dark\n"
        "                by\n"
        "                  beatrice.bernadette@long-name-of-a-host.\xe2\x80\xa6\n"
        "replaced   1 by 20261104170000.4711-1-beatrice.bernadette@long-name.example.org\n");
}
END_TEST

/* Answers to a series of which no patch was seen. */
START_TEST(answers_are_listed) {
    static const struct index_answer answers[] = {{.message_id = "a@x",
                                                   .sender = "bob@example.org",
                                                   .sender_name = "Bob Sample",
                                                   .kind = "reply",
                                                   .received = NOW},
                                                  {.message_id = "b@x",
                                                   .sender = "eve@example.org",
                                                   .sender_name = "",
                                                   .kind = "report",
                                                   .received = NOW}};

    begin(80, false);
    series_answers_write(&style, answers, 2);
    end();
    ck_assert_str_eq(written,
                     "answers    a@x, reply by Bob Sample, 2026-11-04 17:00:00 UTC\n"
                     "           b@x, report by eve@example.org, 2026-11-04 17:00:00 UTC\n");
}
END_TEST

/* Series of closed lists, and of mail of no list, are marked. */
START_TEST(what_is_not_public_is_marked) {
    struct series_report report = {.row = row_of("secret"), .state = "complete", .have = 2};

    report.row.lists = "security.example.org";
    begin(80, false);
    series_page_write(&style, &report, "security.example.org");
    end();
    ck_assert(has_line("lists      security.example.org (closed)"));
    free(written);
    report.row.lists = "";
    begin(80, false);
    series_page_write(&style, &report, INDEX_PRIVATE);
    end();
    ck_assert(has_line("lists      none: nothing of this mail is published"));
}
END_TEST

/* ---- JSON ---------------------------------------------------------------------------------- */

/* Returns what was written, which must be one line of JSON. */
static json_t *json_written(void) {
    json_t *json = json_loads(written, JSON_REJECT_DUPLICATES, NULL);

    ck_assert_msg(json != NULL, "%s", written);
    ck_assert_ptr_eq(strchr(written, '\n'), written + length - 1);
    return json;
}

static void expect_json(const char *expected_text) {
    json_t *found = json_written(), *expected = json_loads(expected_text, 0, NULL);

    ck_assert_msg(json_equal(found, expected), "%s", written);
    json_decref(found);
    json_decref(expected);
}

/* The configuration of the operator: an open list with an archive, and a closed one. */
static struct configuration *operator_configuration(void) {
    return support_configuration("list \"dev.example.org\" { address = \"dev@example.org\"\n"
                                 " archive_url = \"https://archive.org/{message_id}\" }\n"
                                 "list \"closed.example.org\" { address = \"closed@example.org\"\n"
                                 " publish = false }",
                                 NULL);
}

/* The object of the API, but with what only the operator may see. */
START_TEST(json_shows_the_operator_addresses_of_closed_lists) {
    struct configuration *configuration = operator_configuration();
    struct series_summary summary = {
        .row = row_of("lamp"), .state = "complete", .have = 2, .first = "a@x"};

    summary.row.patch_author = "closed@example.org";
    begin(0, false);
    style.configuration = configuration;
    series_json_write_summary(&style, &summary);
    end();
    expect_json("{\"id\":\"s1-aaaaaaaaaaaaaaaa\",\"topic\":\"t1-aaaaaaaaaaaaaaaa\","
                "\"title\":\"lamp\","
                "\"author\":{\"name\":\"Ada Example\",\"address\":\"closed@example.org\"},"
                "\"lists\":[\"dev.example.org\"],\"version\":2,\"total\":2,\"have\":2,"
                "\"state\":\"complete\",\"opened\":\"2026-11-04T14:58:20Z\","
                "\"changed\":\"2026-11-04T16:59:00Z\",\"replies\":0,\"waiting\":false,"
                "\"archive_url\":\"https://archive.org/a%40x\"}");
    configuration_free(configuration);
}
END_TEST

/* Without a configuration, with --state, there are no links. */
START_TEST(json_has_no_links_without_a_configuration) {
    struct series_summary summary = {
        .row = row_of("lamp"), .state = "complete", .have = 2, .first = "a@x"};
    json_t *json;

    begin(0, false);
    series_json_write_summary(&style, &summary);
    end();
    json = json_written();
    ck_assert_ptr_null(json_object_get(json, "archive_url"));
    json_decref(json);
}
END_TEST

/* An answer of the API has at most 1 MiB; the operator gets all. */
START_TEST(json_of_a_large_report_is_whole) {
    static struct report_tag tags[5000];
    struct configuration *configuration = operator_configuration();
    struct series_report report = {
        .row = row_of("lamp"), .state = "complete", .tags = tags, .tag_count = 5000};
    json_t *json;

    for (size_t i = 0; i < 5000; i++)
        tags[i] = (struct report_tag){.part = 1,
                                      .range = "",
                                      .name = "Cc",
                                      .value = "a list <closed@example.org>",
                                      .person = {"a list", "closed@example.org"},
                                      .message_id = "r@x"};
    report.view.row = report.row;
    begin(0, false);
    style.configuration = configuration;
    series_json_write(&style, &report, "closed.example.org");
    end();
    json = json_written();
    ck_assert_uint_eq(json_array_size(json_object_get(json, "tags")), 5000);
    ck_assert_ptr_null(json_object_get(json, "more"));
    ck_assert_ptr_null(json_object_get(json, "truncated"));
    ck_assert_str_eq(json_string_value(json_object_get(json, "scope")), "closed.example.org");
    json_decref(json);
    configuration_free(configuration);
}
END_TEST

/* ---- hostile text -------------------------------------------------------------------------- */

static char long_text[10241];

static const char *const hostile[] = {
    "\033]0;title\a\033[2J\033[31mred",
    "line\nforged  applied  v9",
    "\xe2\x80\xae"
    "desrever \xe2\x81\xa6 isolate",
    "\xe5\x9b\x9e\xe5\xa4\x8d\xe5\x9b\x9e\xe5\xa4\x8d\xe5\x9b\x9e\xe5\xa4\x8d wide wide "
    "\xe5\x9b\x9e\xe5\xa4\x8d\xe5\x9b\x9e\xe5\xa4\x8d\xe5\x9b\x9e\xe5\xa4\x8d"
    "\xe5\x9b\x9e\xe5\xa4\x8d\xe5\x9b\x9e\xe5\xa4\x8d\xe5\x9b\x9e\xe5\xa4\x8d",
    "\xff\xfe not UTF-8 \xc0\x9b",
    "cafe\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81 tall",
    "",
    long_text,
};
static const int widths[] = {20, 40, 80, 120};

/* The same text as title, names, lists, labels, tags, robots: whatever a mail states. */
START_TEST(hostile_text_keeps_the_layout) {
    const char *text = hostile[_i / 4];
    struct series_summary summary = {.row = row_of(text), .state = "complete", .have = 1};
    struct report_part part = {
        .number = 1, .message_id = text, .title = text, .author = text, .commit = "", .url = ""};
    struct report_tag tag = {.part = 1, .range = "", .name = "Acked-by", .value = text};
    struct report_tag whole = {.part = -1, .range = text, .name = text, .value = text};
    struct report_tag tags[] = {tag, whole};
    struct report_verdict verdict = {text, text, 1, "m@x", "", NOW};
    struct report_version version = {text, text, text, text, text, 1, NOW, 0, false};
    struct report_version versions[] = {version, version};
    struct report_applied applied = {.title = text,
                                     .commit = text,
                                     .url = text,
                                     .tree = text,
                                     .who = {text, text},
                                     .message_id = "g@x"};
    struct series_report report = {
        .row = row_of(text),
        .state = "complete",
        .have = 1,
        .parts = &part,
        .part_count = 1,
        .tags = tags,
        .tag_count = 2,
        .versions = versions,
        .version_count = 2,
        .applied = &applied,
        .applied_count = 1,
        .counts = {.verdicts = &verdict, .verdict_count = 1, .applied = true}};

    summary.row.patch_author_name = summary.row.submitter_name = text;
    report.row.patch_author_name = report.row.submitter_name = report.row.labels =
        report.row.lists = report.row.tree = report.row.flags = report.row.author = text;
    begin(widths[_i % 4], false);
    series_lines_write(&style, &summary, 1);
    end();
    layout_check();
    free(written);
    begin(widths[_i % 4], false);
    series_page_write(&style, &report, NULL);
    end();
    layout_check();
}
END_TEST

static void setup(void) {
    memset(long_text, 'x', sizeof(long_text) - 1);
    for (size_t i = 7; i < sizeof(long_text) - 1; i += 97)
        long_text[i] = ' ';
}

static void teardown(void) {
    free(written);
    written = NULL;
}

SUITE(series_output_suite) {
    Suite *suite = suite_create("series output");
    TCase *tests = tcase_create("series output");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, columns_are_as_wide_as_their_cells);
    tcase_add_test(tests, empty_columns_are_left_out);
    tcase_add_test(tests, the_id_is_whole_or_left_out);
    tcase_add_test(tests, a_series_that_waits_for_parts_is_collecting);
    tcase_add_test(tests, a_partial_reroll_is_no_broken_series);
    tcase_add_test(tests, colours_show_what_matters);
    tcase_add_test(tests, a_page_has_all_that_is_known);
    tcase_add_test(tests, a_page_of_a_partial_reroll_says_of_what);
    tcase_add_test(tests, more_parts_than_stated_are_counted_apart);
    tcase_add_test(tests, a_narrow_page_is_wrapped_not_cut);
    tcase_add_test(tests, answers_are_listed);
    tcase_add_test(tests, what_is_not_public_is_marked);
    tcase_add_test(tests, json_shows_the_operator_addresses_of_closed_lists);
    tcase_add_test(tests, json_has_no_links_without_a_configuration);
    tcase_add_test(tests, json_of_a_large_report_is_whole);
    tcase_add_loop_test(tests, hostile_text_keeps_the_layout, 0,
                        4 * sizeof(hostile) / sizeof(hostile[0]));
    suite_add_tcase(suite, tests);
    return suite;
}
