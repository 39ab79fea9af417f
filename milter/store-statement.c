/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-statement.c - statements of the store, and what is said when they fail: see
 * store-private.h.
 *
 * What can fail: every statement.  A fault loses the mail's transaction, is logged once, and makes
 * the following mails try without waiting.
 */
#include "store-private.h"

#include "log.h"

#include <string.h>

/* ---- faults -----------------------------------------------------------------------------------
 */

/* What an operator can do about it. */
static const char *remedy(int code) {
    switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return "; move the file away to start with an empty one";
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return "; it, its folder, -wal and -shm must be the daemon's own, and readable to others "
               "who are to look into it";
    default:
        return "";
    }
}

void store_log_fault(const char *path, sqlite3 *database, const char *consequence) {
    int code = database ? sqlite3_extended_errcode(database) : SQLITE_NOMEM;
    int number = database ? sqlite3_system_errno(database) : 0;
    bool system = number && ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN);
    char buffer[128];

    log_error("%s: %s%s%s%s%s", path, database ? sqlite3_errmsg(database) : "out of memory",
              system ? ": " : "", system ? strerror_r(number, buffer, sizeof(buffer)) : "",
              remedy(code), consequence);
}

const char *store_name(const struct store *store) {
    return store->path ? store->path : "state in memory";
}

void store_report(const struct store *store, sqlite3 *database, bool *faulted) {
    if (*faulted)
        return;
    *faulted = true;
    store_log_fault(store_name(store), database,
                    store->readonly ? ""
                                    : "; mails go on without it (said once until it works again)");
}

void store_fault(struct store *store) {
    store->working = false;
    store_report(store, store->database, &store->faulted);
    sqlite3_busy_timeout(store->database, 0);
}

/* ---- statements -------------------------------------------------------------------------------
 */

/* STATEMENT_..., made if it is not yet.  NULL after store_fault. */
struct statement *store_statement_make(struct store *store, enum store_statement which,
                                       const char *sql) {
    struct statement *statement = &store->statements[which];

    if (statement->handle)
        return statement;
    if (sqlite3_prepare_v3(store->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement->handle,
                           NULL) != SQLITE_OK) {
        store_fault(store);
        return NULL;
    }
    statement->sql = sql;
    statement->value_count = sqlite3_bind_parameter_count(statement->handle);
    return statement;
}

struct statement *store_statement(struct store *store, enum store_statement which,
                                  const char *sql) {
    return store->working ? store_statement_make(store, which, sql) : NULL;
}

/* Binding cannot fail but for lack of memory; NULL is then refused by the table. */

void store_bind_bytes(struct statement *statement, int position, const char *text, size_t length) {
    statement->values[position - 1] =
        (struct value){.kind = SQLITE_TEXT, .text = text, .length = length};
    sqlite3_bind_text64(statement->handle, position, text, length, SQLITE_STATIC, SQLITE_UTF8);
}

void store_bind_text(struct statement *statement, int position, const char *text) {
    store_bind_bytes(statement, position, text ? text : "", text ? strlen(text) : 0);
}

void store_bind_number(struct statement *statement, int position, int64_t number) {
    statement->values[position - 1] = (struct value){.kind = SQLITE_INTEGER, .number = number};
    sqlite3_bind_int64(statement->handle, position, number);
}

void store_bind_null(struct statement *statement, int position) {
    statement->values[position - 1] = (struct value){.kind = SQLITE_NULL};
    sqlite3_bind_null(statement->handle, position);
}

void store_bind_known(struct statement *statement, int position, int64_t number) {
    if (number < 0)
        store_bind_null(statement, position);
    else
        store_bind_number(statement, position, number);
}

int store_run(struct store *store, struct statement *statement) {
    int result = sqlite3_step(statement->handle), changed = -1;

    if (result == SQLITE_DONE)
        changed = sqlite3_changes(store->database);
    else if (result == SQLITE_CONSTRAINT_UNIQUE)
        changed = 0; /* SQLite has undone the statement, and nothing else */
    else
        store_fault(store);
    if (changed > 0)
        store_redo_note(store, statement);
    store_reset(statement);
    return changed;
}

bool store_row(struct store *store, struct statement *statement) {
    int result = sqlite3_step(statement->handle);

    if (result != SQLITE_ROW && result != SQLITE_DONE)
        store_fault(store);
    return result == SQLITE_ROW;
}

void store_reset(struct statement *statement) {
    if (statement)
        sqlite3_reset(statement->handle);
}
