/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-transaction.c - transactions, recovery from faults, and checkpoints: see store.h.
 *
 * Only store_checkpoint copies the write-ahead log into the database, on a connection of its own.
 * So a commit writes to the page cache and, unless the durability is full, does not wait for the
 * disk.
 *
 * The begin and the end of each transaction can fail, and each checkpoint; store_begin reopens the
 * database of the daemon after a fault.
 */
#include "store/store-private.h"

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/plural.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#define RETRY_MS 1000 /* between two attempts to reopen the database */

/* Before mails have to wait for the checkpoint that resets the log, checkpoints for which no mail
 * waits are repeated until one takes at most FAST_CHECKPOINT_MS, up to CHECKPOINTS_MOST times. */
#define FAST_CHECKPOINT_MS 30
#define CHECKPOINTS_MOST   10

/* ---- transactions -------------------------------------------------------------------------- */

/* Runs BEGIN, COMMIT or ROLLBACK.  Returns false on a fault. */
static bool transaction_control(struct store *store, const char *sql) {
    sqlite3_stmt *statement = connection_statement(&store->writer, sql, NULL);
    bool good = statement && sqlite3_step(statement) == SQLITE_DONE;

    if (!good)
        store_fault(store);
    store_reset(statement);
    return good;
}

/* Returns true if there is a fault that a new connection may not have.  A lock, a full disk and
 * lack of memory do not depend on the connection. */
static bool reopening_may_help(const struct store *store) {
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

/* Opens the database of the daemon if it is not open, or reopens it after a fault, at most once per
 * RETRY_MS.  Returns true if the database is open. */
static bool database_reopen(struct store *store) {
    if (store->reader)
        return store_reader_connect(store);
    if (!store->recovers || (store->writer.database && !reopening_may_help(store)))
        return store->writer.database != NULL;
    if (clock_milliseconds() < store->retry_at)
        return store->writer.database != NULL;
    store->retry_at = clock_milliseconds() + RETRY_MS;
    store_connection_close(&store->writer);
    store->reopened = true;
    return store_database_open(store) == 0;
}

/* Sets whether the next commit waits for the disk: it does if the durability is full, unless it is
 * RELAXED.  Returns false on a fault. */
static bool synchronous_set(struct store *store, bool relaxed) {
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
    store->scope_count = 0;
    if (store->batch)
        return store->working ? 0 : -1;
    store->appended = 0;
    memset(store->counts, 0, sizeof(store->counts));
    if (!database_reopen(store))
        return -1;
    /* IMMEDIATE: a lock or a file that cannot be written is reported here, and not by the first
     * statement that writes. */
    store->working = synchronous_set(store, relaxed) &&
                     transaction_control(store, store->readonly ? "BEGIN" : "BEGIN IMMEDIATE");
    if (store->reader) {
        store->working = store->working && store_reader_check(store);
        return store->working ? 0 : -1;
    }
    store->changes = sqlite3_total_changes(store->writer.database);
    if (!store->working && store->fault) /* the next mails do not wait for a lock */
        sqlite3_busy_timeout(store->writer.database, 0);
    return store->working ? 0 : -1;
}

int store_begin(struct store *store) {
    return begin(store, false);
}

int store_begin_relaxed(struct store *store) {
    return begin(store, true);
}

/* Must be called after a write has succeeded: ends the fault if there was one, and logs that. */
static void fault_end(struct store *store) {
    if (!store->fault)
        return;
    store->fault = 0;
    store->reopened = store->advised = false;
    sqlite3_busy_timeout(store->writer.database, STORE_BUSY_MILLISECONDS);
    log_info("%s works again; %" PRId64 " mail%s passed without it and caused no events",
             store_name(store), store->fault_lost, plural((uint64_t)store->fault_lost));
    store->fault_lost = 0;
}

static void transaction_undo(struct store *store) {
    if (store->writer.database && !sqlite3_get_autocommit(store->writer.database))
        transaction_control(store, "ROLLBACK");
    store->working = false;
}

/* Reports the events of the committed transaction to the functions that store_count_events and
 * store_on_append have set. */
static void events_report(struct store *store) {
    if (store->appended == 0)
        return;
    if (store->counted)
        store->counted(store->counts);
    if (store->on_append)
        store->on_append(store->on_append_argument);
}

int store_commit(struct store *store) {
    bool committed;

    if (store->batch)
        return store->working ? 0 : -1;
    committed = store->working && transaction_control(store, "COMMIT");
    if (!committed) {
        transaction_undo(store);
    } else if (store->reader) {
        store_reader_good(store);
    } else {
        /* A transaction that only read succeeds on a full disk, too, so it does not end a fault. */
        if (sqlite3_total_changes(store->writer.database) != store->changes)
            fault_end(store);
        events_report(store);
    }
    store->working = false;
    pthread_mutex_unlock(&store->lock);
    return committed ? 0 : -1;
}

void store_rollback(struct store *store) {
    transaction_undo(store);
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

/* Returns a connection for one checkpoint or check, which the caller closes; NULL if the database
 * is not open.  The thread that uses it does not hold the lock of the store, so a process that ends
 * does not have to wait for it. */
static sqlite3 *checkpointer_open(struct store *store) {
    sqlite3 *database;
    int code;
    bool open;

    pthread_mutex_lock(&store->lock);
    open = store->writer.database != NULL;
    pthread_mutex_unlock(&store->lock);
    database = open ? store_connect(store->path, SQLITE_OPEN_READWRITE, false, &code) : NULL;
    /* The checkpoint can be repeated later, so it does not wait for locks.  The SELECT is needed
     * because SQLite finds out that the file is in WAL mode only when it reads from it. */
    if (database && sqlite3_busy_timeout(database, 0) == SQLITE_OK &&
        sqlite3_exec(database, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL) ==
            SQLITE_OK)
        return database;
    sqlite3_close(database);
    return NULL;
}

/* Returns the size of the log in bytes; 0 if there is none. */
static int64_t log_size(const struct store *store) {
    AUTO(free) char *path = NULL;
    struct stat status;

    return asprintf(&path, "%s-wal", store->path) > 0 && stat(path, &status) == 0
               ? (int64_t)status.st_size
               : 0;
}

/* If the file was moved or deleted, closes the database, so that the next transaction opens the
 * file that has its name now.  Returns the number of rows that were changed on the writing
 * connection. */
static int file_check(struct store *store) {
    int moved = 0, changes = 0;

    pthread_mutex_lock(&store->lock);
    if (store->writer.database &&
        sqlite3_file_control(store->writer.database, "main", SQLITE_FCNTL_HAS_MOVED, &moved) ==
            SQLITE_OK &&
        moved) {
        log_warning("%s was moved or deleted while it was in use; opening the file that has this "
                    "name now, or creating one; stop patchmark before you replace the file",
                    store->path);
        store_connection_close(&store->writer);
        store_log_set_aside(store->path); /* the log remains if a reader has the database open */
        store->retry_at = 0;
    }
    if (store->writer.database)
        changes = sqlite3_total_changes(store->writer.database);
    pthread_mutex_unlock(&store->lock);
    return changes;
}

/* Resets the log (MODE: SQLITE_CHECKPOINT_RESTART) or truncates it (_TRUNCATE).  Mails wait
 * meanwhile, so checkpoints for which they do not wait copy most of the log before. */
static void log_restart(struct store *store, sqlite3 *database, int mode) {
    int result;
    int64_t began;

    for (int i = 0; i < CHECKPOINTS_MOST; i++) {
        began = clock_milliseconds();
        sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        if (clock_milliseconds() - began <= FAST_CHECKPOINT_MS)
            break;
    }
    pthread_mutex_lock(&store->lock);
    result = sqlite3_wal_checkpoint_v2(database, NULL, mode, NULL, NULL);
    pthread_mutex_unlock(&store->lock);
    if (result == SQLITE_OK && store->log_held) {
        log_info("%s-wal was truncated", store->path);
        store->log_held = false;
    } else if (result == SQLITE_BUSY && !store->log_held &&
               log_size(store) > store->log_bytes_most) {
        log_warning("%s-wal has %" PRId64 " MiB and cannot be truncated: another program (sqlite3, "
                    "a backup) holds a transaction on the database; end that program",
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
    /* The result is ignored: mails have the same fault, such as a full disk, and log it. */
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
        log_error("%s is damaged after the last process was killed: %s; stop patchmark, delete "
                  "its -wal and -shm, and put a backup in its place",
                  store->path,
                  !result                         ? sqlite3_errmsg(database)
                  : (line = strchr(result, '\n')) ? line + 1 /* after a headline */
                                                  : result);
    sqlite3_finalize(statement);
    sqlite3_close(database);
}
