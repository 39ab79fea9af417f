/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_index_faults.c - what the index finds after a restart, a rollback and a lost transaction,
 * and in a read-only store.
 */
#include "index-fixture.h"

/* Records one row of each kind. */
static void record_all(void) {
    record_at("s1-a", 1, 2, "1@example.org", NOW);
    record_at("s1-b", 1, 2, "2@example.org", NOW);
    index_join(store, "s1-a", "s1-b");
    index_record_key(store, "k", "s1-b", NOW);
    record_tags("s1-a", 1, "Acked-by", "8@example.org");
}

static void check_recorded(void) {
    ck_assert(has_mail("1@example.org"));
    ck_assert_str_eq(found_as("s1-b"), "s1-a");
    ck_assert_str_eq(members_of("s1-a"), "1:1@example.org ");
    ck_assert_str_eq(filed_under("k", 1), "s1-a ");
    ck_assert_str_eq(tags_of("s1-a"), "1:Acked-by:8@example.org ");
}

START_TEST(all_is_found_after_a_restart) {
    open_index(0);
    record_all();
    commit();
    store_close(store);
    open_index(0);
    check_recorded();
    close_index();
}
END_TEST

START_TEST(a_rolled_back_mail_is_not_recorded) {
    open_index(_i);
    record_all();
    store_rollback(store);
    begin();
    ck_assert(!has_mail("1@example.org"));
    ck_assert_str_eq(found_as("s1-a"), "");
    ck_assert_int_eq(all_rows(), 0);
    record_all();
    check_recorded();
    close_index();
}
END_TEST

/* ---- faults ------------------------------------------------------------------------------- */

/* Calls every function of the index while the transaction is lost. */
static void check_lost(void) {
    struct index_message message;
    struct index_series series;

    ck_assert(!index_find_message(store, "1@example.org", &message));
    ck_assert(!index_find_series(store, "s1-a", &series));
    ck_assert(!index_has_part(store, "s1-a", 1, "x@example.org"));
    ck_assert_uint_eq(index_find_key(store, "k", &series, 1), 0);
    ck_assert_int_eq(record_mail("1@example.org", "s1-a", NOW), -1);
    ck_assert_int_eq(record_mail("9@example.org", "s1-a", NOW), -1);
    ck_assert_int_eq(record_at("s1-a", 1, 2, "9@example.org", NOW), -1);
    ck_assert_int_eq(index_record_key(store, "k", "s1-a", NOW), -1);
    ck_assert_int_eq(index_assign_cover(store, "1@example.org", "s1-a"), -1);
    ck_assert_int_eq(index_join(store, "s1-a", "s1-c"), -1);
    ck_assert_int_eq(record_tags("s1-a", 1, "Acked-by", "9@example.org"), -1);
}

START_TEST(a_lost_transaction_records_nothing) {
    static const char *const tables[] = {"message", "series", "key"};
    char sql[64];

    open_index(_i % 2);
    record_all();
    commit();
    begin();
    record_mail("3@example.org", "s1-c", NOW);
    /* Simulates a page that cannot be read; the rollback undoes it. */
    snprintf(sql, sizeof(sql), "DROP TABLE %s", tables[_i / 2]);
    ck_assert_int_eq(sqlite3_exec(store->writer.database, sql, NULL, NULL, NULL), SQLITE_OK);
    record_at("s1-d", 1, 2, "4@example.org", NOW);
    index_record_key(store, "k", "s1-d", NOW + 1);
    record_tags("s1-d", 1, "Acked-by", "5@example.org");
    check_lost();
    ck_assert_int_eq(store_commit(store), -1);
    ck_assert_int_eq(logged, 1);
    check_lost(); /* the same outside of a transaction */
    ck_assert_int_eq(logged, 1);
    begin();
    check_recorded();
    ck_assert(!has_mail("3@example.org"));
    ck_assert_str_eq(found_as("s1-d"), "");
    commit();
    store_close(store);
}
END_TEST

static void count_member(void *argument, const struct index_member *member) {
    (void)member;
    ++*(int *)argument;
}

static void count_tag(void *argument, int64_t part, const char *tag, const char *message_id) {
    (void)part, (void)tag, (void)message_id;
    ++*(int *)argument;
}

static void count_series(void *argument, const struct index_series *series) {
    (void)series;
    ++*(int *)argument;
}

static int walk(int which, int *calls) {
    *calls = 0;
    switch (which) {
    case 0:
        return index_walk_members(store, "s1-a", count_member, calls);
    case 1:
        return index_walk_tags(store, "s1-a", count_tag, calls);
    default:
        return index_walk_topic(store, "t1-a", count_series, calls);
    }
}

/* Fails both with a statement that is not prepared yet and with one that succeeded before. */
START_TEST(a_walk_that_fails_returns_an_error) {
    static const char *const drops[] = {"DROP TABLE message", "DROP TABLE message",
                                        "DROP TABLE series"};
    int calls;

    open_index(_i % 2);
    record_all();
    commit();
    for (int i = 0; i < 3; i++) {
        begin();
        ck_assert_int_eq(sqlite3_exec(store->writer.database, drops[_i / 2], NULL, NULL, NULL),
                         SQLITE_OK);
        ck_assert_int_eq(walk(_i / 2, &calls), -1);
        ck_assert_int_eq(calls, 0);
        ck_assert_int_eq(walk(_i / 2, &calls), -1);
        ck_assert_int_eq(store_commit(store), -1);
        ck_assert_int_eq(walk(_i / 2, &calls), -1);
        begin();
        ck_assert_int_eq(walk(_i / 2, &calls), 0);
        ck_assert_int_gt(calls, 0);
        commit();
    }
    ck_assert_int_eq(logged, 1);
    store_close(store);
}
END_TEST

/* Series that cannot be marked are not returned, and the caller has nothing to free. */
START_TEST(series_that_cannot_be_marked_are_not_returned) {
    static const char *const breaks[] = {
        "DROP TABLE series",
        "CREATE TRIGGER broken BEFORE UPDATE ON series BEGIN SELECT raise(ABORT, 'broken'); END"};
    char *ids[4];

    open_index(_i % 2);
    commit();
    for (int i = 0; i < 3; i++) {
        begin();
        open_series("s1-a");
        open_series("s1-b");
        ck_assert_int_eq(sqlite3_exec(store->writer.database, breaks[_i / 2], NULL, NULL, NULL),
                         SQLITE_OK);
        ck_assert_int_eq(index_report_incomplete(store, NOW + 1, ids, 4), -1);
        ck_assert_int_eq(index_report_incomplete(store, NOW + 1, ids, 4), -1);
        ck_assert_int_eq(store_commit(store), -1);
        begin();
        ck_assert_int_eq(index_report_incomplete(store, NOW + 1, ids, 4), 0);
        commit();
    }
    ck_assert_int_eq(logged, 1);
    store_close(store);
}
END_TEST

START_TEST(a_readonly_store_finds_and_records_nothing) {
    struct store *writer;

    open_index(0);
    record_all();
    commit();
    writer = store;
    store = store_open_readonly(folder);
    ck_assert_ptr_nonnull(store);
    begin();
    check_recorded();
    ck_assert(index_has_part(store, "s1-a", 1, "x@example.org"));
    commit();
    ck_assert_int_eq(logged, 0);
    begin();
    ck_assert_int_eq(record_mail("9@example.org", "s1-a", NOW), -1);
    check_lost();
    ck_assert_int_eq(store_commit(store), -1);
    ck_assert_int_eq(logged, 1);
    begin();
    check_recorded();
    ck_assert(!has_mail("9@example.org"));
    commit();
    store_close(store);
    store_close(writer);
}
END_TEST

SUITE(index_faults_suite) {
    Suite *suite = suite_create("index faults");
    TCase *tests = tcase_create("index faults");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, all_is_found_after_a_restart);
    tcase_add_loop_test(tests, a_rolled_back_mail_is_not_recorded, 0, 2);
    tcase_add_loop_test(tests, a_lost_transaction_records_nothing, 0, 6);
    tcase_add_loop_test(tests, a_walk_that_fails_returns_an_error, 0, 6);
    tcase_add_loop_test(tests, series_that_cannot_be_marked_are_not_returned, 0, 4);
    tcase_add_test(tests, a_readonly_store_finds_and_records_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
