/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-types.h - the types of events (patchmark-events(7)), each in one row.
 */
#ifndef EVENT_TYPES_H
#define EVENT_TYPES_H

#include <stddef.h>

/* TYPE(constant, name,
 *      parts of what is known of the mail that its data has (enum mail_part; 0: it is of no mail),
 *      what is added to them (json-event.c),
 *      colour of the name in a line for people, what that says before the title (event-text.c))
 * The order is that of the metrics. */
/* clang-format off */
#define EVENT_TYPES(TYPE) \
    TYPE(MESSAGE_SEEN, "message.seen", MAIL_ALL, json_learned_add, NULL, NULL) \
    TYPE(SERIES_OPENED, "series.opened", MAIL_POSTED, NULL, CYAN, numbers_write) \
    TYPE(SERIES_COMPLETED, "series.completed", MAIL_POSTED, completed_add, GREEN, completed_write) \
    TYPE(SERIES_INCOMPLETE, "series.incomplete", 0, NULL, YELLOW, incomplete_write) \
    TYPE(SERIES_SUPERSEDED, "series.superseded", MAIL_POSTED, NULL, BLUE, superseded_write) \
    TYPE(SERIES_ALIASED, "series.aliased", MAIL_POSTED, NULL, BLUE, aliased_write) \
    TYPE(TRAILER_GIVEN, "trailer.given", MAIL_NAMED, given_add, GREEN, trailer_write) \
    TYPE(PULL_REQUESTED, "pull.requested", MAIL_ASKED, NULL, MAGENTA, pull_write) \
    TYPE(REPORT_RAISED, "report.raised", MAIL_REPORTED, report_add, RED, report_write) \
    TYPE(COMMIT_ANNOUNCED, "commit.announced", MAIL_APPLIED, commit_add, BLUE, commit_write) \
    TYPE(SERVICE_STATUS, "service.status", 0, NULL, YELLOW, status_write)
/* clang-format on */

/* EVENT_MESSAGE_SEEN: "patchmark.message.seen.v1", and so on. */
#define EVENT_CONSTANT(constant, name, ...) \
    static const char EVENT_##constant[] = "patchmark." name ".v1";
EVENT_TYPES(EVENT_CONSTANT)

#define EVENT_ONE(...)   +1
#define EVENT_TYPE_COUNT (0 EVENT_TYPES(EVENT_ONE))
extern const char *const event_type_names[EVENT_TYPE_COUNT];

/* Where TYPE is in event_type_names; EVENT_TYPE_COUNT for an unknown type. */
size_t event_type_index(const char *type);

#define EVENT_TYPE_SHORT_SIZE 64
/* TYPE without "patchmark." and version, as people read and write it; cut where it is longer. */
void event_type_short(const char *type, char text[EVENT_TYPE_SHORT_SIZE]);

#endif
