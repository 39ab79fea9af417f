/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index-private.h - SQL and functions that index.c, index-series.c and index-walk.c share.  No
 * other file includes it.
 */
#ifndef INDEX_PRIVATE_H
#define INDEX_PRIVATE_H

#include "store/index.h"
#include "store/store-private.h"

/* SQL: the ids of the series ?1 and of the series that were joined with it.  A mail keeps the id
 * with which it was recorded. */
#define INDEX_ALIASES "(SELECT ?1 UNION ALL SELECT id FROM series WHERE alias = ?1 AND alias <> '')"
/* SQL: the mails m of the series that were joined with ?1.  Statements that run for each mail query
 * these mails and those of ?1 separately, because SQLite builds a temporary table for a set of ids
 * such as INDEX_ALIASES. */
#define INDEX_JOINED                                                     \
    "series s CROSS JOIN message m WHERE s.alias = ?1 AND s.alias <> ''" \
    " AND m.series = s.id"

/* SQL: the columns of the series s that index_find_series_brief fills. */
#define INDEX_BRIEF_COLUMNS                                                                      \
    "s.id, s.topic, s.author, s.title, s.version, s.total, s.rfc, s.opened, s.changed, s.state," \
    " s.alias, s.via, s.lists, s.labels, s.patch_author, s.patch_author_name, s.superseded_by"
/* SQL: the columns of the series s that index_series_read reads. */
#define INDEX_SERIES_COLUMNS                                                        \
    INDEX_BRIEF_COLUMNS                                                             \
    ", s.title_part, s.submitter_name, s.revision, s.flags, s.tree, s.base_commit," \
    " s.change_id, s.prerequisites, s.supersedes, s.how, s.replaces"

/* Returns scope I of those whose rows the transaction records; NULL if there are fewer. */
const char *index_scope_own(const struct store *store, size_t i);
/* Returns the id under which the series ID is recorded in SCOPE; valid until the transaction ends.
 */
const char *index_scoped_id(struct store *store, const char *scope, const char *id);

/* Returns the id of the series that is recorded as TEXT, without its scope; valid until the
 * transaction ends, or as long as TEXT. */
const char *index_plain_id(struct store *store, const char *text);

/* Returns the state of SERIES, whose column `state` is STATE, an enum state of index-series.c. */
enum index_state index_state_of(int state, const struct index_series *series);
/* Fills FOUND and *STATE from the INDEX_SERIES_COLUMNS of the current row; found->id is the id as
 * recorded.  Returns the id of the series that this one was joined with, "" if none. */
const char *index_series_read(struct store *store, sqlite3_stmt *statement,
                              struct index_series *found, int *state);
/* Looks up the series that is recorded as ID, an id of index_scoped_id, and stores its state in
 * *STATE.  If it was joined with another one, looks up that one.  found->id is the id as recorded.
 */
bool index_series_row(struct store *store, const char *id, struct index_series *found, int *state);
/* Does the same, but fills only what index_find_series_brief fills. */
bool index_series_row_brief(struct store *store, const char *id, struct index_series *found,
                            int *state);
/* Returns a copy of the text of a column; valid until the transaction ends. */
const char *index_copy(struct store *store, sqlite3_stmt *statement, int column);

#endif
