/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_store_faults.c - what is left of the state when the disk, a stranger or kill -9 interferes,
 * and that the write-ahead log stays small.
 */
#include "store-fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- faults -----------------------------------------------------------------------------------
 */

/* A mail that meets a fault at once: every call gives its fault value. */
static void mail_without_memory(struct store *store) {
    struct index_message found;

    ck_assert_int_eq(store_begin(store), -1);
    ck_assert(!index_find_message(store, "m1@example.org", &found));
    ck_assert_int_eq(learn(store, "x@example.org"), -1);
    ck_assert_int_eq(learn_part(store, "s1-x", "x@example.org"), -1);
    ck_assert_int_eq(append(store, "x"), -1);
    ck_assert_int_eq(store_commit(store), -1);
}

static int busy_timeout(struct store *store) {
    sqlite3_stmt *statement;
    int milliseconds;

    ck_assert_int_eq(sqlite3_prepare_v2(store->database, "PRAGMA busy_timeout", -1, &statement, 0),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    milliseconds = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return milliseconds;
}

START_TEST(a_stranger_who_locks_the_file_is_said_once) {
    struct store *store = open_store(0);
    sqlite3 *stranger;

    take_mails(store, 1, 1);
    ck_assert_int_eq(sqlite3_open(file, &stranger), SQLITE_OK);
    for (int round = 1; round <= 2; round++) {
        ck_assert_int_gt(busy_timeout(store), 0);
        ck_assert_int_eq(sqlite3_exec(stranger, "BEGIN EXCLUSIVE", 0, 0, 0), SQLITE_OK);
        mail_without_memory(store);
        /* Only the first mail has waited. */
        ck_assert_int_eq(busy_timeout(store), 0);
        mail_without_memory(store);
        store_begin(store);
        store_rollback(store);
        ck_assert_int_eq(journal_acknowledge(store, "redis", 1), -1);
        ck_assert_int_eq(journal_forget(store, NULL, 0, 0), -1);
        ck_assert_int_eq(sqlite3_exec(stranger, "ROLLBACK", 0, 0, 0), SQLITE_OK);
        /* A mail that writes nothing is no proof that it works again, one that does is. */
        ck_assert(is_known(store, "m1@example.org"));
        ck_assert_int_eq(busy_timeout(store), 0);
        take_mails(store, 1 + round, 1 + round);
        ck_assert_int_eq(logged, round);
    }
    ck_assert_ptr_nonnull(strstr(logged_line, "locked"));
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    sqlite3_close(stranger);
    store_close(store);
}
END_TEST

/* Appends events of 4 KiB in one transaction until one is refused. */
static void fill_up(struct store *store) {
    static char json[4096];
    struct journal_event event = {.type = "t", .json = json, .json_length = sizeof(json)};
    int result = 1;
    struct index_message found;

    memset(json, 'x', sizeof(json));
    ck_assert_int_eq(store_begin(store), 0);
    for (int i = 0; i < 10000 && result == 1; i++) {
        char id[16];

        snprintf(id, sizeof(id), "fill%d", i);
        event.id = id;
        result = journal_append(store, &event);
    }
    ck_assert_int_eq(result, -1);
    /* The transaction is lost, and all that follows in it knows. */
    ck_assert(!index_find_message(store, "m1@example.org", &found));
    ck_assert_int_eq(append(store, "y"), -1);
    ck_assert_int_eq(store_commit(store), -1);
}

START_TEST(a_full_disk_loses_the_mail_and_no_other) {
    struct store *store = open_store(_i);

    take_mails(store, 1, 2);
    ck_assert_int_eq(sqlite3_exec(store->database, "PRAGMA max_page_count = 50", 0, 0, 0),
                     SQLITE_OK);
    fill_up(store);
    /* A mail that only asks works, and does not mean that the disk has room. */
    ck_assert_int_eq(store_begin(store), 0);
    ck_assert_int_eq(store_commit(store), 0);
    fill_up(store);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "full"));
    ck_assert_int_eq(sqlite3_exec(store->database, "PRAGMA max_page_count = 100000", 0, 0, 0),
                     SQLITE_OK);
    take_mails(store, 3, 3);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    ck_assert_int_eq(logged, 1);
    store_close(store);
}
END_TEST

START_TEST(a_write_that_fails_at_commit_loses_the_mail_and_no_other) {
    struct store *store = open_store(0);
    struct rlimit old, tight;
    struct stat status;
    char path[512];

    signal(SIGXFSZ, SIG_IGN);
    take_mails(store, 1, 2);
    snprintf(path, sizeof(path), "%s-wal", file);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = (rlim_t)status.st_size + 100;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
    ck_assert_int_eq(take_mail(store, 8), -1);
    ck_assert_int_eq(take_mail(store, 9), -1);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "I/O"));
    ck_assert(!is_known(store, "m8@example.org"));
    take_mails(store, 3, 3);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    ck_assert_int_eq(logged, 1);
    store_close(store);
}
END_TEST

/* Overwrites the first page of every table and index. */
static void break_tables(void) {
    static unsigned char junk[65536];
    int descriptor = open(file, O_WRONLY);
    sqlite3 *database;
    sqlite3_stmt *statement;

    memset(junk, 0xa5, sizeof(junk));
    ck_assert_int_eq(sqlite3_open(file, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(database,
                                        "SELECT (rootpage - 1) * page_size, page_size"
                                        " FROM sqlite_schema, pragma_page_size WHERE rootpage > 0",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        int length = sqlite3_column_int(statement, 1);

        ck_assert_int_eq(
            pwrite(descriptor, junk, (size_t)length, sqlite3_column_int64(statement, 0)), length);
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    close(descriptor);
}

START_TEST(a_file_that_is_broken_inside_costs_the_memory_only) {
    struct store *store = open_store(0);
    struct journal_reader *reader;
    struct journal_event event;
    struct index_message found;

    take_mails(store, 1, 50);
    store_close(store);
    break_tables();

    store = open_store(0);
    reader = open_reader(store);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(store_begin(store), 0);
        ck_assert(!index_find_message(store, "m1@example.org", &found));
        ck_assert_int_eq(learn(store, "x@example.org"), -1);
        ck_assert_int_eq(store_commit(store), -1);
        ck_assert_int_eq(logged, 1);
    }
    ck_assert_ptr_nonnull(strstr(logged_line, "malformed"));
    /* A reader is a matter of its own. */
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(journal_read(reader, 0, &event, 1), -1);
        ck_assert_int_eq(journal_newest(reader), -1);
        ck_assert_int_eq(journal_cursor(reader, "redis"), -1);
        ck_assert_int_eq(journal_depth(reader, "redis"), -1);
        ck_assert_int_eq(logged, 2);
    }
    journal_reader_close(reader);
    store_close(store);
}
END_TEST

START_TEST(a_reader_says_each_fault_once) {
    struct store *store = open_store(0);
    struct journal_reader *reader = open_reader(store);
    struct journal_event event;
    sqlite3 *stranger;

    take_mails(store, 1, 1);
    ck_assert_int_eq(sqlite3_open(file, &stranger), SQLITE_OK);
    for (int round = 1; round <= 2; round++) {
        ck_assert_int_eq(journal_read(reader, 0, &event, 1), 1);
        ck_assert_int_eq(sqlite3_exec(stranger, "ALTER TABLE event RENAME TO away", 0, 0, 0),
                         SQLITE_OK);
        ck_assert_int_eq(journal_read(reader, 0, &event, 1), -1);
        ck_assert_int_eq(journal_read(reader, 0, &event, 1), -1);
        ck_assert_int_eq(logged, round);
        ck_assert_int_eq(sqlite3_exec(stranger, "ALTER TABLE away RENAME TO event", 0, 0, 0),
                         SQLITE_OK);
    }
    sqlite3_close(stranger);
    journal_reader_close(reader);
    store_close(store);
}
END_TEST

/* ---- kill -9 ----------------------------------------------------------------------------------
 */

/* Ends a child hard as soon as it has written one byte more to REPORTS. */
static void kill_at_once(pid_t child, int reports) {
    char byte;

    ck_assert_int_eq(read(reports, &byte, 1), 1);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(kill_in_the_middle_of_a_mail_keeps_all_before_it) {
    int reports[2];
    pid_t child;
    struct store *store;

    ck_assert_int_eq(pipe(reports), 0);
    child = fork();
    if (child == 0) {
        store = store_open(folder);
        for (int i = 1; i <= 3; i++)
            take_mail(store, i);
        store_begin(store);
        learn(store, "m4@example.org");
        append(store, "e4");
        if (write(reports[1], "x", 1) == 1)
            for (;;)
                pause();
        _exit(1);
    }
    kill_at_once(child, reports[0]);
    store = open_store(0);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    ck_assert(is_known(store, "m3@example.org"));
    ck_assert(!is_known(store, "m4@example.org"));
    take_mails(store, 4, 4);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 e4 ");
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(kill_at_any_time_keeps_all_that_was_committed) {
    int reports[2];
    char bytes[4096];
    int64_t said = 20, newest;
    pid_t child;
    struct store *store;
    struct journal_reader *reader;

    ck_assert_int_eq(pipe(reports), 0);
    child = fork();
    if (child == 0) {
        store = store_open(folder);
        for (int i = 1; take_mail(store, i) == 0 && write(reports[1], "x", 1) == 1; i++)
            if (i % 7 == 0)
                store_checkpoint(store);
        _exit(1);
    }
    close(reports[1]);
    for (int i = 0; i < said; i++)
        ck_assert_int_eq(read(reports[0], bytes, 1), 1);
    kill_at_once(child, reports[0]);
    said++;
    for (ssize_t more; (more = read(reports[0], bytes, sizeof(bytes))) > 0;)
        said += more;

    store = open_store(0);
    reader = open_reader(store);
    newest = journal_newest(reader);
    /* Killed between a commit and the word of it: one more is right too. */
    ck_assert_int_ge(newest, said);
    ck_assert_int_le(newest, said + 1);
    snprintf(bytes, sizeof(bytes), "m%d@example.org", (int)newest);
    ck_assert(is_known(store, bytes));
    snprintf(bytes, sizeof(bytes), "m%d@example.org", (int)newest + 1);
    ck_assert(!is_known(store, bytes));
    journal_reader_close(reader);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* ---- checkpoints ------------------------------------------------------------------------------
 */

static int64_t size_of(const char *suffix) {
    char path[512];
    struct stat status;

    snprintf(path, sizeof(path), "%s%s", file, suffix);
    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_size;
}

#define MEGABYTE (1024 * 1024)

/* Appends MEGABYTES events of that size, each in a mail of its own. */
static void write_much(struct store *store, int megabytes, const char *prefix) {
    static char json[MEGABYTE];
    struct journal_event event = {.type = "t", .json = json, .json_length = sizeof(json)};

    memset(json, 'x', sizeof(json));
    for (int i = 0; i < megabytes; i++) {
        char id[16];

        snprintf(id, sizeof(id), "%s%d", prefix, i);
        event.id = id;
        store_begin(store);
        ck_assert_int_eq(journal_append(store, &event), 1);
        ck_assert_int_eq(store_commit(store), 0);
    }
}

START_TEST(a_checkpoint_brings_all_into_the_file) {
    char command[1024], copy[300];
    struct store *store = open_store(0), *other;

    take_mails(store, 1, 20);
    /* Nobody does it on the way: 20 mails with at least four pages each are all in the log. */
    ck_assert_int_gt(size_of("-wal"), 20 * 4 * 2048);
    store_checkpoint(store);
    snprintf(copy, sizeof(copy), "%s/copy", scratch);
    snprintf(command, sizeof(command), "mkdir '%s' && cp '%s' '%s/'", copy, file, copy);
    ck_assert_int_eq(system(command), 0);
    other = store_open(copy);
    ck_assert_ptr_nonnull(other);
    ck_assert_str_eq(event_ids(other), event_ids(store));
    ck_assert(is_known(other, "m20@example.org"));
    store_close(other);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(the_log_starts_over_when_it_is_large) {
    struct store *store = open_store(0);
    int64_t size;

    write_much(store, 20, "a");
    size = size_of("-wal");
    ck_assert_int_gt(size, 20 * MEGABYTE);
    store_checkpoint(store);
    write_much(store, 18, "b");
    ck_assert_int_eq(size_of("-wal"), size);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(a_huge_log_is_cut_off_when_nobody_reads_from_it_and_no_mail_came) {
    struct store *store = open_store(0);
    sqlite3 *lingering;

    take_mails(store, 1, 1);
    ck_assert_int_eq(sqlite3_open(file, &lingering), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(lingering, "BEGIN; SELECT count(*) FROM event", 0, 0, 0),
                     SQLITE_OK);
    write_much(store, 65, "a");
    store_checkpoint(store);
    ck_assert_int_gt(size_of("-wal"), 65 * MEGABYTE);
    /* Neither mails nor the reader suffer. */
    take_mails(store, 2, 2);
    ck_assert_int_eq(sqlite3_exec(lingering, "COMMIT", 0, 0, 0), SQLITE_OK);
    /* To cut it off takes long, so not while mails come. */
    store_checkpoint(store);
    ck_assert_int_gt(size_of("-wal"), 65 * MEGABYTE);
    store_checkpoint(store);
    ck_assert_int_eq(size_of("-wal"), 0);
    take_mails(store, 3, 3);
    ck_assert_int_eq(sqlite3_close(lingering), SQLITE_OK);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(a_store_in_memory_needs_no_checkpoint) {
    struct store *store = open_store(1);

    take_mails(store, 1, 2);
    store_checkpoint(store);
    ck_assert_str_eq(event_ids(store), "e1 e2 ");
    store_close(store);
    store_close(NULL);
    ck_assert_int_eq(logged, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store faults");
    TCase *tests = tcase_create("store faults");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_stranger_who_locks_the_file_is_said_once);
    tcase_add_loop_test(tests, a_full_disk_loses_the_mail_and_no_other, 0, 2);
    tcase_add_test(tests, a_write_that_fails_at_commit_loses_the_mail_and_no_other);
    tcase_add_test(tests, a_file_that_is_broken_inside_costs_the_memory_only);
    tcase_add_test(tests, a_reader_says_each_fault_once);
    tcase_add_test(tests, kill_in_the_middle_of_a_mail_keeps_all_before_it);
    tcase_add_test(tests, kill_at_any_time_keeps_all_that_was_committed);
    tcase_add_test(tests, a_checkpoint_brings_all_into_the_file);
    tcase_add_test(tests, the_log_starts_over_when_it_is_large);
    tcase_add_test(tests, a_huge_log_is_cut_off_when_nobody_reads_from_it_and_no_mail_came);
    tcase_add_test(tests, a_store_in_memory_needs_no_checkpoint);
    suite_add_tcase(suite, tests);
    return run_suite(suite) == 0 ? 0 : 1;
}
