/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json.c - mails and series as JSON: see json.h.
 *
 * Owns nothing; out of memory, a value is left out or the whole is NULL.
 */
#include "json-private.h"

#include "annotate.h"
#include "configuration.h"

#include <string.h>

/* ---- facts -------------------------------------------------------------------------------- */

/* Which fact stands where in the object of a mail; NULL group: at the top. */
static const struct place {
    const char *fact, *group, *key;
} places[] = {
    {"automation.commits", NULL, "commits"},
    {"automation.robot", NULL, "automated"},
    {"automation.tree", NULL, "applied_to"},
    {"automation.verdict", NULL, "verdict"},
    {"kind.confidence", NULL, "confidence"},
    {"patch.deletions", NULL, "deletions"},
    {"patch.files", NULL, "files"},
    {"patch.id", NULL, "patch_id"},
    {"patch.insertions", NULL, "insertions"},
    {"patch.present", NULL, "has_diff"},
    {"pull.base", "pull", "base"},
    {"pull.ref", "pull", "ref"},
    {"pull.signed", "pull", "signed"},
    {"pull.tip", "pull", "tip"},
    {"pull.url", "pull", "url"},
    {"series.how", "series", "how"},
    {"series.id", "series", "id"},
    {"series.part", "series", "part"},
    {"series.same_as", "series", "same_as"},
    {"series.supersedes", "series", "supersedes"},
    {"series.target", "series", "target"},
    {"series.topic", "series", "topic"},
    {"series.total", "series", "total"},
    {"series.version", "series", "version"},
    {"subject.title", NULL, "title"},
    {"subject.tree", NULL, "tree"},
    {"trailers.given", NULL, "trailers_given"},
    {"trailers.own", NULL, "trailers"},
    {"trailers.range", NULL, "trailers_range"},
};

/* Lists of "Name: value", printed as objects, and the list that says "true" or "false" of each. */
static const struct pairs {
    const char *fact, *truths, *key;
} lists_of_pairs[] = {
    {"trailers.given", "trailers.given_from_sender", "from_sender"},
    {"trailers.own", NULL, NULL},
};

static const struct pairs *pairs_of(const char *name) {
    for (size_t i = 0; i < sizeof(lists_of_pairs) / sizeof(lists_of_pairs[0]); i++)
        if (strcmp(lists_of_pairs[i].fact, name) == 0)
            return &lists_of_pairs[i];
    return NULL;
}

json_t *json_of_trailer(const char *item) {
    const char *colon = strchr(item, ':'), *value = colon ? colon + 1 : "";
    size_t length = colon ? (size_t)(colon - item) : strlen(item);
    json_t *object = json_object();

    json_object_set_new(object, "name", json_stringn(item, length));
    json_object_set_new(object, "value", json_string(value + strspn(value, " ")));
    return object;
}

static json_t *pair_value(const struct patchmark_facts *facts, const struct pairs *pairs,
                          const char *item, size_t i) {
    json_t *object = json_of_trailer(item);

    if (pairs->truths) {
        const char *truth = patchmark_fact_item(facts, pairs->truths, i);

        json_object_set_new(object, pairs->key, json_boolean(truth && strcmp(truth, "true") == 0));
    }
    return object;
}

static json_t *fact_value(const struct patchmark_facts *facts, const char *name,
                          enum patchmark_type type) {
    const struct pairs *pairs = pairs_of(name);
    json_t *list;
    const char *item;

    switch (type) {
    case PATCHMARK_BOOL:
        return json_boolean(patchmark_fact_bool(facts, name));
    case PATCHMARK_INT:
        return json_integer(patchmark_fact_int(facts, name, 0));
    case PATCHMARK_STRING:
        return json_string(patchmark_fact_string(facts, name));
    case PATCHMARK_LIST:
        list = json_array();
        for (size_t i = 0; (item = patchmark_fact_item(facts, name, i)); i++)
            json_array_append_new(list,
                                  pairs ? pair_value(facts, pairs, item, i) : json_string(item));
        return list;
    default:
        return json_null();
    }
}

/* The object's member of that name, made where it is missing. */
static json_t *group_of(json_t *object, const char *name) {
    json_t *group = json_object_get(object, name);

    if (!group) {
        group = json_object();
        json_object_set_new(object, name, group);
    }
    return group;
}

/* Facts of plugins that are not ours go under "facts", by their full names. */
static bool is_foreign(const char *name) {
    for (size_t i = 0; configuration_default_plugins[i]; i++) {
        size_t length = strlen(configuration_default_plugins[i]);

        if (strncmp(name, configuration_default_plugins[i], length) == 0 && name[length] == '.')
            return false;
    }
    return true;
}

/* KEYS: those that are wanted at the top; NULL: all. */
static bool is_wanted(const char *const *keys, const char *key) {
    if (!keys)
        return true;
    while (*keys && strcmp(*keys, key) != 0)
        keys++;
    return *keys;
}

static const struct place *place_of(const char *fact) {
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (strcmp(places[i].fact, fact) == 0)
            return &places[i];
    return NULL;
}

static void fact_add(json_t *object, const struct patchmark_facts *facts, const char *name,
                     enum patchmark_type type, const char *const *keys) {
    const struct place *place = place_of(name);
    const char *group = place ? place->group : "facts", *key = place ? place->key : name;

    if ((place || is_foreign(name)) && is_wanted(keys, group ? group : key))
        json_object_set_new(group ? group_of(object, group) : object, key,
                            fact_value(facts, name, type));
}

static void facts_add(json_t *object, const struct patchmark_facts *facts,
                      const char *const *keys) {
    enum patchmark_type type;
    const char *name;
    size_t at = 0;

    while (facts_next(facts, &at, &name, &type))
        fact_add(object, facts, name, type, keys);
}

static json_t *words_array(const struct mail_words *words) {
    json_t *array = json_array();

    for (size_t i = 0; i < words->count; i++)
        json_array_append_new(array, json_string(words->words[i]));
    return array;
}

void json_add_string(json_t *object, const char *key, const char *value) {
    if (value && *value)
        json_object_set_new(object, key, json_string(value));
}

/* What is known without the plugins. */
static void message_add(json_t *object, const struct mail *mail, const char *const *keys) {
    const struct patchmark_message *message = mail->message;
    const char *author = patchmark_fact_string(mail->facts, "patch.author");

    json_add_string(object, "message_id", patchmark_message_id(message));
    json_add_string(object, "kind", annotate_kind(mail));
    if (is_wanted(keys, "flags"))
        json_object_set_new(object, "flags", words_array(&mail->flags));
    json_add_string(object, "author", author ? author : patchmark_message_sender(message));
    if (*patchmark_message_list(message))
        json_object_set_new(object, "list",
                            json_pack("{s:s}", "id", patchmark_message_list(message)));
    json_add_string(object, "subject", patchmark_message_header(message, "Subject", 0));
    if (is_wanted(keys, "in_reply_to"))
        json_add_string(object, "in_reply_to", message_in_reply_to(message));
}

json_t *json_of_mail(const struct mail *mail, const char *const *keys) {
    json_t *object = json_object();

    message_add(object, mail, keys);
    facts_add(object, mail->facts, keys);
    if (is_wanted(keys, "labels"))
        json_object_set_new(object, "labels", words_array(&mail->labels));
    return object;
}

/* ---- mails -------------------------------------------------------------------------------- */

char *json_mail(const struct mail *mail) {
    AUTO(json_decref) json_t *object = mail->facts ? json_of_mail(mail, NULL) : json_object();
    json_t *headers = json_array(), *events = json_array();

    if (!mail->facts)
        json_add_string(object, "message_id", patchmark_message_id(mail->message));
    for (size_t i = 0; i < mail->header_count; i++)
        json_array_append_new(headers,
                              json_pack("[ss]", mail->headers[i].name, mail->headers[i].value));
    for (size_t i = 0; i < mail->event_count; i++)
        json_array_append_new(events, json_pack("{s:s}", "type", mail->events[i].type));
    json_object_set_new(object, "headers", headers);
    json_object_set_new(object, "events", events);
    return json_dumps(object, JSON_COMPACT);
}

/* ---- series ------------------------------------------------------------------------------- */

#define MISSING_MOST 1000 /* numbers of parts in one list */

void json_add_number(json_t *object, const char *key, int64_t number) {
    if (number >= 0)
        json_object_set_new(object, key, json_integer(number));
}

static bool is_there(const struct json_series *series, int64_t part) {
    for (size_t i = 0; i < series->member_count; i++)
        if (series->members[i].part == part)
            return true;
    return false;
}

json_t *json_of_missing(const struct json_series *series) {
    json_t *missing = json_array();

    for (int64_t part = 1; part <= series->total && part <= MISSING_MOST; part++)
        if (!is_there(series, part))
            json_array_append_new(missing, json_integer(part));
    return missing;
}

json_t *json_of_numbers(const struct json_series *series) {
    json_t *object = json_object();

    json_add_string(object, "id", series->id);
    json_add_string(object, "topic", series->topic);
    json_add_number(object, "version", series->version);
    json_add_number(object, "total", series->total);
    return object;
}

char *json_series(const struct json_series *series) {
    AUTO(json_decref) json_t *object = json_of_numbers(series);
    json_t *parts = json_array(), *tags = json_array(), *versions = json_array();

    json_add_string(object, "author", series->author);
    json_add_string(object, "title", series->title);
    json_add_number(object, "opened", series->opened);
    for (size_t i = 0; i < series->member_count; i++)
        json_array_append_new(
            parts, json_pack("{s:I, s:s, s:s, s:s}", "part", (json_int_t)series->members[i].part,
                             "message_id", series->members[i].message_id, "title",
                             series->members[i].title, "author", series->members[i].author));
    for (size_t i = 0; i < series->tag_count; i++) {
        json_t *tag = json_pack("{s:s, s:s}", "tag", series->tags[i].tag, "message_id",
                                series->tags[i].message_id);

        json_add_number(tag, "part", series->tags[i].part);
        json_array_append_new(tags, tag);
    }
    for (size_t i = 0; i < series->version_count; i++)
        json_array_append_new(versions,
                              json_pack("{s:s, s:I, s:s, s:I, s:b}", "id", series->versions[i].id,
                                        "version", (json_int_t)series->versions[i].version, "title",
                                        series->versions[i].title, "opened",
                                        (json_int_t)series->versions[i].opened, "rfc",
                                        series->versions[i].rfc));
    json_object_set_new(object, "parts", parts);
    json_object_set_new(object, "missing", json_of_missing(series));
    json_object_set_new(object, "tags", tags);
    json_object_set_new(object, "versions", versions);
    return json_dumps(object, JSON_COMPACT);
}
