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

#define LISTS_BYTES  512 /* the names of the lists of one series are no longer */
#define LABELS_BYTES (2 * INDEX_LABELS * 65) /* labels have at most 64 bytes */

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

bool index_is_reroll(const struct index_series *series) {
    return series->replaces && strcmp(series->replaces, "part") == 0;
}

enum index_state index_state_of(int state, const struct index_series *series) {
    if (*series->superseded_by)
        return INDEX_STATE_SUPERSEDED;
    if (state == STATE_COMPLETE)
        return INDEX_STATE_COMPLETE;
    return state == STATE_INCOMPLETE && series->total > 0 && !index_is_reroll(series)
               ? INDEX_STATE_INCOMPLETE
               : INDEX_STATE_OPEN;
}

const char *index_state_name(enum index_state state) {
    static const char *const names[] = {
        [INDEX_STATE_OPEN] = "open",
        [INDEX_STATE_INCOMPLETE] = "incomplete",
        [INDEX_STATE_COMPLETE] = "complete",
        [INDEX_STATE_SUPERSEDED] = "superseded",
    };

    return names[state];
}

/* Returns true if no other mail than that of MEMBER is published with its number in SERIES. */
static bool is_only_one(struct store *store, const char *series,
                        const struct index_member *member) {
    return store_number(store,
                        "SELECT 1 FROM message WHERE series = ?1 AND slot = ?2 AND published"
                        " AND message_id <> ?3 UNION ALL SELECT 1 FROM " INDEX_JOINED
                        " AND m.slot = ?2 AND m.published AND m.message_id <> ?3 LIMIT 1",
                        VALUES(value_text(series), value_number(member->part),
                               value_text(member->message_id)),
                        0) == 0;
}

/* What has been published: a member of a series whose state was STATE and whose total was STATED.
 */
struct publication {
    const struct index_member *member;
    enum state state;
    int64_t stated;
    bool first; /* no other mail of the series was recorded */
};

/* Returns the state of the series ROW after WHAT.  Sets *CHANGES to bits of enum index_change.  A
 * series whose total is unknown is never reported as incomplete, because no part is known to be
 * missing, and neither is a partial re-roll. */
static enum state state_next(struct store *store, const struct index_series *row,
                             const struct publication *what, int *changes) {
    enum state state = what->state;
    bool first = state == STATE_UNPUBLISHED, was_complete = state == STATE_COMPLETE;
    int64_t part = what->member->part;

    if (first)
        state =
            row->total < 0 || row->archived || index_is_reroll(row) ? STATE_INCOMPLETE : STATE_OPEN;
    else if (what->stated < 0 && row->total > 0)
        state = STATE_OPEN; /* once the total is known, parts can be missing */
    if (!was_complete && ((what->first && row->total == 1 && part == 1) ||
                          has_all_parts(store, row->id, row->total)))
        state = STATE_COMPLETE;
    *changes = first ? INDEX_OPENED : 0;
    if (state == STATE_COMPLETE && !was_complete && !has_complete_alias(store, row->id))
        *changes |= INDEX_COMPLETED;
    if (was_complete && (part == 0 || part > row->total) &&
        is_only_one(store, row->id, what->member))
        *changes |= INDEX_AMENDED;
    return state;
}

/* ---- superseded series --------------------------------------------------------------------- */

/* Returns the scope of the series that is recorded as ID. */
static const char *scope_of(const char *id) {
    const char *end = strchr(id, '\n');

    return end ? end + 1 : "";
}

/* Returns the id under which the series that STATED supersedes is recorded in its scope. */
static const char *superseded_id(struct store *store, const struct index_series *stated) {
    return index_scoped_id(store, scope_of(stated->id),
                           stated->supersedes ? stated->supersedes : "");
}

/* Marks the series that NEWER supersedes, which is published.  If several series supersede one, the
 * id that sorts first is stored, so that it does not depend on their order.  Returns 0 or -1. */
static int older_mark(struct store *store, const struct index_series *newer) {
    if (!newer->supersedes || !*newer->supersedes || strcmp(newer->replaces, "all") != 0)
        return 0;
    return store_run(store,
                     "UPDATE series SET superseded_by = ?2 WHERE id ="
                     " (SELECT CASE alias WHEN '' THEN id ELSE alias END FROM series WHERE id = ?1)"
                     " AND (superseded_by = '' OR superseded_by > ?2) AND id <> ?2",
                     VALUES(value_text(superseded_id(store, newer)), value_text(newer->id))) < 0
               ? -1
               : 0;
}

/* Returns the series that replaces all of the series ID and was recorded before; "" if none. */
static const char *newer_find(struct store *store, const char *id) {
    sqlite3_stmt *statement =
        store_statement(store,
                        "SELECT min(id) FROM series WHERE supersedes = ?1 AND supersedes <> ''"
                        " AND replaces = 'all' AND (state <> 3 OR instr(id, char(10)) > 0)",
                        VALUES(value_text(id)));
    const char *newer = store_row(store, statement) ? index_copy(store, statement, 0) : "";

    store_reset(statement);
    return newer;
}

/* ---- rows ---------------------------------------------------------------------------------- */

static const char *filled(const char *text) {
    return text ? text : "";
}

/* Returns the row that is inserted when MEMBER, which states SERIES, is the first of its series. */
static struct index_series row_first(struct store *store, const struct index_series *series,
                                     const struct index_member *member) {
    return (struct index_series){.id = series->id,
                                 .topic = filled(series->topic),
                                 .author = filled(series->author),
                                 .version = series->version,
                                 .total = series->total,
                                 .opened = series->changed,
                                 .changed = series->changed,
                                 .archived = series->archived,
                                 .via = filled(series->via),
                                 .lists = filled(series->lists),
                                 .title = filled(series->title),
                                 .submitter_name = filled(series->submitter_name),
                                 .patch_author = filled(series->patch_author),
                                 .patch_author_name = filled(series->patch_author_name),
                                 .revision = filled(series->revision),
                                 .flags = filled(series->flags),
                                 .tree = filled(series->tree),
                                 .rfc = series->rfc,
                                 .title_part = member->part,
                                 .base_commit = filled(series->base_commit),
                                 .change_id = filled(series->change_id),
                                 .prerequisites = filled(series->prerequisites),
                                 .labels = filled(series->labels),
                                 .supersedes = filled(series->supersedes),
                                 .how = filled(series->how),
                                 .replaces = filled(series->replaces),
                                 .superseded_by = newer_find(store, series->id)};
}

/* Inserts SERIES when its first member is recorded, and sets ROW to it.  Returns bits of enum
 * index_change, or -1.  It replaces a row with the same id only if that was joined with a series
 * that has been deleted since. */
static int series_insert(struct store *store, const struct index_series *series,
                         const struct index_member *member, bool published,
                         struct index_series *row) {
    enum state state = STATE_UNPUBLISHED;
    int changes = 0;

    *row = row_first(store, series, member);

    if (published)
        state = state_next(
            store, series,
            &(struct publication){.member = member, .state = state, .stated = -1, .first = true},
            &changes);
    if (store_run(
            store,
            "INSERT OR REPLACE INTO series(id, topic, author, title, version, total, rfc, opened,"
            " changed, state, via, lists, title_part, submitter_name, patch_author,"
            " patch_author_name, revision, flags, tree, base_commit, change_id, prerequisites,"
            " labels, supersedes, how, replaces, superseded_by)"
            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
            " ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)",
            VALUES(value_text(row->id), value_text(row->topic), value_text(row->author),
                   value_text(row->title), value_known(row->version), value_known(row->total),
                   value_number(row->rfc), value_number(row->changed), value_number(state),
                   value_text(row->via), value_text(row->lists), value_number(row->title_part),
                   value_text(row->submitter_name), value_text(row->patch_author),
                   value_text(row->patch_author_name), value_text(row->revision),
                   value_text(row->flags), value_text(row->tree), value_text(row->base_commit),
                   value_text(row->change_id), value_text(row->prerequisites),
                   value_text(row->labels), value_text(superseded_id(store, row)),
                   value_text(row->how), value_text(row->replaces),
                   value_text(row->superseded_by))) < 0)
        return -1;
    row->superseded_by = index_plain_id(store, row->superseded_by);
    row->state = index_state_of((int)state, row);
    return changes;
}

/* Returns the labels that are among LABELS or MORE, the first INDEX_LABELS of them. */
static const char *labels_join(struct store *store, const char *labels, const char *more) {
    const char *joined = word_set_join(&store->strings, labels, filled(more), LABELS_BYTES);
    size_t count = 0;

    if (joined == labels)
        return labels;
    for (const char *at = joined; (at = strchr(at, ' ')); at++)
        if (++count == INDEX_LABELS)
            return arena_copy(&store->strings, joined, (size_t)(at - joined));
    return joined;
}

/* Copies to NEW what the mail with the lowest number states. */
static void description_copy(struct index_series *new, const struct index_series *stated,
                             int64_t part) {
    new->title_part = part;
    new->title = filled(stated->title);
    new->submitter_name = filled(stated->submitter_name);
    new->patch_author = filled(stated->patch_author);
    new->patch_author_name = filled(stated->patch_author_name);
    new->revision = filled(stated->revision);
    new->flags = filled(stated->flags);
    new->tree = filled(stated->tree);
    new->rfc = stated->rfc;
}

static void fill(const char **text, const char *stated) {
    if (!**text && stated)
        *text = stated;
}

/* Returns true if the series that STATED supersedes is to be recorded in SERIES: if that has none;
 * else one that is replaced as a whole, then the id that sorts first, so that all hosts choose the
 * same one. */
static bool supersedes_rather(const struct index_series *stated,
                              const struct index_series *series) {
    int order;

    if (!stated->supersedes || stated->supersedes[0] == '\0')
        return false;
    order = strcmp(filled(stated->replaces), series->replaces); /* "all" sorts before "part" */
    return !*series->supersedes || order < 0 ||
           (order == 0 && strcmp(stated->supersedes, series->supersedes) < 0);
}

/* Fills in NEW what it lacks and STATED has. */
static void gaps_fill(struct store *store, struct index_series *new,
                      const struct index_series *stated) {
    fill(&new->base_commit, stated->base_commit);
    fill(&new->change_id, stated->change_id);
    fill(&new->prerequisites, stated->prerequisites);
    if (supersedes_rather(stated, new)) {
        new->supersedes = stated->supersedes;
        new->how = filled(stated->how);
        new->replaces = filled(stated->replaces);
    }
    new->labels = labels_join(store, new->labels, stated->labels);
}

/* Returns true if of the members of SERIES with the number of MEMBER, it was received first, at
 * RECEIVED; if several have the same time, the Message-ID that sorts first decides, so that all
 * hosts choose the same one. */
static bool is_first_of_part(struct store *store, const char *series,
                             const struct index_member *member, int64_t received) {
    return store_number(store,
                        "SELECT 1 FROM message m WHERE series = ?1 AND slot = ?2"
                        " AND (time >> 20, message_id) < (?4, ?3)"
                        " UNION ALL SELECT 1 FROM " INDEX_JOINED
                        " AND m.slot = ?2 AND (m.time >> 20, m.message_id) < (?4, ?3) LIMIT 1",
                        VALUES(value_text(series), value_number(member->part),
                               value_text(member->message_id), value_number(received)),
                        0) == 0;
}

/* Returns the new values of ROW after MEMBER was recorded, which states STATED.  A cover states the
 * version and total for the whole series. */
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
    /* The series was opened before the time that is recorded, as mails can be recorded out of
     * order. */
    if (stated->opened > 0 && row->opened > stated->opened)
        new.opened = stated->opened;
    if (row->title_part < 0 || member->part < row->title_part ||
        (member->part == row->title_part &&
         is_first_of_part(store, row->id, member, stated->changed)))
        description_copy(&new, stated, member->part);
    gaps_fill(store, &new, stated);
    return new;
}

/* Returns true if ONE and OTHER are equal in what the members of a series seldom change. */
static bool descriptions_are_equal(const struct index_series *one,
                                   const struct index_series *other) {
    const char *const pairs[][2] = {{one->title, other->title},
                                    {one->submitter_name, other->submitter_name},
                                    {one->patch_author, other->patch_author},
                                    {one->patch_author_name, other->patch_author_name},
                                    {one->revision, other->revision},
                                    {one->flags, other->flags},
                                    {one->tree, other->tree},
                                    {one->base_commit, other->base_commit},
                                    {one->change_id, other->change_id},
                                    {one->prerequisites, other->prerequisites},
                                    {one->labels, other->labels},
                                    {one->supersedes, other->supersedes}};

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (strcmp(pairs[i][0], pairs[i][1]) != 0)
            return false;
    return one->title_part == other->title_part && one->rfc == other->rfc;
}

static bool rows_are_equal(const struct index_series *one, const struct index_series *other) {
    return one->changed == other->changed && one->version == other->version &&
           one->total == other->total && one->opened == other->opened &&
           strcmp(one->topic, other->topic) == 0 && strcmp(one->via, other->via) == 0 &&
           strcmp(one->lists, other->lists) == 0;
}

/* Writes the columns of descriptions_are_equal.  Returns a number below 0 on a fault. */
static int description_write(struct store *store, const struct index_series *new) {
    return store_run(
        store,
        "UPDATE series SET title = ?2, rfc = ?3, title_part = ?4, submitter_name = ?5,"
        " patch_author = ?6, patch_author_name = ?7, revision = ?8, flags = ?9, tree = ?10,"
        " base_commit = ?11, change_id = ?12, prerequisites = ?13, labels = ?14, supersedes = ?15,"
        " how = ?16, replaces = ?17 WHERE id = ?1",
        VALUES(value_text(new->id), value_text(new->title), value_number(new->rfc),
               value_known(new->title_part), value_text(new->submitter_name),
               value_text(new->patch_author), value_text(new->patch_author_name),
               value_text(new->revision), value_text(new->flags), value_text(new->tree),
               value_text(new->base_commit), value_text(new->change_id),
               value_text(new->prerequisites), value_text(new->labels),
               value_text(superseded_id(store, new)), value_text(new->how),
               value_text(new->replaces)));
}

static int row_write(struct store *store, const struct index_series *new, int state) {
    return store_run(store,
                     "UPDATE series SET topic = ?2, version = ?3, total = ?4, opened = ?5,"
                     " changed = ?6, state = ?7, via = ?8, lists = ?9 WHERE id = ?1",
                     VALUES(value_text(new->id), value_text(new->topic), value_known(new->version),
                            value_known(new->total), value_number(new->opened),
                            value_number(new->changed), value_number(state), value_text(new->via),
                            value_text(new->lists)));
}

/* ---- members ------------------------------------------------------------------------------- */

/* Adds to the series ID what those state that were joined with it.  Returns 0 or -1. */
static int joined_merge(struct store *store, const char *id) {
    struct index_series row, new, other;
    sqlite3_stmt *statement;
    int state;

    if (!index_series_row(store, id, &row, &state))
        return store->working ? 0 : -1;
    new = row;
    statement = store_statement(store,
                                "SELECT " INDEX_SERIES_COLUMNS
                                " FROM series s WHERE s.alias = ?1 AND s.alias <> '' ORDER BY s.id",
                                VALUES(value_text(row.id)));
    while (store_row(store, statement)) {
        index_series_read(store, statement, &other, &state);
        if (other.title_part >= 0 && (new.title_part < 0 || other.title_part < new.title_part))
            description_copy(&new, &other, other.title_part);
        gaps_fill(store, &new, &other);
    }
    store_reset(statement);
    if (!descriptions_are_equal(&new, &row) && description_write(store, &new) < 0)
        return -1;
    return store->working ? 0 : -1;
}

/* Updates ROW, which has OLD_STATE, after MEMBER was recorded, which states STATED. */
static int member_update(struct store *store, struct index_series *row, int old_state,
                         const struct index_series *stated, const struct index_member *member,
                         bool published) {
    struct index_series new = row_update(store, row, stated, member);
    int state = old_state, changes = 0;

    if (published)
        state = (int)state_next(store, &new,
                                &(struct publication){.member = member,
                                                      .state = (enum state)old_state,
                                                      .stated = row->total},
                                &changes);
    if ((state != old_state || !rows_are_equal(&new, row)) && row_write(store, &new, state) < 0)
        return -1;
    if (descriptions_are_equal(&new, row)) {
        new.how = row->how;
        new.replaces = row->replaces;
    } else if (description_write(store, &new) < 0) {
        return -1;
    }
    *row = new;
    row->state = index_state_of(state, row);
    return store->working ? changes : -1;
}

/* Sets ROW to what is recorded then, but for what joined_merge adds. */
static int member_record(struct store *store, const struct index_series *series,
                         const struct index_member *member, bool published,
                         struct index_series *row) {
    struct index_series newer = *series;
    int state, changes;

    if (index_series_row(store, series->id, row, &state)) {
        newer.id = row->id;
        changes = member_update(store, row, state, series, member, published);
    } else {
        changes = store->working ? series_insert(store, series, member, published, row) : -1;
    }
    if (changes >= 0 && series->joined && joined_merge(store, newer.id) < 0)
        return -1;
    /* In a scope other than that of open lists, members count as published. */
    if (changes >= 0 && (published || *scope_of(newer.id)) && older_mark(store, &newer) < 0)
        return -1;
    return changes;
}

int index_record_member(struct store *store, const struct index_series *series,
                        const struct index_member *member, bool published) {
    struct index_series row;

    return index_record_member_row(store, series, member, published, &row);
}

int index_record_member_row(struct store *store, const struct index_series *series,
                            const struct index_member *member, bool published,
                            struct index_series *row) {
    struct index_series scoped = *series;
    int changes, result = 0;
    const char *scope;

    for (size_t i = 0; (scope = index_scope_own(store, i)); i++) {
        scoped.id = index_scoped_id(store, scope, series->id);
        changes = member_record(store, &scoped, member, published, row);
        if (changes < 0)
            return -1;
        result |= changes;
    }
    if (series->joined || store->scope_count > 0)
        row->id = NULL;
    return result;
}

int index_publish_member(struct store *store, const char *series, int64_t part,
                         const char *message_id) {
    const char *id = index_scoped_id(store, index_scope_own(store, 0), series);
    const struct index_member member = {.message_id = message_id, .part = part};
    struct index_series row;
    int old_state, state, changes;

    if (!index_series_row(store, id, &row, &old_state))
        return store->working ? 0 : -1;
    state = (int)state_next(store, &row,
                            &(struct publication){.member = &member,
                                                  .state = (enum state)old_state,
                                                  .stated = row.total},
                            &changes);
    if (state != old_state && store_run(store, "UPDATE series SET state = ?2 WHERE id = ?1",
                                        VALUES(value_text(row.id), value_number(state))) < 0)
        return -1;
    if (older_mark(store, &row) < 0)
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

    series = index_series_row_brief(store, series, &found, &state) ? found.id : series;
    other = index_series_row_brief(store, other, &found, &state) ? found.id : other;
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
