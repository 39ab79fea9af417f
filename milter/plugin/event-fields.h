/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-fields.h - the members of an event that sinks read by name.
 *
 * The JSON of an event is parsed when a sink asks for the first member of it, and once.  The fields
 * of one event may be used by one thread at a time.
 */
#ifndef EVENT_FIELDS_H
#define EVENT_FIELDS_H

#include "patchmark-plugin.h"

#include <jansson.h>

struct patchmark_event_fields {
    const char *json;
    size_t length;
    json_t *root; /* NULL if it was not parsed yet, or is not JSON */
    bool parsed;
};

/* Returns the fields of the event whose JSON are the LENGTH bytes at JSON, which are not copied and
 * must be valid as long as the fields.  event_fields_clear frees what they have. */
struct patchmark_event_fields event_fields_of(const char *json, size_t length);
void event_fields_clear(struct patchmark_event_fields *fields);

#endif
