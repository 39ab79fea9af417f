/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index.c - looks up and records mails, keys and positions: see index.h.
 *
 * Owns the statements on the tables message, series, key and progress, together with index-series.c
 * and index-walk.c.  Any of them can fail; the transaction is then lost and the rest of its calls
 * do nothing.
 */
#include "store/index-private.h"

#include <stdio.h>

#define LISTS_MOST 512 /* maximum size in bytes of the names of the lists of one mail */
#define KEY_ROWS   8   /* index_find_key reads up to this number of rows for each series of MAX */

const char *index_copy(struct store *store, sqlite3_stmt *statement, int column) {
    return arena_copy(&store->strings, column_text(statement, column),
                      (size_t)sqlite3_column_bytes(statement, column));
}

/* ---- looking up ---------------------------------------------------------------------------- */

bool index_find_message(struct store *store, const char *message_id, struct index_message *found) {
    sqlite3_stmt *statement =
        store_statement(store,
                        "SELECT series, sender, kind, lists, part, time >> 20 FROM message"
                        " WHERE hash = text_hash(?1)",
                        VALUES(value_text(message_id)));
    bool known = store_row(store, statement);

    if (known)
        *found = (struct index_message){.message_id = message_id,
                                        .series = index_copy(store, statement, 0),
                                        .sender = index_copy(store, statement, 1),
                                        .kind = index_copy(store, statement, 2),
                                        .list = index_copy(store, statement, 3),
                                        .part = column_number(statement, 4),
                                        .received = sqlite3_column_int64(statement, 5)};
    store_reset(statement);
    return known;
}

#define SERIES_COLUMNS                                                                           \
    "s.id, s.topic, s.author, s.title, s.version, s.total, s.rfc, s.opened, s.changed, s.state," \
    " s.alias"

/* Fills FOUND and *STATE from the SERIES_COLUMNS of the current row.  Returns the id of the series
 * that this one was joined with, "" if none. */
static const char *series_read(struct store *store, sqlite3_stmt *statement,
                               struct index_series *found, int *state) {
    *found = (struct index_series){.id = index_copy(store, statement, 0),
                                   .topic = index_copy(store, statement, 1),
                                   .author = index_copy(store, statement, 2),
                                   .title = index_copy(store, statement, 3),
                                   .version = column_number(statement, 4),
                                   .total = column_number(statement, 5),
                                   .rfc = sqlite3_column_int(statement, 6) != 0,
                                   .opened = sqlite3_column_int64(statement, 7),
                                   .changed = sqlite3_column_int64(statement, 8)};
    *state = sqlite3_column_int(statement, 9);
    return index_copy(store, statement, 10);
}

static bool series_row(struct store *store, const char *id, struct index_series *found, int *state,
                       const char **alias) {
    sqlite3_stmt *statement =
        store_statement(store, "SELECT " SERIES_COLUMNS " FROM series s WHERE s.id = ?1",
                        VALUES(value_text(id)));
    bool known = store_row(store, statement);

    if (known)
        *alias = series_read(store, statement, found, state);
    store_reset(statement);
    return known;
}

bool index_series_row(struct store *store, const char *id, struct index_series *found, int *state) {
    const char *alias;

    if (!series_row(store, id, found, state, &alias))
        return false;
    /* One further lookup is enough: index_join stores the final id as the alias of every series. */
    return !*alias || (series_row(store, alias, found, state, &alias) && !*alias);
}

bool index_find_series(struct store *store, const char *id, struct index_series *found) {
    int state;

    return index_series_row(store, id, found, &state);
}

bool index_has_part(struct store *store, const char *series, int64_t part, const char *message_id) {
    return store_number(store,
                        "SELECT 1 FROM message WHERE series = ?1 AND slot = ?2 AND message_id <> ?3"
                        " UNION ALL SELECT 1 FROM " INDEX_JOINED
                        " AND m.slot = ?2 AND m.message_id <> ?3 LIMIT 1",
                        VALUES(value_text(series), value_number(part), value_text(message_id)),
                        0) == 1;
}

static bool is_among(const struct index_series *found, size_t count, const char *id) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(found[i].id, id) == 0)
            return true;
    return false;
}

size_t index_find_key(struct store *store, const char *key, struct index_series *found,
                      size_t max) {
    sqlite3_stmt *statement = store_statement(
        store,
        "SELECT " SERIES_COLUMNS " FROM key k CROSS JOIN series s"
        " WHERE k.hash = text_hash(?1) AND s.id = k.series ORDER BY k.received DESC LIMIT ?2",
        VALUES(value_text(key), value_number((int64_t)max * KEY_ROWS)));
    size_t count = 0;
    int state;

    while (count < max && store_row(store, statement)) {
        const char *alias = series_read(store, statement, &found[count], &state);

        if ((!*alias || index_find_series(store, alias, &found[count])) &&
            !is_among(found, count, found[count].id))
            count++;
    }
    store_reset(statement);
    return count;
}

/* Returns true if one of the LINES, separated by LF, equals LINE. */
static bool has_line(const char *lines, const char *line) {
    size_t length = strlen(line);

    for (const char *at = lines; (at = strstr(at, line)); at += length)
        if ((at == lines || at[-1] == '\n') && (at[length] == '\n' || !at[length]))
            return true;
    return false;
}

size_t index_shared(struct store *store, const char *series, const char *const *notes,
                    size_t count) {
    sqlite3_stmt *statement =
        store_statement(store,
                        "SELECT notes FROM message WHERE series = ?1 AND slot IS NOT NULL"
                        " UNION ALL SELECT m.notes FROM " INDEX_JOINED " AND m.slot IS NOT NULL",
                        VALUES(value_text(series)));
    bool *found = arena_allocate(&store->strings, count * sizeof(*found) + 1);
    size_t shared = 0;

    memset(found, 0, count * sizeof(*found));
    while (store_row(store, statement))
        for (size_t i = 0; i < count; i++)
            found[i] = found[i] || has_line(column_text(statement, 0), notes[i]);
    store_reset(statement);
    for (size_t i = 0; i < count; i++)
        shared += found[i];
    return shared;
}

/* ---- recording ----------------------------------------------------------------------------- */

int index_record_message(struct store *store, const struct index_message *message) {
    bool member = message->title != NULL;
    const char *author = message->author;
    int changed;

    if (author && strcmp(author, message->sender) == 0)
        author = NULL;
    changed = store_run(
        store,
        "INSERT INTO message VALUES(max(?7 << 20, 1 + ifnull((SELECT max(time) FROM message"
        " WHERE time < (?7 + 1) << 20), 0)),"
        " text_hash(?1), ?1, ?2, ?3, ?4, ?5, ?6, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        " ON CONFLICT(hash) DO NOTHING",
        VALUES(value_text(message->message_id), value_text(message->series),
               value_text(message->sender), value_text(message->kind), value_text(message->list),
               value_known(message->part), value_number(message->received),
               value_known(member ? message->part : -1), value_optional(message->title),
               value_optional(author), value_optional(message->tags),
               message->tags ? value_number(message->target) : value_known(-1),
               value_optional(message->keys), value_optional(message->notes)));
    if (changed != 0 || !*message->list)
        return changed;
    /* A duplicate: it may have come through another list. */
    return store_run(
               store,
               "UPDATE message SET lists = trim(lists || ' ' || ?2) WHERE hash = text_hash(?1)"
               " AND instr(' ' || lists || ' ', ' ' || ?2 || ' ') = 0"
               " AND length(lists) + length(?2) < ?3",
               VALUES(value_text(message->message_id), value_text(message->list),
                      value_number(LISTS_MOST))) < 0
               ? -1
               : 0;
}

int index_record_key(struct store *store, const char *key, const char *series, int64_t received) {
    return store_run(store, "INSERT INTO key VALUES(text_hash(?1), ?2, ?3) ON CONFLICT DO NOTHING",
                     VALUES(value_text(key), value_number(received), value_text(series))) < 0
               ? -1
               : 0;
}

int index_assign_cover(struct store *store, const char *message_id, const char *series) {
    return store_run(store,
                     "UPDATE message SET series = ?2, part = 0 WHERE hash = text_hash(?1)"
                     " AND series = ''",
                     VALUES(value_text(message_id), value_text(series))) < 0
               ? -1
               : 0;
}

/* ---- positions ----------------------------------------------------------------------------- */

void index_position_read(struct store *store, const char *name,
                         char position[STORE_POSITION_SIZE]) {
    sqlite3_stmt *statement =
        store_statement(store, "SELECT position FROM progress WHERE archive = ?1",
                        VALUES(value_text(name)));

    position[0] = '\0';
    if (store_row(store, statement))
        snprintf(position, STORE_POSITION_SIZE, "%s", column_text(statement, 0));
    store_reset(statement);
}

int index_position_write(struct store *store, const char *name, const char *position) {
    return store_run(store,
                     "INSERT INTO progress VALUES(?1, ?2)"
                     " ON CONFLICT(archive) DO UPDATE SET position = excluded.position",
                     VALUES(value_text(name), value_text(position))) < 0
               ? -1
               : 0;
}
