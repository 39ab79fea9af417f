/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index-walk.c - walks the members, tags and versions of series, finds incomplete series, and
 * expires mails: see index.h.
 *
 * Everything but the expiry runs in the transaction of its caller.  index_expire and
 * index_expiry_time have transactions of their own, which are small, so that no mail waits long.
 * Any statement can fail, as in index.c.
 */
#include "store/index-private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

int index_walk_members(struct store *store, const char *series,
                       void (*function)(void *argument, const struct index_member *member),
                       void *argument) {
    sqlite3_stmt *statement =
        store_statement(store,
                        "SELECT message_id, title, ifnull(author, sender), slot FROM message"
                        " WHERE series IN " INDEX_ALIASES " AND slot IS NOT NULL"
                        " AND (published OR ?2) ORDER BY slot, message_id",
                        VALUES(value_text(walked_id(store, series)),
                               value_number(store->scope_count > 0)));

    while (store_row(store, statement))
        function(argument, &(struct index_member){.message_id = column_text(statement, 0),
                                                  .title = column_text(statement, 1),
                                                  .author = column_text(statement, 2),
                                                  .part = sqlite3_column_int64(statement, 3)});
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
        " AND tags IS NOT NULL AND (published OR ?2) ORDER BY target, message_id",
        VALUES(value_text(walked_id(store, series)), value_number(store->scope_count > 0)));

    while (store_row(store, statement)) {
        char *tags = arena_copy(&store->strings, column_text(statement, 1),
                                (size_t)sqlite3_column_bytes(statement, 1)),
             *state, *tag;

        for (tag = strtok_r(tags, "\n", &state); tag; tag = strtok_r(NULL, "\n", &state))
            function(argument, sqlite3_column_int64(statement, 0), tag, column_text(statement, 2));
    }
    store_reset(statement);
    return store->working ? 0 : -1;
}

int index_walk_topic(struct store *store, const char *topic,
                     void (*function)(void *argument, const struct index_series *series),
                     void *argument) {
    sqlite3_stmt *statement = store_statement(
        store,
        "SELECT id, topic, author, title, version, total, opened, changed, rfc FROM series"
        " WHERE topic = ?1 AND alias = '' AND " SCOPE_OF_ID " = ?2 AND (state <> 3 OR ?2 <> '')"
        " ORDER BY opened, id",
        VALUES(value_text(topic), value_text(index_scope_own(store, 0))));

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

    if (index_series_row(store, id, &found, &state)) {
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
