/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_store_log.c - the write-ahead log is written once a transaction, and holds what SQLite would
 * have written: others read it, and it is found after a crash.
 *
 * pwrite is ours, for SQLite too.
 */
#include "store-fixture.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct store *store;
static int writes; /* of the log */
static bool full;  /* the disk has no room for it */

static bool is_log(int descriptor) {
    char link[64], path[512];
    ssize_t length;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, sizeof(path) - 1);
    return length > 4 && memcmp(path + length - 4, "-wal", 4) == 0;
}

/* With 64-bit offsets this is pwrite64, which SQLite calls. */
ssize_t pwrite(int descriptor, const void *data, size_t length, off_t offset) {
    if (is_log(descriptor)) {
        writes++;
        if (full) {
            errno = ENOSPC;
            return -1;
        }
    }
    return syscall(SYS_pwrite64, descriptor, data, length, offset);
}

static void setup(void) {
    fixture_setup();
    full = false;
    store = open_store(0);
    ck_assert_int_eq(take_mail(store, 1), 0); /* the log has its head */
}

static void teardown(void) {
    store_close(store);
    fixture_teardown();
}

/* How many events another connection reads. */
static int seen_by_others(void) {
    static struct journal_event events[5000];
    struct journal_reader *reader = open_reader(store);
    int count = journal_read(reader, 0, events, 5000);

    journal_reader_close(reader);
    return count;
}

/* The one value that SQL gives, asked as SQLite comes. */
static const char *ask(const char *sql) {
    static char answer[256];
    sqlite3 *database;
    sqlite3_stmt *statement;

    ck_assert_int_eq(sqlite3_open_v2(file, &database, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    snprintf(answer, sizeof(answer), "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return answer;
}

static void check_file(void) {
    ck_assert_str_eq(ask("PRAGMA integrity_check"), "ok");
}

static int mails_in_file(void) {
    return atoi(ask("SELECT count(*) FROM message"));
}

/* From now on SQLite writes ahead of a transaction's end what is too much for its cache. */
static void let_it_spill(void) {
    sqlite3_exec(store->database, "PRAGMA cache_size = 10; PRAGMA cache_spill = ON", NULL, NULL,
                 NULL);
}

START_TEST(a_mail_is_one_write) {
    for (int i = 2; i < 100; i++) {
        writes = 0;
        ck_assert_int_eq(take_mail(store, i), 0);
        ck_assert_int_eq(writes, 1);
        ck_assert_int_eq(seen_by_others(), i);
    }
    check_file();
}
END_TEST

/* 3,000 events, in pages of which some are written more than once. */
START_TEST(a_large_transaction_is_several) {
    let_it_spill();
    writes = 0;
    store_begin(store);
    for (int i = 0; i < 3000; i++) {
        char id[16];

        snprintf(id, sizeof(id), "x%d", i);
        ck_assert_int_eq(append(store, id), 1);
    }
    ck_assert_int_eq(seen_by_others(), 1);
    ck_assert_int_eq(store_commit(store), 0);
    ck_assert_int_gt(writes, 1);
    ck_assert_int_eq(seen_by_others(), 3001);
    check_file();
}
END_TEST

START_TEST(what_was_rolled_back_is_not_there) {
    let_it_spill();
    store_begin(store);
    for (int i = 0; i < 1000; i++) {
        char id[16];

        snprintf(id, sizeof(id), "x%d", i);
        append(store, id);
    }
    store_rollback(store);
    ck_assert_int_eq(seen_by_others(), 1);
    ck_assert_int_eq(take_mail(store, 2), 0);
    ck_assert_int_eq(seen_by_others(), 2);
    check_file();
}
END_TEST

START_TEST(a_write_that_fails_fails_the_mail) {
    full = true;
    ck_assert_int_eq(take_mail(store, 2), -1);
    ck_assert_ptr_nonnull(strstr(logged_line, "full"));
    ck_assert_int_eq(seen_by_others(), 1);
    full = false;
    ck_assert_int_eq(take_mail(store, 3), 0);
    ck_assert_int_eq(seen_by_others(), 2);
    check_file();
}
END_TEST

/* A process that opens the store, does WORK and then ends hard, with 0 if that gave true. */
static void leave(bool (*work)(void)) {
    pid_t child;
    int status;

    store_close(store);
    child = fork();
    if (child == 0) {
        store = open_store(0);
        _exit(!work());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

static bool take_fifty(void) {
    take_mails(store, 2, 50);
    store_begin(store);
    return append(store, "never committed") == 1;
}

START_TEST(after_a_crash_every_commit_is_found) {
    leave(take_fifty);
    store = open_store(0);
    ck_assert_int_eq(seen_by_others(), 50);
    check_file();
}
END_TEST

/* So many mails in one transaction, in no order, so that pages change again and again. */
static void take_at_once(int count, int round) {
    store_begin(store);
    for (int i = 0; i < count; i++) {
        char id[40];

        snprintf(id, sizeof(id), "%06d-%d@example.org", (int)((i * 7919LL) % count), round);
        ck_assert_int_eq(learn(store, id), 1);
    }
    ck_assert_int_eq(store_commit(store), 0);
}

static int pages_spilled(void) {
    int count, most;

    sqlite3_db_status(store->database, SQLITE_DBSTATUS_CACHE_SPILL, &count, &most, 0);
    return count;
}

/* The second one, committed and folded in, so that the file has newer pages than the log of the
 * first. */
static void take_two(int count) {
    take_at_once(count, 1);
    take_at_once(count, 2);
    store_checkpoint(store);
}

#define MORE_THAN_THE_CACHE 120000
#define MORE_THAN_TEN_PAGES 5000

static bool take_two_large(void) {
    take_two(MORE_THAN_THE_CACHE);
    return pages_spilled() == 0;
}

static bool take_two_that_spill(void) {
    let_it_spill();
    take_two(MORE_THAN_TEN_PAGES);
    return pages_spilled() > 0;
}

/* What is larger than SQLite's cache may be written ahead of its end, and changed there again: then
 * (0) we do not let it, and (1) the log stands it. */
START_TEST(after_a_crash_large_transactions_are_found) {
    int before = mails_in_file();

    leave(_i == 0 ? take_two_large : take_two_that_spill);
    check_file();
    ck_assert_int_eq(mails_in_file(),
                     before + 2 * (_i == 0 ? MORE_THAN_THE_CACHE : MORE_THAN_TEN_PAGES));
    store = open_store(0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store log");
    TCase *tests = tcase_create("store log");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_mail_is_one_write);
    tcase_add_test(tests, a_large_transaction_is_several);
    tcase_add_test(tests, what_was_rolled_back_is_not_there);
    tcase_add_test(tests, a_write_that_fails_fails_the_mail);
    tcase_add_test(tests, after_a_crash_every_commit_is_found);
    tcase_add_loop_test(tests, after_a_crash_large_transactions_are_found, 0, 2);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
