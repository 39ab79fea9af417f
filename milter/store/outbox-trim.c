/* SPDX-License-Identifier: BSD-2-Clause
 *
 * outbox-trim.c - keeps the outbox short: events that every sink has are deleted, and, beyond a
 * size or an age, the oldest ones whoever needs them: see outbox.h.
 *
 * Works in small transactions with pauses between them, so that no mail waits long.  It can fail as
 * all writing does.
 */
#include "store/outbox.h"
#include "store/store-private.h"

#include <time.h>

/* Events deleted in one transaction: a mail waits for that many at most, under a millisecond. */
#define STEP_EVENTS 50

/* Transactions in one call: half a second of them; the end of the program does not wait longer. */
#define STEPS_MOST 1000

/* The mutex is not fair: without a pause a mail that waits for it would not get it. */
#define PAUSE_NS 200000

static void pause_for_mails(void) {
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

/* ---- what may be deleted ------------------------------------------------------------------- */

static bool is_among(const char *name, const char *const *sinks, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, sinks[i]) == 0)
            return true;
    return false;
}

/* Deletes the cursors of sinks that are not configured any more. */
static void cursors_delete(struct store *store, const char *const *sinks, size_t count) {
    const char *name = "";

    while (name) {
        sqlite3_stmt *statement =
            store_statement(store, "SELECT name FROM sink WHERE name > ?1 ORDER BY name LIMIT 1",
                            VALUES(value_text(name)));

        name = store_row(store, statement) ? arena_copy(&store->strings, column_text(statement, 0),
                                                        (size_t)sqlite3_column_bytes(statement, 0))
                                           : NULL;
        store_reset(statement);
        if (name && !is_among(name, sinks, count))
            store_run(store, "DELETE FROM sink WHERE name = ?1", VALUES(value_text(name)));
    }
}

/* Returns the oldest cursor of SINKS, or LAST when that is less. */
static int64_t slowest(struct store *store, const char *const *sinks, size_t count, int64_t last) {
    for (size_t i = 0; i < count; i++) {
        int64_t acknowledged = store_number(store, "SELECT acknowledged FROM sink WHERE name = ?1",
                                            VALUES(value_text(sinks[i])), 0);

        if (acknowledged < last)
            last = acknowledged;
    }
    return last;
}

static int64_t newest(struct store *store) {
    return store_number(store, "SELECT max(sequence) FROM event", NULL, 0);
}

/* What may be deleted; whichever holds. */
struct needless {
    int64_t last;  /* events up to here */
    int64_t bytes; /* while the events have more than that */
    int64_t since; /* events from before that second */
};

/* Deletes up to STEP_EVENTS of the oldest events, never the newest: its sequence is what the next
 * one continues.  Returns how many, -1 on a fault; *LAST is the newest of them. */
static int64_t step(struct store *store, const struct needless *needless, int64_t *last) {
    int64_t end = newest(store),
            through =
                store_number(store, "SELECT through FROM event ORDER BY sequence DESC LIMIT 1",
                             NULL, 0);
    sqlite3_stmt *statement =
        store_statement(store,
                        "SELECT sequence, time, through - length(CAST(data AS BLOB)) FROM event"
                        " ORDER BY sequence LIMIT ?1",
                        VALUES(value_number(STEP_EVENTS)));
    int64_t chosen = 0;

    while (store_row(store, statement)) {
        int64_t sequence = sqlite3_column_int64(statement, 0);

        if (sequence >= end ||
            (sequence > needless->last && sqlite3_column_int64(statement, 1) >= needless->since &&
             through - sqlite3_column_int64(statement, 2) <= needless->bytes))
            break;
        chosen = sequence;
    }
    store_reset(statement);
    *last = chosen;
    return chosen > 0 ? store_run(store, "DELETE FROM event WHERE sequence <= ?1",
                                  VALUES(value_number(chosen)))
                      : 0;
}

/* ---- deleting ------------------------------------------------------------------------------ */

int64_t outbox_trim(struct store *store, const char *const *sinks, size_t sink_count,
                    int64_t keep) {
    int64_t total = 0, deleted = STEP_EVENTS;

    for (int i = 0; i < STEPS_MOST && deleted == STEP_EVENTS; i++) {
        struct needless needless = {.bytes = INT64_MAX, .since = INT64_MIN};
        int64_t last;

        if (i > 0)
            pause_for_mails();
        deleted = -1;
        if (store_begin_relaxed(store) == 0) {
            needless.last = slowest(store, sinks, sink_count, newest(store) - keep);
            cursors_delete(store, sinks, sink_count);
            deleted = step(store, &needless, &last);
        }
        if (store_commit(store) < 0 || deleted < 0)
            return -1;
        total += deleted;
    }
    return total;
}

int64_t outbox_bound(struct store *store, struct outbox_reader *reader,
                     const struct outbox_bounds *bounds, int64_t *last_lost) {
    struct needless needless = {.bytes = bounds->bytes, .since = bounds->since};
    int64_t lost = 0, deleted = STEP_EVENTS, size = outbox_size(reader),
            oldest = outbox_oldest_time(reader);

    if (size < 0)
        return -1;
    if (oldest < 0 || (size <= bounds->bytes && oldest >= bounds->since))
        return 0; /* nobody is held up for nothing */
    for (int i = 0; i < STEPS_MOST && deleted == STEP_EVENTS; i++) {
        int64_t last = 0, needed = 0;

        if (i > 0)
            pause_for_mails();
        deleted = -1;
        if (store_begin_relaxed(store) == 0) {
            needed = slowest(store, bounds->sinks, bounds->sink_count, INT64_MAX);
            deleted = step(store, &needless, &last);
        }
        if (store_commit(store) < 0 || deleted < 0)
            return -1;
        if (deleted > 0 && last > needed) {
            lost += last - needed < deleted ? last - needed : deleted;
            *last_lost = last;
        }
    }
    return lost;
}
