/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-types.h - the types of events (patchmark-events(7)), each in one row of a table.
 *
 * The functions may be called on any thread and cannot fail.
 */
#ifndef EVENT_TYPES_H
#define EVENT_TYPES_H

#include <stddef.h>

/* TYPE(constant, name,
 *      function that writes the data of the event of a mail (json-event.c; NULL if no mail causes
 *      it), colour of its words in `patchmark tail` (event-words.c; NULL if none), function that
 *      writes these words (event-words.c))
 * The metrics have the types in this order. */
/* clang-format off */
#define EVENT_TYPES(TYPE) \
    TYPE(MESSAGE_SEEN, "message.seen", seen_add, NULL, seen_write) \
    TYPE(MESSAGE_POSTED, "message.posted", posted_add, CYAN, posted_write) \
    TYPE(SERIES_OPENED, "series.opened", series_add, CYAN, opened_write) \
    TYPE(SERIES_COMPLETED, "series.completed", completed_add, GREEN, completed_write) \
    TYPE(SERIES_INCOMPLETE, "series.incomplete", NULL, YELLOW, incomplete_write) \
    TYPE(SERIES_AMENDED, "series.amended", amended_add, GREEN, amended_write) \
    TYPE(SERIES_SUPERSEDED, "series.superseded", superseded_add, BLUE, superseded_write) \
    TYPE(SERIES_ALIASED, "series.aliased", aliased_add, BLUE, aliased_write) \
    TYPE(TRAILER_GIVEN, "trailer.given", given_add, NULL, trailer_write) \
    TYPE(PULL_REQUESTED, "pull.requested", pull_add, MAGENTA, pull_write) \
    TYPE(REPORT_RAISED, "report.raised", report_add, YELLOW, report_write) \
    TYPE(COMMIT_ANNOUNCED, "commit.announced", commit_add, GREEN, commit_write) \
    TYPE(SERVICE_STATUS, "service.status", NULL, YELLOW, status_write)
/* clang-format on */

/* Defines EVENT_MESSAGE_SEEN as "patchmark.message.seen.v1", and so on. */
#define EVENT_CONSTANT(constant, name, ...) \
    static const char EVENT_##constant[] = "patchmark." name ".v1";
EVENT_TYPES(EVENT_CONSTANT)

#define EVENT_ONE(...)   +1
#define EVENT_TYPE_COUNT (0 EVENT_TYPES(EVENT_ONE))
/* The full names of all types, in the order of EVENT_TYPES. */
extern const char *const event_type_names[EVENT_TYPE_COUNT];

/* Returns the index of TYPE, a full name, in event_type_names; EVENT_TYPE_COUNT if the type is
 * unknown. */
size_t event_type_index(const char *type);

#define EVENT_TYPE_SHORT_SIZE 64
/* Writes TYPE to TEXT without the prefix "patchmark." and without the version, such as
 * "series.opened".  A longer text is cut to EVENT_TYPE_SHORT_SIZE - 1 bytes. */
void event_type_short(const char *type, char text[EVENT_TYPE_SHORT_SIZE]);

#endif
