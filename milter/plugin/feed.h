/* SPDX-License-Identifier: BSD-2-Clause
 *
 * feed.h - events that a sink reads back from where it and other hosts delivered them.
 *
 * A feed passes events from the callback `follow` of a sink to a function of the caller: to the
 * publisher, which records what other hosts received, or to `patchmark tail`.  A feed may be used
 * by one thread at a time.
 */
#ifndef FEED_H
#define FEED_H

#include "patchmark-plugin.h"

#define FEED_POSITION_SIZE 64 /* in bytes, with the NUL */

struct patchmark_feed {
    char position[FEED_POSITION_SIZE]; /* see patchmark_feed_position */
    int64_t newest;                    /* see patchmark_feed_newest */
    bool own;                          /* see patchmark_feed_own */
    /* Receives one event and the position behind it, both valid until it returns.  EVENT is NULL if
     * only the position moved.  Returns true to receive more events.  Returns false to stop; the
     * position of the feed then stays before this event. */
    bool (*receive)(void *argument, const char *position, const struct patchmark_event *event);
    void *argument; /* passed to RECEIVE */
};

/* Initialises FEED to continue behind POSITION, or with the oldest event that is left if it is "",
 * and without the events that this host delivered.  POSITION is copied; it has at most 63 bytes.
 * RECEIVE and ARGUMENT are described above. */
void feed_init(struct patchmark_feed *feed, const char *position,
               bool (*receive)(void *argument, const char *position,
                               const struct patchmark_event *event),
               void *argument);

#endif
