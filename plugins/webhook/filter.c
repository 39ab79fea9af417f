/* SPDX-License-Identifier: BSD-2-Clause
 *
 * filter.c - see filter.h.
 */
#include "filter.h"

#include <fnmatch.h>
#include <stdio.h>

#define PREFIX     "patchmark."
#define TYPE_BYTES 64

/* Returns true if one of the words of OPTION matches TEXT, which may be NULL. */
static bool matches(const struct patchmark_instance *instance, const char *option,
                    const char *text) {
    size_t count = text ? patchmark_option_count(instance, option) : 0;

    for (size_t i = 0; i < count; i++)
        if (fnmatch(patchmark_option_item(instance, option, i), text, FNM_CASEFOLD) == 0)
            return true;
    return false;
}

/* Does the same for a type: "patchmark.series.opened.v1", or "series.opened" for short. */
static bool type_matches(const struct patchmark_instance *instance, const char *type) {
    char brief[TYPE_BYTES];
    char *version;

    if (matches(instance, "types", type))
        return true;
    snprintf(brief, sizeof(brief), "%s",
             strncmp(type, PREFIX, strlen(PREFIX)) == 0 ? type + strlen(PREFIX) : type);
    version = strrchr(brief, '.');
    if (version && version[1] == 'v')
        *version = '\0';
    return matches(instance, "types", brief);
}

static bool any_label_matches(const struct patchmark_instance *instance,
                              const struct patchmark_event *event) {
    size_t count = patchmark_event_count(event, "message.labels");

    for (size_t i = 0; i < count; i++)
        if (matches(instance, "labels", patchmark_event_item(event, "message.labels", i)))
            return true;
    return false;
}

static bool message_matches(const struct patchmark_instance *instance,
                            const struct patchmark_event *event) {
    if (patchmark_option_count(instance, "labels") > 0 && !any_label_matches(instance, event))
        return false;
    return patchmark_option_count(instance, "kinds") == 0 ||
           matches(instance, "kinds", patchmark_event_string(event, "message.kind"));
}

bool filter_passes(const struct patchmark_instance *instance, const struct patchmark_event *event) {
    if (patchmark_option_count(instance, "types") > 0 && !type_matches(instance, event->type))
        return false;
    if (patchmark_option_count(instance, "lists") > 0 && !matches(instance, "lists", event->list))
        return false;
    if (patchmark_option_count(instance, "labels") == 0 &&
        patchmark_option_count(instance, "kinds") == 0)
        return true;
    return message_matches(instance, event);
}
