/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_store_reader.c - a store that reads for a long time: what it finds while a daemon starts,
 * stops, is killed, migrates or replaces the database, and that it works again by itself.
 */
#include "store-fixture.h"

#include <grp.h>
#include <sys/wait.h>

#define NOBODY 65534

static struct store *reader;

static void open_reading(void) {
    fixture_setup();
    reader = store_open_reader(folder);
    ck_assert_ptr_nonnull(reader);
}

static void close_reading(void) {
    store_close(reader);
    fixture_teardown();
}

/* Begins and ends a transaction.  Returns the state. */
static enum store_state state_now(void) {
    enum store_state state;

    store_begin(reader);
    state = store_reader_state(reader);
    store_commit(reader);
    return state;
}

/* Whether a program uses the folder is looked up once a second. */
static void expect_state(enum store_state state) {
    WAIT_UNTIL(state_now() == state);
}

static bool reads(int number) {
    return knows(reader, number);
}

START_TEST(a_reader_waits_for_a_database_and_outlives_the_daemon) {
    struct store *store;

    ck_assert_int_eq(state_now(), STORE_ABSENT);
    ck_assert(!reads(1));
    ck_assert_int_eq(logged, 1); /* and not once for each try */
    store = open_daemon(STORE_DURABILITY_NORMAL);
    pass_mails(store, 1, 1);
    ck_assert(reads(1));
    ck_assert_int_eq(state_now(), STORE_RUNNING);
    ck_assert_int_eq(store_reader_lost(reader), 0);
    store_count_lost(store);
    ck_assert_int_eq(store_reader_lost(reader), 1);
    store_close(store);
    expect_state(STORE_STOPPED);
    ck_assert(reads(1)); /* the data can be read all the same */
    store = open_daemon(STORE_DURABILITY_NORMAL);
    pass_mails(store, 2, 2);
    ck_assert(reads(2));
    expect_state(STORE_RUNNING);
    store_close(store);
}
END_TEST

/* A reader that has the database open does not prevent the next start, nor a clean stop. */
START_TEST(a_reader_is_in_nobodys_way) {
    struct store *store = open_daemon(STORE_DURABILITY_NORMAL);

    pass_mails(store, 1, 1);
    ck_assert(reads(1));
    store_close(store);
    ck_assert_int_le(size_of("-wal"), 0); /* nothing is left in the log */
    store = open_daemon(STORE_DURABILITY_NORMAL);
    pass_mails(store, 2, 2);
    ck_assert_int_ge(store_checkpoint(store), 0);
    ck_assert(reads(2));
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(a_lock_is_found_and_its_end) {
    sqlite3 *other;

    store_close(open_store(0));
    ck_assert_int_eq(sqlite3_open(file, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN EXCLUSIVE", 0, 0, 0), SQLITE_OK);
    ck_assert_int_eq(state_now(), STORE_LOCKED);
    ck_assert_int_eq(state_now(), STORE_LOCKED);
    ck_assert_int_eq(logged, 1);
    ck_assert_int_eq(sqlite3_exec(other, "COMMIT", 0, 0, 0), SQLITE_OK);
    expect_state(STORE_STOPPED);
    sqlite3_close(other);
}
END_TEST

/* One that cannot be opened is not absent. */
START_TEST(a_database_that_cannot_be_opened_is_unreadable) {
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(symlink(file, file), 0); /* also root cannot follow that */
    ck_assert_int_eq(state_now(), STORE_UNREADABLE);
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_int_eq(state_now(), STORE_ABSENT);
}
END_TEST

START_TEST(another_schema_is_found_also_later) {
    struct store *store = open_store(0);

    pass_mails(store, 1, 1);
    ck_assert(reads(1));
    run_sql(file, "PRAGMA user_version = 99"); /* a newer version has migrated it meanwhile */
    ck_assert_int_eq(state_now(), STORE_SCHEMA);
    ck_assert(!reads(1));
    ck_assert_int_eq(logged, 1);
    run_sql(file, "PRAGMA user_version = 7");
    ck_assert(reads(1));
    store_close(store);
}
END_TEST

START_TEST(a_database_of_another_program_is_found) {
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    run_sql(file, "CREATE TABLE message(text)");
    ck_assert_int_eq(state_now(), STORE_SCHEMA);
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_int_eq(state_now(), STORE_ABSENT);
}
END_TEST

START_TEST(another_file_with_its_name_is_opened) {
    char second[512];

    snprintf(second, sizeof(second), "%s/second.db", scratch);
    for (int number = 2; number >= 1; number--) {
        struct store *store = open_store(0);

        pass_mails(store, number, number);
        store_close(store);
        if (number == 2)
            ck_assert_int_eq(rename(file, second), 0);
    }
    ck_assert(reads(1) && !reads(2));
    ck_assert_int_eq(rename(second, file), 0);
    ck_assert(!reads(1) && reads(2));
    write_file(file, "this is no database, whatever its name says", 43);
    ck_assert(!reads(2));
    ck_assert_int_eq(state_now(), STORE_DAMAGED);
    ck_assert_int_eq(unlink(file), 0);
    store_close(open_store(0));
    expect_state(STORE_STOPPED);
    ck_assert(!reads(2));
}
END_TEST

/* Starts a daemon in a process of its own that passes mail 1 and is killed. */
static void kill_daemon(void) {
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct store *store = store_open_daemon(folder, STORE_DURABILITY_NORMAL);

        if (store && pass_mail(store, 1) == 0)
            raise(SIGKILL);
        _exit(1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
}

/* Returns 0 if a user who may read the folder and not write there finds EXPECTED and mail 1. */
static int find_as_nobody(enum store_state expected) {
    int status;
    pid_t child = fork();

    if (child == 0) {
        if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
            _exit(2);
        if (state_now() != expected)
            _exit(3);
        if (store_reader_lost(reader) != -1) /* the file `lock` is the daemon's own */
            _exit(4);
        _exit(reads(1) ? 0 : 5);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void let_all_read(void) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};

    ck_assert_int_eq(chmod(scratch, 0755), 0);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    for (size_t i = 0; i < 3; i++)
        if (size_of(suffixes[i]) >= 0)
            ck_assert_int_eq(chmod(path_with(suffixes[i]), 0644), 0);
}

START_TEST(who_may_only_read_finds_the_same) {
    struct store *store;

    if (getuid() != 0)
        return;
    store = open_daemon(STORE_DURABILITY_NORMAL);
    pass_mails(store, 1, 1);
    let_all_read();
    ck_assert_int_eq(find_as_nobody(STORE_RUNNING), 0);
    store_close(store);
    let_all_read();
    ck_assert_int_eq(find_as_nobody(STORE_STOPPED), 0);
    ck_assert_int_eq(unlink(file), 0);
    kill_daemon();
    let_all_read();
    ck_assert_int_gt(size_of("-wal"), 0);
    ck_assert_int_eq(find_as_nobody(STORE_STOPPED), 0);
}
END_TEST

SUITE(store_reader_suite) {
    Suite *suite = suite_create("store reader");
    TCase *tests = tcase_create("store reader");

    tcase_add_checked_fixture(tests, open_reading, close_reading);
    tcase_add_test(tests, a_reader_waits_for_a_database_and_outlives_the_daemon);
    tcase_add_test(tests, a_reader_is_in_nobodys_way);
    tcase_add_test(tests, a_lock_is_found_and_its_end);
    tcase_add_test(tests, a_database_that_cannot_be_opened_is_unreadable);
    tcase_add_test(tests, another_schema_is_found_also_later);
    tcase_add_test(tests, a_database_of_another_program_is_found);
    tcase_add_test(tests, another_file_with_its_name_is_opened);
    tcase_add_test(tests, who_may_only_read_finds_the_same);
    suite_add_tcase(suite, tests);
    return suite;
}
