/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-event.c - events as JSON: see json.h, and docs/schemas, which says the same to a machine.
 *
 * Owns nothing; out of memory, the whole is NULL.
 */
#include "pipeline/json-private.h"

#include "pipeline/event.h"
#include "pipeline/json-lesson.h"
#include "plugin/bounds.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define STAMP_SIZE 80 /* whatever the numbers are */

/* ---- the envelope ------------------------------------------------------------------------- */

/* As RFC 3339 has it.  strftime would look for a new /etc/localtime each time. */
static void stamp_put(char stamp[STAMP_SIZE], int64_t time) {
    time_t seconds = (time_t)time;
    struct tm utc;

    gmtime_r(&seconds, &utc);
    snprintf(stamp, STAMP_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900,
             utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

/* Opens the event and its data; SUBJECT "": none. */
static void event_open(GString *json, const char *type, const char *id, const char *subject,
                       const char *host, int64_t time) {
    char source[512], stamp[STAMP_SIZE];

    snprintf(source, sizeof(source), "//%.499s/patchmark", host);
    stamp_put(stamp, time);
    json_write_open(json, NULL, '{');
    json_write_string(json, "specversion", "1.0");
    json_write_string(json, "id", id);
    json_write_string(json, "source", source);
    json_write_string(json, "type", type);
    json_write_string(json, "time", stamp);
    json_write_string(json, "datacontenttype", "application/json");
    json_add_string(json, "subject", subject);
    json_write_open(json, "data", '{');
}

static char *event_done(GString *json) {
    json_write_close(json, '}');
    json_write_close(json, '}');
    return g_string_free(json, FALSE);
}

/* ---- members of a series ------------------------------------------------------------------ */

static void part_add(GString *json, int64_t part, const char *message_id) {
    char key[24];

    snprintf(key, sizeof(key), "%lld", (long long)part);
    json_write_string(json, key, message_id);
}

/* Message-IDs by part, the first that has it; the cover's is part 0. */
static void members_add(GString *json, const char *key, const struct json_series *series) {
    json_write_open(json, key, '{');
    for (size_t i = 0; i < series->member_count; i++)
        if (i == 0 || series->members[i].part != series->members[i - 1].part)
            part_add(json, series->members[i].part, series->members[i].message_id);
    json_write_close(json, '}');
}

static void completed_add(GString *json, const struct mail *mail, const struct mail_event *event) {
    (void)event;
    json_write_open(json, "members", '{');
    for (size_t i = 0; i < mail->member_count; i++)
        if (i == 0 || mail->members[i].part != mail->members[i - 1].part)
            part_add(json, mail->members[i].part, mail->members[i].message_id);
    json_write_close(json, '}');
    json_write_number(json, "elapsed", mail->elapsed);
}

/* ---- what a mail answers ------------------------------------------------------------------ */

static void target_add(GString *json, const struct mail *mail) {
    if (patchmark_message_reference_count(mail->message) > 0)
        json_add_string(json, "target", patchmark_message_reference(mail->message, 0));
}

/* A name without the blanks and quotes around it; nothing when it has no more. */
static void name_add(GString *json, const char *text, size_t length) {
    while (length > 0 && strchr(" \t\"", text[0]))
        text++, length--;
    while (length > 0 && strchr(" \t\"", text[length - 1]))
        length--;
    if (length > 0)
        json_write_text(json, "name", text, length);
}

/* In lower case, as authors are told. */
static void address_add(GString *json, const char *text, size_t length) {
    char address[LIMIT_FACT_BYTES + 1];

    for (size_t i = 0; i < length; i++)
        address[i] = (char)tolower((unsigned char)text[i]);
    json_write_text(json, "address", address, length);
}

/* The person in "Name <address>", "address" or "address (Name)", if there is one. */
static void person_add(GString *json, const char *value) {
    const char *open = strrchr(value, '<'), *close = open ? strchr(open, '>') : NULL;
    const char *address = close ? open + 1 : value + strspn(value, " \t");
    size_t length = close ? (size_t)(close - address) : strcspn(address, " \t"), name_length;
    const char *at = memchr(address, '@', length), *name = value;

    if (!at || at == address || at + 1 == address + length || memchr(address, ' ', length) ||
        length > LIMIT_FACT_BYTES)
        return;
    name_length = close ? (size_t)(open - value) : 0;
    if (!close && (open = strchr(address + length, '(')) && (close = strrchr(open, ')'))) {
        name = open + 1;
        name_length = (size_t)(close - name);
    }
    json_write_open(json, "person", '{');
    name_add(json, name, name_length);
    address_add(json, address, length);
    json_write_close(json, '}');
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

static void given_add(GString *json, const struct mail *mail, const struct mail_event *event) {
    const char *tag = patchmark_fact_item(mail->facts, "trailers.given", event->item);
    const char *own = patchmark_fact_item(mail->facts, "trailers.given_from_sender", event->item);
    const char *value;

    json_write_open(json, "trailer", '{');
    value = json_of_trailer(json, tag ? tag : "");
    if (value)
        person_add(json, value);
    json_write_close(json, '}');
    json_write_truth(json, "from_sender", own && strcmp(own, "true") == 0);
    target_add(json, mail);
    json_write_string(json, "scope", scope_of(mail->facts));
    json_add_string(json, "range", patchmark_fact_string(mail->facts, "trailers.range"));
}

static void report_add(GString *json, const struct mail *mail, const struct mail_event *event) {
    (void)event;
    json_add_string(json, "reporter", json_author(mail));
    json_add_string(json, "robot", patchmark_fact_string(mail->facts, "automation.robot"));
    target_add(json, mail);
}

static void commit_add(GString *json, const struct mail *mail, const struct mail_event *event) {
    (void)event;
    json_add_string(json, "who", json_author(mail));
    target_add(json, mail);
}

/* ---- events of mails ---------------------------------------------------------------------- */

/* What the data of a type holds: parts of what is known of the mail, and what is added to them. */
static const struct shape {
    unsigned parts;
    void (*add)(GString *json, const struct mail *mail, const struct mail_event *event);
} shapes[EVENT_TYPE_COUNT + 1] = {/* the last: of an unknown type */
#define SHAPE(constant, name, parts, add, ...) {parts, add},
                                  EVENT_TYPES(SHAPE)};

char *json_event(const struct mail *mail, const struct mail_event *event, const char *host,
                 int64_t time) {
    const struct shape *shape = &shapes[event_type_index(event->type)];
    GString *json = json_write_begin();

    event_open(json, event->type, event->id, patchmark_message_id(mail->message), host, time);
    json_of_mail(json, mail, shape->parts);
    if (shape->add)
        shape->add(json, mail, event);
    return event_done(json);
}

/* ---- events of no mail -------------------------------------------------------------------- */

char *json_incomplete_event(const char *id, const struct json_series *series, const char *host,
                            int64_t time) {
    GString *json = json_write_begin();

    event_open(json, EVENT_SERIES_INCOMPLETE, id, "", host, time);
    json_add_string(json, "author", series->author);
    json_add_string(json, "title", series->title);
    json_write_open(json, "series", '{');
    json_of_numbers(json, series);
    json_write_close(json, '}');
    members_add(json, "have", series);
    json_of_missing(json, series);
    return event_done(json);
}

/* The same keys as above, of a mail that another host saw. */
static void last_add(GString *json, const struct lesson *last) {
    json_add_string(json, "message_id", last->message.message_id);
    json_add_string(json, "kind", last->message.kind);
    json_add_string(json, "author", last->member.author);
    json_of_list(json, last->message.list);
    json_add_string(json, "title", last->member.title);
}

char *json_completed_event(const char *id, const struct json_series *series,
                           const struct lesson *last, const char *host, int64_t time) {
    GString *json = json_write_begin();

    event_open(json, EVENT_SERIES_COMPLETED, id, last->message.message_id, host, time);
    last_add(json, last);
    json_write_open(json, "series", '{');
    json_of_numbers(json, series);
    json_add_number(json, "part", last->member.part);
    json_write_close(json, '}');
    members_add(json, "members", series);
    json_add_number(json, "elapsed", series->elapsed);
    return event_done(json);
}

static void counts_add(GString *json, const struct json_service *service) {
    if (service->mails_count < 0 && service->events_count < 0 && service->lost_count < 0)
        return;
    json_write_open(json, "counts", '{');
    json_add_number(json, "mails", service->mails_count);
    json_add_number(json, "events", service->events_count);
    json_add_number(json, "lost", service->lost_count);
    json_write_close(json, '}');
}

char *json_service_event(const char *id, const struct json_service *service, const char *host,
                         int64_t time) {
    GString *json = json_write_begin();

    event_open(json, EVENT_SERVICE_STATUS, id, "", host, time);
    json_add_string(json, "state", service->state);
    json_add_string(json, "sink", service->sink);
    if (service->lost > 0)
        json_write_number(json, "lost", service->lost);
    counts_add(json, service);
    return event_done(json);
}

/* ---- said again --------------------------------------------------------------------------- */

char *json_event_replayed(const char *json, size_t length) {
    json_auto_t *object = json_loadb(json, length, 0, NULL);

    if (json_object_set_new(object, "replay", json_true()) != 0)
        return NULL;
    return json_dumps(object, JSON_COMPACT);
}
