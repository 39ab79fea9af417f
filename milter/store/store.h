/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store.h - the state folder: one SQLite database that holds the index (index.h) and the outbox
 * (outbox.h), so that what a mail teaches and the events that it causes are committed together.
 *
 * One connection writes, behind one lock: a mail uses the store between store_begin and
 * store_commit, one mail at a time.  Readers of the outbox have connections of their own and wait
 * for nobody.  Only the files store*.c, index*.c and outbox*.c call SQLite.
 *
 * What can fail: everything, at any time - disk full, file damaged, locked by another program.
 * Functions then return -1 (or "not known"), the fault is logged once until a write works again,
 * and mail goes on without the store.  The store of the daemon comes back by itself: the database
 * is opened anew, at most once a second, when a mail or the housekeeping asks for it.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* What a commit outlives. */
enum store_durability {
    STORE_DURABILITY_NORMAL, /* kill -9, but not the loss of power: synchronous=NORMAL of SQLite */
    STORE_DURABILITY_FULL    /* both: synchronous=FULL; each mail waits for the disk */
};

/* Opens DIRECTORY/patchmark.db, making both where they are missing (modes 0750 and 0640);
 * DIRECTORY NULL opens a store in memory, which ends with the process.  Returns NULL after
 * log_error. */
struct store *store_open(const char *directory);
/* The same for the daemon: where the folder can be used and the database cannot, that is logged,
 * and the store that is returned opens it later.  Returns NULL, after log_error, where the folder
 * cannot be used, another process has it, or it holds mails of an older version that this one
 * would lose. */
struct store *store_open_daemon(const char *directory, enum store_durability durability);
/* Opens the same file for reading only, beside the daemon.  Returns NULL after log_error. */
struct store *store_open_readonly(const char *directory);
/* Returns when the store is closed and its log is folded into the database, so that the file alone
 * is a whole backup.  A reader in another process can keep an empty log alive. */
void store_close(struct store *store);
/* For the end of a process whose other threads may still use the store: closes the database, if the
 * lock can be had within a second, and keeps the lock.  Whoever wants the store waits until the
 * process is gone, so that no mail is answered that was not stored. */
void store_shut(struct store *store);

/* Takes the lock and begins a transaction.  Returns 0, or -1 where none could begin; the lock is
 * held in either case, and store_commit or store_rollback must follow. */
int store_begin(struct store *store);
/* The same for work that may be lost with the machine's power, such as the cursor of a sink: its
 * commit does not wait for the disk. */
int store_begin_relaxed(struct store *store);
/* Commits and releases the lock.  Returns 0, or -1 where nothing of the transaction was kept. */
int store_commit(struct store *store);
/* Undoes the transaction and releases the lock. */
void store_rollback(struct store *store);

/* Makes one transaction of many mails, for a program of which one thread uses the store: until
 * store_batch_end, store_begin and store_commit of a mail only report whether the transaction still
 * works, and a rollback undoes the whole batch.  Return as store_begin and store_commit;
 * store_batch_end must follow in either case. */
int store_batch_begin(struct store *store);
int store_batch_end(struct store *store);

/* True while the database is open and the last write worked. */
bool store_is_up(struct store *store);

/* Counts a mail whose transaction failed.  The number outlives the process, in the file `lock` of
 * the state folder, until it is reported. */
void store_count_lost(struct store *store);
/* Returns how many mails were lost and not yet reported, and subtracts COUNT that now are. */
int64_t store_lost(struct store *store);
void store_lost_reported(struct store *store, int64_t count);

/* Folds the write-ahead log into the database, so that no mail has to; for one thread that does
 * nothing else meanwhile.  Returns the bytes that the log has, 0 for a store in memory, -1 where
 * the database is not open.  A log that another program keeps from being cut is logged. */
int64_t store_checkpoint(struct store *store);

/* Reports damage of the database that the last start found with a log of a process that was
 * killed: one walk over the file, on a connection of its own, and only on the first call. */
void store_check(struct store *store);

/* FUNCTION is called after each commit that appended events, on the committing thread, under the
 * lock: it must not use the store.  NULL: nobody is called once this returns. */
void store_on_append(struct store *store, void (*function)(void *argument), void *argument);

#define STORE_COUNTERS 32
/* Counts events by their types, for a monitor: COUNTER returns which counter, below STORE_COUNTERS,
 * is that of TYPE; COUNTED gets what a commit added to each, on the committing thread, under the
 * lock.  Call before the first event is appended. */
void store_count_events(struct store *store, size_t (*counter)(const char *type),
                        void (*counted)(const unsigned counts[STORE_COUNTERS]));

#endif
