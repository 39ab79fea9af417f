/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-report-private.h - what series-report.c, series-answers.c and series-list.c share.
 */
#ifndef SERIES_REPORT_PRIVATE_H
#define SERIES_REPORT_PRIVATE_H

#include "pipeline/series-report.h"

#include <glib.h>

/* What the answers to a series say. */
struct report_answers {
    struct store *store;
    struct arena *arena;
    const struct configuration *hide;
    struct series_view *view; /* its members are read when an answer says what was applied */
    bool whole;               /* the lists below are filled, not only the counts */
    bool more;                /* there are more answers than LIMIT_STATE_ANSWERS */
    size_t count;             /* answers that were read */
    size_t applies;           /* those of them that say that something was applied */
    struct report_counts counts;
    GArray *tags, *verdicts, *applied, *replies; /* of struct report_tag, ...; whole only */
    GHashTable *given;     /* "MEANING SENDER", and "MEANING PART SENDER", as a set */
    GHashTable *part_tags; /* PART * REPORT_MEANINGS + MEANING, and the number of senders */
    GHashTable *robots;    /* the name of a robot, and its newest struct report_verdict */
    GHashTable *commits;   /* the number of a part, and its struct report_applied */
};

/* Reads the answers to answers->view; the caller has filled the fields up to `whole` and must call
 * report_answers_free.  Sets the counts but for `waiting`. */
void report_answers_read(struct report_answers *answers);
void report_answers_free(struct report_answers *answers);
/* Sets counts->waiting. */
void report_waiting_set(struct report_counts *counts, enum index_state state);

/* Returns a copy of TEXT in ARENA; "" for NULL. */
const char *report_keep(struct arena *arena, const char *text);
/* Returns true if LISTS, separated by spaces, has no list that is open in HIDE; false if HIDE is
 * NULL. */
bool report_is_hidden(const struct configuration *hide, const char *lists);

#endif
