/* SPDX-License-Identifier: BSD-2-Clause
 *
 * outbox-walk.c - reads events and totals of the outbox in the transaction of the caller: see
 * outbox.h.
 *
 * Owns nothing.  Any statement can fail, as in index.c.
 */
#include "store/outbox.h"

#include "store/store-private.h"

#define EVENTS                                                                                \
    "SELECT sequence, time, id, type, subject, list, series, source, data FROM event"         \
    " WHERE sequence BETWEEN ?1 AND ?2 AND (?3 = '' OR list = ?3) AND (?4 = '' OR type = ?4)" \
    " AND json_valid(data) ORDER BY sequence"

static void event_read(sqlite3_stmt *statement, struct outbox_event *event) {
    *event = (struct outbox_event){.sequence = sqlite3_column_int64(statement, 0),
                                   .time = sqlite3_column_int64(statement, 1),
                                   .id = column_text(statement, 2),
                                   .type = column_text(statement, 3),
                                   .subject = column_text(statement, 4),
                                   .list = column_text(statement, 5),
                                   .series = column_text(statement, 6),
                                   .source = column_text(statement, 7),
                                   .data = column_text(statement, 8),
                                   .learned = "",
                                   .state = ""};
    event->data_length = strlen(event->data); /* SQLite's json_valid also stops at a NUL */
}

int outbox_walk(struct store *store, const struct outbox_range *range,
                bool (*function)(void *argument, const struct outbox_event *event),
                void *argument) {
    sqlite3_stmt *statement =
        store_statement(store, range->newest_first ? EVENTS " DESC" : EVENTS,
                        VALUES(value_number(range->first), value_number(range->last),
                               value_text(range->list), value_text(range->type)));
    struct outbox_event event;
    bool more = true;

    while (more && store_row(store, statement)) {
        event_read(statement, &event);
        more = function(argument, &event);
    }
    store_reset(statement);
    return store->working ? 0 : -1;
}

int64_t outbox_sequence(struct store *store, bool newest) {
    int64_t sequence =
        store_number(store,
                     newest ? "SELECT max(sequence) FROM event" : "SELECT min(sequence) FROM event",
                     NULL, 0);

    return store->working ? sequence : -1;
}

int outbox_count(struct store *store, struct outbox_totals *totals) {
    *totals = (struct outbox_totals){
        .oldest = outbox_sequence(store, false),
        .newest = outbox_sequence(store, true),
        .bytes = store_number(store,
                              "SELECT max(0, ifnull("
                              " (SELECT through FROM event ORDER BY sequence DESC LIMIT 1)"
                              " - (SELECT through - " OUTBOX_EVENT_BYTES " FROM event"
                              "    ORDER BY sequence LIMIT 1), 0))",
                              NULL, 0),
        .oldest_time =
            store_number(store, "SELECT time FROM event ORDER BY sequence LIMIT 1", NULL, -1)};
    return store->working ? 0 : -1;
}

int outbox_walk_sinks(struct store *store,
                      void (*function)(void *argument, const char *name, int64_t acknowledged),
                      void *argument) {
    sqlite3_stmt *statement =
        store_statement(store, "SELECT name, acknowledged FROM sink ORDER BY name", NULL);

    while (store_row(store, statement))
        function(argument, column_text(statement, 0), sqlite3_column_int64(statement, 1));
    store_reset(statement);
    return store->working ? 0 : -1;
}
