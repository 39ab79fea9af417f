/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index-series.c - what one more member says of its series: see index_learn_member of store.h.
 *
 * Owns the statements that write the tables series and member.  A row is written only where it
 * changes: most members say what those before them said, and what those said is still in the cache.
 */
#include "store-private.h"

#include <string.h>

/* How many of its parts are there already; -1 on a fault. */
static int64_t parts_count(struct store *store, const char *series) {
    struct statement *statement =
        store_statement(store, STATEMENT_COUNT_PARTS,
                        "SELECT count(*) FROM member WHERE series = ?1 AND part > 0");
    int64_t parts = -1;

    if (!statement)
        return -1;
    store_bind_text(statement, 1, series);
    if (store_row(store, statement))
        parts = sqlite3_column_int64(statement->handle, 0);
    store_reset(statement);
    return parts;
}

/* A series that nobody had heard of: 1.  Of one without numbers nothing can be missing. */
static int series_open(struct store *store, const struct index_series *series) {
    struct statement *statement = store_statement(
        store, STATEMENT_OPEN_SERIES,
        "INSERT INTO series(id, topic, author, title, version, total, rfc, opened,"
        " changed, state) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8,"
        " CASE WHEN ?6 IS NULL OR ?9 THEN 2 ELSE 0 END) ON CONFLICT(id) DO NOTHING");
    int opened;

    if (!statement)
        return -1;
    store_bind_text(statement, 1, series->id);
    store_bind_text(statement, 2, series->topic);
    store_bind_text(statement, 3, series->author);
    store_bind_text(statement, 4, series->title);
    store_bind_known(statement, 5, series->version);
    store_bind_known(statement, 6, series->total);
    store_bind_number(statement, 7, series->rfc);
    store_bind_number(statement, 8, series->changed);
    store_bind_number(statement, 9, series->archived);
    opened = store_run(store, statement);
    if (opened > 0) {
        struct index_series row = *series;

        row.opened = series->changed;
        /* Those of one that it was joined with before. */
        index_cache_keep_series(store->cache, series->id, &row, parts_count(store, series->id));
    }
    return opened;
}

static struct index_cached_series *cached(struct store *store, const char *id) {
    bool absent;

    return index_cache_series(store->cache, id, &absent);
}

/* What members seldom say anew, apart from the rest: pages that do not change are not written.
 * With the total it is known that parts can be missing. */
static int series_settle(struct store *store, const struct index_series *series) {
    const struct index_cached_series *known = cached(store, series->id);
    struct statement *statement;

    if (known && strcmp(known->row.topic, series->topic) == 0 &&
        (known->row.total >= 0 || series->total <= 0))
        return 0;
    statement = store_statement(
        store, STATEMENT_SETTLE_SERIES,
        "UPDATE series SET topic = ?2, state = CASE WHEN total IS NULL AND ?3 > 0 THEN 0"
        " ELSE state END WHERE id = ?1 AND alias = ''"
        " AND (topic <> ?2 OR (total IS NULL AND ?3 > 0))");
    if (!statement)
        return -1;
    store_bind_text(statement, 1, series->id);
    store_bind_text(statement, 2, series->topic);
    store_bind_number(statement, 3, series->total);
    index_cache_drop_series(store->cache, series->id);
    return store_run(store, statement);
}

/* The row as series_change makes it. */
static struct index_series row_changed(const struct index_series *old,
                                       const struct index_series *said, bool by_cover) {
    struct index_series row = *old;

    if (said->changed > row.changed)
        row.changed = said->changed;
    if (said->version >= 0 && (by_cover || row.version < 0))
        row.version = said->version;
    if (said->total >= 0 && (by_cover || row.total < 0))
        row.total = said->total;
    if (by_cover) {
        row.title = said->title;
        row.rfc = said->rfc;
    }
    return row;
}

static bool rows_equal(const struct index_series *one, const struct index_series *other) {
    return one->changed == other->changed && one->version == other->version &&
           one->total == other->total && one->rfc == other->rfc &&
           strcmp(one->title, other->title) == 0;
}

static int series_update(struct store *store, const struct index_series *series, bool by_cover) {
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
    store_bind_known(statement, 3, series->version);
    store_bind_known(statement, 4, series->total);
    if (by_cover) {
        store_bind_text(statement, 5, series->title);
        store_bind_number(statement, 6, series->rfc);
    }
    return store_run(store, statement);
}

/* What one more member says of a series that is known; a cover says it for all. */
static int series_change(struct store *store, const struct index_series *series, bool by_cover) {
    const struct index_cached_series *known = cached(store, series->id);
    struct index_series row;

    if (!known)
        return series_update(store, series, by_cover);
    row = row_changed(&known->row, series, by_cover);
    if (rows_equal(&row, &known->row))
        return 0;
    index_cache_keep_series(store->cache, series->id, &row, known->parts);
    return series_update(store, series, by_cover);
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
    index_cache_drop_series(store->cache, series->id);
    return store_run(store, statement);
}

static int member_add(struct store *store, const char *series, const struct index_member *member) {
    struct statement *statement =
        store_statement(store, STATEMENT_LEARN_MEMBER,
                        "INSERT INTO member(series, part, message_id, title, author)"
                        " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING");
    struct index_cached_series *known;
    int added;

    if (!statement)
        return -1;
    store_bind_text(statement, 1, series);
    store_bind_number(statement, 2, member->part);
    store_bind_text(statement, 3, member->message_id);
    store_bind_text(statement, 4, member->title);
    store_bind_text(statement, 5, member->author);
    added = store_run(store, statement);
    known = cached(store, series);
    if (added > 0 && known && known->parts >= 0 && member->part > 0)
        known->parts++;
    return added;
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

/* True when it is known that parts are missing, or can be. */
static bool lacks_some(struct store *store, const char *series) {
    const struct index_cached_series *known = cached(store, series);

    return known &&
           (known->row.total <= 0 || (known->parts >= 0 && known->parts < known->row.total));
}

/* Marks a series complete when all its parts are there.  1: just now, for the first time. */
static int series_complete(struct store *store, const char *series) {
    struct statement *statement;
    int changed;

    if (lacks_some(store, series))
        return 0;
    statement = store_statement(
        store, STATEMENT_COMPLETE,
        "UPDATE series SET state = 1 WHERE id = ?1 AND state <> 1 AND total > 0 AND total ="
        " (SELECT count(DISTINCT m.part) FROM member m WHERE m.series = ?1"
        "  AND m.part BETWEEN 1 AND series.total)");
    if (!statement)
        return -1;
    store_bind_text(statement, 1, series);
    changed = store_run(store, statement);
    return changed > 0 && was_complete(store, series) ? 0 : changed;
}

int index_learn_member(struct store *store, const struct index_series *series,
                       const struct index_member *member) {
    int opened, complete;

    if (!store->working)
        return -1;
    opened = cached(store, series->id) ? 0 : series_open(store, series);
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
