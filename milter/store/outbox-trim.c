/* SPDX-License-Identifier: BSD-2-Clause
 *
 * outbox-trim.c - deletes events from the outbox: those that every sink has acknowledged, and those
 * beyond a maximum size or age, even if a sink has not acknowledged them: see outbox.h.
 *
 * Works in small transactions with pauses between them, so that no mail waits long for the lock.
 * If a transaction fails, the function returns -1; earlier transactions of the call remain.
 */
#include "store/outbox.h"
#include "store/store-private.h"

#include <time.h>

/* The maximum number of events deleted in one transaction.  A mail waits for at most one such
 * transaction, less than 1 ms. */
#define STEP_EVENTS 50

/* The maximum number of transactions in one call, about 0.5 s of work: the process cannot end
 * before the call has returned. */
#define STEPS_MOST 1000

/* The lock of the store is not fair: without a pause a mail that waits for it would not get it. */
#define PAUSE_NS 200000

static void pause_for_mails(void) {
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

/* ---- which events may be deleted ----------------------------------------------------------- */

static bool is_among(const char *name, const char *const *sinks, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, sinks[i]) == 0)
            return true;
    return false;
}

/* Deletes the cursors of sinks that are not configured any more, which are those not in SINKS, if
 * the outbox does not have the event after the cursor any more. */
static void cursors_delete(struct store *store, const char *const *sinks, size_t count) {
    const char *name = "";

    while (name) {
        sqlite3_stmt *statement =
            store_statement(store,
                            "SELECT name FROM sink WHERE name > ?1 AND acknowledged + 1 <"
                            " (SELECT min(sequence) FROM event) ORDER BY name LIMIT 1",
                            VALUES(value_text(name)));

        name = store_row(store, statement) ? arena_copy(&store->strings, column_text(statement, 0),
                                                        (size_t)sqlite3_column_bytes(statement, 0))
                                           : NULL;
        store_reset(statement);
        if (name && !is_among(name, sinks, count))
            store_run(store, "DELETE FROM sink WHERE name = ?1", VALUES(value_text(name)));
    }
}

/* Returns the lowest of the cursors of SINKS and of LAST. */
static int64_t lowest_cursor(struct store *store, const char *const *sinks, size_t count,
                             int64_t last) {
    for (size_t i = 0; i < count; i++) {
        int64_t acknowledged = store_number(store, "SELECT acknowledged FROM sink WHERE name = ?1",
                                            VALUES(value_text(sinks[i])), 0);

        if (acknowledged < last)
            last = acknowledged;
    }
    return last;
}

/* Returns the sequence of the newest event, 0 if there is none. */
static int64_t newest(struct store *store) {
    return store_number(store, "SELECT max(sequence) FROM event", NULL, 0);
}

/* An event may be deleted if at least one of these conditions holds. */
struct deletable {
    int64_t last;  /* its sequence is not above this one */
    int64_t bytes; /* the data of it and all newer events is larger than this */
    int64_t since; /* it is older than this time */
};

/* Deletes up to STEP_EVENTS of the oldest events, but never the newest one, because the next
 * sequence follows from it.  Returns the number of events deleted, or -1 on a fault, and stores the
 * sequence of the newest of them in *LAST, 0 if there is none. */
static int64_t delete_step(struct store *store, const struct deletable *deletable, int64_t *last) {
    int64_t end = newest(store),
            through =
                store_number(store, "SELECT through FROM event ORDER BY sequence DESC LIMIT 1",
                             NULL, 0);
    sqlite3_stmt *statement =
        store_statement(store,
                        "SELECT sequence, time, through - " OUTBOX_EVENT_BYTES " FROM event"
                        " ORDER BY sequence LIMIT ?1",
                        VALUES(value_number(STEP_EVENTS)));
    int64_t chosen = 0;

    while (store_row(store, statement)) {
        int64_t sequence = sqlite3_column_int64(statement, 0);

        if (sequence >= end ||
            (sequence > deletable->last && sqlite3_column_int64(statement, 1) >= deletable->since &&
             through - sqlite3_column_int64(statement, 2) <= deletable->bytes))
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
        struct deletable deletable = {.bytes = INT64_MAX, .since = INT64_MIN};
        int64_t last;

        if (i > 0)
            pause_for_mails();
        deleted = -1;
        if (store_begin_relaxed(store) == 0) {
            deletable.last = lowest_cursor(store, sinks, sink_count, newest(store) - keep);
            deleted = delete_step(store, &deletable, &last);
            cursors_delete(store, sinks, sink_count);
        }
        if (store_commit(store) < 0 || deleted < 0)
            return -1;
        total += deleted;
    }
    return total;
}

int64_t outbox_bound(struct store *store, struct outbox_reader *reader,
                     const struct outbox_bounds *bounds, int64_t *last_dropped) {
    struct deletable deletable = {.bytes = bounds->bytes, .since = bounds->since};
    int64_t dropped = 0, deleted = STEP_EVENTS, size = outbox_size(reader),
            oldest = outbox_oldest_time(reader);

    if (size < 0)
        return -1;
    if (oldest < 0 || (size <= bounds->bytes && oldest >= bounds->since))
        return 0; /* without taking the lock, for which mails would wait */
    for (int i = 0; i < STEPS_MOST && deleted == STEP_EVENTS; i++) {
        int64_t last = 0, acknowledged = 0;

        if (i > 0)
            pause_for_mails();
        deleted = -1;
        if (store_begin_relaxed(store) == 0) {
            acknowledged = lowest_cursor(store, bounds->sinks, bounds->sink_count, INT64_MAX);
            deleted = delete_step(store, &deletable, &last);
        }
        if (store_commit(store) < 0 || deleted < 0)
            return -1;
        if (deleted > 0 && last > acknowledged) {
            dropped += last - acknowledged < deleted ? last - acknowledged : deleted;
            *last_dropped = last;
        }
    }
    return dropped;
}
