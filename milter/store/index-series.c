/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index-series.c - updates a series when a member is recorded, and joins series: see index.h.
 *
 * Owns the statements that insert into and update the table series, except the one of
 * index_report_incomplete.  A row is written only if it changes: most members state the same as
 * those before them.  Any statement can fail, as in index.c.
 */
#include "store/index-private.h"

/* The column `state`: parts can be missing; all parts were recorded; the series was reported as
 * incomplete, or is never to be reported. */
enum state { STATE_OPEN, STATE_COMPLETE, STATE_INCOMPLETE };

/* Returns true if TOTAL is known and all parts 1..TOTAL of the series are recorded. */
static bool has_all_parts(struct store *store, const char *series, int64_t total) {
    const struct value *values = VALUES(value_text(series), value_number(total));

    /* The first, cheaper query is enough in most cases, in which parts are missing.  It counts a
     * part once for each mail that has the number; the second counts each number once. */
    return total > 0 &&
           store_number(store,
                        "SELECT (SELECT count(*) FROM message WHERE series = ?1"
                        "  AND slot BETWEEN 1 AND ?2) + (SELECT count(*) FROM " INDEX_JOINED
                        "  AND m.slot BETWEEN 1 AND ?2)",
                        values, 0) >= total &&
           store_number(store,
                        "SELECT count(DISTINCT slot) FROM message WHERE series IN " INDEX_ALIASES
                        " AND slot BETWEEN 1 AND ?2",
                        values, 0) == total;
}

/* Returns true if a series that was joined with SERIES was complete by itself, so that its
 * completion was reported already. */
static bool has_complete_alias(struct store *store, const char *series) {
    return store_number(store,
                        "SELECT 1 FROM series WHERE alias = ?1 AND alias <> '' AND state = 1",
                        VALUES(value_text(series)), 0) == 1;
}

/* Inserts SERIES when its first member is recorded.  Returns bits of enum index_change, or -1.  A
 * series whose total is unknown is never reported as incomplete, because no part is known to be
 * missing.  It replaces a row with the same id only if that was joined with a series that has been
 * deleted since. */
static int series_insert(struct store *store, const struct index_series *series,
                         const struct index_member *member) {
    bool complete = (series->total == 1 && member->part == 1) ||
                    has_all_parts(store, series->id, series->total);
    enum state state = complete                                ? STATE_COMPLETE
                       : series->total < 0 || series->archived ? STATE_INCOMPLETE
                                                               : STATE_OPEN;

    if (store_run(
            store,
            "INSERT OR REPLACE INTO series(id, topic, author, title, version, total, rfc, opened,"
            " changed, state) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)",
            VALUES(value_text(series->id), value_text(series->topic), value_text(series->author),
                   value_text(series->title), value_known(series->version),
                   value_known(series->total), value_number(series->rfc),
                   value_number(series->changed), value_number(state))) < 0)
        return -1;
    return INDEX_OPENED |
           (complete && !has_complete_alias(store, series->id) ? INDEX_COMPLETED : 0);
}

/* Returns the new values of ROW after MEMBER was recorded, which states STATED.  A cover states the
 * title, version, total and rfc for the whole series. */
static struct index_series row_update(struct store *store, const struct index_series *row,
                                      const struct index_series *stated,
                                      const struct index_member *member) {
    struct index_series new = *row;
    bool by_cover = member->part == 0;

    new.topic = stated->topic;
    if (stated->changed > row->changed)
        new.changed = stated->changed;
    if (stated->version >= 0 && (by_cover || row->version < 0))
        new.version = stated->version;
    if (stated->total >= 0 && (by_cover || row->total < 0))
        new.total = stated->total;
    if (by_cover) {
        new.title = stated->title;
        new.rfc = stated->rfc;
    }
    /* The series was opened before the time that is recorded, as mails can be recorded out of
     * order. Without a cover, the title of the first mail is the title of the series; if two mails
     * have the same time, the title that sorts first, so that all hosts choose the same one. */
    if (stated->opened > 0 &&
        (row->opened > stated->opened ||
         (row->opened == stated->opened && strcmp(new.title, stated->title) > 0))) {
        new.opened = stated->opened;
        if (!index_has_part(store, row->id, 0, member->message_id)) {
            new.title = stated->title;
            new.rfc = stated->rfc;
        }
    }
    return new;
}

static bool rows_are_equal(const struct index_series *one, const struct index_series *other) {
    return one->changed == other->changed && one->version == other->version &&
           one->total == other->total && one->rfc == other->rfc && one->opened == other->opened &&
           strcmp(one->topic, other->topic) == 0 && strcmp(one->title, other->title) == 0;
}

int index_record_member(struct store *store, const struct index_series *series,
                        const struct index_member *member) {
    struct index_series row, new;
    int old_state, state;
    bool complete;

    if (!index_series_row(store, series->id, &row, &old_state))
        return store->working ? series_insert(store, series, member) : -1;
    new = row_update(store, &row, series, member);
    /* Once the total is known, parts can be missing. */
    state = row.total < 0 && new.total > 0 ? STATE_OPEN : old_state;
    complete = state != STATE_COMPLETE && has_all_parts(store, row.id, new.total);
    if (complete)
        state = STATE_COMPLETE;
    if (state == old_state && rows_are_equal(&new, &row))
        return store->working ? 0 : -1;
    if (store_run(store,
                  "UPDATE series SET topic = ?2, title = ?3, version = ?4, total = ?5, rfc = ?6,"
                  " opened = ?7, changed = ?8, state = ?9 WHERE id = ?1",
                  VALUES(value_text(row.id), value_text(new.topic), value_text(new.title),
                         value_known(new.version), value_known(new.total), value_number(new.rfc),
                         value_number(new.opened), value_number(new.changed),
                         value_number(state))) < 0)
        return -1;
    return complete && !has_complete_alias(store, row.id) ? INDEX_COMPLETED : 0;
}

/* ---- joining ------------------------------------------------------------------------------- */

int index_join(struct store *store, const char *series, const char *other) {
    struct index_series found;
    int joined;

    series = index_find_series(store, series, &found) ? found.id : series;
    other = index_find_series(store, other, &found) ? found.id : other;
    if (strcmp(series, other) == 0)
        return 0;
    /* A series that was complete stays so, because its completion must not be reported again; any
     * other becomes STATE_INCOMPLETE, so that it is never reported itself. */
    joined = store_run(store,
                       "UPDATE series SET alias = ?1, state = CASE state WHEN 1 THEN 1 ELSE 2 END"
                       " WHERE id = ?2 AND alias = ''",
                       VALUES(value_text(series), value_text(other)));
    if (joined <= 0)
        return joined;
    return store_run(store, "UPDATE series SET alias = ?1 WHERE alias = ?2 AND alias <> ''",
                     VALUES(value_text(series), value_text(other))) < 0
               ? -1
               : 1;
}
