/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index.c - what earlier mails taught: see store.h.
 *
 * Owns the statements on the tables message and series.  Any of them can fail; the mail's
 * transaction is then lost and the rest of its calls do nothing.
 */
#include "store-private.h"

static const char *copy_column(struct store *store, sqlite3_stmt *statement, int column) {
    const char *text = (const char *)sqlite3_column_text(statement, column);

    if (!text)
        return "";
    return arena_copy(&store->strings, text, (size_t)sqlite3_column_bytes(statement, column));
}

bool index_find_message(struct store *store, const char *message_id, struct index_message *found) {
    sqlite3_stmt *statement =
        store_statement(store, STATEMENT_FIND_MESSAGE,
                        "SELECT message_id, series, topic, kind, received FROM message"
                        " WHERE message_id = ?1");
    bool known;

    if (!statement)
        return false;
    store_bind_text(statement, 1, message_id);
    known = store_row(store, statement);
    if (known) {
        arena_reset(&store->strings);
        found->message_id = copy_column(store, statement, 0);
        found->series = copy_column(store, statement, 1);
        found->topic = copy_column(store, statement, 2);
        found->kind = copy_column(store, statement, 3);
        found->received = sqlite3_column_int64(statement, 4);
    }
    sqlite3_reset(statement);
    return known;
}

int index_learn_message(struct store *store, const struct index_message *message) {
    sqlite3_stmt *statement =
        store_statement(store, STATEMENT_LEARN_MESSAGE,
                        "INSERT INTO message(message_id, series, topic, kind, received)"
                        " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(message_id) DO NOTHING");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, message->message_id);
    store_bind_text(statement, 2, message->series);
    store_bind_text(statement, 3, message->topic);
    store_bind_text(statement, 4, message->kind);
    sqlite3_bind_int64(statement, 5, message->received);
    return store_run(store, statement) < 0 ? -1 : 0;
}

int index_learn_series(struct store *store, const char *series, const char *topic,
                       int64_t received) {
    sqlite3_stmt *statement = store_statement(store, STATEMENT_LEARN_SERIES,
                                              "INSERT INTO series(id, topic, first_seen)"
                                              " VALUES(?1, ?2, ?3) ON CONFLICT(id) DO NOTHING");

    if (!statement)
        return -1;
    store_bind_text(statement, 1, series);
    store_bind_text(statement, 2, topic);
    sqlite3_bind_int64(statement, 3, received);
    return store_run(store, statement);
}
