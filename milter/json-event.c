/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-event.c - events as JSON: see json.h, and docs/schemas, which says the same to a machine.
 *
 * Owns nothing; out of memory, the whole is NULL.
 */
#include "json-private.h"

#include "event.h"
#include "json-lesson.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- the envelope ------------------------------------------------------------------------- */

/* NUMBER, from 0 to 99, and what follows it. */
static char *pair_put(char *to, int number, char behind) {
    to[0] = (char)('0' + number / 10);
    to[1] = (char)('0' + number % 10);
    to[2] = behind;
    return to + 3;
}

/* As RFC 3339 has it: strftime would take half as long as the rest of an event. */
static void stamp_put(char stamp[32], int64_t time) {
    time_t seconds = (time_t)time;
    int year;
    struct tm utc;

    gmtime_r(&seconds, &utc);
    year = utc.tm_year + 1900;
    stamp = pair_put(stamp, year / 100, '\0') - 1;
    stamp = pair_put(stamp, year % 100, '-');
    stamp = pair_put(stamp, utc.tm_mon + 1, '-');
    stamp = pair_put(stamp, utc.tm_mday, 'T');
    stamp = pair_put(stamp, utc.tm_hour, ':');
    stamp = pair_put(stamp, utc.tm_min, ':');
    *pair_put(stamp, utc.tm_sec, 'Z') = '\0';
}

/* Opens the event and its data; SUBJECT "": none. */
static void event_open(struct json_writer *writer, const char *type, const char *id,
                       const char *subject, const char *host, int64_t time) {
    static const char behind[] = "/patchmark";
    char source[512], stamp[32];
    size_t length = strnlen(host, sizeof(source) - sizeof(behind) - 2);

    memcpy(mempcpy(mempcpy(source, "//", 2), host, length), behind, sizeof(behind));
    stamp_put(stamp, time);
    json_write_open(writer, NULL, '{');
    json_write_string(writer, "specversion", "1.0");
    json_write_string(writer, "id", id);
    json_write_string(writer, "source", source);
    json_write_string(writer, "type", type);
    json_write_string(writer, "time", stamp);
    json_write_string(writer, "datacontenttype", "application/json");
    json_add_string(writer, "subject", subject);
    json_write_open(writer, "data", '{');
}

static char *event_done(struct json_writer *writer) {
    json_write_close(writer, '}');
    json_write_close(writer, '}');
    return json_write_done(writer);
}

/* ---- members of a series ------------------------------------------------------------------ */

static void part_add(struct json_writer *writer, int64_t part, const char *message_id) {
    char key[24];

    snprintf(key, sizeof(key), "%lld", (long long)part);
    json_write_string(writer, key, message_id);
}

/* Message-IDs by part, the first that has it; the cover's is part 0. */
static void members_add(struct json_writer *writer, const char *key,
                        const struct json_series *series) {
    json_write_open(writer, key, '{');
    for (size_t i = 0; i < series->member_count; i++)
        if (i == 0 || series->members[i].part != series->members[i - 1].part)
            part_add(writer, series->members[i].part, series->members[i].message_id);
    json_write_close(writer, '}');
}

static void completed_add(struct json_writer *writer, const struct mail *mail,
                          const struct mail_event *event) {
    (void)event;
    json_write_open(writer, "members", '{');
    for (size_t i = 0; i < mail->member_count; i++)
        if (i == 0 || mail->members[i].part != mail->members[i - 1].part)
            part_add(writer, mail->members[i].part, mail->members[i].message_id);
    json_write_close(writer, '}');
    json_write_number(writer, "elapsed", mail->elapsed);
}

/* ---- what a mail answers ------------------------------------------------------------------ */

static void target_add(struct json_writer *writer, const struct mail *mail) {
    if (patchmark_message_reference_count(mail->message) > 0)
        json_add_string(writer, "target", patchmark_message_reference(mail->message, 0));
}

/* A name without the blanks and quotes around it; nothing when it has no more. */
static void name_add(struct json_writer *writer, const char *text, size_t length) {
    while (length > 0 && strchr(" \t\"", text[0]))
        text++, length--;
    while (length > 0 && strchr(" \t\"", text[length - 1]))
        length--;
    if (length > 0)
        json_write_text(writer, "name", text, length);
}

/* In lower case, as authors are told. */
static void address_add(struct json_writer *writer, const char *text, size_t length) {
    char address[LIMIT_FACT_BYTES + 1];

    for (size_t i = 0; i < length; i++)
        address[i] = (char)tolower((unsigned char)text[i]);
    json_write_text(writer, "address", address, length);
}

/* The person in "Name <address>", "address" or "address (Name)", if there is one. */
static void person_add(struct json_writer *writer, const char *value) {
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
    json_write_open(writer, "person", '{');
    name_add(writer, name, name_length);
    address_add(writer, address, length);
    json_write_close(writer, '}');
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

static void given_add(struct json_writer *writer, const struct mail *mail,
                      const struct mail_event *event) {
    const char *tag = patchmark_fact_item(mail->facts, "trailers.given", event->item);
    const char *own = patchmark_fact_item(mail->facts, "trailers.given_from_sender", event->item);
    const char *value;

    json_write_open(writer, "trailer", '{');
    value = json_of_trailer(writer, tag ? tag : "");
    if (value)
        person_add(writer, value);
    json_write_close(writer, '}');
    json_write_truth(writer, "from_sender", own && strcmp(own, "true") == 0);
    target_add(writer, mail);
    json_write_string(writer, "scope", scope_of(mail->facts));
    json_add_string(writer, "range", patchmark_fact_string(mail->facts, "trailers.range"));
}

static void report_add(struct json_writer *writer, const struct mail *mail,
                       const struct mail_event *event) {
    (void)event;
    json_add_string(writer, "reporter", json_author(mail));
    json_add_string(writer, "robot", patchmark_fact_string(mail->facts, "automation.robot"));
    target_add(writer, mail);
}

static void commit_add(struct json_writer *writer, const struct mail *mail,
                       const struct mail_event *event) {
    (void)event;
    json_add_string(writer, "who", json_author(mail));
    target_add(writer, mail);
}

/* ---- events of mails ---------------------------------------------------------------------- */

#define OF_SERIES (MAIL_TITLE | MAIL_SERIES | MAIL_TREE)

/* What the data of a type holds: parts of what is known of the mail, and what is added to them. */
static const struct shape {
    const char *type;
    unsigned parts;
    void (*add)(struct json_writer *writer, const struct mail *mail,
                const struct mail_event *event);
} shapes[] = {
    {EVENT_MESSAGE_SEEN, MAIL_ALL, json_lesson_add},
    {EVENT_SERIES_OPENED, OF_SERIES, NULL},
    {EVENT_SERIES_COMPLETED, OF_SERIES, completed_add},
    {EVENT_SERIES_SUPERSEDED, OF_SERIES, NULL},
    {EVENT_SERIES_ALIASED, OF_SERIES, NULL},
    {EVENT_TRAILER_GIVEN, MAIL_TITLE | MAIL_SERIES, given_add},
    {EVENT_PULL_REQUESTED, MAIL_TITLE | MAIL_SERIES | MAIL_PULL, NULL},
    {EVENT_REPORT_RAISED, MAIL_TITLE | MAIL_SERIES | MAIL_VERDICT, report_add},
    {EVENT_COMMIT_ANNOUNCED, OF_SERIES | MAIL_COMMITS | MAIL_APPLIED_TO, commit_add},
};

static const struct shape *shape_of(const char *type) {
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (strcmp(shapes[i].type, type) == 0)
            return &shapes[i];
    return &shapes[0];
}

char *json_event(const struct mail *mail, const struct mail_event *event, const char *host,
                 int64_t time) {
    const struct shape *shape = shape_of(event->type);
    struct json_writer writer = {.text = NULL};

    event_open(&writer, event->type, event->id, patchmark_message_id(mail->message), host, time);
    json_of_mail(&writer, mail, shape->parts);
    if (shape->add)
        shape->add(&writer, mail, event);
    return event_done(&writer);
}

/* ---- events of no mail -------------------------------------------------------------------- */

char *json_incomplete_event(const char *id, const struct json_series *series, const char *host,
                            int64_t time) {
    struct json_writer writer = {.text = NULL};

    event_open(&writer, EVENT_SERIES_INCOMPLETE, id, "", host, time);
    json_add_string(&writer, "author", series->author);
    json_add_string(&writer, "title", series->title);
    json_write_open(&writer, "series", '{');
    json_of_numbers(&writer, series);
    json_write_close(&writer, '}');
    members_add(&writer, "have", series);
    json_of_missing(&writer, series);
    return event_done(&writer);
}

/* The same keys as above, of a mail that another host saw. */
static void last_add(struct json_writer *writer, const struct lesson *last) {
    json_add_string(writer, "message_id", last->message.message_id);
    json_add_string(writer, "kind", last->message.kind);
    json_add_string(writer, "author", last->member.author);
    json_of_list(writer, last->message.list);
    json_add_string(writer, "title", last->member.title);
}

char *json_completed_event(const char *id, const struct json_series *series,
                           const struct lesson *last, const char *host, int64_t time) {
    struct json_writer writer = {.text = NULL};

    event_open(&writer, EVENT_SERIES_COMPLETED, id, last->message.message_id, host, time);
    last_add(&writer, last);
    json_write_open(&writer, "series", '{');
    json_of_numbers(&writer, series);
    json_add_number(&writer, "part", last->member.part);
    json_write_close(&writer, '}');
    members_add(&writer, "members", series);
    json_add_number(&writer, "elapsed", series->elapsed);
    return event_done(&writer);
}

static void counts_add(struct json_writer *writer, const struct json_service *service) {
    if (service->mails_count < 0 && service->events_count < 0 && service->lost_count < 0)
        return;
    json_write_open(writer, "counts", '{');
    json_add_number(writer, "mails", service->mails_count);
    json_add_number(writer, "events", service->events_count);
    json_add_number(writer, "lost", service->lost_count);
    json_write_close(writer, '}');
}

char *json_service_event(const char *id, const struct json_service *service, const char *host,
                         int64_t time) {
    struct json_writer writer = {.text = NULL};

    event_open(&writer, EVENT_SERVICE_STATUS, id, "", host, time);
    json_add_string(&writer, "state", service->state);
    json_add_string(&writer, "sink", service->sink);
    if (service->lost > 0)
        json_write_number(&writer, "lost", service->lost);
    counts_add(&writer, service);
    return event_done(&writer);
}
