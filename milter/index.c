/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index.c - what earlier mails taught: see store.h.
 *
 * Owns the statements on the tables message, series, member, key and tag, with index-series.c.  Any
 * of them can fail; the mail's transaction is then lost and the rest of its calls do nothing.
 */
#include "store-private.h"

#include <string.h>

#define LISTS_MOST 512 /* bytes of the lists that one mail came through */
#define KEY_ROWS   8   /* rows of a key that are read for each series asked for */

#define SERIES_COLUMNS \
    "s.id, s.topic, s.author, s.title, s.version, s.total, s.rfc, s.opened, s.changed"

static const char *copy_column(struct store *store, struct statement *statement, int column) {
    const char *text = (const char *)sqlite3_column_text(statement->handle, column);

    if (!text)
        return "";
    return arena_copy(&store->strings, text,
                      (size_t)sqlite3_column_bytes(statement->handle, column));
}

/* A number that may be missing: -1. */
static int64_t number_column(struct statement *statement, int column) {
    return sqlite3_column_type(statement->handle, column) == SQLITE_NULL
               ? -1
               : sqlite3_column_int64(statement->handle, column);
}

/* ---- finding ------------------------------------------------------------------------------ */

static bool message_row(struct store *store, const char *message_id, struct index_message *found) {
    struct statement *statement =
        store_statement(store, STATEMENT_FIND_MESSAGE,
                        "SELECT message_id, series, sender, kind, lists, part, received"
                        " FROM message WHERE message_id = ?1");
    bool known;

    if (!statement)
        return false;
    store_bind_text(statement, 1, message_id);
    known = store_row(store, statement);
    if (known) {
        found->message_id = copy_column(store, statement, 0);
        found->series = copy_column(store, statement, 1);
        found->sender = copy_column(store, statement, 2);
        found->kind = copy_column(store, statement, 3);
        found->list = copy_column(store, statement, 4);
        found->part = number_column(statement, 5);
        found->received = sqlite3_column_int64(statement->handle, 6);
    }
    store_reset(statement);
    return known;
}

bool index_find_message(struct store *store, const char *message_id, struct index_message *found) {
    enum index_cached cached;
    bool known;

    if (!store->working)
        return false;
    cached = index_cache_message(store->cache, message_id, &store->strings, found);
    if (cached != INDEX_CACHED_NOT)
        return cached == INDEX_CACHED;
    known = message_row(store, message_id, found);
    if (store->working)
        index_cache_keep_message(store->cache, message_id, known ? found : NULL);
    return known;
}

/* Reads SERIES_COLUMNS. */
static void series_read(struct store *store, struct statement *statement,
                        struct index_series *found) {
    found->id = copy_column(store, statement, 0);
    found->topic = copy_column(store, statement, 1);
    found->author = copy_column(store, statement, 2);
    found->title = copy_column(store, statement, 3);
    found->version = number_column(statement, 4);
    found->total = number_column(statement, 5);
    found->rfc = sqlite3_column_int(statement->handle, 6) != 0;
    found->opened = sqlite3_column_int64(statement->handle, 7);
    found->changed = sqlite3_column_int64(statement->handle, 8);
}

/* Reads one row; *ALIAS, when it was joined with another: "" else. */
static bool series_row(struct store *store, const char *id, struct index_series *found,
                       const char **alias) {
    struct statement *statement =
        store_statement(store, STATEMENT_FIND_SERIES,
                        "SELECT " SERIES_COLUMNS ", s.alias FROM series s WHERE s.id = ?1");
    bool known;

    if (!statement)
        return false;
    store_bind_text(statement, 1, id);
    known = store_row(store, statement);
    if (known) {
        *alias = copy_column(store, statement, 9);
        if (!**alias)
            series_read(store, statement, found);
    }
    store_reset(statement);
    return known;
}

/* From what was asked for last; *ABSENT: it is known that there is none. */
static bool series_cached(struct store *store, const char *id, struct index_series *found,
                          bool *absent) {
    const struct index_cached_series *cached = index_cache_series(store->cache, id, absent);

    if (!cached)
        return false;
    *found = cached->row;
    found->id = arena_copy(&store->strings, found->id, strlen(found->id));
    found->topic = arena_copy(&store->strings, found->topic, strlen(found->topic));
    found->author = arena_copy(&store->strings, found->author, strlen(found->author));
    found->title = arena_copy(&store->strings, found->title, strlen(found->title));
    return true;
}

bool index_find_series(struct store *store, const char *id, struct index_series *found) {
    const char *alias = "";
    bool absent = false;

    if (!store->working)
        return false;
    if (series_cached(store, id, found, &absent))
        return true;
    if (absent)
        return false;
    if (!series_row(store, id, found, &alias)) {
        if (store->working)
            index_cache_keep_series(store->cache, id, NULL, -1);
        return false;
    }
    /* index_join keeps every alias one step away. */
    if (*alias)
        return series_row(store, alias, found, &alias) && !*alias;
    index_cache_keep_series(store->cache, id, found, -1);
    return true;
}

/* What ID is found as; itself when it is not known. */
static const char *series_resolve(struct store *store, const char *id) {
    struct index_series found;

    return index_find_series(store, id, &found) ? found.id : id;
}

bool index_is_taken(struct store *store, const char *series, int64_t part, const char *message_id) {
    struct statement *statement = store_statement(
        store, STATEMENT_TAKEN,
        "SELECT 1 FROM member WHERE series = ?1 AND part = ?2 AND message_id <> ?3 LIMIT 1");
    bool taken;

    if (!statement)
        return false;
    store_bind_text(statement, 1, series);
    store_bind_number(statement, 2, part);
    store_bind_text(statement, 3, message_id);
    taken = store_row(store, statement);
    store_reset(statement);
    return taken;
}

static bool is_among(const struct index_series *found, size_t count, const char *id) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(found[i].id, id) == 0)
            return true;
    return false;
}

size_t index_find_key(struct store *store, const char *key, struct index_series *found,
                      size_t max) {
    struct statement *statement =
        store_statement(store, STATEMENT_FIND_KEY,
                        "SELECT series FROM key WHERE key = ?1 ORDER BY received DESC LIMIT ?2");
    size_t count = 0;

    if (!statement)
        return 0;
    store_bind_text(statement, 1, key);
    store_bind_number(statement, 2, (int64_t)max * KEY_ROWS);
    while (count < max && store_row(store, statement)) {
        const char *id = copy_column(store, statement, 0);

        if (!is_among(found, count, id) && index_find_series(store, id, &found[count]) &&
            !is_among(found, count, found[count].id))
            count++;
    }
    store_reset(statement);
    return count;
}

/* ---- learning ----------------------------------------------------------------------------- */

/* One more list that a known mail came through. */
static int list_learn(struct store *store, const struct index_message *message) {
    struct statement *statement =
        store_statement(store, STATEMENT_LEARN_LIST,
                        "UPDATE message SET lists = trim(lists || ' ' || ?2) WHERE message_id = ?1"
                        " AND instr(' ' || lists || ' ', ' ' || ?2 || ' ') = 0"
                        " AND length(lists) + length(?2) < ?3");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, message->message_id);
    store_bind_text(statement, 2, message->list);
    store_bind_number(statement, 3, LISTS_MOST);
    index_cache_drop_message(store->cache, message->message_id);
    return store_run(store, statement) < 0 ? -1 : 0;
}

int index_learn_message(struct store *store, const struct index_message *message) {
    struct statement *statement = store_statement(
        store, STATEMENT_LEARN_MESSAGE,
        "INSERT INTO message(message_id, series, sender, kind, lists, part, received)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(message_id) DO NOTHING");
    int changed;

    if (!statement)
        return -1;
    store_bind_text(statement, 1, message->message_id);
    store_bind_text(statement, 2, message->series);
    store_bind_text(statement, 3, message->sender);
    store_bind_text(statement, 4, message->kind);
    store_bind_text(statement, 5, message->list);
    store_bind_known(statement, 6, message->part);
    store_bind_number(statement, 7, message->received);
    changed = store_run(store, statement);
    if (changed > 0)
        index_cache_keep_message(store->cache, message->message_id, message);
    if (changed != 0)
        return changed;
    return *message->list ? list_learn(store, message) : 0;
}

int index_learn_key(struct store *store, const char *key, const char *series, int64_t received) {
    struct statement *statement = store_statement(
        store, STATEMENT_LEARN_KEY,
        "INSERT INTO key(key, received, series) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, key);
    store_bind_number(statement, 2, received);
    store_bind_text(statement, 3, series);
    return store_run(store, statement) < 0 ? -1 : 0;
}

int index_adopt(struct store *store, const char *message_id, const char *series) {
    struct statement *statement = store_statement(store, STATEMENT_ADOPT,
                                                  "UPDATE message SET series = ?2, part = 0"
                                                  " WHERE message_id = ?1 AND series = ''");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, message_id);
    store_bind_text(statement, 2, series);
    index_cache_drop_message(store->cache, message_id);
    return store_run(store, statement) < 0 ? -1 : 0;
}

static int join_run(struct store *store, enum store_statement which, const char *sql,
                    const char *series, const char *other) {
    struct statement *statement = store_statement(store, which, sql);

    if (!statement)
        return -1;
    store_bind_text(statement, 1, series);
    store_bind_text(statement, 2, other);
    return store_run(store, statement);
}

int index_join(struct store *store, const char *series, const char *other) {
    int joined;

    series = series_resolve(store, series);
    other = series_resolve(store, other);
    if (strcmp(series, other) == 0)
        return 0;
    index_cache_clear(store->cache);
    /* What was complete stays so: nobody is told again. */
    joined = join_run(store, STATEMENT_JOIN,
                      "UPDATE series SET alias = ?1, state = CASE state WHEN 1 THEN 1 ELSE 2 END"
                      " WHERE id = ?2 AND alias = ''",
                      series, other);
    if (joined <= 0)
        return joined;
    if (join_run(store, STATEMENT_JOIN_ALIASES,
                 "UPDATE series SET alias = ?1 WHERE alias = ?2 AND alias <> ''", series,
                 other) < 0 ||
        join_run(store, STATEMENT_JOIN_MEMBERS,
                 "UPDATE OR IGNORE member SET series = ?1 WHERE series = ?2", series, other) < 0 ||
        join_run(store, STATEMENT_JOIN_TAGS,
                 "UPDATE OR IGNORE tag SET series = ?1 WHERE series = ?2", series, other) < 0)
        return -1;
    return 1;
}

int index_learn_tag(struct store *store, const char *series, int64_t part, const char *tag,
                    const char *message_id) {
    struct statement *statement =
        store_statement(store, STATEMENT_LEARN_TAG,
                        "INSERT INTO tag(series, part, tag, message_id) VALUES(?1, ?2, ?3, ?4)"
                        " ON CONFLICT DO NOTHING");

    if (!statement)
        return -1;
    /* Answers to mails that were joined name the series as those mails do. */
    store_bind_text(statement, 1, series_resolve(store, series));
    store_bind_number(statement, 2, part);
    store_bind_text(statement, 3, tag);
    store_bind_text(statement, 4, message_id);
    return store_run(store, statement) < 0 ? -1 : 0;
}
