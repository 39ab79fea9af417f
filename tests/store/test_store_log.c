/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_store_log.c - the write-ahead log: it keeps the mails of a process that was killed, it is
 * not applied to a backup that has replaced its database, and it stays small.
 */
#include "store-fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

/* ---- backups ------------------------------------------------------------------------------- */

/* Passes mails in a child process that ends without closing the store. */
static void take_and_die(int first, int last) {
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct store *store = store_open_daemon(folder, STORE_DURABILITY_NORMAL);

        for (int i = first; i <= last; i++)
            pass_mail(store, i);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

/* The database was copied while it was closed; later the copy replaces a newer one. */
START_TEST(a_backup_of_the_file_alone_can_be_put_back) {
    struct store *store = open_daemon(STORE_DURABILITY_NORMAL);
    char backup[400];

    snprintf(backup, sizeof(backup), "%s/backup", scratch);
    pass_mails(store, 1, 20);
    store_close(store);
    copy_file(file, backup);
    if (_i == 0) {
        store = open_daemon(STORE_DURABILITY_NORMAL);
        pass_mails(store, 21, 60);
        store_close(store);
        ck_assert_int_eq(size_of("-wal"), -1);
    } else {
        take_and_die(21, 60);
        ck_assert_int_gt(size_of("-wal"), 0);
    }
    copy_file(backup, file);

    store = open_daemon(STORE_DURABILITY_NORMAL);
    ck_assert_int_eq(logged, _i);
    if (_i == 1) {
        ck_assert_ptr_nonnull(strstr(logged_line, "is not the log of"));
        ck_assert_int_gt(size_of("-wal.other"), 0);
    }
    ck_assert_str_eq(event_ids(store), ids(1, 20));
    pass_mails(store, 61, 70);
    ck_assert(knows(store, 20) && !knows(store, 60) && knows(store, 70));
    store_check(store);
    store_close(store);
    check_integrity(file);
    ck_assert_int_eq(logged, _i);
}
END_TEST

/* Overwrites a page in the first third of the file, which is not read at the start and was not
 * changed by the last mails. */
static void break_a_page(void) {
    static unsigned char junk[512], size[2];
    int descriptor = open(file, O_RDWR);
    struct stat status;
    off_t page;

    memset(junk, 0xa5, sizeof(junk));
    ck_assert_int_eq(fstat(descriptor, &status), 0);
    ck_assert_int_eq(pread(descriptor, size, sizeof(size), 16), sizeof(size));
    page = size[0] << 8 | size[1];
    ck_assert_int_eq(pwrite(descriptor, junk, sizeof(junk), status.st_size / page / 4 * page),
                     sizeof(junk));
    close(descriptor);
}

START_TEST(a_log_of_a_killed_process_is_used_and_the_file_checked) {
    struct store *store = open_daemon(STORE_DURABILITY_NORMAL);

    pass_mails(store, 1, 500);
    store_close(store);
    take_and_die(501, 503);
    if (_i == 1)
        break_a_page();
    store = open_daemon(STORE_DURABILITY_NORMAL);
    store_check(store);
    ck_assert_int_eq(logged, _i);
    if (_i == 1)
        ck_assert_ptr_nonnull(strstr(logged_line, "damaged after the last process was killed"));
    else
        ck_assert_str_eq(event_ids(store), ids(1, 503));
    store_check(store); /* reported once only */
    ck_assert_int_eq(logged, _i);
    store_close(store);
}
END_TEST

/* ---- kill -9 ------------------------------------------------------------------------------ */

/* Kills a child as soon as it has written one further byte to REPORTS. */
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
            pass_mail(store, i);
        store_begin(store);
        record(store, "m4@example.org");
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
    pass_mails(store, 4, 4);
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
    struct outbox_reader *reader;

    ck_assert_int_eq(pipe(reports), 0);
    child = fork();
    if (child == 0) {
        store = store_open(folder);
        for (int i = 1; pass_mail(store, i) == 0 && write(reports[1], "x", 1) == 1; i++)
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
    newest = outbox_newest(reader);
    /* It can be killed between a commit and its report: then one further mail is in the store. */
    ck_assert_int_ge(newest, said);
    ck_assert_int_le(newest, said + 1);
    snprintf(bytes, sizeof(bytes), "m%d@example.org", (int)newest);
    ck_assert(is_known(store, bytes));
    snprintf(bytes, sizeof(bytes), "m%d@example.org", (int)newest + 1);
    ck_assert(!is_known(store, bytes));
    outbox_reader_close(reader);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* ---- checkpoints -------------------------------------------------------------------------- */

#define MEGABYTE (1024 * 1024)

/* Appends MEGABYTES events of 1 MiB, each in a transaction of its own. */
static void write_much(struct store *store, int megabytes) {
    for (int i = 0; i < megabytes; i++) {
        store_begin(store);
        ck_assert_int_eq(append_large(store, "large", MEGABYTE), 0);
        ck_assert_int_eq(store_commit(store), 0);
    }
}

START_TEST(a_checkpoint_copies_all_into_the_file) {
    char command[1024], copy[300];
    struct store *store = open_store(0), *other;

    pass_mails(store, 1, 20);
    /* No mail does a checkpoint: 20 mails with at least four pages each are all in the log. */
    ck_assert_int_gt(size_of("-wal"), 20 * 4 * 1024);
    ck_assert_int_eq(store_checkpoint(store), size_of("-wal"));
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

START_TEST(the_log_is_reset_when_it_is_large) {
    struct store *store = open_store(0);
    int64_t size;

    write_much(store, 20);
    size = size_of("-wal");
    ck_assert_int_gt(size, 20 * MEGABYTE);
    store_checkpoint(store);
    write_much(store, 18);
    ck_assert_int_eq(size_of("-wal"), size);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(a_huge_log_is_reset_while_mails_come_and_truncated_when_none_do) {
    struct store *store = open_store(0);
    int64_t size;

    store->log_bytes_most = store->log_bytes_kept = 5 * MEGABYTE;
    write_much(store, 6);
    size = size_of("-wal");
    for (int i = 1; i <= 5; i++) {
        pass_mails(store, i, i);
        ck_assert_int_ge(store_checkpoint(store), size);
    }
    write_much(store, 4);
    ck_assert_int_lt(size_of("-wal"), size + MEGABYTE);
    /* Truncating the log takes long, so it is not done while mails come. */
    ck_assert_int_ge(store_checkpoint(store), size);
    ck_assert_int_eq(store_checkpoint(store), 0);
    ck_assert_int_eq(size_of("-wal"), 0);
    pass_mails(store, 6, 6);
    for (int i = 1; i <= 6; i++)
        ck_assert(knows(store, i));
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(a_reader_that_holds_the_log_is_logged_until_he_is_gone) {
    struct store *store = open_store(0);
    sqlite3 *lingering;

    store->log_bytes_kept = 2 * MEGABYTE;
    store->log_bytes_most = 6 * MEGABYTE;
    pass_mails(store, 1, 1);
    ck_assert_int_eq(sqlite3_open(file, &lingering), SQLITE_OK);
    for (int round = 1; round <= 2; round++) {
        ck_assert_int_eq(sqlite3_exec(lingering, "BEGIN; SELECT count(*) FROM event", 0, 0, 0),
                         SQLITE_OK);
        write_much(store, 4);
        ck_assert_int_gt(store_checkpoint(store), 4 * MEGABYTE);
        ck_assert_int_eq(logged, round - 1);
        write_much(store, 4);
        for (int i = 0; i < 2; i++)
            ck_assert_int_gt(store_checkpoint(store), 8 * MEGABYTE);
        ck_assert_int_eq(logged, round);
        ck_assert_ptr_nonnull(strstr(logged_line, "-wal has 8 MiB and cannot be truncated"));
        /* Mails pass meanwhile. */
        pass_mails(store, 2 * round, 2 * round);
        ck_assert_int_eq(informed, round - 1);
        ck_assert_int_eq(sqlite3_exec(lingering, "COMMIT", 0, 0, 0), SQLITE_OK);
        ck_assert_int_eq(store_checkpoint(store), 0);
        ck_assert_int_eq(size_of("-wal"), 0);
        ck_assert_int_eq(informed, round);
        ck_assert_ptr_nonnull(strstr(informed_line, "was truncated"));
        pass_mails(store, 2 * round + 1, 2 * round + 1);
    }
    ck_assert_int_eq(sqlite3_close(lingering), SQLITE_OK);
    store_close(store);
    ck_assert_int_eq(logged, 2);
}
END_TEST

START_TEST(a_store_in_memory_needs_no_checkpoint) {
    struct store *store = open_store(1);

    pass_mails(store, 1, 2);
    store_checkpoint(store);
    ck_assert_str_eq(event_ids(store), "e1 e2 ");
    store_close(store);
    store_close(NULL);
    ck_assert_int_eq(logged, 0);
}
END_TEST

SUITE(store_log_suite) {
    Suite *suite = suite_create("store log");
    TCase *tests = tcase_create("store log");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_backup_of_the_file_alone_can_be_put_back, 0, 2);
    tcase_add_loop_test(tests, a_log_of_a_killed_process_is_used_and_the_file_checked, 0, 2);
    tcase_add_test(tests, kill_in_the_middle_of_a_mail_keeps_all_before_it);
    tcase_add_test(tests, kill_at_any_time_keeps_all_that_was_committed);
    tcase_add_test(tests, a_checkpoint_copies_all_into_the_file);
    tcase_add_test(tests, the_log_is_reset_when_it_is_large);
    tcase_add_test(tests, a_huge_log_is_reset_while_mails_come_and_truncated_when_none_do);
    tcase_add_test(tests, a_reader_that_holds_the_log_is_logged_until_he_is_gone);
    tcase_add_test(tests, a_store_in_memory_needs_no_checkpoint);
    suite_add_tcase(suite, tests);
    return suite;
}
