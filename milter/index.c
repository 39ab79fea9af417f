/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index.c - what earlier mails taught: see store.h.
 *
 * Owns the statements on the tables message, series, member, key and tag.  Any of them can fail;
 * the mail's transaction is then lost and the rest of its calls do nothing.
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

static void bind_number(struct statement *statement, int position, int64_t number) {
    if (number < 0)
        store_bind_null(statement, position);
    else
        store_bind_number(statement, position, number);
}

/* ---- finding ------------------------------------------------------------------------------ */

bool index_find_message(struct store *store, const char *message_id, struct index_message *found) {
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

bool index_find_series(struct store *store, const char *id, struct index_series *found) {
    const char *alias = "";

    /* index_join keeps every alias one step away. */
    return series_row(store, id, found, &alias) &&
           (!*alias || (series_row(store, alias, found, &alias) && !*alias));
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
    bind_number(statement, 6, message->part);
    store_bind_number(statement, 7, message->received);
    changed = store_run(store, statement);
    if (changed != 0)
        return changed;
    return *message->list ? list_learn(store, message) : 0;
}

/* A series that nobody had heard of: 1.  Of one without numbers nothing can be missing. */
static int series_open(struct store *store, const struct index_series *series) {
    struct statement *statement = store_statement(
        store, STATEMENT_OPEN_SERIES,
        "INSERT INTO series(id, topic, author, title, version, total, rfc, opened,"
        " changed, state) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8,"
        " CASE WHEN ?6 IS NULL OR ?9 THEN 2 ELSE 0 END) ON CONFLICT(id) DO NOTHING");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, series->id);
    store_bind_text(statement, 2, series->topic);
    store_bind_text(statement, 3, series->author);
    store_bind_text(statement, 4, series->title);
    bind_number(statement, 5, series->version);
    bind_number(statement, 6, series->total);
    store_bind_number(statement, 7, series->rfc);
    store_bind_number(statement, 8, series->changed);
    store_bind_number(statement, 9, series->archived);
    return store_run(store, statement);
}

/* What members seldom say anew, apart from the rest: pages that do not change are not written.
 * With the total it is known that parts can be missing. */
static int series_settle(struct store *store, const struct index_series *series) {
    struct statement *statement = store_statement(
        store, STATEMENT_SETTLE_SERIES,
        "UPDATE series SET topic = ?2, state = CASE WHEN total IS NULL AND ?3 > 0 THEN 0"
        " ELSE state END WHERE id = ?1 AND alias = ''"
        " AND (topic <> ?2 OR (total IS NULL AND ?3 > 0))");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, series->id);
    store_bind_text(statement, 2, series->topic);
    store_bind_number(statement, 3, series->total);
    return store_run(store, statement);
}

/* What one more member says of a series that is known; a cover says it for all. */
static int series_change(struct store *store, const struct index_series *series, bool by_cover) {
    struct statement *statement =
        by_cover ? store_statement(store, STATEMENT_CHANGE_BY_COVER,
                                   "UPDATE series SET changed = max(changed, ?2),"
                                   " version = ifnull(?3, version), total = ifnull(?4, total),"
                                   " title = ?5, rfc = ?6 WHERE id = ?1")
                 : store_statement(store, STATEMENT_CHANGE_SERIES,
                                   "UPDATE series SET changed = max(changed, ?2),"
                                   " version = ifnull(version, ?3), total = ifnull(total, ?4)"
                                   " WHERE id = ?1");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, series->id);
    store_bind_number(statement, 2, series->changed);
    bind_number(statement, 3, series->version);
    bind_number(statement, 4, series->total);
    if (by_cover) {
        store_bind_text(statement, 5, series->title);
        store_bind_number(statement, 6, series->rfc);
    }
    return store_run(store, statement);
}

/* It had been there before this host heard of it: without a cover, the first says what it is; of
 * two in one second, any that is the same on all hosts. */
static int series_open_earlier(struct store *store, const struct index_series *series) {
    struct statement *statement;

    if (series->opened <= 0)
        return 0;
    statement = store_statement(store, STATEMENT_OPEN_EARLIER,
                                "UPDATE series SET opened = ?2,"
                                " title = CASE WHEN covered THEN title ELSE ?3 END,"
                                " rfc = CASE WHEN covered THEN rfc ELSE ?4 END"
                                " FROM (SELECT EXISTS (SELECT 1 FROM member WHERE series = ?1"
                                "  AND part = 0) AS covered)"
                                " WHERE id = ?1 AND (opened > ?2 OR (opened = ?2 AND title > ?3))");
    if (!statement)
        return -1;
    store_bind_text(statement, 1, series->id);
    store_bind_number(statement, 2, series->opened);
    store_bind_text(statement, 3, series->title);
    store_bind_number(statement, 4, series->rfc);
    return store_run(store, statement);
}

static int member_add(struct store *store, const char *series, const struct index_member *member) {
    struct statement *statement =
        store_statement(store, STATEMENT_LEARN_MEMBER,
                        "INSERT INTO member(series, part, message_id, title, author)"
                        " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, series);
    store_bind_number(statement, 2, member->part);
    store_bind_text(statement, 3, member->message_id);
    store_bind_text(statement, 4, member->title);
    store_bind_text(statement, 5, member->author);
    return store_run(store, statement);
}

/* True when one that it was joined with was complete by itself. */
static bool was_complete(struct store *store, const char *series) {
    struct statement *statement =
        store_statement(store, STATEMENT_WAS_COMPLETE,
                        "SELECT 1 FROM series WHERE alias = ?1 AND alias <> '' AND state = 1");
    bool was;

    if (!statement)
        return false;
    store_bind_text(statement, 1, series);
    was = store_row(store, statement);
    store_reset(statement);
    return was;
}

/* Marks a series complete when all its parts are there.  1: just now, for the first time. */
static int series_complete(struct store *store, const char *series) {
    struct statement *statement = store_statement(
        store, STATEMENT_COMPLETE,
        "UPDATE series SET state = 1 WHERE id = ?1 AND state <> 1 AND total > 0 AND total ="
        " (SELECT count(DISTINCT m.part) FROM member m WHERE m.series = ?1"
        "  AND m.part BETWEEN 1 AND series.total)");
    int changed;

    if (!statement)
        return -1;
    store_bind_text(statement, 1, series);
    changed = store_run(store, statement);
    return changed > 0 && was_complete(store, series) ? 0 : changed;
}

int index_learn_member(struct store *store, const struct index_series *series,
                       const struct index_member *member) {
    int opened = series_open(store, series), complete;

    if (opened < 0 ||
        (opened == 0 &&
         (series_settle(store, series) < 0 || series_change(store, series, member->part == 0) < 0 ||
          series_open_earlier(store, series) < 0)) ||
        member_add(store, series->id, member) < 0)
        return -1;
    complete = series_complete(store, series->id);
    if (complete < 0)
        return -1;
    return (opened ? INDEX_OPENED : 0) | (complete ? INDEX_COMPLETED : 0);
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
