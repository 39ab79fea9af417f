/* SPDX-License-Identifier: BSD-2-Clause
 *
 * housekeeping.h - periodic work on the store: bounds of the outbox, incomplete series, expiry.
 *
 * For one thread, off the mail path.  That events are dropped is logged when it begins and when
 * it ends.  Functions without a result have logged their faults.
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
    const char *sinks[LIMIT_PLUGINS]; /* that are configured */
    size_t sink_count;
    unsigned rounds;
    int64_t dropped; /* events that went before a sink had them, since it was logged */
    int64_t dropped_last;
};

/* Starts the work on STORE.  STORE, CONFIGURATION and the names in `sinks` must outlive it.
 * Returns 0, or -1 after log_error. */
int housekeeping_open(struct housekeeping *housekeeping, struct store *store,
                      const struct configuration *configuration);
void housekeeping_close(struct housekeeping *housekeeping);

/* Bounds the outbox and reports lost mails; called every few seconds.  NOW is the time that expiry
 * goes by (index_expiry_time). */
void housekeeping_round(struct housekeeping *housekeeping, int64_t now);

/* Both hold the lock of the store for moments only.  NOW: seconds since 1970. */

/* Appends series.incomplete for series with missing parts and no new mail for `quiet`, up to 20 in
 * one call. */
void housekeeping_report_incomplete(struct store *store, const struct configuration *configuration,
                                    int64_t now);
/* Deletes from the index what is older than `remember`, in up to 50 steps.  NOW is the time that
 * expiry goes by (index_expiry_time). */
void housekeeping_expire(struct store *store, const struct configuration *configuration,
                         int64_t now);

#endif
