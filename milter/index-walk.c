/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index-walk.c - whole series for people and timers, and forgetting: see store.h.
 *
 * What walks runs in its caller's transaction; index_forget has one of its own for each step, small
 * enough that no mail has to wait for it.
 */
#include "store-private.h"

#include <stdlib.h>
#include <string.h>

#define SPAN_STEP 200 /* mails, keys or series looked at in one transaction */
#define ROWS_STEP 250 /* rows deleted in it, of each kind: more than a span is long */

/* ---- walking ------------------------------------------------------------------------------ */

static const char *text(struct statement *statement, int column) {
    const char *value = (const char *)sqlite3_column_text(statement->handle, column);

    return value ? value : "";
}

int index_walk_members(struct store *store, const char *series,
                       void (*function)(void *argument, const struct index_member *member),
                       void *argument) {
    struct statement *statement =
        store_statement(store, STATEMENT_WALK_MEMBERS,
                        "SELECT message_id, title, author, part FROM member WHERE series = ?1"
                        " ORDER BY part, message_id");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, series);
    while (store_row(store, statement))
        function(argument,
                 &(struct index_member){.message_id = text(statement, 0),
                                        .title = text(statement, 1),
                                        .author = text(statement, 2),
                                        .part = sqlite3_column_int64(statement->handle, 3)});
    store_reset(statement);
    return store->working ? 0 : -1;
}

int index_walk_tags(struct store *store, const char *series,
                    void (*function)(void *argument, int64_t part, const char *tag,
                                     const char *message_id),
                    void *argument) {
    struct statement *statement =
        store_statement(store, STATEMENT_WALK_TAGS,
                        "SELECT part, tag, message_id FROM tag WHERE series = ?1 ORDER BY part");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, series);
    while (store_row(store, statement))
        function(argument, sqlite3_column_int64(statement->handle, 0), text(statement, 1),
                 text(statement, 2));
    store_reset(statement);
    return store->working ? 0 : -1;
}

int index_walk_topic(struct store *store, const char *topic,
                     void (*function)(void *argument, const struct index_series *series),
                     void *argument) {
    struct statement *statement = store_statement(
        store, STATEMENT_WALK_TOPIC,
        "SELECT id, topic, author, title, ifnull(version, -1), ifnull(total, -1), opened, changed,"
        " rfc FROM series WHERE topic = ?1 AND alias = '' ORDER BY opened, id");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, topic);
    while (store_row(store, statement))
        function(argument,
                 &(struct index_series){.id = text(statement, 0),
                                        .topic = text(statement, 1),
                                        .author = text(statement, 2),
                                        .title = text(statement, 3),
                                        .version = sqlite3_column_int64(statement->handle, 4),
                                        .total = sqlite3_column_int64(statement->handle, 5),
                                        .opened = sqlite3_column_int64(statement->handle, 6),
                                        .changed = sqlite3_column_int64(statement->handle, 7),
                                        .rfc = sqlite3_column_int(statement->handle, 8) != 0});
    store_reset(statement);
    return store->working ? 0 : -1;
}

/* ---- incomplete --------------------------------------------------------------------------- */

static void told(struct store *store, const char *id) {
    struct statement *statement =
        store_statement(store, STATEMENT_TELL, "UPDATE series SET state = 2 WHERE id = ?1");

    if (!statement)
        return;
    store_bind_text(statement, 1, id);
    store_run(store, statement);
}

int index_take_incomplete(struct store *store, int64_t quiet, char **ids, int max) {
    struct statement *statement =
        store_statement(store, STATEMENT_INCOMPLETE,
                        "SELECT id FROM series WHERE state = 0 AND opened < ?1 AND changed < ?1"
                        " ORDER BY opened LIMIT ?2");
    int count = 0;

    if (!statement)
        return -1;
    store_bind_number(statement, 1, quiet);
    store_bind_number(statement, 2, max);
    while (count < max && store_row(store, statement)) {
        ids[count] = strdup(text(statement, 0));
        if (!ids[count])
            break;
        count++;
    }
    store_reset(statement);
    for (int i = 0; i < count; i++)
        told(store, ids[i]);
    if (store->working)
        return count;
    while (count > 0)
        free(ids[--count]);
    return -1;
}

/* ---- forgetting --------------------------------------------------------------------------- */

/* Tables are walked by their primary keys, a span at a time, so no index on the time of receipt
 * has to be kept up by each mail.  A span is SPAN_STEP mails, keys or series; of the rows that
 * hang on them, which may be many more, no more than ROWS_STEP are deleted at once, and then the
 * span is walked again. */
#define A_SPAN  " LIMIT " TEXT_OF(SPAN_STEP)
#define AT_ONCE " LIMIT " TEXT_OF(ROWS_STEP)

/* The keys that are there, each found from the one before: one may have thousands of rows. */
#define KEYS_UNTIL(end)                                                                  \
    "WITH RECURSIVE walk(k, n) AS (SELECT min(key), 1 FROM key WHERE key > ?1 UNION ALL" \
    " SELECT (SELECT min(key) FROM key WHERE key > walk.k), n + 1 FROM walk WHERE " end ")"

#define DELETES_MOST 3 /* statements for one span */

static const struct walk {
    const char *last; /* the last key of the span behind ?1 */
    const char *rows[DELETES_MOST];
} walks[] = {
    {"SELECT max(k) FROM (SELECT message_id AS k FROM message WHERE message_id > ?1"
     " ORDER BY message_id" A_SPAN ")",
     /* Tags for a series that is not there: its mails went another way, or it is forgotten. */
     {"DELETE FROM tag WHERE (series, message_id, tag) IN (SELECT t.series, t.message_id, t.tag"
      " FROM message m CROSS JOIN tag t ON t.series = m.series AND t.message_id = m.message_id"
      " WHERE m.message_id > ?1 AND m.message_id <= ?2 AND m.received < ?3"
      " AND NOT EXISTS (SELECT 1 FROM series s WHERE s.id = t.series)" AT_ONCE ")",
      "DELETE FROM message WHERE message_id > ?1 AND message_id <= ?2 AND received < ?3"}},
    {KEYS_UNTIL("k IS NOT NULL AND n < " TEXT_OF(SPAN_STEP)) " SELECT max(k) FROM walk",
     {"DELETE FROM key WHERE (key, received, series) IN (" KEYS_UNTIL(
         "k < ?2") " SELECT r.key, r.received, r.series FROM walk CROSS JOIN key r"
                   " ON r.key = walk.k AND r.received < ?3" AT_ONCE ")"}},
    {"SELECT max(k) FROM (SELECT id AS k FROM series WHERE id > ?1 ORDER BY id" A_SPAN ")",
     {"DELETE FROM member WHERE (series, part, message_id) IN"
      " (SELECT m.series, m.part, m.message_id FROM series s CROSS JOIN member m ON m.series = s.id"
      " WHERE s.id > ?1 AND s.id <= ?2 AND s.changed < ?3" AT_ONCE ")",
      "DELETE FROM tag WHERE (series, message_id, tag) IN"
      " (SELECT t.series, t.message_id, t.tag FROM series s CROSS JOIN tag t ON t.series = s.id"
      " WHERE s.id > ?1 AND s.id <= ?2 AND s.changed < ?3" AT_ONCE ")",
      /* Its mails go by the name of one that was joined as long as the other lives. */
      "DELETE FROM series WHERE id > ?1 AND id <= ?2 AND changed < ?3 AND NOT EXISTS"
      " (SELECT 1 FROM series o WHERE o.id = series.alias AND o.changed >= ?3)"}},
};
#define WALK_COUNT ((int)(sizeof(walks) / sizeof(walks[0])))
_Static_assert(WALK_COUNT == STATEMENT_FORGET_ROWS - STATEMENT_FORGET_SPAN, "statements to keep");
_Static_assert(WALK_COUNT *DELETES_MOST == STATEMENT_APPEND - STATEMENT_FORGET_ROWS,
               "statements to keep");

static const char *span_begin(const struct store *store) {
    return store->forgetting.after ? store->forgetting.after : "";
}

/* The end of the next span, on the heap; NULL at the end of the table. */
static char *span_end(struct store *store, int table) {
    struct statement *statement =
        store_statement(store, (enum store_statement)(STATEMENT_FORGET_SPAN + table),
                        walks[table].last);
    char *last = NULL;

    if (!statement)
        return NULL;
    store_bind_text(statement, 1, span_begin(store));
    if (store_row(store, statement) && sqlite3_column_type(statement->handle, 0) != SQLITE_NULL)
        last = strdup(text(statement, 0));
    store_reset(statement);
    return last;
}

/* How many rows went, -1 on a fault. */
static int rows_delete(struct store *store, enum store_statement which, const char *sql,
                       const char *last, int64_t cutoff) {
    struct statement *statement = store_statement(store, which, sql);

    if (!statement)
        return -1;
    store_bind_text(statement, 1, span_begin(store));
    store_bind_text(statement, 2, last);
    store_bind_number(statement, 3, cutoff);
    return store_run(store, statement);
}

/* True when nothing old is left in the span. */
static bool span_forget(struct store *store, int table, const char *last, int64_t cutoff) {
    int first = STATEMENT_FORGET_ROWS + table * DELETES_MOST;

    for (int i = 0; i < DELETES_MOST && walks[table].rows[i]; i++) {
        int gone = rows_delete(store, (enum store_statement)(first + i), walks[table].rows[i], last,
                               cutoff);

        if (gone > 0)
            index_cache_clear(store->cache);
        if (gone < 0 || gone == ROWS_STEP)
            return false;
    }
    return true;
}

int index_forget(struct store *store, int64_t cutoff) {
    int table = store->forgetting.table;
    bool more = true;
    char *last;

    if (store_begin(store) < 0) {
        store_rollback(store);
        return -1;
    }
    last = span_end(store, table);
    if (store->working && (!last || span_forget(store, table, last, cutoff))) {
        more = last || table + 1 < WALK_COUNT;
        if (!last)
            store->forgetting.table = (table + 1) % WALK_COUNT;
        free(store->forgetting.after);
        store->forgetting.after = last;
        last = NULL;
    }
    free(last);
    return store_commit_lazily(store) < 0 ? -1 : more;
}
