/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-fixture.h - what the tests of the store share: a folder for each test, the lines that were
 * logged, and mails and events that are easy to check.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "support/suite.h"

#include "store/index.h"
#include "store/outbox.h"
#include "store/store-private.h"
#include "util/log.h"

#include <check.h>
#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The folder that each test may write to, the state folder in it, which does not exist yet, and its
 * database. */
static char scratch[256], folder[300], file[400];

static _Atomic int logged;                       /* number of errors and warnings */
static char first_line[4096], logged_line[4096]; /* the first and the last of them */
static _Atomic int informed;                     /* number of other lines */
static char informed_line[4096];

static inline void remember_line(enum patchmark_level level, const char *line) {
    if (level > PATCHMARK_WARNING) {
        informed++;
        snprintf(informed_line, sizeof(informed_line), "%s", line);
        return;
    }
    if (logged++ == 0)
        snprintf(first_line, sizeof(first_line), "%s", line);
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

/* Opens a store as the daemon does; its database may be closed. */
static inline struct store *open_daemon(enum store_durability durability) {
    struct store *store = store_open_daemon(folder, durability);

    ck_assert_ptr_nonnull(store);
    return store;
}

static inline struct outbox_reader *open_reader(struct store *store) {
    struct outbox_reader *reader = outbox_reader_open(store);

    ck_assert_ptr_nonnull(reader);
    return reader;
}

/* Appends an event with this id, within a transaction. */
static inline int append(struct store *store, const char *id) {
    struct outbox_event event = {
        .id = id,
        .type = "patchmark.message.seen.v1",
        .subject = "1@example.org",
        .list = "list.example.org",
        .series = "s1-aaaaaaaaaaaaaaaa",
        .data = "{}",
        .data_length = 2,
        .time = 1700000000,
    };

    return outbox_append(store, &event);
}

/* Appends an event whose data has this size, within a transaction. */
static inline int append_large(struct store *store, const char *id, size_t bytes) {
    char *json = malloc(bytes);
    struct outbox_event event = {.id = id,
                                 .type = "t",
                                 .subject = "",
                                 .list = "",
                                 .series = "",
                                 .data = json,
                                 .data_length = bytes,
                                 .time = 1700000000};
    int result;

    ck_assert_ptr_nonnull(json);
    memset(json, 'x', bytes);
    result = outbox_append(store, &event);
    free(json);
    return result;
}

/* Records a mail of series s1-a that is not a member of it. */
static inline int record(struct store *store, const char *message_id) {
    struct index_message message = {.message_id = message_id,
                                    .series = "s1-a",
                                    .sender = "a@example.org",
                                    .kind = "reply",
                                    .published = true,
                                    .lists = "list.example.org",
                                    .part = -1,
                                    .received = 1700000000,
                                    .target = -1};

    return index_record_message(store, &message);
}

/* Records part 1 of a series of two parts.  Returns what index_record_member returns, or -1. */
static inline int record_part(struct store *store, const char *series, const char *message_id) {
    struct index_message message = {.message_id = message_id,
                                    .series = series,
                                    .sender = "a@example.org",
                                    .kind = "patch",
                                    .published = true,
                                    .lists = "list.example.org",
                                    .part = 1,
                                    .received = 1700000000,
                                    .title = "a title",
                                    .author = "a@example.org",
                                    .target = -1};

    if (index_record_message(store, &message) < 0)
        return -1;
    return index_record_member(store,
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
                                                      .part = 1},
                               true);
}

/* Passes one mail: records "mN@example.org" and appends the event "eN". */
static inline int pass_mail(struct store *store, int number) {
    char message_id[32], id[32];

    snprintf(message_id, sizeof(message_id), "m%d@example.org", number);
    snprintf(id, sizeof(id), "e%d", number);
    store_begin(store);
    record(store, message_id);
    append(store, id);
    return store_commit(store);
}

static inline void pass_mails(struct store *store, int first, int last) {
    for (int i = first; i <= last; i++)
        ck_assert_int_eq(pass_mail(store, i), 0);
}

/* Looks up a mail in a transaction of its own. */
static inline bool is_known(struct store *store, const char *message_id) {
    struct index_message found;
    bool known;

    store_begin(store);
    known = index_find_message(store, message_id, &found);
    store_rollback(store);
    return known;
}

static inline bool knows(struct store *store, int number) {
    char message_id[32];

    snprintf(message_id, sizeof(message_id), "m%d@example.org", number);
    return is_known(store, message_id);
}

/* Returns the ids of all events, oldest first, with a space after each.  Uses the writing
 * connection of a store in memory, which has no readers. */
static inline const char *event_ids(struct store *store) {
    static char text[65536];
    sqlite3 *database = store->writer.database;
    sqlite3_stmt *statement;
    size_t length = 0;

    if (store->path) {
        int code;

        database = store_connect(store->path, SQLITE_OPEN_READONLY, true, &code);
        ck_assert_ptr_nonnull(database);
    }
    ck_assert_int_eq(sqlite3_prepare_v2(database, "SELECT id FROM event ORDER BY sequence", -1,
                                        &statement, 0),
                     SQLITE_OK);
    text[0] = '\0';
    while (sqlite3_step(statement) == SQLITE_ROW) {
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s ",
                                   column_text(statement, 0));
        ck_assert_uint_lt(length, sizeof(text));
    }
    ck_assert_int_eq(sqlite3_finalize(statement), SQLITE_OK);
    if (store->path)
        sqlite3_close(database);
    return text;
}

/* Returns the same for the events of the mails FIRST to LAST. */
static inline const char *ids(int first, int last) {
    static char text[65536];
    size_t length = 0;

    text[0] = '\0';
    for (int i = first; i <= last; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "e%d ", i);
    ck_assert_uint_lt(length, sizeof(text));
    return text;
}

/* ---- files --------------------------------------------------------------------------------- */

/* Returns the path of the database with SUFFIX, such as "-wal". */
static inline const char *path_with(const char *suffix) {
    static char path[512];

    snprintf(path, sizeof(path), "%s%s", file, suffix);
    return path;
}

/* Returns the size of that file in bytes, -1 if there is none. */
static inline int64_t size_of(const char *suffix) {
    struct stat status;

    return lstat(path_with(suffix), &status) == 0 ? (int64_t)status.st_size : -1;
}

static inline void write_file(const char *path, const void *bytes, size_t length) {
    FILE *stream = fopen(path, "w");

    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(bytes, 1, length, stream), length);
    ck_assert_int_eq(fclose(stream), 0);
}

/* Copies a file, over another one if that exists. */
static inline void copy_file(const char *from, const char *to) {
    static char bytes[4 * 1024 * 1024];
    FILE *in = fopen(from, "r");
    size_t length;

    ck_assert_ptr_nonnull(in);
    length = fread(bytes, 1, sizeof(bytes), in);
    ck_assert_uint_lt(length, sizeof(bytes));
    fclose(in);
    write_file(to, bytes, length);
}

/* Runs SQL on a connection of its own, as the shell sqlite3 would. */
static inline void run_sql(const char *path, const char *sql) {
    sqlite3 *database;
    char *message = NULL;

    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(database, sql, NULL, NULL, &message) == SQLITE_OK, "%s", message);
    ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
}

/* Fails unless the database and its indexes are intact. */
static inline void check_integrity(const char *path) {
    sqlite3 *database;
    sqlite3_stmt *statement;

    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(database, "PRAGMA integrity_check", -1, &statement, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    ck_assert_str_eq(column_text(statement, 0), "ok");
    sqlite3_finalize(statement);
    ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
}

/* ---- running ------------------------------------------------------------------------------- */

#define KNOWN_SOON 20 /* seconds until a test gives up */

#define WAIT_UNTIL(condition)                                    \
    for (int waits = KNOWN_SOON * 1000; !(condition); waits--) { \
        ck_assert_msg(waits > 0, "never came: %s", #condition);  \
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); \
    }

#endif
