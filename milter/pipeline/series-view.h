/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-view.h - a series as the index has it at one moment, for events and records of its state.
 *
 * series_view_find and series_view_read must be called between store_begin and the end of the
 * transaction.  ARENA owns what they return, also after that.  A fault of the store is logged by
 * the store; the view is then incomplete.
 */
#ifndef SERIES_VIEW_H
#define SERIES_VIEW_H

#include "store/index.h"
#include "util/arena.h"

struct series_replaced {
    int64_t part;
    const char *message_id; /* of the older mail */
    const char *by;         /* Message-ID of the mail that replaces it */
    const char *series;     /* the series of that mail */
};

struct series_view {
    struct index_series row;
    bool whole; /* the members below were read */
    /* The effective set: one member for each number, ordered by number; at most LIMIT_VIEW_PARTS.
     */
    const struct index_member *parts;
    size_t part_count;
    bool more; /* there are more parts */
    /* Its parts that a partial re-roll replaced, if series_view_read_replaced was called. */
    const struct series_replaced *replaced;
    size_t replaced_count;
};

/* Fills the row of VIEW with the series ID, or the one with which that was joined.  Returns false
 * if the series is unknown. */
bool series_view_find(struct store *store, struct arena *arena, const char *id,
                      struct series_view *view);
/* Does the same, but fills only what index_find_series_brief fills, which is what the events of an
 * answer need. */
bool series_view_find_brief(struct store *store, struct arena *arena, const char *id,
                            struct series_view *view);
/* Fills the row of VIEW with a copy of ROW, as index_record_member_row set it. */
void series_view_take(struct arena *arena, const struct index_series *row,
                      struct series_view *view);
/* Reads the members of VIEW, which series_view_find has filled, if that was not done before. */
void series_view_read(struct store *store, struct arena *arena, struct series_view *view);
/* Reads which parts of VIEW were replaced. */
void series_view_read_replaced(struct store *store, struct arena *arena, struct series_view *view);

/* Returns the member of VIEW with the number PART; NULL if there is none. */
const struct index_member *series_view_part(const struct series_view *view, int64_t part);
/* Returns the version of SERIES, which is 1 if no member states one. */
int64_t series_view_version(const struct index_series *series);

#endif
