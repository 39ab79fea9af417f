/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-filter.h - selects events by type, list and series, and finds those that repeat others.
 *
 * The functions may be called on any thread and cannot fail.
 */
#ifndef EVENT_FILTER_H
#define EVENT_FILTER_H

#include <stdbool.h>
#include <stddef.h>

/* What an event must match.  A field that is NULL matches every event.  Patterns are those of
 * fnmatch(3); upper and lower case are equal.  Several patterns are separated by commas or spaces,
 * and one of them must match; angle brackets around a List-Id do not count.  Strings are borrowed.
 */
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
/* Returns true if EVENT, which passes FILTER, says only what another event of the same mail says,
 * which passes it, too; a reader who has a line of the other event requires none of this one:
 * - message.posted of the first list: the mail was seen when that list sent it;
 * - message.seen, if the mail is a report, a pull request, says that a patch was applied, or gives
 *   tags: each has an event of its own;
 * - series.opened: the mail that opened the series has a line;
 * - series.opened and series.completed of a single patch: so that it has one line. */
bool event_filter_repeats(const struct event_filter *filter, const struct event_filtered *event);

/* Returns true if ID has the form of the id of a series or topic: "s1-" or "t1-" and 16 characters
 * of base32 in lower case. */
bool event_filter_is_id(const char *id);

/* Returns the first pattern in FILTER->types that matches no type of this version, for a warning,
 * and sets *LENGTH to its length; it points into FILTER->types.  Returns NULL if there is none. */
const char *event_filter_unknown_type(const struct event_filter *filter, size_t *length);

#endif
