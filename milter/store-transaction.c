/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-transaction.c - transactions and checkpoints: see store.h.
 *
 * A transaction is a mail's, or with store_gather stays open for the mails that follow: what they
 * did is then in the records of store-redo.c too, and when the transaction has to be rolled back,
 * for one of them or because it cannot be committed, the next one begins with those.
 *
 * The write-ahead log is folded into the file by store_checkpoint only, on a connection of its own,
 * so that a commit is a write to the page cache and not a wait for a disk (but for the first after
 * the log started over: SQLite then flushes the log's new header).
 *
 * What can fail: the beginning and the end of each transaction.
 */
#include "store-private.h"

#include "log.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* SQLite starts the log over by itself when a checkpoint has folded in all of it, so when no mail
 * came meanwhile.  On a list where mails always come the log grows, and past this they wait once
 * for a disk.  Past STORE_LOG_BYTES_MOST it is cut off, once no mails come. */
#define LOG_BYTES_RESTART 268435456 /* 256 MiB */

/* So often, and so long, who does not end a mail lets those go first who wait. */
#define MAKE_WAY_TIMES 20
#define MAKE_WAY_NS    20000

/* ---- transactions -----------------------------------------------------------------------------
 */

void store_take(struct store *store) {
    if (pthread_mutex_trylock(&store->lock) == 0)
        return;
    atomic_fetch_add(&store->waiting, 1);
    pthread_mutex_lock(&store->lock);
    atomic_fetch_sub(&store->waiting, 1);
}

void store_give(struct store *store) {
    pthread_mutex_unlock(&store->lock);
}

/* A thread that gives the store and takes it again at once (journal_forget) would have it before
 * another, which waits, is awake. */
static void make_way(struct store *store) {
    for (int i = 0; i < MAKE_WAY_TIMES && atomic_load(&store->waiting) > 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = MAKE_WAY_NS}, NULL);
}

/* BEGIN, COMMIT or ROLLBACK.  What it changed is nobody's: it is not noted. */
static bool control(struct store *store, enum store_statement which, const char *sql) {
    struct statement *statement = store_statement_make(store, which, sql);
    bool good;

    if (!statement)
        return false;
    good = sqlite3_step(statement->handle) == SQLITE_DONE;
    if (!good)
        store_fault(store);
    store_reset(statement);
    return good;
}

static bool is_open(const struct store *store) {
    return !sqlite3_get_autocommit(store->database);
}

/* Ends a transaction that SQLite has not ended itself on a fault.  What mails before had in it is
 * done again with the next. */
static void undo(struct store *store) {
    if (is_open(store))
        control(store, STATEMENT_ROLLBACK, "ROLLBACK");
    store_redo_drop(store);
    index_cache_clear(store->cache);
    store->redo.behind = store->redo.used > 0;
    store->working = store->dirty = store->rings = false;
}

/* Opens a transaction, with what was rolled back before it could be committed. */
static bool transaction_open(struct store *store) {
    /* IMMEDIATE: whether the file can be written is known now, not in the middle. */
    if (!control(store, STATEMENT_BEGIN, store->readonly ? "BEGIN" : "BEGIN IMMEDIATE"))
        return false;
    if (!store->redo.behind)
        return true;
    if (store_redo_again(store) == 0) {
        store->dirty = store->rings = true;
        return true;
    }
    store_fault(store);
    undo(store);
    return false;
}

int store_begin(struct store *store) {
    bool behind;

    if (!store->batch)
        store_take(store);
    arena_reset(&store->strings);
    if (store->batch)
        return store->working ? 0 : -1;
    behind = store->redo.behind;
    store->working = is_open(store) || transaction_open(store);
    if (behind && store->working) /* that of the mails before may be used up */
        store_gather_ripen(store);
    store->changes = sqlite3_total_changes(store->database);
    memset(store->appended, 0, sizeof(store->appended));
    return store->working ? 0 : -1;
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

static bool has_changed(const struct store *store) {
    return sqlite3_total_changes(store->database) != store->changes;
}

/* In the transaction: how many of the mails that were noted it has. */
static bool applied_note(struct store *store) {
    struct statement *statement;

    if (store->redo.record == 0)
        return true;
    statement = store_statement_make(store, STATEMENT_APPLIED, "UPDATE redo SET applied = ?1");
    if (!statement)
        return false;
    store_bind_number(statement, 1, (int64_t)store->redo.number);
    if (sqlite3_step(statement->handle) != SQLITE_DONE)
        store_fault(store);
    store_reset(statement);
    return store->working;
}

/* Commits all that the open transaction has. */
static bool commit_all(struct store *store) {
    bool changed = store->dirty || has_changed(store);

    if (!applied_note(store) || !control(store, STATEMENT_COMMIT, "COMMIT")) {
        undo(store);
        return false;
    }
    store_redo_restart(store);
    store->dirty = false;
    /* A mail that only asked proves nothing about a full disk. */
    if (changed)
        fault_end(store);
    return true;
}

/* How a transaction ends. */
enum end {
    END_MAIL, /* it is kept, whatever becomes of the process; else that is counted */
    END_NOW,  /* it is committed */
    END_SOON  /* it is committed with the next mail, or may be lost */
};

/* Leaves the transaction open for those that follow.  False: that cannot be. */
static bool leave_open(struct store *store, enum end end) {
    if (store->redo.file < 0 || store->faulted || end == END_NOW)
        return false;
    if (!has_changed(store))
        return store->dirty;
    if (end == END_SOON)
        store_redo_drop(store);
    else if (!store_redo_write(store))
        return false;
    if (!store->dirty)
        store_gather_ripen(store);
    return store->dirty = true;
}

/* Tells that readers see more.  Under the lock, so that store_on_append knows nobody is at it. */
static void ring(struct store *store) {
    if (store->rings && store->on_append)
        store->on_append(store->on_append_argument);
    store->rings = false;
}

static int commit(struct store *store, enum end end) {
    uint64_t number = 0;
    bool kept = store->working, changed;

    if (store->batch)
        return kept ? 0 : -1;
    changed = kept && has_changed(store);
    if (kept && !leave_open(store, end))
        kept = commit_all(store);
    else if (!kept)
        undo(store);
    if (kept)
        store->rings |= appended(store);
    if (!store->dirty)
        ring(store);
    /* A mail that only asked has nothing to wait for. */
    if (kept && changed && end == END_MAIL)
        number = store_sync_note(store);
    store->missed += !kept && end == END_MAIL;
    store->working = false;
    store_give(store);
    if (number > 0)
        store_sync_wait(store, number);
    if (end != END_MAIL)
        make_way(store);
    return kept ? 0 : -1;
}

int store_commit(struct store *store) {
    return commit(store, END_MAIL);
}

int store_commit_lazily(struct store *store) {
    return commit(store, END_NOW);
}

int store_commit_soon(struct store *store) {
    return commit(store, END_SOON);
}

/* Under the lock: what has gathered.  False: it is yet to be done again. */
static bool commit_gathered(struct store *store) {
    bool kept;

    if (!store->dirty && !store->redo.behind)
        return true;
    store->working = is_open(store) || transaction_open(store);
    store->changes = sqlite3_total_changes(store->database);
    kept = store->working && commit_all(store);
    store->working = false;
    return kept;
}

bool store_commit_gathered(struct store *store) {
    bool kept;

    store_take(store);
    kept = commit_gathered(store);
    ring(store);
    store_give(store);
    return kept;
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
    /* What was only asked leaves the mails before as they are. */
    if (!store->dirty || !store->working || has_changed(store))
        undo(store);
    store->working = false;
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
    commit_gathered(store); /* a transaction that is open would not let it */
    result =
        checkpoint(store, idle ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART, pages);
    ring(store);
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
