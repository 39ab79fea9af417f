/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_store_gather_faults.c - many mails have one commit: what is left of them when one of them,
 * or that commit, fails.
 */
#include "gather-fixture.h"

#include <signal.h>
#include <sys/resource.h>

/* ---- mails that fail ----------------------------------------------------------------------- */

START_TEST(a_mail_that_is_rolled_back_takes_no_other_with_it) {
    struct store *store = listen_to(open_held());

    /* In the first transaction and in later ones. */
    for (int round = 0; round < 3; round++) {
        int first = 3 * round + 1;

        take_mails(store, first, first + 1);
        give_up_mail(store, 99);
        take_mails(store, first + 2, first + 2);
        ck_assert(knows(store, first));
        ck_assert(knows(store, first + 2));
        ck_assert(!knows(store, 99));
        ck_assert_str_eq(event_ids(store), ids(1, 3 * round));
        ck_assert_int_eq(rung, round);
        ck_assert(store_commit_gathered(store));
        ck_assert_str_eq(event_ids(store), ids(1, 3 * round + 3));
        ck_assert_int_eq(rung, round + 1);
    }
    close_held(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(the_others_are_gathered_though_no_mail_follows) {
    struct store *store = listen_to(open_gathering());

    for (int i = 1; i <= 5; i++) {
        take_mails(store, i, i);
        give_up_mail(store, 99);
        /* As long as nobody asks for them, or when one only asks. */
        if (i % 2)
            ck_assert(knows(store, i));
        WAIT_UNTIL(seen == i);
    }
    ck_assert_str_eq(event_ids(store), ids(1, 5));
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(nobody_is_told_of_what_was_rolled_back) {
    struct store *store = listen_to(open_held());

    take_mails(store, 1, 1);
    ck_assert(store_commit_gathered(store));
    ck_assert_int_eq(rung, 1);
    give_up_mail(store, 99);
    ck_assert(store_commit_gathered(store));
    take_mails(store, 2, 2);
    give_up_mail(store, 99);
    ck_assert_int_eq(rung, 1);
    ck_assert(store_commit_gathered(store));
    ck_assert_int_eq(rung, 2);
    ck_assert_int_eq(seen, 2);
    close_held(store);
}
END_TEST

static void pages_at_most(struct store *store, int pages) {
    char sql[64];

    snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %d", pages);
    ck_assert_int_eq(sqlite3_exec(store->database, sql, 0, 0, 0), SQLITE_OK);
}

START_TEST(a_mail_that_meets_a_full_disk_takes_no_other_with_it) {
    struct store *store = listen_to(open_held());

    take_mails(store, 1, 1);
    ck_assert(store_commit_gathered(store));
    take_mails(store, 2, 3);
    pages_at_most(store, 50);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(store_begin(store), 0);
        ck_assert_int_eq(append(store, "small"), 1);
        ck_assert_int_eq(append_large(store, "large", 200000), -1);
        ck_assert_int_eq(append(store, "small"), -1);
        ck_assert_int_eq(store_commit(store), -1);
        ck_assert_int_eq(logged, 1);
        ck_assert_int_eq(rung, 1);
    }
    ck_assert_ptr_nonnull(strstr(logged_line, "full"));
    pages_at_most(store, 100000);
    /* It is to be seen at once that the disk has room again. */
    take_mails(store, 4, 4);
    ck_assert_int_eq(informed, 1);
    ck_assert_ptr_nonnull(strstr(informed_line, "works again; 2 mails went without it"));
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 e4 ");
    ck_assert_int_eq(rung, 2);
    ck_assert_int_eq(store_take_missed(store), 2);
    close_held(store);
    ck_assert_int_eq(logged, 1);
}
END_TEST

/* ---- commits that fail --------------------------------------------------------------------- */

START_TEST(a_commit_that_fails_is_said_once_and_done_later) {
    struct store *store = listen_to(open_held());

    take_mails(store, 1, 1);
    ck_assert(store_commit_gathered(store));
    take_mails(store, 2, 3);
    refuse_commits(store);
    for (int i = 0; i < 3; i++)
        ck_assert(!store_commit_gathered(store));
    ck_assert_int_eq(logged, 1);
    /* It is known all the while, but a mail that comes now cannot be kept. */
    ck_assert(knows(store, 3));
    ck_assert_int_eq(take_mail(store, 9), -1);
    ck_assert(knows(store, 3));
    ck_assert(!knows(store, 9));
    ck_assert_str_eq(event_ids(store), "e1 ");
    ck_assert_int_eq(rung, 1);
    refused = false;
    take_mails(store, 4, 4);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 e4 ");
    ck_assert_int_eq(rung, 2);
    ck_assert_int_eq(seen, 4);
    ck_assert_ptr_nonnull(strstr(informed_line, "works again; 1 mails"));
    /* Mails gather again. */
    take_mails(store, 5, 6);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 e4 ");
    close_held(store);
    ck_assert_int_eq(logged, 1);
}
END_TEST

START_TEST(a_commit_of_the_thread_that_fails_is_done_by_whoever_comes) {
    struct store *store = listen_to(open_gathering());

    refuse_commits(store);
    take_mails(store, 1, 1);
    WAIT_UNTIL(logged == 1);
    refused = false;
    if (_i == 0) /* one that only asks */
        ck_assert(knows(store, 1));
    else if (_i == 1)
        take_mails(store, 2, 2);
    else
        store_gather_end(store);
    WAIT_UNTIL(seen == (_i == 1 ? 2 : 1));
    store_close(store);
    ck_assert_int_eq(logged, 1);
    ck_assert_int_eq(in_vain, 0);
    ck_assert(!has_redo());
}
END_TEST

START_TEST(a_full_disk_at_the_commit_keeps_what_was_answered) {
    struct store *store = listen_to(open_held());
    struct rlimit old, tight;
    struct stat status;

    signal(SIGXFSZ, SIG_IGN);
    take_mails(store, 1, 2);
    ck_assert(store_commit_gathered(store));
    take_mails(store, 3, 4);
    ck_assert_int_eq(stat(path_with("-wal"), &status), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = (rlim_t)status.st_size + 100;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
    ck_assert(!store_commit_gathered(store));
    ck_assert_int_eq(take_mail(store, 9), -1);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "I/O"));
    take_mails(store, 5, 5);
    ck_assert_str_eq(event_ids(store), ids(1, 5));
    ck_assert_int_eq(rung, 2);
    close_held(store);
    ck_assert_int_eq(logged, 1);
}
END_TEST

/* ---- all at once --------------------------------------------------------------------------- */

#define THREADS 4
#define EACH    100

static struct store *shared;
static _Atomic int commits;
static bool answered[THREADS * EACH + 1];

/* The first fails, and now and then another. */
static int refuse_some(void *argument) {
    (void)argument;
    return refused && commits++ % 5 == 0;
}

static void *take_and_give_up(void *argument) {
    int first = 1 + (int)(intptr_t)argument * EACH;

    for (int i = first; i < first + EACH; i++) {
        if (i % 6 == 0)
            give_up_mail(shared, i);
        else
            answered[i] = take_mail(shared, i) == 0;
        if (i % 7 == 0)
            journal_acknowledge(shared, "redis", 1);
        if (i % 10 == 0)
            store_checkpoint(shared);
        if (i % 25 == 0)
            nanosleep(&(struct timespec){.tv_nsec = 40000000}, NULL);
    }
    return NULL;
}

/* The events in the journal, by number; each once, and without a gap. */
static void mark_events(bool found[THREADS * EACH + 1]) {
    struct journal_reader *reader = open_reader(shared);
    struct journal_event event;
    int64_t last = 0;

    while (journal_read(reader, last, &event, 1) == 1) {
        int number = atoi(event.id + 1);

        ck_assert_int_eq(event.sequence, ++last);
        ck_assert_msg(!found[number], "%s twice", event.id);
        found[number] = true;
    }
    journal_reader_close(reader);
}

START_TEST(what_was_answered_is_kept_and_nothing_else) {
    pthread_t threads[THREADS];
    bool found[THREADS * EACH + 1] = {false};

    shared = listen_to(open_gathering());
    refused = _i == 1;
    store_take(shared);
    sqlite3_commit_hook(shared->database, refuse_some, NULL);
    store_give(shared);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_and_give_up, (void *)(intptr_t)i),
                         0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    refused = false;
    store_gather_end(shared);
    mark_events(found);
    for (int i = 1; i <= THREADS * EACH; i++) {
        ck_assert_msg(found[i] == answered[i], "mail %d", i);
        ck_assert_msg(knows(shared, i) == answered[i], "mail %d", i);
    }
    ck_assert_int_eq(seen, newest(shared));
    store_close(shared);
    ck_assert_int_eq(logged > 0, _i == 1);
    ck_assert(!has_redo());
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store gather faults");
    TCase *tests = tcase_create("store gather faults");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_mail_that_is_rolled_back_takes_no_other_with_it);
    tcase_add_test(tests, the_others_are_gathered_though_no_mail_follows);
    tcase_add_test(tests, nobody_is_told_of_what_was_rolled_back);
    tcase_add_test(tests, a_mail_that_meets_a_full_disk_takes_no_other_with_it);
    tcase_add_test(tests, a_commit_that_fails_is_said_once_and_done_later);
    tcase_add_loop_test(tests, a_commit_of_the_thread_that_fails_is_done_by_whoever_comes, 0, 3);
    tcase_add_test(tests, a_full_disk_at_the_commit_keeps_what_was_answered);
    tcase_add_loop_test(tests, what_was_answered_is_kept_and_nothing_else, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite) == 0 ? 0 : 1;
}
