/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-find.h - finds what a person who names a series means, in the index of a state folder.
 */
#ifndef SERIES_FIND_H
#define SERIES_FIND_H

#include "pipeline/series-report.h"
#include "util/arena.h"

#define SERIES_ANSWERS_MOST 100 /* answers without a series that are read */

enum series_what {
    SERIES_UNKNOWN,
    SERIES_FOUND,   /* `report` has the series */
    SERIES_ANSWERS, /* no mail of the series `id` was seen, only answers to it */
    SERIES_MAIL     /* `mail` was seen, and belongs to no series */
};

struct series_found {
    enum series_what what;
    const char *scope; /* the scope of the index; NULL for that of open lists */
    struct series_report report;
    struct index_message mail; /* message_id, kind and received alone */
    const char *id;
    const struct index_answer *answers; /* the oldest SERIES_ANSWERS_MOST, ordered by time */
    size_t answer_count;                /* of all */
};

/* Returns NAME as the index has it: the id of a series or topic in lower case, or a Message-ID
 * without angle brackets.  NAME may have blanks around it, one or both of the brackets, or be a URL
 * that has the id or the Message-ID as one of its segments.  ARENA owns the string. */
const char *series_name_clean(struct arena *arena, const char *name);

/* Fills FOUND with what NAME means, which series_name_clean returned: a series or mail of open
 * lists, else of closed lists or of no list.  ARENA owns all strings.  Has a transaction of its
 * own, which only reads. */
void series_find(struct store *store, struct arena *arena, const char *name,
                 struct series_found *found);

#endif
