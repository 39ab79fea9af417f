/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail-redis.c - `patchmark tail` on the stream that sinks of any host write to: see tail-redis.h.
 *
 * All that is known of Redis is the callback `follow` of the plugin, which logs faults where they
 * are news.  Owns the events that are held back at the start: how many of the newest entries a
 * filter passes is known only when all of them were seen.
 */
#include "command/tail-redis.h"

#include "plugin/instance.h"
#include "util/cleanup.h"
#include "util/log.h"

#include <jansson.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

CLEANUP_DEFINE(struct patchmark_instance *, instance_close)

#define PLUGIN "redis"

/* Entries that a filter is tried on at the start: some 10 MB. */
#define LOOK_BACK 10000

/* More than any stream has; what a plugin counts with does not overflow. */
#define LINES_MOST 1000000000

/* After a fault, in milliseconds; each further one waits twice as long. */
#define PAUSE_FIRST 250
#define PAUSE_LAST  5000

/* An event whose own time is that much later, in seconds, is new; clocks differ a little. */
#define CLOCK_SLACK 2

struct held {
    char *json;
    size_t length;
};

struct following {
    struct tail *tail;
    struct patchmark_feed feed;
    bool at_start;      /* of what was there before us, not all was seen */
    char started[32];   /* as in events, with the slack */
    int64_t received;   /* entries, in all */
    struct held *ring;  /* of tail->lines, NULL: nothing is held back */
    int64_t held_count; /* in all */
};

/* ---- the start ----------------------------------------------------------------------------- */

static void started_set(struct following *following) {
    time_t seconds = time(NULL) + CLOCK_SLACK;
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(following->started, sizeof(following->started), "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static bool is_new(const struct following *following, const struct patchmark_event *event) {
    json_auto_t *object = json_loadb(event->json, event->json_length, JSON_ALLOW_NUL, NULL);
    const char *time = json_string_value(json_object_get(object, "time"));

    return time && strcmp(time, following->started) > 0;
}

static void hold(struct following *following, const struct patchmark_event *event) {
    struct held *place = &following->ring[following->held_count++ % following->tail->lines];

    free(place->json);
    place->json = strndup(event->json, event->json_length);
    place->length = event->json_length;
}

/* Prints what was held back; from now on nothing is. */
static void start_end(struct following *following) {
    int64_t lines = following->tail->lines, count = following->held_count;

    following->at_start = false;
    if (!following->ring)
        return;
    for (int64_t i = count > lines ? count - lines : 0; i < count; i++)
        if (following->ring[i % lines].json)
            tail_print(following->tail, following->ring[i % lines].json,
                       following->ring[i % lines].length);
    for (int64_t i = 0; i < lines; i++)
        free(following->ring[i].json);
    free(following->ring);
    following->ring = NULL;
}

/* ---- events -------------------------------------------------------------------------------- */

static bool passes(const struct tail *tail, const struct patchmark_event *event) {
    struct event_filtered filtered = {event->type, event->list, event->series, event->json,
                                      event->json_length};

    return event_filter_passes(&tail->filter, &filtered);
}

static bool receive(void *argument, const char *position, const struct patchmark_event *event) {
    struct following *following = argument;
    struct tail *tail = following->tail;

    (void)position;
    if (!tail_is_running(tail))
        return false;
    if (!event)
        return true;
    following->received++;
    if (following->at_start &&
        (following->received > following->feed.newest || is_new(following, event)))
        start_end(following);
    if (!passes(tail, event))
        return true;
    if (following->ring)
        hold(following, event);
    else
        tail_print(tail, event->json, event->json_length);
    return true;
}

/* One question; gives what instance_follow did. */
static int feed_read(struct following *following, struct patchmark_instance *instance) {
    int64_t received = following->received;
    int result = instance_follow(instance, &following->feed);

    if (result == 0 &&
        (following->received == received || following->received >= following->feed.newest))
        start_end(following);
    return result;
}

static void follow(struct following *following, struct patchmark_instance *instance) {
    struct tail *tail = following->tail;
    int pause = PAUSE_FIRST;

    while (tail_is_running(tail)) {
        int result = feed_read(following, instance);

        if (result == 1) {
            log_error("plugin " PLUGIN
                      " gives nothing to follow: it is older than this program, or "
                      "its section says so");
            tail->status = EX_UNAVAILABLE;
        } else if (result < 0 && !tail->waits) {
            tail->status = EX_UNAVAILABLE;
        } else if (result < 0) {
            tail_pause(tail, pause);
            pause = 2 * pause < PAUSE_LAST ? 2 * pause : PAUSE_LAST;
        } else {
            pause = PAUSE_FIRST;
            if (tail_pause(tail, 0) && !following->at_start && !tail->waits)
                tail->status = EX_OK;
        }
    }
}

/* ---- the plugin ---------------------------------------------------------------------------- */

static struct patchmark_instance *sink_open(const struct configuration *configuration) {
    for (size_t i = 0; i < configuration->plugin_count; i++)
        if (strcmp(configuration->plugins[i].module->descriptor.name, PLUGIN) == 0)
            return instance_open(&configuration->plugins[i], configuration->host);
    log_error("%s: there is no section plugin \"" PLUGIN "\"; give --redis a URL",
              configuration->file);
    return NULL;
}

void tail_redis(struct tail *tail, const struct configuration *configuration) {
    bool filters = !event_filter_is_open(&tail->filter) && tail->lines > 0;
    int64_t lines = tail->lines < LINES_MOST ? tail->lines : LINES_MOST;
    struct following following = {
        .tail = tail,
        .feed = {.own = true,
                 .newest = filters && lines < LOOK_BACK ? LOOK_BACK : lines,
                 .receive = receive,
                 .argument = &following},
        .at_start = true,
    };
    AUTO(instance_close) struct patchmark_instance *instance = sink_open(configuration);

    if (!instance) {
        tail->status = EX_CONFIG;
        return;
    }
    started_set(&following);
    if (following.feed.newest > lines) {
        following.ring = calloc((size_t)tail->lines, sizeof(*following.ring));
        if (!following.ring) {
            log_error("out of memory");
            tail->status = EX_OSERR;
        }
    }
    follow(&following, instance);
    start_end(&following);
    fflush(stdout);
}
