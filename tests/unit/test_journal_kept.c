/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_journal_kept.c - what events outlive with each word of the option `journal`, and the journal
 * that is in memory beside an index on the disk.
 */
#include "store-fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- kill -9 ----------------------------------------------------------------------------------
 */

static const struct {
    enum store_journal journal;
    const char *left;
} kept[] = {
    {STORE_JOURNAL_NONE, ""},
    {STORE_JOURNAL_COMMIT, "e1 e2 e3 "},
    {STORE_JOURNAL_FSYNC, "e1 e2 e3 "},
};

START_TEST(kill_leaves_what_the_option_says) {
    int reports[2];
    char byte;
    pid_t child;
    struct store *store;

    ck_assert_int_eq(pipe(reports), 0);
    child = fork();
    if (child == 0) {
        store = store_open_in_any_case(folder, kept[_i].journal);
        for (int i = 1; i <= 3; i++)
            take_mail(store, i);
        if (strcmp(event_ids(store), "e1 e2 e3 ") == 0 && write(reports[1], "x", 1) == 1)
            for (;;)
                pause();
        _exit(1);
    }
    close(reports[1]);
    ck_assert_int_eq(read(reports[0], &byte, 1), 1);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    store = open_journal(kept[_i].journal);
    ck_assert_str_eq(event_ids(store), kept[_i].left);
    /* The index is on the disk in any case, so the mail is known and makes no events again. */
    ck_assert(is_known(store, "m3@example.org"));
    take_mails(store, 4, 4);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* ---- in memory --------------------------------------------------------------------------------
 */

START_TEST(what_waits_on_the_disk_goes_on_in_memory) {
    struct store *store = open_store(0);
    struct journal_reader *reader;

    take_mails(store, 1, 3);
    ck_assert_int_eq(journal_acknowledge(store, "redis", 2), 0);
    store_close(store);
    store = open_journal(STORE_JOURNAL_NONE);
    reader = open_reader(store);
    ck_assert_str_eq(event_ids(store), "e1 e2 e3 ");
    ck_assert_int_eq(journal_cursor(reader, "redis"), 2);
    take_mails(store, 4, 4);
    ck_assert_int_eq(journal_newest(reader), 4);
    ck_assert_int_eq(journal_depth(reader, "redis"), 2);
    journal_reader_close(reader);
    store_close(store);
    /* It was moved, not copied: nothing comes twice. */
    store = open_journal(STORE_JOURNAL_COMMIT);
    ck_assert_str_eq(event_ids(store), "");
    take_mails(store, 5, 5);
    ck_assert_str_eq(event_ids(store), "e5 ");
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(a_journal_that_was_empty_keeps_its_count) {
    struct store *store = open_store(0);
    struct journal_reader *reader;

    take_mails(store, 1, 3);
    ck_assert_int_eq(journal_forget(store, NULL, 0, 0), 3);
    store_close(store);
    store = open_journal(STORE_JOURNAL_NONE);
    reader = open_reader(store);
    ck_assert_int_eq(journal_newest(reader), 3);
    take_mails(store, 4, 4);
    ck_assert_int_eq(journal_newest(reader), 4);
    journal_reader_close(reader);
    store_close(store);
}
END_TEST

START_TEST(other_processes_see_the_index_and_no_events) {
    struct store *store = open_journal(STORE_JOURNAL_NONE), *other;

    take_mails(store, 1, 2);
    other = store_open_readonly(folder);
    ck_assert_ptr_nonnull(other);
    ck_assert(is_known(other, "m2@example.org"));
    ck_assert_str_eq(event_ids(other), "");
    store_close(other);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

START_TEST(events_of_a_mail_that_is_undone_are_gone) {
    struct store *store = open_journal(STORE_JOURNAL_NONE);

    take_mails(store, 1, 1);
    store_begin(store);
    learn(store, "m2@example.org");
    append(store, "e2");
    store_rollback(store);
    ck_assert(!is_known(store, "m2@example.org"));
    take_mails(store, 3, 3);
    ck_assert_str_eq(event_ids(store), "e1 e3 ");
    store_close(store);
}
END_TEST

/* Makes the file that it is said of unable to grow, or lets it grow again. */
static void disk_fill(bool full) {
    static struct rlimit old;
    struct rlimit tight;
    char path[512];
    struct stat status;

    if (!full) {
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
        return;
    }
    signal(SIGXFSZ, SIG_IGN);
    snprintf(path, sizeof(path), "%s-wal", file);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = (rlim_t)status.st_size + 100;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
}

/* Sinks go on with what they have, which says nothing of the disk. */
START_TEST(a_journal_in_memory_is_no_proof_of_a_disk) {
    struct store *store = open_journal(STORE_JOURNAL_NONE);

    take_mails(store, 1, 2);
    disk_fill(true);
    ck_assert_int_eq(take_mail(store, 3), -1);
    ck_assert_int_eq(journal_acknowledge(store, "redis", 1), 0);
    ck_assert_int_eq(journal_forget(store, (const char *[]){"redis"}, 1, 0), 1);
    ck_assert_int_eq(take_mail(store, 4), -1);
    ck_assert_int_eq(logged, 1);
    ck_assert_int_eq(informed, 0);
    ck_assert_int_eq(store_take_missed(store), 0); /* not over yet */
    disk_fill(false);
    take_mails(store, 5, 5);
    ck_assert_int_eq(informed, 1);
    ck_assert_ptr_nonnull(strstr(informed_line, "works again; 2 mails went without it"));
    ck_assert_int_eq(store_take_missed(store), 2);
    ck_assert_int_eq(store_take_missed(store), 0); /* told */
    ck_assert_str_eq(event_ids(store), "e2 e5 ");
    store_close(store);
}
END_TEST

/* ---- a full disk ------------------------------------------------------------------------------
 */

START_TEST(only_mails_are_counted_as_missed) {
    struct store *store = open_journal(STORE_JOURNAL_COMMIT);

    take_mails(store, 1, 1);
    disk_fill(true);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(take_mail(store, 2 + i), -1);
        ck_assert_int_eq(journal_acknowledge(store, "redis", 1), -1);
        ck_assert_int_eq(journal_register(store, "file"), -1);
    }
    disk_fill(false);
    ck_assert_int_eq(journal_acknowledge(store, "redis", 1), 0);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(informed_line, "3 mails"));
    ck_assert_int_eq(store_take_missed(store), 3);
    /* The next time counts from the start. */
    disk_fill(true);
    ck_assert_int_eq(take_mail(store, 9), -1);
    disk_fill(false);
    take_mails(store, 10, 10);
    ck_assert_int_eq(logged, 2);
    ck_assert_int_eq(store_take_missed(store), 1);
    store_close(store);
}
END_TEST

START_TEST(a_checkpoint_that_works_again_is_said) {
    struct store *store = open_journal(STORE_JOURNAL_COMMIT);
    struct rlimit old, tight;

    take_mails(store, 1, 20);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = 100; /* the log is there, the file has to grow */
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
    store_checkpoint(store);
    store_checkpoint(store);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_int_eq(logged, 1);
    store_checkpoint(store);
    store_checkpoint(store);
    ck_assert_int_eq(informed, 1);
    ck_assert_ptr_nonnull(strstr(informed_line, "its log is folded into it again"));
    store_close(store);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("journal kept");
    TCase *tests = tcase_create("journal kept");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, kill_leaves_what_the_option_says, 0, sizeof(kept) / sizeof(kept[0]));
    tcase_add_test(tests, what_waits_on_the_disk_goes_on_in_memory);
    tcase_add_test(tests, a_journal_that_was_empty_keeps_its_count);
    tcase_add_test(tests, other_processes_see_the_index_and_no_events);
    tcase_add_test(tests, events_of_a_mail_that_is_undone_are_gone);
    tcase_add_test(tests, a_journal_in_memory_is_no_proof_of_a_disk);
    tcase_add_test(tests, only_mails_are_counted_as_missed);
    tcase_add_test(tests, a_checkpoint_that_works_again_is_said);
    suite_add_tcase(suite, tests);
    return run_suite(suite) == 0 ? 0 : 1;
}
