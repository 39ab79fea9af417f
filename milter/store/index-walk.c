/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index-walk.c - walks the members, answers, tags and versions of series, finds incomplete series,
 * and expires mails: see index.h.
 *
 * Everything but the expiry runs in the transaction of its caller.  index_expire and
 * index_expiry_time have transactions of their own, which are small, so that no mail waits long.
 * Any statement can fail, as in index.c.
 */
#include "store/index-private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* Returns the id under which SERIES is recorded in the first scope of the transaction.  Mail of
 * other than open lists is never published, so all of it is walked. */
static const char *walked_id(struct store *store, const char *series) {
    return index_scoped_id(store, index_scope_own(store, 0), series);
}

/* SQL: the scope in the id of a series. */
#define SCOPE_OF_ID \
    "CASE instr(id, char(10)) WHEN 0 THEN '' ELSE substr(id, instr(id, char(10)) + 1) END"

int index_walk_scopes(struct store *store, void (*function)(void *argument, const char *scope),
                      void *argument) {
    sqlite3_stmt *statement = store_statement(
        store, "SELECT DISTINCT " SCOPE_OF_ID " FROM series WHERE instr(id, char(10)) > 0", NULL);

    while (store_row(store, statement))
        function(argument, column_text(statement, 0));
    store_reset(statement);
    return store->working ? 0 : -1;
}

/* ---- walking ------------------------------------------------------------------------------- */

int index_walk_series(struct store *store, int64_t since,
                      void (*function)(void *argument, const char *id), void *argument) {
    sqlite3_stmt *statement =
        store_statement(store,
                        "SELECT id FROM series WHERE alias = '' AND state <> 3 AND changed >= ?1"
                        " AND instr(id, char(10)) = 0 ORDER BY changed, id",
                        VALUES(value_number(since)));

    while (store_row(store, statement))
        function(argument, column_text(statement, 0));
    store_reset(statement);
    return store->working ? 0 : -1;
}

int index_walk_joined(struct store *store,
                      void (*function)(void *argument, const char *other, const char *series),
                      void *argument) {
    sqlite3_stmt *statement = store_statement(
        store,
        "SELECT id, alias FROM series WHERE alias <> '' AND instr(id, char(10)) = 0 ORDER BY id",
        NULL);

    while (store_row(store, statement))
        function(argument, column_text(statement, 0), column_text(statement, 1));
    store_reset(statement);
    return store->working ? 0 : -1;
}

/* Returns true if another series was joined with the series ID.  Statements that run for many mails
 * have a form for the others, which needs no temporary table for INDEX_ALIASES. */
static bool has_joined(struct store *store, const char *id) {
    return store_number(store, "SELECT 1 FROM series WHERE alias = ?1 AND alias <> '' LIMIT 1",
                        VALUES(value_text(id)), 0) == 1;
}

#define COUNT_OF_PARTS(where) \
    "SELECT count(DISTINCT slot) FROM message WHERE " where " AND slot >= 1 AND (published OR ?2)"

int64_t index_count_parts(struct store *store, const char *series) {
    const char *id = walked_id(store, series);

    return store_number(store,
                        has_joined(store, id) ? COUNT_OF_PARTS("series IN " INDEX_ALIASES)
                                              : COUNT_OF_PARTS("series = ?1"),
                        VALUES(value_text(id), value_number(store->scope_count > 0)), 0);
}

const char *index_first_member(struct store *store, const char *series) {
    sqlite3_stmt *statement =
        store_statement(store,
                        "SELECT message_id FROM message WHERE series IN " INDEX_ALIASES
                        " AND slot IS NOT NULL AND (published OR ?2)"
                        " ORDER BY slot, time >> 20, message_id LIMIT 1",
                        VALUES(value_text(walked_id(store, series)),
                               value_number(store->scope_count > 0)));
    const char *message_id = store_row(store, statement) ? index_copy(store, statement, 0) : NULL;

    store_reset(statement);
    return message_id;
}

int64_t index_series_place(struct store *store, const char *series) {
    return store_number(store,
                        "SELECT min(time) FROM message WHERE series IN " INDEX_ALIASES
                        " AND slot IS NOT NULL",
                        VALUES(value_text(walked_id(store, series))), -1);
}

/* ---- the parts of a series ----------------------------------------------------------------- */

#define REROLLS_MOST      100  /* partial re-rolls of one series that are looked at */
#define REROLL_MAILS_MOST 1000 /* their mails */

/* The parts of a series, ordered by number, and those that were replaced. */
struct parts {
    struct store *store;
    struct index_member *members;
    size_t count, capacity;
    struct index_replaced *replaced;
    size_t replaced_count;
};

/* Returns the place of the part with NUMBER, or where it would be. */
static size_t part_place(const struct parts *parts, int64_t number) {
    size_t low = 0, high = parts->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (parts->members[middle].part < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool part_exists(const struct parts *parts, size_t place, int64_t number) {
    return place < parts->count && parts->members[place].part == number;
}

static void part_insert(struct parts *parts, size_t place, const struct index_member *member) {
    if (parts->count == parts->capacity) {
        size_t capacity = 2 * parts->capacity + 16;
        struct index_member *more =
            arena_allocate(&parts->store->strings, capacity * sizeof(*more));

        if (parts->count > 0)
            memcpy(more, parts->members, parts->count * sizeof(*more));
        parts->members = more;
        parts->capacity = capacity;
    }
    memmove(&parts->members[place + 1], &parts->members[place],
            (parts->count - place) * sizeof(*parts->members));
    parts->members[place] = *member;
    parts->count++;
}

#define MEMBER_COLUMNS                                                                \
    "m.slot, m.message_id, m.title, ifnull(m.author, m.sender), m.patch_id, m.lists," \
    " m.time >> 20"

static struct index_member member_read(struct store *store, sqlite3_stmt *statement) {
    return (struct index_member){.part = sqlite3_column_int64(statement, 0),
                                 .message_id = index_copy(store, statement, 1),
                                 .title = index_copy(store, statement, 2),
                                 .author = index_copy(store, statement, 3),
                                 .patch_id = index_copy(store, statement, 4),
                                 .lists = index_copy(store, statement, 5),
                                 .received = sqlite3_column_int64(statement, 6)};
}

#define MEMBERS(where)                                                                \
    "SELECT " MEMBER_COLUMNS " FROM message m WHERE " where " AND m.slot IS NOT NULL" \
    " AND (m.published OR ?2) ORDER BY m.slot, m.time >> 20, m.message_id"

/* Reads the first mail of each number. */
static void parts_read(struct parts *parts, const char *id) {
    sqlite3_stmt *statement =
        store_statement(parts->store,
                        has_joined(parts->store, id) ? MEMBERS("m.series IN " INDEX_ALIASES)
                                                     : MEMBERS("m.series = ?1"),
                        VALUES(value_text(id), value_number(parts->store->scope_count > 0)));

    while (store_row(parts->store, statement)) {
        struct index_member member = member_read(parts->store, statement);

        if (parts->count == 0 || parts->members[parts->count - 1].part != member.part)
            part_insert(parts, parts->count, &member);
    }
    store_reset(statement);
}

/* A mail of a partial re-roll. */
struct reroll_mail {
    struct index_member member;
    const char *series; /* the id as recorded */
    int64_t total;      /* the total of its series */
    int64_t target;     /* the part that it answers; -1 if it answers none */
};

/* Returns the number of the part that MAIL replaces: its own number, or, for a mail without number,
 * that of the part that it answers or whose title it has.  Returns -1 if there is none. */
static int64_t replaced_part(const struct parts *parts, const struct reroll_mail *mail) {
    if (mail->total > 1 || mail->member.part != 1)
        return mail->member.part;
    if (mail->target >= 0)
        return mail->target;
    for (size_t i = 0; i < parts->count; i++)
        if (strcasecmp(parts->members[i].title, mail->member.title) == 0)
            return parts->members[i].part;
    return -1;
}

static void part_replace(struct parts *parts, struct reroll_mail *mail) {
    int64_t number = replaced_part(parts, mail);
    size_t place = part_place(parts, number);

    if (number < 0)
        return;
    mail->member.part = number;
    parts->replaced[parts->replaced_count] =
        (struct index_replaced){.part = number,
                                .message_id = "",
                                .by = mail->member.message_id,
                                .series = index_plain_id(parts->store, mail->series)};
    if (part_exists(parts, place, number)) {
        parts->replaced[parts->replaced_count].message_id = parts->members[place].message_id;
        parts->members[place] = mail->member;
    } else {
        part_insert(parts, place, &mail->member);
    }
    parts->replaced_count++;
}

/* Reads the mails of the partial re-rolls of the series ID, and of those of these, and replaces the
 * parts that they have, the newest re-roll last. */
static void rerolls_read(struct parts *parts, const char *id) {
    sqlite3_stmt *statement = store_statement(
        parts->store,
        "WITH RECURSIVE reroll(id) AS (SELECT id FROM series WHERE supersedes IN " INDEX_ALIASES
        "  AND supersedes <> '' AND replaces = 'part'"
        "  UNION SELECT s.id FROM reroll r CROSS JOIN series s WHERE s.supersedes = r.id"
        "  AND s.supersedes <> '' AND s.replaces = 'part' LIMIT ?3)"
        " SELECT " MEMBER_COLUMNS ", m.series, s.total, m.target"
        " FROM reroll r CROSS JOIN series s CROSS JOIN message m WHERE s.id = r.id"
        " AND m.series = s.id AND m.slot IS NOT NULL AND (m.published OR ?2)"
        " ORDER BY s.opened, s.id, m.slot, m.time >> 20, m.message_id LIMIT ?4",
        VALUES(value_text(id), value_number(parts->store->scope_count > 0),
               value_number(REROLLS_MOST), value_number(REROLL_MAILS_MOST)));
    struct reroll_mail before = {.series = ""};

    while (store_row(parts->store, statement)) {
        struct reroll_mail mail = {.member = member_read(parts->store, statement),
                                   .series = index_copy(parts->store, statement, 7),
                                   .total = column_number(statement, 8),
                                   .target = column_number(statement, 9)};
        bool again =
            strcmp(mail.series, before.series) == 0 && mail.member.part == before.member.part;

        if (!parts->replaced)
            parts->replaced = arena_allocate(&parts->store->strings,
                                             REROLL_MAILS_MOST * sizeof(*parts->replaced));
        before = mail;
        if (!again)
            part_replace(parts, &mail);
    }
    store_reset(statement);
}

/* Returns true if a partial re-roll of the series ID is recorded. */
static bool has_reroll(struct store *store, const char *id) {
    return store_number(store,
                        "SELECT 1 FROM series WHERE supersedes = ?1 AND supersedes <> ''"
                        " AND replaces = 'part' UNION ALL SELECT 1 FROM series s"
                        " CROSS JOIN series r WHERE s.alias = ?1 AND s.alias <> ''"
                        " AND r.supersedes = s.id AND r.supersedes <> '' AND r.replaces = 'part'"
                        " LIMIT 1",
                        VALUES(value_text(id)), 0) == 1;
}

/* Replaces the parts that partial re-rolls have.  Few series have any, and the query for one is
 * much cheaper. */
static void parts_replace(struct parts *parts, const char *id) {
    if (has_reroll(parts->store, id))
        rerolls_read(parts, id);
}

int index_walk_members(struct store *store, const char *series,
                       void (*function)(void *argument, const struct index_member *member),
                       void *argument) {
    const char *id = walked_id(store, series);
    struct parts parts = {.store = store};

    parts_read(&parts, id);
    parts_replace(&parts, id);
    for (size_t i = 0; i < parts.count && store->working; i++)
        function(argument, &parts.members[i]);
    return store->working ? 0 : -1;
}

int index_walk_replaced(struct store *store, const char *series,
                        void (*function)(void *argument, const struct index_replaced *replaced),
                        void *argument) {
    const char *id = walked_id(store, series);
    struct parts parts = {.store = store};

    parts_read(&parts, id);
    parts_replace(&parts, id);
    for (size_t i = 0; i < parts.replaced_count && store->working; i++)
        function(argument, &parts.replaced[i]);
    return store->working ? 0 : -1;
}

/* ---- answers ------------------------------------------------------------------------------- */

int index_walk_answers(struct store *store, const char *series,
                       void (*function)(void *argument, const struct index_answer *answer),
                       void *argument) {
    sqlite3_stmt *statement = store_statement(
        store,
        "SELECT message_id, sender, sender_name, kind, time >> 20, target, tags, robot, verdict,"
        " applied, lists FROM message WHERE series IN " INDEX_ALIASES
        " AND slot IS NULL AND series <> '' AND part IS NULL AND (published OR ?2)"
        " ORDER BY time >> 20, message_id",
        VALUES(value_text(walked_id(store, series)), value_number(store->scope_count > 0)));

    while (store_row(store, statement)) {
        bool applied = sqlite3_column_type(statement, 9) != SQLITE_NULL;

        function(argument,
                 &(struct index_answer){.message_id = column_text(statement, 0),
                                        .sender = column_text(statement, 1),
                                        .sender_name = column_text(statement, 2),
                                        .kind = column_text(statement, 3),
                                        .received = sqlite3_column_int64(statement, 4),
                                        .target = column_number(statement, 5),
                                        .tags = column_text(statement, 6),
                                        .robot = column_text(statement, 7),
                                        .verdict = column_text(statement, 8),
                                        .applied = applied ? column_text(statement, 9) : NULL,
                                        .lists = column_text(statement, 10)});
    }
    store_reset(statement);
    return store->working ? 0 : -1;
}

int index_walk_tags(struct store *store, const char *series,
                    void (*function)(void *argument, int64_t part, const char *tag,
                                     const char *message_id),
                    void *argument) {
    sqlite3_stmt *statement = store_statement(
        store,
        "SELECT target, tags, message_id FROM message WHERE series IN " INDEX_ALIASES
        " AND slot IS NULL AND series <> '' AND tags IS NOT NULL AND (published OR ?2)"
        " ORDER BY ifnull(target, -1), message_id",
        VALUES(value_text(walked_id(store, series)), value_number(store->scope_count > 0)));

    while (store_row(store, statement)) {
        char *tags = arena_copy(&store->strings, column_text(statement, 1),
                                (size_t)sqlite3_column_bytes(statement, 1)),
             *state, *tag;

        for (tag = strtok_r(tags, "\n", &state); tag; tag = strtok_r(NULL, "\n", &state))
            if (strncmp(tag, INDEX_RANGE, strlen(INDEX_RANGE)) != 0)
                function(argument, column_number(statement, 0), tag, column_text(statement, 2));
    }
    store_reset(statement);
    return store->working ? 0 : -1;
}

#define TOPIC_COLUMNS "id, topic, author, title, version, total, opened, changed, rfc"
#define TOPIC_SERIES(where)                             \
    "SELECT " TOPIC_COLUMNS " FROM series WHERE " where \
    " AND topic = ?1 AND alias = '' AND " SCOPE_OF_ID " = ?2 AND (state <> 3 OR ?2 <> '')"

/* The first series of a topic has the same id, but for its first letter, unless the topic is named
 * by a change-id; the others are in an index. */
int index_walk_topic(struct store *store, const char *topic,
                     void (*function)(void *argument, const struct index_series *series),
                     void *argument) {
    const char *scope = index_scope_own(store, 0);
    const char *first =
        arena_join(&store->strings, (const char *[]){"s", topic + (*topic != '\0'), NULL});
    sqlite3_stmt *statement =
        store_statement(store,
                        TOPIC_SERIES("id = ?3") " UNION " TOPIC_SERIES(
                            "substr(topic, 4) <> substr(id, 4, 16)") " ORDER BY opened, id",
                        VALUES(value_text(topic), value_text(scope),
                               value_text(index_scoped_id(store, scope, first))));

    while (store_row(store, statement))
        function(argument,
                 &(struct index_series){.id =
                                            index_plain_id(store, index_copy(store, statement, 0)),
                                        .topic = column_text(statement, 1),
                                        .author = column_text(statement, 2),
                                        .title = column_text(statement, 3),
                                        .version = column_number(statement, 4),
                                        .total = column_number(statement, 5),
                                        .opened = sqlite3_column_int64(statement, 6),
                                        .changed = sqlite3_column_int64(statement, 7),
                                        .rfc = sqlite3_column_int(statement, 8) != 0});
    store_reset(statement);
    return store->working ? 0 : -1;
}

int index_report_incomplete(struct store *store, int64_t quiet, char **ids, int max) {
    sqlite3_stmt *statement =
        store_statement(store,
                        "SELECT id FROM series WHERE state = 0 AND opened < ?1 AND changed < ?1"
                        " ORDER BY opened LIMIT ?2",
                        VALUES(value_number(quiet), value_number(max)));
    int count = 0;

    while (count < max && store_row(store, statement)) {
        ids[count] = strdup(column_text(statement, 0));
        if (!ids[count])
            break;
        count++;
    }
    store_reset(statement);
    for (int i = 0; i < count; i++)
        store_run(store, "UPDATE series SET state = 2 WHERE id = ?1", VALUES(value_text(ids[i])));
    if (store->working)
        return count;
    while (count > 0)
        free(ids[--count]);
    return -1;
}

/* ---- expiry -------------------------------------------------------------------------------- */

/* Bounds of one step.  Most mails have a few rows, one with a patch to a whole tree has hundreds.
 */
#define EXPIRE_MAILS 50
#define EXPIRE_ROWS  500

/* Deletes the series ID if its newest mail is older than CUTOFF.  Series that were joined are
 * deleted together, when the newest mail of all is older, because each mail refers to the id with
 * which it was recorded. */
static void series_expire(struct store *store, const char *id, int64_t cutoff) {
    struct index_series found;
    int state;

    if (index_series_row_brief(store, id, &found, &state)) {
        if (found.changed >= cutoff)
            return;
        id = found.id;
    }
    store_run(store,
              "DELETE FROM series WHERE (id = ?1 OR (alias = ?1 AND alias <> '')) AND NOT EXISTS"
              " (SELECT 1 FROM series WHERE (id = ?1 OR (alias = ?1 AND alias <> ''))"
              "  AND changed >= ?2)",
              VALUES(value_text(id), value_number(cutoff)));
}

/* A mail to delete; the fields are columns of the table message. */
struct expired {
    int64_t time;
    const char *series;
    char *keys;
};

/* Deletes a mail, its keys, and its series if that expires.  Returns the approximate number of rows
 * that it deleted. */
static int mail_expire(struct store *store, const struct expired *mail, int64_t cutoff) {
    char *state, *key;
    int rows = 1;

    for (key = strtok_r(mail->keys, "\n", &state); key; key = strtok_r(NULL, "\n", &state), rows++)
        store_run(store, "DELETE FROM key WHERE hash = text_hash(?1) AND received = ?2",
                  VALUES(value_text(key), value_number(mail->time >> 20)));
    store_run(store, "DELETE FROM message WHERE time = ?1", VALUES(value_number(mail->time)));
    store_run(store, "DELETE FROM other_id WHERE time = ?1", VALUES(value_number(mail->time)));
    if (*mail->series)
        series_expire(store, mail->series, cutoff);
    return rows;
}

int index_expire(struct store *store, int64_t cutoff) {
    struct expired mails[EXPIRE_MAILS];
    int count = 0, done = 0;

    if (store_begin_relaxed(store) == 0) {
        sqlite3_stmt *statement = store_statement(
            store,
            "SELECT time, series, keys FROM message WHERE time < ?1 << 20 ORDER BY time LIMIT ?2",
            VALUES(value_number(cutoff), value_number(EXPIRE_MAILS)));

        for (; count < EXPIRE_MAILS && store_row(store, statement); count++)
            mails[count] =
                (struct expired){.time = sqlite3_column_int64(statement, 0),
                                 .series = index_copy(store, statement, 1),
                                 .keys = arena_copy(&store->strings, column_text(statement, 2),
                                                    (size_t)sqlite3_column_bytes(statement, 2))};
        store_reset(statement);
        for (int rows = 0; done < count && rows < EXPIRE_ROWS; done++)
            rows += mail_expire(store, &mails[done], cutoff);
    }
    if (store_commit(store) < 0)
        return -1;
    return done < count || count == EXPIRE_MAILS;
}

#define EXPIRY_NAME "store expiry" /* the name under which the table progress has the time */
/* By how many seconds the time advances at most in one second: 1 day per hour. */
#define CATCH_UP 24

int64_t index_expiry_time(struct store *store, int64_t now, int64_t elapsed) {
    char position[STORE_POSITION_SIZE] = "";
    int64_t time = now, before;

    if (store_begin_relaxed(store) == 0) {
        index_position_read(store, EXPIRY_NAME, position);
        if (sscanf(position, "%" SCNd64, &before) == 1 && before >= 0) {
            if (now < before)
                time = before;
            else if (now - before > CATCH_UP * elapsed)
                time = before + CATCH_UP * elapsed;
        }
        snprintf(position, sizeof(position), "%" PRId64, time);
        index_position_write(store, EXPIRY_NAME, position);
    }
    if (store_commit(store) < 0)
        return -1;
    return time < now ? time : now;
}

void index_totals_read(struct store *store, struct index_totals *totals) {
    totals->mails = store_number(store, "SELECT count(*) FROM message", NULL, -1);
    totals->series = store_number(store, "SELECT count(*) FROM series", NULL, -1);
    totals->newest = store_number(store, "SELECT max(time) >> 20 FROM message", NULL, -1);
}
