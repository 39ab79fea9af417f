/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index-recent.c - walks the newest series and mails of open lists: see index.h.
 *
 * The walk over series reads the index series_recent alone, so that a search that finds nothing in
 * 100,000 series takes tens of milliseconds.  Any statement can fail, as in index.c.
 */
#include "store/index-private.h"

/* Stores what the current row shows in SERIES. */
static void recent_read(sqlite3_stmt *statement, struct index_recent *series) {
    static const enum index_state states[] = {INDEX_STATE_OPEN, INDEX_STATE_COMPLETE,
                                              INDEX_STATE_INCOMPLETE};
    int state = sqlite3_column_int(statement, 7);

    *series =
        (struct index_recent){.opened = sqlite3_column_int64(statement, 0),
                              .id = column_text(statement, 1),
                              .title = column_text(statement, 2),
                              .author = column_text(statement, 3),
                              .patch_author = column_text(statement, 4),
                              .patch_author_name = column_text(statement, 5),
                              .lists = column_text(statement, 6),
                              .state = state >= 0 && state < 3 ? states[state] : INDEX_STATE_OPEN};
    if (*column_text(statement, 8))
        series->state = INDEX_STATE_SUPERSEDED;
}

/* SQL: the columns of recent_read of what the index series_recent has. */
#define SELECT_RECENT                                                                  \
    "SELECT opened, id, title, author, patch_author, patch_author_name, lists, state," \
    " superseded_by FROM series WHERE length(alias) = 0 AND state <> 3"                \
    " AND instr(id, char(10)) = 0 "

static int recent_walk(struct store *store, sqlite3_stmt *statement,
                       bool (*function)(void *argument, const struct index_recent *series),
                       void *argument) {
    struct index_recent series;
    bool more = true;

    while (more && store_row(store, statement)) {
        recent_read(statement, &series);
        more = function(argument, &series);
    }
    store_reset(statement);
    return store->working ? 0 : -1;
}

int index_walk_recent(struct store *store, int64_t opened, const char *id,
                      bool (*function)(void *argument, const struct index_recent *series),
                      void *argument) {
    return recent_walk(store,
                       store_statement(store,
                                       SELECT_RECENT
                                       "AND (opened, id) < (?1, ?2) ORDER BY opened DESC, id DESC",
                                       VALUES(value_number(opened), value_text(id))),
                       function, argument);
}

int index_walk_oldest(struct store *store, int64_t opened, const char *id,
                      bool (*function)(void *argument, const struct index_recent *series),
                      void *argument) {
    return recent_walk(
        store,
        store_statement(store, SELECT_RECENT "AND (opened, id) > (?1, ?2) ORDER BY opened, id",
                        VALUES(value_number(opened), value_text(id))),
        function, argument);
}

/* SQL: true for a mail of open lists.  The scope of one that belongs to no series is only in its
 * hash, which is that of its Message-ID, or of a claim to it. */
#define IS_OPEN                                                                     \
    "CASE series WHEN '' THEN hash IN (text_hash(message_id), text_hash(message_id" \
    " || char(10) || sender)) ELSE instr(series, char(10)) = 0 END"

int index_walk_mails(struct store *store, int64_t since,
                     bool (*function)(void *argument, int64_t received, const char *kind,
                                      const char *lists),
                     void *argument) {
    sqlite3_stmt *statement =
        store_statement(store,
                        "SELECT time >> 20, kind, lists FROM message WHERE time >= ?1 << 20"
                        " AND published AND " IS_OPEN " ORDER BY time DESC",
                        VALUES(value_number(since)));
    bool more = true;

    while (more && store_row(store, statement))
        more = function(argument, sqlite3_column_int64(statement, 0), column_text(statement, 1),
                        column_text(statement, 2));
    store_reset(statement);
    return store->working ? 0 : -1;
}

/* ---- one mail ------------------------------------------------------------------------------ */

bool index_find_description(struct store *store, const char *message_id,
                            struct index_description *description) {
    sqlite3_stmt *statement = store_statement(
        store,
        "SELECT title, ifnull(author, sender), sender_name, robot, verdict, target FROM message"
        " WHERE hash = text_hash(?1)",
        VALUES(value_text(message_id)));
    bool known = store_row(store, statement);

    if (known)
        *description = (struct index_description){.title = index_copy(store, statement, 0),
                                                  .author = index_copy(store, statement, 1),
                                                  .sender_name = index_copy(store, statement, 2),
                                                  .robot = index_copy(store, statement, 3),
                                                  .verdict = index_copy(store, statement, 4),
                                                  .target = column_number(statement, 5)};
    store_reset(statement);
    return known;
}
