/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-filter.c - selects events by type, list and series; see event-filter.h.
 *
 * Owns nothing and cannot fail; GLib ends the process if memory runs out.
 */
#include "command/event-filter.h"

#include "pipeline/event-types.h"

#include <fnmatch.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

static bool matches(const char *pattern, const char *text) {
    return fnmatch(pattern, text, FNM_CASEFOLD) == 0;
}

static bool type_matches(const char *pattern, const char *type) {
    char text[EVENT_TYPE_SHORT_SIZE];

    event_type_short(type, text);
    return matches(pattern, type) || matches(pattern, text);
}

static bool any_matches(bool (*function)(const char *pattern, const char *text),
                        const char *patterns, const char *text) {
    g_auto(GStrv) all = g_strsplit_set(patterns, " ,", -1);

    for (char **pattern = all; *pattern; pattern++)
        if (**pattern && function(*pattern, text))
            return true;
    return false;
}

/* Returns true if the JSON of EVENT contains ID as a whole string: it has the ids of the topic, of
 * a superseded series and of joined series.  Quotes inside a string are escaped in JSON, so a match
 * between quotes is a whole string.  A subject that is just an id matches too, which is harmless.
 */
static bool mentions_id(const struct event_filtered *event, const char *id) {
    char quoted[64];
    int length = snprintf(quoted, sizeof(quoted), "\"%s\"", id);

    return length < (int)sizeof(quoted) &&
           memmem(event->json, event->json_length, quoted, (size_t)length) != NULL;
}

bool event_filter_is_empty(const struct event_filter *filter) {
    return !filter->types && !filter->lists && !filter->series;
}

bool event_filter_passes(const struct event_filter *filter, const struct event_filtered *event) {
    if (filter->types && !any_matches(type_matches, filter->types, event->type))
        return false;
    if (filter->lists && !any_matches(matches, filter->lists, event->list))
        return false;
    return !filter->series || strcmp(filter->series, event->series) == 0 ||
           mentions_id(event, filter->series);
}

static bool matches_any_type(const char *pattern) {
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++)
        if (type_matches(pattern, event_type_names[i]))
            return true;
    return false;
}

const char *event_filter_unknown_type(const struct event_filter *filter, size_t *length) {
    const char *at = filter->types ? filter->types : "";

    while (*(at += strspn(at, " ,"))) {
        g_autofree char *pattern = g_strndup(at, *length = strcspn(at, " ,"));

        if (!matches_any_type(pattern))
            return at;
        at += *length;
    }
    return NULL;
}
