/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-text.c - reads events, for the lines that people see and to tell them again; see json.h.
 *
 * An event may come from another version, or from anybody who may write to a Redis: what is
 * missing or of another type than expected is as if it were not said.
 */
#include "json.h"

#include "arena.h"
#include "cleanup.h"
#include "event-text.h"

#include <jansson.h>
#include <string.h>

CLEANUP_DEFINE(json_t *, json_decref)

#define COUNT_NAMES 16 /* of a service.status, that are shown */

/* ---- pieces -------------------------------------------------------------------------------- */

/* A string of OBJECT, which may be NULL or anything; "" when there is none. */
static const char *string_of(struct arena *arena, const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);

    return text ? arena_copy(arena, text, json_string_length(value)) : "";
}

static int64_t number_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? json_integer_value(value) : -1;
}

/* A list of strings, or one by itself.  How many. */
static size_t strings_of(struct arena *arena, const json_t *value, const char ***strings) {
    size_t count = json_is_string(value) ? 1 : json_array_size(value), found = 0;

    *strings = arena_take(arena, (count + 1) * sizeof(**strings));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_is_string(value) ? value : json_array_get(value, i);

        if (json_is_string(item))
            (*strings)[found++] =
                arena_copy(arena, json_string_value(item), json_string_length(item));
    }
    return found;
}

static size_t numbers_of(struct arena *arena, const json_t *value, int64_t **numbers) {
    size_t count = json_array_size(value), found = 0;

    *numbers = arena_take(arena, (count + 1) * sizeof(**numbers));
    for (size_t i = 0; i < count; i++)
        if (json_is_integer(json_array_get(value, i)))
            (*numbers)[found++] = json_integer_value(json_array_get(value, i));
    return found;
}

/* "lists.example.org" of "//lists.example.org/patchmark". */
static const char *host_of(struct arena *arena, const json_t *event) {
    const char *source = string_of(arena, event, "source");

    if (strncmp(source, "//", 2) != 0)
        return source;
    return arena_copy(arena, source + 2, strcspn(source + 2, "/"));
}

/* "mails 10, events 21" */
static const char *counts_of(struct arena *arena, json_t *counts) {
    const char *pieces[4 * COUNT_NAMES + 1], *key;
    size_t used = 0;
    json_t *value;

    json_object_foreach(counts, key, value) {
        char number[24];

        if (!json_is_integer(value) || used + 4 >= sizeof(pieces) / sizeof(pieces[0]))
            continue;
        snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        pieces[used] = used ? ", " : "";
        pieces[used + 1] = arena_copy(arena, key, strlen(key));
        pieces[used + 2] = " ";
        pieces[used + 3] = arena_copy(arena, number, strlen(number));
        used += 4;
    }
    pieces[used] = NULL;
    return arena_join(arena, pieces);
}

/* ---- events -------------------------------------------------------------------------------- */

static void series_read(struct arena *arena, const json_t *data, struct event_facts *facts) {
    const json_t *series = json_object_get(data, "series");
    json_t *have = json_object_get(data, "have");

    facts->series = string_of(arena, series, "id");
    facts->old = string_of(arena, series, "supersedes");
    facts->how = string_of(arena, series, "how");
    facts->same_as_count = strings_of(arena, json_object_get(series, "same_as"), &facts->same_as);
    facts->version = number_of(series, "version");
    facts->total = number_of(series, "total");
    facts->elapsed = number_of(data, "elapsed");
    facts->missing_count = numbers_of(arena, json_object_get(data, "missing"), &facts->missing);
    facts->have = json_is_object(have)
                      ? (int64_t)json_object_size(have) - (json_object_get(have, "0") ? 1 : 0)
                      : -1;
}

static void answer_read(struct arena *arena, const json_t *data, struct event_facts *facts) {
    const json_t *trailer = json_object_get(data, "trailer");

    facts->tag = string_of(arena, trailer, "name");
    facts->person = string_of(arena, trailer, "value");
    facts->for_all = strcmp(string_of(arena, data, "scope"), "series") == 0;
    facts->range = string_of(arena, data, "range");
    facts->by_other = json_is_false(json_object_get(data, "from_sender"));
    facts->target = number_of(json_object_get(data, "series"), "target");
}

/* Who did it: a robot by its name, a person only where the author is another. */
static const char *who_of(struct arena *arena, const json_t *data, const char *author) {
    static const char *const keys[] = {"robot", "who", "reporter"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *who = string_of(arena, data, keys[i]);

        if (*who && strcmp(who, author) != 0)
            return who;
    }
    return "";
}

static void other_read(struct arena *arena, const json_t *data, struct event_facts *facts) {
    const json_t *pull = json_object_get(data, "pull");

    facts->url = string_of(arena, pull, "url");
    facts->ref = string_of(arena, pull, "ref");
    facts->is_signed = json_is_true(json_object_get(pull, "signed"));
    facts->who = who_of(arena, data, facts->author);
    facts->verdict = string_of(arena, data, "verdict");
    facts->tree_count = strings_of(arena, json_object_get(data, "applied_to"), &facts->trees);
    if (facts->tree_count == 0)
        facts->tree_count = strings_of(arena, json_object_get(data, "tree"), &facts->trees);
    facts->commit_count = strings_of(arena, json_object_get(data, "commits"), &facts->commits);
    facts->state = string_of(arena, data, "state");
    facts->sink = string_of(arena, data, "sink");
    facts->counts = counts_of(arena, json_object_get(data, "counts"));
    facts->lost = number_of(data, "lost");
}

bool json_event_read(const char *json, size_t length, struct arena *arena,
                     struct event_facts *facts) {
    AUTO(json_decref) json_t *event = json_loadb(json, length, JSON_ALLOW_NUL, NULL);
    const json_t *data = json_object_get(event, "data");

    facts->type = string_of(arena, event, "type");
    facts->time = string_of(arena, event, "time");
    facts->host = host_of(arena, event);
    facts->kind = string_of(arena, data, "kind");
    facts->author = string_of(arena, data, "author");
    facts->subject = string_of(arena, data, "subject");
    facts->title = string_of(arena, data, "title");
    series_read(arena, data, facts);
    answer_read(arena, data, facts);
    other_read(arena, data, facts);
    return *facts->type != '\0';
}

char *json_event_replayed(const char *json, size_t length) {
    AUTO(json_decref) json_t *object = json_loadb(json, length, 0, NULL);

    if (json_object_set_new(object, "replay", json_true()) != 0)
        return NULL;
    return json_dumps(object, JSON_COMPACT);
}
