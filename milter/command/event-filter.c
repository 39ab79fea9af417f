/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-filter.c - selects events by type, list and series, and finds those that repeat others; see
 * event-filter.h.
 *
 * Owns nothing and cannot fail; GLib ends the process if memory runs out.
 */
#include "command/event-filter.h"

#include "command/event-words.h"
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
    g_auto(GStrv) all = g_strsplit_set(patterns, " ,<>", -1);

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

static bool passes_type(const struct event_filter *filter, const char *type) {
    return !filter->types || any_matches(type_matches, filter->types, type);
}

bool event_filter_passes(const struct event_filter *filter, const struct event_filtered *event) {
    if (!passes_type(filter, event->type))
        return false;
    if (filter->lists && !any_matches(matches, filter->lists, event->list))
        return false;
    return !filter->series || strcmp(filter->series, event->series) == 0 ||
           mentions_id(event, filter->series);
}

/* ---- repetitions ----------------------------------------------------------------------------- */

/* Returns true if the mail of a message.seen has an event that says more, and FILTER passes it. */
static bool seen_repeats(const struct event_filter *filter, const json_t *message) {
    const char *kind = event_string(message, "kind");
    bool is_applied = strcmp(kind, "commit") == 0 || event_has_flag(message, "applied");
    bool gives_tags = json_array_size(json_object_get(message, "trailers_given")) > 0;

    return (strcmp(kind, "pull") == 0 && passes_type(filter, EVENT_PULL_REQUESTED)) ||
           (strcmp(kind, "report") == 0 && passes_type(filter, EVENT_REPORT_RAISED)) ||
           (is_applied && passes_type(filter, EVENT_COMMIT_ANNOUNCED)) ||
           (gives_tags && passes_type(filter, EVENT_TRAILER_GIVEN));
}

bool event_filter_repeats(const struct event_filter *filter, const struct event_filtered *event) {
    json_auto_t *json = json_loadb(event->json, event->json_length, JSON_ALLOW_NUL, NULL);
    struct event_parts parts = event_parts_of(json);
    bool seen_passes = passes_type(filter, EVENT_MESSAGE_SEEN);

    if (!parts.data) /* the JSON is the data alone */
        parts = event_parts_of_data(json);
    if (strcmp(event->type, EVENT_MESSAGE_SEEN) == 0)
        return seen_repeats(filter, parts.message);
    if (strcmp(event->type, EVENT_MESSAGE_POSTED) == 0) {
        const json_t *first = json_array_get(json_object_get(parts.message, "lists"), 0);

        return seen_passes && json_is_string(first) &&
               strcmp(json_string_value(first), event->list) == 0;
    }
    if (strcmp(event->type, EVENT_SERIES_OPENED) == 0)
        return seen_passes ||
               (event_is_single_patch(&parts) && passes_type(filter, EVENT_SERIES_COMPLETED));
    return strcmp(event->type, EVENT_SERIES_COMPLETED) == 0 && seen_passes &&
           event_is_single_patch(&parts);
}

/* ---- ids and types --------------------------------------------------------------------------- */

bool event_filter_is_id(const char *id) {
    return (strncmp(id, "s1-", 3) == 0 || strncmp(id, "t1-", 3) == 0) && strlen(id) == 3 + 16 &&
           strspn(id + 3, "abcdefghijklmnopqrstuvwxyz234567") == 16;
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
