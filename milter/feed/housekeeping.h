/* SPDX-License-Identifier: BSD-2-Clause
 *
 * housekeeping.h - periodic work on the store: bounds the outbox, reports lost mails and incomplete
 * series, and expires old mails.
 *
 * A struct housekeeping may be used by one thread at a time, which should be one that handles no
 * mail.  The functions take the lock of the store for short moments.  One line is logged when
 * events begin to be dropped, and one when that has ended.  Functions that return nothing log their
 * faults, and the next round tries again.
 */
#ifndef HOUSEKEEPING_H
#define HOUSEKEEPING_H

#include "plugin/bounds.h"
#include "settings/configuration.h"
#include "store/store.h"

struct housekeeping {
    struct store *store;
    const struct configuration *configuration;
    struct outbox_reader *reader;
    const char *sinks[LIMIT_PLUGINS]; /* the names of the configured sinks; the caller adds them */
    size_t sink_count;
    unsigned rounds;      /* number of calls of housekeeping_round */
    int64_t dropped;      /* number of events dropped since the line about it was logged; 0: no
                           * events are being dropped */
    int64_t dropped_last; /* the sequence of the newest of them */
};

/* Initializes HOUSEKEEPING for STORE, without sinks.  STORE, CONFIGURATION and the names in `sinks`
 * must stay valid until housekeeping_close.  Returns 0, or -1 on error, after log_error. */
int housekeeping_open(struct housekeeping *housekeeping, struct store *store,
                      const struct configuration *configuration);
/* Frees what housekeeping_open allocated, but not HOUSEKEEPING. */
void housekeeping_close(struct housekeeping *housekeeping);

/* Deletes events that the outbox need not or cannot keep, and appends an event about lost mails if
 * there are any.  Called every few seconds.  NOW is the time of expiry (index_expiry_time), in
 * seconds since 1970-01-01 UTC. */
void housekeeping_round(struct housekeeping *housekeeping, int64_t now);

/* Appends series.incomplete for series with missing parts and no new mail for `quiet`, up to 20 in
 * one call.  NOW is the time in seconds since 1970-01-01 UTC. */
void housekeeping_report_incomplete(struct store *store, const struct configuration *configuration,
                                    int64_t now);
/* Deletes mails that are older than `remember` from the index, in up to 50 steps.  NOW is the time
 * of expiry (index_expiry_time). */
void housekeeping_expire(struct store *store, const struct configuration *configuration,
                         int64_t now);

#endif
