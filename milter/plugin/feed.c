/* SPDX-License-Identifier: BSD-2-Clause
 *
 * feed.c - see feed.h; also the functions of patchmark-plugin.h that a sink calls from follow.
 */
#include "plugin/feed.h"

#include "util/log.h"

#include <stdio.h>
#include <string.h>

void feed_init(struct patchmark_feed *feed, const char *position,
               bool (*receive)(void *argument, const char *position,
                               const struct patchmark_event *event),
               void *argument) {
    *feed = (struct patchmark_feed){.newest = -1, .receive = receive, .argument = argument};
    snprintf(feed->position, sizeof(feed->position), "%s", position);
}

const char *patchmark_feed_position(const struct patchmark_feed *feed) {
    return feed->position;
}

int64_t patchmark_feed_newest(const struct patchmark_feed *feed) {
    return feed->newest;
}

bool patchmark_feed_own(const struct patchmark_feed *feed) {
    return feed->own;
}

bool patchmark_feed_event(struct patchmark_feed *feed, const char *position,
                          const struct patchmark_event *event) {
    size_t length = strlen(position);

    if (length >= sizeof(feed->position)) {
        log_error("bug in a sink: a position is longer than %zu bytes", sizeof(feed->position) - 1);
        return false;
    }
    if (!feed->receive(feed->argument, position, event))
        return false;
    memcpy(feed->position, position, length + 1);
    return true;
}
