/* SPDX-License-Identifier: BSD-2-Clause
 *
 * statistics.h - counts over many mails: kinds, flags, and the time spent in each plugin.
 */
#ifndef STATISTICS_H
#define STATISTICS_H

#include "pipeline/pipeline.h"

#define STATISTICS_WORDS 64 /* different kinds, or flags; further ones count as "(others)" */

struct statistics_word {
    char word[65];
    uint64_t count;
};

struct statistics {
    struct statistics_word kinds[STATISTICS_WORDS], flags[STATISTICS_WORDS];
    size_t kind_count, flag_count;
    uint64_t mails, bytes, events;
    uint64_t passed_over; /* mails that are not classified, because of their list */
};

/* Adds a mail to STATISTICS, which is zeroed before the first. */
void statistics_add(struct statistics *statistics, const struct mail *mail);
/* Prints to standard output the totals, a table of kinds and flags, most frequent first, and the
 * calls, failures and time for each mail of each classifier of PIPELINE. */
void statistics_print(const struct statistics *statistics, const struct pipeline *pipeline);

#endif
