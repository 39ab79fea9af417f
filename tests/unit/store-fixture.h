/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-fixture.h - what the tests of the store share: a folder of their own, the lines that were
 * logged, and mails and events that are easy to check.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "log.h"
#include "store-private.h"

#include <check.h>
#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where each test may write, and the state folder in it, which is not there yet. */
static char scratch[256], folder[300], file[400];

static _Atomic int logged; /* what went wrong */
static char logged_line[4096];
static _Atomic int informed; /* what did not */
static char informed_line[4096];

static inline void remember_line(enum patchmark_level level, const char *line) {
    if (level > PATCHMARK_WARNING) {
        informed++;
        snprintf(informed_line, sizeof(informed_line), "%s", line);
        return;
    }
    logged++;
    snprintf(logged_line, sizeof(logged_line), "%s", line);
}

static inline void fixture_setup(void) {
    const char *base = getenv("TMPDIR");

    snprintf(scratch, sizeof(scratch), "%s/patchmark-store-XXXXXX", base ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    snprintf(folder, sizeof(folder), "%s/state", scratch);
    snprintf(file, sizeof(file), "%s/patchmark.db", folder);
    log_capture(remember_line);
}

static inline int remove_one(const char *path, const struct stat *status, int type,
                             struct FTW *walk) {
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static inline void fixture_teardown(void) {
    nftw(scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Loop tests run with _i 0 on disk, with 1 in memory. */
static inline struct store *open_store(int in_memory) {
    struct store *store = store_open(in_memory ? NULL : folder);

    ck_assert_ptr_nonnull(store);
    return store;
}

/* As the daemon does. */
static inline struct store *open_journal(enum store_journal journal) {
    struct store *store = store_open_in_any_case(folder, journal);

    ck_assert_ptr_nonnull(store);
    ck_assert_ptr_nonnull(store->path); /* it could be opened */
    return store;
}

static inline struct journal_reader *open_reader(struct store *store) {
    struct journal_reader *reader = journal_reader_open(store);

    ck_assert_ptr_nonnull(reader);
    return reader;
}

/* Appends the event of that id, inside a transaction. */
static inline int append(struct store *store, const char *id) {
    struct journal_event event = {
        .id = id,
        .type = "patchmark.message.seen.v1",
        .subject = "1@example.org",
        .list = "list.example.org",
        .series = "s1-aaaaaaaaaaaaaaaa",
        .json = "{}",
        .json_length = 2,
        .time = 1700000000,
    };

    return journal_append(store, &event);
}

static inline int learn(struct store *store, const char *message_id) {
    struct index_message message = {.message_id = message_id,
                                    .series = "s1-a",
                                    .sender = "a@example.org",
                                    .kind = "patch",
                                    .list = "list.example.org",
                                    .part = 1,
                                    .received = 1700000000};

    return index_learn_message(store, &message);
}

/* A first part of a series that is to have two: news, or -1. */
static inline int learn_part(struct store *store, const char *series, const char *message_id) {
    return index_learn_member(store,
                              &(struct index_series){.id = series,
                                                     .topic = "t1-a",
                                                     .author = "a@example.org",
                                                     .title = "a title",
                                                     .version = -1,
                                                     .total = 2,
                                                     .changed = 1700000000},
                              &(struct index_member){.message_id = message_id,
                                                     .title = "a title",
                                                     .author = "a@example.org",
                                                     .part = 1});
}

/* One mail: learns "mN@example.org" and appends "eN". */
static inline int take_mail(struct store *store, int number) {
    char message_id[32], id[32];

    snprintf(message_id, sizeof(message_id), "m%d@example.org", number);
    snprintf(id, sizeof(id), "e%d", number);
    store_begin(store);
    learn(store, message_id);
    append(store, id);
    return store_commit(store);
}

static inline void take_mails(struct store *store, int first, int last) {
    for (int i = first; i <= last; i++)
        ck_assert_int_eq(take_mail(store, i), 0);
}

/* In a transaction of its own. */
static inline bool is_known(struct store *store, const char *message_id) {
    struct index_message found;
    bool known;

    store_begin(store);
    known = index_find_message(store, message_id, &found);
    store_rollback(store);
    return known;
}

/* Ids of all events, oldest first, with a space after each. */
static inline const char *event_ids(struct store *store) {
    static char ids[4096];
    struct journal_event events[256];
    struct journal_reader *reader = open_reader(store);
    int count = journal_read(reader, 0, events, 256);

    ck_assert_int_ge(count, 0);
    ids[0] = '\0';
    for (int i = 0; i < count; i++) {
        ck_assert_uint_lt(strlen(ids) + strlen(events[i].id) + 2, sizeof(ids));
        strcat(strcat(ids, events[i].id), " ");
    }
    journal_reader_close(reader);
    return ids;
}

static inline int run_suite(Suite *suite) {
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}

#endif
