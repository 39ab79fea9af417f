/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report.h - what fakemta prints: the mails or their edits in the order of the input, and the
 * statistics of a run.
 */
#ifndef REPORT_H
#define REPORT_H

#include <pthread.h>
#include <stdio.h>

#include "mta.h"

enum report_kind { REPORT_NONE, REPORT_MAIL, REPORT_HEADERS, REPORT_EDITS };

struct report_entry;

/* Mails come in from several threads in any order and leave in that of their numbers. */
struct report {
    enum report_kind kind;
    FILE *out;
    pthread_mutex_t lock;
    struct report_entry *entries; /* one for each mail; printed ones are empty again */
    size_t count, next;           /* next: the first that was not printed yet */
    int failed;                   /* out of memory, or OUT cannot be written */
};

/* COUNT mails will come.  0, or -1: out of memory. */
int report_init(struct report *report, enum report_kind kind, FILE *out, size_t count);

/* The mail number INDEX (from 0) got RESULT; NULL: it got no answer.  Any thread. */
void report_add(struct report *report, size_t index, const struct mail *mail,
                const struct mta_result *result);

void report_free(struct report *report);

struct statistics {
    double seconds;
    uint32_t *latencies; /* microseconds of each answered mail; sorted by statistics_print */
    size_t answered;
    size_t unanswered;
    size_t retries; /* mails that were played once more */
    size_t lost_connections;
    size_t verdicts[MTA_VERDICTS];
};

/* One line. */
void statistics_print(struct statistics *statistics, bool json, FILE *out);

#endif
