/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_index_cached.c - the index answers the same with rows in memory and without, and with mails
 * that have one commit; also when all of them are done again.
 *
 * Two stores are taught the same, by chance, with so few ids that everything meets everything.  The
 * first has a cache; the second has none and is in memory, so each of its answers is SQLite's.
 */
#include "gather-fixture.h"
#include "index-fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define STEPS 2500
#define SEEDS 6

static uint32_t chance;

/* Some number from 0 to LIMIT - 1. */
static int below(int limit) {
    chance ^= chance << 13;
    chance ^= chance >> 17;
    chance ^= chance << 5;
    return (int)(chance % (uint32_t)limit);
}

/* ---- what is told and asked ----------------------------------------------------------------- */

/* What a step uses of it is up to the step. */
struct choice {
    char message_id[16], series[16], other[16], key[16], list[32], topic[16], title[16];
    int64_t part, version, total, time, opened;
    bool rfc, archived;
};

static void name_choose(char *name, size_t size, const char *prefix, int limit) {
    snprintf(name, size, "%s%d", prefix, below(limit));
}

#define NAME(member, prefix, limit) \
    name_choose(choice->member, sizeof(choice->member), prefix, limit)

static void choose(struct choice *choice) {
    NAME(message_id, "m", 30);
    NAME(series, "s1-", 9);
    NAME(other, "s1-", 9);
    NAME(key, "k", 4);
    NAME(list, "list.example.org/", 4);
    if (below(4) == 0)
        choice->list[0] = '\0';
    NAME(topic, "t1-", 3);
    NAME(title, "title ", 5);
    choice->part = below(6) - 1;
    choice->version = below(4) - 1;
    choice->total = below(5) - 1;
    choice->time = NOW + below(60);
    choice->opened = below(3) ? 0 : NOW + below(60);
    choice->rfc = below(2);
    choice->archived = below(5) == 0;
}

static void learn_message_step(struct store *in, const struct choice *choice, struct line *line) {
    line_add(line, "learn message %s of %s: %d", choice->message_id, choice->series,
             index_learn_message(in, &(struct index_message){.message_id = choice->message_id,
                                                             .series =
                                                                 choice->rfc ? choice->series : "",
                                                             .sender = "a@example.org",
                                                             .kind = choice->title,
                                                             .list = choice->list,
                                                             .part = choice->part,
                                                             .received = choice->time}));
}

static void learn_member_step(struct store *in, const struct choice *choice, struct line *line) {
    line_add(line, "learn %s as part %" PRId64 " of %" PRId64 " of %s: %d", choice->message_id,
             choice->part, choice->total, choice->series,
             index_learn_member(in,
                                &(struct index_series){.id = choice->series,
                                                       .topic = choice->topic,
                                                       .author = choice->key,
                                                       .title = choice->title,
                                                       .version = choice->version,
                                                       .total = choice->total,
                                                       .opened = choice->opened,
                                                       .changed = choice->time,
                                                       .rfc = choice->rfc,
                                                       .archived = choice->archived},
                                &(struct index_member){.message_id = choice->message_id,
                                                       .title = choice->title,
                                                       .author = choice->key,
                                                       .part = choice->part}));
}

static void learn_key_step(struct store *in, const struct choice *choice, struct line *line) {
    line_add(line, "learn key %s of %s: %d", choice->key, choice->series,
             index_learn_key(in, choice->key, choice->series, choice->time));
}

static void learn_tag_step(struct store *in, const struct choice *choice, struct line *line) {
    line_add(line, "learn tag of %s: %d", choice->series,
             index_learn_tag(in, choice->series, choice->part, choice->title, choice->message_id));
}

static void adopt_step(struct store *in, const struct choice *choice, struct line *line) {
    line_add(line, "adopt %s into %s: %d", choice->message_id, choice->series,
             index_adopt(in, choice->message_id, choice->series));
}

static void join_step(struct store *in, const struct choice *choice, struct line *line) {
    line_add(line, "join %s with %s: %d", choice->series, choice->other,
             index_join(in, choice->series, choice->other));
}

static void find_message_step(struct store *in, const struct choice *choice, struct line *line) {
    struct index_message found;

    line_add(line, "find %s:", choice->message_id);
    if (index_find_message(in, choice->message_id, &found))
        line_add(line, " %s,%s,%s,%s,%s,%" PRId64 ",%" PRId64, found.message_id, found.series,
                 found.sender, found.kind, found.list, found.part, found.received);
}

static void series_add(struct line *line, const struct index_series *found) {
    line_add(line, " %s,%s,%s,%s,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%d", found->id,
             found->topic, found->author, found->title, found->version, found->total, found->opened,
             found->changed, found->rfc);
}

static void find_series_step(struct store *in, const struct choice *choice, struct line *line) {
    struct index_series found;

    line_add(line, "find %s:", choice->series);
    if (index_find_series(in, choice->series, &found))
        series_add(line, &found);
}

static void find_key_step(struct store *in, const struct choice *choice, struct line *line) {
    struct index_series found[4];
    size_t count = index_find_key(in, choice->key, found, (size_t)choice->version + 2);

    line_add(line, "find key %s:", choice->key);
    for (size_t i = 0; i < count; i++)
        series_add(line, &found[i]);
}

static void is_taken_step(struct store *in, const struct choice *choice, struct line *line) {
    line_add(line, "is %" PRId64 " of %s taken: %d", choice->part, choice->series,
             index_is_taken(in, choice->series, choice->part, choice->message_id));
}

static void take_incomplete_step(struct store *in, const struct choice *choice, struct line *line) {
    char *found[2];
    int count = index_take_incomplete(in, choice->time - 30, found, 2);

    line_add(line, "incomplete: %d", count);
    while (count-- > 0) {
        line_add(line, " %s", found[count]);
        free(found[count]);
    }
}

static const struct {
    void (*step)(struct store *in, const struct choice *choice, struct line *line);
    int weight; /* of 100 */
} steps[] = {
    {learn_message_step, 14}, {learn_member_step, 26},   {learn_key_step, 5},
    {learn_tag_step, 2},      {adopt_step, 6},           {join_step, 1},
    {find_message_step, 18},  {find_series_step, 18},    {find_key_step, 5},
    {is_taken_step, 4},       {take_incomplete_step, 1},
};

static void (*step_choose(void))(struct store *, const struct choice *, struct line *) {
    int left = below(100);
    size_t i = 0;

    while (left >= steps[i].weight)
        left -= steps[i++].weight;
    return steps[i].step;
}

/* ---- two stores ----------------------------------------------------------------------------- */

static struct store *with, *without;

static struct line last; /* what was done last, and its answer */

static void both_step(void) {
    static struct line other;
    void (*step)(struct store *, const struct choice *, struct line *) = step_choose();
    struct choice choice;

    choose(&choice);
    last.length = other.length = 0;
    step(with, &choice, &last);
    step(without, &choice, &other);
    ck_assert_str_eq(last.text, other.text);
}

/* Every row that there is. */
static void dump(struct store *in, char *text, size_t size) {
    static const char *const tables[] = {"message", "series", "member", "key", "tag"};
    char *at = text;

    for (size_t i = 0; i < COUNT(tables); i++) {
        char sql[64];
        sqlite3_stmt *rows;

        snprintf(sql, sizeof(sql), "SELECT * FROM %s", tables[i]);
        ck_assert_int_eq(sqlite3_prepare_v2(in->database, sql, -1, &rows, NULL), SQLITE_OK);
        while (sqlite3_step(rows) == SQLITE_ROW && size - (size_t)(at - text) > 4096) {
            at = stpcpy(at, "\n");
            for (int column = 0; column < sqlite3_column_count(rows); column++) {
                const char *value = (const char *)sqlite3_column_text(rows, column);

                at = stpcpy(stpcpy(at, value ? value : "NULL"), "|");
            }
        }
        ck_assert_int_eq(sqlite3_finalize(rows), SQLITE_OK);
    }
    ck_assert_uint_gt(size - (size_t)(at - text), 4096);
}

static void both_have_the_same(void) {
    static char one[256 * 1024], other[256 * 1024];

    dump(with, one, sizeof(one));
    dump(without, other, sizeof(other));
    ck_assert_msg(strcmp(one, other) == 0, "after %s:%s\n\nis not:%s", last.text, one, other);
}

static void both_begin(void) {
    ck_assert_int_eq(store_begin(with), 0);
    ck_assert_int_eq(store_begin(without), 0);
}

/* Between two mails: old ones are forgotten. */
static void both_forget(void) {
    int64_t cutoff = NOW + below(40);
    int more = 1;

    while (more > 0) {
        more = index_forget(with, cutoff);
        ck_assert_int_eq(index_forget(without, cutoff), more);
    }
    ck_assert_int_eq(more, 0);
}

static void both_end(void) {
    if (below(4) == 0) {
        store_rollback(with);
        store_rollback(without);
        return;
    }
    ck_assert_int_eq(store_commit(with), 0);
    ck_assert_int_eq(store_commit(without), 0);
}

static void teach_both(void) {
    without = open_store(1);
    index_cache_free(without->cache);
    without->cache = NULL;
    both_begin();
    for (int i = 0; i < STEPS; i++) {
        both_step();
        if (below(8) > 0)
            continue;
        both_end();
        if (below(40) == 0)
            both_forget();
        if (below(10) == 0)
            ck_assert(store_commit_gathered(with));
        both_begin();
        both_have_the_same();
    }
    ck_assert_int_eq(store_commit(with), 0);
    ck_assert_int_eq(store_commit(without), 0);
}

START_TEST(each_answer_is_the_same_with_a_cache) {
    chance = 1 + (uint32_t)_i;
    with = open_store(1);
    ck_assert_ptr_nonnull(with->cache);
    teach_both();
    store_close(with);
    store_close(without);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(each_answer_is_the_same_when_mails_gather) {
    chance = 101 + (uint32_t)_i;
    with = open_held();
    teach_both();
    /* It ends as if it was killed: what is not committed is in the file alone. */
    store_close(with);
    ck_assert(has_redo());
    with = open_journal(STORE_JOURNAL_COMMIT);
    both_have_the_same();
    store_close(with);
    store_close(without);
    ck_assert_int_eq(logged, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("index cached");
    TCase *tests = tcase_create("index cached");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, each_answer_is_the_same_with_a_cache, 0, SEEDS);
    tcase_add_loop_test(tests, each_answer_is_the_same_when_mails_gather, 0, SEEDS);
    suite_add_tcase(suite, tests);
    return run_suite(suite) == 0 ? 0 : 1;
}
