/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail-outbox.c - `patchmark tail` for the outbox of this host; see tail-outbox.h.
 *
 * Reads the database, also while the daemon runs, and writes nothing there.  If it cannot be read,
 * that is logged and the command ends.
 */
#include "command/tail-outbox.h"

#include "pipeline/json.h"
#include "store/outbox.h"
#include "util/cleanup.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

CLEANUP_DEFINE(struct store *, store_close)
CLEANUP_DEFINE(struct outbox_reader *, outbox_reader_close)

#define BATCH     100
#define LOOK_BACK 1000 /* newest events whose lists are noted at the start */
#define POLL_MS   200  /* SQLite does not notify other processes; a poll takes microseconds */

static bool passes(struct tail *tail, const struct outbox_event *event) {
    struct event_filtered filtered = {event->type, event->list, event->series, event->data,
                                      event->data_length};

    return tail_passes(tail, &filtered);
}

/* Notes the lists of the newest events, so that the column of lists is there from the first line
 * on if a reader will see several. */
static void lists_note(struct tail *tail, struct outbox_reader *reader, int64_t newest) {
    struct outbox_event events[BATCH];
    int64_t after = newest > LOOK_BACK ? newest - LOOK_BACK : 0;
    int count;

    while (!tail->as_json && !tail->style.lists &&
           (count = outbox_read(reader, after, events, BATCH)) > 0) {
        for (int i = 0; i < count; i++)
            passes(tail, &events[i]);
        after = events[count - 1].sequence;
    }
}

/* Finds the events with sequences from FIRST to LAST, at most BATCH, that pass the filter, and
 * writes their sequences to SEQUENCES.  Returns their number; -1 if all of these events were
 * deleted, or on a failure of the store. */
static int sequences_read(struct tail *tail, struct outbox_reader *reader, int64_t first,
                          int64_t last, int64_t sequences[BATCH]) {
    struct outbox_event events[BATCH];
    int passed = 0, read;

    for (int64_t after = first - 1; after < last; after = events[read - 1].sequence) {
        read = outbox_read(reader, after, events, BATCH);
        if (read <= 0 || events[0].sequence > last)
            return after < first && passed == 0 ? -1 : passed;
        for (int i = 0; i < read && events[i].sequence <= last; i++)
            if (passes(tail, &events[i]))
                sequences[passed++] = events[i].sequence;
    }
    return passed;
}

/* Returns the sequence after which to begin, so that TAIL->lines of the existing events are
 * printed.  Reads backwards until there are that many, or to the oldest event. */
static int64_t start_find(struct tail *tail, struct outbox_reader *reader, int64_t newest) {
    int64_t sequences[BATCH], left = tail->lines;

    if (event_filter_is_empty(&tail->filter) && tail->as_json)
        return newest > left ? newest - left : 0;
    if (left == 0)
        return newest;
    for (int64_t last = newest; last > 0 && tail_is_running(tail); last -= BATCH) {
        int64_t first = last > BATCH ? last - BATCH + 1 : 1;
        int passed = sequences_read(tail, reader, first, last, sequences);

        if (passed < 0)
            break;
        if (passed >= left)
            return sequences[passed - left] - 1;
        left -= passed;
    }
    return 0;
}

static void print(struct tail *tail, const struct outbox_event *event) {
    AUTO(free) char *json = json_event_compose(event, false);

    tail_print(tail, json, strlen(json));
}

static void follow(struct tail *tail, struct outbox_reader *reader, int64_t after) {
    struct outbox_event events[BATCH];

    while (tail_is_running(tail)) {
        int count = outbox_read(reader, after, events, BATCH);

        if (count < 0) {
            tail->status = EX_IOERR;
            return;
        }
        for (int i = 0; i < count; i++) {
            after = events[i].sequence;
            if (passes(tail, &events[i]))
                print(tail, &events[i]);
        }
        if (count > 0)
            tail_flush(tail);
        else if (!tail->follows)
            tail->status = EX_OK;
        else
            tail_pause(tail, POLL_MS);
    }
}

void tail_outbox(struct tail *tail, const char *state) {
    AUTO(store_close) struct store *store = store_open_readonly(state);
    AUTO(outbox_reader_close)
    struct outbox_reader *reader = store ? outbox_reader_open(store) : NULL;
    int64_t newest = reader ? outbox_newest(reader) : -1;

    if (newest < 0) {
        tail->status = EX_NOINPUT;
        return;
    }
    lists_note(tail, reader, newest);
    follow(tail, reader, start_find(tail, reader, newest));
}
