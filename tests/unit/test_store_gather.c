/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_store_gather.c - many mails have one commit: who sees what when, what is committed at once,
 * and what is left at the end.
 */
#include "gather-fixture.h"

#include <fcntl.h>

static int64_t cursor(struct store *store) {
    struct journal_reader *reader = open_reader(store);
    int64_t acknowledged = journal_cursor(reader, "redis");

    journal_reader_close(reader);
    return acknowledged;
}

/* ---- together ------------------------------------------------------------------------------ */

START_TEST(a_mail_is_known_at_once_and_its_events_when_they_are_gathered) {
    struct store *store = listen_to(open_held());

    take_mails(store, 1, 3);
    for (int i = 1; i <= 3; i++)
        ck_assert(knows(store, i));
    ck_assert_str_eq(event_ids(store), "");
    ck_assert_int_eq(rung, 0);
    ck_assert(store_commit_gathered(store));
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    ck_assert_int_eq(rung, 1);
    ck_assert_int_eq(seen, 3);
    /* Once. */
    ck_assert(store_commit_gathered(store));
    ck_assert_int_eq(rung, 1);
    close_held(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(the_thread_gathers_by_itself) {
    struct store *store = listen_to(open_gathering());

    store_gather(store); /* again: nothing */
    take_mails(store, 1, 200);
    WAIT_UNTIL(seen == 200);
    ck_assert_str_eq(event_ids(store), ids(1, 200));
    ck_assert_int_eq(in_vain, 0);
    /* Also what comes later, alone. */
    take_mails(store, 201, 201);
    WAIT_UNTIL(seen == 201);
    ck_assert_int_lt(rung, 200);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* Another process, that of a person who looks. */
START_TEST(a_reader_that_begins_sees_what_was_answered) {
    struct store *store = open_gathering();

    for (int i = 1; i <= 20; i++) {
        struct store *other;

        take_mails(store, i, i);
        other = store_open_readonly(folder);
        ck_assert_ptr_nonnull(other);
        ck_assert(knows(other, i));
        ck_assert_str_eq(event_ids(other), ids(1, i));
        store_close(other);
    }
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* Of a daemon that was killed no commit comes: the reader has what there is. */
START_TEST(a_reader_does_not_wait_for_ever) {
    struct store *store = open_held(), *other;

    take_mails(store, 1, 1);
    ck_assert(store_commit_gathered(store));
    take_mails(store, 2, 2);
    other = store_open_readonly(folder);
    ck_assert_ptr_nonnull(other);
    ck_assert_str_eq(event_ids(other), "e1 ");
    store_close(other);
    close_held(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(what_is_no_mail_commits_all) {
    struct store *store = listen_to(open_held());

    take_mails(store, 1, 2);
    ck_assert_int_eq(store_begin(store), 0);
    ck_assert_int_eq(append(store, "e3"), 1);
    ck_assert_int_eq(store_commit_lazily(store), 0);
    ck_assert(!is_open(store));
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    ck_assert_int_eq(rung, 1);
    ck_assert_int_eq(seen, 3);
    /* Even when it only asked. */
    take_mails(store, 4, 4);
    ck_assert_int_eq(store_begin(store), 0);
    ck_assert_int_eq(store_commit_lazily(store), 0);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 e4 ");
    ck_assert_int_eq(rung, 2);
    close_held(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(what_is_acknowledged_is_seen_with_the_next_commit) {
    struct store *store = open_held();

    ck_assert_int_eq(journal_register(store, "redis"), 0);
    take_mails(store, 1, 2);
    ck_assert_int_eq(journal_acknowledge(store, "redis", 1), 0);
    ck_assert_int_eq(cursor(store), 0);
    ck_assert_str_eq(event_ids(store), "");
    ck_assert(store_commit_gathered(store));
    ck_assert_int_eq(cursor(store), 1);
    close_held(store);

    store = open_gathering();
    ck_assert_int_eq(journal_acknowledge(store, "redis", 2), 0);
    WAIT_UNTIL(cursor(store) == 2);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

static void only_ask(struct store *store, int way) {
    struct index_message found;

    ck_assert_int_eq(store_begin(store), 0);
    ck_assert(index_find_message(store, "m1@example.org", &found));
    if (way == 2)
        ck_assert_int_eq(learn(store, "m1@example.org"), 0);
    if (way == 0)
        store_rollback(store);
    else
        ck_assert_int_eq(store_commit(store), 0);
}

START_TEST(a_mail_that_only_asks_leaves_the_others_as_they_are) {
    struct store *store = listen_to(open_held());
    int changes;

    take_mails(store, 1, 2);
    changes = sqlite3_total_changes(store->database);
    for (int way = 0; way < 3; way++) {
        only_ask(store, way);
        ck_assert(is_open(store));
        ck_assert_str_eq(event_ids(store), "");
    }
    /* Nothing had to be done again. */
    ck_assert_int_eq(sqlite3_total_changes(store->database), changes);
    ck_assert_int_eq(rung, 0);
    ck_assert(store_commit_gathered(store));
    ck_assert_str_eq(event_ids(store), "e1 e2 ");
    /* With nobody before, it leaves nothing open. */
    for (int way = 0; way < 3; way++) {
        only_ask(store, way);
        ck_assert(!is_open(store));
    }
    ck_assert_int_eq(rung, 1);
    close_held(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* ---- mails that are committed at once ------------------------------------------------------ */

START_TEST(without_room_in_the_file_a_mail_is_committed_at_once) {
    struct store *store = listen_to(open_held());
    int full = open("/dev/full", O_RDWR);

    ck_assert_int_ge(full, 0);
    take_mails(store, 1, 2);
    ck_assert_str_eq(event_ids(store), "");
    ck_assert_int_ge(dup2(full, store->redo.file), 0);
    take_mails(store, 3, 3);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    take_mails(store, 4, 4);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 e4 ");
    ck_assert_int_eq(rung, 2);
    /* It is no fault, as long as that works. */
    ck_assert_int_eq(logged, 0);
    refuse_commits(store);
    ck_assert_int_eq(take_mail(store, 5), -1);
    refused = false;
    ck_assert(!knows(store, 5));
    close(full);
    close_held(store);
    ck_assert_int_eq(logged, 1);
}
END_TEST

#define MEGABYTE (1024 * 1024)

static void take_large(struct store *store, const char *id, size_t bytes) {
    ck_assert_int_eq(store_begin(store), 0);
    ck_assert_int_eq(append_large(store, id, bytes), 1);
    ck_assert_int_eq(store_commit(store), 0);
}

START_TEST(a_file_that_fails_is_said_once) {
    struct store *store = open_held();
    int good = store->redo.file, bad = open(path_with(STORE_REDO_SUFFIX), O_RDONLY);

    store->redo.file = bad;
    take_mails(store, 1, 3);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(
        strstr(logged_line, "Bad file descriptor; each mail is committed by itself"));
    store->redo.file = good;
    take_mails(store, 4, 4);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    store->redo.file = bad;
    take_mails(store, 5, 6);
    ck_assert_str_eq(event_ids(store), ids(1, 6));
    ck_assert_int_eq(logged, 2);
    store->redo.file = good;
    close(bad);
    close_held(store);
}
END_TEST

START_TEST(what_the_file_has_no_room_for_is_committed_at_once) {
    struct store *store = open_held();

    /* One mail alone, also if its last statement is the one too much. */
    ck_assert_int_eq(store_begin(store), 0);
    ck_assert_int_eq(append(store, "e1"), 1);
    ck_assert_int_eq(append_large(store, "e2", 4 * MEGABYTE), 1);
    ck_assert_int_eq(append(store, "e3"), 1);
    ck_assert_int_eq(store_commit(store), 0);
    ck_assert_int_eq(newest(store), 3);
    /* Three of a megabyte each and their heads have room, a fourth has not. */
    take_mails(store, 4, 4);
    take_large(store, "e5", MEGABYTE);
    take_large(store, "e6", MEGABYTE);
    take_large(store, "e7", MEGABYTE);
    ck_assert_int_eq(newest(store), 3);
    take_large(store, "e8", MEGABYTE);
    ck_assert_int_eq(newest(store), 8);
    ck_assert(!is_open(store));
    /* And then there is room again. */
    take_mails(store, 9, 9);
    ck_assert_int_eq(newest(store), 8);
    close_held(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* ---- checkpoints --------------------------------------------------------------------------- */

START_TEST(a_checkpoint_leaves_the_open_transaction_alone) {
    char command[1024], aside[300];
    struct store *store = listen_to(open_held()), *copy;

    take_mails(store, 1, 2);
    ck_assert(store_commit_gathered(store));
    take_mails(store, 3, 4);
    store_checkpoint(store);
    ck_assert(is_open(store));
    ck_assert_str_eq(event_ids(store), "e1 e2 ");
    /* What was committed is in the file alone. */
    snprintf(aside, sizeof(aside), "%s/copy", scratch);
    snprintf(command, sizeof(command), "mkdir '%s' && cp '%s' '%s/'", aside, file, aside);
    ck_assert_int_eq(system(command), 0);
    copy = store_open(aside);
    ck_assert_ptr_nonnull(copy);
    ck_assert_str_eq(event_ids(copy), "e1 e2 ");
    store_close(copy);
    /* What was not goes on. */
    ck_assert(store_commit_gathered(store));
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 e4 ");
    ck_assert_int_eq(rung, 2);
    close_held(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

static int64_t log_size(void) {
    struct stat status;

    ck_assert_int_eq(stat(path_with("-wal"), &status), 0);
    return status.st_size;
}

/* 64 MiB of it, with no mail since the last checkpoint. */
START_TEST(a_log_that_starts_over_takes_the_open_transaction_along) {
    struct store *store = listen_to(open_held());
    int large = 0;

    while (log_size() <= STORE_LOG_BYTES_MOST) {
        char id[16];

        snprintf(id, sizeof(id), "large%d", large++);
        take_large(store, id, MEGABYTE);
    }
    ck_assert(store_commit_gathered(store));
    store_checkpoint(store);
    take_mails(store, 1, 2);
    rung = 0;
    if (_i == 1)
        refuse_commits(store);
    store_checkpoint(store);
    ck_assert_int_eq(rung, _i == 0 ? 1 : 0);
    ck_assert_int_eq(newest(store), _i == 0 ? large + 2 : large);
    ck_assert_int_eq(log_size(), 0);
    refused = false;
    take_mails(store, 3, 3);
    ck_assert(store_commit_gathered(store));
    ck_assert_int_eq(newest(store), large + 3);
    close_held(store);
    ck_assert_int_eq(logged, _i);
}
END_TEST

/* ---- the end, and stores that do not gather ------------------------------------------------ */

START_TEST(nothing_is_left_at_the_end) {
    static const mode_t umasks[] = {0, 022, 077, 0777};
    struct store *store;
    struct stat status;

    umask(umasks[_i]);
    store = listen_to(open_gathering());
    ck_assert_int_eq(stat(path_with(STORE_REDO_SUFFIX), &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0640);
    take_mails(store, 1, 3);
    if (_i % 2)
        give_up_mail(store, 99);
    store_gather_end(store);
    ck_assert(!has_redo());
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    ck_assert_int_eq(seen, 3);
    store_gather_end(store); /* again: nothing */
    /* From now on each by itself. */
    take_mails(store, 4, 4);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 e4 ");
    /* Until it is asked for once more. */
    store_gather(store);
    ck_assert(has_redo());
    take_mails(store, 5, 7);
    if (_i % 2)
        give_up_mail(store, 99);
    store_close(store);
    ck_assert(!has_redo());
    store = open_journal(STORE_JOURNAL_COMMIT);
    ck_assert_str_eq(event_ids(store), ids(1, 7));
    store_close(store);
    ck_assert_int_eq(logged, 0);
    ck_assert_int_eq(informed, 0); /* the start had nothing to do */
}
END_TEST

START_TEST(a_file_that_cannot_be_made_leaves_all_as_it_is) {
    struct store *store = open_journal(STORE_JOURNAL_COMMIT);

    ck_assert_int_eq(mkdir(path_with(STORE_REDO_SUFFIX), 0700), 0);
    store_gather(store);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "each mail is committed by itself"));
    take_mails(store, 1, 2);
    ck_assert_str_eq(event_ids(store), "e1 e2 ");
    store_close(store);
    ck_assert_int_eq(logged, 1);
}
END_TEST

START_TEST(other_stores_do_not_gather) {
    static const enum store_journal journals[] = {STORE_JOURNAL_NONE, STORE_JOURNAL_FSYNC};
    struct store *store = _i < 2 ? open_journal(journals[_i]) : open_store(1);

    store_gather(store);
    ck_assert(!store->gather.running);
    ck_assert(!has_redo());
    take_mails(store, 1, 2);
    ck_assert(!is_open(store));
    ck_assert_str_eq(event_ids(store), "e1 e2 ");
    ck_assert_int_eq(journal_acknowledge(store, "redis", 1), 0);
    ck_assert_int_eq(cursor(store), 1);
    store_gather_end(store);
    store_close(store);
    ck_assert(!has_redo());
    ck_assert_int_eq(logged, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store gather");
    TCase *tests = tcase_create("store gather");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_mail_is_known_at_once_and_its_events_when_they_are_gathered);
    tcase_add_test(tests, the_thread_gathers_by_itself);
    tcase_add_test(tests, a_reader_that_begins_sees_what_was_answered);
    tcase_add_test(tests, a_reader_does_not_wait_for_ever);
    tcase_add_test(tests, what_is_no_mail_commits_all);
    tcase_add_test(tests, what_is_acknowledged_is_seen_with_the_next_commit);
    tcase_add_test(tests, a_mail_that_only_asks_leaves_the_others_as_they_are);
    tcase_add_test(tests, without_room_in_the_file_a_mail_is_committed_at_once);
    tcase_add_test(tests, a_file_that_fails_is_said_once);
    tcase_add_test(tests, what_the_file_has_no_room_for_is_committed_at_once);
    tcase_add_test(tests, a_checkpoint_leaves_the_open_transaction_alone);
    tcase_add_loop_test(tests, a_log_that_starts_over_takes_the_open_transaction_along, 0, 2);
    tcase_add_loop_test(tests, nothing_is_left_at_the_end, 0, 4);
    tcase_add_test(tests, a_file_that_cannot_be_made_leaves_all_as_it_is);
    tcase_add_loop_test(tests, other_stores_do_not_gather, 0, 3);
    suite_add_tcase(suite, tests);
    return run_suite(suite) == 0 ? 0 : 1;
}
