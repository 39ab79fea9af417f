/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_store.c - opening and closing a state folder, reading while a daemon runs, transactions,
 * lost mails, and that mails that were recorded are found.
 */
#include "store-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>

/* ---- opening ------------------------------------------------------------------------------ */

static mode_t mode_of(const char *name) {
    char path[512];
    struct stat status;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_mode & 07777;
}

START_TEST(folder_and_files_have_their_modes_under_any_umask) {
    static const mode_t umasks[] = {0, 022, 077, 0777};
    struct store *store;

    umask(umasks[_i]);
    store = open_store(0);
    pass_mails(store, 1, 1);
    ck_assert_uint_eq(mode_of(""), 0750);
    ck_assert_uint_eq(mode_of("patchmark.db"), 0640);
    ck_assert_uint_eq(mode_of("patchmark.db-wal"), 0640);
    ck_assert_uint_eq(mode_of("patchmark.db-shm"), 0640);
    ck_assert_uint_eq(mode_of("lock"), 0600);
    store_close(store);
    ck_assert_uint_eq(mode_of("patchmark.db"), 0640);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(an_existing_folder_keeps_its_mode) {
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    store_close(open_store(0));
    ck_assert_uint_eq(mode_of(""), 0700);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(a_second_daemon_is_refused_until_the_first_ends) {
    struct store *first = open_store(0);

    ck_assert_ptr_null(store_open(folder));
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "another patchmark is using"));
    /* The second store has not changed anything for the first. */
    pass_mails(first, 1, 1);
    store_close(first);
    store_close(open_store(0));
    ck_assert_int_eq(logged, 1);
}
END_TEST

START_TEST(a_folder_that_cannot_be_used_is_logged_once) {
    char below_file[600], below_nothing[600];
    const char *const places[] = {below_file, below_nothing, "/proc/patchmark", "/proc", file};

    /* Even root cannot do this. */
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    write_file(file, "", 0);
    snprintf(below_file, sizeof(below_file), "%s/state", file);
    snprintf(below_nothing, sizeof(below_nothing), "%s/no/state", folder);
    ck_assert_ptr_null(store_open(places[_i]));
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, places[_i]));
    ck_assert_ptr_null(store_open_readonly(places[_i]));
    ck_assert_int_eq(logged, 2);
}
END_TEST

START_TEST(a_folder_in_the_place_of_the_file) {
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(mkdir(file, 0700), 0);
    ck_assert_ptr_null(store_open(folder));
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_null(store_open_readonly(folder));
    ck_assert_int_eq(logged, 2);
}
END_TEST

/* 1: rollback mode, 2: WAL (https://www.sqlite.org/fileformat.html, offset 18). */
static int file_mode(void) {
    char header[20] = "";
    int descriptor = open(file, O_RDONLY);

    ck_assert_int_eq(read(descriptor, header, sizeof(header)), sizeof(header));
    close(descriptor);
    return header[18];
}

START_TEST(a_clean_stop_leaves_one_complete_file) {
    char copy[300];
    struct store *store = open_store(0), *other;

    pass_mails(store, 1, 3);
    ck_assert_int_eq(file_mode(), 2);
    ck_assert_int_gt(size_of("-wal"), 0);
    if (_i == 0) {
        store_close(store);
    } else {
        store_shut(store); /* as the daemon does, whose other threads continue */
        /* No further mail is answered. */
        ck_assert_int_eq(pthread_mutex_trylock(&store->lock), EBUSY);
    }
    ck_assert_int_eq(size_of("-wal"), -1);
    ck_assert_int_eq(size_of("-shm"), -1);
    ck_assert_int_eq(file_mode(), 1);
    snprintf(copy, sizeof(copy), "%s/copy", scratch);
    ck_assert_int_eq(mkdir(copy, 0700), 0);
    snprintf(copy, sizeof(copy), "%s/copy/patchmark.db", scratch);
    copy_file(file, copy);
    check_integrity(copy);
    *strrchr(copy, '/') = '\0';
    other = store_open(copy);
    ck_assert_str_eq(event_ids(other), "e1 e2 e3 ");
    ck_assert(knows(other, 3));
    store_close(other);
    if (_i == 1) {
        pthread_mutex_unlock(&store->lock);
        store_close(store);
    }
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(a_file_that_is_no_database_is_refused) {
    char bytes[8192];

    memset(bytes, 'x', sizeof(bytes));
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    write_file(file, bytes, sizeof(bytes));
    ck_assert_ptr_null(store_open(folder));
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "move it away"));
    ck_assert_ptr_null(store_open_readonly(folder));
    ck_assert_int_eq(logged, 2);
}
END_TEST

START_TEST(a_newer_schema_is_refused_and_left_alone) {
    struct store *store = open_store(0);

    pass_mails(store, 1, 1);
    store_close(store);
    run_sql(file, "PRAGMA user_version = 99");
    ck_assert_ptr_null(store_open(folder));
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "newer patchmark"));
    ck_assert_ptr_null(store_open_readonly(folder));
    ck_assert_int_eq(logged, 2);
    run_sql(file, "PRAGMA user_version = 7");
    store = open_store(0);
    ck_assert_str_eq(event_ids(store), "e1 ");
    store_close(store);
}
END_TEST

START_TEST(a_database_of_another_program_is_refused_and_left_alone) {
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    run_sql(file, "CREATE TABLE message(text)");
    ck_assert_ptr_null(store_open(folder));
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "another program"));
    ck_assert_int_eq(file_mode(), 1);
    ck_assert_ptr_null(store_open_readonly(folder));
    ck_assert_int_eq(logged, 2);
}
END_TEST

START_TEST(reading_only_does_not_make_or_upgrade) {
    ck_assert_ptr_null(store_open_readonly(folder));
    ck_assert_int_eq(logged, 1);
    ck_assert_int_eq(access(folder, F_OK), -1);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    write_file(file, "", 0);
    ck_assert_ptr_null(store_open_readonly(folder));
    ck_assert_int_eq(logged, 2);
    ck_assert_ptr_nonnull(strstr(logged_line, "start the daemon once"));
}
END_TEST

START_TEST(a_reader_follows_while_the_daemon_writes) {
    struct store *store = open_store(0), *other;
    struct index_message found;

    pass_mails(store, 1, 2);
    other = store_open_readonly(folder);
    ck_assert_ptr_nonnull(other);
    ck_assert_str_eq(event_ids(other), "e1 e2 ");
    /* It does not wait for the open transaction of a mail, and reads what was committed. */
    store_begin(store);
    append(store, "e3");
    ck_assert_str_eq(event_ids(other), "e1 e2 ");
    ck_assert_int_eq(store_begin(other), 0);
    ck_assert(index_find_message(other, "m1@example.org", &found));
    ck_assert_int_eq(store_commit(other), 0);
    ck_assert_int_eq(store_commit(store), 0);
    ck_assert_str_eq(event_ids(other), "e1 e2 e3 ");
    ck_assert_int_eq(logged, 0);
    /* It cannot write to the database. */
    ck_assert_int_eq(pass_mail(other, 9), -1);
    ck_assert_int_eq(outbox_acknowledge(other, "redis", 1), -1);
    ck_assert_int_eq(logged, 1);
    ck_assert_str_eq(event_ids(other), "e1 e2 e3 ");
    store_close(other);
    store_close(store);
}
END_TEST

#define NOBODY 65534

/* Returns 0 if a user who cannot write to the folder reads exactly EXPECTED. */
static int read_as_nobody(const char *expected) {
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct store *store;

        if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
            _exit(2);
        store = store_open_readonly(folder);
        if (!store)
            _exit(3);
        _exit(strcmp(event_ids(store), expected) == 0 ? 0 : 4);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(others_of_the_group_can_read) {
    struct store *store;

    if (geteuid() != 0)
        return; /* only root can become another user */
    ck_assert_int_eq(chmod(scratch, 0711), 0);
    ck_assert_int_eq(setegid(NOBODY), 0);
    store = open_store(0);
    pass_mails(store, 1, 2);
    ck_assert_int_eq(read_as_nobody("e1 e2 "), 0);
    store_checkpoint(store);
    pass_mails(store, 3, 3);
    ck_assert_int_eq(read_as_nobody("e1 e2 e3 "), 0);
    store_close(store);
    /* And when the daemon has ended. */
    ck_assert_int_eq(read_as_nobody("e1 e2 e3 "), 0);
    store = open_store(0);
    pass_mails(store, 4, 4);
    ck_assert_int_eq(read_as_nobody("e1 e2 e3 e4 "), 0);
    store_close(store);
    ck_assert_int_eq(setegid(0), 0);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* With statistics on memory, SQLite takes a lock at every allocation. */
START_TEST(memory_is_not_counted) {
    struct store *store = open_store(_i);

    pass_mails(store, 1, 1);
    ck_assert_int_eq(sqlite3_memory_used(), 0);
    store_close(store);
}
END_TEST

/* ---- transactions -------------------------------------------------------------------------- */

static int rung;

static void ring(void *argument) {
    ck_assert_ptr_eq(argument, &rung);
    rung++;
}

START_TEST(a_commit_with_events_is_reported) {
    struct store *store = open_store(_i);

    store_on_append(store, ring, &rung);
    pass_mails(store, 1, 2);
    ck_assert_int_eq(rung, 2);
    /* Neither a transaction without events nor one that is rolled back calls it. */
    store_begin(store);
    ck_assert_int_eq(record(store, "m3@example.org"), 1);
    ck_assert_int_eq(store_commit(store), 0);
    store_begin(store);
    ck_assert_int_eq(append(store, "e4"), 0);
    store_rollback(store);
    ck_assert_int_eq(rung, 2);
    store_on_append(store, NULL, NULL);
    pass_mails(store, 5, 5);
    ck_assert_int_eq(rung, 2);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

static unsigned counted[STORE_COUNTERS];

static size_t counter_of(const char *type) {
    return strcmp(type, "patchmark.message.seen.v1") == 0 ? 3 : 5;
}

static void count_add(const unsigned counts[STORE_COUNTERS]) {
    for (size_t i = 0; i < STORE_COUNTERS; i++)
        counted[i] += counts[i];
}

START_TEST(events_are_counted_by_type_once_they_are_committed) {
    struct store *store = open_store(_i);

    pass_mails(store, 1, 1); /* before store_count_events is called */
    store_count_events(store, counter_of, count_add);
    pass_mails(store, 2, 4);
    store_begin(store);
    ck_assert_int_eq(append(store, "e5"), 0);
    store_rollback(store);
    ck_assert_uint_eq(counted[3], 3);
    ck_assert_uint_eq(counted[5], 0);
    ck_assert_int_eq(store_batch_begin(store), 0);
    pass_mails(store, 6, 7);
    ck_assert_uint_eq(counted[3], 3);
    ck_assert_int_eq(store_batch_end(store), 0);
    ck_assert_uint_eq(counted[3], 5);
    store_close(store);
}
END_TEST

/* Many mails in one transaction. */
START_TEST(a_batch_is_committed_or_rolled_back_as_one) {
    struct store *store = open_store(_i);

    store_on_append(store, ring, &rung);
    ck_assert_int_eq(store_batch_begin(store), 0);
    pass_mails(store, 1, 3);
    ck_assert(knows(store, 3));
    if (_i == 0) /* no reader sees the others */
        ck_assert_str_eq(event_ids(store), "");
    ck_assert_int_eq(rung, 0);
    ck_assert_int_eq(store_batch_end(store), -1); /* knows() has rolled it back */
    ck_assert(!knows(store, 3));

    ck_assert_int_eq(store_batch_begin(store), 0);
    pass_mails(store, 1, 3);
    ck_assert_int_eq(store_batch_end(store), 0);
    ck_assert_int_eq(rung, 1);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    ck_assert(knows(store, 3));
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* ---- lost mails ---------------------------------------------------------------------------- */

START_TEST(the_number_of_lost_mails_outlives_the_process) {
    struct store *store = open_store(0);

    ck_assert_int_eq(store_lost(store), 0);
    for (int i = 0; i < 12; i++)
        store_count_lost(store);
    ck_assert_int_eq(store_lost(store), 12);
    store_close(store);
    ck_assert_int_eq(logged, 0);
    store = open_store(0);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "12 mails"));
    ck_assert_int_eq(store_lost(store), 12);
    /* Mails are lost while others are reported. */
    store_count_lost(store);
    store_lost_reported(store, 12);
    ck_assert_int_eq(store_lost(store), 1);
    store_close(store);
    store = open_store(0);
    ck_assert_int_eq(store_lost(store), 1);
    store_lost_reported(store, 1);
    store_close(store);
    ck_assert_int_eq(logged, 2);
    store = open_store(0);
    ck_assert_int_eq(store_lost(store), 0);
    store_close(store);
    ck_assert_int_eq(logged, 2);
}
END_TEST

START_TEST(a_lock_file_with_anything_in_it_is_no_fault) {
    static const struct {
        const char *text;
        int64_t lost;
    } files[] = {
        {"", 0},       {"lost", 0},      {"lost -5\n", 0},
        {"4711\n", 0}, {"lost 7\nx", 7}, {"lost 99999999999999999999999999999999999\n", 0},
    };
    char path[512];
    struct store *store;

    snprintf(path, sizeof(path), "%s/lock", folder);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    write_file(path, files[_i].text, strlen(files[_i].text));
    store = open_store(0);
    ck_assert_int_eq(store_lost(store), files[_i].lost);
    store_count_lost(store);
    store_close(store);
    store = open_store(0);
    ck_assert_int_eq(store_lost(store), files[_i].lost + 1);
    store_close(store);
}
END_TEST

/* ---- the index ----------------------------------------------------------------------------- */

START_TEST(the_index_keeps_what_was_recorded_first) {
    const struct index_message first = {.message_id = "1@example.org",
                                        .series = "s1-a",
                                        .sender = "a@example.org",
                                        .kind = "patch",
                                        .published = true,
                                        .lists = "",
                                        .part = 3,
                                        .received = 5000000000};
    const struct index_message second = {.message_id = "1@example.org",
                                         .series = "s1-b",
                                         .sender = "b@example.org",
                                         .kind = "reply",
                                         .published = true,
                                         .lists = "",
                                         .part = -1,
                                         .received = 7};
    const struct index_message bare = {
        .message_id = "2@example.org", .published = true, .lists = "", .part = -1, .received = 8};
    struct store *store = open_store(_i);
    struct index_message found;

    ck_assert_int_eq(store_begin(store), 0);
    ck_assert(!index_find_message(store, "1@example.org", &found));
    ck_assert_int_eq(index_record_message(store, &first), 1);
    ck_assert(index_find_message(store, "1@example.org", &found));
    ck_assert_int_eq(index_record_message(store, &second), 0);
    ck_assert_int_eq(store_commit(store), 0);

    ck_assert_int_eq(store_begin(store), 0);
    ck_assert_int_eq(index_record_message(store, &second), 0);
    ck_assert_int_eq(index_record_message(store, &bare), 1);
    ck_assert(index_find_message(store, "1@example.org", &found));
    ck_assert_str_eq(found.message_id, "1@example.org");
    ck_assert_str_eq(found.series, "s1-a");
    ck_assert_str_eq(found.sender, "a@example.org");
    ck_assert_str_eq(found.kind, "patch");
    ck_assert_int_eq(found.part, 3);
    ck_assert_int_eq(found.received, 5000000000);
    ck_assert(index_find_message(store, "2@example.org", &found));
    ck_assert_str_eq(found.series, "");
    ck_assert_str_eq(found.sender, "");
    ck_assert_str_eq(found.kind, "");
    ck_assert_int_eq(found.part, -1);
    /* The part of a Message-ID before the "@" is case-sensitive. */
    ck_assert(!index_find_message(store, "1@EXAMPLE.org", &found));
    ck_assert(!index_find_message(store, "", &found));
    ck_assert_int_eq(store_commit(store), 0);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(a_series_is_opened_once) {
    struct store *store = open_store(_i);

    store_begin(store);
    ck_assert_int_eq(record_part(store, "s1-a", "1@example.org"), INDEX_OPENED);
    ck_assert_int_eq(record_part(store, "s1-a", "2@example.org"), 0);
    ck_assert_int_eq(record_part(store, "s1-b", "3@example.org"), INDEX_OPENED);
    store_rollback(store);
    /* A mail that was rolled back is new when it comes again. */
    store_begin(store);
    ck_assert_int_eq(record_part(store, "s1-a", "1@example.org"), INDEX_OPENED);
    ck_assert_int_eq(store_commit(store), 0);
    store_begin(store);
    ck_assert_int_eq(record_part(store, "s1-a", "4@example.org"), 0);
    ck_assert_int_eq(store_commit(store), 0);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(a_rolled_back_mail_leaves_nothing) {
    struct store *store = open_store(_i);

    store_begin(store);
    ck_assert_int_eq(record(store, "1@example.org"), 1);
    ck_assert_int_eq(append(store, "a"), 0);
    store_rollback(store);
    ck_assert(!is_known(store, "1@example.org"));
    ck_assert_str_eq(event_ids(store), "");
    store_close(store);
}
END_TEST

START_TEST(recorded_mails_are_found_after_a_restart) {
    struct store *store = open_store(0);

    pass_mails(store, 1, 3);
    store_close(store);
    store = open_store(0);
    ck_assert(is_known(store, "m3@example.org"));
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    pass_mails(store, 4, 4);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 e4 ");
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

SUITE(store_suite) {
    Suite *suite = suite_create("store");
    TCase *tests = tcase_create("store");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, folder_and_files_have_their_modes_under_any_umask, 0, 4);
    tcase_add_test(tests, an_existing_folder_keeps_its_mode);
    tcase_add_test(tests, a_second_daemon_is_refused_until_the_first_ends);
    tcase_add_loop_test(tests, a_folder_that_cannot_be_used_is_logged_once, 0, 5);
    tcase_add_test(tests, a_folder_in_the_place_of_the_file);
    tcase_add_loop_test(tests, a_clean_stop_leaves_one_complete_file, 0, 2);
    tcase_add_test(tests, a_file_that_is_no_database_is_refused);
    tcase_add_test(tests, a_newer_schema_is_refused_and_left_alone);
    tcase_add_test(tests, a_database_of_another_program_is_refused_and_left_alone);
    tcase_add_test(tests, reading_only_does_not_make_or_upgrade);
    tcase_add_test(tests, a_reader_follows_while_the_daemon_writes);
    tcase_add_test(tests, others_of_the_group_can_read);
    tcase_add_loop_test(tests, memory_is_not_counted, 0, 2);
    tcase_add_loop_test(tests, a_commit_with_events_is_reported, 0, 2);
    tcase_add_loop_test(tests, events_are_counted_by_type_once_they_are_committed, 0, 2);
    tcase_add_loop_test(tests, a_batch_is_committed_or_rolled_back_as_one, 0, 2);
    tcase_add_test(tests, the_number_of_lost_mails_outlives_the_process);
    tcase_add_loop_test(tests, a_lock_file_with_anything_in_it_is_no_fault, 0, 6);
    tcase_add_loop_test(tests, the_index_keeps_what_was_recorded_first, 0, 2);
    tcase_add_loop_test(tests, a_series_is_opened_once, 0, 2);
    tcase_add_loop_test(tests, a_rolled_back_mail_leaves_nothing, 0, 2);
    tcase_add_test(tests, recorded_mails_are_found_after_a_restart);
    suite_add_tcase(suite, tests);
    return suite;
}
