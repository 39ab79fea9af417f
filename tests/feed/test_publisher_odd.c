/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_publisher_odd.c - sinks on an outbox that another program changed: replaced by a backup,
 * with gaps, with rows that are not JSON, damaged, or missing; each is logged in one line, and
 * nothing loops.
 */
#define TESTS odd
#include "publisher-fixture.h"

#include "pipeline/event.h"

#include <sqlite3.h>

/* ---- a sink that accepts all events ------------------------------------------------------- */

static int64_t noted[64]; /* sequences */
static size_t note_count;
static char last_json[1024];

static size_t note_publish(void *self, const struct patchmark_event *const *events, size_t count) {
    (void)self;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_lt(note_count, 64);
        noted[note_count++] = events[i]->sequence;
        snprintf(last_json, sizeof(last_json), "%s", events[i]->json);
    }
    pthread_cond_broadcast(&happened);
    pthread_mutex_unlock(&lock);
    return count;
}

static struct patchmark_plugin noting = SINK("noting", open_one);
static struct patchmark_plugin *const only_noting[] = {&noting, NULL};

static void setup_notes(void) {
    setup();
    noting.publish = note_publish;
}

/* ---- the file ------------------------------------------------------------------------------ */

static const char *database(void) {
    static char path[512];

    snprintf(path, sizeof(path), "%s/patchmark.db", support_folder);
    return path;
}

/* Runs SQL as another program would, whether the store is open or not. */
static void run_sql(const char *sql) {
    sqlite3 *stranger;
    char *message = NULL;

    ck_assert_int_eq(sqlite3_open(database(), &stranger), SQLITE_OK);
    sqlite3_busy_timeout(stranger, TIMEOUT_SECONDS * 1000);
    ck_assert_msg(sqlite3_exec(stranger, sql, NULL, NULL, &message) == SQLITE_OK, "%s", message);
    ck_assert_int_eq(sqlite3_close(stranger), SQLITE_OK);
}

/* Copies the whole database to one file. */
static const char *backup(void) {
    static char path[512];
    char sql[600];

    snprintf(path, sizeof(path), "%s/backup.db", support_folder);
    snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", path);
    run_sql(sql);
    return path;
}

static bool logged_soon(const char *text) {
    for (int i = 0; i < TIMEOUT_SECONDS * 1000 && support_logged(text) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return support_logged(text) > 0;
}

/* ---- replaced ------------------------------------------------------------------------------ */

START_TEST(a_sink_goes_back_with_a_restored_outbox) {
    const char *older;

    open_store();
    append(3);
    start(only_noting);
    WAIT_UNTIL(note_count == 3);
    set(&trimmed, 0);
    WAIT_UNTIL(trimmed >= 1); /* the cursor is in the database by now */
    older = backup();
    append(20);
    WAIT_UNTIL(note_count == 23);
    ck_assert_int_eq(rename(older, database()), 0);
    ck_assert(logged_soon("was moved or deleted while it was in use"));
    append(2); /* the sequences 4 and 5 for the second time */
    WAIT_UNTIL(note_count == 25);
    ck_assert_int_eq(noted[23], 4);
    ck_assert_int_eq(noted[24], 5);
    ck_assert_uint_eq(support_logged("sink noting: the outbox ends at event 5, before event 23"),
                      1);
    append(1);
    WAIT_UNTIL(note_count == 26);
    stop();
    ck_assert_int_eq(cursor("noting"), 6);
    ck_assert_uint_eq(support_logged("before event"), 1);
    ck_assert_uint_eq(support_logged("has lost"), 0);
    stop_and_close();
}
END_TEST

/* A cursor after all events, which comes from an unknown outbox. */
START_TEST(a_cursor_after_the_end_starts_from_the_oldest_event) {
    open_store();
    append(5);
    ck_assert_int_eq(outbox_acknowledge(store, "noting", 900), 0);
    start(only_noting);
    WAIT_UNTIL(note_count == 5);
    ck_assert_int_eq(noted[0], 1);
    append(1);
    WAIT_UNTIL(note_count == 6);
    stop_and_close();
    ck_assert_uint_eq(support_logged("the outbox ends at event 5, before event 900"), 1);
}
END_TEST

START_TEST(sequences_that_go_back_are_no_loop_where_the_outbox_is_empty) {
    open_store();
    ck_assert_int_eq(outbox_acknowledge(store, "noting", 900), 0);
    start(only_noting);
    ck_assert(logged_soon("the outbox ends at event 0, before event 900"));
    append(1);
    WAIT_UNTIL(note_count == 1);
    ck_assert_int_eq(noted[0], 1);
    stop_and_close();
    ck_assert_uint_eq(support_logged("before event"), 1);
}
END_TEST

/* ---- gaps and rows ------------------------------------------------------------------------- */

START_TEST(a_gap_anywhere_is_a_line_and_an_event) {
    open_store();
    start(only_noting);
    append(1);
    WAIT_UNTIL(note_count == 1);
    stop();
    append(9);
    run_sql("DELETE FROM event WHERE sequence IN (2, 5, 6, 9)");
    start(only_noting);
    WAIT_UNTIL(note_count == 7); /* five events, and the one that reports the lost ones */
    stop_and_close();
    ck_assert_ptr_nonnull(strstr(last_json, "\"lost\":4"));
    ck_assert_uint_eq(support_logged("sink noting has lost 4 events"), 1);
}
END_TEST

START_TEST(a_row_that_is_not_json_is_skipped_and_logged) {
    open_store();
    append(1);
    start(only_noting);
    WAIT_UNTIL(note_count == 1);
    run_sql("INSERT INTO event SELECT 2, id, type, subject, list, series, time, source,"
            " through, 'no json', '', '' FROM event WHERE sequence = 1");
    append(2);
    WAIT_UNTIL(note_count == 4); /* events 3 and 4, and the one that reports the lost one */
    stop_and_close();
    ck_assert_int_eq(noted[1], 3);
    ck_assert_uint_eq(support_logged("sink noting has lost 1 events"), 1);
}
END_TEST

START_TEST(a_row_that_is_no_json_at_the_end_is_no_loop) {
    open_store();
    append(2);
    run_sql("UPDATE event SET data = x'00ff' WHERE sequence = 2");
    start(only_noting);
    WAIT_UNTIL(note_count == 1);
    set(&trimmed, 0);
    WAIT_UNTIL(trimmed >= 2); /* a dozen rounds */
    ck_assert_uint_eq(note_count, 1);
    append(1);
    WAIT_UNTIL(note_count == 3);
    ck_assert_int_eq(noted[1], 3);
    stop_and_close();
}
END_TEST

/* ---- damaged ------------------------------------------------------------------------------- */

/* Simulates damaged pages. */
START_TEST(sequences_that_do_not_grow_neither_end_a_thread_nor_delay_the_end) {
    open_store();
    append(3);
    store_close(store);
    run_sql("ALTER TABLE event RENAME TO kept;"
            "CREATE VIEW event AS SELECT 5 AS sequence, id, type, subject, list, series, time,"
            " source, through, data, learned, state FROM kept;"
            "CREATE TRIGGER appended INSTEAD OF INSERT ON event BEGIN INSERT INTO kept(id, type,"
            " subject, list, series, time, source, through, data) VALUES(new.id, new.type,"
            " new.subject, new.list, new.series, new.time, new.source, ifnull(new.through, 0),"
            " new.data); END");
    open_store();
    start(only_noting);
    ck_assert(logged_soon("events are out of order"));
    set(&trimmed, 0);
    WAIT_UNTIL(trimmed >= 2); /* the housekeeping continues */
    append(1);
    ck_assert_uint_eq(note_count, 0);
    ck_assert(publisher_stop(publisher, 10000));
    publisher = NULL;
    store_close(store);
    ck_assert_uint_eq(support_logged("events are out of order"), 1);
    ck_assert_uint_eq(support_logged("busy"), 0);
}
END_TEST

START_TEST(a_missing_outbox_does_not_delay_the_end) {
    open_store();
    append(3);
    store_close(store);
    run_sql("DROP TABLE event");
    open_store();
    start(only_noting);
    set(&trimmed, 0);
    WAIT_UNTIL(trimmed >= 6); /* three minutes */
    ck_assert(publisher_stop(publisher, 10000));
    publisher = NULL;
    store_close(store);
    /* Each reader logs one line; the writer logs one line a minute, because it can write other
     * tables. */
    ck_assert_uint_le(support_logged("no such table"), 2 + 1 + trimmed / 2);
}
END_TEST

/* The database cannot be opened at the start; once it can, it is opened and events are delivered.
 */
START_TEST(a_database_that_cannot_be_opened_yet_is_waited_for) {
    FILE *stream = fopen(database(), "w");

    fputs("This is no database, however long one looks at it.", stream);
    fclose(stream);
    open_store();
    start(only_noting);
    set(&trimmed, 0);
    WAIT_UNTIL(trimmed >= 1);
    ck_assert_int_eq(unlink(database()), 0);
    for (int i = 0; i < TIMEOUT_SECONDS * 100 && !store_is_up(store); i++) {
        store_begin(store);
        store_commit(store);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    append(2);
    WAIT_UNTIL(note_count == 2);
    stop_and_close();
}
END_TEST

SUITE(publisher_odd_suite) {
    Suite *suite = suite_create("publisher, odd outboxes");
    TCase *tests = tcase_create("publisher, odd outboxes");

    tcase_add_checked_fixture(tests, setup_notes, support_folder_remove);
    tcase_set_timeout(tests, 3 * TIMEOUT_SECONDS);
    tcase_add_test(tests, a_sink_goes_back_with_a_restored_outbox);
    tcase_add_test(tests, a_cursor_after_the_end_starts_from_the_oldest_event);
    tcase_add_test(tests, sequences_that_go_back_are_no_loop_where_the_outbox_is_empty);
    tcase_add_test(tests, a_gap_anywhere_is_a_line_and_an_event);
    tcase_add_test(tests, a_row_that_is_not_json_is_skipped_and_logged);
    tcase_add_test(tests, a_row_that_is_no_json_at_the_end_is_no_loop);
    tcase_add_test(tests, sequences_that_do_not_grow_neither_end_a_thread_nor_delay_the_end);
    tcase_add_test(tests, a_missing_outbox_does_not_delay_the_end);
    tcase_add_test(tests, a_database_that_cannot_be_opened_yet_is_waited_for);
    suite_add_tcase(suite, tests);
    return suite;
}
