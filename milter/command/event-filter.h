/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-filter.h - selects events by type, list and series.
 *
 * The functions may be called on any thread and cannot fail.
 */
#ifndef EVENT_FILTER_H
#define EVENT_FILTER_H

#include <stdbool.h>
#include <stddef.h>

/* What an event must match.  A field that is NULL matches every event.  Patterns are those of
 * fnmatch(3); upper and lower case are equal.  Several patterns are separated by commas or spaces,
 * and one of them must match.  Strings are borrowed. */
struct event_filter {
    const char *types;  /* patterns for "patchmark.series.opened.v1" or "series.opened" */
    const char *lists;  /* patterns for the List-Id */
    const char *series; /* the id of a series or topic that the event must contain */
};

/* The parts of an event that a filter reads. */
struct event_filtered {
    const char *type, *list, *series;
    const char *json; /* the whole event or its data; not NUL-terminated */
    size_t json_length;
};

/* Returns true if all fields of FILTER are NULL, so that it passes every event. */
bool event_filter_is_empty(const struct event_filter *filter);
/* Returns true if EVENT matches every field of FILTER. */
bool event_filter_passes(const struct event_filter *filter, const struct event_filtered *event);

/* Returns the first pattern in FILTER->types that matches no type of this version, for a warning,
 * and sets *LENGTH to its length; it points into FILTER->types.  Returns NULL if there is none. */
const char *event_filter_unknown_type(const struct event_filter *filter, size_t *length);

#endif
