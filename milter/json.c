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
    {"series.id", "series", "id"},
    {"series.part", "series", "part"},
    {"series.topic", "series", "topic"},
    {"series.total", "series", "total"},
    {"series.version", "series", "version"},
    {"subject.title", NULL, "title"},
    {"subject.tree", NULL, "tree"},
};

static json_t *fact_value(const struct patchmark_facts *facts, const char *name,
                          enum patchmark_type type) {
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
            json_array_append_new(list, json_string(item));
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

    if (strcmp(type, EVENT_SERIES_OPENED) == 0)
        keep_only(data, series_keys);
    else if (strcmp(type, EVENT_PULL_REQUESTED) == 0)
        keep_only(data, pull_keys);
    return data;
}

char *json_event(const struct mail *mail, const struct mail_event *event, const char *host,
                 int64_t time) {
    AUTO(json_decref) json_t *object = event_object(event->type, event->id, host, time);

    string_add(object, "subject", patchmark_message_id(mail->message));
    json_object_set_new(object, "data", event_data(mail, event->type));
    return json_dumps(object, JSON_COMPACT);
}

char *json_service_event(const char *id, const char *state, const char *host, int64_t time) {
    AUTO(json_decref) json_t *object = event_object(EVENT_SERVICE_STATUS, id, host, time);

    json_object_set_new(object, "data", json_pack("{s:s}", "state", state));
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
