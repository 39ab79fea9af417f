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

/* Copies the members of EVENT that this version of the interface has to KNOWN, "" for a string that
 * is NULL.  Returns false, after the bug was logged, if EVENT has no valid size. */
static bool event_read(const struct patchmark_event *event, struct patchmark_event *known) {
    const char **const strings[] = {&known->id,     &known->type, &known->subject, &known->list,
                                    &known->series, &known->json, &known->learned, &known->state};

    if (event->struct_size < offsetof(struct patchmark_event, fields)) {
        log_error("bug in a sink: the struct_size of an event is %zu", event->struct_size);
        return false;
    }
    *known = (struct patchmark_event){0};
    memcpy(known, event, event->struct_size < sizeof(*known) ? event->struct_size : sizeof(*known));
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        *strings[i] = *strings[i] ? *strings[i] : "";
    known->fields = NULL; /* private to the core */
    return true;
}

bool patchmark_feed_event(struct patchmark_feed *feed, const char *position,
                          const struct patchmark_event *event) {
    struct patchmark_event known;
    size_t length;

    position = position ? position : "";
    length = strlen(position);
    if (event && !event_read(event, &known))
        return false;
    if (length >= sizeof(feed->position)) {
        log_error("bug in a sink: a position is longer than %zu bytes", sizeof(feed->position) - 1);
        return false;
    }
    if (!feed->receive(feed->argument, position, event ? &known : NULL))
        return false;
    memcpy(feed->position, position, length + 1);
    return true;
}
