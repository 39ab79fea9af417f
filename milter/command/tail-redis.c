/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail-redis.c - `patchmark tail` for the Redis stream of one or more hosts; see tail-redis.h.
 *
 * Uses Redis only through the callback `follow` of the plugin redis, which logs failures.  A
 * failure is retried after a pause, or ends the command with --no-follow.
 *
 * With a filter, and for lines for people, the newest entries are read first and those that are
 * printed are held back, because the last N of them are known only when all have been read.  This
 * file owns the held events.
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

/* Newest entries that are read at the start if there is a filter: about 10 MB. */
#define LOOK_BACK 10000
/* Without one, for lines for people: a mail has about four events and one line. */
#define LOOK_BACK_PEOPLE(lines) (1000 + 8 * (lines))

/* Limit of --lines: more than any stream has, and small enough not to overflow in a plugin. */
#define LINES_MAX 1000000000

/* Pauses after failures, in milliseconds; each is twice as long as the one before, up to the last.
 */
#define PAUSE_FIRST 250
#define PAUSE_LAST  5000

/* An event is new if its time is more than that many seconds after the start, because the clocks of
 * hosts differ. */
#define CLOCK_SLACK 2

struct held {
    char *json;
    size_t length;
};

struct following {
    struct tail *tail;
    struct patchmark_feed feed;
    bool at_start;      /* entries from before the start have not all been read */
    char started[32];   /* time of the start plus CLOCK_SLACK, in the format of events */
    int64_t received;   /* entries that were received */
    struct held *ring;  /* of tail->lines events; NULL if events are printed at once */
    int64_t held_count; /* events that were put into the ring, also those overwritten */
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
    place->json = malloc(event->json_length); /* not strndup: anybody may add an entry with a NUL */
    place->length = event->json_length;
    if (place->json)
        memcpy(place->json, event->json, event->json_length);
}

/* Prints the held events; later events are printed at once. */
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

static bool passes(struct tail *tail, const struct patchmark_event *event) {
    struct event_filtered filtered = {event->type, event->list, event->series, event->json,
                                      event->json_length};

    return tail_passes(tail, &filtered);
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

/* Calls `follow` once.  Returns what instance_follow returned. */
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
            log_error("plugin " PLUGIN " does not return events: it is older than this program, or "
                      "an option in its section disables this; update the plugin, or remove the "
                      "option");
            tail->status = EX_UNAVAILABLE;
        } else if (result < 0 && !tail->follows) {
            tail->status = EX_UNAVAILABLE;
        } else if (result < 0) {
            tail_pause(tail, pause);
            pause = 2 * pause < PAUSE_LAST ? 2 * pause : PAUSE_LAST;
        } else {
            pause = PAUSE_FIRST;
            if (tail_pause(tail, 0) && !following->at_start && !tail->follows)
                tail->status = EX_OK;
        }
    }
}

/* ---- the plugin ---------------------------------------------------------------------------- */

static struct patchmark_instance *sink_open(const struct configuration *configuration) {
    for (size_t i = 0; i < configuration->plugin_count; i++)
        if (strcmp(configuration->plugins[i].module->descriptor.name, PLUGIN) == 0)
            return instance_open(&configuration->plugins[i], configuration->host, NULL, -1);
    log_error("%s: no section plugin \"" PLUGIN "\"; add one, or use --redis with a URL",
              configuration->file);
    return NULL;
}

/* Returns the number of newest entries to read, so that LINES of them are probably printed. */
static int64_t newest_of(const struct tail *tail, int64_t lines) {
    bool filters = !event_filter_is_empty(&tail->filter);
    int64_t newest = lines;

    if (lines >= LOOK_BACK || lines == 0)
        return lines;
    if (filters)
        newest = LOOK_BACK;
    else if (!tail->as_json)
        newest = LOOK_BACK_PEOPLE(lines);
    return newest < LOOK_BACK ? newest : LOOK_BACK;
}

void tail_redis(struct tail *tail, const struct configuration *configuration) {
    int64_t lines = tail->lines < LINES_MAX ? tail->lines : LINES_MAX;
    struct following following = {
        .tail = tail,
        .feed = {.own = true,
                 .newest = newest_of(tail, lines),
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
