/* SPDX-License-Identifier: BSD-2-Clause
 *
 * progress.c - how far archives were read, so that `patchmark replay` goes on there: see store.h.
 *
 * Owns the statements on the table progress.  Written in the transaction of the mails that it
 * speaks of, so it never promises more than the index knows.
 */
#include "store-private.h"

#include <stdio.h>

void index_progress_read(struct store *store, const char *archive,
                         char position[STORE_POSITION_SIZE]) {
    struct statement *statement =
        store_statement(store, STATEMENT_READ_PROGRESS,
                        "SELECT position FROM progress WHERE archive = ?1");

    position[0] = '\0';
    if (!statement)
        return;
    store_bind_text(statement, 1, archive);
    if (store_row(store, statement)) {
        const char *text = (const char *)sqlite3_column_text(statement->handle, 0);

        snprintf(position, STORE_POSITION_SIZE, "%s", text ? text : "");
    }
    store_reset(statement);
}

int index_progress_write(struct store *store, const char *archive, const char *position) {
    struct statement *statement =
        store_statement(store, STATEMENT_WRITE_PROGRESS,
                        "INSERT INTO progress(archive, position) VALUES(?1, ?2)"
                        " ON CONFLICT(archive) DO UPDATE SET position = excluded.position");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, archive);
    store_bind_text(statement, 2, position);
    return store_run(store, statement) < 0 ? -1 : 0;
}
