/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index-series.c - updates a series when a member is recorded, and joins series: see index.h.
 *
 * Owns the statements that insert into and update the table series, except the one of
 * index_report_incomplete.  A row is written only if it changes: most members state the same as
 * those before them.  Any statement can fail, as in index.c.
 */
#include "store/index-private.h"

#include "util/word-set.h"

/* The column `state`: published parts can be missing; all parts were published; the series was
 * reported as incomplete, or is never to be reported; no member was published. */
enum state { STATE_OPEN, STATE_COMPLETE, STATE_INCOMPLETE, STATE_UNPUBLISHED };

#define LISTS_BYTES 512 /* the names of the lists of one series are no longer */

/* Returns true if TOTAL is known and all parts 1..TOTAL of the series are published. */
static bool has_all_parts(struct store *store, const char *series, int64_t total) {
    const struct value *values = VALUES(value_text(series), value_number(total));

    /* The first, cheaper query is enough in most cases, in which parts are missing.  It counts a
     * part once for each mail that has the number; the second counts each number once. */
    return total > 0 &&
           store_number(
               store,
               "SELECT (SELECT count(*) FROM message WHERE series = ?1"
               "  AND slot BETWEEN 1 AND ?2 AND published) + (SELECT count(*) FROM " INDEX_JOINED
               "  AND m.slot BETWEEN 1 AND ?2 AND m.published)",
               values, 0) >= total &&
           store_number(store,
                        "SELECT count(DISTINCT slot) FROM message WHERE series IN " INDEX_ALIASES
                        " AND slot BETWEEN 1 AND ?2 AND published",
                        values, 0) == total;
}

/* Returns true if a series that was joined with SERIES was complete by itself, so that its
 * completion was reported already. */
static bool has_complete_alias(struct store *store, const char *series) {
    return store_number(store,
                        "SELECT 1 FROM series WHERE alias = ?1 AND alias <> '' AND state = 1",
                        VALUES(value_text(series)), 0) == 1;
}

/* Returns the state of the series ROW after a member has been published, when its state was STATE;
 * STATED is its total before.  SINGLE is true if that member is the only part of the series.  Sets
 * *CHANGES to bits of enum index_change.  A series whose total is
 * unknown is never reported as incomplete, because no part is known to be missing. */
static enum state state_next(struct store *store, const struct index_series *row, int64_t stated,
                             enum state state, bool single, int *changes) {
    bool first = state == STATE_UNPUBLISHED, was_complete = state == STATE_COMPLETE;

    if (first)
        state = row->total < 0 || row->archived ? STATE_INCOMPLETE : STATE_OPEN;
    else if (stated < 0 && row->total > 0)
        state = STATE_OPEN; /* once the total is known, parts can be missing */
    if (!was_complete && (single || has_all_parts(store, row->id, row->total)))
        state = STATE_COMPLETE;
    *changes = (first ? INDEX_OPENED : 0) |
               (state == STATE_COMPLETE && !was_complete && !has_complete_alias(store, row->id)
                    ? INDEX_COMPLETED
                    : 0);
    return state;
}

/* Inserts SERIES when its first member is recorded.  Returns bits of enum index_change, or -1.  It
 * replaces a row with the same id only if that was joined with a series that has been deleted
 * since. */
static int series_insert(struct store *store, const struct index_series *series,
                         const struct index_member *member, bool published) {
    enum state state = STATE_UNPUBLISHED;
    int changes = 0;

    if (published)
        state =
            state_next(store, series, -1, state, series->total == 1 && member->part == 1, &changes);
    if (store_run(
            store,
            "INSERT OR REPLACE INTO series(id, topic, author, title, version, total, rfc, opened,"
            " changed, state, via, lists) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11)",
            VALUES(value_text(series->id), value_text(series->topic), value_text(series->author),
                   value_text(series->title), value_known(series->version),
                   value_known(series->total), value_number(series->rfc),
                   value_number(series->changed), value_number(state), value_text(series->via),
                   value_text(series->lists))) < 0)
        return -1;
    return changes;
}

/* Returns the new values of ROW after MEMBER was recorded, which states STATED.  A cover states the
 * title, version, total and rfc for the whole series. */
static struct index_series row_update(struct store *store, const struct index_series *row,
                                      const struct index_series *stated,
                                      const struct index_member *member) {
    struct index_series new = *row;
    bool by_cover = member->part == 0;

    new.topic = stated->topic;
    new.archived = stated->archived;
    if (!stated->via || !*stated->via)
        new.via = "";
    if (stated->lists && strcmp(row->lists, stated->lists) != 0)
        new.lists = word_set_join(&store->strings, row->lists, stated->lists, LISTS_BYTES);
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
           strcmp(one->topic, other->topic) == 0 && strcmp(one->title, other->title) == 0 &&
           strcmp(one->via, other->via) == 0 && strcmp(one->lists, other->lists) == 0;
}

static int member_record(struct store *store, const struct index_series *series,
                         const struct index_member *member, bool published) {
    struct index_series row, new;
    int old_state, state, changes = 0;

    if (!index_series_row(store, series->id, &row, &old_state))
        return store->working ? series_insert(store, series, member, published) : -1;
    new = row_update(store, &row, series, member);
    state = old_state;
    if (published)
        state = (int)state_next(store, &new, row.total, (enum state)old_state, false, &changes);
    if (state == old_state && rows_are_equal(&new, &row))
        return store->working ? 0 : -1;
    if (store_run(store,
                  "UPDATE series SET topic = ?2, title = ?3, version = ?4, total = ?5, rfc = ?6,"
                  " opened = ?7, changed = ?8, state = ?9, via = ?10, lists = ?11 WHERE id = ?1",
                  VALUES(value_text(row.id), value_text(new.topic), value_text(new.title),
                         value_known(new.version), value_known(new.total), value_number(new.rfc),
                         value_number(new.opened), value_number(new.changed), value_number(state),
                         value_text(new.via), value_text(new.lists))) < 0)
        return -1;
    return changes;
}

int index_record_member(struct store *store, const struct index_series *series,
                        const struct index_member *member, bool published) {
    struct index_series scoped = *series;
    int changes, result = 0;
    const char *scope;

    for (size_t i = 0; (scope = index_scope_own(store, i)); i++) {
        scoped.id = index_scoped_id(store, scope, series->id);
        changes = member_record(store, &scoped, member, published);
        if (changes < 0)
            return -1;
        result |= changes;
    }
    return result;
}

int index_publish_member(struct store *store, const char *series) {
    const char *id = index_scoped_id(store, index_scope_own(store, 0), series);
    struct index_series row;
    int old_state, state, changes;

    if (!index_series_row(store, id, &row, &old_state))
        return store->working ? 0 : -1;
    state = (int)state_next(store, &row, row.total, (enum state)old_state, false, &changes);
    if (state != old_state && store_run(store, "UPDATE series SET state = ?2 WHERE id = ?1",
                                        VALUES(value_text(row.id), value_number(state))) < 0)
        return -1;
    return store->working ? changes : -1;
}

int index_displace_series(struct store *store, const char *series, const char *other) {
    const char *scope;

    for (size_t i = 0; (scope = index_scope_own(store, i)); i++) {
        const char *id = index_scoped_id(store, scope, series);
        const struct value *values =
            VALUES(value_text(id), value_text(index_scoped_id(store, scope, other)));

        if (store_run(store, "UPDATE OR REPLACE series SET id = ?2 WHERE id = ?1", values) < 0 ||
            store_run(store, "UPDATE series SET alias = ?2 WHERE alias = ?1 AND alias <> ''",
                      values) < 0 ||
            store_run(store,
                      "UPDATE message SET series = ?2 WHERE series = ?1 AND slot IS NOT NULL",
                      values) < 0)
            return -1;
    }
    return 0;
}

/* ---- joining ------------------------------------------------------------------------------- */

static int series_join(struct store *store, const char *series, const char *other) {
    struct index_series found;
    int joined, state;

    series = index_series_row(store, series, &found, &state) ? found.id : series;
    other = index_series_row(store, other, &found, &state) ? found.id : other;
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

int index_join(struct store *store, const char *series, const char *other) {
    int joined, result = 0;
    const char *scope;

    for (size_t i = 0; (scope = index_scope_own(store, i)); i++) {
        joined = series_join(store, index_scoped_id(store, scope, series),
                             index_scoped_id(store, scope, other));
        if (joined < 0)
            return -1;
        result |= joined;
    }
    return result;
}
