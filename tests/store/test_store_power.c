/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_store_power.c - with `durability = "full"`, a mail that was answered survives the loss of
 * power, whatever the checkpoints do.
 *
 * The test replaces fsync and fdatasync, also for SQLite: they copy the content of each file when a
 * sync begins, and when the sync has ended, that copy is what "the disk" has.
 */
#include "store-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

/* ---- the disk ------------------------------------------------------------------------------ */

enum { DATABASE, LOG, FILES };
static const char *const suffixes[FILES] = {"", "-wal"};

struct content {
    char *bytes;
    size_t length;
    int sync; /* by which it is on the disk, in the order in which they began */
};

static pthread_mutex_t disk_lock = PTHREAD_MUTEX_INITIALIZER;
static struct content disk[FILES];
static _Atomic int syncs, fail_with; /* errno with which syncs of the log fail; 0: they succeed */

static struct content content_read(const char *path) {
    struct content content = {.bytes = NULL};
    int descriptor = open(path, O_RDONLY);
    struct stat status;

    if (descriptor >= 0 && fstat(descriptor, &status) == 0) {
        content.bytes = malloc((size_t)status.st_size + 1);
        content.length = (size_t)pread(descriptor, content.bytes, (size_t)status.st_size, 0);
    }
    close(descriptor); /* releases the locks on the file, too; no other process needs them here */
    return content;
}

/* Which of the store's files the descriptor is; FILES: none. */
static int which_file(int descriptor) {
    char link[64], path[512], expected[512];
    ssize_t length;
    int which = 0;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = '\0';
    for (; which < FILES; which++) {
        snprintf(expected, sizeof(expected), "%s%s", file, suffixes[which]);
        if (strcmp(path, expected) == 0)
            break;
    }
    return which;
}

static int sync_file(int descriptor) {
    int number = ++syncs, which = which_file(descriptor);
    struct content content;
    char path[512];

    if (which == FILES)
        return 0;
    if (which == LOG && fail_with) {
        errno = fail_with;
        return -1;
    }
    snprintf(path, sizeof(path), "%s%s", file, suffixes[which]);
    content = content_read(path);
    content.sync = number;
    pthread_mutex_lock(&disk_lock);
    if (disk[which].sync < number) { /* another thread may be syncing the same file */
        struct content old = disk[which];

        disk[which] = content;
        content = old;
    }
    pthread_mutex_unlock(&disk_lock);
    free(content.bytes);
    return 0;
}

int fdatasync(int descriptor) {
    return sync_file(descriptor);
}

int fsync(int descriptor) {
    return sync_file(descriptor);
}

static void content_write(const struct content *content, const char *directory,
                          const char *suffix) {
    char path[512];

    snprintf(path, sizeof(path), "%s/patchmark.db%s", directory, suffix);
    write_file(path, content->bytes, content->length);
}

/* The power is lost: returns whether the next start knows the mail and has its event.  With WRITTEN
 * the database has what was written to it since its last sync, too: the system may have got that
 * far, or not. */
static bool is_left(int number, bool written) {
    static _Atomic int copies;
    char copy[400], id[32];
    struct store *left;
    bool known;

    snprintf(copy, sizeof(copy), "%s/after-%d", scratch, ++copies);
    ck_assert_int_eq(mkdir(copy, 0700), 0);
    pthread_mutex_lock(&disk_lock);
    for (int which = 0; which < FILES; which++)
        content_write(&disk[which], copy, suffixes[which]);
    if (written) {
        struct content content = content_read(file);

        content_write(&content, copy, "");
        free(content.bytes);
    }
    left = store_open(copy);
    ck_assert_ptr_nonnull(left);
    snprintf(id, sizeof(id), "e%d ", number);
    known = knows(left, number) && strstr(event_ids(left), id);
    store_close(left);
    pthread_mutex_unlock(&disk_lock);
    return known;
}

static void disk_teardown(void) {
    for (int which = 0; which < FILES; which++)
        free(disk[which].bytes);
    fixture_teardown();
}

/* ---- tests --------------------------------------------------------------------------------- */

#define THREADS 16
#define EACH    6

static struct store *store;

/* Returns how many of its mails would have been lost right after they were answered. */
static void *answer_mails(void *argument) {
    int first = (int)(intptr_t)argument;
    intptr_t lost = 0;

    for (int i = first; i < first + EACH; i++)
        lost += pass_mail(store, i) < 0 || !is_left(i, i % 2);
    return (void *)lost;
}

static _Atomic bool folding;

/* As the housekeeping does, but without pauses. */
static void *fold(void *argument) {
    while (folding)
        store_checkpoint(store);
    return argument;
}

START_TEST(an_answered_mail_outlives_the_loss_of_power) {
    pthread_t threads[THREADS], folder_thread;

    store = open_daemon(STORE_DURABILITY_FULL);
    store->log_bytes_most = store->log_bytes_kept = 100000; /* so that the log is also truncated */
    folding = true;
    ck_assert_int_eq(pthread_create(&folder_thread, NULL, fold, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, answer_mails, (void *)(intptr_t)(1 + i * EACH)), 0);
    for (int i = 0; i < THREADS; i++) {
        void *lost;

        ck_assert_int_eq(pthread_join(threads[i], &lost), 0);
        ck_assert_ptr_null(lost);
    }
    folding = false;
    ck_assert_int_eq(pthread_join(folder_thread, NULL), 0);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* Without full durability, the test above finds losses. */
START_TEST(with_normal_it_may_not) {
    int before;

    store = open_daemon(STORE_DURABILITY_NORMAL);
    pass_mails(store, 1, 1);
    store_checkpoint(store);
    ck_assert(is_left(1, false));
    pass_mails(store, 2, 2); /* SQLite syncs the header of a log that it resets */
    ck_assert(!is_left(2, true));
    before = syncs;
    pass_mails(store, 3, 3);
    ck_assert_int_eq(syncs, before);
    ck_assert(!is_left(3, true));
    ck_assert(is_left(1, false));
    store_close(store);
}
END_TEST

/* A lost cursor causes a replayed event, but loses no mail. */
START_TEST(a_cursor_waits_for_no_disk) {
    int before;

    store = open_daemon(STORE_DURABILITY_FULL);
    pass_mails(store, 1, 1);
    before = syncs;
    ck_assert_int_eq(outbox_acknowledge(store, "sink", 1), 0);
    ck_assert_int_eq(syncs, before);
    pass_mails(store, 2, 2);
    ck_assert_int_gt(syncs, before);
    ck_assert(is_left(2, false));
    store_close(store);
}
END_TEST

START_TEST(work_that_can_be_done_again_waits_for_no_disk) {
    struct outbox_reader *reader;
    int64_t last;
    int before;

    store = open_daemon(STORE_DURABILITY_FULL);
    pass_mails(store, 1, 4);
    before = syncs;
    store_begin(store); /* a mail that only read */
    ck_assert_int_eq(store_commit(store), 0);
    ck_assert_int_eq(outbox_register(store, "redis", 0), 1);
    ck_assert_int_eq(outbox_acknowledge(store, "redis", 3), 0);
    ck_assert_int_eq(outbox_trim(store, (const char *[]){"redis"}, 1, 1), 3);
    reader = open_reader(store);
    ck_assert_int_eq(outbox_bound(store, reader, &(struct outbox_bounds){.bytes = 0}, &last), 0);
    outbox_reader_close(reader);
    ck_assert_int_eq(index_expire(store, 1), 0);
    ck_assert_int_eq(syncs, before);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* A mail counts as lost if its sync failed, and the store recovers. */
START_TEST(a_disk_that_cannot_sync_is_a_fault_like_any_other) {
    store = open_daemon(STORE_DURABILITY_FULL);
    pass_mails(store, 1, 1);
    fail_with = EIO;
    ck_assert_int_eq(pass_mail(store, 2), -1);
    ck_assert_int_eq(pass_mail(store, 3), -1);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "I/O error"));
    fail_with = 0;
    WAIT_UNTIL(pass_mail(store, 4) == 0);
    ck_assert(knows(store, 1) && !knows(store, 3));
    ck_assert(is_left(4, false));
    store_close(store);
    ck_assert_int_eq(logged, 1);
    check_integrity(file);
}
END_TEST

/* A clean stop leaves one file, all of which is on the disk. */
START_TEST(a_clean_stop_is_on_the_disk) {
    store = open_daemon(_i == 0 ? STORE_DURABILITY_NORMAL : STORE_DURABILITY_FULL);
    pass_mails(store, 1, 2);
    store_close(store);
    disk[LOG].length = 0;
    ck_assert(is_left(1, false) && is_left(2, false));
}
END_TEST

SUITE(store_power_suite) {
    Suite *suite = suite_create("store power");
    TCase *tests = tcase_create("store power");

    tcase_add_checked_fixture(tests, fixture_setup, disk_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_answered_mail_outlives_the_loss_of_power);
    tcase_add_test(tests, with_normal_it_may_not);
    tcase_add_test(tests, a_cursor_waits_for_no_disk);
    tcase_add_test(tests, work_that_can_be_done_again_waits_for_no_disk);
    tcase_add_test(tests, a_disk_that_cannot_sync_is_a_fault_like_any_other);
    tcase_add_loop_test(tests, a_clean_stop_is_on_the_disk, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
