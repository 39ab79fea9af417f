/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-fields.c - see event-fields.h; the functions patchmark_event_ of patchmark-plugin.h.
 *
 * Owns nothing but events of patchmark_event_read.  An event that is not JSON has no members.
 */
#include "plugin/event-fields.h"

#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 64 /* of a member of an event; those of patchmark are shorter */

struct patchmark_event_fields event_fields_of(const char *json, size_t length) {
    return (struct patchmark_event_fields){.json = json, .length = length};
}

void event_fields_clear(struct patchmark_event_fields *fields) {
    json_decref(fields->root);
    fields->root = NULL;
}

static const json_t *root_of(struct patchmark_event_fields *fields) {
    if (!fields)
        return NULL;
    if (!fields->parsed)
        fields->root = json_loadb(fields->json, fields->length, 0, NULL);
    fields->parsed = true;
    return fields->root;
}

/* Returns the member, or item, of VALUE that the LENGTH bytes of NAME name; NULL if there is none.
 */
static const json_t *member(const json_t *value, const char *name, size_t length) {
    char key[KEY_SIZE];

    if (length >= sizeof(key))
        return NULL;
    memcpy(key, name, length);
    key[length] = '\0';
    if (!json_is_array(value))
        return json_object_get(value, key);
    return length > 0 && strspn(key, "0123456789") == length
               ? json_array_get(value, strtoul(key, NULL, 10))
               : NULL;
}

static const json_t *find(const struct patchmark_event *event, const char *path) {
    const json_t *value = json_object_get(root_of(event->fields), "data");
    size_t length;

    path = path ? path : "";
    for (; value; path += length + 1) {
        length = strcspn(path, ".");
        value = member(value, path, length);
        if (path[length] == '\0')
            break;
    }
    return value;
}

const char *patchmark_event_string(const struct patchmark_event *event, const char *path) {
    return json_string_value(find(event, path));
}

int64_t patchmark_event_int(const struct patchmark_event *event, const char *path,
                            int64_t fallback) {
    const json_t *value = find(event, path);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool patchmark_event_bool(const struct patchmark_event *event, const char *path) {
    return json_is_true(find(event, path));
}

size_t patchmark_event_count(const struct patchmark_event *event, const char *path) {
    return json_array_size(find(event, path));
}

const char *patchmark_event_item(const struct patchmark_event *event, const char *path, size_t i) {
    return json_string_value(json_array_get(find(event, path), i));
}

/* ---- events from JSON ---------------------------------------------------------------------- */

/* What patchmark_event_read allocates. */
struct read_event {
    struct patchmark_event event;
    struct patchmark_event_fields fields;
    char json[];
};

/* Returns the attribute NAME of an event; "" if it has none. */
static const char *attribute(const json_t *root, const char *name) {
    const char *value = json_string_value(json_object_get(root, name));

    return value ? value : "";
}

struct patchmark_event *patchmark_event_read(struct patchmark_text json) {
    struct read_event *read = malloc(sizeof(*read) + json.length + 1);
    const json_t *root;

    if (!read)
        return NULL;
    if (json.length)
        memcpy(read->json, json.data, json.length);
    read->json[json.length] = '\0';
    read->fields = event_fields_of(read->json, json.length);
    root = root_of(&read->fields);
    read->event = (struct patchmark_event){.struct_size = sizeof(read->event),
                                           .replay = json_is_true(json_object_get(root, "replay")),
                                           .id = attribute(root, "id"),
                                           .type = attribute(root, "type"),
                                           .subject = attribute(root, "subject"),
                                           .list = attribute(root, "list"),
                                           .series = attribute(root, "series"),
                                           .json = read->json,
                                           .json_length = json.length,
                                           .learned = "",
                                           .state = "",
                                           .fields = &read->fields};
    if (json_is_string(json_object_get(root, "id")))
        return &read->event;
    patchmark_event_free(&read->event);
    return NULL;
}

void patchmark_event_free(struct patchmark_event *event) {
    if (!event)
        return;
    event_fields_clear(event->fields);
    free(event); /* the first member of struct read_event */
}
