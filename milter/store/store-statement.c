/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-statement.c - statements of the store, and what is logged when one fails: see
 * store-private.h.
 *
 * What can fail: every statement.  A fault loses the transaction.
 */
#include "store/store-private.h"

#include "util/log.h"

#include <errno.h>

/* ---- faults -------------------------------------------------------------------------------- */

const char *store_name(const struct store *store) {
    return store->path ? store->path : "database in memory";
}

static const char *remedy(int code, bool again) {
    switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return again ? "; move it away with its -wal and -shm to start with an empty one, or put "
                       "a backup in its place"
                     : "";
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return "; the file, its folder, -wal and -shm must belong to the daemon's user";
    case SQLITE_BUSY:
        return "; another program has it locked";
    default:
        return "";
    }
}

static bool is_damage(int code) {
    return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

/* SQLite reports a disk that cannot be read as damage. */
static bool is_of_disk(int code) {
    return is_damage(code) && (errno == EIO || errno == ENXIO);
}

void store_log_fault(const char *path, sqlite3 *database, bool again, const char *consequence) {
    int code = database ? sqlite3_extended_errcode(database) : SQLITE_NOMEM;
    bool disk = is_of_disk(code);
    bool system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
    int number = disk ? errno : system ? sqlite3_system_errno(database) : 0;
    char buffer[128];

    log_error("%s: %s%s%s%s%s", path,
              disk       ? sqlite3_errstr(SQLITE_IOERR)
              : database ? sqlite3_errmsg(database)
                         : "out of memory",
              number ? ": " : "", number ? strerror_r(number, buffer, sizeof(buffer)) : "",
              disk ? "" : remedy(code, again), consequence);
}

void store_fault(struct store *store) {
    int code = sqlite3_extended_errcode(store->writer.database);
    /* A disk that failed for a moment can look like damage, which a new connection does not see. */
    bool lasting = store->reopened && !store->advised && is_damage(code) && !is_of_disk(code);

    store->working = false;
    if (store->fault && !lasting)
        return;
    store->fault = code;
    store->advised = store->advised || lasting;
    store_log_fault(store_name(store), store->writer.database, lasting || !store->returns,
                    store->returns ? "; mail goes on without it until it works again" : "");
}

/* ---- statements ---------------------------------------------------------------------------- */

static void bind(sqlite3_stmt *statement, const struct value *values) {
    /* Binding cannot fail but for lack of memory; NULL is then refused by the table. */
    for (int i = 0; values && values[i].kind != VALUE_END; i++) {
        if (values[i].kind == VALUE_TEXT)
            sqlite3_bind_text64(statement, i + 1, values[i].text, values[i].length, SQLITE_STATIC,
                                SQLITE_UTF8);
        else if (values[i].kind == VALUE_NUMBER)
            sqlite3_bind_int64(statement, i + 1, values[i].number);
        else
            sqlite3_bind_null(statement, i + 1);
    }
}

sqlite3_stmt *connection_statement(struct connection *connection, const char *sql,
                                   const struct value *values) {
    size_t at = ((uintptr_t)sql >> 4) % STORE_STATEMENTS;

    while (connection->statements[at].sql && connection->statements[at].sql != sql)
        at = (at + 1) % STORE_STATEMENTS;
    if (!connection->statements[at].sql) {
        if (sqlite3_prepare_v3(connection->database, sql, -1, SQLITE_PREPARE_PERSISTENT,
                               &connection->statements[at].handle, NULL) != SQLITE_OK)
            return NULL;
        connection->statements[at].sql = sql;
    }
    bind(connection->statements[at].handle, values);
    errno = 0; /* for store_log_fault */
    return connection->statements[at].handle;
}

sqlite3_stmt *store_statement(struct store *store, const char *sql, const struct value *values) {
    sqlite3_stmt *statement;

    if (!store->working)
        return NULL;
    statement = connection_statement(&store->writer, sql, values);
    if (!statement)
        store_fault(store);
    return statement;
}

bool store_row(struct store *store, sqlite3_stmt *statement) {
    int result;

    if (!statement)
        return false;
    result = sqlite3_step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        store_fault(store);
    return result == SQLITE_ROW;
}

void store_reset(sqlite3_stmt *statement) {
    sqlite3_reset(statement);
}

int store_run(struct store *store, const char *sql, const struct value *values) {
    sqlite3_stmt *statement = store_statement(store, sql, values);
    int changed = -1;

    if (!statement)
        return -1;
    if (sqlite3_step(statement) == SQLITE_DONE)
        changed = sqlite3_changes(store->writer.database);
    else
        store_fault(store);
    store_reset(statement);
    return changed;
}

int64_t store_number(struct store *store, const char *sql, const struct value *values,
                     int64_t otherwise) {
    sqlite3_stmt *statement = store_statement(store, sql, values);

    if (store_row(store, statement) && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        otherwise = sqlite3_column_int64(statement, 0);
    store_reset(statement);
    return otherwise;
}

const char *column_text(sqlite3_stmt *statement, int column) {
    const char *text = (const char *)sqlite3_column_text(statement, column);

    return text ? text : "";
}

int64_t column_number(sqlite3_stmt *statement, int column) {
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? -1
               : sqlite3_column_int64(statement, column);
}
