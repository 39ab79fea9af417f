/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics.h - counters since the start of the process, and their text for Prometheus.
 *
 * The functions may be called on any thread and cannot fail.  Counters are atomic and need no lock,
 * except for those of lists.
 */
#ifndef METRICS_H
#define METRICS_H

#include "pipeline/event-types.h"
#include "pipeline/pipeline.h"

#include <stdio.h>

/* Counts a mail that was read, after its answer.  MICROSECONDS is the time from the end of the mail
 * to the answer.  METRICS_ANSWERED is counted separately. */
void metrics_mail(const struct mail *mail, int64_t microseconds);

enum metrics_count {
    METRICS_ANSWERED,   /* mails that were answered, read or unread */
    METRICS_UNREAD,     /* mails that passed unread, because of max_mails or missing memory */
    METRICS_EXEMPT,     /* mails that passed untouched, because the configuration exempts them */
    METRICS_FORGED,     /* mails that arrived with header fields under our prefix, other than those
                         * that a local client returned from the first pass */
    METRICS_UNRECORDED, /* mails that were not recorded and caused no events: the store failed */
    METRICS_COUNTS
};
/* Adds 1 to a counter, or returns its value. */
void metrics_add(enum metrics_count which);
uint64_t metrics_get(enum metrics_count which);

/* Records the time of the start.  Call it before the other functions. */
void metrics_start(void);
/* Counts a reload.  APPLIED is true if the new configuration is active, false if the reload failed.
 */
void metrics_reload(bool applied);

/* The number of types of events, and one for all types that this version does not have. */
#define METRICS_TYPES (EVENT_TYPE_COUNT + 1)
/* Returns the index of the counter of EVENT_TYPE, below METRICS_TYPES.  For store_count_events. */
size_t metrics_type(const char *event_type);
/* Counts events that were committed to the outbox: COUNTS has the number for each type.  For
 * store_count_events. */
void metrics_events(const unsigned counts[METRICS_TYPES]);

/* The state of a sink at one moment. */
struct metrics_sink {
    const char *name;
    int64_t waiting;         /* events in the outbox that it has not yet accepted */
    int64_t oldest;          /* age of the oldest of them, in seconds; 0 if there is none */
    uint64_t accepted, lost; /* events since the start; lost ones were dropped from the outbox */
    int64_t delivered;       /* when it delivered an event last, see instance_delivered */
    bool up;                 /* it accepted all events that were last offered to it */
};

/* The state of the process at one moment, which metrics_write reads. */
struct metrics_moment {
    int64_t time; /* of this moment, in seconds since 1970 */
    const struct pipeline *pipeline;
    const struct metrics_sink *sinks;
    size_t sink_count;
    int64_t outbox_bytes; /* bytes of data of the events in the outbox; -1 if unknown */
    int64_t log_bytes;    /* bytes of the write-ahead log of the database; -1 if unknown */
    int64_t room_bytes;   /* bytes that the database can grow by, see outbox_room; -1 if unknown */
    unsigned in_work;     /* mails that are being received */
    bool store_up;        /* the database is open and the last write succeeded */
};

/* Writes all metrics to OUT in the text format of Prometheus, version 0.0.4.  The caller checks OUT
 * for errors. */
void metrics_write(FILE *out, const struct metrics_moment *moment);
/* Writes what only the members of the daemon's group may read: the newest warning or error of each
 * plugin.  Its text is the value of a label, so it is nothing for a monitor to collect. */
void metrics_write_private(FILE *out, const struct metrics_moment *moment);

#endif
