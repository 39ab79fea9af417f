/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_outbox_bounds.c - the outbox stays within a size and an age, even if a sink has not
 * acknowledged its events; the newest event always stays.
 */
#include <time.h>

static int pause_until_mail(const struct timespec *time, struct timespec *left);
#define nanosleep pause_until_mail
#include "store/outbox-trim.c"
#undef nanosleep

#include "outbox-fixture.h"

#include <pthread.h>
#include <sched.h>

/* Appends the events FIRST to LAST, whose times are these numbers of seconds, each with data of
 * LENGTH bytes. */
static void append_many(int first, int last, size_t length) {
    static char json[100000];

    memset(json, '7', sizeof(json));
    store_begin(store);
    for (int i = first; i <= last; i++) {
        char id[16];

        snprintf(id, sizeof(id), "e%d", i);
        ck_assert_int_eq(outbox_append(store, &(struct outbox_event){.id = id,
                                                                     .type = "t",
                                                                     .data = json,
                                                                     .data_length = length,
                                                                     .time = i}),
                         0);
    }
    ck_assert_int_eq(store_commit(store), 0);
}

/* Returns the size of the data, computed from all rows. */
static int64_t true_size(void) {
    sqlite3_stmt *statement;
    int64_t size;

    ck_assert_int_eq(
        sqlite3_prepare_v2(store->writer.database,
                           "SELECT coalesce(sum(length(CAST(data AS BLOB))), 0) FROM event", -1,
                           &statement, NULL),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    size = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return size;
}

static int64_t oldest(void) {
    struct outbox_event event;

    return outbox_read(reader, 0, &event, 1) == 1 ? event.sequence : 0;
}

static int64_t last_lost;

static int64_t bound(int64_t bytes, int64_t since) {
    static const char *const sinks[] = {"redis", "file"};

    return outbox_bound(
        store, reader,
        &(struct outbox_bounds){.bytes = bytes, .since = since, .sinks = sinks, .sink_count = 2},
        &last_lost);
}

START_TEST(the_size_is_that_of_the_data) {
    open_both();
    ck_assert_int_eq(outbox_size(reader), 0);
    append_many(1, 1000, 1000);
    ck_assert_int_eq(outbox_size(reader), 1000 * 1000);
    ck_assert_int_eq(outbox_size(reader), true_size());
    close_both();
}
END_TEST

START_TEST(beyond_the_size_the_oldest_are_dropped) {
    open_both();
    append_many(1, 9, 50000);
    ck_assert_int_eq(bound(9 * 50000, 0), 0);
    ck_assert_int_eq(oldest(), 1);
    append_many(10, 14, 50000);
    ck_assert_int_eq(bound(9 * 50000, 0), 5);
    ck_assert_int_eq(last_lost, 5);
    ck_assert_str_eq(event_ids(store), "e6 e7 e8 e9 e10 e11 e12 e13 e14 ");
    /* One call drops all events that exceed the bound. */
    ck_assert_int_eq(bound(3 * 50000 - 1, 0), 7);
    ck_assert_str_eq(event_ids(store), "e13 e14 ");
    /* The newest event stays even if it alone exceeds the bound. */
    ck_assert_int_eq(bound(1, 0), 1);
    ck_assert_str_eq(event_ids(store), "e14 ");
    ck_assert_int_eq(outbox_size(reader), 50000);
    ck_assert_int_eq(bound(0, 0), 0);
    append_many(15, 15, 10);
    ck_assert_int_eq(bound(49999, 0), 1);
    ck_assert_int_eq(oldest(), 15);
    close_both();
}
END_TEST

START_TEST(beyond_the_age_they_go_too) {
    open_both();
    append_many(100, 299, 10);
    ck_assert_int_eq(bound(INT64_MAX, 100), 0);
    ck_assert_int_eq(bound(INT64_MAX, 101), 1);
    ck_assert_int_eq(last_lost, 1);
    ck_assert_int_eq(bound(INT64_MAX, 260), 159);
    ck_assert_int_eq(last_lost, 160);
    ck_assert_int_eq(oldest(), 161);
    ck_assert_int_eq(bound(INT64_MAX, 1000), 39);
    ck_assert_int_eq(oldest(), 200);
    ck_assert_int_eq(bound(INT64_MAX, 1000), 0);
    close_both();
}
END_TEST

/* Times of a wrong clock must not cause gaps: events are only dropped from the oldest on. */
START_TEST(always_the_oldest_are_dropped) {
    open_both();
    append_many(5000, 5001, 10);
    append_many(100, 199, 10);
    ck_assert_int_eq(bound(INT64_MAX, 1000), 0);
    ck_assert_int_eq(bound(INT64_MAX, 5001), 1);
    ck_assert_int_eq(bound(INT64_MAX, 5002), 100);
    close_both();
}
END_TEST

/* Ten events: how many of those beyond the bound had a sink not acknowledged? */
static const struct {
    int64_t redis, file; /* the cursors of the sinks */
    int64_t since;       /* events before this time are dropped; event N has the time N */
    int64_t lost, last;
    const char *reason;
} losses[] = {
    {10, 10, 6, 0, 0, "both had all"},
    {5, 5, 6, 0, 0, "both had what goes"},
    {4, 5, 6, 1, 5, "one did not have the last of it"},
    {10, 0, 6, 5, 5, "one had none"},
    {2, 7, 6, 3, 5, "the slower one counts"},
    {7, 3, 11, 6, 9, "also when all go but the newest"},
};

START_TEST(events_without_acknowledgement_count_as_dropped) {
    size_t number = (size_t)_i;

    open_both();
    append_many(1, 10, 10);
    outbox_acknowledge(store, "redis", losses[number].redis);
    outbox_acknowledge(store, "file", losses[number].file);
    ck_assert_msg(bound(INT64_MAX, losses[number].since) == losses[number].lost, "%s",
                  losses[number].reason);
    ck_assert_int_eq(last_lost, losses[number].last);
    close_both();
}
END_TEST

START_TEST(without_a_sink_nothing_counts_as_dropped) {
    open_both();
    append_many(1, 10, 10);
    ck_assert_int_eq(outbox_bound(store, reader,
                                  &(struct outbox_bounds){.bytes = INT64_MAX, .since = 6},
                                  &last_lost),
                     0);
    ck_assert_int_eq(oldest(), 6);
    close_both();
}
END_TEST

/* The size follows every change of the outbox. */
START_TEST(the_size_is_right_whatever_happens) {
    static const char *const redis[] = {"redis"};
    unsigned seed = 7;
    int next = 1;

    open_both();
    for (int round = 0; round < 60; round++) {
        int count = rand_r(&seed) % 120;

        append_many(next, next + count, (size_t)(rand_r(&seed) % 3000));
        next += count + 1;
        if (rand_r(&seed) % 2)
            ck_assert_int_eq(outbox_size(reader), true_size());
        if (rand_r(&seed) % 3 == 0) {
            outbox_acknowledge(store, "redis", next - rand_r(&seed) % 400);
            ck_assert_int_ge(outbox_trim(store, redis, 1, rand_r(&seed) % 50), 0);
        }
        if (rand_r(&seed) % 3 == 0)
            ck_assert_int_ge(bound(rand_r(&seed) % 200000, next - rand_r(&seed) % 500), 0);
        if (rand_r(&seed) % 5 == 0) { /* an event that is rolled back does not count */
            store_begin(store);
            append(store, "never");
            store_rollback(store);
        }
    }
    ck_assert_int_eq(outbox_size(reader), true_size());
    close_both();
}
END_TEST

START_TEST(after_a_restart_it_is_counted_anew) {
    int64_t size;

    open_both();
    append_many(101, 600, 1000);
    size = outbox_size(reader);
    outbox_reader_close(reader);
    store_close(store);
    open_both();
    append_many(601, 610, 1000);
    ck_assert_int_eq(bound(size, 0), 10);
    ck_assert_int_eq(oldest(), 11);
    close_both();
}
END_TEST

/* ---- waiting mails ------------------------------------------------------------------------- */

static _Atomic bool bounding, done;
static _Atomic int mails;
static _Atomic int
    between; /* mails that passed after the first and before the last event was dropped */

static int old_events(void) {
    sqlite3_stmt *statement;
    int count;

    ck_assert_int_eq(sqlite3_prepare_v2(store->writer.database,
                                        "SELECT count(*) FROM event WHERE id LIKE 'old%'", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return count;
}

static void *append_while_bounding(void *argument) {
    (void)argument;
    for (int i = 1; !done; i++) {
        char id[16];
        int left;

        snprintf(id, sizeof(id), "new%d", i);
        ck_assert_int_eq(store_begin(store), 0);
        left = old_events();
        between += left > 0 && left < 2000;
        append(store, id);
        ck_assert_int_eq(store_commit(store), 0);
        mails++;
    }
    return NULL;
}

/* Replaces the pause between two transactions: waits until a mail has passed. */
static int pause_until_mail(const struct timespec *time, struct timespec *left) {
    int seen = mails;

    if (!bounding)
        return nanosleep(time, left);
    while (bounding && mails == seen)
        sched_yield();
    return 0;
}

/* 2,000 events in transactions of 50: a waiting mail passes between two of them. */
START_TEST(mails_come_in_between) {
    pthread_t thread;

    open_both();
    store_begin(store);
    for (int i = 0; i < 2000; i++) {
        char id[16];

        snprintf(id, sizeof(id), "old%d", i);
        append(store, id); /* of 2023 */
    }
    ck_assert_int_eq(store_commit(store), 0);
    ck_assert_int_eq(outbox_size(reader) > 0, 1);
    ck_assert_int_eq(pthread_create(&thread, NULL, append_while_bounding, NULL), 0);
    bounding = true;
    ck_assert_int_ge(bound(0, 1800000000), 2000);
    bounding = false;
    done = true;
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    /* A pause after each transaction but the last. */
    ck_assert_int_ge(between, 2000 / 50 - 1);
    close_both();
}
END_TEST

/* ---- cursors ------------------------------------------------------------------------------- */

/* With 0, a new sink starts before the oldest event. */
START_TEST(a_new_sink_starts_before_the_oldest_event) {
    open_both();
    ck_assert_int_eq(outbox_register(store, "first", 0), 1);
    ck_assert_int_eq(outbox_cursor(reader, "first"), 0);
    append_many(1, 10, 10);
    ck_assert_int_eq(outbox_register(store, "second", 0), 1);
    ck_assert_int_eq(outbox_cursor(reader, "second"), 0);
    bound(INT64_MAX, 4);
    ck_assert_int_eq(outbox_register(store, "third", 0), 1);
    ck_assert_int_eq(outbox_cursor(reader, "third"), 3);
    bound(INT64_MAX, 11);
    ck_assert_int_eq(outbox_register(store, "fourth", 0), 1);
    ck_assert_int_eq(outbox_cursor(reader, "fourth"), 9);
    /* A sink that has a cursor keeps it. */
    ck_assert_int_eq(outbox_register(store, "first", INT64_MAX), 0);
    ck_assert_int_eq(outbox_cursor(reader, "first"), 0);
    close_both();
}
END_TEST

/* The events 1 to 10 have the times 1 to 10. */
START_TEST(a_new_sink_starts_after_the_newest_event_before_a_time) {
    static const struct {
        int64_t since, cursor;
    } starts[] = {{INT64_MAX, 10}, {11, 10}, {10, 9}, {5, 4}, {2, 1}, {1, 0}};
    char name[16];

    open_both();
    ck_assert_int_eq(outbox_register(store, "empty", INT64_MAX), 1);
    ck_assert_int_eq(outbox_cursor(reader, "empty"), 0);
    append_many(1, 10, 10);
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        snprintf(name, sizeof(name), "sink%zu", i);
        ck_assert_int_eq(outbox_register(store, name, starts[i].since), 1);
        ck_assert_int_eq(outbox_cursor(reader, name), starts[i].cursor);
    }
    bound(INT64_MAX, 4); /* the oldest is 4 now */
    ck_assert_int_eq(outbox_register(store, "late", 3), 1);
    ck_assert_int_eq(outbox_cursor(reader, "late"), 3);
    close_both();
}
END_TEST

SUITE(outbox_bounds_suite) {
    Suite *suite = suite_create("outbox bounds");
    TCase *tests = tcase_create("outbox bounds");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_size_is_that_of_the_data);
    tcase_add_test(tests, beyond_the_size_the_oldest_are_dropped);
    tcase_add_test(tests, beyond_the_age_they_go_too);
    tcase_add_test(tests, always_the_oldest_are_dropped);
    tcase_add_loop_test(tests, events_without_acknowledgement_count_as_dropped, 0,
                        sizeof(losses) / sizeof(losses[0]));
    tcase_add_test(tests, without_a_sink_nothing_counts_as_dropped);
    tcase_add_test(tests, the_size_is_right_whatever_happens);
    tcase_add_test(tests, after_a_restart_it_is_counted_anew);
    tcase_add_test(tests, mails_come_in_between);
    tcase_add_test(tests, a_new_sink_starts_before_the_oldest_event);
    tcase_add_test(tests, a_new_sink_starts_after_the_newest_event_before_a_time);
    suite_add_tcase(suite, tests);
    return suite;
}
