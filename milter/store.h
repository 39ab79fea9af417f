/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store.h - the state folder: index (who belongs where) and journal (events on their way out) in
 * one SQLite file, so that what a mail taught and what it caused are committed together.
 *
 * store.c opens, locks and commits; index.c and journal.c hold the statements.  No other file
 * calls SQLite.  A mail uses the store between store_begin and store_commit, one mail at a time; a
 * sink reads the journal through a connection of its own and waits for nobody.
 *
 * What can fail: everything, at any time - disk full, file corrupt, locked by a stranger.  Each
 * function then gives -1 (or "not known"), the fault is logged once and not again until it was
 * well in between, and the mail goes on without memory.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* Opens DIRECTORY/patchmark.db, making both where missing (0750, 0640); DIRECTORY NULL: a store in
 * memory that ends with the process.  NULL after log_error. */
struct store *store_open(const char *directory);
/* The same file for reading only, while another process has it open; for `tail` and `series`. */
struct store *store_open_readonly(const char *directory);
void store_close(struct store *store);

/* Takes the store for one mail and opens its transaction.  0, or -1: no transaction; the lock is
 * held all the same, and store_commit or store_rollback must follow in either case. */
int store_begin(struct store *store);
/* Ends it.  0: on disk as far as SQLite's synchronous=NORMAL goes (survives kill -9 of this
 * process). -1: nothing of this mail was kept. */
int store_commit(struct store *store);
void store_rollback(struct store *store);

/* Folds the write-ahead log into the file, so that no mail has to; for a thread off the path. */
void store_checkpoint(struct store *store);

/* ---- index.c: inside store_begin .. store_commit -------------------------------------------- */

struct index_message {
    const char *message_id; /* without angle brackets */
    const char *series;     /* "" when none */
    const char *topic;      /* "" when none */
    const char *kind;
    int64_t received;
};

/* What is known of MESSAGE_ID.  False: nothing.  The strings live until the next call. */
bool index_find_message(struct store *store, const char *message_id, struct index_message *found);
/* Remembers a mail; one that is known already keeps what was first said of it.  0 or -1. */
int index_learn_message(struct store *store, const struct index_message *message);
/* Remembers that a series exists.  1: it is new; 0: known; -1: fault. */
int index_learn_series(struct store *store, const char *series, const char *topic,
                       int64_t received);

/* ---- journal.c --------------------------------------------------------------------------------
 */

struct journal_event {
    int64_t sequence; /* given by the journal */
    const char *id, *type, *subject, *list, *series;
    const char *json;
    size_t json_length;
    int64_t time; /* seconds since 1970 */
};

/* Appends an event, inside store_begin .. store_commit.  1: appended; 0: an event of that id is in
 * the journal already; -1: fault. */
int journal_append(struct store *store, const struct journal_event *event);

/* A reader with a connection of its own, for one thread; closed before the store.  Of a store in
 * memory: the store's own connection, so not between store_begin and store_commit. */
struct journal_reader;
struct journal_reader *journal_reader_open(struct store *store);
void journal_reader_close(struct journal_reader *reader);

/* Up to MAX events after AFTER, oldest first, into EVENTS; they live until the next call with this
 * reader.  Gives how many, 0 only at the end (large events: fewer than MAX), -1 on a fault. */
int journal_read(struct journal_reader *reader, int64_t after, struct journal_event *events,
                 int max);
/* Sequence of the newest event, 0 when there was never one; -1 on a fault. */
int64_t journal_newest(struct journal_reader *reader);

/* How far the sink of that name has acknowledged: the sequence of the last event; 0 for a sink
 * never seen.  A sink that is new starts at the oldest event in the journal. */
int64_t journal_cursor(struct journal_reader *reader, const char *sink);
/* Moves it; takes the store for an instant.  0 or -1. */
int journal_acknowledge(struct store *store, const char *sink, int64_t sequence);
/* Forgets events that every one of SINKS acknowledged, but keeps the newest KEEP; and cursors of
 * sinks that are not among SINKS.  Gives how many events went, -1 on a fault.  Takes the store. */
int64_t journal_forget(struct store *store, const char *const *sinks, size_t sink_count,
                       int64_t keep);
/* Events in the journal that SINK has yet to acknowledge; -1 on a fault. */
int64_t journal_depth(struct journal_reader *reader, const char *sink);

/* Called after each commit that appended events, on the committing thread; NULL: nobody. */
void store_on_append(struct store *store, void (*function)(void *), void *argument);

#endif
