/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stats.h - counts over many mails: kinds, flags, and what each plugin cost.
 */
#ifndef STATS_H
#define STATS_H

#include "pipeline/pipeline.h"

#define STATS_WORDS 64 /* different kinds, or flags; what comes behind counts as "(others)" */

struct stats_word {
    char word[65];
    uint64_t count;
};

struct stats {
    struct stats_word kinds[STATS_WORDS], flags[STATS_WORDS];
    size_t kind_count, flag_count;
    uint64_t mails, bytes, events, passed_over;
};

void stats_add(struct stats *stats, const struct mail *mail);
/* Prints a table, most frequent first; then each plugin's calls, failures and time a mail. */
void stats_print(const struct stats *stats, const struct pipeline *pipeline);

#endif
