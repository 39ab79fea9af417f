/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-statement.c - prepares and runs the statements of the store, and logs their faults: see
 * store-private.h.
 *
 * Any statement can fail.  A fault loses the transaction: the rest of its calls do nothing.
 */
#include "store/store-private.h"

#include "util/log.h"

#include <errno.h>

/* ---- faults -------------------------------------------------------------------------------- */

const char *store_name(const struct store *store) {
    return store->path ? store->path : "database in memory";
}

/* Returns the part of a log line that says what the operator can do; "" if nothing. */
static const char *remedy(int code, bool lasting) {
    switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return lasting ? "; move it away with its -wal and -shm to start with an empty one, or put "
                         "a backup in its place"
                       : "";
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return "; the file, its folder, -wal and -shm must belong to the daemon's user";
    case SQLITE_BUSY:
        return "; end the other program that has it locked";
    default:
        return "";
    }
}

static bool is_damage(int code) {
    return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

/* Returns true if SQLite reports damage, but only because the disk could not be read. */
static bool is_disk_error(int code) {
    return is_damage(code) && (errno == EIO || errno == ENXIO);
}

void store_log_fault(const char *path, sqlite3 *database, bool lasting, const char *consequence) {
    int code = database ? sqlite3_extended_errcode(database) : SQLITE_NOMEM;
    bool disk = is_disk_error(code);
    bool system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
    int number = disk ? errno : system ? sqlite3_system_errno(database) : 0;
    char buffer[128];

    log_error("%s: %s%s%s%s%s", path,
              disk       ? sqlite3_errstr(SQLITE_IOERR)
              : database ? sqlite3_errmsg(database)
                         : "out of memory",
              number ? ": " : "", number ? strerror_r(number, buffer, sizeof(buffer)) : "",
              disk ? "" : remedy(code, lasting), consequence);
}

void store_fault(struct store *store) {
    int code = sqlite3_extended_errcode(store->writer.database);
    /* A disk that failed for a moment can look like damage.  A new connection then finds none, so
     * only damage that remains after the database was reopened is logged with its remedy. */
    bool lasting = store->reopened && !store->advised && is_damage(code) && !is_disk_error(code);

    store->working = false;
    if (store->reader) {
        store_reader_fault(store);
        return;
    }
    if (store->fault && !lasting)
        return;
    store->fault = code;
    store->advised = store->advised || lasting;
    store_log_fault(store_name(store), store->writer.database, lasting || !store->recovers,
                    store->recovers ? "; mail passes without it until it works again" : "");
}

/* ---- statements ---------------------------------------------------------------------------- */

static void bind(sqlite3_stmt *statement, const struct value *values) {
    /* Binding fails only if memory runs out.  The parameter is then NULL, which the NOT NULL
     * constraints of the tables refuse. */
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
    errno = 0; /* so that is_disk_error sees only what this statement sets */
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
                     int64_t fallback) {
    sqlite3_stmt *statement = store_statement(store, sql, values);
    int64_t number = fallback;

    if (store_row(store, statement) && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        number = sqlite3_column_int64(statement, 0);
    store_reset(statement);
    return number;
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
