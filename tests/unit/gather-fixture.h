/* SPDX-License-Identifier: BSD-2-Clause
 *
 * gather-fixture.h - what the tests of store_gather share: stores that gather, with and without the
 * thread that commits, and the file of store-redo.c.
 */
#ifndef GATHER_FIXTURE_H
#define GATHER_FIXTURE_H

#include "store-fixture.h"

#include <time.h>

/* As the daemon does. */
static inline struct store *open_gathering(void) {
    struct store *store = open_journal(STORE_JOURNAL_COMMIT);

    store_gather(store);
    ck_assert(store->gather.running);
    return store;
}

/* The same, but the thread's commit comes when the test calls store_commit_gathered. */
static inline struct store *open_held(void) {
    struct store *store = open_journal(STORE_JOURNAL_COMMIT);

    sem_init(&store->gather.ripe, 0, 0);
    ck_assert_int_eq(store_redo_open(store), 0);
    return store;
}

static inline void close_held(struct store *store) {
    ck_assert(store_commit_gathered(store));
    store_redo_close(store);
    store_close(store);
}

static inline const char *path_with(const char *suffix) {
    static char path[512];

    snprintf(path, sizeof(path), "%s%s", file, suffix);
    return path;
}

static inline bool has_redo(void) {
    struct stat status;

    return lstat(path_with(STORE_REDO_SUFFIX), &status) == 0;
}

/* Ids of events as event_ids gives them. */
static inline const char *ids(int first, int last) {
    static char text[4096];
    size_t length = 0;

    text[0] = '\0';
    for (int i = first; i <= last; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "e%d ", i);
    ck_assert_uint_lt(length, sizeof(text));
    return text;
}

static inline bool knows(struct store *store, int number) {
    char message_id[32];

    snprintf(message_id, sizeof(message_id), "m%d@example.org", number);
    return is_known(store, message_id);
}

/* A mail that take_mail would take, rolled back. */
static inline void give_up_mail(struct store *store, int number) {
    char message_id[32], id[32];

    snprintf(message_id, sizeof(message_id), "m%d@example.org", number);
    snprintf(id, sizeof(id), "e%d", number);
    ck_assert_int_eq(store_begin(store), 0);
    ck_assert_int_eq(learn(store, message_id), 1);
    ck_assert_int_eq(append(store, id), 1);
    store_rollback(store);
}

/* ---- who sees it, and when ------------------------------------------------------------------ */

#define KNOWN_SOON 20 /* seconds until a test gives up */

#define WAIT_UNTIL(condition)                                          \
    for (int patience = KNOWN_SOON * 1000; !(condition); patience--) { \
        ck_assert_msg(patience > 0, "never came: %s", #condition);     \
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);       \
    }

static _Atomic int rung;     /* calls of on_append */
static _Atomic int64_t seen; /* the newest event that a reader saw in one */
static _Atomic int in_vain;  /* of these calls saw nothing */

static inline int64_t newest(struct store *store) {
    struct journal_reader *reader = journal_reader_open(store);
    int64_t sequence = reader ? journal_newest(reader) : -1;

    journal_reader_close(reader);
    return sequence;
}

static inline void ring(void *argument) {
    int64_t sees = newest(argument), before = seen;

    while (sees > before && !atomic_compare_exchange_weak(&seen, &before, sees))
        ;
    in_vain += sees <= 0;
    rung++;
}

static inline struct store *listen_to(struct store *store) {
    store_on_append(store, ring, store);
    return store;
}

static inline bool is_open(const struct store *store) {
    return !sqlite3_get_autocommit(store->database);
}

/* An event of that many bytes, inside a transaction. */
static inline int append_large(struct store *store, const char *id, size_t bytes) {
    char *json = malloc(bytes);
    struct journal_event event = {.id = id, .type = "t", .json = json, .json_length = bytes};
    int result;

    memset(json, 'x', bytes);
    result = journal_append(store, &event);
    free(json);
    return result;
}

/* ---- commits that fail ---------------------------------------------------------------------- */

static _Atomic bool refused;

static inline int refuse(void *argument) {
    (void)argument;
    return refused;
}

static inline void refuse_commits(struct store *store) {
    store_take(store);
    refused = true;
    sqlite3_commit_hook(store->database, refuse, NULL);
    store_give(store);
}

#endif
