/* SPDX-License-Identifier: BSD-2-Clause
 *
 * housekeeping.c - bounds the outbox, reports lost mails and incomplete series, and expires old
 * mails: see housekeeping.h.
 */
#include "feed/housekeeping.h"

#include "feed/bounds.h"
#include "feed/event-append.h"
#include "store/index.h"
#include "store/outbox.h"
#include "util/log.h"
#include "util/malloc-arenas.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#define TRIM_EVERY 6 /* rounds between two deletions of acknowledged events */

/* If the outbox has less room than this on its disk, its oldest events are dropped to make room.
 * That must happen before the disk is full, because deleting also writes to SQLite's log, which can
 * grow by about this size, and mails write to it, too. */
#define ROOM_LEAST (INT64_C(16) * 1024 * 1024)

int housekeeping_open(struct housekeeping *housekeeping, struct store *store,
                      const struct configuration *configuration) {
    *housekeeping = (struct housekeeping){.store = store, .configuration = configuration};
    housekeeping->reader = outbox_reader_open(store);
    return housekeeping->reader ? 0 : -1;
}

void housekeeping_close(struct housekeeping *housekeeping) {
    if (housekeeping->dropped > 0)
        log_warning("%" PRId64
                    " events were dropped from the outbox before every sink had accepted "
                    "them",
                    housekeeping->dropped);
    outbox_reader_close(housekeeping->reader);
    housekeeping->reader = NULL;
}

/* Returns true if the cursor of every sink is at or after the newest dropped event. */
static bool all_caught_up(const struct housekeeping *housekeeping) {
    for (size_t i = 0; i < housekeeping->sink_count; i++)
        if (outbox_cursor(housekeeping->reader, housekeeping->sinks[i]) <
            housekeeping->dropped_last)
            return false;
    return true;
}

/* Returns the size in bytes that the outbox may have: the option outbox_size, or less if the disk
 * is almost full. */
static int64_t outbox_limit(const struct housekeeping *housekeeping) {
    int64_t configured = housekeeping->configuration->outbox_size,
            room = outbox_room(housekeeping->reader), fitting;

    if (room < 0 || room >= ROOM_LEAST)
        return configured;
    fitting = outbox_size(housekeeping->reader) - (ROOM_LEAST - room);
    if (fitting < 0)
        fitting = 0;
    return fitting < configured ? fitting : configured;
}

static void outbox_shorten(struct housekeeping *housekeeping, int64_t now) {
    const struct configuration *configuration = housekeeping->configuration;
    struct outbox_bounds bounds = {.bytes = outbox_limit(housekeeping),
                                   .since = now - configuration->outbox_age,
                                   .sinks = housekeeping->sinks,
                                   .sink_count = housekeeping->sink_count};
    int64_t dropped = outbox_bound(housekeeping->store, housekeeping->reader, &bounds,
                                   &housekeeping->dropped_last);

    if (dropped > 0) {
        if (housekeeping->dropped == 0)
            log_warning("the outbox has reached outbox_size, outbox_age or the end of its disk; "
                        "dropping the oldest events before every sink has accepted them; find the "
                        "sink that fails, or free space on the disk");
        housekeeping->dropped += dropped;
    } else if (dropped == 0 && housekeeping->dropped > 0 && all_caught_up(housekeeping)) {
        log_info("the outbox keeps all events again; %" PRId64 " were dropped",
                 housekeeping->dropped);
        housekeeping->dropped = 0;
    }
}

/* Appends service.status about lost mails.  While the store fails, the mails stay counted, and the
 * event follows when the store works again, perhaps after a restart. */
static void lost_report(struct housekeeping *housekeeping) {
    int64_t lost = store_lost(housekeeping->store);

    if (lost > 0 && event_append_status(housekeeping->store, housekeeping->configuration->host,
                                        &(struct json_service){.state = "lost",
                                                               .lost = lost,
                                                               .mails_count = -1,
                                                               .events_count = -1,
                                                               .lost_count = -1}) == 0)
        store_lost_reported(housekeeping->store, lost);
}

void housekeeping_round(struct housekeeping *housekeeping, int64_t now) {
    if (++housekeeping->rounds % TRIM_EVERY == 0) {
        outbox_trim(housekeeping->store, housekeeping->sinks, housekeeping->sink_count,
                    LIMIT_OUTBOX_KEPT);
        malloc_arenas_trim();
    }
    outbox_shorten(housekeeping, now);
    lost_report(housekeeping);
}

/* The maximum number of series reported in one round; after an import, many can become incomplete
 * at once. */
#define INCOMPLETE_MOST 20
#define EXPIRE_MOST     50 /* maximum number of steps of expiry in one round */

/* The pause between two steps.  The lock of the store is not fair: without a pause a mail that
 * waits for it would not get it. */
#define PAUSE_NS 1000000

void housekeeping_report_incomplete(struct store *store, const struct configuration *configuration,
                                    int64_t now) {
    char *ids[INCOMPLETE_MOST];
    int count;

    store_begin(store);
    count = index_report_incomplete(store, now - configuration->quiet, ids, INCOMPLETE_MOST);
    for (int i = 0; i < count; i++) {
        event_append_incomplete(store, ids[i], configuration->host, now);
        free(ids[i]);
    }
    store_commit(store);
}

void housekeeping_expire(struct store *store, const struct configuration *configuration,
                         int64_t now) {
    for (int i = 0; i < EXPIRE_MOST; i++) {
        if (index_expire(store, now - configuration->remember) <= 0)
            break;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
}
