/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics.h - what was done since the start, as numbers, and as text for Prometheus.
 *
 * Counting is atomic and needs no lock; any thread.  The text is made off the mail path.
 */
#ifndef METRICS_H
#define METRICS_H

#include "pipeline/event-types.h"
#include "pipeline/pipeline.h"

#include <stdio.h>

/* One answered mail that was read: MICROSECONDS from its end to the answer. */
void metrics_mail(const struct mail *mail, int64_t microseconds);

enum metrics_count {
    METRICS_ANSWERED,   /* mails, read or not */
    METRICS_UNREAD,     /* mails that passed unread: too many others in work, or no memory */
    METRICS_FORGED,     /* mails that wore fields of ours */
    METRICS_UNRECORDED, /* mails whose events and learned data were lost to a fault of the store */
    METRICS_COUNTS
};
void metrics_add(enum metrics_count which);
uint64_t metrics_get(enum metrics_count which);

/* Before all else: the time of the start. */
void metrics_start(void);
/* The configuration was read again; APPLIED: it is in use. */
void metrics_reload(bool applied);

/* The types of events; the last is of those that this version does not know.  For
 * store_count_events. */
#define METRICS_TYPES (EVENT_TYPE_COUNT + 1)
size_t metrics_type(const char *event_type);
/* So many of each are in the outbox for good. */
void metrics_events(const unsigned counts[METRICS_TYPES]);

/* What a sink looks like at one moment. */
struct metrics_sink {
    const char *name;
    int64_t waiting; /* events that it has yet to take */
    int64_t oldest;  /* seconds since the first of them was made; 0: none waits */
    uint64_t accepted, lost;
    bool up; /* it took what it was offered last */
};

struct metrics_moment {
    const struct pipeline *pipeline;
    const struct metrics_sink *sinks;
    size_t sink_count;
    int64_t outbox_bytes; /* -1: not known */
    int64_t log_bytes;    /* of the database's write-ahead log; -1: not known */
    unsigned in_work;     /* mails */
    bool store_up;        /* it is on disk, and its last transaction worked */
};

/* Writes everything in the text format of Prometheus, version 0.0.4. */
void metrics_write(FILE *out, const struct metrics_moment *moment);

#endif
