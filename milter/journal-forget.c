/* SPDX-License-Identifier: BSD-2-Clause
 *
 * journal-forget.c - keeps the journal short: events that every sink has go, and, beyond a size or
 * an age, the oldest ones whoever needs them.
 *
 * Works in small transactions, so that no mail waits long, and on one thread.  What the events take
 * is remembered with the sequence up to which they were counted (journal_size), so nothing is ever
 * scanned twice.  It can fail as all writing does.
 */
#include "store-private.h"

#include <string.h>

/* Events forgotten in one transaction: a mail that comes meanwhile waits for that many at most,
 * well under a millisecond. */
#define FORGET_EVENTS 50

/* Transactions in one call of journal_bound: half a second of them; the end of the program does
 * not wait longer. */
#define BOUND_STEPS 1000

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
    struct statement *statement =
        store_statement(store, STATEMENT_NEXT_SINK,
                        "SELECT name FROM sink WHERE name > ?1 ORDER BY name LIMIT 1");
    const char *next = NULL;

    if (!statement)
        return NULL;
    store_bind_text(statement, 1, name);
    if (store_row(store, statement))
        next = arena_copy(names, (const char *)sqlite3_column_text(statement->handle, 0),
                          (size_t)sqlite3_column_bytes(statement->handle, 0));
    store_reset(statement);
    return next;
}

static void drop_cursors(struct store *store, const char *const *sinks, size_t count) {
    struct arena names = {0};
    const char *name = "";

    /* By name, one lookup each, so that dropping one does not disturb the walk. */
    while ((name = next_sink(store, &names, name))) {
        struct statement *statement;

        if (is_among(name, sinks, count))
            continue;
        statement = store_statement(store, STATEMENT_DROP_SINK, "DELETE FROM sink WHERE name = ?1");
        if (!statement)
            break;
        store_bind_text(statement, 1, name);
        journal_run(store, statement);
    }
    arena_free(&names);
}

/* The one number that STATEMENT selects; 0 where there is no row. */
static int64_t row_number(struct store *store, struct statement *statement) {
    int64_t number = 0;

    if (statement && store_row(store, statement))
        number = sqlite3_column_int64(statement->handle, 0);
    store_reset(statement);
    return number;
}

/* The oldest place of SINKS; LAST when that is less. */
static int64_t slowest(struct store *store, const char *const *sinks, size_t count, int64_t last) {
    for (size_t i = 0; i < count; i++) {
        struct statement *statement =
            store_statement(store, STATEMENT_CURSOR,
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

static int64_t newest(struct store *store) {
    return row_number(store,
                      store_statement(store, STATEMENT_NEWEST, "SELECT max(sequence) FROM event"));
}

/* What may go; whichever holds. */
struct needless {
    int64_t last;  /* events up to here */
    int64_t bytes; /* while there are more than that */
    int64_t since; /* events from before that second */
};

/* The newest of the oldest FORGET_EVENTS that may go with all before it, 0: none.  *FREED: what was
 * counted of them. */
static int64_t choose(struct store *store, const struct needless *needless, int64_t *freed) {
    struct statement *statement = store_statement(store, STATEMENT_OLDEST,
                                                  "SELECT sequence, time, " JOURNAL_BYTES
                                                  " FROM event ORDER BY sequence LIMIT ?1");
    int64_t last = 0;

    *freed = 0;
    if (!statement)
        return 0;
    store_bind_number(statement, 1, FORGET_EVENTS);
    while (store_row(store, statement)) {
        int64_t sequence = sqlite3_column_int64(statement->handle, 0);

        if (sequence > needless->last &&
            sqlite3_column_int64(statement->handle, 1) >= needless->since &&
            store->counted_bytes - *freed <= needless->bytes)
            break;
        if (sequence <= store->counted)
            *freed += sqlite3_column_int64(statement->handle, 2);
        last = sequence;
    }
    store_reset(statement);
    return last;
}

/* Forgets up to FORGET_EVENTS events, in a transaction.  How many, -1 on a fault; *LAST: the newest
 * of them. */
static int64_t forget_some(struct store *store, const struct needless *needless, int64_t *last,
                           int64_t *freed) {
    struct statement *statement;

    *last = choose(store, needless, freed);
    if (*last == 0)
        return 0;
    statement = store_statement(store, STATEMENT_FORGET, "DELETE FROM event WHERE sequence <= ?1");
    if (!statement)
        return -1;
    store_bind_number(statement, 1, *last);
    return journal_run(store, statement);
}

/* Ends a transaction in which FREED bytes went. */
static int end(struct store *store, int64_t freed) {
    if (store_commit_lazily(store) < 0)
        return -1;
    store->counted_bytes -= freed;
    return 0;
}

int64_t journal_forget(struct store *store, const char *const *sinks, size_t sink_count,
                       int64_t keep) {
    int64_t total = 0, gone;

    do {
        struct needless needless = {.bytes = INT64_MAX, .since = INT64_MIN};
        int64_t last, freed = 0;

        gone = -1;
        if (store_begin(store) == 0) {
            needless.last = slowest(store, sinks, sink_count, newest(store) - keep);
            drop_cursors(store, sinks, sink_count);
            gone = forget_some(store, &needless, &last, &freed);
        }
        if (end(store, freed) < 0 || gone < 0)
            return -1;
        total += gone;
    } while (gone == FORGET_EVENTS);
    return total;
}

int64_t journal_bound(struct store *store, struct journal_reader *reader,
                      const struct journal_bounds *bounds, int64_t *last_lost) {
    struct needless needless = {.bytes = bounds->bytes, .since = bounds->since};
    int64_t lost = 0, gone = FORGET_EVENTS, size = journal_size(reader),
            oldest = journal_oldest_time(reader);

    if (size < 0)
        return -1;
    if (oldest < 0 || (size <= bounds->bytes && oldest >= bounds->since))
        return 0; /* nobody is held up for nothing */
    for (int i = 0; i < BOUND_STEPS && gone == FORGET_EVENTS; i++) {
        int64_t last = 0, freed = 0, needed = 0;

        gone = -1;
        if (store_begin(store) == 0) {
            needed = slowest(store, bounds->sinks, bounds->sink_count, INT64_MAX);
            gone = forget_some(store, &needless, &last, &freed);
        }
        if (end(store, freed) < 0 || gone < 0)
            return -1;
        if (gone > 0 && last > needed) {
            lost += last - needed < gone ? last - needed : gone;
            *last_lost = last;
        }
    }
    return lost;
}
