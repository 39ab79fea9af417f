/* SPDX-License-Identifier: BSD-2-Clause
 *
 * upkeep.c - see upkeep.h.
 */
#include "feed/upkeep.h"

#include "feed/bounds.h"
#include "feed/status.h"
#include "store/outbox.h"
#include "util/heap.h"
#include "util/log.h"

#include <inttypes.h>

#define TRIM_EVERY 6 /* rounds */

/* On a disk that has less left, the outbox makes room for what comes.  Once the disk is full it
 * could not: to delete is to write, and SQLite's log, which mails share with it, may get as long.
 */
#define ROOM_LEAST (INT64_C(16) * 1024 * 1024)

int upkeep_open(struct upkeep *upkeep, struct store *store,
                const struct configuration *configuration) {
    *upkeep = (struct upkeep){.store = store, .configuration = configuration};
    upkeep->reader = outbox_reader_open(store);
    return upkeep->reader ? 0 : -1;
}

void upkeep_close(struct upkeep *upkeep) {
    if (upkeep->dropped > 0)
        log_warning("%" PRId64 " events were dropped until now that a sink had yet to take",
                    upkeep->dropped);
    outbox_reader_close(upkeep->reader);
    upkeep->reader = NULL;
}

/* True when every sink has an event that came after those that were dropped. */
static bool all_went_on(const struct upkeep *upkeep) {
    for (size_t i = 0; i < upkeep->sink_count; i++)
        if (outbox_cursor(upkeep->reader, upkeep->sinks[i]) < upkeep->dropped_last)
            return false;
    return true;
}

/* How large the outbox may be. */
static int64_t most_bytes(const struct upkeep *upkeep) {
    int64_t most = upkeep->configuration->outbox_size, room = outbox_room(upkeep->reader), fits;

    if (room < 0 || room >= ROOM_LEAST)
        return most;
    fits = outbox_size(upkeep->reader) - (ROOM_LEAST - room);
    if (fits < 0)
        fits = 0;
    return fits < most ? fits : most;
}

static void shorten(struct upkeep *upkeep, int64_t now) {
    const struct configuration *configuration = upkeep->configuration;
    struct outbox_bounds bounds = {.bytes = most_bytes(upkeep),
                                   .since = now - configuration->outbox_age,
                                   .sinks = upkeep->sinks,
                                   .sink_count = upkeep->sink_count};
    int64_t lost = outbox_bound(upkeep->store, upkeep->reader, &bounds, &upkeep->dropped_last);

    if (lost > 0) {
        if (upkeep->dropped == 0)
            log_warning("the outbox has reached outbox_size, outbox_age or the end of its disk: "
                        "its oldest events are dropped before every sink has taken them");
        upkeep->dropped += lost;
    } else if (lost == 0 && upkeep->dropped > 0 && all_went_on(upkeep)) {
        log_info("the outbox keeps all events again; %" PRId64 " were dropped", upkeep->dropped);
        upkeep->dropped = 0;
    }
}

/* Appends an event on mails that were lost; it waits until the store works again, which may be
 * after the next start. */
static void lost_report(struct upkeep *upkeep) {
    int64_t lost = store_lost(upkeep->store);

    if (lost > 0 && status_append(upkeep->store, upkeep->configuration->host,
                                  &(struct json_service){.state = "lost",
                                                         .lost = lost,
                                                         .mails_count = -1,
                                                         .events_count = -1,
                                                         .lost_count = -1}) == 0)
        store_lost_reported(upkeep->store, lost);
}

void upkeep_round(struct upkeep *upkeep, int64_t now) {
    if (++upkeep->rounds % TRIM_EVERY == 0) {
        outbox_trim(upkeep->store, upkeep->sinks, upkeep->sink_count, LIMIT_OUTBOX_KEPT);
        heap_trim();
    }
    shorten(upkeep, now);
    lost_report(upkeep);
}
