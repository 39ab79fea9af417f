/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_series_state.c - records of the state of series, and which parts a mail says were applied.
 */
#include "pipeline/series-state.h"

#include "pipeline/applied.h"
#include "pipeline/part-range.h"
#include "support/support.h"

#define SERIES "s1-aaaaaaaaaaaaaaaa"
#define START  INT64_C(1700000000) /* 2023-11-14 22:13:20 UTC */

static struct store *store;

static void setup(void) {
    store = store_open(NULL);
    ck_assert_int_eq(store_begin(store), 0);
}

static void teardown(void) {
    store_commit(store);
    store_close(store);
}

/* Records part PART of a series of TOTAL as the mail ID. */
static void record_part(const char *id, const char *title, int64_t part, int64_t total) {
    const struct index_series series = {.id = SERIES,
                                        .topic = "t1-aaaaaaaaaaaaaaaa",
                                        .author = "ada@example.org",
                                        .title = title,
                                        .submitter_name = "Ada",
                                        .patch_author = "bob@example.org",
                                        .patch_author_name = "Bob\tB",
                                        .flags = "rfc",
                                        .tree = "net\nnet-next",
                                        .lists = "kvm.example.org lkml.example.org",
                                        .version = -1,
                                        .total = total,
                                        .opened = START + part,
                                        .changed = START + part};

    ck_assert_int_eq(index_record_message(store,
                                          &(struct index_message){.message_id = id,
                                                                  .series = SERIES,
                                                                  .sender = "ada@example.org",
                                                                  .kind = "patch",
                                                                  .lists = series.lists,
                                                                  .posted = series.lists,
                                                                  .published = true,
                                                                  .part = part,
                                                                  .received = START + part,
                                                                  .title = title}),
                     1);
    ck_assert_int_ge(index_record_member(store, &series,
                                         &(struct index_member){.message_id = id,
                                                                .title = title,
                                                                .author = "bob@example.org",
                                                                .part = part},
                                         true),
                     0);
}

static int answers;

/* Records an answer of SENDER to part TARGET; fields that are NULL say nothing. */
static void record_answer(const char *sender, int64_t target, const char *tags, const char *robot,
                          const char *verdict, const char *applied) {
    char id[32];

    snprintf(id, sizeof(id), "answer-%d", ++answers);
    ck_assert_int_eq(index_record_message(store,
                                          &(struct index_message){.message_id = id,
                                                                  .series = SERIES,
                                                                  .sender = sender,
                                                                  .kind = "reply",
                                                                  .lists = "kvm.example.org",
                                                                  .posted = "kvm.example.org",
                                                                  .published = true,
                                                                  .part = -1,
                                                                  .received = START + 60 + answers,
                                                                  .target = target,
                                                                  .tags = tags,
                                                                  .robot = robot,
                                                                  .verdict = verdict,
                                                                  .applied = applied}),
                     1);
}

/* Returns true if the record of the series has the line "NAME VALUE". */
static bool has(const char *line) {
    char *text = series_state_text(store, SERIES), with[2048];
    bool found;

    ck_assert_ptr_nonnull(text);
    snprintf(with, sizeof(with), "\n%s\n", line);
    found = strstr(text, with) != NULL;
    free(text);
    return found;
}

/* Returns true if the record of the series has no name that begins with NAME. */
static bool lacks(const char *name) {
    char *text = series_state_text(store, SERIES), with[64];
    bool found;

    snprintf(with, sizeof(with), "\n%s", name);
    found = strstr(text, with) != NULL;
    free(text);
    return !found;
}

#define HAS(line)   ck_assert_msg(has(line), "%s", line)
#define LACKS(name) ck_assert_msg(lacks(name), "%s", name)

START_TEST(the_record_of_a_series) {
    static const char *const lines[] = {"topic t1-aaaaaaaaaaaaaaaa",
                                        "title one",
                                        "author bob@example.org",
                                        "author_name Bob B",
                                        "submitter ada@example.org",
                                        "submitter_name Ada",
                                        "version 1",
                                        "total 3",
                                        "flags rfc",
                                        "tree net net-next",
                                        "lists kvm.example.org lkml.example.org",
                                        "opened 2023-11-14T22:13:21Z",
                                        "changed 2023-11-14T22:13:23Z",
                                        "state open",
                                        "have 2",
                                        "part:1 1@x",
                                        "part:3 3@x"};
    char *text;

    record_part("1@x", "one", 1, 3);
    record_part("3@x", "three", 3, 3);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        HAS(lines[i]);
    LACKS("cover");
    LACKS("last_reply");
    LACKS("applied");
    LACKS("superseded_by");
    text = series_state_text(store, SERIES);
    ck_assert_int_eq(strncmp(text, "id " SERIES "\n", strlen("id " SERIES "\n")), 0);
    free(text);
    record_part("0@x", "cover", 0, 3);
    record_part("2@x", "two", 2, 3);
    HAS("cover 0@x");
    HAS("title cover");
    HAS("have 3");
    HAS("state complete");
    ck_assert_ptr_null(series_state_text(store, "s1-bbbbbbbbbbbbbbbb"));
}
END_TEST

/* A tag counts once for each sender, part and meaning, and only if the sender gives it himself: the
 * index records no other ones. */
START_TEST(tags_are_counted_by_part_and_meaning) {
    record_part("1@x", "one", 1, 2);
    record_part("2@x", "two", 2, 2);
    record_answer("bob@example.org", 1, "Reviewed-by: Bob\nTested-by: Bob", NULL, NULL, NULL);
    record_answer("bob@example.org", 1, "Acked-by: Bob", NULL, NULL, NULL); /* approves again */
    record_answer("carol@example.org", 1, "Acked-by: Carol", NULL, NULL, NULL);
    record_answer("carol@example.org", 0, "Nacked-by: Carol", NULL, NULL, NULL);
    record_answer("dan@example.org", 0, INDEX_RANGE "1-2\nReviewed-by: Dan", NULL, NULL, NULL);
    record_answer("eve@example.org", 2, INDEX_RANGE "all\nReviewed-by: Eve", NULL, NULL, NULL);
    record_answer("eve@example.org", -1, "Reviewed-by: Eve", NULL, NULL, NULL); /* of what? */
    HAS("tag:1:approve 3");
    HAS("tag:1:test 1");
    HAS("tag:2:approve 1");
    HAS("tag:all:refuse 1");
    HAS("tag:all:approve 1");
    LACKS("tag:2:refuse");
    LACKS("tag:-1");
}
END_TEST

START_TEST(the_newest_verdict_of_each_robot) {
    record_part("1@x", "one", 1, 1);
    record_answer("ci@example.org", 1, NULL, "kernel test robot", "fail", NULL);
    record_answer("ci@example.org", 1, NULL, "kernel test robot", "pass", NULL);
    record_answer("bot@example.org", 1, NULL, "lamp-ci", "warning", NULL);
    record_answer("bot@example.org", 1, NULL, "lamp-ci", NULL, NULL);
    HAS("verdict:kernel-test-robot pass");
    HAS("verdict:lamp-ci warning");
    LACKS("last_reply"); /* nobody has replied */
}
END_TEST

START_TEST(the_last_reply_is_that_of_a_person) {
    record_part("1@x", "one", 1, 1);
    record_answer("bob@example.org", 1, NULL, NULL, NULL, NULL);
    record_answer("carol@example.org", 1, NULL, NULL, NULL, NULL);
    record_answer("bot@example.org", 1, NULL, "lamp-ci", NULL, NULL);
    HAS("last_reply answer-2");
    HAS("last_reply_by carol@example.org");
    HAS("last_reply_at 2023-11-14T22:14:22Z");
}
END_TEST

START_TEST(what_was_applied) {
    record_part("1@x", "one", 1, 2);
    record_part("2@x", "two", 2, 2);
    record_answer("bob@example.org", 0, NULL, NULL, NULL, "partial\nto next\n\tabc1234\t\ttwo");
    HAS("applied 2");
    HAS("commit:2 abc1234");
    HAS("applied_by bob@example.org");
    HAS("applied_to next");
    record_answer("carol@example.org", 1, NULL, NULL, NULL, "");
    HAS("applied all");
    HAS("applied_by carol@example.org");
    HAS("applied_to next");
}
END_TEST

/* ---- what a text says was applied -------------------------------------------------------------
 */

static const struct {
    const char *text;
    int64_t target;
    const char *found; /* "PART:COMMIT " of each */
} said[] = {
    {"", 0, "1: 2: "},    /* a reply to the cover */
    {"partial", 0, ""},   /* some of them */
    {"", 2, "2: "},       /* a reply to a part */
    {"all", 2, "1: 2: "}, /* a reply to a part says it of the series */
    {"all\nto next", -1, "1: 2: "},
    {"all\n1\tabc1234\t\tone\n2\tdef5678\t\ttwo", 1, "1:abc1234 2:def5678 "},
    {"all\n\tabc1234\t\t", 2, "-1:abc1234 1: 2: "}, /* not the commit of the part */
    {"all\n7\tabc1234\t\tx", 0, "7:abc1234 1: 2: "},
    {"partial", 2, "2: "},
    {"", 3, "3: "}, /* a part that was not seen */
    {"", -1, ""},   /* of what? */
    {"1\tabc1234\t\tone\n2\tdef5678\t\ttwo", 0, "1:abc1234 2:def5678 "}, /* b4 */
    {"\tabc1234\t\ttwo", 0, "2:abc1234 "},                               /* by its title */
    {"1\tabc1234\t\ttwo", 0, "2:abc1234 "},           /* the title is more certain */
    {"1\tabc1234\t\tanother title", 0, "1:abc1234 "}, /* an unknown one is not */
    {"\tabc1234\t\t", 2, "2:abc1234 "},               /* one commit for the part */
    {"\tabc1234\t\t\n\tdef5678\t\t", 0, "-1:abc1234 -1:def5678 1: 2: "}, /* commits of a series */
    {"7\tabc1234\t\tx", 0, "7:abc1234 "},                /* a part that was not seen */
    {"1\tabc1234\t\t\n1\tdef5678\t\t", 0, "1:abc1234 "}, /* the first one counts */
    {"\t\t\t", 2, "2: "},
    {"x\ty", 0, "-1:y 1: 2: "}, /* odd text is harmless */
};

START_TEST(parts_that_a_text_says_were_applied) {
    static const struct index_member parts[] = {
        {.part = 0, .message_id = "0@x", .title = "one"}, /* the cover is no patch */
        {.part = 1, .message_id = "1@x", .title = "one"},
        {.part = 2, .message_id = "2@x", .title = "two"}};
    const struct series_view view = {.row = {.total = 2}, .parts = parts, .part_count = 3};
    struct arena arena = {.chunks = NULL};
    struct applied applied = applied_read(&arena, said[_i].text, said[_i].target, &view);
    char found[200] = "";

    for (size_t i = 0; i < applied.count; i++)
        sprintf(found + strlen(found), "%" PRId64 ":%s ", applied.items[i].part,
                applied.items[i].commit);
    ck_assert_str_eq(found, said[_i].found);
    applied = applied_read(&arena, said[_i].text, said[_i].target, NULL); /* of no series */
    ck_assert_uint_le(applied.count, 2);
    arena_free(&arena);
}
END_TEST

/* "[PATCH 2/1]" is applied with "the series", but not with a list of the series that lacks it. */
START_TEST(a_part_that_was_added_to_a_series) {
    static const struct index_member parts[] = {{.part = 1, .message_id = "1@x", .title = "one"},
                                                {.part = 2, .message_id = "2@x", .title = "two"}};
    const struct series_view view = {.row = {.total = 1}, .parts = parts, .part_count = 2};
    struct arena arena = {.chunks = NULL};

    ck_assert_uint_eq(applied_read(&arena, "all", 0, &view).count, 2);
    ck_assert_uint_eq(applied_read(&arena, "all\n1\tabc1234\t\tone", 0, &view).count, 1);
    arena_free(&arena);
}
END_TEST

START_TEST(numbers_in_a_range) {
    static const struct {
        const char *range, *numbers;
    } cases[] = {{"1", "1 "},   {"1-3,5", "1 2 3 5 "}, {"3-1", "3 "}, {"1,2", "1 2 "},
                 {"", ""},      {"all", ""},           {"-2", ""},    {"1-", "1 "},
                 {"2,,3", "2 "}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct part_range range = {.rest = cases[i].range};
        char found[64] = "";
        int64_t part;

        while (part_range_next(&range, &part))
            sprintf(found + strlen(found), "%" PRId64 " ", part);
        ck_assert_msg(strcmp(found, cases[i].numbers) == 0, "%s: %s", cases[i].range, found);
    }
}
END_TEST

SUITE(series_state_suite) {
    Suite *suite = suite_create("series state");
    TCase *tests = tcase_create("records"), *texts = tcase_create("texts");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_record_of_a_series);
    tcase_add_test(tests, tags_are_counted_by_part_and_meaning);
    tcase_add_test(tests, the_newest_verdict_of_each_robot);
    tcase_add_test(tests, the_last_reply_is_that_of_a_person);
    tcase_add_test(tests, what_was_applied);
    tcase_add_loop_test(texts, parts_that_a_text_says_were_applied, 0,
                        sizeof(said) / sizeof(said[0]));
    tcase_add_test(texts, numbers_in_a_range);
    tcase_add_test(texts, a_part_that_was_added_to_a_series);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, texts);
    return suite;
}
