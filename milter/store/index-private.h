/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index-private.h - what the files index*.c share; no other includes it.
 */
#ifndef INDEX_PRIVATE_H
#define INDEX_PRIVATE_H

#include "store/index.h"
#include "store/store-private.h"

/* SQL: the ids of the series ?1 and of those that were joined with it.  Mails keep the id that they
 * were first given. */
#define INDEX_ALIASES "(SELECT ?1 UNION ALL SELECT id FROM series WHERE alias = ?1 AND alias <> '')"
/* SQL: the mails m of those that were joined with it.  Where mails come, this is asked beside those
 * of ?1: for a set of ids SQLite makes a table. */
#define INDEX_JOINED                                                     \
    "series s CROSS JOIN message m WHERE s.alias = ?1 AND s.alias <> ''" \
    " AND m.series = s.id"

/* Finds a series as index_find_series does, with its state: 0 open, 1 complete, 2 reported to be
 * incomplete. */
bool index_series_row(struct store *store, const char *id, struct index_series *found, int *state);
/* Returns the text of a column, which lives until the transaction ends. */
const char *index_copy(struct store *store, sqlite3_stmt *statement, int column);

#endif
