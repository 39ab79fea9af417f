/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_outbox_kept.c - what events survive, and an outbox that another program changed: with gaps,
 * with rows that patchmark did not append, damaged, or replaced by another.
 */
#include "store-fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct store *store;
static struct outbox_reader *reader;

static void open_both(void) {
    store = open_store(0);
    reader = open_reader(store);
}

static void close_both(void) {
    outbox_reader_close(reader);
    store_close(store);
}

/* Closes the store, runs SQL as another program would, and opens the store again. */
static void reopen_after(const char *sql) {
    close_both();
    run_sql(file, sql);
    open_both();
}

/* ---- kill -9 ------------------------------------------------------------------------------- */

START_TEST(kill_leaves_what_was_committed) {
    enum store_durability durability = _i ? STORE_DURABILITY_FULL : STORE_DURABILITY_NORMAL;
    int reports[2];
    char byte;
    pid_t child;

    ck_assert_int_eq(pipe(reports), 0);
    child = fork();
    if (child == 0) {
        store = store_open_daemon(folder, durability);
        for (int i = 1; i <= 3; i++)
            pass_mail(store, i);
        outbox_acknowledge(store, "redis", 2);
        store_begin(store);
        append(store, "under way");
        if (write(reports[1], "x", 1) == 1)
            for (;;)
                pause();
        _exit(1);
    }
    close(reports[1]);
    ck_assert_int_eq(read(reports[0], &byte, 1), 1);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    store = open_daemon(durability);
    reader = open_reader(store);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    ck_assert_int_eq(outbox_cursor(reader, "redis"), 2);
    ck_assert(knows(store, 3));
    pass_mails(store, 4, 4);
    ck_assert_int_eq(outbox_newest(reader), 4);
    close_both();
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(other_programs_can_read_the_outbox) {
    struct store *other;
    struct outbox_reader *others;
    struct outbox_event events[4];

    open_both();
    pass_mails(store, 1, 2);
    other = store_open_readonly(folder);
    ck_assert_ptr_nonnull(other);
    others = open_reader(other);
    ck_assert_int_eq(outbox_read(others, 0, events, 4), 2);
    pass_mails(store, 3, 3);
    ck_assert_int_eq(outbox_read(others, 2, events, 4), 1);
    ck_assert_str_eq(events[0].id, "e3");
    outbox_reader_close(others);
    store_close(other);
    close_both();
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* ---- a full disk --------------------------------------------------------------------------- */

/* Prevents the log from growing, or lets it grow again. */
static void disk_fill(bool full) {
    static struct rlimit old;
    struct rlimit tight;

    if (!full) {
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
        return;
    }
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = (rlim_t)size_of("-wal") + 100;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
}

START_TEST(a_full_disk_is_one_line_and_events_go_on_after_it) {
    open_both();
    pass_mails(store, 1, 2);
    disk_fill(true);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pass_mail(store, 3), -1);
        ck_assert_int_eq(outbox_acknowledge(store, "redis", 1), -1);
        ck_assert_int_eq(outbox_register(store, "file", 0), -1);
        ck_assert_int_eq(outbox_trim(store, NULL, 0, 0), -1);
        ck_assert_int_eq(outbox_newest(reader), 2); /* reading succeeds */
    }
    ck_assert_int_eq(logged, 1);
    disk_fill(false);
    ck_assert_int_eq(outbox_acknowledge(store, "redis", 1), 0);
    ck_assert_int_eq(informed, 1);
    pass_mails(store, 4, 4);
    ck_assert_str_eq(event_ids(store), "e1 e2 e4 ");
    ck_assert_int_eq(outbox_newest(reader), 3);
    close_both();
    ck_assert_int_eq(logged, 1);
}
END_TEST

/* ---- an outbox that others changed --------------------------------------------------------- */

START_TEST(gaps_are_skipped) {
    struct outbox_event events[8];
    static const char *const redis[] = {"redis"};

    open_both();
    pass_mails(store, 1, 8);
    outbox_acknowledge(store, "redis", 2);
    reopen_after("DELETE FROM event WHERE sequence IN (1, 4, 5, 7)");
    ck_assert_int_eq(outbox_read(reader, 2, events, 8), 3);
    ck_assert_str_eq(events[0].id, "e3");
    ck_assert_str_eq(events[1].id, "e6");
    ck_assert_str_eq(events[2].id, "e8");
    ck_assert_int_ge(outbox_depth(reader, "redis"), 3);
    ck_assert_int_ge(outbox_size(reader), 8);
    pass_mails(store, 9, 9);
    ck_assert_int_eq(outbox_newest(reader), 9);
    outbox_acknowledge(store, "redis", 6);
    ck_assert_int_eq(outbox_trim(store, redis, 1, 0), 3);
    ck_assert_str_eq(event_ids(store), "e8 e9 ");
    close_both();
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* Inserts rows of any type and any bytes, with sequences before and after the others. */
START_TEST(rows_that_nobody_appended_are_events_if_they_have_json) {
    static const char sql[] = "INSERT INTO event VALUES(-3, x'00ff', 7, '', '', '', 'noon', x'fe', "
                              "'much', '{\"a\":1}', x'ff', 7),"
                              " (699, 'far', '', '', '', '', 0, '', -1, 'no json', '', ''),"
                              " (700, 'far', '', '', '', '', 0, '', -1, x'00', '', ''),"
                              " (701, '', '', '', '', '', 9e99, '', 0, 3.5, '', x''),"
                              " (702, '', '', '', '', '', 9e99, '', 0, '{\"cut\": ', '', '')";
    struct outbox_event events[8];
    int64_t lost;

    open_both();
    pass_mails(store, 1, 2);
    reopen_after(sql);
    ck_assert_int_eq(outbox_read(reader, INT64_MIN, events, 8), 4);
    ck_assert_int_eq(events[0].sequence, -3);
    ck_assert_str_eq(events[0].data, "{\"a\":1}");
    ck_assert_str_eq(events[1].id, "e1");
    ck_assert_str_eq(events[2].id, "e2");
    ck_assert_int_eq(events[3].sequence, 701);
    ck_assert_str_eq(events[3].data, "3.5");
    ck_assert_int_eq(outbox_read(reader, 701, events, 8), 0);
    ck_assert_int_eq(outbox_newest(reader), 702);
    pass_mails(store, 3, 3);
    ck_assert_int_eq(outbox_newest(reader), 703);
    ck_assert_int_ge(outbox_size(reader), 0);
    ck_assert_int_ge(outbox_bound(store, reader, &(struct outbox_bounds){.bytes = 0}, &lost), 0);
    ck_assert_int_ge(outbox_trim(store, NULL, 0, 0), 0);
    ck_assert_str_eq(event_ids(store), "e3 ");
    close_both();
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* At the greatest integer, SQLite assigns any sequence that is free. */
START_TEST(no_loop_after_the_greatest_sequence) {
    struct outbox_event events[8];
    int64_t after = 0;
    int calls = 0;

    open_both();
    pass_mails(store, 1, 2);
    reopen_after("INSERT INTO event SELECT 9223372036854775807, id, type, subject, list, series,"
                 " time, source, through, data, learned, state FROM event WHERE sequence = 2");
    for (int count; (count = outbox_read(reader, after, events, 1)) != 0; calls++) {
        ck_assert_int_eq(count, 1);
        after = events[0].sequence;
        ck_assert_int_lt(calls, 10);
    }
    ck_assert_int_eq(after, INT64_MAX);
    pass_mail(store, 3);
    ck_assert_int_eq(outbox_read(reader, after, events, 8), 0);
    ck_assert_int_ge(outbox_depth(reader, "redis"), 0);
    ck_assert_int_ge(outbox_trim(store, NULL, 0, 0), 0);
    close_both();
}
END_TEST

/* Simulates damaged pages: each row has the same sequence; deleting a row has no effect; an event
 * that is appended is stored. */
static const char same_sequences[] =
    "ALTER TABLE event RENAME TO kept;"
    "CREATE VIEW event AS SELECT 5 AS sequence, id, type, subject, list, series, time, source,"
    " through, data, learned, state FROM kept;"
    "CREATE TRIGGER appended INSTEAD OF INSERT ON event BEGIN"
    " INSERT INTO kept(id, type, subject, list, series, time, source, through, data,"
    " learned, state) VALUES(new.id,"
    " new.type, new.subject, new.list, new.series, new.time, new.source, ifnull(new.through, 0),"
    " new.data, new.learned, new.state);"
    " END;"
    "CREATE TRIGGER deleted INSTEAD OF DELETE ON event BEGIN SELECT 1; END;";

START_TEST(sequences_that_do_not_grow_are_a_fault_and_no_loop) {
    static const char *const redis[] = {"redis"};
    struct outbox_event events[8];
    int64_t lost;

    open_both();
    pass_mails(store, 1, 3);
    outbox_acknowledge(store, "redis", 3);
    reopen_after(same_sequences);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(outbox_read(reader, 0, events, 8), -1);
        ck_assert_int_eq(outbox_read(reader, 5, events, 8), 0); /* after the first event */
        ck_assert_int_le(outbox_trim(store, redis, 1, 0), 0);
        ck_assert_int_le(
            outbox_bound(store, reader,
                         &(struct outbox_bounds){.since = INT64_MAX, .sinks = redis, 1}, &lost),
            0);
    }
    ck_assert_int_ge(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "events are out of order"));
    /* Mail passes. */
    logged = 0;
    pass_mails(store, 4, 4);
    ck_assert(knows(store, 4));
    ck_assert_int_eq(logged, 0);
    close_both();
}
END_TEST

START_TEST(a_fault_of_the_order_is_logged_once) {
    struct outbox_event events[8];

    open_both();
    pass_mails(store, 1, 3);
    reopen_after(same_sequences);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(outbox_read(reader, 0, events, 8), -1);
    ck_assert_int_eq(logged, 1);
    close_both();
}
END_TEST

START_TEST(a_missing_outbox_is_logged_once_and_no_loop) {
    struct outbox_event event;
    int64_t lost;

    open_both();
    pass_mails(store, 1, 3);
    reopen_after("DROP TABLE event");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(outbox_read(reader, 0, &event, 1), -1);
        ck_assert_int_eq(outbox_newest(reader), -1);
        ck_assert_int_eq(outbox_size(reader), -1);
        ck_assert_int_eq(outbox_depth(reader, "redis"), -1);
        ck_assert_int_eq(outbox_oldest_time(reader), -1);
        ck_assert_int_eq(outbox_trim(store, NULL, 0, 0), -1);
        ck_assert_int_eq(outbox_bound(store, reader, &(struct outbox_bounds){.bytes = 0}, &lost),
                         -1);
    }
    ck_assert_int_eq(logged, 2); /* one line of the reader, one of the writer */
    close_both();
}
END_TEST

/* ---- replaced ------------------------------------------------------------------------------ */

START_TEST(a_reader_follows_to_a_replaced_outbox) {
    struct outbox_event events[8];
    char backup[512];

    snprintf(backup, sizeof(backup), "%s/backup", scratch);
    open_both();
    pass_mails(store, 1, 3);
    outbox_acknowledge(store, "redis", 2);
    close_both();
    copy_file(file, backup);

    store = open_daemon(STORE_DURABILITY_NORMAL);
    reader = open_reader(store);
    pass_mails(store, 4, 9);
    outbox_acknowledge(store, "redis", 9);
    ck_assert_int_eq(outbox_newest(reader), 9);
    store_checkpoint(store); /* as the housekeeping does every few seconds */
    ck_assert_int_eq(rename(backup, file), 0);
    store_checkpoint(store);
    ck_assert_int_ge(logged, 1);
    pass_mails(store, 10, 10);
    ck_assert_int_eq(outbox_newest(reader), 4);
    ck_assert_int_eq(outbox_cursor(reader, "redis"), 2);
    ck_assert_int_eq(outbox_read(reader, 9, events, 8), 0);
    ck_assert_int_eq(outbox_read(reader, 2, events, 8), 2);
    ck_assert_str_eq(events[0].id, "e3");
    ck_assert_str_eq(events[1].id, "e10");
    close_both();
    check_integrity(file);
}
END_TEST

SUITE(outbox_kept_suite) {
    Suite *suite = suite_create("outbox kept");
    TCase *tests = tcase_create("outbox kept");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, kill_leaves_what_was_committed, 0, 2);
    tcase_add_test(tests, other_programs_can_read_the_outbox);
    tcase_add_test(tests, a_full_disk_is_one_line_and_events_go_on_after_it);
    tcase_add_test(tests, gaps_are_skipped);
    tcase_add_test(tests, rows_that_nobody_appended_are_events_if_they_have_json);
    tcase_add_test(tests, no_loop_after_the_greatest_sequence);
    tcase_add_test(tests, sequences_that_do_not_grow_are_a_fault_and_no_loop);
    tcase_add_test(tests, a_fault_of_the_order_is_logged_once);
    tcase_add_test(tests, a_missing_outbox_is_logged_once_and_no_loop);
    tcase_add_test(tests, a_reader_follows_to_a_replaced_outbox);
    suite_add_tcase(suite, tests);
    return suite;
}
