/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-event.c - writes events as JSON; see json.h.  docs/schemas has the JSON schemas of the data.
 *
 * Owns nothing and cannot fail; GLib ends the process if memory runs out.
 */
#include "pipeline/json-private.h"

#include "pipeline/event.h"
#include "plugin/bounds.h"
#include "store/outbox.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define STAMP_SIZE 80           /* enough for any numbers in struct tm */
#define STAMP_LAST 253402300799 /* the end of the year 9999 */

/* ---- the envelope ------------------------------------------------------------------------- */

/* Writes a time in seconds since 1970 in the format of RFC 3339.  Does not use strftime, because
 * that checks /etc/localtime for a change on each call. */
static void stamp_put(char stamp[STAMP_SIZE], int64_t time) {
    time_t seconds = (time_t)CLAMP(time, 0, STAMP_LAST);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    snprintf(stamp, STAMP_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900,
             utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

void json_event_source(const char *host, char source[JSON_SOURCE_SIZE]) {
    snprintf(source, JSON_SOURCE_SIZE, "//%.499s/patchmark", host);
}

char *json_event_compose(const struct outbox_event *event, bool replay) {
    GString *json = json_write_begin();
    char stamp[STAMP_SIZE];

    stamp_put(stamp, event->time);
    json_write_open(json, NULL, '{');
    json_write_string(json, "specversion", "1.0");
    json_write_string(json, "id", event->id);
    json_write_string(json, "source", event->source);
    json_write_string(json, "type", event->type);
    json_write_string(json, "time", stamp);
    json_write_string(json, "datacontenttype", "application/json");
    json_add_string(json, "subject", event->subject);
    json_write_raw(json, "data", event->data, event->data_length);
    if (replay)
        json_write_truth(json, "replay", true);
    json_write_close(json, '}');
    return g_string_free(json, FALSE);
}

/* ---- data --------------------------------------------------------------------------------- */

static GString *data_begin(void) {
    GString *json = json_write_begin();

    json_write_open(json, NULL, '{');
    return json;
}

static char *data_end(GString *json) {
    json_write_close(json, '}');
    return g_string_free(json, FALSE);
}

/* ---- members of a series ------------------------------------------------------------------ */

static void part_add(GString *json, int64_t part, const char *message_id) {
    char key[24];

    snprintf(key, sizeof(key), "%lld", (long long)part);
    json_write_string(json, key, message_id);
}

/* Adds an object with the Message-ID of each part; the cover is part 0.  If several mails have the
 * same part number, adds the first of them. */
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

static void posted_add(GString *json, const struct mail *mail, const struct mail_event *event) {
    (void)mail;
    json_add_string(json, "archive_url", event->archive_url);
}

/* ---- replies ------------------------------------------------------------------------------ */

static void target_add(GString *json, const struct mail *mail) {
    if (patchmark_message_reference_count(mail->message) > 0)
        json_add_string(json, "target", patchmark_message_reference(mail->message, 0));
}

/* Adds a name without the spaces, tabs and quotes around it, unless nothing is left. */
static void name_add(GString *json, const char *text, size_t length) {
    while (length > 0 && strchr(" \t\"", text[0]))
        text++, length--;
    while (length > 0 && strchr(" \t\"", text[length - 1]))
        length--;
    if (length > 0)
        json_write_text(json, "name", text, length);
}

/* Adds an address in lower case, as the member "author" has it. */
static void address_add(GString *json, const char *text, size_t length) {
    char address[LIMIT_FACT_BYTES + 1];

    for (size_t i = 0; i < length; i++)
        address[i] = (char)tolower((unsigned char)text[i]);
    json_write_text(json, "address", address, length);
}

/* Adds the person in "Name <address>", "address" or "address (Name)", if VALUE has one of these
 * forms. */
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

/* Returns to what a tag applies: "mail", "part", "range" or "series". */
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
    const char *value;

    json_write_open(json, "trailer", '{');
    value = json_add_trailer(json, tag ? tag : "");
    if (value)
        person_add(json, value);
    json_write_close(json, '}');
    json_write_truth(json, "from_sender", json_tag_is_own(mail, event->item));
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

/* What the data of each type contains: parts of the mail, and what a function adds. */
static const struct data_format {
    unsigned parts;
    void (*add)(GString *json, const struct mail *mail, const struct mail_event *event);
} data_formats[EVENT_TYPE_COUNT + 1] = {/* the last one is for an unknown type */
#define DATA_FORMAT(constant, name, parts, add, ...) {parts, add},
                                        EVENT_TYPES(DATA_FORMAT)};

char *json_event_data(const struct mail *mail, const struct mail_event *event) {
    const struct data_format *format = &data_formats[event_type_index(event->type)];
    GString *json = data_begin();

    json_add_mail(json, mail, event->list ? event->list->id : patchmark_message_list(mail->message),
                  format->parts);
    if (format->add)
        format->add(json, mail, event);
    return data_end(json);
}

/* ---- events without a mail --------------------------------------------------------------- */

char *json_incomplete_data(const struct json_series *series) {
    GString *json = data_begin();

    json_add_string(json, "author", series->author);
    json_add_string(json, "title", series->title);
    json_write_open(json, "series", '{');
    json_add_series_numbers(json, series);
    json_write_close(json, '}');
    members_add(json, "have", series);
    json_add_missing(json, series);
    return data_end(json);
}

/* Copies the first of LISTS, which are separated by spaces, to LIST and returns LIST. */
static const char *first_list(const char *lists, char list[LIMIT_FACT_BYTES + 1]) {
    snprintf(list, LIMIT_FACT_BYTES + 1, "%.*s", (int)strcspn(lists, " "), lists);
    return list;
}

/* Adds the members that json_add_mail adds, for a mail that another host received. */
static void last_add(GString *json, const struct learned *last) {
    char list[LIMIT_FACT_BYTES + 1];

    json_add_string(json, "message_id", last->message.message_id);
    json_add_string(json, "kind", last->message.kind);
    json_add_string(json, "author", last->member.author);
    json_add_list(json, first_list(last->message.lists, list));
    json_add_string(json, "title", last->member.title);
}

char *json_completed_data(const struct json_series *series, const struct learned *last) {
    GString *json = data_begin();

    last_add(json, last);
    json_write_open(json, "series", '{');
    json_add_series_numbers(json, series);
    json_add_number(json, "part", last->member.part);
    json_write_close(json, '}');
    members_add(json, "members", series);
    json_add_number(json, "elapsed", series->elapsed);
    return data_end(json);
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

char *json_service_data(const struct json_service *service) {
    GString *json = data_begin();

    json_add_string(json, "state", service->state);
    json_add_string(json, "sink", service->sink);
    if (service->lost > 0)
        json_write_number(json, "lost", service->lost);
    counts_add(json, service);
    return data_end(json);
}
