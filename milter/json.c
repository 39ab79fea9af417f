/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json.c - see json.h.
 */
#include "json.h"

#include "annotate.h"
#include "cleanup.h"
#include "configuration.h"
#include "event.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

CLEANUP_DEFINE(json_t *, json_decref)

/* ---- facts -------------------------------------------------------------------------------- */

/* Which fact stands where in the object of a mail; NULL group: at the top. */
static const struct place {
    const char *fact, *group, *key;
} places[] = {
    {"automation.robot", NULL, "automated"},
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

static json_t *pair_value(const struct patchmark_facts *facts, const struct pairs *pairs,
                          const char *item, size_t i) {
    const char *colon = strchr(item, ':'), *value = colon ? colon + 1 : "";
    size_t length = colon ? (size_t)(colon - item) : strlen(item);
    json_t *object = json_object();

    json_object_set_new(object, "name", json_stringn(item, length));
    json_object_set_new(object, "value", json_string(value + strspn(value, " ")));
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

static void facts_add(json_t *object, const struct patchmark_facts *facts) {
    enum patchmark_type type;
    const char *name;
    size_t at = 0;

    while (facts_next(facts, &at, &name, &type)) {
        const struct place *place = NULL;

        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !place; i++)
            if (strcmp(places[i].fact, name) == 0)
                place = &places[i];
        if (place)
            json_object_set_new(place->group ? group_of(object, place->group) : object, place->key,
                                fact_value(facts, name, type));
        else if (is_foreign(name))
            json_object_set_new(group_of(object, "facts"), name, fact_value(facts, name, type));
    }
}

static json_t *words_array(const struct mail_words *words) {
    json_t *array = json_array();

    for (size_t i = 0; i < words->count; i++)
        json_array_append_new(array, json_string(words->words[i]));
    return array;
}

static void string_add(json_t *object, const char *key, const char *value) {
    if (value && *value)
        json_object_set_new(object, key, json_string(value));
}

static json_t *mail_object(const struct mail *mail) {
    const struct patchmark_message *message = mail->message;
    const char *author = patchmark_fact_string(mail->facts, "patch.author");
    json_t *object = json_object();

    string_add(object, "message_id", patchmark_message_id(message));
    string_add(object, "kind", annotate_kind(mail));
    json_object_set_new(object, "flags", words_array(&mail->flags));
    string_add(object, "author", author ? author : patchmark_message_sender(message));
    if (*patchmark_message_list(message))
        json_object_set_new(object, "list",
                            json_pack("{s:s}", "id", patchmark_message_list(message)));
    string_add(object, "subject", patchmark_message_header(message, "Subject", 0));
    string_add(object, "in_reply_to", message_in_reply_to(message));
    facts_add(object, mail->facts);
    json_object_set_new(object, "labels", words_array(&mail->labels));
    return object;
}

/* ---- mails -------------------------------------------------------------------------------- */

char *json_mail(const struct mail *mail) {
    AUTO(json_decref) json_t *object = mail->facts ? mail_object(mail) : json_object();
    json_t *headers = json_array(), *events = json_array();

    if (!mail->facts)
        string_add(object, "message_id", patchmark_message_id(mail->message));
    for (size_t i = 0; i < mail->header_count; i++)
        json_array_append_new(headers,
                              json_pack("[ss]", mail->headers[i].name, mail->headers[i].value));
    for (size_t i = 0; i < mail->event_count; i++)
        json_array_append_new(events, json_pack("{s:s}", "type", mail->events[i].type));
    json_object_set_new(object, "headers", headers);
    json_object_set_new(object, "events", events);
    return json_dumps(object, JSON_COMPACT);
}

#define EVENT_SERIES "patchmark.series." /* all of these are about the posting alone */

/* ---- events ------------------------------------------------------------------------------- */

static json_t *event_object(const char *type, const char *id, const char *host, int64_t time) {
    char source[512], stamp[32];
    time_t seconds = (time_t)time;
    struct tm utc;

    snprintf(source, sizeof(source), "//%s/patchmark", host);
    gmtime_r(&seconds, &utc);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "specversion", "1.0", "id", id, "source",
                     source, "type", type, "time", stamp, "datacontenttype", "application/json");
}

static void keep_only(json_t *object, const char *const *keys) {
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(object, next, key, value) {
        size_t i = 0;

        while (keys[i] && strcmp(keys[i], key) != 0)
            i++;
        if (!keys[i])
            json_object_del(object, key);
    }
}

/* Beside what every event's data holds, what this type is about; message.seen has all. */
static json_t *event_data(const struct mail *mail, const char *type) {
    static const char *const series_keys[] = {"message_id", "list", "author", "subject", "title",
                                              "series",     "tree", "kind",   NULL};
    static const char *const pull_keys[] = {"message_id", "list",   "author", "subject", "title",
                                            "pull",       "series", "kind",   NULL};
    json_t *data = mail_object(mail);

    if (strncmp(type, EVENT_SERIES, strlen(EVENT_SERIES)) == 0)
        keep_only(data, series_keys);
    else if (strcmp(type, EVENT_PULL_REQUESTED) == 0)
        keep_only(data, pull_keys);
    return data;
}

/* Message-IDs by part; the cover's is part 0. */
static void member_add(json_t *object, int64_t number, const char *message_id) {
    char part[24];

    snprintf(part, sizeof(part), "%lld", (long long)number);
    if (!json_object_get(object, part))
        json_object_set_new(object, part, json_string(message_id));
}

static void completed_add(json_t *data, const struct mail *mail) {
    json_t *members = json_object();

    for (size_t i = 0; i < mail->member_count; i++)
        member_add(members, mail->members[i].part, mail->members[i].message_id);
    json_object_set_new(data, "members", members);
    json_object_set_new(data, "elapsed", json_integer(mail->elapsed));
}

char *json_event(const struct mail *mail, const struct mail_event *event, const char *host,
                 int64_t time) {
    AUTO(json_decref) json_t *object = event_object(event->type, event->id, host, time);

    string_add(object, "subject", patchmark_message_id(mail->message));
    json_object_set_new(object, "data", event_data(mail, event->type));
    if (strcmp(event->type, EVENT_SERIES_COMPLETED) == 0)
        completed_add(json_object_get(object, "data"), mail);
    return json_dumps(object, JSON_COMPACT);
}

/* ---- series ------------------------------------------------------------------------------- */

#define MISSING_MOST 1000 /* numbers of parts in one list */

static void number_add(json_t *object, const char *key, int64_t number) {
    if (number >= 0)
        json_object_set_new(object, key, json_integer(number));
}

static bool is_there(const struct json_series *series, int64_t part) {
    for (size_t i = 0; i < series->member_count; i++)
        if (series->members[i].part == part)
            return true;
    return false;
}

static json_t *missing_array(const struct json_series *series) {
    json_t *missing = json_array();

    for (int64_t part = 1; part <= series->total && part <= MISSING_MOST; part++)
        if (!is_there(series, part))
            json_array_append_new(missing, json_integer(part));
    return missing;
}

static json_t *numbers_object(const struct json_series *series) {
    json_t *object = json_object();

    string_add(object, "id", series->id);
    string_add(object, "topic", series->topic);
    number_add(object, "version", series->version);
    number_add(object, "total", series->total);
    return object;
}

char *json_incomplete_event(const char *id, const struct json_series *series, const char *host,
                            int64_t time) {
    AUTO(json_decref) json_t *object = event_object(EVENT_SERIES_INCOMPLETE, id, host, time);
    json_t *data = json_object(), *have = json_object();

    for (size_t i = 0; i < series->member_count; i++)
        member_add(have, series->members[i].part, series->members[i].message_id);
    string_add(data, "author", series->author);
    string_add(data, "title", series->title);
    json_object_set_new(data, "series", numbers_object(series));
    json_object_set_new(data, "have", have);
    json_object_set_new(data, "missing", missing_array(series));
    json_object_set_new(object, "data", data);
    return json_dumps(object, JSON_COMPACT);
}

char *json_series(const struct json_series *series) {
    AUTO(json_decref) json_t *object = numbers_object(series);
    json_t *parts = json_array(), *tags = json_array(), *versions = json_array();

    string_add(object, "author", series->author);
    string_add(object, "title", series->title);
    number_add(object, "opened", series->opened);
    for (size_t i = 0; i < series->member_count; i++)
        json_array_append_new(
            parts, json_pack("{s:I, s:s, s:s, s:s}", "part", (json_int_t)series->members[i].part,
                             "message_id", series->members[i].message_id, "title",
                             series->members[i].title, "author", series->members[i].author));
    for (size_t i = 0; i < series->tag_count; i++) {
        json_t *tag = json_pack("{s:s, s:s}", "tag", series->tags[i].tag, "message_id",
                                series->tags[i].message_id);

        number_add(tag, "part", series->tags[i].part);
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
    json_object_set_new(object, "missing", missing_array(series));
    json_object_set_new(object, "tags", tags);
    json_object_set_new(object, "versions", versions);
    return json_dumps(object, JSON_COMPACT);
}

char *json_service_event(const char *id, const struct json_service *service, const char *host,
                         int64_t time) {
    AUTO(json_decref) json_t *object = event_object(EVENT_SERVICE_STATUS, id, host, time);
    json_t *data = json_object();

    string_add(data, "state", service->state);
    string_add(data, "sink", service->sink);
    if (service->lost > 0)
        number_add(data, "lost", service->lost);
    json_object_set_new(object, "data", data);
    return json_dumps(object, JSON_COMPACT);
}

char *json_event_replayed(const char *json, size_t length) {
    AUTO(json_decref) json_t *object = json_loadb(json, length, 0, NULL);

    if (json_object_set_new(object, "replay", json_true()) != 0)
        return NULL;
    return json_dumps(object, JSON_COMPACT);
}

char *json_event_summary(const char *json) {
    AUTO(json_decref) json_t *event = json_loads(json, 0, NULL);
    const char *time = "", *type = "", *kind = "", *series = "", *author = "", *subject = "";
    char *line;

    if (!event || json_unpack(event, "{s?s, s?s, s?{s?s, s?s, s?s, s?{s?s}}}", "time", &time,
                              "type", &type, "data", "kind", &kind, "author", &author, "subject",
                              &subject, "series", "id", &series) != 0)
        return strdup("");
    if (strncmp(type, "patchmark.", strlen("patchmark.")) == 0)
        type += strlen("patchmark.");
    if (asprintf(&line, "%s  %-20s  %-8s  %-19s  %-28s  %s", time, type, kind, series, author,
                 subject) < 0)
        return NULL;
    return line;
}
