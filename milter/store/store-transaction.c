/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-transaction.c - transactions, the return from faults, and checkpoints: see store.h.
 *
 * The write-ahead log is folded into the database by store_checkpoint only, on a connection of its
 * own, so that a commit is a write to the page cache and not a wait for a disk.
 *
 * What can fail: the beginning and the end of each transaction, and each checkpoint.
 */
#include "store/store-private.h"

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#define RETRY_MS 1000

/* The log starts over when it was folded in so fast, or after so many times. */
#define FOLD_MS    30
#define FOLDS_MOST 10

/* ---- transactions -------------------------------------------------------------------------- */

/* BEGIN, COMMIT or ROLLBACK. */
static bool control(struct store *store, const char *sql) {
    sqlite3_stmt *statement = connection_statement(&store->writer, sql, NULL);
    bool good = statement && sqlite3_step(statement) == SQLITE_DONE;

    if (!good)
        store_fault(store);
    store_reset(statement);
    return good;
}

/* True for a fault that a new connection can end. */
static bool fault_is_of_connection(const struct store *store) {
    switch (store->fault & 0xff) {
    case SQLITE_OK:
    case SQLITE_BUSY:
    case SQLITE_FULL:
    case SQLITE_NOMEM:
        return false;
    default:
        return true;
    }
}

/* Opens the database anew where there is none, or after a fault.  False: there is none. */
static bool database_revive(struct store *store) {
    if (!store->returns || (store->writer.database && !fault_is_of_connection(store)))
        return store->writer.database != NULL;
    if (clock_milliseconds() < store->retry_at)
        return store->writer.database != NULL;
    store->retry_at = clock_milliseconds() + RETRY_MS;
    store_connection_close(&store->writer);
    store->reopened = true;
    return store_database_open(store) == 0;
}

/* With durability = full, a commit waits for the disk unless it is RELAXED. */
static bool flush_set(struct store *store, bool relaxed) {
    relaxed = relaxed || store->durability == STORE_DURABILITY_NORMAL;
    if (relaxed == store->relaxed)
        return true;
    if (sqlite3_exec(store->writer.database,
                     relaxed ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", NULL,
                     NULL, NULL) != SQLITE_OK) {
        store_fault(store);
        return false;
    }
    store->relaxed = relaxed;
    return true;
}

static int begin(struct store *store, bool relaxed) {
    if (!store->batch) {
        pthread_mutex_lock(&store->lock);
        store->working = false;
    }
    arena_reset(&store->strings);
    if (store->batch)
        return store->working ? 0 : -1;
    store->appended = 0;
    memset(store->counts, 0, sizeof(store->counts));
    if (!database_revive(store))
        return -1;
    /* IMMEDIATE: whether the file can be written is known now, not in the middle. */
    store->working =
        flush_set(store, relaxed) && control(store, store->readonly ? "BEGIN" : "BEGIN IMMEDIATE");
    store->changes = sqlite3_total_changes(store->writer.database);
    if (!store->working && store->fault) /* the mails that follow do not wait */
        sqlite3_busy_timeout(store->writer.database, 0);
    return store->working ? 0 : -1;
}

int store_begin(struct store *store) {
    return begin(store, false);
}

int store_begin_relaxed(struct store *store) {
    return begin(store, true);
}

/* A write worked. */
static void fault_end(struct store *store) {
    if (!store->fault)
        return;
    store->fault = 0;
    store->reopened = store->advised = false;
    sqlite3_busy_timeout(store->writer.database, STORE_BUSY_MILLISECONDS);
    log_info("%s works again; %" PRId64 " mails went on without it and made no events",
             store_name(store), store->fault_lost);
    store->fault_lost = 0;
}

static void undo(struct store *store) {
    if (store->writer.database && !sqlite3_get_autocommit(store->writer.database))
        control(store, "ROLLBACK");
    store->working = false;
}

/* Counts the events of the transaction, and reports that readers see more. */
static void events_report(struct store *store) {
    if (store->appended == 0)
        return;
    if (store->counted)
        store->counted(store->counts);
    if (store->on_append)
        store->on_append(store->on_append_argument);
}

int store_commit(struct store *store) {
    bool kept;

    if (store->batch)
        return store->working ? 0 : -1;
    kept = store->working && control(store, "COMMIT");
    if (!kept) {
        undo(store);
    } else {
        /* A mail that only asked proves nothing about a full disk. */
        if (sqlite3_total_changes(store->writer.database) != store->changes)
            fault_end(store);
        events_report(store);
    }
    store->working = false;
    pthread_mutex_unlock(&store->lock);
    return kept ? 0 : -1;
}

void store_rollback(struct store *store) {
    undo(store);
    if (!store->batch)
        pthread_mutex_unlock(&store->lock);
}

int store_batch_begin(struct store *store) {
    int result = store_begin(store);

    store->batch = true;
    return result;
}

int store_batch_end(struct store *store) {
    store->batch = false;
    return store_commit(store);
}

bool store_is_up(struct store *store) {
    bool up;

    pthread_mutex_lock(&store->lock);
    up = store->path && store->writer.database && !store->fault;
    pthread_mutex_unlock(&store->lock);
    return up;
}

void store_on_append(struct store *store, void (*function)(void *), void *argument) {
    pthread_mutex_lock(&store->lock);
    store->on_append = function;
    store->on_append_argument = argument;
    pthread_mutex_unlock(&store->lock);
}

void store_count_events(struct store *store, size_t (*counter)(const char *type),
                        void (*counted)(const unsigned counts[STORE_COUNTERS])) {
    pthread_mutex_lock(&store->lock);
    store->counter = counter;
    store->counted = counted;
    pthread_mutex_unlock(&store->lock);
}

/* ---- checkpoints --------------------------------------------------------------------------- */

/* Returns a connection for one checkpoint or check, NULL where the database is not open.  A process
 * that ends need not wait for a thread that uses it. */
static sqlite3 *checkpointer_open(struct store *store) {
    sqlite3 *database;
    int code;
    bool open;

    pthread_mutex_lock(&store->lock);
    open = store->writer.database != NULL;
    pthread_mutex_unlock(&store->lock);
    database = open ? store_connect(store->path, SQLITE_OPEN_READWRITE, false, &code) : NULL;
    /* Nothing waits for it, so it waits for nobody either.  And SQLite takes it for a connection to
     * a file in WAL mode only once it has read from it. */
    if (database && sqlite3_busy_timeout(database, 0) == SQLITE_OK &&
        sqlite3_exec(database, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL) ==
            SQLITE_OK)
        return database;
    sqlite3_close(database);
    return NULL;
}

/* Returns the size of the log in bytes; 0 where there is none. */
static int64_t log_size(const struct store *store) {
    AUTO(free) char *path = NULL;
    struct stat status;

    return asprintf(&path, "%s-wal", store->path) > 0 && stat(path, &status) == 0
               ? (int64_t)status.st_size
               : 0;
}

/* Opens the database anew, with the next transaction, where the file is no longer the one that was
 * opened.  Returns the number of rows ever changed in it. */
static int file_check(struct store *store) {
    int moved = 0, changes = 0;

    pthread_mutex_lock(&store->lock);
    if (store->writer.database &&
        sqlite3_file_control(store->writer.database, "main", SQLITE_FCNTL_HAS_MOVED, &moved) ==
            SQLITE_OK &&
        moved) {
        log_warning("%s was moved or deleted while it was in use; opening the file of that name",
                    store->path);
        store_connection_close(&store->writer);
        store_log_set_aside(store->path); /* a reader may have kept it */
        store->retry_at = 0;
    }
    if (store->writer.database)
        changes = sqlite3_total_changes(store->writer.database);
    pthread_mutex_unlock(&store->lock);
    return changes;
}

/* Makes the log start over, or cuts it off, for which mails wait. */
static void log_restart(struct store *store, sqlite3 *database, int mode) {
    int result;
    int64_t began;

    /* Mails come in all the while: until little is left to do while they wait. */
    for (int i = 0; i < FOLDS_MOST; i++) {
        began = clock_milliseconds();
        sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        if (clock_milliseconds() - began <= FOLD_MS)
            break;
    }
    pthread_mutex_lock(&store->lock);
    result = sqlite3_wal_checkpoint_v2(database, NULL, mode, NULL, NULL);
    pthread_mutex_unlock(&store->lock);
    if (result == SQLITE_OK && store->log_held) {
        log_info("%s-wal was cut", store->path);
        store->log_held = false;
    } else if (result == SQLITE_BUSY && !store->log_held &&
               log_size(store) > store->log_bytes_most) {
        log_warning("%s-wal has %" PRId64 " MiB and cannot be cut: another program (sqlite3, a "
                    "backup) holds a transaction on the database; end it",
                    store->path, log_size(store) / 1024 / 1024);
        store->log_held = true;
    }
}

int64_t store_checkpoint(struct store *store) {
    sqlite3 *database;
    int changes, frames = 0;
    bool idle;

    if (!store->path || store->readonly)
        return 0;
    changes = file_check(store);
    idle = changes == store->log_changes;
    store->log_changes = changes;
    database = checkpointer_open(store);
    if (!database)
        return -1;
    /* A disk that is full is a fault that mails meet and report. */
    sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, NULL);
    if ((idle || store->log_held) && log_size(store) > store->log_bytes_kept)
        log_restart(store, database, SQLITE_CHECKPOINT_TRUNCATE);
    else if ((int64_t)frames * STORE_PAGE_BYTES > store->log_bytes_most)
        log_restart(store, database, SQLITE_CHECKPOINT_RESTART);
    sqlite3_close(database);
    return log_size(store);
}

void store_check(struct store *store) {
    sqlite3 *database = atomic_load(&store->unclean) ? checkpointer_open(store) : NULL;
    sqlite3_stmt *statement = NULL;
    const char *result = NULL, *line;

    if (!database)
        return;
    atomic_store(&store->unclean, false);
    if (sqlite3_prepare_v2(database, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        result = (const char *)sqlite3_column_text(statement, 0);
    if (!result || strcmp(result, "ok") != 0)
        log_error("%s is damaged after the last process was killed: %s; put a backup in its place, "
                  "without -wal and -shm, while patchmark is stopped",
                  store->path,
                  !result                         ? sqlite3_errmsg(database)
                  : (line = strchr(result, '\n')) ? line + 1 /* behind a headline */
                                                  : result);
    sqlite3_finalize(statement);
    sqlite3_close(database);
}
