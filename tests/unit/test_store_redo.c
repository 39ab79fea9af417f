/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_store_redo.c - what a start makes of mails that were answered, but not committed when the
 * process was killed: all of them are there, once, and nothing else.
 */
#include "redo-fixture.h"

#include <signal.h>

START_TEST(answered_mails_are_there_after_the_start) {
    static const enum store_journal journals[] = {STORE_JOURNAL_NONE, STORE_JOURNAL_COMMIT,
                                                  STORE_JOURNAL_FSYNC};
    struct store *store;

    leave(take_three);
    /* Whatever is configured from now on. */
    store = open_journal(journals[_i]);
    ck_assert_int_eq(informed, 1);
    ck_assert_ptr_nonnull(strstr(informed_line, " 3 mails that were answered"));
    ck_assert(!has_redo());
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    store_gather(store);
    take_mails(store, 4, 4);
    store_close(store);
    store = open_journal(journals[_i]);
    for (int i = 1; i <= 4; i++)
        ck_assert(knows(store, i));
    if (journals[_i] != STORE_JOURNAL_NONE)
        ck_assert_str_eq(event_ids(store), "e1 e2 e3 e4 ");
    store_close(store);
    ck_assert_int_eq(informed, 1);
    ck_assert_int_eq(logged, 0);
}
END_TEST

static void take_one_and_begin_another(struct store *store) {
    take_mails(store, 1, 1);
    store_begin(store);
    learn(store, "m2@example.org");
    append(store, "e2");
}

START_TEST(a_mail_that_was_not_answered_is_not_there) {
    leave(take_one_and_begin_another);
    start_finds(1, 2);
}
END_TEST

static void take_two_of_three(struct store *store) {
    /* In a first transaction and in a later one. */
    for (int i = 1; i <= 2; i++) {
        take_mails(store, i, i);
        give_up_mail(store, 3);
        if (i == 1)
            ck_assert(store_commit_gathered(store));
    }
}

START_TEST(a_mail_that_was_rolled_back_is_not_there) {
    leave(take_two_of_three);
    ck_assert_int_eq(informed, 0);
    start_finds(2, 3);
    ck_assert_ptr_nonnull(strstr(informed_line, " 1 mails that were answered"));
}
END_TEST

static void take_some_that_cannot_be_committed(struct store *store) {
    take_mails(store, 1, 1);
    ck_assert(store_commit_gathered(store));
    take_mails(store, 2, 3);
    refuse_commits(store);
    ck_assert(!store_commit_gathered(store));
    ck_assert_int_eq(take_mail(store, 4), -1);
}

START_TEST(what_could_not_be_committed_is_there) {
    leave(take_some_that_cannot_be_committed);
    start_finds(3, 4);
}
END_TEST

static void commit_three(struct store *store) {
    take_mails(store, 1, 3);
    ck_assert(store_commit_gathered(store));
}

static void commit_three_of_four(struct store *store) {
    commit_three(store);
    take_mails(store, 4, 4); /* the file has its record, and behind it what is left of others */
}

START_TEST(what_was_committed_is_there_once) {
    leave(_i == 0 ? commit_three : commit_three_of_four);
    start_finds(3 + _i, 4);
    ck_assert_int_eq(informed, _i);
    if (_i == 1)
        ck_assert_ptr_nonnull(strstr(informed_line, " 1 mails that were answered"));
}
END_TEST

START_TEST(a_start_that_was_killed_too_changes_nothing) {
    leave(take_three);
    state_save();
    start_finds(3, 3);
    /* The file could not be removed yet. */
    content_write(&redo, path_with(STORE_REDO_SUFFIX));
    start_finds(3, 3);
    ck_assert_int_eq(informed, 1);
    /* Not even much later, when nobody knows any more whose they are. */
    store_close(open_gathering());
    content_write(&redo, path_with(STORE_REDO_SUFFIX));
    start_logs(3, 3, 1);
    ck_assert_int_eq(informed, 1);
}
END_TEST

static void take_three_between_acknowledgements(struct store *store) {
    journal_register(store, "redis");
    for (int i = 1; i <= 3; i++) {
        journal_acknowledge(store, "redis", i - 1);
        take_mails(store, i, i);
    }
    journal_acknowledge(store, "redis", 3);
}

START_TEST(what_may_be_lost_does_not_disturb) {
    leave(take_three_between_acknowledgements);
    start_finds(3, 3);
}
END_TEST

START_TEST(kill_at_any_time_keeps_all_that_was_answered) {
    char bytes[4096];
    int reports[2], said = 50 + 100 * _i, last;
    struct store *store;
    pid_t child;

    ck_assert_int_eq(pipe(reports), 0);
    child = fork();
    if (child == 0) {
        store = open_gathering();
        for (int i = 1; take_mail(store, i) == 0 && write(reports[1], "x", 1) == 1; i++)
            if (i % 9 == 0)
                give_up_mail(store, 10000);
        _exit(1);
    }
    close(reports[1]);
    for (int i = 0; i < said; i++)
        ck_assert_int_eq(read(reports[0], bytes, 1), 1);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    for (ssize_t more; (more = read(reports[0], bytes, sizeof(bytes))) > 0;)
        said += (int)more;
    close(reports[0]);

    store = open_journal(STORE_JOURNAL_COMMIT);
    last = (int)newest(store);
    /* Killed between an answer and the word of it: one more is right too. */
    ck_assert_int_ge(last, said);
    ck_assert_int_le(last, said + 1);
    for (int i = 1; i <= last; i++)
        ck_assert(knows(store, i));
    ck_assert(!knows(store, last + 1));
    ck_assert(!knows(store, 10000));
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store redo");
    TCase *tests = tcase_create("store redo");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, answered_mails_are_there_after_the_start, 0, 3);
    tcase_add_test(tests, a_mail_that_was_not_answered_is_not_there);
    tcase_add_test(tests, a_mail_that_was_rolled_back_is_not_there);
    tcase_add_test(tests, what_could_not_be_committed_is_there);
    tcase_add_loop_test(tests, what_was_committed_is_there_once, 0, 2);
    tcase_add_test(tests, a_start_that_was_killed_too_changes_nothing);
    tcase_add_test(tests, what_may_be_lost_does_not_disturb);
    tcase_add_loop_test(tests, kill_at_any_time_keeps_all_that_was_answered, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite) == 0 ? 0 : 1;
}
