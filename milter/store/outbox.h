/* SPDX-License-Identifier: BSD-2-Clause
 *
 * outbox.h - events that wait for their sinks, and the cursor of each sink.
 *
 * An event is appended in the transaction of the mail that caused it and gets the next sequence.
 * The newest event is never deleted, so no sequence is used twice.  A sink reads the events after
 * its cursor and acknowledges those that it has accepted.  The outbox does not detect duplicates:
 * the index does, and a mail that is in the index already causes no event.
 *
 * Functions return -1 on a fault, which was logged.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "store/store.h"

/* One event.  All strings are NUL-terminated. */
struct outbox_event {
    int64_t sequence;                                /* assigned by outbox_append */
    const char *id, *type, *subject, *list, *series; /* as struct patchmark_event has them */
    const char *source;                              /* "https://HOST/patchmark" */
    const char *data;            /* JSON; json_event_compose makes the CloudEvent from it */
    size_t data_length;          /* in bytes, without the NUL */
    int64_t time;                /* in seconds since 1970-01-01 UTC */
    const char *learned, *state; /* as struct patchmark_event has them; when appended, NULL is the
                                  * same as "" */
};

/* Appends EVENT, which is copied; its sequence is ignored.  Must be called between store_begin and
 * store_commit.  Returns 0 or -1. */
int outbox_append(struct store *store, const struct outbox_event *event);

/* ---- reading ------------------------------------------------------------------------------- */

/* A reader with a connection of its own, for use by one thread at a time.  It holds no transaction
 * between two calls, and opens a new connection after the store has reopened the database. */
struct outbox_reader;
/* Returns a reader that outbox_reader_close frees, before STORE is closed.  The calls that use it
 * open the database, which may be closed yet.  Returns NULL if memory runs out, after log_error. */
struct outbox_reader *outbox_reader_open(struct store *store);
/* Frees READER; NULL is allowed. */
void outbox_reader_close(struct outbox_reader *reader);

/* Reads up to MAX events with sequences above AFTER, oldest first, into EVENTS.  Their strings
 * belong to READER and are valid until the next call of outbox_read with it.  Skips rows whose data
 * is not JSON, which leaves a gap in the sequences.  Returns the number of events: it can be less
 * than MAX if they are large, and is 0 only at the end of the outbox.  Returns -1 on a fault, also
 * if the events are out of order. */
int outbox_read(struct outbox_reader *reader, int64_t after, struct outbox_event *events, int max);
/* Returns the sequence of the newest event; 0 if none was ever appended; -1 on a fault. */
int64_t outbox_newest(struct outbox_reader *reader);
/* Returns the time of the oldest event in seconds since 1970-01-01 UTC; -1 if there is none, or on
 * a fault. */
int64_t outbox_oldest_time(struct outbox_reader *reader);
/* Returns the size of the data of all events in bytes; -1 on a fault. */
int64_t outbox_size(struct outbox_reader *reader);
/* Returns the number of bytes that the outbox can grow by: unused pages of the file and free space
 * of its disk.  Returns -1 on a fault. */
int64_t outbox_room(struct outbox_reader *reader);
/* Returns the number of events that SINK has not acknowledged yet, which is that of all events if
 * it has no cursor; -1 on a fault. */
int64_t outbox_depth(struct outbox_reader *reader, const char *sink);

/* ---- reading in a transaction --------------------------------------------------------------- */

/* These functions must be called between store_begin and the end of the transaction. */

/* Events with sequences from FIRST to LAST. */
struct outbox_range {
    int64_t first, last;
    const char *list, *type; /* only those with this List-Id or type; "": all */
    bool newest_first;
};
/* Calls FUNCTION with ARGUMENT for the events of RANGE, in the order of their sequences, until it
 * returns false.  Skips rows whose data is not JSON.  `learned` and `state` are not read and are
 * "".  The strings are valid until FUNCTION returns.  Returns 0 or -1. */
int outbox_walk(struct store *store, const struct outbox_range *range,
                bool (*function)(void *argument, const struct outbox_event *event), void *argument);

/* Returns the sequence of the newest event, or of the oldest one; 0 if there is none; -1 on a
 * fault.
 */
int64_t outbox_sequence(struct store *store, bool newest);
/* What the outbox holds. */
struct outbox_totals {
    int64_t oldest, newest; /* sequences; 0 if no event was ever appended */
    int64_t bytes;          /* as outbox_size */
    int64_t oldest_time;    /* as outbox_oldest_time */
};
int outbox_count(struct store *store, struct outbox_totals *totals);
/* Calls FUNCTION with ARGUMENT for each sink that has a cursor, ordered by name; ACKNOWLEDGED is
 * the cursor.  Returns 0 or -1. */
int outbox_walk_sinks(struct store *store,
                      void (*function)(void *argument, const char *name, int64_t acknowledged),
                      void *argument);

/* ---- cursors ------------------------------------------------------------------------------- */

/* Returns the cursor of SINK, which is the sequence of the newest event that it acknowledged; 0 if
 * it has none yet; -1 on a fault. */
int64_t outbox_cursor(struct outbox_reader *reader, const char *sink);
/* Stores a cursor for a sink that has none, so that events that are dropped before it has accepted
 * them can be counted: after the newest event that is older than SINCE, in seconds since 1970-01-01
 * UTC; INT64_MAX: after the newest one; 0, or if none is older: just before the oldest one.  Takes
 * the lock.  Returns 1 if it stored a cursor, 0 if the sink has one, or -1. */
int outbox_register(struct store *store, const char *sink, int64_t since);
/* Sets the cursor of SINK to SEQUENCE in a transaction of its own, which does not wait for the
 * disk.  Takes the lock.  Returns 0 or -1. */
int outbox_acknowledge(struct store *store, const char *sink, int64_t sequence);
/* Does the same within a transaction (store_begin .. store_commit). */
int outbox_set_cursor(struct store *store, const char *sink, int64_t sequence);

/* ---- deleting ------------------------------------------------------------------------------ */

/* Deletes events that all of SINKS have acknowledged, except the newest KEEP and in any case the
 * newest one; also deletes the cursors of sinks that are not among SINKS once the event after them
 * is deleted: until then such a sink can continue where it was.  Works in small transactions, up to
 * 1,000 in one call, and takes the lock for each.  Returns the number of events deleted; -1 on a
 * fault. */
int64_t outbox_trim(struct store *store, const char *const *sinks, size_t sink_count, int64_t keep);

/* What the outbox may hold. */
struct outbox_bounds {
    int64_t bytes;            /* the maximum size of the data of all events */
    int64_t since;            /* older events are dropped; in seconds since 1970-01-01 UTC */
    const char *const *sinks; /* the names of the sinks that are configured */
    size_t sink_count;
};
/* Deletes the oldest events, acknowledged or not, until the rest is within BOUNDS; up to 50,000
 * in one call, in small transactions.  Takes the lock for each.  Returns the number of deleted
 * events that at least one of the sinks had not acknowledged, and stores the sequence of the newest
 * of them in *LAST_DROPPED; leaves it unchanged if there are none.  Returns -1 on a fault.  Must be
 * called by the thread that calls outbox_trim, with a READER of that thread. */
int64_t outbox_bound(struct store *store, struct outbox_reader *reader,
                     const struct outbox_bounds *bounds, int64_t *last_dropped);

#endif
