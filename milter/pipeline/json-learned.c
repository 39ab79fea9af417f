/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-learned.c - writes learned data as JSON and reads it back; see json-learned.h.
 *
 * Owns nothing.  Reading never stops early: a value with a wrong type or form is treated as missing
 * and clears `valid`, and only json_learned_read, at the end, returns the error.
 */
#include "pipeline/json-learned.h"

#include "mail/bounds.h"
#include "pipeline/bounds.h"
#include "pipeline/event-types.h"
#include "plugin/bounds.h"
#include "util/json-write.h"
#include "util/word-set.h"

#include <glib.h>
#include <jansson.h>
#include <string.h>

#define NUMBER_MAX   999999999 /* the largest number that plugins/subject reads from a subject */
#define KIND_BYTES   32
#define WORD_BYTES   64
#define HOST_BYTES   499 /* see json_event_source */
#define LABELS_BYTES (INDEX_LABELS * (WORD_BYTES + 1))

/* ---- writing ------------------------------------------------------------------------------ */

/* Adds TEXT unless it is NULL, "" or longer than MAX bytes. */
static void text_add(GString *json, const char *key, const char *text, size_t max) {
    if (text && *text && strlen(text) <= max)
        json_write_string(json, key, text);
}

static void truth_add(GString *json, const char *key, bool truth) {
    if (truth)
        json_write_truth(json, key, true);
}

/* Adds the first items of LIST, at most MAX, as long as the text has at most LIMIT_LEARNED_BYTES
 * with the brackets that close it. */
static void list_add(GString *json, const char *key, const struct learned_list *list, size_t max) {
    size_t start = json->len, end;

    if (list->count == 0)
        return;
    json_write_open(json, key, '[');
    end = json->len;
    for (size_t i = 0; i < list->count && i < max && end + 2 <= LIMIT_LEARNED_BYTES; i++) {
        if (strlen(list->items[i]) > LIMIT_FACT_BYTES)
            continue;
        json_write_string(json, NULL, list->items[i]);
        if (json->len + 2 <= LIMIT_LEARNED_BYTES)
            end = json->len;
    }
    g_string_truncate(json, end);
    json_write_close(json, ']');
    if (json->len + 1 > LIMIT_LEARNED_BYTES)
        g_string_truncate(json, start);
}

/* Adds the lines of TEXT, which may be NULL, as a list. */
static void lines_add(GString *json, const char *key, const char *text) {
    char **lines = text ? g_strsplit(text, "\n", -1) : NULL;

    if (lines)
        list_add(json, key,
                 &(struct learned_list){(const char *const *)lines, g_strv_length(lines)},
                 LIMIT_LEARNED_ITEMS);
    g_strfreev(lines);
}

/* Adds what a member states of its series. */
static void series_add(GString *json, const struct index_series *series) {
    text_add(json, "topic", series->topic, PATCHMARK_ID_SIZE);
    text_add(json, "title", series->title, LIMIT_FACT_BYTES);
    text_add(json, "submitter_name", series->submitter_name, LIMIT_FACT_BYTES);
    json_add_number(json, "version", series->version);
    json_add_number(json, "total", series->total);
    text_add(json, "revision", series->revision, WORD_BYTES);
    truth_add(json, "rfc", series->rfc);
    text_add(json, "flags", series->flags, LABELS_BYTES);
    text_add(json, "labels", series->labels, LABELS_BYTES);
    text_add(json, "base_commit", series->base_commit, LIMIT_FACT_BYTES);
    text_add(json, "change_id", series->change_id, LIMIT_FACT_BYTES);
    text_add(json, "supersedes", series->supersedes, PATCHMARK_ID_SIZE);
    text_add(json, "how", series->how, KIND_BYTES);
    text_add(json, "replaces", series->replaces, KIND_BYTES);
    if (series->tree && *series->tree)
        lines_add(json, "tree", series->tree);
    if (series->prerequisites && *series->prerequisites)
        lines_add(json, "prerequisites", series->prerequisites);
}

/* Adds the author of the patch unless that is the sender. */
static void author_add(GString *json, const struct index_series *series) {
    const char *author = series->patch_author ? series->patch_author : "";
    const char *name = series->patch_author_name ? series->patch_author_name : "";

    if (strcmp(author, series->author) != 0)
        text_add(json, "patch_author", author, LIMIT_FACT_BYTES);
    if (strcmp(name, series->submitter_name ? series->submitter_name : "") != 0 &&
        strlen(name) <= LIMIT_FACT_BYTES)
        json_write_string(json, "patch_author_name", name);
}

static void member_add(GString *json, const struct learned *learned) {
    json_add_number(json, "part", learned->message.part);
    json_add_number(json, "target", learned->target);
    author_add(json, &learned->series);
    text_add(json, "patch_id", learned->message.patch_id, WORD_BYTES);
    truth_add(json, "told", learned->reported_complete);
    text_add(json, "adopts", learned->adopts, LIMIT_MESSAGE_ID_BYTES);
    series_add(json, &learned->series);
    list_add(json, "same_as", &learned->same_as, LIMIT_LEARNED_ITEMS);
    list_add(json, "keys", &learned->keys, LIMIT_LEARNED_KEYS);
    list_add(json, "notes", &learned->notes, LIMIT_LEARNED_KEYS);
}

static void answer_add(GString *json, const struct learned *learned) {
    json_add_number(json, "target", learned->target);
    text_add(json, "sender_name", learned->message.sender_name, LIMIT_FACT_BYTES);
    text_add(json, "robot", learned->message.robot, WORD_BYTES);
    text_add(json, "verdict", learned->message.verdict, WORD_BYTES);
    list_add(json, "tags", &learned->tags, LIMIT_LEARNED_ITEMS);
    if (learned->message.applied && !*learned->message.applied)
        json_write_raw(json, "applied", "[]", 2);
    else
        lines_add(json, "applied", learned->message.applied);
}

/* Returns true if json_learned_read would accept what every mail has. */
static bool is_readable(const struct index_message *message, const char *host) {
    return *host && strlen(host) <= HOST_BYTES && *message->message_id &&
           strlen(message->message_id) <= LIMIT_MESSAGE_ID_BYTES &&
           strlen(message->sender) <= LIMIT_FACT_BYTES &&
           strlen(message->lists) <= LIMIT_LISTS_BYTES &&
           strlen(message->posted) <= LIMIT_LISTS_BYTES;
}

char *json_learned_write(const struct learned *learned, const char *host) {
    const struct index_message *message = learned ? &learned->message : NULL;
    GString *json;

    if (!message || !is_readable(message, host))
        return NULL;
    json = json_write_begin();
    json_write_open(json, NULL, '{');
    json_write_string(json, "host", host);
    json_write_string(json, "message_id", message->message_id);
    text_add(json, "series", message->series, PATCHMARK_ID_SIZE);
    json_write_string(json, "kind", message->kind);
    text_add(json, "sender", message->sender, LIMIT_FACT_BYTES);
    text_add(json, "via", message->via, LIMIT_FACT_BYTES);
    text_add(json, "lists", message->lists, LIMIT_LISTS_BYTES);
    if (strcmp(message->posted, message->lists) != 0)
        json_write_string(json, "posted", message->posted);
    json_add_number(json, "received", message->received);
    if (*message->series && message->part >= 0)
        member_add(json, learned);
    else if (*message->series)
        answer_add(json, learned);
    json_write_close(json, '}');
    return g_string_free(json, FALSE);
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

/* Returns words of [A-Za-z0-9._/+:-] in a text of at most MAX bytes, separated by single spaces. */
static const char *words_get(struct reading *reading, const json_t *object, const char *key,
                             size_t max) {
    const char *text = text_get(reading, object, key, max);

    for (const char *at = text; *at; at++) {
        bool space = *at == ' ';

        if (!g_ascii_isalnum(*at) && !strchr("._/+:- ", *at))
            reading->valid = false;
        if (space && (at == text || at[1] == ' ' || !at[1]))
            reading->valid = false;
    }
    return text;
}

/* Returns the strings of the list KEY, at most MAX. */
static struct learned_list list_get(struct reading *reading, const json_t *object, const char *key,
                                    size_t max) {
    const json_t *array;
    size_t count = array_get(reading, object, key, max, &array);
    const char **items = arena_allocate(reading->arena, (count + 1) * sizeof(*items));

    for (size_t i = 0; i < count; i++)
        items[i] = text_of(reading, json_array_get(array, i), LIMIT_FACT_BYTES, "");
    return (struct learned_list){items, count};
}

/* Returns the strings of the list KEY as one text, one per line. */
static const char *lines_get(struct reading *reading, const json_t *object, const char *key) {
    struct learned_list list = list_get(reading, object, key, LIMIT_LEARNED_ITEMS);
    const char **pieces = arena_allocate(reading->arena, (2 * list.count + 1) * sizeof(*pieces));
    size_t count = 0;

    for (size_t i = 0; i < list.count; i++) {
        if (i > 0)
            pieces[count++] = "\n";
        pieces[count++] = list.items[i];
    }
    pieces[count] = NULL;
    return arena_join(reading->arena, pieces);
}

/* Returns List-Ids, separated by spaces; FALLBACK if they are missing. */
static const char *lists_get(struct reading *reading, const json_t *object, const char *key,
                             const char *fallback) {
    const char *lists = text_of(reading, json_object_get(object, key), LIMIT_LISTS_BYTES, fallback);

    return word_set_join(reading->arena, "", lists, LIMIT_LISTS_BYTES);
}

/* ---- reading: learned data ---------------------------------------------------------------- */

static void same_as_read(struct reading *reading, const json_t *object, struct learned *learned) {
    learned->same_as = list_get(reading, object, "same_as", LIMIT_LEARNED_ITEMS);
    for (size_t i = 0; i < learned->same_as.count; i++)
        reading->valid = reading->valid && is_id(learned->same_as.items[i], "s1-");
}

static void superseded_read(struct reading *reading, const json_t *object,
                            struct index_series *series) {
    series->supersedes = id_get(reading, object, "supersedes", "s1-");
    series->how = words_get(reading, object, "how", KIND_BYTES);
    series->replaces = text_get(reading, object, "replaces", KIND_BYTES);
    if (*series->supersedes && strcmp(series->replaces, "all") != 0 &&
        strcmp(series->replaces, "part") != 0)
        reading->valid = false;
}

static struct index_series series_get(struct reading *reading, const json_t *object,
                                      const struct index_message *message) {
    struct index_series series = {
        .id = message->series,
        .topic = id_get(reading, object, "topic", "t1-"),
        .author = message->sender,
        .title = text_get(reading, object, "title", LIMIT_FACT_BYTES),
        .submitter_name = text_get(reading, object, "submitter_name", LIMIT_FACT_BYTES),
        .version = number_get(reading, object, "version", NUMBER_MAX),
        .total = number_get(reading, object, "total", NUMBER_MAX),
        .revision = words_get(reading, object, "revision", WORD_BYTES),
        .rfc = truth_get(reading, object, "rfc"),
        .flags = words_get(reading, object, "flags", LABELS_BYTES),
        .labels = words_get(reading, object, "labels", LABELS_BYTES),
        .base_commit = text_get(reading, object, "base_commit", LIMIT_FACT_BYTES),
        .change_id = text_get(reading, object, "change_id", LIMIT_FACT_BYTES),
        .tree = lines_get(reading, object, "tree"),
        .prerequisites = lines_get(reading, object, "prerequisites"),
        .changed = message->received,
        .via = message->via,
        .lists = message->lists};

    series.patch_author = text_of(reading, json_object_get(object, "patch_author"),
                                  LIMIT_FACT_BYTES, message->sender);
    series.patch_author_name = text_of(reading, json_object_get(object, "patch_author_name"),
                                       LIMIT_FACT_BYTES, series.submitter_name);
    superseded_read(reading, object, &series);
    return series;
}

static void member_read(struct reading *reading, const json_t *object, struct learned *learned) {
    struct index_message *message = &learned->message;

    learned->series = series_get(reading, object, message);
    learned->member = (struct index_member){.message_id = message->message_id,
                                            .title = learned->series.title,
                                            .author = learned->series.patch_author,
                                            .part = message->part};
    message->patch_id = words_get(reading, object, "patch_id", WORD_BYTES);
    message->supersedes = learned->series.supersedes;
    message->how = learned->series.how;
    message->scope = learned->series.replaces;
    learned->target = number_get(reading, object, "target", NUMBER_MAX);
    learned->reported_complete = truth_get(reading, object, "told");
    learned->adopts =
        text_of(reading, json_object_get(object, "adopts"), LIMIT_MESSAGE_ID_BYTES, NULL);
    same_as_read(reading, object, learned);
    learned->keys = list_get(reading, object, "keys", LIMIT_LEARNED_KEYS);
    learned->notes = list_get(reading, object, "notes", LIMIT_LEARNED_KEYS);
}

/* Returns true if LINE is PART<TAB>COMMIT<TAB>URL<TAB>TITLE. */
static bool is_applied(const char *line) {
    size_t digits = strspn(line, "0123456789");
    int tabs = 0;

    for (const char *at = line; *at; at++)
        tabs += *at == '\t';
    return tabs == 3 && digits <= 9 && line[digits] == '\t';
}

/* Reads what an answer says was applied, see struct index_answer. */
static const char *applied_read(struct reading *reading, const json_t *object) {
    struct learned_list lines = list_get(reading, object, "applied", LIMIT_LEARNED_ITEMS);
    size_t heads = 0;

    if (lines.count == 0)
        return json_object_get(object, "applied") ? "" : NULL;
    heads += strcmp(lines.items[0], "partial") == 0 || strcmp(lines.items[0], "all") == 0;
    heads += heads < lines.count && strncmp(lines.items[heads], "to ", 3) == 0;
    for (size_t i = heads; i < lines.count; i++)
        reading->valid = reading->valid && is_applied(lines.items[i]);
    return lines_get(reading, object, "applied");
}

static void answer_read(struct reading *reading, const json_t *object, struct learned *learned) {
    struct index_message *message = &learned->message;

    learned->target = number_get(reading, object, "target", NUMBER_MAX);
    message->sender_name = text_get(reading, object, "sender_name", LIMIT_FACT_BYTES);
    message->robot = words_get(reading, object, "robot", WORD_BYTES);
    message->verdict = words_get(reading, object, "verdict", WORD_BYTES);
    message->applied = applied_read(reading, object);
    learned->tags = list_get(reading, object, "tags", LIMIT_LEARNED_ITEMS);
    for (size_t i = 0; i < learned->tags.count; i++)
        reading->valid = reading->valid && strcspn(learned->tags.items[i], ":") > 0;
}

static void message_read(struct reading *reading, const json_t *object, int64_t now,
                         struct learned *learned) {
    struct index_message *message = &learned->message;

    *message = (struct index_message){
        .message_id = text_get(reading, object, "message_id", LIMIT_MESSAGE_ID_BYTES),
        .series = id_get(reading, object, "series", "s1-"),
        .sender = text_get(reading, object, "sender", LIMIT_FACT_BYTES),
        .kind = text_get(reading, object, "kind", KIND_BYTES),
        .lists = lists_get(reading, object, "lists", ""),
        .published = true,
        .via = text_get(reading, object, "via", LIMIT_FACT_BYTES),
        .part = number_get(reading, object, "part", NUMBER_MAX),
        .received = number_get(reading, object, "received", now + LIMIT_LEARNED_SECONDS_AHEAD)};
    message->posted = lists_get(reading, object, "posted", message->lists);
    if (!*message->message_id || !*message->kind || message->received < 0 ||
        (message->part >= 0 && !*message->series))
        reading->valid = false;
}

int json_learned_read(const struct patchmark_event *event, const char *host, int64_t now,
                      struct arena *arena, struct learned *learned) {
    json_auto_t *object = NULL;
    struct reading reading = {.arena = arena, .valid = true};
    size_t length = event->learned ? strlen(event->learned) : 0;
    const char *source;

    if (strcmp(event->type, EVENT_MESSAGE_SEEN) != 0 || length == 0)
        return 0;
    if (length > LIMIT_LEARNED_BYTES)
        return -1;
    object = json_loadb(event->learned, length, JSON_REJECT_DUPLICATES, NULL);
    source = text_get(&reading, object, "host", HOST_BYTES);
    if (!*source)
        return -1;
    if (host && strcmp(source, host) == 0)
        return 0;
    *learned = (struct learned){.target = -1};
    message_read(&reading, object, now, learned);
    if (learned->message.part >= 0)
        member_read(&reading, object, learned);
    else if (*learned->message.series)
        answer_read(&reading, object, learned);
    return reading.valid ? 1 : -1;
}
