/* SPDX-License-Identifier: BSD-2-Clause
 *
 * feed.h - what a sink brings back: the events that came to the same place from any host.
 *
 * A feed carries events from the callback `follow` of a sink to whoever asked: the publisher, to
 * learn what other hosts saw, or `patchmark tail`.  One thread at a time.
 */
#ifndef FEED_H
#define FEED_H

#include "patchmark-plugin.h"

#define FEED_POSITION_SIZE 64

struct patchmark_feed {
    char position[FEED_POSITION_SIZE]; /* see patchmark_feed_position */
    int64_t newest;                    /* see patchmark_feed_newest */
    bool own;                          /* see patchmark_feed_own */
    /* Takes one event, which lives until it returns; NULL: only the position moved.  False: no
     * more, the position stays where it was before. */
    bool (*receive)(void *argument, const char *position, const struct patchmark_event *event);
    void *argument;
};

/* A feed that goes on behind POSITION ("": from the oldest that is left), without what this host
 * gave itself.  TAKE, ARGUMENT: see above. */
void feed_init(struct patchmark_feed *feed, const char *position,
               bool (*receive)(void *argument, const char *position,
                               const struct patchmark_event *event),
               void *argument);

#endif
