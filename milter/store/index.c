/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index.c - looks up and records mails, keys and positions: see index.h.
 *
 * Owns the statements on the tables message, series, key and progress, together with index-series.c
 * and index-walk.c.  Any of them can fail; the transaction is then lost and the rest of its calls
 * do nothing.
 */
#include "store/index-private.h"

#include "util/digest.h"

#include <stdio.h>

#define KEY_ROWS 8 /* index_find_key reads up to this number of rows for each series of MAX */

const char *index_copy(struct store *store, sqlite3_stmt *statement, int column) {
    const char *text = column_text(statement, column);

    if (!*text) /* as are most columns of a mail */
        return "";
    return arena_copy(&store->strings, text, (size_t)sqlite3_column_bytes(statement, column));
}

/* ---- scopes -------------------------------------------------------------------------------- */

void index_set_scopes(struct store *store, const char *const *scopes, size_t count) {
    store->scopes = scopes;
    store->scope_count = count;
}

bool index_scope_is_closed(const struct store *store) {
    return store->scope_count > 0;
}

const char *index_scope_own(const struct store *store, size_t i) {
    if (store->scope_count == 0)
        return i == 0 ? "" : NULL;
    return i < store->scope_count ? store->scopes[i] : NULL;
}

/* Returns scope I of those whose rows the transaction sees, the own ones first; NULL if there are
 * fewer. */
static const char *scope_seen(const struct store *store, size_t i) {
    return i < store->scope_count ? store->scopes[i] : i == store->scope_count ? "" : NULL;
}

/* Returns TEXT for the scope of open lists, else SCOPE, BETWEEN and TEXT. */
static const char *scoped_text(struct store *store, const char *scope, const char *between,
                               const char *text) {
    return *scope ? arena_join(&store->strings, (const char *[]){scope, between, text, NULL})
                  : text;
}

/* Returns the hash by which TEXT, a Message-ID or a key, is found in SCOPE. */
static struct value text_hash(struct store *store, const char *scope, const char *text) {
    text = scoped_text(store, scope, "\t", text);
    return value_number(digest_number(text, strlen(text)));
}

const char *index_scoped_id(struct store *store, const char *scope, const char *id) {
    return *scope && *id ? arena_join(&store->strings, (const char *[]){id, "\n", scope, NULL})
                         : id;
}

const char *index_plain_id(struct store *store, const char *text) {
    size_t length = strcspn(text, "\n");

    return text[length] ? arena_copy(&store->strings, text, length) : text;
}

/* ---- looking up ---------------------------------------------------------------------------- */

#define MESSAGE_COLUMNS                                                                 \
    "m.series, m.sender, m.kind, m.lists, m.part, m.time >> 20, m.posted, m.published," \
    " m.via, m.supersedes, m.how, m.same_as, m.content, m.content_bytes, m.message_id," \
    " m.claim, m.contested, m.topic, m.patch_id, m.scope"

static struct index_message message_read(struct store *store, sqlite3_stmt *statement) {
    return (struct index_message){.message_id = index_copy(store, statement, 14),
                                  .series = index_plain_id(store, index_copy(store, statement, 0)),
                                  .sender = index_copy(store, statement, 1),
                                  .kind = index_copy(store, statement, 2),
                                  .lists = index_copy(store, statement, 3),
                                  .part = column_number(statement, 4),
                                  .received = sqlite3_column_int64(statement, 5),
                                  .posted = index_copy(store, statement, 6),
                                  .published = sqlite3_column_int(statement, 7) != 0,
                                  .via = index_copy(store, statement, 8),
                                  .supersedes = index_copy(store, statement, 9),
                                  .how = index_copy(store, statement, 10),
                                  .same_as = index_copy(store, statement, 11),
                                  .content = sqlite3_column_int64(statement, 12),
                                  .content_bytes = sqlite3_column_int64(statement, 13),
                                  .claim = sqlite3_column_int(statement, 15) != 0,
                                  .contested = sqlite3_column_int(statement, 16) != 0,
                                  .topic = index_copy(store, statement, 17),
                                  .patch_id = index_copy(store, statement, 18),
                                  .scope = index_copy(store, statement, 19)};
}

static bool message_find(struct store *store, const char *scope, const char *message_id,
                         struct index_message *found) {
    sqlite3_stmt *statement =
        store_statement(store,
                        "SELECT " MESSAGE_COLUMNS " FROM message m WHERE m.hash = ?1 UNION ALL"
                        " SELECT " MESSAGE_COLUMNS " FROM other_id o CROSS JOIN message m"
                        " WHERE o.hash = ?1 AND m.time = o.time LIMIT 1",
                        VALUES(text_hash(store, scope, message_id)));
    bool known = store_row(store, statement);

    if (known)
        *found = message_read(store, statement);
    store_reset(statement);
    return known;
}

/* Returns the text under whose hash the claim of SENDER to MESSAGE_ID is recorded. */
static const char *claim_text(struct store *store, const char *message_id, const char *sender) {
    return arena_join(&store->strings, (const char *[]){message_id, "\n", sender, NULL});
}

bool index_find_message(struct store *store, const char *message_id, struct index_message *found) {
    const char *scope;

    for (size_t i = 0; (scope = scope_seen(store, i)); i++)
        if (message_find(store, scope, message_id, found))
            return true;
    return false;
}

bool index_find_message_of(struct store *store, const char *message_id, const char *sender,
                           const char *via, struct index_message *found) {
    const char *scope;

    for (size_t i = 0; (scope = scope_seen(store, i)); i++) {
        if (!message_find(store, scope, message_id, found))
            continue;
        if (found->contested && (strcmp(found->sender, sender) != 0 || (*found->via && !*via)))
            message_find(store, scope, claim_text(store, message_id, sender), found);
        return true;
    }
    return false;
}

/* Returns the hash by which MESSAGE is found. */
static struct value message_hash(struct store *store, const char *scope,
                                 const struct index_message *message) {
    return text_hash(store, scope,
                     message->claim ? claim_text(store, message->message_id, message->sender)
                                    : message->message_id);
}

size_t index_find_claims(struct store *store, const char *message_id, struct index_message *found,
                         size_t max) {
    const char *scope;
    size_t count = 0;

    for (size_t i = 0; (scope = scope_seen(store, i)); i++) {
        sqlite3_stmt *statement =
            store_statement(store,
                            "SELECT " MESSAGE_COLUMNS " FROM message m WHERE m.hash = ?1 UNION ALL"
                            " SELECT " MESSAGE_COLUMNS " FROM other_id o CROSS JOIN message m"
                            " WHERE o.hash = ?1 AND m.time = o.time LIMIT ?2",
                            VALUES(text_hash(store, scope, message_id),
                                   value_number((int64_t)(max - count))));

        while (count < max && store_row(store, statement))
            found[count++] = message_read(store, statement);
        store_reset(statement);
    }
    return count;
}

/* Returns LINES without the SCOPE that message_record put before each. */
static const char *plain_lines(struct store *store, const char *scope, const char *lines) {
    size_t length = strlen(scope);
    char *copy, *to;

    if (!*scope)
        return lines;
    copy = to = arena_copy(&store->strings, lines, strlen(lines));
    for (const char *at = lines; *at; at++) {
        if ((at == lines || at[-1] == '\n') && strncmp(at, scope, length) == 0 &&
            at[length] == '\t')
            at += length + 1;
        *to++ = *at;
    }
    *to = '\0';
    return copy;
}

void index_find_lines(struct store *store, const struct index_message *found, const char **keys,
                      const char **notes) {
    const char *scope = index_scope_own(store, 0);
    sqlite3_stmt *statement =
        store_statement(store, "SELECT keys, notes FROM message WHERE hash = ?1",
                        VALUES(message_hash(store, scope, found)));

    *keys = *notes = "";
    if (store_row(store, statement)) {
        *keys = plain_lines(store, scope, index_copy(store, statement, 0));
        *notes = index_copy(store, statement, 1);
    }
    store_reset(statement);
}

/* As index_series_read, with the INDEX_BRIEF_COLUMNS: fills only what index_find_series_brief
 * fills. */
static const char *series_brief(struct store *store, sqlite3_stmt *statement,
                                struct index_series *found, int *state) {
    *found = (struct index_series){.id = index_copy(store, statement, 0),
                                   .topic = index_copy(store, statement, 1),
                                   .author = index_copy(store, statement, 2),
                                   .title = index_copy(store, statement, 3),
                                   .version = column_number(statement, 4),
                                   .total = column_number(statement, 5),
                                   .rfc = sqlite3_column_int(statement, 6) != 0,
                                   .opened = sqlite3_column_int64(statement, 7),
                                   .changed = sqlite3_column_int64(statement, 8),
                                   .via = index_copy(store, statement, 11),
                                   .lists = index_copy(store, statement, 12),
                                   .labels = index_copy(store, statement, 13),
                                   .patch_author = index_copy(store, statement, 14),
                                   .patch_author_name = index_copy(store, statement, 15),
                                   .superseded_by =
                                       index_plain_id(store, index_copy(store, statement, 16)),
                                   .title_part = -1,
                                   .submitter_name = "",
                                   .revision = "",
                                   .flags = "",
                                   .tree = "",
                                   .base_commit = "",
                                   .change_id = "",
                                   .prerequisites = "",
                                   .supersedes = "",
                                   .how = "",
                                   .replaces = ""};
    *state = sqlite3_column_int(statement, 9);
    return index_copy(store, statement, 10);
}

const char *index_series_read(struct store *store, sqlite3_stmt *statement,
                              struct index_series *found, int *state) {
    const char *alias = series_brief(store, statement, found, state);

    found->title_part = column_number(statement, 17);
    found->submitter_name = index_copy(store, statement, 18);
    found->revision = index_copy(store, statement, 19);
    found->flags = index_copy(store, statement, 20);
    found->tree = index_copy(store, statement, 21);
    found->base_commit = index_copy(store, statement, 22);
    found->change_id = index_copy(store, statement, 23);
    found->prerequisites = index_copy(store, statement, 24);
    found->supersedes = index_plain_id(store, index_copy(store, statement, 25));
    found->how = index_copy(store, statement, 26);
    found->replaces = index_copy(store, statement, 27);
    found->state = index_state_of(*state, found);
    return alias;
}

/* A function that looks up a row. */
typedef bool row_function(struct store *store, const char *id, struct index_series *found,
                          int *state, const char **alias);

static bool whole_row(struct store *store, const char *id, struct index_series *found, int *state,
                      const char **alias) {
    sqlite3_stmt *statement =
        store_statement(store, "SELECT " INDEX_SERIES_COLUMNS " FROM series s WHERE s.id = ?1",
                        VALUES(value_text(id)));
    bool known = store_row(store, statement);

    if (known)
        *alias = index_series_read(store, statement, found, state);
    store_reset(statement);
    return known;
}

static bool brief_row(struct store *store, const char *id, struct index_series *found, int *state,
                      const char **alias) {
    sqlite3_stmt *statement =
        store_statement(store, "SELECT " INDEX_BRIEF_COLUMNS " FROM series s WHERE s.id = ?1",
                        VALUES(value_text(id)));
    bool known = store_row(store, statement);

    if (known)
        *alias = series_brief(store, statement, found, state);
    store_reset(statement);
    return known;
}

static bool final_row(struct store *store, const char *id, struct index_series *found, int *state,
                      row_function *row) {
    const char *alias;

    if (!row(store, id, found, state, &alias))
        return false;
    /* One further lookup is enough: index_join stores the final id as the alias of every series. */
    return !*alias || (row(store, alias, found, state, &alias) && !*alias);
}

bool index_series_row(struct store *store, const char *id, struct index_series *found, int *state) {
    return final_row(store, id, found, state, whole_row);
}

bool index_series_row_brief(struct store *store, const char *id, struct index_series *found,
                            int *state) {
    return final_row(store, id, found, state, brief_row);
}

/* Looks up the series ID with ROW in the scopes that the transaction sees. */
static bool series_find(struct store *store, const char *id, struct index_series *found,
                        row_function *row) {
    const char *scope;
    int state;

    for (size_t i = 0; (scope = scope_seen(store, i)); i++)
        if (final_row(store, index_scoped_id(store, scope, id), found, &state, row)) {
            found->id = index_plain_id(store, found->id);
            return true;
        }
    return false;
}

bool index_find_series(struct store *store, const char *id, struct index_series *found) {
    return series_find(store, id, found, whole_row);
}

bool index_find_series_brief(struct store *store, const char *id, struct index_series *found) {
    return series_find(store, id, found, brief_row);
}

static bool has_part(struct store *store, const char *series, int64_t part,
                     const char *message_id) {
    return store_number(store,
                        "SELECT 1 FROM message WHERE series = ?1 AND slot = ?2 AND message_id <> ?3"
                        " UNION ALL SELECT 1 FROM " INDEX_JOINED
                        " AND m.slot = ?2 AND m.message_id <> ?3 LIMIT 1",
                        VALUES(value_text(series), value_number(part), value_text(message_id)),
                        0) == 1;
}

bool index_has_part(struct store *store, const char *series, int64_t part, const char *message_id) {
    const char *scope;

    for (size_t i = 0; (scope = scope_seen(store, i)); i++)
        if (has_part(store, index_scoped_id(store, scope, series), part, message_id))
            return true;
    return false;
}

static bool is_among(const struct index_series *found, size_t count, const char *id) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(found[i].id, id) == 0)
            return true;
    return false;
}

/* Adds the series that were recorded under KEY in SCOPE to the COUNT series FOUND.  Returns the new
 * number. */
static size_t key_find(struct store *store, const char *scope, const char *key,
                       struct index_series *found, size_t count, size_t max) {
    sqlite3_stmt *statement =
        store_statement(store,
                        "SELECT " INDEX_BRIEF_COLUMNS " FROM key k CROSS JOIN series s"
                        " WHERE k.hash = ?1 AND s.id = k.series ORDER BY k.received DESC LIMIT ?2",
                        VALUES(text_hash(store, scope, key),
                               value_number((int64_t)max * KEY_ROWS)));
    int state;

    while (count < max && store_row(store, statement)) {
        const char *alias = series_brief(store, statement, &found[count], &state);

        if (*alias && !index_series_row_brief(store, alias, &found[count], &state))
            continue;
        found[count].id = index_plain_id(store, found[count].id);
        count += !is_among(found, count, found[count].id);
    }
    store_reset(statement);
    return count;
}

size_t index_find_key(struct store *store, const char *key, struct index_series *found,
                      size_t max) {
    const char *scope;
    size_t count = 0;

    for (size_t i = 0; (scope = scope_seen(store, i)); i++)
        count = key_find(store, scope, key, found, count, max);
    return count;
}

/* Returns true if one of the LINES, separated by LF, equals LINE, which is not "". */
static bool has_line(const char *lines, const char *line) {
    size_t length = strlen(line);

    for (const char *at = lines; length > 0 && (at = strstr(at, line)); at += length)
        if ((at == lines || at[-1] == '\n') && (at[length] == '\n' || !at[length]))
            return true;
    return false;
}

/* Sets the elements of FOUND whose notes were recorded with a member of SERIES.  Returns the number
 * of those that were set in FOUND before or now. */
static size_t notes_find(struct store *store, const char *series, const char *const *notes,
                         size_t count, size_t shared, bool *found) {
    sqlite3_stmt *statement =
        store_statement(store,
                        "SELECT notes FROM message WHERE series = ?1 AND slot IS NOT NULL"
                        " UNION ALL SELECT m.notes FROM " INDEX_JOINED " AND m.slot IS NOT NULL",
                        VALUES(value_text(series)));

    while (shared < count && store_row(store, statement))
        for (size_t i = 0; i < count; i++)
            if (!found[i] && notes[i] && has_line(column_text(statement, 0), notes[i])) {
                found[i] = true;
                shared++;
            }
    store_reset(statement);
    return shared;
}

size_t index_shared(struct store *store, const char *series, const char *const *notes,
                    size_t count) {
    bool *found = arena_allocate(&store->strings, count * sizeof(*found) + 1);
    size_t shared = 0;
    const char *scope;

    memset(found, 0, count * sizeof(*found));
    for (size_t i = 0; (scope = scope_seen(store, i)); i++)
        shared =
            notes_find(store, index_scoped_id(store, scope, series), notes, count, shared, found);
    return shared;
}

/* ---- recording ----------------------------------------------------------------------------- */

/* Returns LINES with each line preceded by SCOPE, as text_hash hashes it; NULL if LINES is NULL.
 */
static const char *scoped_lines(struct store *store, const char *scope, const char *lines) {
    size_t count = 1;
    char *result, *to;

    if (!lines || !*scope)
        return lines;
    for (const char *at = lines; (at = strchr(at, '\n')); at++)
        count++;
    result = arena_allocate(&store->strings, strlen(lines) + count * (strlen(scope) + 1) + 1);
    to = stpcpy(stpcpy(result, scope), "\t");
    for (const char *at = lines; *at; at++) {
        *to++ = *at;
        if (*at == '\n')
            to = stpcpy(stpcpy(to, scope), "\t");
    }
    *to = '\0';
    return result;
}

static int other_id_record(struct store *store, const char *scope, const char *message_id,
                           const char *other_id) {
    return store_run(store,
                     "INSERT INTO other_id SELECT time, ?2 FROM message WHERE hash = ?1"
                     " ON CONFLICT DO NOTHING",
                     VALUES(text_hash(store, scope, message_id),
                            text_hash(store, scope, other_id)));
}

static int other_ids_record(struct store *store, const char *scope,
                            const struct index_message *message) {
    for (size_t i = 0; i < message->other_id_count; i++)
        if (other_id_record(store, scope, message->message_id, message->other_ids[i]) < 0)
            return -1;
    return 0;
}

static struct value value_filled(const char *text) {
    return value_optional(text && *text ? text : NULL);
}

/* Makes a claim one of the mails that index_find_claims finds. */
static int claim_link(struct store *store, const char *scope, const struct index_message *message) {
    return store_run(store,
                     "INSERT INTO other_id SELECT time, ?2 FROM message WHERE hash = ?1"
                     " ON CONFLICT DO NOTHING",
                     VALUES(text_hash(store, scope,
                                      claim_text(store, message->message_id, message->sender)),
                            text_hash(store, scope, message->message_id)));
}

static int message_record(struct store *store, const char *scope,
                          const struct index_message *message) {
    bool member = message->title != NULL, content = message->content_bytes > 0;
    struct index_message recorded = *message;
    const char *author = message->author;
    int changed;

    if (message->claim) {
        changed = store_run(store, "UPDATE message SET contested = 1 WHERE hash = ?1",
                            VALUES(text_hash(store, scope, message->message_id)));
        if (changed < 0)
            return -1;
        recorded.claim = changed > 0; /* the other mail may be in another scope */
    }
    if (author && strcmp(author, message->sender) == 0)
        author = NULL;
    changed = store_run(
        store,
        "INSERT INTO message VALUES(max(?7 << 20, 1 + ifnull((SELECT max(time) FROM message"
        " WHERE time < (?7 + 1) << 20), 0)),"
        " ?15, ?1, ?2, ?3, ?4, ?5, ?6, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?16, ?17, ?18, ?19, ?20,"
        " ?21, ?22, ?23, ?24, ?25, ?26, ?27, 0, ?28, ?29, ?30, ?31) ON CONFLICT(hash) DO NOTHING",
        VALUES(value_text(message->message_id),
               value_text(index_scoped_id(store, scope, message->series)),
               value_text(message->sender), value_text(message->kind), value_text(message->lists),
               value_known(message->part), value_number(message->received),
               value_known(member ? message->part : -1), value_optional(message->title),
               value_optional(author), value_optional(message->tags), value_known(message->target),
               value_optional(scoped_lines(store, scope, message->keys)),
               value_optional(message->notes), message_hash(store, scope, &recorded),
               value_text(message->posted), value_number(message->published),
               value_filled(message->via), value_filled(message->topic),
               value_filled(message->patch_id), value_filled(message->supersedes),
               value_filled(message->how), value_filled(message->scope),
               value_filled(message->same_as),
               content ? value_number(message->content) : value_known(-1),
               content ? value_number(message->content_bytes) : value_known(-1),
               value_number(recorded.claim), value_filled(message->sender_name),
               value_filled(message->robot), value_filled(message->verdict),
               value_optional(message->applied)));
    if (changed > 0 && recorded.claim && claim_link(store, scope, message) < 0)
        return -1;
    return changed > 0 && other_ids_record(store, scope, message) < 0 ? -1 : changed;
}

int index_record_message(struct store *store, const struct index_message *message) {
    int changed, result = 0;
    const char *scope;

    for (size_t i = 0; (scope = index_scope_own(store, i)); i++) {
        changed = message_record(store, scope, message);
        if (changed < 0)
            return -1;
        result |= changed;
    }
    return result;
}

int index_update_message(struct store *store, const struct index_message *message) {
    const char *scope;

    for (size_t i = 0; (scope = index_scope_own(store, i)); i++)
        if (store_run(store,
                      "UPDATE message SET lists = ?2, posted = ?3, published = ?4, via = ?5"
                      " WHERE hash = ?1",
                      VALUES(message_hash(store, scope, message), value_text(message->lists),
                             value_text(message->posted), value_number(message->published),
                             value_filled(message->via))) < 0)
            return -1;
    return 0;
}

int index_record_other_id(struct store *store, const char *message_id, const char *other_id) {
    const char *scope;

    for (size_t i = 0; (scope = index_scope_own(store, i)); i++)
        if (other_id_record(store, scope, message_id, other_id) < 0)
            return -1;
    return 0;
}

int index_record_key(struct store *store, const char *key, const char *series, int64_t received) {
    const char *scope;

    for (size_t i = 0; (scope = index_scope_own(store, i)); i++)
        if (store_run(store, "INSERT INTO key VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
                      VALUES(text_hash(store, scope, key), value_number(received),
                             value_text(index_scoped_id(store, scope, series)))) < 0)
            return -1;
    return 0;
}

int index_assign_cover(struct store *store, const char *message_id, const char *series) {
    const char *scope;

    for (size_t i = 0; (scope = index_scope_own(store, i)); i++)
        if (store_run(store,
                      "UPDATE message SET series = ?2, part = 0 WHERE hash = ?1 AND series = ''",
                      VALUES(text_hash(store, scope, message_id),
                             value_text(index_scoped_id(store, scope, series)))) < 0)
            return -1;
    return 0;
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
