/* SPDX-License-Identifier: BSD-2-Clause
 *
 * journal.c - events on their way out, and how far each sink has got: see store.h.
 *
 * Owns the statements on the tables event and sink.  Sequences have no gaps - an append that is
 * refused or rolled back takes none, and only the oldest events are ever removed - so counting is
 * subtracting.  Appending and acknowledging can fail as all writing does (store-transaction.c); a
 * reader logs its own faults, once until a call works.
 */
#include "store-private.h"

#include "log.h"

#include <stdlib.h>
#include <string.h>

/* A batch ends here even if it has fewer than MAX events: what a sink holds in memory. */
#define BATCH_BYTES (4 * 1024 * 1024)

/* Events forgotten in one transaction: a mail that comes meanwhile waits for that many at most,
 * well under a millisecond. */
#define FORGET_EVENTS 50

enum reader_statement { READ_EVENTS, READ_NEWEST, READ_CURSOR, READ_DEPTH, READ_COUNT };

static const char *const reader_sql[READ_COUNT] = {
    [READ_EVENTS] = "SELECT sequence, time, id, type, subject, list, series, json FROM event"
                    " WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
    [READ_NEWEST] = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)",
    [READ_CURSOR] = "SELECT coalesce((SELECT acknowledged FROM sink WHERE name = ?1), 0)",
    /* min and max apart: only alone is each one lookup and not a scan. */
    [READ_DEPTH] = "SELECT max(0, coalesce((SELECT max(sequence) FROM event), 0)"
                   " - max(coalesce((SELECT acknowledged FROM sink WHERE name = ?1), 0),"
                   "       coalesce((SELECT min(sequence) FROM event), 1) - 1))",
};

struct journal_reader {
    struct store *store;
    sqlite3 *database; /* the store's own when that is in memory */
    sqlite3_stmt *statements[READ_COUNT];
    struct arena strings; /* of the events that journal_read gave last */
    bool faulted;
};

/* ---- writing ----------------------------------------------------------------------------------
 */

int journal_append(struct store *store, const struct journal_event *event) {
    /* Not ON CONFLICT DO NOTHING: that takes a sequence even where it does nothing. */
    sqlite3_stmt *statement = store_statement(
        store, STATEMENT_APPEND,
        "INSERT INTO event(id, type, subject, list, series, time, json)"
        " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM event WHERE id = ?1)");
    int appended;

    if (!statement)
        return -1;
    store_bind_text(statement, 1, event->id);
    store_bind_text(statement, 2, event->type);
    store_bind_text(statement, 3, event->subject);
    store_bind_text(statement, 4, event->list);
    store_bind_text(statement, 5, event->series);
    sqlite3_bind_int64(statement, 6, event->time);
    sqlite3_bind_text64(statement, 7, event->json ? event->json : "", event->json_length,
                        SQLITE_STATIC, SQLITE_UTF8);
    appended = store_run(store, statement);
    if (appended > 0)
        store->appended = true;
    return appended;
}

int journal_acknowledge(struct store *store, const char *sink, int64_t sequence) {
    sqlite3_stmt *statement = NULL;

    if (store_begin(store) == 0)
        statement = store_statement(
            store, STATEMENT_ACKNOWLEDGE,
            "INSERT INTO sink(name, acknowledged) VALUES(?1, ?2)"
            " ON CONFLICT(name) DO UPDATE SET acknowledged = excluded.acknowledged");
    if (statement) {
        store_bind_text(statement, 1, sink);
        sqlite3_bind_int64(statement, 2, sequence);
        store_run(store, statement);
    }
    return store_commit(store);
}

/* ---- forgetting -------------------------------------------------------------------------------
 */

static bool is_among(const char *name, const char *const *sinks, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, sinks[i]) == 0)
            return true;
    return false;
}

/* The first cursor by name after NAME, in NAMES; NULL: there is none. */
static const char *next_sink(struct store *store, struct arena *names, const char *name) {
    sqlite3_stmt *statement =
        store_statement(store, STATEMENT_NEXT_SINK,
                        "SELECT name FROM sink WHERE name > ?1 ORDER BY name LIMIT 1");
    const char *next = NULL;

    if (!statement)
        return NULL;
    store_bind_text(statement, 1, name);
    if (store_row(store, statement))
        next = arena_copy(names, (const char *)sqlite3_column_text(statement, 0),
                          (size_t)sqlite3_column_bytes(statement, 0));
    sqlite3_reset(statement);
    return next;
}

static void drop_cursors(struct store *store, const char *const *sinks, size_t count) {
    struct arena names = {0};
    const char *name = "";

    /* By name, one lookup each, so that dropping one does not disturb the walk. */
    while ((name = next_sink(store, &names, name))) {
        sqlite3_stmt *statement;

        if (is_among(name, sinks, count))
            continue;
        statement = store_statement(store, STATEMENT_DROP_SINK, "DELETE FROM sink WHERE name = ?1");
        if (!statement)
            break;
        store_bind_text(statement, 1, name);
        store_run(store, statement);
    }
    arena_free(&names);
}

/* The one number that STATEMENT selects; 0 where there is no row. */
static int64_t row_number(struct store *store, sqlite3_stmt *statement) {
    int64_t number = 0;

    if (statement && store_row(store, statement))
        number = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return number;
}

/* The newest event that nobody needs any more. */
static int64_t forgettable(struct store *store, const char *const *sinks, size_t count,
                           int64_t keep) {
    int64_t last = row_number(store, store_statement(store, STATEMENT_NEWEST,
                                                     "SELECT max(sequence) FROM event")) -
                   keep;

    for (size_t i = 0; i < count; i++) {
        sqlite3_stmt *statement = store_statement(store, STATEMENT_CURSOR,
                                                  "SELECT acknowledged FROM sink WHERE name = ?1");
        int64_t acknowledged;

        if (!statement)
            return 0;
        store_bind_text(statement, 1, sinks[i]);
        acknowledged = row_number(store, statement);
        if (acknowledged < last)
            last = acknowledged;
    }
    return last;
}

/* Forgets up to FORGET_EVENTS events.  How many, -1 on a fault. */
static int64_t forget_some(struct store *store, const char *const *sinks, size_t count,
                           int64_t keep) {
    int64_t gone = -1;

    if (store_begin(store) == 0) {
        int64_t last = forgettable(store, sinks, count, keep);
        sqlite3_stmt *statement;

        drop_cursors(store, sinks, count);
        statement = store_statement(store, STATEMENT_FORGET,
                                    "DELETE FROM event WHERE sequence <="
                                    " min(?1, (SELECT min(sequence) FROM event) + ?2 - 1)");
        if (statement) {
            sqlite3_bind_int64(statement, 1, last);
            sqlite3_bind_int64(statement, 2, FORGET_EVENTS);
            gone = store_run(store, statement);
        }
    }
    return store_commit(store) == 0 ? gone : -1;
}

int64_t journal_forget(struct store *store, const char *const *sinks, size_t sink_count,
                       int64_t keep) {
    int64_t total = 0, gone;

    do {
        gone = forget_some(store, sinks, sink_count, keep);
        if (gone < 0)
            return -1;
        total += gone;
    } while (gone == FORGET_EVENTS);
    return total;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

struct journal_reader *journal_reader_open(struct store *store) {
    struct journal_reader *reader = calloc(1, sizeof(*reader));

    if (!reader) {
        log_error("out of memory");
        return NULL;
    }
    reader->store = store;
    reader->database =
        store->path ? store_connect(store->path, SQLITE_OPEN_READONLY) : store->database;
    if (!reader->database) {
        free(reader);
        return NULL;
    }
    return reader;
}

static void reader_take(struct journal_reader *reader) {
    if (!reader->store->path)
        store_take(reader->store);
}

static void reader_give(struct journal_reader *reader) {
    if (!reader->store->path)
        store_give(reader->store);
}

void journal_reader_close(struct journal_reader *reader) {
    if (!reader)
        return;
    reader_take(reader);
    for (size_t i = 0; i < READ_COUNT; i++)
        sqlite3_finalize(reader->statements[i]);
    reader_give(reader);
    if (reader->store->path)
        sqlite3_close(reader->database);
    arena_free(&reader->strings);
    free(reader);
}

static sqlite3_stmt *reader_statement(struct journal_reader *reader, enum reader_statement which) {
    sqlite3_stmt **statement = &reader->statements[which];

    if (!*statement && sqlite3_prepare_v3(reader->database, reader_sql[which], -1,
                                          SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK)
        store_report(reader->store, reader->database, &reader->faulted);
    return *statement;
}

/* Ends a statement whose last step gave RESULT.  False on a fault. */
static bool reader_end(struct journal_reader *reader, sqlite3_stmt *statement, int result) {
    bool good = result == SQLITE_ROW || result == SQLITE_DONE;

    if (good)
        reader->faulted = false;
    else
        store_report(reader->store, reader->database, &reader->faulted);
    sqlite3_reset(statement);
    return good;
}

static const char *copy_column(struct journal_reader *reader, sqlite3_stmt *statement, int column,
                               size_t *length) {
    const char *text = (const char *)sqlite3_column_text(statement, column);

    *length = text ? (size_t)sqlite3_column_bytes(statement, column) : 0;
    return arena_copy(&reader->strings, text, *length);
}

/* Copies the event in the current row; gives the bytes that took. */
static size_t copy_event(struct journal_reader *reader, sqlite3_stmt *row,
                         struct journal_event *event) {
    size_t id, type, subject, list, series;

    event->sequence = sqlite3_column_int64(row, 0);
    event->time = sqlite3_column_int64(row, 1);
    event->id = copy_column(reader, row, 2, &id);
    event->type = copy_column(reader, row, 3, &type);
    event->subject = copy_column(reader, row, 4, &subject);
    event->list = copy_column(reader, row, 5, &list);
    event->series = copy_column(reader, row, 6, &series);
    event->json = copy_column(reader, row, 7, &event->json_length);
    return id + type + subject + list + series + event->json_length;
}

int journal_read(struct journal_reader *reader, int64_t after, struct journal_event *events,
                 int max) {
    sqlite3_stmt *statement;
    int count = 0, result = SQLITE_DONE;
    size_t bytes = 0;

    reader_take(reader);
    arena_reset(&reader->strings);
    statement = reader_statement(reader, READ_EVENTS);
    if (!statement) {
        count = -1;
    } else {
        sqlite3_bind_int64(statement, 1, after);
        sqlite3_bind_int(statement, 2, max);
        while (count < max && bytes < BATCH_BYTES &&
               (result = sqlite3_step(statement)) == SQLITE_ROW)
            bytes += copy_event(reader, statement, &events[count++]);
        if (!reader_end(reader, statement, result))
            count = -1;
    }
    reader_give(reader);
    return count;
}

/* The one number that a statement selects, about SINK where that is not NULL; -1 on a fault. */
static int64_t reader_number(struct journal_reader *reader, enum reader_statement which,
                             const char *sink) {
    sqlite3_stmt *statement;
    int64_t number = -1;

    reader_take(reader);
    statement = reader_statement(reader, which);
    if (statement) {
        int result;

        if (sink)
            store_bind_text(statement, 1, sink);
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW)
            number = sqlite3_column_int64(statement, 0);
        reader_end(reader, statement, result);
    }
    reader_give(reader);
    return number;
}

int64_t journal_newest(struct journal_reader *reader) {
    return reader_number(reader, READ_NEWEST, NULL);
}

int64_t journal_cursor(struct journal_reader *reader, const char *sink) {
    return reader_number(reader, READ_CURSOR, sink);
}

int64_t journal_depth(struct journal_reader *reader, const char *sink) {
    return reader_number(reader, READ_DEPTH, sink);
}
