/* SPDX-License-Identifier: BSD-2-Clause
 *
 * upkeep.h - keeps the outbox within its bounds, and says what that and a failing store cost.
 *
 * One thread, off the mail path; the log hears of a loss when it begins and when it ends.
 */
#ifndef UPKEEP_H
#define UPKEEP_H

#include "plugin/bounds.h"
#include "settings/configuration.h"

struct upkeep {
    struct store *store;
    const struct configuration *configuration;
    struct outbox_reader *reader;
    const char *sinks[LIMIT_PLUGINS]; /* that are configured */
    size_t sink_count;
    unsigned rounds;
    int64_t dropped; /* events that went before a sink had them, since it was logged */
    int64_t dropped_last;
};

/* STORE, CONFIGURATION and the names must outlive it.  0, or -1 after log_error. */
int upkeep_open(struct upkeep *upkeep, struct store *store,
                const struct configuration *configuration);
void upkeep_close(struct upkeep *upkeep);

/* One round, every few seconds; NOW: the time that expiry goes by (index_expiry_time). */
void upkeep_round(struct upkeep *upkeep, int64_t now);

#endif
