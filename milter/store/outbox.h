/* SPDX-License-Identifier: BSD-2-Clause
 *
 * outbox.h - events that wait for their sinks, and the cursor of each sink.
 *
 * Events are appended inside the transaction of the mail that caused them and get sequences that
 * only grow; the newest event is never deleted, so no sequence is used twice.  A sink reads from
 * its cursor on, and acknowledges what it took.  That no event is appended twice is a matter of the
 * index: a mail that is known makes none.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "store/store.h"

struct outbox_event {
    int64_t sequence; /* assigned by outbox_append */
    const char *id, *type, *subject, *list, *series;
    const char *source; /* "//HOST/patchmark" */
    const char *data;   /* JSON; json_event_compose makes the CloudEvent of it */
    size_t data_length;
    int64_t time; /* seconds since 1970 */
};

/* Appends an event, inside store_begin .. store_commit.  Returns 0, -1 on a fault. */
int outbox_append(struct store *store, const struct outbox_event *event);

/* ---- reading ------------------------------------------------------------------------------- */

/* A reader with a connection of its own, for one thread; closed before the store.  It holds no
 * transaction between two calls, and follows the store when the database is opened anew. */
struct outbox_reader;
/* Returns NULL after log_error.  A database that cannot be opened yet is opened by the calls that
 * follow. */
struct outbox_reader *outbox_reader_open(struct store *store);
void outbox_reader_close(struct outbox_reader *reader);

/* Reads up to MAX events after the sequence AFTER, oldest first, into EVENTS; they live until the
 * next call with this reader.  Passes over rows whose data is no JSON, which leaves a gap.  Returns
 * the number of events (fewer than MAX when they are large), 0 only at the end, -1 on a fault,
 * which includes events out of order. */
int outbox_read(struct outbox_reader *reader, int64_t after, struct outbox_event *events, int max);
/* Returns the sequence of the newest event, 0 when there was never one, -1 on a fault. */
int64_t outbox_newest(struct outbox_reader *reader);
/* Returns the time of the oldest event, -1 when there is none, or on a fault. */
int64_t outbox_oldest_time(struct outbox_reader *reader);
/* Returns the bytes of data that the events have, -1 on a fault. */
int64_t outbox_size(struct outbox_reader *reader);
/* Returns how many bytes more the outbox can take: what is unused in the file and on its disk; -1
 * on a fault. */
int64_t outbox_room(struct outbox_reader *reader);
/* Returns the number of events that SINK has yet to acknowledge, -1 on a fault. */
int64_t outbox_depth(struct outbox_reader *reader, const char *sink);

/* ---- cursors ------------------------------------------------------------------------------- */

/* Returns the sequence up to which SINK has acknowledged, 0 for a sink that is new, -1 on a
 * fault. */
int64_t outbox_cursor(struct outbox_reader *reader, const char *sink);
/* Gives a sink that is new a cursor before the oldest event, so that it is known what it loses.
 * Takes the lock.  Returns 0 or -1. */
int outbox_register(struct store *store, const char *sink);
/* Moves the cursor.  Takes the lock for an instant, and waits for no disk.  Returns 0 or -1. */
int outbox_acknowledge(struct store *store, const char *sink, int64_t sequence);
/* The same inside of store_begin .. store_commit. */
int outbox_set_cursor(struct store *store, const char *sink, int64_t sequence);

/* ---- deleting ------------------------------------------------------------------------------ */

/* Deletes events that every one of SINKS acknowledged, but keeps the newest KEEP (at least one);
 * and cursors of sinks that are not among SINKS.  Works in small transactions, a bounded number of
 * them in one call.  Returns the number of events deleted, -1 on a fault.  Takes the lock. */
int64_t outbox_trim(struct store *store, const char *const *sinks, size_t sink_count, int64_t keep);

struct outbox_bounds {
    int64_t bytes; /* of data that the events may have */
    int64_t since; /* those from before that second are dropped */
    const char *const *sinks;
    size_t sink_count;
};
/* Drops the oldest events until the rest is within BOUNDS, some ten thousands in one call.  Returns
 * the number of events dropped that one of the sinks had yet to acknowledge, and in *LAST_LOST the
 * newest of these; -1 on a fault.  Takes the lock.  For the one thread that also calls outbox_trim
 * and outbox_size. */
int64_t outbox_bound(struct store *store, struct outbox_reader *reader,
                     const struct outbox_bounds *bounds, int64_t *last_lost);

#endif
