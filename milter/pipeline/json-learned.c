/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-learned.c - writes learned data to an event and reads it back; see json-learned.h.
 *
 * Owns nothing.  Reading never stops early: a value with a wrong type or form is treated as missing
 * and clears `valid`, and only json_learned_read, at the end, returns the error.
 */
#include "pipeline/json-learned.h"

#include "mail/bounds.h"
#include "pipeline/bounds.h"
#include "pipeline/event.h"
#include "pipeline/json-private.h"
#include "plugin/bounds.h"
#include "util/word-set.h"

#include <jansson.h>
#include <string.h>

#define NUMBER_MAX 999999999 /* the largest number that plugins/subject reads from a subject */
#define KIND_BYTES 32

/* ---- writing ------------------------------------------------------------------------------ */

static void list_add(GString *json, const char *key, const struct learned_list *list) {
    if (list->count == 0)
        return;
    json_write_open(json, key, '[');
    for (size_t i = 0; i < list->count && i < LIMIT_LEARNED_KEYS; i++)
        json_write_string(json, NULL, list->items[i]);
    json_write_close(json, ']');
}

/* Adds the version, the total and so on as the mail itself states them; data.series has them as the
 * plugins completed them. */
static void member_add(GString *json, const struct learned *learned) {
    json_add_number(json, "version", learned->series.version);
    json_add_number(json, "total", learned->series.total);
    if (learned->series.rfc)
        json_write_truth(json, "rfc", true);
    if (learned->reported_complete)
        json_write_truth(json, "told", true);
    if (learned->adopts)
        json_write_string(json, "adopts", learned->adopts);
    list_add(json, "keys", &learned->keys);
    list_add(json, "notes", &learned->notes);
}

void json_learned_add(GString *json, const struct mail *mail, const struct mail_event *event) {
    const struct learned *learned = mail->learned;

    (void)event;
    if (!learned || strlen(learned->message.sender) > LIMIT_FACT_BYTES ||
        strlen(learned->message.lists) > LIMIT_FACT_BYTES)
        return; /* json_learned_read would refuse it */
    json_write_open(json, "learned", '{');
    json_add_number(json, "received", learned->message.received);
    if (strcmp(learned->message.sender, json_author(mail)) != 0)
        json_write_string(json, "sender", learned->message.sender);
    if (learned->message.via && *learned->message.via)
        json_write_string(json, "via", learned->message.via);
    if (strcmp(learned->message.posted, learned->message.lists) != 0)
        json_write_string(json, "posted", learned->message.posted);
    if (*learned->message.series && learned->message.part >= 0)
        member_add(json, learned);
    json_write_close(json, '}');
}

/* ---- reading: values ---------------------------------------------------------------------- */

struct reading {
    struct arena *arena;
    bool valid; /* false after a value with a wrong type or form */
};

/* Returns true if TEXT has no control byte except tab, so that it fits on one line. */
static bool is_plain(const char *text) {
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
            return false;
    return true;
}

/* Returns a copy of the string VALUE of at most MAX bytes; FALLBACK if VALUE is NULL or is no such
 * string. */
static const char *text_of(struct reading *reading, const json_t *value, size_t max,
                           const char *fallback) {
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);

    if (!value)
        return fallback;
    if (!text || length > max || !is_plain(text)) {
        reading->valid = false;
        return fallback;
    }
    return arena_copy(reading->arena, text, length);
}

static const char *text_get(struct reading *reading, const json_t *object, const char *key,
                            size_t max) {
    return text_of(reading, json_object_get(object, key), max, "");
}

/* Returns a number from 0 to MAX; -1 if it is missing or is no such number. */
static int64_t number_get(struct reading *reading, const json_t *object, const char *key,
                          int64_t max) {
    const json_t *value = json_object_get(object, key);

    if (!value)
        return -1;
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > max) {
        reading->valid = false;
        return -1;
    }
    return json_integer_value(value);
}

static bool truth_get(struct reading *reading, const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);

    reading->valid = reading->valid && (!value || json_is_boolean(value));
    return json_is_true(value);
}

/* Returns an object; NULL if it is missing or is no object. */
static const json_t *object_get(struct reading *reading, const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);

    reading->valid = reading->valid && (!value || json_is_object(value));
    return json_is_object(value) ? value : NULL;
}

/* Sets *ARRAY and returns the number of its elements; 0 if it is missing, is no array or has more
 * than MAX elements. */
static size_t array_get(struct reading *reading, const json_t *object, const char *key, size_t max,
                        const json_t **array) {
    *array = json_object_get(object, key);
    if (*array && (!json_is_array(*array) || json_array_size(*array) > max)) {
        reading->valid = false;
        return 0;
    }
    return json_array_size(*array);
}

/* Returns true if ID is PREFIX, "s1-" or "t1-", and 16 characters of base32. */
static bool is_id(const char *id, const char *prefix) {
    size_t length = strlen(prefix);

    return strncmp(id, prefix, length) == 0 &&
           strspn(id + length, "abcdefghijklmnopqrstuvwxyz234567") == 16 && id[length + 16] == '\0';
}

/* Returns an id with PREFIX; "" if VALUE is NULL or is no string. */
static const char *id_of(struct reading *reading, const json_t *value, const char *prefix) {
    const char *id = text_of(reading, value, PATCHMARK_ID_SIZE, "");

    reading->valid = reading->valid && (!value || is_id(id, prefix));
    return id;
}

static const char *id_get(struct reading *reading, const json_t *object, const char *key,
                          const char *prefix) {
    return id_of(reading, json_object_get(object, key), prefix);
}

/* ---- reading: learned data ---------------------------------------------------------------- */

static void same_as_read(struct reading *reading, const json_t *series, struct learned *learned) {
    const json_t *array;
    size_t count = array_get(reading, series, "same_as", LIMIT_LEARNED_ITEMS, &array);
    const char **ids = arena_allocate(reading->arena, (count + 1) * sizeof(*ids));

    for (size_t i = 0; i < count; i++)
        ids[i] = id_of(reading, json_array_get(array, i), "s1-");
    learned->same_as = (struct learned_list){ids, count};
}

/* Returns the list NAME of keys or notes. */
static struct learned_list list_read(struct reading *reading, const json_t *section,
                                     const char *name) {
    const json_t *array;
    size_t count = array_get(reading, section, name, LIMIT_LEARNED_KEYS, &array);
    const char **items = arena_allocate(reading->arena, (count + 1) * sizeof(*items));

    for (size_t i = 0; i < count; i++)
        items[i] = text_of(reading, json_array_get(array, i), LIMIT_FACT_BYTES, "");
    return (struct learned_list){items, count};
}

/* Reads the tags that the sender gave in their own name, as "Name: value", the form of the fact
 * trailers.given. */
static void tags_read(struct reading *reading, const json_t *data, struct learned *learned) {
    const json_t *array;
    size_t count = array_get(reading, data, "trailers_given", LIMIT_LEARNED_ITEMS, &array);
    const char **tags = arena_allocate(reading->arena, (count + 1) * sizeof(*tags));

    for (size_t i = 0; i < count; i++) {
        const json_t *tag = json_array_get(array, i);
        const char *name = text_get(reading, tag, "name", LIMIT_FACT_BYTES);
        const char *value = text_get(reading, tag, "value", LIMIT_FACT_BYTES);

        if (!*name)
            reading->valid = false;
        if (truth_get(reading, tag, "from_sender"))
            tags[learned->tags.count++] =
                arena_join(reading->arena, (const char *[]){name, ": ", value, NULL});
    }
    learned->tags.items = tags;
}

static void member_read(struct reading *reading, const json_t *data, const json_t *section,
                        struct learned *learned) {
    const json_t *series = json_object_get(data, "series");
    struct index_message *message = &learned->message;

    learned->series =
        (struct index_series){.id = message->series,
                              .topic = id_get(reading, series, "topic", "t1-"),
                              .author = message->sender,
                              .title = text_get(reading, data, "title", LIMIT_FACT_BYTES),
                              .version = number_get(reading, section, "version", NUMBER_MAX),
                              .total = number_get(reading, section, "total", NUMBER_MAX),
                              .changed = message->received,
                              .via = message->via,
                              .lists = message->lists,
                              .rfc = truth_get(reading, section, "rfc")};
    learned->member =
        (struct index_member){.message_id = message->message_id,
                              .title = learned->series.title,
                              .author = text_get(reading, data, "author", LIMIT_FACT_BYTES),
                              .part = message->part};
    learned->reported_complete = truth_get(reading, section, "told");
    learned->adopts =
        text_of(reading, json_object_get(section, "adopts"), LIMIT_MESSAGE_ID_BYTES, NULL);
    same_as_read(reading, series, learned);
    learned->keys = list_read(reading, section, "keys");
    learned->notes = list_read(reading, section, "notes");
}

/* Reads the List-Ids in "lists", separated by spaces. */
static const char *lists_read(struct reading *reading, const json_t *data) {
    const json_t *array;
    size_t count = array_get(reading, data, "lists", LIMIT_LEARNED_ITEMS, &array);
    const char *lists = "";

    for (size_t i = 0; i < count; i++) {
        const char *list = text_of(reading, json_array_get(array, i), LIMIT_FACT_BYTES, "");

        if (!*list || strchr(list, ' '))
            reading->valid = false;
        else
            lists = word_set_join(reading->arena, lists, list, LIMIT_LISTS_BYTES);
    }
    return lists;
}

static void message_read(struct reading *reading, const json_t *data, const json_t *section,
                         int64_t now, struct learned *learned) {
    const json_t *series = object_get(reading, data, "series");
    struct index_message *message = &learned->message;

    *message = (struct index_message){
        .message_id = text_get(reading, data, "message_id", LIMIT_MESSAGE_ID_BYTES),
        .series = id_get(reading, series, "id", "s1-"),
        .sender =
            text_get(reading, json_object_get(section, "sender") ? section : data,
                     json_object_get(section, "sender") ? "sender" : "author", LIMIT_FACT_BYTES),
        .kind = text_get(reading, data, "kind", KIND_BYTES),
        .lists = lists_read(reading, data),
        .published = true,
        .via = text_get(reading, section, "via", LIMIT_FACT_BYTES),
        .part = number_get(reading, series, "part", NUMBER_MAX),
        .received = number_get(reading, section, "received", now + LIMIT_LEARNED_SECONDS_AHEAD)};
    message->posted =
        text_of(reading, json_object_get(section, "posted"), LIMIT_LISTS_BYTES, message->lists);
    learned->target = number_get(reading, series, "target", NUMBER_MAX);
    if (!*message->message_id || !*message->kind || message->received < 0 ||
        (message->part >= 0 && !*message->series))
        reading->valid = false;
}

/* Returns true if SOURCE is the source of the events of HOST, see json_event_source. */
static bool is_from_host(const char *source, const char *host) {
    size_t length = strlen(host);

    return strncmp(source, "//", 2) == 0 && strncmp(source + 2, host, length) == 0 &&
           strcmp(source + 2 + length, "/patchmark") == 0;
}

int json_learned_read(const struct patchmark_event *event, const char *host, int64_t now,
                      struct arena *arena, struct learned *learned) {
    json_auto_t *object = NULL;
    struct reading reading = {.arena = arena, .valid = true};
    const char *source, *type;
    const json_t *data, *section;

    if (strcmp(event->type, EVENT_MESSAGE_SEEN) != 0)
        return 0;
    if (event->json_length > LIMIT_LEARNED_BYTES)
        return -1;
    object = json_loadb(event->json, event->json_length, JSON_REJECT_DUPLICATES, NULL);
    source = json_string_value(json_object_get(object, "source"));
    type = json_string_value(json_object_get(object, "type"));
    if (!source || !type || strcmp(type, event->type) != 0)
        return -1;
    if (host && is_from_host(source, host))
        return 0;
    data = object_get(&reading, object, "data");
    section = object_get(&reading, data, "learned");
    if (!section)
        return data && reading.valid ? 0 : -1;
    *learned = (struct learned){.target = -1};
    message_read(&reading, data, section, now, learned);
    if (learned->message.part >= 0)
        member_read(&reading, data, section, learned);
    else if (*learned->message.series)
        tags_read(&reading, data, learned);
    return reading.valid ? 1 : -1;
}
