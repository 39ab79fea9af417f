/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-transaction.c - statements, transactions, checkpoints, and what is said when they fail: see
 * store.h.
 *
 * The write-ahead log is folded into the file by store_checkpoint only, on a connection of its own,
 * so that a commit is a write to the page cache and not a wait for a disk (but for the first after
 * the log started over: SQLite then flushes the log's new header).
 *
 * What can fail: every statement.  A fault loses the mail's transaction, is logged once, and makes
 * the following mails try without waiting.
 */
#include "store-private.h"

#include "log.h"

#include <inttypes.h>
#include <string.h>

/* SQLite starts the log over by itself when a checkpoint has folded in all of it, so when no mail
 * came meanwhile.  On a list where mails always come the log grows, and past this they wait once
 * for a disk.  Past STORE_LOG_BYTES_MOST it is cut off, once no mails come. */
#define LOG_BYTES_RESTART 268435456 /* 256 MiB */

/* ---- faults -----------------------------------------------------------------------------------
 */

/* What an operator can do about it. */
static const char *remedy(int code) {
    switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return "; move the file away to start with an empty one";
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return "; it, its folder, -wal and -shm must be the daemon's own, and readable to others "
               "who are to look into it";
    default:
        return "";
    }
}

void store_log_fault(const char *path, sqlite3 *database, const char *consequence) {
    int code = database ? sqlite3_extended_errcode(database) : SQLITE_NOMEM;
    int number = database ? sqlite3_system_errno(database) : 0;
    bool system = number && ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN);
    char buffer[128];

    log_error("%s: %s%s%s%s%s", path, database ? sqlite3_errmsg(database) : "out of memory",
              system ? ": " : "", system ? strerror_r(number, buffer, sizeof(buffer)) : "",
              remedy(code), consequence);
}

static const char *store_name(const struct store *store) {
    return store->path ? store->path : "state in memory";
}

void store_report(const struct store *store, sqlite3 *database, bool *faulted) {
    if (*faulted)
        return;
    *faulted = true;
    store_log_fault(store_name(store), database,
                    store->readonly ? ""
                                    : "; mails go on without it (said once until it works again)");
}

static void store_fault(struct store *store) {
    store->working = false;
    store_report(store, store->database, &store->faulted);
    sqlite3_busy_timeout(store->database, 0);
}

/* ---- statements -------------------------------------------------------------------------------
 */

/* STATEMENT_..., made if it is not yet.  NULL after store_fault. */
static struct statement *statement_make(struct store *store, enum store_statement which,
                                        const char *sql) {
    struct statement *statement = &store->statements[which];

    if (!statement->handle &&
        sqlite3_prepare_v3(store->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement->handle,
                           NULL) != SQLITE_OK) {
        store_fault(store);
        return NULL;
    }
    return statement;
}

struct statement *store_statement(struct store *store, enum store_statement which,
                                  const char *sql) {
    return store->working ? statement_make(store, which, sql) : NULL;
}

/* Binding cannot fail but for lack of memory; NULL is then refused by the table. */

void store_bind_bytes(struct statement *statement, int position, const char *text, size_t length) {
    sqlite3_bind_text64(statement->handle, position, text, length, SQLITE_STATIC, SQLITE_UTF8);
}

void store_bind_text(struct statement *statement, int position, const char *text) {
    store_bind_bytes(statement, position, text ? text : "", text ? strlen(text) : 0);
}

void store_bind_number(struct statement *statement, int position, int64_t number) {
    sqlite3_bind_int64(statement->handle, position, number);
}

void store_bind_null(struct statement *statement, int position) {
    sqlite3_bind_null(statement->handle, position);
}

int store_run(struct store *store, struct statement *statement) {
    int changed = -1;

    if (sqlite3_step(statement->handle) == SQLITE_DONE)
        changed = sqlite3_changes(store->database);
    else
        store_fault(store);
    store_reset(statement);
    return changed;
}

bool store_row(struct store *store, struct statement *statement) {
    int result = sqlite3_step(statement->handle);

    if (result != SQLITE_ROW && result != SQLITE_DONE)
        store_fault(store);
    return result == SQLITE_ROW;
}

void store_reset(struct statement *statement) {
    if (statement)
        sqlite3_reset(statement->handle);
}

/* ---- transactions -----------------------------------------------------------------------------
 */

/* Who has waited longest for `lock` holds `turn`, so a thread that gives the store and takes it
 * again at once (journal_forget) lets the other go first. */
void store_take(struct store *store) {
    pthread_mutex_lock(&store->turn);
    pthread_mutex_lock(&store->lock);
    pthread_mutex_unlock(&store->turn);
}

void store_give(struct store *store) {
    pthread_mutex_unlock(&store->lock);
}

static bool control(struct store *store, enum store_statement which, const char *sql) {
    struct statement *statement = statement_make(store, which, sql);

    return statement && store_run(store, statement) >= 0;
}

int store_begin(struct store *store) {
    if (!store->batch)
        store_take(store);
    arena_reset(&store->strings);
    if (store->batch)
        return store->working ? 0 : -1;
    store->changes = sqlite3_total_changes(store->database);
    memset(store->appended, 0, sizeof(store->appended));
    /* IMMEDIATE: whether the file can be written is known now, not in the middle. */
    store->working = control(store, STATEMENT_BEGIN, store->readonly ? "BEGIN" : "BEGIN IMMEDIATE");
    return store->working ? 0 : -1;
}

/* Ends a transaction that SQLite has not ended itself on a fault. */
static void undo(struct store *store) {
    if (!sqlite3_get_autocommit(store->database))
        control(store, STATEMENT_ROLLBACK, "ROLLBACK");
    store->working = false;
}

/* A write worked. */
static void fault_end(struct store *store) {
    if (!store->faulted)
        return;
    store->faulted = false;
    sqlite3_busy_timeout(store->database, STORE_BUSY_MILLISECONDS);
    log_info("%s: works again; %" PRId64 " mails went without it", store_name(store),
             store->missed);
    store->missed_told += store->missed;
    store->missed = 0;
}

/* Counts the events of the transaction.  True: there are some. */
static bool appended(const struct store *store) {
    unsigned sum = 0;

    metrics_events(store->appended);
    for (size_t i = 0; i < METRICS_TYPES; i++)
        sum += store->appended[i];
    return sum > 0;
}

/* With DURABLE, for a mail: waits for the disk where that is wanted, and a loss is counted. */
static int commit(struct store *store, bool durable) {
    void (*on_append)(void *) = NULL;
    void *argument = store->on_append_argument;
    uint64_t number = 0;
    bool kept;

    if (store->batch)
        return store->working ? 0 : -1;
    kept = store->working && control(store, STATEMENT_COMMIT, "COMMIT");
    if (!kept)
        undo(store);
    else if (appended(store))
        on_append = store->on_append;
    /* A mail that only asked proves nothing about a full disk, and has nothing to wait for. */
    if (kept && sqlite3_total_changes(store->database) != store->changes) {
        fault_end(store);
        number = durable ? store_sync_note(store) : 0;
    }
    store->missed += !kept && durable;
    store->working = false;
    store_give(store);
    if (on_append)
        on_append(argument);
    if (number > 0)
        store_sync_wait(store, number);
    return kept ? 0 : -1;
}

int store_commit(struct store *store) {
    return commit(store, true);
}

int store_commit_lazily(struct store *store) {
    return commit(store, false);
}

bool store_is_up(struct store *store) {
    bool up;

    store_take(store);
    up = store->path && !store->faulted;
    store_give(store);
    return up;
}

int64_t store_take_missed(struct store *store) {
    int64_t missed;

    store_take(store);
    missed = store->missed_told;
    store->missed_told = 0;
    store_give(store);
    return missed;
}

void store_rollback(struct store *store) {
    undo(store);
    if (!store->batch)
        store_give(store);
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

void store_on_append(struct store *store, void (*function)(void *), void *argument) {
    store_take(store);
    store->on_append = function;
    store->on_append_argument = argument;
    store_give(store);
}

/* ---- checkpoints ------------------------------------------------------------------------------
 */

/* Gives the pages that are in the log. */
static int checkpoint(struct store *store, int mode, int *pages) {
    return sqlite3_wal_checkpoint_v2(store->checkpointer, NULL, mode, pages, NULL);
}

/* Folds the log and makes it start over, which mails have to wait for.  To cut the file off takes
 * the file system up to a tenth of a second, so that is done when nobody wrote since the last
 * time: IDLE. */
static int start_over(struct store *store, bool idle, int *pages) {
    int result;

    /* Mails came in all the while and never let it.  A second time leaves little to do while they
     * have to wait. */
    checkpoint(store, SQLITE_CHECKPOINT_PASSIVE, pages);
    store_take(store);
    result =
        checkpoint(store, idle ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART, pages);
    store_give(store);
    return result;
}

/* True when the log is longer than BYTES. */
static bool log_exceeds(const struct store *store, int pages, int bytes) {
    return pages > bytes / store->page_bytes;
}

static void checkpoint_report(struct store *store, int result) {
    if (result != SQLITE_OK) {
        bool known;

        /* A disk that is full is one fault, whoever meets it. */
        store_take(store);
        known = store->faulted;
        store_give(store);
        if (!known && (result & 0xff) != SQLITE_BUSY)
            store_report(store, store->checkpointer, &store->checkpoint_faulted);
        return;
    }
    if (store->checkpoint_faulted)
        log_info("%s: its log is folded into it again", store->path);
    store->checkpoint_faulted = false;
}

void store_checkpoint(struct store *store) {
    int pages = 0, result;
    uint64_t faults;
    bool distrusted, idle;

    if (!store->checkpointer)
        return;
    pthread_mutex_lock(&store->checkpoint_lock);
    distrusted = store_sync_is_distrusted(store, &faults);
    result = checkpoint(store, SQLITE_CHECKPOINT_PASSIVE, &pages);
    idle = pages == store->log_pages && log_exceeds(store, pages, STORE_LOG_BYTES_MOST);
    store->log_pages = pages;
    if (result == SQLITE_OK &&
        (distrusted || idle || log_exceeds(store, pages, LOG_BYTES_RESTART))) {
        result = start_over(store, idle, &pages);
        if (result == SQLITE_OK)
            store_sync_trust(store, faults);
    }
    checkpoint_report(store, result);
    pthread_mutex_unlock(&store->checkpoint_lock);
}
