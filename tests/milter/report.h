/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report.h - the output of fakemta: the mails or their edits in the order of the input, and the
 * statistics of a run.
 */
#ifndef REPORT_H
#define REPORT_H

#include <pthread.h>
#include <stdio.h>

#include "mta.h"

enum report_kind { REPORT_NONE, REPORT_MAIL, REPORT_HEADERS, REPORT_EDITS };

struct report_entry;

/* Mails are added by several threads in any order, and printed in the order of their numbers. */
struct report {
    enum report_kind kind;
    FILE *out;
    pthread_mutex_t lock;
    struct report_entry *entries; /* one for each mail; its text is freed when it is printed */
    size_t count, next;           /* number of mails; the first that is not printed yet */
    int failed;                   /* 1 after an error: no memory, or OUT cannot be written */
};

/* Initializes a report of COUNT mails to OUT.  Returns 0, or -1 if memory runs out. */
int report_init(struct report *report, enum report_kind kind, FILE *out, size_t count);

/* Adds the mail with number INDEX, counted from 0, and the filter's RESULT for it; RESULT is NULL
 * if the filter did not answer.  May be called on any thread. */
void report_add(struct report *report, size_t index, const struct mail *mail,
                const struct mta_result *result);

void report_free(struct report *report);

struct statistics {
    double seconds;
    uint32_t *latencies; /* of each answered mail, in microseconds; statistics_print sorts them */
    size_t answered;
    size_t unanswered;
    size_t retries; /* attempts after the first one, of all mails */
    size_t lost_connections;
    size_t verdicts[MTA_VERDICTS];
};

/* Prints the statistics to OUT as one line: as JSON, or as words NAME=NUMBER. */
void statistics_print(struct statistics *statistics, bool json, FILE *out);

#endif
