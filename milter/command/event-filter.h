/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-filter.h - which events somebody wants to see.
 */
#ifndef EVENT_FILTER_H
#define EVENT_FILTER_H

#include <stdbool.h>
#include <stddef.h>

/* NULL: any.  Patterns are globs as of fnmatch(3) without flags, in any case of letters; several
 * are separated by commas, and one that matches is enough. */
struct event_filter {
    const char *types;  /* against "patchmark.series.opened.v1" and "series.opened" */
    const char *lists;  /* against the List-Id */
    const char *series; /* id of a series or topic, which the event is about or names */
};

/* What a filter looks at. */
struct event_filtered {
    const char *type, *list, *series;
    const char *json; /* the event, or its data: ids of series are in the data */
    size_t json_length;
};

/* True when FILTER lets everything pass. */
bool event_filter_is_open(const struct event_filter *filter);
bool event_filter_passes(const struct event_filter *filter, const struct event_filtered *event);

/* The first pattern of FILTER->types that no type of this version matches, for a warning; LENGTH
 * becomes its length.  NULL: there is none. */
const char *event_filter_strange_type(const struct event_filter *filter, size_t *length);

#endif
