/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_index_cache.c - rows of the index in memory: what is kept, for how long, and whose it is.
 */
#include "store-fixture.h"

/* ---- messages ------------------------------------------------------------------------------- */

static struct arena strings;

static struct index_message message_of(const char *series, int64_t received) {
    return (struct index_message){.series = series,
                                  .sender = "a@example.org",
                                  .kind = "patch",
                                  .list = "list.example.org",
                                  .part = 3,
                                  .received = received};
}

static enum index_cached ask_message(struct index_cache *cache, const char *id) {
    struct index_message found;

    return index_cache_message(cache, id, &strings, &found);
}

START_TEST(a_message_that_is_kept_is_known_with_all_that_was_said) {
    struct index_cache *cache = index_cache_new();
    struct index_message row = message_of("s1-a", 5000000000), found;

    ck_assert_ptr_nonnull(cache);
    ck_assert_int_eq(ask_message(cache, "1@example.org"), INDEX_CACHED_NOT);
    index_cache_keep_message(cache, "1@example.org", &row);
    ck_assert_int_eq(index_cache_message(cache, "1@example.org", &strings, &found), INDEX_CACHED);
    ck_assert_str_eq(found.message_id, "1@example.org");
    ck_assert_str_eq(found.series, "s1-a");
    ck_assert_str_eq(found.sender, "a@example.org");
    ck_assert_str_eq(found.kind, "patch");
    ck_assert_str_eq(found.list, "list.example.org");
    ck_assert_int_eq(found.part, 3);
    ck_assert_int_eq(found.received, 5000000000);
    ck_assert_int_eq(ask_message(cache, "1@EXAMPLE.org"), INDEX_CACHED_NOT);
    ck_assert_int_eq(ask_message(cache, ""), INDEX_CACHED_NOT);
    /* What was kept last counts. */
    row.series = "s1-b";
    row.part = -1;
    index_cache_keep_message(cache, "1@example.org", &row);
    ck_assert_int_eq(index_cache_message(cache, "1@example.org", &strings, &found), INDEX_CACHED);
    ck_assert_str_eq(found.series, "s1-b");
    ck_assert_int_eq(found.part, -1);
    index_cache_free(cache);
    arena_free(&strings);
}
END_TEST

START_TEST(a_message_that_is_not_there_is_known_as_that) {
    struct index_cache *cache = index_cache_new();
    struct index_message row = message_of("s1-a", 1);

    index_cache_keep_message(cache, "1@example.org", NULL);
    ck_assert_int_eq(ask_message(cache, "1@example.org"), INDEX_CACHED_ABSENT);
    index_cache_keep_message(cache, "1@example.org", &row);
    ck_assert_int_eq(ask_message(cache, "1@example.org"), INDEX_CACHED);
    index_cache_keep_message(cache, "1@example.org", NULL);
    ck_assert_int_eq(ask_message(cache, "1@example.org"), INDEX_CACHED_ABSENT);
    index_cache_free(cache);
    arena_free(&strings);
}
END_TEST

START_TEST(a_message_that_is_dropped_is_not_known) {
    struct index_cache *cache = index_cache_new();
    struct index_message row = message_of("s1-a", 1);

    index_cache_drop_message(cache, "1@example.org");
    index_cache_keep_message(cache, "1@example.org", &row);
    index_cache_keep_message(cache, "2@example.org", NULL);
    index_cache_keep_message(cache, "3@example.org", &row);
    index_cache_drop_message(cache, "1@example.org");
    index_cache_drop_message(cache, "2@example.org");
    index_cache_drop_message(cache, "2@example.org");
    ck_assert_int_eq(ask_message(cache, "1@example.org"), INDEX_CACHED_NOT);
    ck_assert_int_eq(ask_message(cache, "2@example.org"), INDEX_CACHED_NOT);
    ck_assert_int_eq(ask_message(cache, "3@example.org"), INDEX_CACHED);
    index_cache_free(cache);
    arena_free(&strings);
}
END_TEST

START_TEST(strings_are_copied_in_and_out) {
    struct index_cache *cache = index_cache_new();
    char id[] = "1@example.org", series[] = "s1-a", sender[] = "a@example.org";
    struct index_message row = message_of(series, 1), found;

    row.sender = sender;
    row.kind = NULL; /* as "" */
    index_cache_keep_message(cache, id, &row);
    memset(series, 'x', strlen(series));
    memset(sender, 'x', strlen(sender));
    memset(id, 'x', strlen(id));
    ck_assert_int_eq(index_cache_message(cache, "1@example.org", &strings, &found), INDEX_CACHED);
    index_cache_free(cache);
    ck_assert_str_eq(found.message_id, "1@example.org");
    ck_assert_str_eq(found.series, "s1-a");
    ck_assert_str_eq(found.sender, "a@example.org");
    ck_assert_str_eq(found.kind, "");
    arena_free(&strings);
}
END_TEST

/* ---- series --------------------------------------------------------------------------------- */

static struct index_series series_of(const char *id, const char *title) {
    return (struct index_series){.id = id,
                                 .topic = "t1-a",
                                 .author = "a@example.org",
                                 .title = title,
                                 .version = 2,
                                 .total = -1,
                                 .opened = 10,
                                 .changed = 5000000000,
                                 .rfc = true};
}

/* What is known of the series: its title, "-" when there is none, NULL for nothing. */
static const char *title_of(struct index_cache *cache, const char *id) {
    bool absent = true;
    const struct index_cached_series *series = index_cache_series(cache, id, &absent);

    ck_assert(!series || !absent);
    return series ? series->row.title : absent ? "-" : NULL;
}

START_TEST(a_series_that_is_kept_is_known_with_all_that_was_said) {
    struct index_cache *cache = index_cache_new();
    char title[] = "a title";
    struct index_series row = series_of("s1-a", title);
    struct index_cached_series *found;
    bool absent = true;

    ck_assert_ptr_null(title_of(cache, "s1-a"));
    index_cache_keep_series(cache, "s1-a", &row, 4);
    memset(title, 'x', strlen(title));
    found = index_cache_series(cache, "s1-a", &absent);
    ck_assert(!absent);
    ck_assert_str_eq(found->row.id, "s1-a");
    ck_assert_str_eq(found->row.topic, "t1-a");
    ck_assert_str_eq(found->row.author, "a@example.org");
    ck_assert_str_eq(found->row.title, "a title");
    ck_assert_int_eq(found->row.version, 2);
    ck_assert_int_eq(found->row.total, -1);
    ck_assert_int_eq(found->row.opened, 10);
    ck_assert_int_eq(found->row.changed, 5000000000);
    ck_assert(found->row.rfc);
    ck_assert_int_eq(found->parts, 4);
    /* It is the caller's to change, as its parts come. */
    found->parts++;
    ck_assert_int_eq(index_cache_series(cache, "s1-a", &absent)->parts, 5);
    index_cache_free(cache);
}
END_TEST

START_TEST(what_is_kept_may_be_kept_again_from_itself) {
    struct index_cache *cache = index_cache_new();
    struct index_series row = series_of("s1-a", "a title");
    struct index_cached_series *found;
    bool absent;

    index_cache_keep_series(cache, "s1-a", &row, 4);
    found = index_cache_series(cache, "s1-a", &absent);
    row = found->row;
    row.version = 3;
    index_cache_keep_series(cache, row.id, &row, found->parts);
    found = index_cache_series(cache, "s1-a", &absent);
    index_cache_keep_series(cache, found->row.id, &found->row, found->parts);
    found = index_cache_series(cache, "s1-a", &absent);
    ck_assert_str_eq(found->row.id, "s1-a");
    ck_assert_str_eq(found->row.title, "a title");
    ck_assert_int_eq(found->row.version, 3);
    ck_assert_int_eq(found->parts, 4);
    index_cache_free(cache);
}
END_TEST

START_TEST(a_series_is_absent_or_dropped_as_a_message_is) {
    struct index_cache *cache = index_cache_new();
    struct index_series row = series_of("s1-a", "a title");

    index_cache_drop_series(cache, "s1-a");
    index_cache_keep_series(cache, "s1-a", NULL, -1);
    ck_assert_str_eq(title_of(cache, "s1-a"), "-");
    ck_assert_ptr_null(title_of(cache, "s1-b"));
    index_cache_keep_series(cache, "s1-a", &row, -1);
    ck_assert_str_eq(title_of(cache, "s1-a"), "a title");
    index_cache_drop_series(cache, "s1-b");
    ck_assert_str_eq(title_of(cache, "s1-a"), "a title");
    index_cache_drop_series(cache, "s1-a");
    ck_assert_ptr_null(title_of(cache, "s1-a"));
    index_cache_keep_series(cache, "s1-a", NULL, -1);
    index_cache_drop_series(cache, "s1-a");
    ck_assert_ptr_null(title_of(cache, "s1-a"));
    index_cache_free(cache);
}
END_TEST

/* ---- the whole cache ------------------------------------------------------------------------ */

START_TEST(what_is_cleared_is_not_known) {
    struct index_cache *cache = index_cache_new();
    struct index_message message = message_of("s1-a", 1);
    struct index_series series = series_of("s1-a", "a title");

    for (int round = 0; round < 2; round++) {
        index_cache_clear(cache);
        ck_assert_int_eq(ask_message(cache, "1@example.org"), INDEX_CACHED_NOT);
        ck_assert_int_eq(ask_message(cache, "2@example.org"), INDEX_CACHED_NOT);
        ck_assert_ptr_null(title_of(cache, "s1-a"));
        ck_assert_ptr_null(title_of(cache, "s1-b"));
        index_cache_keep_message(cache, "1@example.org", &message);
        index_cache_keep_message(cache, "2@example.org", NULL);
        index_cache_keep_series(cache, "s1-a", &series, 1);
        index_cache_keep_series(cache, "s1-b", NULL, -1);
    }
    index_cache_free(cache);
    arena_free(&strings);
}
END_TEST

#define MANY 100000

/* One that has the first's place is found by trying. */
START_TEST(of_two_with_one_place_the_newer_stays) {
    struct index_cache *cache = index_cache_new();
    struct index_message message = message_of("s1-first", 1), found;
    struct index_series series = series_of("s1-first", "first");
    char id[32] = "";

    index_cache_keep_message(cache, "first", &message);
    for (int i = 0; i < MANY && ask_message(cache, "first") == INDEX_CACHED; i++) {
        snprintf(id, sizeof(id), "m%d", i);
        message = message_of(id, i);
        index_cache_keep_message(cache, id, &message);
        arena_reset(&strings);
    }
    ck_assert_int_eq(ask_message(cache, "first"), INDEX_CACHED_NOT);
    ck_assert_int_eq(index_cache_message(cache, id, &strings, &found), INDEX_CACHED);
    ck_assert_str_eq(found.series, id);
    /* To drop the one is not to drop the other. */
    index_cache_drop_message(cache, "first");
    ck_assert_int_eq(ask_message(cache, id), INDEX_CACHED);

    index_cache_keep_series(cache, "first", &series, 1);
    for (int i = 0; i < MANY && title_of(cache, "first"); i++) {
        snprintf(id, sizeof(id), "s%d", i);
        series = series_of(id, id);
        index_cache_keep_series(cache, id, i % 2 ? &series : NULL, 1);
    }
    ck_assert_ptr_null(title_of(cache, "first"));
    ck_assert_ptr_nonnull(title_of(cache, id));
    index_cache_drop_series(cache, "first");
    ck_assert_ptr_nonnull(title_of(cache, id));
    index_cache_free(cache);
    arena_free(&strings);
}
END_TEST

START_TEST(it_does_not_grow_and_never_tells_one_for_another) {
    struct index_cache *cache = index_cache_new();
    int known = 0;

    for (int i = 0; i < MANY; i++) {
        struct index_message message;
        char id[32];

        snprintf(id, sizeof(id), "m%d@example.org", i);
        message = message_of(id, i);
        index_cache_keep_message(cache, id, &message);
    }
    for (int i = 0; i < MANY; i++) {
        struct index_message found;
        char id[32];

        snprintf(id, sizeof(id), "m%d@example.org", i);
        if (index_cache_message(cache, id, &strings, &found) == INDEX_CACHED_NOT)
            continue;
        known++;
        ck_assert_str_eq(found.message_id, id);
        ck_assert_str_eq(found.series, id);
        ck_assert_int_eq(found.received, i);
        arena_reset(&strings);
    }
    /* What is asked for soon again is there, what was long ago is not. */
    ck_assert_int_gt(known, 1000);
    ck_assert_int_lt(known, MANY / 10);
    index_cache_free(cache);
    arena_free(&strings);
}
END_TEST

START_TEST(without_one_nothing_is_known) {
    struct index_message message = message_of("s1-a", 1);
    struct index_series series = series_of("s1-a", "a title");

    index_cache_keep_message(NULL, "1@example.org", &message);
    index_cache_drop_message(NULL, "1@example.org");
    ck_assert_int_eq(ask_message(NULL, "1@example.org"), INDEX_CACHED_NOT);
    index_cache_keep_series(NULL, "s1-a", &series, 1);
    index_cache_drop_series(NULL, "s1-a");
    ck_assert_ptr_null(title_of(NULL, "s1-a"));
    index_cache_clear(NULL);
    index_cache_free(NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("index cache");
    TCase *tests = tcase_create("index cache");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_message_that_is_kept_is_known_with_all_that_was_said);
    tcase_add_test(tests, a_message_that_is_not_there_is_known_as_that);
    tcase_add_test(tests, a_message_that_is_dropped_is_not_known);
    tcase_add_test(tests, strings_are_copied_in_and_out);
    tcase_add_test(tests, a_series_that_is_kept_is_known_with_all_that_was_said);
    tcase_add_test(tests, what_is_kept_may_be_kept_again_from_itself);
    tcase_add_test(tests, a_series_is_absent_or_dropped_as_a_message_is);
    tcase_add_test(tests, what_is_cleared_is_not_known);
    tcase_add_test(tests, of_two_with_one_place_the_newer_stays);
    tcase_add_test(tests, it_does_not_grow_and_never_tells_one_for_another);
    tcase_add_test(tests, without_one_nothing_is_known);
    suite_add_tcase(suite, tests);
    return run_suite(suite) == 0 ? 0 : 1;
}
