/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_feed.h - a feed that collects the events that it receives.
 */
#ifndef TEST_FEED_H
#define TEST_FEED_H

#include "plugin/feed.h"
#include "test_redis.h"

#define RECEIVED_MOST (2 * TEST_EVENTS)

struct collector {
    struct patchmark_feed feed;
    char ids[RECEIVED_MOST][33]; /* of the events, in the order of their arrival */
    size_t count;
    size_t most; /* number of events after which it takes no more */
};

static bool collector_receive(void *argument, const char *position,
                              const struct patchmark_event *event) {
    struct collector *collector = argument;

    ck_assert_uint_gt(strlen(position), 0);
    if (!event)
        return true;
    if (collector->count == collector->most)
        return false;
    ck_assert_uint_lt(collector->count, RECEIVED_MOST);
    ck_assert_uint_eq(event->struct_size, sizeof(*event));
    strcpy(collector->ids[collector->count++], event->id);
    return true;
}

/* A new feed at POSITION; not to be moved in memory. */
static void collector_init(struct collector *collector, const char *position, int64_t newest,
                           bool own) {
    memset(collector, 0, sizeof(*collector));
    collector->feed.newest = newest;
    collector->feed.own = own;
    collector->feed.receive = collector_receive;
    collector->feed.argument = collector;
    collector->most = SIZE_MAX;
    strcpy(collector->feed.position, position);
}

#endif
