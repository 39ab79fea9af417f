/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_store_sync.c - `journal = "fsync"`: what a mail was answered for outlives the loss of power,
 * and mails that come together share the wait for the disk.
 *
 * fsync and fdatasync are ours, for SQLite too: they keep what each file had in it when a sync
 * began, and once the sync is over that is what "the disk" is known to have.
 */
#include "store-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>

/* ---- the disk ---------------------------------------------------------------------------------
 */

enum { DATABASE, WAL, FILES };
static const char *const suffixes[FILES] = {"", "-wal"};

struct content {
    char *bytes;
    size_t length;
    int sync; /* by which it is on the disk, in the order in which they began */
};

static pthread_mutex_t disk_lock = PTHREAD_MUTEX_INITIALIZER;
static struct content disk[FILES];

static struct store *store;
static _Atomic int syncs_begun;
static _Atomic int syncs;         /* that a commit asked for */
static _Atomic int fail_with;     /* errno of these; 0: they work */
static _Atomic uint64_t wait_for; /* commits that must be written before such a sync ends */

static struct content content_read(const char *path) {
    struct content content = {.bytes = NULL};
    int descriptor = open(path, O_RDONLY);
    struct stat status;

    if (descriptor >= 0 && fstat(descriptor, &status) == 0) {
        content.bytes = malloc((size_t)status.st_size + 1);
        content.length = (size_t)pread(descriptor, content.bytes, (size_t)status.st_size, 0);
    }
    close(descriptor);
    return content;
}

/* Which of our files the descriptor is; FILES: none. */
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

static uint64_t commits_written(void) {
    uint64_t written;

    pthread_mutex_lock(&store->sync.lock);
    written = store->sync.written;
    pthread_mutex_unlock(&store->sync.lock);
    return written;
}

static int sync_file(int descriptor) {
    bool asked = store && descriptor == store->sync.file;
    int which = which_file(descriptor);
    struct content content;
    char path[512];
    int number = ++syncs_begun;

    if (which == FILES)
        return 0;
    if (asked) {
        syncs++;
        while (commits_written() < wait_for)
            sched_yield();
        if (fail_with) {
            errno = fail_with;
            return -1;
        }
    }
    snprintf(path, sizeof(path), "%s%s", file, suffixes[which]);
    content = content_read(path);
    content.sync = number;
    pthread_mutex_lock(&disk_lock);
    if (disk[which].sync < number) { /* SQLite may sync the same file at the same time */
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
    FILE *out;

    snprintf(path, sizeof(path), "%s/patchmark.db%s", directory, suffix);
    out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(content->bytes, 1, content->length, out), content->length);
    ck_assert_int_eq(fclose(out), 0);
}

/* The power is lost: what a start finds of the mail.  With WRITTEN the database has what was
 * written to it since its last sync, too; the system may have got that far, or not. */
static bool is_known_after_power_loss(const char *message_id, bool written) {
    static _Atomic int number;
    char copy[400];
    struct store *left;
    bool known;

    snprintf(copy, sizeof(copy), "%s/after-%d", scratch, ++number);
    ck_assert_int_eq(mkdir(copy, 0700), 0);
    pthread_mutex_lock(&disk_lock);
    for (int which = 0; which < FILES; which++)
        content_write(&disk[which], copy, suffixes[which]);
    if (written) {
        struct content content = content_read(file);

        content_write(&content, copy, "");
        free(content.bytes);
    }
    pthread_mutex_unlock(&disk_lock);
    left = store_open(copy);
    ck_assert_ptr_nonnull(left);
    known = is_known(left, message_id);
    store_close(left);
    return known;
}

static void disk_teardown(void) {
    for (int which = 0; which < FILES; which++)
        free(disk[which].bytes);
    fixture_teardown();
}

/* ---- tests ------------------------------------------------------------------------------------
 */

#define THREADS 16
#define EACH    6

/* Returns how many of its mails would have been lost right after they were answered. */
static void *answer_mails(void *argument) {
    int first = (int)(intptr_t)argument;
    intptr_t lost = 0;

    for (int i = first; i < first + EACH; i++) {
        char message_id[32];

        snprintf(message_id, sizeof(message_id), "m%d@example.org", i);
        if (take_mail(store, i) < 0 || !is_known_after_power_loss(message_id, i % 2))
            lost++;
        if (i % 4 == 0)
            store_checkpoint(store);
    }
    return (void *)lost;
}

START_TEST(an_answered_mail_outlives_the_loss_of_power) {
    pthread_t threads[THREADS];

    store = open_journal(STORE_JOURNAL_FSYNC);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, answer_mails, (void *)(intptr_t)(1 + i * EACH)), 0);
    for (int i = 0; i < THREADS; i++) {
        void *lost;

        ck_assert_int_eq(pthread_join(threads[i], &lost), 0);
        ck_assert_ptr_null(lost);
    }
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* Without, the test above has something to find. */
START_TEST(with_commit_it_may_not) {
    store = open_journal(STORE_JOURNAL_COMMIT);
    take_mails(store, 1, 1);
    store_checkpoint(store);
    ck_assert(is_known_after_power_loss("m1@example.org", false));
    take_mails(store, 2, 2);
    ck_assert(!is_known_after_power_loss("m2@example.org", true));
    store_close(store);
    ck_assert_int_eq(syncs, 0);
}
END_TEST

/* Also when the log is large enough to start over, and to be cut off. */
START_TEST(a_log_that_starts_over_loses_nothing) {
    static char json[1024 * 1024];
    struct journal_event event = {.type = "t", .json = json, .json_length = sizeof(json)};

    memset(json, 'x', sizeof(json));
    store = open_journal(STORE_JOURNAL_FSYNC);
    for (int i = 1; i <= 20; i++) {
        char id[32];

        snprintf(id, sizeof(id), "large%d", i);
        event.id = id;
        store_begin(store);
        ck_assert_int_eq(journal_append(store, &event), 1);
        ck_assert_int_eq(store_commit_lazily(store), 0);
    }
    take_mails(store, 1, 1);
    store_checkpoint(store);
    ck_assert(is_known_after_power_loss("m1@example.org", false));
    take_mails(store, 2, 2);
    ck_assert(is_known_after_power_loss("m1@example.org", false));
    ck_assert(is_known_after_power_loss("m2@example.org", false));
    ck_assert_int_eq(sqlite3_wal_checkpoint_v2(store->checkpointer, NULL,
                                               SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
                     SQLITE_OK);
    take_mails(store, 3, 3);
    ck_assert(is_known_after_power_loss("m2@example.org", true));
    ck_assert(is_known_after_power_loss("m3@example.org", true));
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

static void *answer_one(void *argument) {
    return (void *)(intptr_t)take_mail(store, (int)(intptr_t)argument);
}

START_TEST(mails_that_come_together_share_the_wait) {
    pthread_t threads[THREADS];

    store = open_journal(STORE_JOURNAL_FSYNC);
    /* The first sync ends when all have committed; what came meanwhile needs one more. */
    wait_for = THREADS;
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, answer_one, (void *)(intptr_t)i), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result;

        ck_assert_int_eq(pthread_join(threads[i], &result), 0);
        ck_assert_ptr_null(result);
    }
    ck_assert_int_ge(syncs, 1);
    ck_assert_int_le(syncs, 2);
    store_close(store);
}
END_TEST

START_TEST(only_what_a_mail_wrote_is_waited_for) {
    struct journal_reader *reader;
    int64_t last;

    store = open_journal(STORE_JOURNAL_FSYNC);
    take_mails(store, 1, 3);
    ck_assert_int_eq(syncs, 3);
    /* A mail that only asked. */
    store_begin(store);
    ck_assert_int_eq(store_commit(store), 0);
    ck_assert_int_eq(syncs, 3);
    /* A place in the journal that is lost means a repeat, no more. */
    ck_assert_int_eq(journal_register(store, "redis"), 0);
    ck_assert_int_eq(journal_acknowledge(store, "redis", 2), 0);
    ck_assert_int_eq(journal_forget(store, (const char *[]){"redis"}, 1, 0), 2);
    reader = open_reader(store);
    ck_assert_int_eq(journal_bound(store, reader, &(struct journal_bounds){.bytes = 0}, &last), 0);
    ck_assert_str_eq(event_ids(store), "");
    journal_reader_close(reader);
    ck_assert_int_eq(syncs, 3);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}
END_TEST

/* The salt of the log's header changes when it starts over. */
static void salt_read(char salt[8]) {
    char path[512];
    int descriptor;

    snprintf(path, sizeof(path), "%s-wal", file);
    descriptor = open(path, O_RDONLY);
    ck_assert_int_eq(pread(descriptor, salt, 8, 16), 8);
    close(descriptor);
}

START_TEST(a_disk_that_fails_holds_up_no_mail) {
    char before[8], after[8];

    store = open_journal(STORE_JOURNAL_FSYNC);
    take_mails(store, 1, 1);
    salt_read(before);
    fail_with = EIO;
    take_mails(store, 2, 4);
    ck_assert_int_eq(logged, 1);
    ck_assert_ptr_nonnull(strstr(logged_line, "Input/output error"));
    fail_with = 0;
    /* The kernel says no more that something is missing, but it may be. */
    take_mails(store, 5, 5);
    ck_assert_int_eq(informed, 0);
    store_checkpoint(store);
    take_mails(store, 6, 6);
    salt_read(after);
    ck_assert_int_ne(memcmp(before, after, sizeof(before)), 0);
    ck_assert_int_eq(informed, 1);
    ck_assert_ptr_nonnull(strstr(informed_line, "synced again; that failed 3 times"));
    for (int i = 1; i <= 6; i++) {
        char message_id[32];

        snprintf(message_id, sizeof(message_id), "m%d@example.org", i);
        ck_assert(is_known_after_power_loss(message_id, false));
    }
    /* The next time is said again. */
    fail_with = EIO;
    take_mails(store, 7, 8);
    ck_assert_int_eq(logged, 2);
    store_close(store);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store sync");
    TCase *tests = tcase_create("store sync");

    tcase_add_checked_fixture(tests, fixture_setup, disk_teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, an_answered_mail_outlives_the_loss_of_power);
    tcase_add_test(tests, with_commit_it_may_not);
    tcase_add_test(tests, a_log_that_starts_over_loses_nothing);
    tcase_add_test(tests, mails_that_come_together_share_the_wait);
    tcase_add_test(tests, only_what_a_mail_wrote_is_waited_for);
    tcase_add_test(tests, a_disk_that_fails_holds_up_no_mail);
    suite_add_tcase(suite, tests);
    return run_suite(suite) == 0 ? 0 : 1;
}
