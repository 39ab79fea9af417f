/* SPDX-License-Identifier: BSD-2-Clause
 *
 * outbox.c - appends and reads events, and stores the cursors of sinks: see outbox.h.
 *
 * Owns the statements on the tables event and sink, together with outbox-trim.c.  Sequences have no
 * gaps: an append that is rolled back uses none, and only the oldest events are ever deleted.  So
 * the number of events between two sequences is their difference.  A row whose data is not JSON was
 * damaged, or migrated from one that was, and is skipped.
 *
 * Every call can fail.  Writing loses the transaction and logs as store-statement.c does; a reader
 * logs its faults itself, once until the same call succeeds.
 */
#include "store/outbox.h"

#include "store/store-private.h"
#include "util/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/statvfs.h>

/* A batch of events ends once it has this size, even if it has fewer than MAX events, because a
 * sink holds the whole batch in memory. */
#define BATCH_BYTES (4 * 1024 * 1024)

struct outbox_reader {
    struct store *store;
    struct connection connection;
    unsigned opened;      /* store->opened when the connection was opened */
    struct arena strings; /* the strings of the events that outbox_read returned last */
    const char *sql;      /* the SQL of the last call */
    const char *fault;    /* the SQL of the call whose fault was logged; "" if the connection could
                           * not be opened; NULL if there is no fault */
};

/* ---- writing ------------------------------------------------------------------------------- */

int outbox_append(struct store *store, const struct outbox_event *event) {
    struct value learned = value_text(event->learned), state = value_text(event->state);

    if (store_run(
            store,
            "INSERT INTO event(id, type, subject, list, series, time, source, data,"
            " learned, state, through) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?10, ?11, ?9"
            " + ifnull((SELECT through FROM event ORDER BY sequence DESC LIMIT 1), 0))",
            VALUES(value_text(event->id), value_text(event->type), value_text(event->subject),
                   value_text(event->list), value_text(event->series), value_number(event->time),
                   value_text(event->source), value_bytes(event->data, event->data_length),
                   value_number((int64_t)(event->data_length + learned.length + state.length)),
                   learned, state)) < 0)
        return -1;
    store->appended++;
    if (store->counter)
        store->counts[store->counter(event->type)]++;
    return 0;
}

int outbox_set_cursor(struct store *store, const char *sink, int64_t sequence) {
    return store_run(store,
                     "INSERT INTO sink VALUES(?1, ?2)"
                     " ON CONFLICT(name) DO UPDATE SET acknowledged = excluded.acknowledged",
                     VALUES(value_text(sink), value_number(sequence))) < 0
               ? -1
               : 0;
}

int outbox_acknowledge(struct store *store, const char *sink, int64_t sequence) {
    store_begin_relaxed(store);
    outbox_set_cursor(store, sink, sequence);
    return store_commit(store);
}

int outbox_register(struct store *store, const char *sink, int64_t since) {
    int64_t added;

    store_begin_relaxed(store);
    added = store_run(store,
                      "INSERT INTO sink SELECT ?1, ifnull((SELECT sequence FROM event"
                      " WHERE ?2 > 0 AND time < ?2 ORDER BY sequence DESC LIMIT 1),"
                      " ifnull((SELECT min(sequence) - 1 FROM event), 0))"
                      " WHERE NOT EXISTS (SELECT 1 FROM sink WHERE name = ?1)",
                      VALUES(value_text(sink), value_number(since)));
    return store_commit(store) < 0 ? -1 : added > 0;
}

/* ---- readers ------------------------------------------------------------------------------- */

struct outbox_reader *outbox_reader_open(struct store *store) {
    struct outbox_reader *reader = calloc(1, sizeof(*reader));

    if (reader)
        reader->store = store;
    else
        log_error("out of memory");
    return reader;
}

void outbox_reader_close(struct outbox_reader *reader) {
    if (!reader)
        return;
    store_connection_close(&reader->connection);
    arena_free(&reader->strings);
    free(reader);
}

/* Logs a fault, unless one was logged already.  The fault ends when the same call succeeds: other
 * calls may succeed although a part of the file is damaged. */
static void reader_fault(struct outbox_reader *reader) {
    if (!reader->fault) {
        store_log_fault(store_name(reader->store), reader->connection.database, false, "");
        reader->fault = reader->sql;
    }
}

/* Opens the connection if there is none or if the store has reopened the database since.  Returns
 * false if there is no connection. */
static bool reader_connect(struct outbox_reader *reader) {
    unsigned opened = atomic_load(&reader->store->opened);
    int code;

    if (reader->connection.database && reader->opened == opened)
        return true;
    store_connection_close(&reader->connection);
    if (opened > 0)
        reader->connection.database =
            store_connect(reader->store->path, SQLITE_OPEN_READONLY, !reader->fault, &code);
    if (opened > 0 && !reader->connection.database && !reader->fault)
        reader->fault = "";
    reader->opened = opened;
    return reader->connection.database != NULL;
}

static sqlite3_stmt *reader_statement(struct outbox_reader *reader, const char *sql,
                                      const struct value *values) {
    sqlite3_stmt *statement = NULL;

    reader->sql = sql;
    if (reader_connect(reader)) {
        statement = connection_statement(&reader->connection, sql, values);
        if (!statement)
            reader_fault(reader);
    }
    return statement;
}

/* Ends a statement whose last sqlite3_step returned RESULT.  Returns false on a fault; the next
 * call then opens a new connection. */
static bool reader_end(struct outbox_reader *reader, sqlite3_stmt *statement, int result) {
    bool good = result == SQLITE_ROW || result == SQLITE_DONE;

    if (!good)
        reader_fault(reader);
    sqlite3_reset(statement);
    if (!good)
        store_connection_close(&reader->connection);
    else if (reader->fault && (!*reader->fault || reader->fault == reader->sql))
        reader->fault = NULL;
    return good;
}

/* Returns the number that SQL selects; -1 on a fault or if there is no row. */
static int64_t reader_number(struct outbox_reader *reader, const char *sql,
                             const struct value *values) {
    sqlite3_stmt *statement = reader_statement(reader, sql, values);
    int64_t number = -1;
    int result;

    if (!statement)
        return -1;
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        number = column_number(statement, 0);
    return reader_end(reader, statement, result) ? number : -1;
}

/* ---- reading ------------------------------------------------------------------------------- */

/* Returns a copy of the text of COLUMN, valid until the next call of outbox_read, and adds its
 * length to *BYTES. */
static const char *copy_column(struct outbox_reader *reader, sqlite3_stmt *statement, int column,
                               size_t *bytes) {
    size_t length;
    const char *text = column_text(statement, column);

    length = (size_t)sqlite3_column_bytes(statement, column);
    *bytes += length;
    return arena_copy(&reader->strings, text, length);
}

/* Copies the event in the current row of the statement ROW.  Returns the size of its strings. */
static size_t copy_event(struct outbox_reader *reader, sqlite3_stmt *row,
                         struct outbox_event *event) {
    size_t bytes = 0;

    event->sequence = sqlite3_column_int64(row, 0);
    event->time = sqlite3_column_int64(row, 1);
    event->id = copy_column(reader, row, 2, &bytes);
    event->type = copy_column(reader, row, 3, &bytes);
    event->subject = copy_column(reader, row, 4, &bytes);
    event->list = copy_column(reader, row, 5, &bytes);
    event->series = copy_column(reader, row, 6, &bytes);
    event->source = copy_column(reader, row, 7, &bytes);
    event->data = copy_column(reader, row, 8, &bytes);
    event->data_length = strlen(event->data); /* SQLite's json_valid also stops at a NUL */
    event->learned = copy_column(reader, row, 9, &bytes);
    event->state = copy_column(reader, row, 10, &bytes);
    return bytes;
}

int outbox_read(struct outbox_reader *reader, int64_t after, struct outbox_event *events, int max) {
    sqlite3_stmt *statement = reader_statement(
        reader,
        "SELECT sequence, time, id, type, subject, list, series, source, data, learned, state"
        " FROM event WHERE sequence > ?1 AND json_valid(data) ORDER BY sequence LIMIT ?2",
        VALUES(value_number(after), value_number(max)));
    int count = 0, result = SQLITE_DONE;
    size_t bytes = 0;

    arena_reset(&reader->strings);
    if (!statement)
        return -1;
    while (count < max && bytes < BATCH_BYTES && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        bytes += copy_event(reader, statement, &events[count]);
        /* A damaged database can return any row.  Sequences must increase, so that a caller that
         * reads on from the last one reaches the end. */
        if (events[count].sequence <= (count > 0 ? events[count - 1].sequence : after)) {
            if (!reader->fault)
                log_error("%s: events are out of order, so the database is damaged; stop patchmark "
                          "and put a backup in its place",
                          store_name(reader->store));
            reader->fault = reader->sql;
            sqlite3_reset(statement);
            return -1;
        }
        count++;
    }
    return reader_end(reader, statement, result) ? count : -1;
}

int64_t outbox_newest(struct outbox_reader *reader) {
    return reader_number(reader, "SELECT ifnull(max(sequence), 0) FROM event", NULL);
}

int64_t outbox_cursor(struct outbox_reader *reader, const char *sink) {
    return reader_number(reader,
                         "SELECT ifnull((SELECT acknowledged FROM sink WHERE name = ?1), 0)",
                         VALUES(value_text(sink)));
}

int64_t outbox_depth(struct outbox_reader *reader, const char *sink) {
    /* min and max in subqueries of their own: only then SQLite looks up each in the index; a query
     * with both scans the table. */
    return reader_number(reader,
                         "SELECT max(0, ifnull((SELECT max(sequence) FROM event), 0)"
                         " - max(ifnull((SELECT acknowledged FROM sink WHERE name = ?1), 0),"
                         "       ifnull((SELECT min(sequence) FROM event), 1) - 1))",
                         VALUES(value_text(sink)));
}

int64_t outbox_size(struct outbox_reader *reader) {
    return reader_number(reader,
                         "SELECT max(0, ifnull("
                         " (SELECT through FROM event ORDER BY sequence DESC LIMIT 1)"
                         " - (SELECT through - " OUTBOX_EVENT_BYTES " FROM event"
                         "    ORDER BY sequence LIMIT 1), 0))",
                         NULL);
}

int64_t outbox_room(struct outbox_reader *reader) {
    int64_t unused = reader_number(
        reader, "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size",
        NULL);
    struct statvfs disk;

    if (unused < 0 || statvfs(reader->store->path, &disk) < 0)
        return -1;
    return unused + (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
}

int64_t outbox_oldest_time(struct outbox_reader *reader) {
    return reader_number(reader, "SELECT time FROM event ORDER BY sequence LIMIT 1", NULL);
}
