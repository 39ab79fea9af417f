/* SPDX-License-Identifier: BSD-2-Clause
 *
 * journal.c - events on their way out, and how far each sink has got: see store.h.
 *
 * Owns the statements on the tables event and sink, with journal-forget.c.  Sequences have no gaps
 * - an append that is refused or rolled back takes none, and only the oldest events are ever
 * removed - so counting is subtracting.  Appending and acknowledging can fail as all writing does
 * (store-statement.c); a reader logs its own faults, once until a call works.
 */
#include "store-private.h"

#include "log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

/* A batch ends here even if it has fewer than MAX events: what a sink holds in memory. */
#define BATCH_BYTES (4 * 1024 * 1024)

/* Events counted at once: in memory, a mail waits for that many at most. */
#define COUNT_EVENTS 100

enum reader_statement {
    READ_EVENTS,
    READ_NEWEST,
    READ_CURSOR,
    READ_DEPTH,
    READ_OLDEST,
    READ_SIZE,
    READ_FREE,
    READ_COUNT
};

static const char *const reader_sql[READ_COUNT] = {
    [READ_EVENTS] = "SELECT sequence, time, id, type, subject, list, series, json FROM event"
                    " WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
    [READ_NEWEST] = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)",
    [READ_CURSOR] = "SELECT coalesce((SELECT acknowledged FROM sink WHERE name = ?1), 0)",
    /* min and max apart: only alone is each one lookup and not a scan. */
    [READ_DEPTH] = "SELECT max(0, coalesce((SELECT max(sequence) FROM event), 0)"
                   " - max(coalesce((SELECT acknowledged FROM sink WHERE name = ?1), 0),"
                   "       coalesce((SELECT min(sequence) FROM event), 1) - 1))",
    [READ_FREE] = "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size",
    [READ_OLDEST] = "SELECT time FROM event ORDER BY sequence LIMIT 1",
    [READ_SIZE] = "SELECT count(*), sum(bytes), max(sequence) FROM (SELECT sequence, " JOURNAL_BYTES
                  " AS bytes FROM event WHERE sequence > ?1 ORDER BY sequence LIMIT ?2)",
};

struct journal_reader {
    struct store *store;
    sqlite3 *database; /* the store's own when events are in memory */
    sqlite3_stmt *statements[READ_COUNT];
    struct arena strings; /* of the events that journal_read gave last */
    bool faulted;
};

/* ---- writing ----------------------------------------------------------------------------------
 */

int journal_run(struct store *store, struct statement *statement) {
    int before = sqlite3_total_changes(store->database), changed = store_run(store, statement);

    if (store->journal == STORE_JOURNAL_NONE)
        store->changes += sqlite3_total_changes(store->database) - before;
    return changed;
}

int journal_append(struct store *store, const struct journal_event *event) {
    /* ON CONFLICT DO NOTHING would take a sequence even where it does nothing. */
    struct statement *statement =
        store_statement(store, STATEMENT_APPEND,
                        "INSERT INTO event(id, type, subject, list, series, time, json)"
                        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    int appended;

    if (!statement)
        return -1;
    store_bind_text(statement, 1, event->id);
    store_bind_text(statement, 2, event->type);
    store_bind_text(statement, 3, event->subject);
    store_bind_text(statement, 4, event->list);
    store_bind_text(statement, 5, event->series);
    store_bind_number(statement, 6, event->time);
    store_bind_bytes(statement, 7, event->json ? event->json : "", event->json_length);
    appended = journal_run(store, statement);
    if (appended > 0)
        store->appended[metrics_type(event->type)]++;
    return appended;
}

int journal_set_cursor(struct store *store, const char *sink, int64_t sequence) {
    struct statement *statement =
        store_statement(store, STATEMENT_ACKNOWLEDGE,
                        "INSERT INTO sink(name, acknowledged) VALUES(?1, ?2)"
                        " ON CONFLICT(name) DO UPDATE SET acknowledged = excluded.acknowledged");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, sink);
    store_bind_number(statement, 2, sequence);
    return journal_run(store, statement) < 0 ? -1 : 0;
}

int journal_acknowledge(struct store *store, const char *sink, int64_t sequence) {
    store_begin(store);
    journal_set_cursor(store, sink, sequence);
    return store_commit_soon(store);
}

int journal_register(struct store *store, const char *sink) {
    struct statement *statement = NULL;

    if (store_begin(store) == 0)
        statement = store_statement(store, STATEMENT_REGISTER,
                                    "INSERT INTO sink(name, acknowledged) SELECT ?1, coalesce("
                                    "(SELECT min(sequence) - 1 FROM event),"
                                    " (SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)"
                                    " WHERE NOT EXISTS (SELECT 1 FROM sink WHERE name = ?1)");
    if (statement) {
        store_bind_text(statement, 1, sink);
        journal_run(store, statement);
    }
    return store_commit_lazily(store);
}

/* ---- in memory --------------------------------------------------------------------------------
 */

/* Makes a temporary table NAME like the one in the file; it is what NAME means from then on. */
static bool table_shadow(struct store *store, const char *name) {
    static const char create[] = "CREATE TABLE ";
    sqlite3_stmt *statement = NULL;
    const char *sql = NULL;
    bool good = false;

    if (sqlite3_prepare_v2(store->database, "SELECT sql FROM main.sqlite_schema WHERE name = ?1",
                           -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
        if (sqlite3_step(statement) == SQLITE_ROW)
            sql = (const char *)sqlite3_column_text(statement, 0);
    }
    if (sql && strncmp(sql, create, strlen(create)) == 0) {
        char *shadow = sqlite3_mprintf("CREATE TEMP TABLE %s", sql + strlen(create));

        good = shadow && sqlite3_exec(store->database, shadow, NULL, NULL, NULL) == SQLITE_OK;
        sqlite3_free(shadow);
    }
    sqlite3_finalize(statement);
    return good;
}

int journal_move_to_memory(struct store *store) {
    static const char move[] =
        "INSERT INTO temp.event SELECT * FROM main.event ORDER BY sequence;"
        "INSERT INTO temp.sink SELECT * FROM main.sink;"
        "DELETE FROM temp.sqlite_sequence WHERE name = 'event';"
        "INSERT INTO temp.sqlite_sequence SELECT * FROM main.sqlite_sequence WHERE name = 'event';"
        "DELETE FROM main.event; DELETE FROM main.sink;"
        "COMMIT";

    if (sqlite3_exec(store->database, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        !table_shadow(store, "event") || !table_shadow(store, "sink") ||
        sqlite3_exec(store->database, move, NULL, NULL, NULL) != SQLITE_OK) {
        store_log_fault(store->path, store->database, "");
        return -1;
    }
    store->journal = STORE_JOURNAL_NONE;
    return 0;
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
        store_is_shared(store) ? store->database : store_connect(store->path, SQLITE_OPEN_READONLY);
    if (!reader->database) {
        free(reader);
        return NULL;
    }
    return reader;
}

static void reader_take(struct journal_reader *reader) {
    if (store_is_shared(reader->store))
        store_take(reader->store);
}

static void reader_give(struct journal_reader *reader) {
    if (store_is_shared(reader->store))
        store_give(reader->store);
}

void journal_reader_close(struct journal_reader *reader) {
    if (!reader)
        return;
    reader_take(reader);
    for (size_t i = 0; i < READ_COUNT; i++)
        sqlite3_finalize(reader->statements[i]);
    reader_give(reader);
    if (!store_is_shared(reader->store))
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
            sqlite3_bind_text(statement, 1, sink, -1, SQLITE_STATIC);
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

/* The size of the next few events after those that were counted.  How many; -1 on a fault. */
static int64_t count_some(struct journal_reader *reader, int64_t after, int64_t *bytes,
                          int64_t *last) {
    sqlite3_stmt *statement;
    int64_t events = -1;

    reader_take(reader);
    statement = reader_statement(reader, READ_SIZE);
    if (statement) {
        int result;

        sqlite3_bind_int64(statement, 1, after);
        sqlite3_bind_int(statement, 2, COUNT_EVENTS);
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW) {
            events = sqlite3_column_int64(statement, 0);
            *bytes = sqlite3_column_int64(statement, 1);
            *last = sqlite3_column_int64(statement, 2);
        }
        reader_end(reader, statement, result);
    }
    reader_give(reader);
    return events;
}

int64_t journal_size(struct journal_reader *reader) {
    struct store *store = reader->store;
    int64_t events, bytes, last;

    /* Each event is read once, whoever removes it meanwhile. */
    while ((events = count_some(reader, store->counted, &bytes, &last)) > 0) {
        store->counted = last;
        store->counted_bytes += bytes;
    }
    return events < 0 ? -1 : store->counted_bytes;
}

int64_t journal_room(struct journal_reader *reader) {
    int64_t unused;
    struct statvfs disk;

    if (store_is_shared(reader->store))
        return INT64_MAX;
    unused = reader_number(reader, READ_FREE, NULL);
    if (unused < 0 || statvfs(reader->store->path, &disk) < 0)
        return -1;
    return unused + (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
}

int64_t journal_oldest_time(struct journal_reader *reader) {
    return reader_number(reader, READ_OLDEST, NULL);
}
