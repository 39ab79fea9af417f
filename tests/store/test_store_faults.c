/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_store_faults.c - what remains of the state when the disk fails or another program
 * interferes, and that the store of the daemon recovers by itself.
 */
#include "disk-faults.h"
#include "store-fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- faults ------------------------------------------------------------------------------- */

/* A mail whose transaction cannot be begun: every call returns its error value. */
static void mail_without_memory(struct store *store) {
    struct index_message found;

    ck_assert_int_eq(store_begin(store), -1);
    ck_assert(!index_find_message(store, "m1@example.org", &found));
    ck_assert_int_eq(record(store, "x@example.org"), -1);
    ck_assert_int_eq(record_part(store, "s1-x", "x@example.org"), -1);
    ck_assert_int_eq(append(store, "x"), -1);
    ck_assert_int_eq(store_commit(store), -1);
}

static int busy_timeout(struct store *store) {
    sqlite3_stmt *statement;
    int milliseconds;

    ck_assert_int_eq(sqlite3_prepare_v2(store->writer.database, "PRAGMA busy_timeout", -1,
                                        &statement, 0),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    milliseconds = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return milliseconds;
}

START_TEST(a_lock_of_another_program_is_logged_once) {
    struct store *store = open_store(0);
    sqlite3 *stranger;

    pass_mails(store, 1, 1);
    ck_assert_int_eq(sqlite3_open(file, &stranger), SQLITE_OK);
    for (int round = 1; round <= 2; round++) {
        ck_assert_int_gt(busy_timeout(store), 0);
        ck_assert_int_eq(sqlite3_exec(stranger, "BEGIN EXCLUSIVE", 0, 0, 0), SQLITE_OK);
        mail_without_memory(store);
        /* Only the first mail has waited for the lock. */
        ck_assert_int_eq(busy_timeout(store), 0);
        mail_without_memory(store);
        store_begin(store);
        store_rollback(store);
        ck_assert_int_eq(outbox_acknowledge(store, "redis", 1), -1);
        ck_assert_int_eq(outbox_trim(store, NULL, 0, 0), -1);
        ck_assert_int_eq(sqlite3_exec(stranger, "ROLLBACK", 0, 0, 0), SQLITE_OK);
        /* A mail that writes nothing does not end the fault, one that writes does. */
        ck_assert(is_known(store, "m1@example.org"));
        ck_assert_int_eq(busy_timeout(store), 0);
        pass_mails(store, 1 + round, 1 + round);
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
    int result = 0;
    struct index_message found;

    ck_assert_int_eq(store_begin(store), 0);
    for (int i = 0; i < 10000 && result == 0; i++)
        result = append_large(store, "fill", 4096);
    ck_assert_int_eq(result, -1);
    /* The transaction is lost, and all later calls in it fail. */
    ck_assert(!index_find_message(store, "m1@example.org", &found));
    ck_assert_int_eq(append(store, "y"), -1);
    ck_assert_int_eq(store_commit(store), -1);
}

START_TEST(a_full_disk_loses_the_mail_and_no_other) {
    struct store *store = open_store(_i);

    pass_mails(store, 1, 2);
    ck_assert_int_eq(sqlite3_exec(store->writer.database, "PRAGMA max_page_count = 50", 0, 0, 0),
                     SQLITE_OK);
    fill_up(store);
    /* A mail that only reads succeeds, which does not mean that the disk has room. */
    ck_assert_int_eq(store_begin(store), 0);
    ck_assert_int_eq(store_commit(store), 0);
    fill_up(store);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "full"));
    ck_assert_int_eq(
        sqlite3_exec(store->writer.database, "PRAGMA max_page_count = 100000", 0, 0, 0), SQLITE_OK);
    pass_mails(store, 3, 3);
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
    pass_mails(store, 1, 2);
    snprintf(path, sizeof(path), "%s-wal", file);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = (rlim_t)status.st_size + 100;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
    ck_assert_int_eq(pass_mail(store, 8), -1);
    ck_assert_int_eq(pass_mail(store, 9), -1);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "I/O"));
    ck_assert(!is_known(store, "m8@example.org"));
    pass_mails(store, 3, 3);
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

START_TEST(a_damaged_file_costs_only_the_store) {
    struct store *store = open_store(0);
    struct outbox_reader *reader;
    struct outbox_event event;
    struct index_message found;

    pass_mails(store, 1, 50);
    store_close(store);
    break_tables();

    store = open_store(0);
    reader = open_reader(store);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(store_begin(store), 0);
        ck_assert(!index_find_message(store, "m1@example.org", &found));
        ck_assert_int_eq(record(store, "x@example.org"), -1);
        ck_assert_int_eq(store_commit(store), -1);
        ck_assert_int_eq(logged, 1);
    }
    ck_assert_ptr_nonnull(strstr(logged_line, "malformed"));
    /* A reader logs its own faults. */
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(outbox_read(reader, 0, &event, 1), -1);
        ck_assert_int_eq(outbox_newest(reader), -1);
        ck_assert_int_eq(outbox_cursor(reader, "redis"), -1);
        ck_assert_int_eq(outbox_depth(reader, "redis"), -1);
        ck_assert_int_eq(logged, 2);
    }
    outbox_reader_close(reader);
    store_close(store);
}
END_TEST

START_TEST(a_reader_logs_each_fault_once) {
    struct store *store = open_store(0);
    struct outbox_reader *reader = open_reader(store);
    struct outbox_event event;
    sqlite3 *stranger;

    pass_mails(store, 1, 1);
    ck_assert_int_eq(sqlite3_open(file, &stranger), SQLITE_OK);
    for (int round = 1; round <= 2; round++) {
        ck_assert_int_eq(outbox_read(reader, 0, &event, 1), 1);
        ck_assert_int_eq(sqlite3_exec(stranger, "ALTER TABLE event RENAME TO away", 0, 0, 0),
                         SQLITE_OK);
        ck_assert_int_eq(outbox_read(reader, 0, &event, 1), -1);
        ck_assert_int_eq(outbox_read(reader, 0, &event, 1), -1);
        ck_assert_int_eq(logged, round);
        ck_assert_int_eq(sqlite3_exec(stranger, "ALTER TABLE away RENAME TO event", 0, 0, 0),
                         SQLITE_OK);
    }
    sqlite3_close(stranger);
    outbox_reader_close(reader);
    store_close(store);
}
END_TEST

/* ---- recovery of the store of the daemon --------------------------------------------------- */

/* So that the test need not wait for 1 s. */
static void retry_now(struct store *store) {
    store->retry_at = 0;
}

START_TEST(a_disk_that_cannot_be_read_for_a_moment_is_no_damage) {
    struct store *store = open_daemon(STORE_DURABILITY_NORMAL);
    struct index_message found;

    pass_mails(store, 1, 50);
    store_close(store);
    disk_faults_start();
    store = open_daemon(STORE_DURABILITY_NORMAL);
    disk_fail_reads(_i == 0 ? EIO : GARBAGE, 1);
    ck_assert_int_eq(store_begin(store), 0);
    ck_assert(!index_find_message(store, "m1@example.org", &found));
    ck_assert_int_eq(record(store, "x@example.org"), -1);
    ck_assert_int_eq(store_commit(store), -1);
    ck_assert_int_eq(disk_read_times, 0);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, _i == 0 ? "disk I/O error: Input/output error"
                                                      : "malformed; mail passes without it"));
    ck_assert_ptr_null(strstr(logged_line, "move it away"));
    ck_assert(!store_is_up(store));
    store_count_lost(store);
    /* The next mail uses a new connection, which finds no damage. */
    pass_mails(store, 51, 51);
    ck_assert_int_eq(logged, 1);
    ck_assert_int_eq(informed, 1);
    ck_assert_ptr_nonnull(strstr(informed_line, "works again; 1 mail passed"));
    ck_assert(store_is_up(store));
    ck_assert(knows(store, 1) && knows(store, 51));
    store_close(store);
    check_integrity(file);
}
END_TEST

/* A store that is not the daemon's is not reopened, but the line reports the disk and not damage.
 */
START_TEST(a_disk_that_cannot_be_read_is_no_damage_for_other_programs) {
    struct store *store = open_store(0);

    pass_mails(store, 1, 50);
    store_close(store);
    disk_faults_start();
    store = open_store(0);
    disk_fail_reads(EIO, 1);
    ck_assert(!is_known(store, "m1@example.org"));
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "Input/output error"));
    ck_assert_ptr_null(strstr(logged_line, "move it away"));
    store_close(store);
}
END_TEST

START_TEST(damage_that_stays_is_logged_with_what_to_do) {
    struct store *store = open_daemon(STORE_DURABILITY_NORMAL);

    pass_mails(store, 1, 50);
    store_close(store);
    break_tables();
    store = open_daemon(STORE_DURABILITY_NORMAL);
    ck_assert_int_eq(logged, 0); /* opening the database reads only the schema */
    ck_assert_int_eq(pass_mail(store, 51), -1);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_null(strstr(logged_line, "move it away"));
    for (int i = 0; i < 4; i++) {
        retry_now(store);
        ck_assert_int_eq(pass_mail(store, 51), -1);
        ck_assert_int_eq(logged, 2);
    }
    ck_assert_ptr_nonnull(strstr(logged_line, "move it away"));
    /* As the log line advised the operator. */
    ck_assert_int_eq(rename(file, path_with(".old")), 0);
    store_checkpoint(store);
    pass_mails(store, 52, 52);
    ck_assert_str_eq(event_ids(store), "e52 ");
    store_close(store);
}
END_TEST

START_TEST(a_disk_that_is_full_at_the_start_has_room_later) {
    struct store *store;

    disk_faults_start();
    disk_fail_writes(ENOSPC, -1);
    store = open_daemon(STORE_DURABILITY_NORMAL);
    ck_assert_int_eq(logged, 2);
    ck_assert_ptr_nonnull(strstr(logged_line, "mail passes without"));
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pass_mail(store, i), -1);
        store_count_lost(store);
        retry_now(store);
        ck_assert_int_eq(store_checkpoint(store), -1);
    }
    ck_assert(!store_is_up(store));
    ck_assert_int_eq(logged, 2);
    disk_fail_writes(0, 0);
    pass_mails(store, 4, 5);
    ck_assert(store_is_up(store));
    ck_assert_str_eq(event_ids(store), "e4 e5 ");
    ck_assert_int_eq(informed, 1);
    ck_assert_ptr_nonnull(strstr(informed_line, "works again; 3 mails"));
    ck_assert_int_eq(store_lost(store), 3);
    store_close(store);
    ck_assert_int_eq(logged, 2);
}
END_TEST

START_TEST(a_disk_that_is_full_later_has_room_again) {
    struct store *store = open_daemon(_i == 0 ? STORE_DURABILITY_NORMAL : STORE_DURABILITY_FULL);

    disk_faults_start();
    store_close(store);
    store = open_daemon(_i == 0 ? STORE_DURABILITY_NORMAL : STORE_DURABILITY_FULL);
    pass_mails(store, 1, 2);
    disk_fail_writes(ENOSPC, -1);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pass_mail(store, 9), -1);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "full"));
    /* A checkpoint has no room either; it does not log a second fault. */
    store_checkpoint(store);
    ck_assert_int_eq(logged, 1);
    disk_fail_writes(0, 0);
    pass_mails(store, 3, 3);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    store_close(store);
    check_integrity(file);
    ck_assert_int_eq(logged, 1);
}
END_TEST

START_TEST(a_file_that_is_locked_at_the_start_is_opened_later) {
    struct store *store = open_daemon(STORE_DURABILITY_NORMAL);
    struct outbox_reader *reader;
    sqlite3 *stranger;

    pass_mails(store, 1, 1);
    store_close(store);
    ck_assert_int_eq(sqlite3_open(file, &stranger), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(stranger, "BEGIN EXCLUSIVE", 0, 0, 0), SQLITE_OK);
    store = open_daemon(STORE_DURABILITY_NORMAL);
    reader = open_reader(store);
    mail_without_memory(store);
    ck_assert_int_eq(outbox_newest(reader), -1);
    ck_assert_int_eq(logged, 2);
    ck_assert_int_eq(sqlite3_exec(stranger, "ROLLBACK", 0, 0, 0), SQLITE_OK);
    sqlite3_close(stranger);
    /* A mail reopens it, within 1 s. */
    WAIT_UNTIL(pass_mail(store, 2) == 0);
    ck_assert_str_eq(event_ids(store), "e1 e2 ");
    ck_assert_int_eq(outbox_newest(reader), 2);
    outbox_reader_close(reader);
    store_close(store);
    ck_assert_int_eq(logged, 2);
}
END_TEST

/* A database of another program or of a newer version, or an incomplete copy: mail passes, the file
 * is not changed, and after it was moved away a new database is created. */
START_TEST(a_file_that_is_not_ours_costs_the_memory_until_it_is_moved) {
    static const char *const lines[] = {"another program", "newer patchmark", "is not a database",
                                        "malformed"};
    char bytes[3000], before[sizeof(bytes)], after[sizeof(bytes)];
    struct store *store = open_daemon(STORE_DURABILITY_NORMAL);
    FILE *stream;
    size_t length;

    pass_mails(store, 1, 20);
    store_close(store);
    memset(bytes, 'x', sizeof(bytes));
    if (_i == 0)
        run_sql(file, "PRAGMA application_id = 7");
    else if (_i == 1)
        run_sql(file, "PRAGMA user_version = 99");
    else if (_i == 2)
        write_file(file, bytes, sizeof(bytes));
    else
        ck_assert_int_eq(truncate(file, sizeof(bytes)), 0);
    stream = fopen(file, "r");
    length = fread(before, 1, sizeof(before), stream);
    fclose(stream);

    store = open_daemon(STORE_DURABILITY_NORMAL);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pass_mail(store, 21), -1);
        retry_now(store);
    }
    ck_assert_int_ge(logged, 1);
    ck_assert_int_le(logged, 2);
    ck_assert_msg(strstr(first_line, lines[_i]) != NULL, "%s", first_line);
    stream = fopen(file, "r");
    ck_assert_uint_eq(fread(after, 1, sizeof(after), stream), length);
    fclose(stream);
    /* SQLite can change the header, 100 bytes, when it opens the file: WAL mode and the schema. */
    ck_assert_mem_eq(before + 100, after + 100, length - 100);

    ck_assert_int_eq(rename(file, path_with(".old")), 0);
    store_checkpoint(store);
    retry_now(store);
    pass_mails(store, 22, 22);
    ck_assert_str_eq(event_ids(store), "e22 ");
    store_close(store);
}
END_TEST

START_TEST(a_file_that_is_moved_or_deleted_is_made_anew) {
    struct store *store = open_daemon(STORE_DURABILITY_NORMAL);
    struct outbox_reader *reader = open_reader(store);
    struct outbox_event event;

    pass_mails(store, 1, 3);
    ck_assert_int_eq(outbox_read(reader, 0, &event, 1), 1);
    if (_i == 0)
        ck_assert_int_eq(unlink(file), 0);
    else
        ck_assert_int_eq(rename(file, path_with(".old")), 0);
    store_checkpoint(store);
    ck_assert_int_ge(logged, 1);
    ck_assert_ptr_nonnull(strstr(first_line, "moved or deleted"));
    pass_mails(store, 4, 5);
    ck_assert_str_eq(event_ids(store), "e4 e5 ");
    ck_assert(!knows(store, 1));
    /* Readers open the new file, too. */
    ck_assert_int_eq(outbox_newest(reader), 2);
    ck_assert_int_eq(outbox_read(reader, 0, &event, 1), 1);
    ck_assert_str_eq(event.id, "e4");
    store_checkpoint(store);
    outbox_reader_close(reader);
    store_close(store);
    check_integrity(file);
    store = open_daemon(STORE_DURABILITY_NORMAL);
    ck_assert_str_eq(event_ids(store), "e4 e5 ");
    store_close(store);
}
END_TEST

/* Closing a descriptor of the file would release the locks that keep other programs from deleting
 * its log. */
START_TEST(a_store_that_was_opened_anew_still_keeps_others_from_its_log) {
    struct store *store = open_daemon(STORE_DURABILITY_NORMAL);
    struct outbox_reader *reader = open_reader(store);
    struct outbox_event event;
    int status;
    pid_t child;

    pass_mails(store, 1, 2);
    ck_assert_int_eq(outbox_read(reader, 0, &event, 1), 1); /* and keeps its connection */
    disk_faults_start();
    disk_fail_writes(EIO, 1);
    ck_assert_int_eq(pass_mail(store, 9), -1);
    pass_mails(store, 3, 3);
    child = fork();
    if (child == 0) { /* a shell that opens and closes the database */
        char command[600];

        snprintf(command, sizeof(command), "sqlite3 '%s' 'SELECT count(*) FROM event' >/dev/null",
                 file);
        _exit(system(command) == 0 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_gt(size_of("-wal"), 0);
    pass_mails(store, 4, 4);
    outbox_reader_close(reader);
    store_close(store);
    store = open_daemon(STORE_DURABILITY_NORMAL);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 e4 ");
    store_close(store);
    check_integrity(file);
}
END_TEST

SUITE(store_faults_suite) {
    Suite *suite = suite_create("store faults");
    TCase *tests = tcase_create("store faults");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_lock_of_another_program_is_logged_once);
    tcase_add_loop_test(tests, a_full_disk_loses_the_mail_and_no_other, 0, 2);
    tcase_add_test(tests, a_write_that_fails_at_commit_loses_the_mail_and_no_other);
    tcase_add_test(tests, a_damaged_file_costs_only_the_store);
    tcase_add_test(tests, a_reader_logs_each_fault_once);
    tcase_add_loop_test(tests, a_disk_that_cannot_be_read_for_a_moment_is_no_damage, 0, 2);
    tcase_add_test(tests, a_disk_that_cannot_be_read_is_no_damage_for_other_programs);
    tcase_add_test(tests, damage_that_stays_is_logged_with_what_to_do);
    tcase_add_test(tests, a_disk_that_is_full_at_the_start_has_room_later);
    tcase_add_loop_test(tests, a_disk_that_is_full_later_has_room_again, 0, 2);
    tcase_add_test(tests, a_file_that_is_locked_at_the_start_is_opened_later);
    tcase_add_loop_test(tests, a_file_that_is_not_ours_costs_the_memory_until_it_is_moved, 0, 4);
    tcase_add_loop_test(tests, a_file_that_is_moved_or_deleted_is_made_anew, 0, 2);
    tcase_add_test(tests, a_store_that_was_opened_anew_still_keeps_others_from_its_log);
    suite_add_tcase(suite, tests);
    return suite;
}
