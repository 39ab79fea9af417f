/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-types.c - names of the types of events; see event-types.h.  Owns nothing and cannot fail.
 */
#include "pipeline/event-types.h"

#include <string.h>

#define PREFIX "patchmark."

#define NAME(constant, ...) EVENT_##constant,
const char *const event_type_names[EVENT_TYPE_COUNT] = {EVENT_TYPES(NAME)};

size_t event_type_index(const char *type) {
    size_t i = 0;

    while (i < EVENT_TYPE_COUNT && strcmp(event_type_names[i], type) != 0)
        i++;
    return i;
}

void event_type_short(const char *type, char text[EVENT_TYPE_SHORT_SIZE]) {
    size_t length;
    char *version;

    if (strncmp(type, PREFIX, strlen(PREFIX)) == 0)
        type += strlen(PREFIX);
    length = strnlen(type, EVENT_TYPE_SHORT_SIZE - 1);
    memcpy(text, type, length);
    text[length] = '\0';
    version = strrchr(text, '.');
    if (version && version[1] == 'v' && version[2] &&
        version[2 + strspn(version + 2, "0123456789")] == '\0')
        *version = '\0';
}
