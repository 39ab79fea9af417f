/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_progress.c - positions in archives, and many mails in one transaction.
 */
#include "store-fixture.h"

static char position[STORE_POSITION_SIZE];

static const char *read_position(struct store *store, const char *archive) {
    store_begin(store);
    index_position_read(store, archive, position);
    store_rollback(store);
    return position;
}

/* ---- progress ----------------------------------------------------------------------------- */

START_TEST(a_position_is_what_was_written_last) {
    struct store *store = open_store(_i);

    ck_assert_str_eq(read_position(store, "/a.git"), "");
    store_begin(store);
    ck_assert_int_eq(index_position_write(store, "/a.git", "1111"), 0);
    ck_assert_int_eq(index_position_write(store, "/b.git", "2222"), 0);
    ck_assert_int_eq(index_position_write(store, "/a.git", "3333"), 0);
    ck_assert_int_eq(store_commit(store), 0);
    ck_assert_str_eq(read_position(store, "/a.git"), "3333");
    ck_assert_str_eq(read_position(store, "/b.git"), "2222");
    ck_assert_str_eq(read_position(store, "/A.git"), ""); /* file names are case-sensitive */
    store_close(store);
}
END_TEST

START_TEST(it_is_stored_or_lost_with_its_transaction) {
    struct store *store = open_store(0);

    store_begin(store);
    record(store, "1@example.org");
    index_position_write(store, "/a.git", "1111");
    store_rollback(store);
    ck_assert_str_eq(read_position(store, "/a.git"), "");
    store_begin(store);
    record(store, "1@example.org");
    index_position_write(store, "/a.git", "1111");
    store_commit(store);
    store_close(store);

    store = open_store(0);
    ck_assert_str_eq(read_position(store, "/a.git"), "1111");
    ck_assert(is_known(store, "1@example.org"));
    store_close(store);
}
END_TEST

START_TEST(outside_of_a_transaction_nothing_is_found) {
    struct store *store = open_store(0);

    memcpy(position, "before", 7);
    index_position_read(store, "/a.git", position);
    ck_assert_str_eq(position, "");
    ck_assert_int_eq(index_position_write(store, "/a.git", "1111"), -1);
    store_close(store);
}
END_TEST

START_TEST(a_position_has_room_for_sha256) {
    static const char longest[] =
        "0123456789012345678901234567890123456789012345678901234567890123";
    struct store *store = open_store(1);

    store_begin(store);
    index_position_write(store, "/a.git", longest);
    store_commit(store);
    ck_assert_str_eq(read_position(store, "/a.git"), longest);
    store_close(store);
}
END_TEST

/* ---- batches ------------------------------------------------------------------------------ */

/* What another connection reads. */
static bool others_know(const char *message_id) {
    struct store *reader = store_open_readonly(folder);
    bool known;

    ck_assert_ptr_nonnull(reader);
    known = is_known(reader, message_id);
    store_close(reader);
    return known;
}

START_TEST(a_batch_is_one_transaction) {
    struct store *store = open_store(0);

    ck_assert_int_eq(store_batch_begin(store), 0);
    pass_mails(store, 1, 3);
    ck_assert(!others_know("m1@example.org"));
    ck_assert_int_eq(store_batch_end(store), 0);
    ck_assert(others_know("m1@example.org"));
    ck_assert(others_know("m3@example.org"));

    /* After the batch, each mail has its own transaction again. */
    pass_mails(store, 4, 4);
    ck_assert(others_know("m4@example.org"));
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(mails_of_a_batch_find_each_other) {
    struct store *store = open_store(_i);
    struct index_message found;

    store_batch_begin(store);
    pass_mails(store, 1, 1);
    ck_assert_int_eq(store_begin(store), 0);
    ck_assert(index_find_message(store, "m1@example.org", &found));
    ck_assert_int_eq(store_commit(store), 0);
    ck_assert_int_eq(store_batch_end(store), 0);
    store_close(store);
}
END_TEST

START_TEST(a_rollback_undoes_the_whole_batch) {
    struct store *store = open_store(_i);

    store_batch_begin(store);
    pass_mails(store, 1, 2);
    store_begin(store);
    record(store, "3@example.org");
    store_rollback(store);
    /* A later mail of the batch is not committed without the earlier ones. */
    ck_assert_int_eq(store_begin(store), -1);
    ck_assert_int_eq(record(store, "4@example.org"), -1);
    ck_assert_int_eq(store_commit(store), -1);
    ck_assert_int_eq(store_batch_end(store), -1);
    ck_assert(!is_known(store, "m1@example.org"));
    ck_assert(!is_known(store, "4@example.org"));
    pass_mails(store, 5, 5);
    ck_assert(is_known(store, "m5@example.org"));
    store_close(store);
}
END_TEST

START_TEST(a_batch_that_meets_a_lock_is_lost_and_the_next_is_not) {
    struct store *store = open_store(0);
    sqlite3 *stranger;

    ck_assert_int_eq(sqlite3_open(file, &stranger), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(stranger, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(store_batch_begin(store), -1);
    ck_assert_int_eq(pass_mail(store, 1), -1);
    ck_assert_int_eq(store_batch_end(store), -1);
    ck_assert_int_eq(logged, 1);
    ck_assert_int_eq(sqlite3_exec(stranger, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(stranger);

    ck_assert_int_eq(store_batch_begin(store), 0);
    pass_mails(store, 2, 2);
    ck_assert_int_eq(store_batch_end(store), 0);
    ck_assert(!is_known(store, "m1@example.org"));
    ck_assert(is_known(store, "m2@example.org"));
    store_close(store);
}
END_TEST

static void count_call(void *argument) {
    (*(int *)argument)++;
}

START_TEST(events_of_a_batch_are_reported_once_after_the_commit) {
    struct store *store = open_store(0);
    int calls = 0;

    store_on_append(store, count_call, &calls);
    store_batch_begin(store);
    pass_mails(store, 1, 3);
    ck_assert_int_eq(calls, 0);
    store_batch_end(store);
    ck_assert_int_eq(calls, 1);
    store_close(store);
}
END_TEST

SUITE(progress_suite) {
    Suite *suite = suite_create("progress");
    TCase *tests = tcase_create("progress");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_add_loop_test(tests, a_position_is_what_was_written_last, 0, 2);
    tcase_add_test(tests, it_is_stored_or_lost_with_its_transaction);
    tcase_add_test(tests, outside_of_a_transaction_nothing_is_found);
    tcase_add_test(tests, a_position_has_room_for_sha256);
    tcase_add_test(tests, a_batch_is_one_transaction);
    tcase_add_loop_test(tests, mails_of_a_batch_find_each_other, 0, 2);
    tcase_add_loop_test(tests, a_rollback_undoes_the_whole_batch, 0, 2);
    tcase_add_test(tests, a_batch_that_meets_a_lock_is_lost_and_the_next_is_not);
    tcase_add_test(tests, events_of_a_batch_are_reported_once_after_the_commit);
    suite_add_tcase(suite, tests);
    return suite;
}
