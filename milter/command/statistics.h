/* SPDX-License-Identifier: BSD-2-Clause
 *
 * statistics.h - counts over many mails: kinds, flags, and what each plugin cost.
 */
#ifndef STATISTICS_H
#define STATISTICS_H

#include "pipeline/pipeline.h"

#define STATISTICS_WORDS 64 /* kinds or flags; others count as "(others)" */

struct statistics_word {
    char word[65];
    uint64_t count;
};

struct statistics {
    struct statistics_word kinds[STATISTICS_WORDS], flags[STATISTICS_WORDS];
    size_t kind_count, flag_count;
    uint64_t mails, bytes, events, passed_over;
};

void statistics_add(struct statistics *statistics, const struct mail *mail);
/* Prints a table, most frequent first; then each plugin's calls, failures and time a mail. */
void statistics_print(const struct statistics *statistics, const struct pipeline *pipeline);

#endif
