/* SPDX-License-Identifier: BSD-2-Clause
 *
 * housekeeping.c - see housekeeping.h.
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

#define TRIM_EVERY 6 /* rounds */

/* On a disk that has less left, the outbox makes room for what comes.  Once the disk is full it
 * could not: to delete is to write, and SQLite's log, which mails share with it, may get as long.
 */
#define ROOM_LEAST (INT64_C(16) * 1024 * 1024)

int housekeeping_open(struct housekeeping *housekeeping, struct store *store,
                      const struct configuration *configuration) {
    *housekeeping = (struct housekeeping){.store = store, .configuration = configuration};
    housekeeping->reader = outbox_reader_open(store);
    return housekeeping->reader ? 0 : -1;
}

void housekeeping_close(struct housekeeping *housekeeping) {
    if (housekeeping->dropped > 0)
        log_warning("%" PRId64 " events were dropped until now that a sink had yet to take",
                    housekeeping->dropped);
    outbox_reader_close(housekeeping->reader);
    housekeeping->reader = NULL;
}

/* True when every sink has an event that came after those that were dropped. */
static bool all_caught_up(const struct housekeeping *housekeeping) {
    for (size_t i = 0; i < housekeeping->sink_count; i++)
        if (outbox_cursor(housekeeping->reader, housekeeping->sinks[i]) <
            housekeeping->dropped_last)
            return false;
    return true;
}

/* How large the outbox may be. */
static int64_t outbox_limit(const struct housekeeping *housekeeping) {
    int64_t most = housekeeping->configuration->outbox_size,
            room = outbox_room(housekeeping->reader), fits;

    if (room < 0 || room >= ROOM_LEAST)
        return most;
    fits = outbox_size(housekeeping->reader) - (ROOM_LEAST - room);
    if (fits < 0)
        fits = 0;
    return fits < most ? fits : most;
}

static void outbox_shorten(struct housekeeping *housekeeping, int64_t now) {
    const struct configuration *configuration = housekeeping->configuration;
    struct outbox_bounds bounds = {.bytes = outbox_limit(housekeeping),
                                   .since = now - configuration->outbox_age,
                                   .sinks = housekeeping->sinks,
                                   .sink_count = housekeeping->sink_count};
    int64_t lost = outbox_bound(housekeeping->store, housekeeping->reader, &bounds,
                                &housekeeping->dropped_last);

    if (lost > 0) {
        if (housekeeping->dropped == 0)
            log_warning("the outbox has reached outbox_size, outbox_age or the end of its disk: "
                        "its oldest events are dropped before every sink has taken them");
        housekeeping->dropped += lost;
    } else if (lost == 0 && housekeeping->dropped > 0 && all_caught_up(housekeeping)) {
        log_info("the outbox keeps all events again; %" PRId64 " were dropped",
                 housekeeping->dropped);
        housekeeping->dropped = 0;
    }
}

/* Appends an event on mails that were lost; it waits until the store works again, which may be
 * after the next start. */
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

#define INCOMPLETE_MOST 20 /* series in one round: an archive that was read in has many */
#define EXPIRE_MOST     50 /* steps in one round */

/* Between two steps; the lock of the store is not fair, and mails wait for it. */
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
