/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store.h - the store: one SQLite database in the state folder that holds the index (index.h) and
 * the outbox (outbox.h), so that what a mail adds to the index and the events that it causes are
 * committed in one transaction.
 *
 * One connection writes, protected by one lock, the lock of the store: a mail uses the store
 * between store_begin and store_commit, one mail at a time.  Readers of the outbox have connections
 * of their own and never wait for a writer.  Only the files store*.c, index*.c and outbox*.c call
 * SQLite.
 *
 * Every call can fail at any time: the disk may be full, the file damaged or locked by another
 * program.  A function then returns -1 or the value that it returns if nothing is found.  The fault
 * is logged once until a write succeeds again, and mails pass without the store.  The store of the
 * daemon recovers by itself: a mail or the housekeeping that begins a transaction reopens the
 * database, at most once a second.
 *
 * Any thread may call these functions, except where a comment restricts that.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

#define STORE_SCHEMA_NUMBER 7 /* the version of the tables that this program reads and writes */

/* What a committed transaction survives. */
enum store_durability {
    STORE_DURABILITY_NORMAL, /* kill -9, but no loss of power: synchronous=NORMAL of SQLite */
    STORE_DURABILITY_FULL    /* both: synchronous=FULL; each mail waits for the disk */
};

/* Opens DIRECTORY/patchmark.db for a program other than the daemon, and creates the folder (mode
 * 0750) and the database (mode 0640) if they are missing.  If DIRECTORY is NULL, opens a store in
 * memory, which is lost when it is closed.  Returns a store that store_close frees; NULL on error,
 * after log_error. */
struct store *store_open(const char *directory);
/* Opens the store of the daemon, likewise.  If the folder can be used but the database cannot,
 * logs that and returns a store that opens the database later.  Returns NULL, after log_error, if
 * the folder cannot be used, if another process uses it, or if it has mails that an older version
 * did not commit and that this version would lose. */
struct store *store_open_daemon(const char *directory, enum store_durability durability);
/* Opens the same database read-only, while a daemon may be using it.  Returns a store that
 * store_close frees; NULL on error, after log_error. */
struct store *store_open_readonly(const char *directory);
/* What a reader finds in the state folder. */
enum store_state {
    STORE_RUNNING,    /* a program uses it that writes, such as the daemon */
    STORE_STOPPED,    /* none does; the data can be read */
    STORE_LOCKED,     /* another program has locked the database */
    STORE_ABSENT,     /* there is no database */
    STORE_UNREADABLE, /* there is one that this process cannot open or read, for want of a right */
    STORE_SCHEMA,     /* the database is of another version of patchmark, or of another program */
    STORE_DAMAGED     /* SQLite reports another fault */
};
/* Returns a store that reads the database in DIRECTORY for a long time, and that store_close frees;
 * NULL if memory runs out, after log_error.  store_begin opens the database if it is not open, and
 * again after a fault or if another file has its name now; it fails as long as the database cannot
 * be used, which is logged once a minute at most.  Between transactions, it holds no lock for which
 * a writer waits. */
struct store *store_open_reader(const char *directory);
/* Returns what the last transaction of STORE, a reader, has found; within one, also whether a
 * program uses the folder, which is looked up once a second at most. */
enum store_state store_reader_state(struct store *store);
/* Returns the version of the schema that this program reads and writes. */
int store_schema(void);
/* Returns the number of lost mails that were not reported yet, which the program that uses the
 * folder has counted; -1 if its file cannot be read. */
int64_t store_reader_lost(const struct store *store);
/* Closes the database and frees STORE, which no other thread may use any more; NULL is allowed.
 * SQLite's write-ahead log is copied into the database before, so that the file alone is a complete
 * backup; if another process has the database open, an empty log can remain. */
void store_close(struct store *store);
/* Closes the database, but does not free STORE, at the end of a process whose other threads may
 * still use it.  Waits up to 1 s for the lock; if it gets it, it keeps it: a thread that begins a
 * transaction then waits until the process ends, so that no mail is answered without being stored.
 */
void store_shut(struct store *store);

/* Takes the lock and begins a transaction.  Returns 0, or -1 if no transaction could be begun.  The
 * lock is held in both cases, and the same thread must call store_commit or store_rollback. */
int store_begin(struct store *store);
/* Does the same for work that may be lost when the power fails, such as the cursor of a sink: its
 * commit never waits for the disk. */
int store_begin_relaxed(struct store *store);
/* Commits the transaction and releases the lock.  Returns 0, or -1 if nothing of the transaction
 * was stored. */
int store_commit(struct store *store);
/* Rolls the transaction back and releases the lock. */
void store_rollback(struct store *store);

/* Combine many mails in one transaction, in a program in which one thread uses the store.  Between
 * store_batch_begin and store_batch_end, store_begin and store_commit only return whether the
 * transaction is still good, and store_rollback rolls back the whole batch.  Return 0 or -1, as
 * store_begin and store_commit do; store_batch_end must follow in both cases. */
int store_batch_begin(struct store *store);
int store_batch_end(struct store *store);

/* Returns true if the database is open and the last write succeeded; false for a store in memory.
 */
bool store_is_up(struct store *store);

/* Counts a mail whose transaction failed.  The count is also kept in the file `lock` of the state
 * folder, so that it survives the process, until it is reported. */
void store_count_lost(struct store *store);
/* Returns the number of lost mails that were not reported yet. */
int64_t store_lost(struct store *store);
/* Subtracts COUNT from that number, after an event reported them. */
void store_lost_reported(struct store *store, int64_t count);

/* Copies the write-ahead log into the database (a checkpoint), so that no mail has to do it, and
 * shortens a log that has become large.  Takes long on a slow disk; must be called by one thread
 * only, the one that calls store_check.  Logs if another program prevents it from shortening the
 * log.  Returns the size of the log in bytes; 0 for a store in memory or one that is read-only; -1
 * if the database is not open. */
int64_t store_checkpoint(struct store *store);

/* If the database was found with the log of a process that was killed, the first call after that
 * reads the whole file on a connection of its own and logs damage that it finds.  Later calls do
 * nothing.  Must be called by the thread that calls store_checkpoint. */
void store_check(struct store *store);

/* Sets FUNCTION, which is called with ARGUMENT after each commit that appended events.  It runs on
 * the committing thread while the lock is held, and must not use the store.  FUNCTION may be NULL:
 * after this function has returned, the earlier one is not called any more. */
void store_on_append(struct store *store, void (*function)(void *argument), void *argument);

/* Size of the array that COUNTED receives. */
#define STORE_COUNTERS 32
/* Counts appended events by type, for the metrics.  COUNTER returns the number of the counter of an
 * event type, below STORE_COUNTERS.  COUNTED is called after each commit that appended events, with
 * the number of events that the commit added to each counter.  Both run while the lock is held and
 * must not use the store.  Must be called before the first event is appended. */
void store_count_events(struct store *store, size_t (*counter)(const char *type),
                        void (*counted)(const unsigned counts[STORE_COUNTERS]));

#endif
