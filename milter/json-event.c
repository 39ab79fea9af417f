/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-event.c - events as JSON: see json.h, and docs/schemas, which says the same to a machine.
 *
 * Owns nothing; out of memory, a value is left out or the whole is NULL.
 */
#include "json-private.h"

#include "event.h"
#include "json-lesson.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

/* ---- the envelope ------------------------------------------------------------------------- */

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

/* DATA is given away. */
static char *event_dump(json_t *object, json_t *data) {
    json_object_set_new(object, "data", data);
    return json_dumps(object, JSON_COMPACT);
}

/* ---- members of a series ------------------------------------------------------------------ */

/* Message-IDs by part; the cover's is part 0. */
static void member_add(json_t *object, int64_t number, const char *message_id) {
    char part[24];

    snprintf(part, sizeof(part), "%lld", (long long)number);
    if (!json_object_get(object, part))
        json_object_set_new(object, part, json_string(message_id));
}

static void completed_add(json_t *data, const struct mail *mail, const struct mail_event *event) {
    json_t *members = json_object();

    (void)event;
    for (size_t i = 0; i < mail->member_count; i++)
        member_add(members, mail->members[i].part, mail->members[i].message_id);
    json_object_set_new(data, "members", members);
    json_object_set_new(data, "elapsed", json_integer(mail->elapsed));
}

/* ---- what a mail answers ------------------------------------------------------------------ */

static void target_add(json_t *data, const struct mail *mail) {
    if (patchmark_message_reference_count(mail->message) > 0)
        json_add_string(data, "target", patchmark_message_reference(mail->message, 0));
}

/* A name without the blanks and quotes around it; NULL: none. */
static json_t *name_value(const char *text, size_t length) {
    while (length > 0 && strchr(" \t\"", text[0]))
        text++, length--;
    while (length > 0 && strchr(" \t\"", text[length - 1]))
        length--;
    return length > 0 ? json_stringn(text, length) : NULL;
}

/* In lower case, as authors are told. */
static json_t *address_value(const char *text, size_t length) {
    char address[LIMIT_FACT_BYTES + 1];

    for (size_t i = 0; i < length; i++)
        address[i] = (char)tolower((unsigned char)text[i]);
    return json_stringn(address, length);
}

/* The person in "Name <address>", "address" or "address (Name)"; NULL: there is none. */
static json_t *person_of(const char *value) {
    const char *open = strrchr(value, '<'), *close = open ? strchr(open, '>') : NULL;
    const char *address = close ? open + 1 : value + strspn(value, " \t");
    size_t length = close ? (size_t)(close - address) : strcspn(address, " \t"), name_length;
    const char *at = memchr(address, '@', length), *name = value;
    json_t *person, *name_string;

    if (!at || at == address || at + 1 == address + length || memchr(address, ' ', length) ||
        length > LIMIT_FACT_BYTES)
        return NULL;
    name_length = close ? (size_t)(open - value) : 0;
    if (!close && (open = strchr(address + length, '(')) && (close = strrchr(open, ')'))) {
        name = open + 1;
        name_length = (size_t)(close - name);
    }
    person = json_object();
    name_string = name_value(name, name_length);
    if (name_string)
        json_object_set_new(person, "name", name_string);
    json_object_set_new(person, "address", address_value(address, length));
    return person;
}

/* For how much of a series a tag counts. */
static const char *scope_of(const struct patchmark_facts *facts) {
    const char *range = patchmark_fact_string(facts, "trailers.range");
    int64_t target = patchmark_fact_int(facts, "series.target", -1);

    if (!patchmark_fact_string(facts, "series.id"))
        return "mail";
    if (range)
        return strcmp(range, "all") == 0 ? "series" : "range";
    return target < 0 ? "mail" : target == 0 ? "series" : "part";
}

static void given_add(json_t *data, const struct mail *mail, const struct mail_event *event) {
    const char *tag = patchmark_fact_item(mail->facts, "trailers.given", event->item);
    const char *own = patchmark_fact_item(mail->facts, "trailers.given_from_sender", event->item);
    json_t *trailer = json_of_trailer(tag ? tag : "");
    const char *value = json_string_value(json_object_get(trailer, "value"));
    json_t *person = value ? person_of(value) : NULL;

    if (person)
        json_object_set_new(trailer, "person", person);
    json_object_set_new(data, "trailer", trailer);
    json_object_set_new(data, "from_sender", json_boolean(own && strcmp(own, "true") == 0));
    target_add(data, mail);
    json_add_string(data, "scope", scope_of(mail->facts));
    json_add_string(data, "range", patchmark_fact_string(mail->facts, "trailers.range"));
}

static void report_add(json_t *data, const struct mail *mail, const struct mail_event *event) {
    (void)event;
    json_add_string(data, "reporter", json_string_value(json_object_get(data, "author")));
    json_add_string(data, "robot", patchmark_fact_string(mail->facts, "automation.robot"));
    target_add(data, mail);
}

static void commit_add(json_t *data, const struct mail *mail, const struct mail_event *event) {
    (void)event;
    json_add_string(data, "who", json_string_value(json_object_get(data, "author")));
    target_add(data, mail);
}

/* ---- events of mails ---------------------------------------------------------------------- */

#define SERIES_KEYS \
    { "title", "series", "tree", NULL }

/* What the data of a type holds beside what is known of the mail without plugins: facts by their
 * place in THE DATA, and what is added to them. */
static const struct shape {
    const char *type;
    bool is_all; /* every fact there is */
    const char *keys[6];
    void (*add)(json_t *data, const struct mail *mail, const struct mail_event *event);
} shapes[] = {
    {EVENT_MESSAGE_SEEN, true, {NULL}, json_lesson_add},
    {EVENT_SERIES_OPENED, false, SERIES_KEYS, NULL},
    {EVENT_SERIES_COMPLETED, false, SERIES_KEYS, completed_add},
    {EVENT_SERIES_SUPERSEDED, false, SERIES_KEYS, NULL},
    {EVENT_SERIES_ALIASED, false, SERIES_KEYS, NULL},
    {EVENT_TRAILER_GIVEN, false, {"title", "series", NULL}, given_add},
    {EVENT_PULL_REQUESTED, false, {"title", "series", "pull", NULL}, NULL},
    {EVENT_REPORT_RAISED, false, {"title", "series", "verdict", NULL}, report_add},
    {EVENT_COMMIT_ANNOUNCED,
     false,
     {"title", "series", "tree", "commits", "applied_to", NULL},
     commit_add},
};

static const struct shape *shape_of(const char *type) {
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (strcmp(shapes[i].type, type) == 0)
            return &shapes[i];
    return &shapes[0];
}

char *json_event(const struct mail *mail, const struct mail_event *event, const char *host,
                 int64_t time) {
    AUTO(json_decref) json_t *object = event_object(event->type, event->id, host, time);
    const struct shape *shape = shape_of(event->type);
    json_t *data = json_of_mail(mail, shape->is_all ? NULL : shape->keys);

    if (shape->add)
        shape->add(data, mail, event);
    json_add_string(object, "subject", patchmark_message_id(mail->message));
    return event_dump(object, data);
}

/* ---- events of no mail -------------------------------------------------------------------- */

char *json_incomplete_event(const char *id, const struct json_series *series, const char *host,
                            int64_t time) {
    AUTO(json_decref) json_t *object = event_object(EVENT_SERIES_INCOMPLETE, id, host, time);
    json_t *data = json_object(), *have = json_object();

    for (size_t i = 0; i < series->member_count; i++)
        member_add(have, series->members[i].part, series->members[i].message_id);
    json_add_string(data, "author", series->author);
    json_add_string(data, "title", series->title);
    json_object_set_new(data, "series", json_of_numbers(series));
    json_object_set_new(data, "have", have);
    json_object_set_new(data, "missing", json_of_missing(series));
    return event_dump(object, data);
}

/* The same keys as above, of a mail that another host saw. */
static void last_add(json_t *data, const struct lesson *last) {
    json_add_string(data, "message_id", last->message.message_id);
    json_add_string(data, "kind", last->message.kind);
    json_add_string(data, "author", last->member.author);
    if (*last->message.list)
        json_object_set_new(data, "list", json_pack("{s:s}", "id", last->message.list));
    json_add_string(data, "title", last->member.title);
}

char *json_completed_event(const char *id, const struct json_series *series,
                           const struct lesson *last, const char *host, int64_t time) {
    AUTO(json_decref) json_t *object = event_object(EVENT_SERIES_COMPLETED, id, host, time);
    json_t *data = json_object(), *numbers = json_of_numbers(series), *members = json_object();

    for (size_t i = 0; i < series->member_count; i++)
        member_add(members, series->members[i].part, series->members[i].message_id);
    json_add_number(numbers, "part", last->member.part);
    last_add(data, last);
    json_object_set_new(data, "series", numbers);
    json_object_set_new(data, "members", members);
    json_add_number(data, "elapsed", series->elapsed);
    json_add_string(object, "subject", last->message.message_id);
    return event_dump(object, data);
}

char *json_service_event(const char *id, const struct json_service *service, const char *host,
                         int64_t time) {
    AUTO(json_decref) json_t *object = event_object(EVENT_SERVICE_STATUS, id, host, time);
    json_t *data = json_object(), *counts = json_object();

    json_add_string(data, "state", service->state);
    json_add_string(data, "sink", service->sink);
    if (service->lost > 0)
        json_add_number(data, "lost", service->lost);
    json_add_number(counts, "mails", service->mails_count);
    json_add_number(counts, "events", service->events_count);
    json_add_number(counts, "lost", service->lost_count);
    if (json_object_size(counts) > 0)
        json_object_set(data, "counts", counts);
    json_decref(counts);
    return event_dump(object, data);
}

/* ---- events that were made before --------------------------------------------------------- */

char *json_event_replayed(const char *json, size_t length) {
    AUTO(json_decref) json_t *object = json_loadb(json, length, 0, NULL);

    if (json_object_set_new(object, "replay", json_true()) != 0)
        return NULL;
    return json_dumps(object, JSON_COMPACT);
}
