/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-event.c - writes events as JSON; see json.h.  docs/schemas has the JSON schemas of the
 * types.
 *
 * Owns nothing and cannot fail; GLib ends the process if memory runs out.
 */
#include "pipeline/json-private.h"

#include "pipeline/applied.h"
#include "pipeline/bounds.h"
#include "pipeline/event.h"
#include "pipeline/part-range.h"
#include "pipeline/tag-meaning.h"
#include "store/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- the envelope ------------------------------------------------------------------------- */

void json_event_source(const char *host, char source[JSON_SOURCE_SIZE]) {
    snprintf(source, JSON_SOURCE_SIZE, "https://%.480s/patchmark", host);
}

/* Appends the attribute KEY unless VALUE is NULL or "". */
static void attribute_add(GString *json, const char *key, const char *value) {
    if (value && *value)
        json_write_text(json, key, value, json_text_fit(value, strlen(value), LIMIT_JSON_STRING));
}

static void schema_add(GString *json, const char *type) {
    char schema[256], *at = stpcpy(schema, "urn:patchmark:schema:");

    strcpy(mempcpy(at, type, strnlen(type, 200)), "#/properties/data");
    attribute_add(json, "dataschema", schema);
}

char *json_event_compose(const struct outbox_event *event, bool replay) {
    GString *json = json_write_begin();
    char time[JSON_TIME_BYTES], sequence[24];

    json_time(event->time, time);
    snprintf(sequence, sizeof(sequence), "%016" PRId64, event->sequence);
    json_write_open(json, NULL, '{');
    attribute_add(json, "specversion", "1.0");
    attribute_add(json, "id", event->id);
    attribute_add(json, "source", event->source);
    attribute_add(json, "type", event->type);
    attribute_add(json, "subject", event->subject);
    attribute_add(json, "time", time);
    attribute_add(json, "datacontenttype", "application/json");
    schema_add(json, event->type);
    attribute_add(json, "sequence", sequence);
    attribute_add(json, "list", event->list);
    attribute_add(json, "series", event->series);
    json_write_raw(json, "data", event->data, event->data_length);
    if (replay)
        json_write_truth(json, "replay", true);
    json_write_close(json, '}');
    return g_string_free(json, FALSE);
}

/* ---- members ------------------------------------------------------------------------------- */

/* An event of a mail that is being written. */
struct writing {
    struct mail *mail;
    const struct mail_event *event;
};

static void message_add(struct json_object *data, const struct writing *writing) {
    struct mail *mail = writing->mail;
    const char *url = writing->event->archive_url;

    json_add_message(data, mail, url ? url : mail->archive_url, false);
}

/* Adds "series" in short and "target".  Of a series that the index does not have, because none of
 * its mails has arrived, MAIL knows the id. */
static void relation_add(struct json_object *data, const struct writing *writing) {
    const struct mail *mail = writing->mail;
    const char *id = patchmark_fact_string(mail->facts, "series.id");

    if (mail->series) {
        json_add_series_short(data, &mail->series->row,
                              patchmark_fact_int(mail->facts, "series.part", -1));
    } else if (id) {
        json_write_open(data->json, "series", '{');
        json_write_string(data->json, "id", id);
        json_add_string(data->json, "topic", patchmark_fact_string(mail->facts, "series.topic"));
        json_write_close(data->json, '}');
    }
    json_add_target(data, mail);
}

/* Adds "message", "series" in short and "target", which the events of answers have. */
static void mail_add(struct json_object *data, const struct writing *writing) {
    message_add(data, writing);
    relation_add(data, writing);
}

/* Adds "series" and "message", which the events of series have. */
static void series_add(struct json_object *data, const struct writing *writing) {
    json_add_series(data, "series", writing->event->series);
    message_add(data, writing);
}

static void sender_add(struct json_object *data, const char *key, const struct mail *mail) {
    json_object_person(data, key, patchmark_message_sender_name(mail->message),
                       patchmark_message_sender(mail->message));
}

/* ---- mails --------------------------------------------------------------------------------- */

static void seen_add(struct json_object *data, const struct writing *writing) {
    json_add_message(data, writing->mail, writing->mail->archive_url, true);
    relation_add(data, writing);
}

static void posted_add(struct json_object *data, const struct writing *writing) {
    mail_add(data, writing);
    json_object_string(data, "list", writing->event->list->id);
}

/* ---- series -------------------------------------------------------------------------------- */

static void elapsed_add(struct json_object *data, const struct series_view *series) {
    if (series)
        json_add_number(data->json, "elapsed", series->row.changed - series->row.opened);
}

static void completed_add(struct json_object *data, const struct writing *writing) {
    json_add_series(data, "series", writing->event->series);
    elapsed_add(data, writing->event->series);
    message_add(data, writing);
}

static void amended_add(struct json_object *data, const struct writing *writing) {
    json_add_series(data, "series", writing->event->series);
    json_object_string(data, "reason", writing->event->reason);
    json_write_open(data->json, "parts", '[');
    json_write_number(data->json, NULL, writing->event->part);
    json_write_close(data->json, ']');
    message_add(data, writing);
}

static void replaced_write(struct json_list *list, const struct series_replaced *replaced) {
    struct json_object object;

    json_list_item(list);
    json_object_open(&object, list->object->json, NULL, 0);
    json_write_number(object.json, "part", replaced->part);
    json_object_string(&object, "message_id", replaced->message_id);
    json_object_string(&object, "by", replaced->by);
    json_object_close(&object);
    json_list_check(list);
}

/* Adds the parts of OLD that mails of SERIES replace. */
static void replaced_add(struct json_object *data, const struct series_view *old,
                         const char *series) {
    struct json_list list;

    json_list_open(&list, data, "replaced", '[', LIMIT_JSON_LIST);
    for (size_t i = 0; i < old->replaced_count && !list.full; i++)
        if (strcmp(old->replaced[i].series, series) == 0)
            replaced_write(&list, &old->replaced[i]);
    json_list_close(&list, true);
}

static void superseded_add(struct json_object *data, const struct writing *writing) {
    const struct mail_event *event = writing->event;
    const struct patchmark_facts *facts = writing->mail->facts;
    const char *scope = patchmark_fact_string(facts, "series.scope");
    bool partial = scope && strcmp(scope, "part") == 0;

    json_add_series(data, "series", event->series);
    json_add_series(data, "old", event->old);
    json_object_string(data, "scope", partial ? "part" : "all");
    if (partial && event->old && event->series)
        replaced_add(data, event->old, event->series->row.id);
    json_object_string(data, "how", patchmark_fact_string(facts, "series.how"));
    message_add(data, writing);
}

static void aliased_add(struct json_object *data, const struct writing *writing) {
    json_add_series(data, "series", writing->event->series);
    json_object_words(data, "same_as", writing->event->same_as, ' ', LIMIT_JSON_LIST, true);
    message_add(data, writing);
}

/* ---- answers ------------------------------------------------------------------------------ */

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

/* Adds the number PART to a list. */
static void number_write(struct json_list *list, int64_t part) {
    json_list_item(list);
    json_write_number(list->object->json, NULL, part);
    json_list_check(list);
}

/* Adds "parts", to which a tag with SCOPE applies, as far as they are known. */
static void tag_parts_add(struct json_object *data, const struct mail *mail, const char *scope) {
    struct part_range range = {.rest = patchmark_fact_string(mail->facts, "trailers.range")};
    int64_t total = mail->series ? mail->series->row.total : -1, part;
    struct json_list list;

    json_list_open(&list, data, "parts", '[', LIMIT_JSON_LIST);
    if (strcmp(scope, "part") == 0)
        number_write(&list, patchmark_fact_int(mail->facts, "series.target", -1));
    else if (strcmp(scope, "range") == 0)
        while (!list.full && part_range_next(&range, &part))
            number_write(&list, part);
    else if (strcmp(scope, "series") == 0)
        for (part = 1; part <= total && !list.full; part++)
            number_write(&list, part);
    json_list_close(&list, false);
}

static void given_add(struct json_object *data, const struct writing *writing) {
    const struct mail *mail = writing->mail;
    const char *item = patchmark_fact_item(mail->facts, "trailers.given", writing->event->item);
    struct json_tag_given tag = json_tag_read(item ? item : "");
    const char *scope = scope_of(mail->facts);
    struct json_object trailer;

    mail_add(data, writing);
    json_object_open(&trailer, data->json, "trailer", 0);
    json_add_tag(&trailer, &tag);
    json_object_close(&trailer);
    json_write_string(data->json, "meaning", tag_meaning(tag.name.data, tag.name.length));
    json_add_tag_person(data, &tag);
    json_write_truth(data->json, "from_sender", json_tag_is_own(mail, writing->event->item));
    json_write_string(data->json, "scope", scope);
    tag_parts_add(data, mail, scope);
    if (strcmp(scope, "range") == 0 || strcmp(scope, "series") == 0)
        json_object_string(data, "range", patchmark_fact_string(mail->facts, "trailers.range"));
}

static void pull_add(struct json_object *data, const struct writing *writing) {
    mail_add(data, writing);
    json_add_pull(data, writing->mail);
}

static void report_add(struct json_object *data, const struct writing *writing) {
    const struct mail *mail = writing->mail;

    mail_add(data, writing);
    json_object_string(data, "robot", patchmark_fact_string(mail->facts, "automation.robot"));
    sender_add(data, "reporter", mail);
    json_object_string(data, "verdict", patchmark_fact_string(mail->facts, "automation.verdict"));
}

static void applied_write(struct json_list *list, const struct applied_item *item) {
    struct json_object object;

    json_list_item(list);
    json_object_open(&object, list->object->json, NULL, 0);
    json_add_number(object.json, "part", item->part);
    json_object_string(&object, "message_id", item->message_id);
    json_object_string(&object, "title", item->title);
    json_object_string(&object, "commit", item->commit);
    json_object_string(&object, "url", item->url);
    json_object_close(&object);
    json_list_check(list);
}

/* Returns true if the Message-IDs ONE and OTHER differ in one number only, as those of a series
 * that a program has numbered: "20240102.7-1-a@x" and "20240102.7-2-a@x". */
static bool are_numbered(const char *one, const char *other) {
    while (*one && *one == *other)
        one++, other++;
    if (!patchmark_is_digit(*one) || !patchmark_is_digit(*other))
        return false;
    one += strspn(one, "0123456789");
    other += strspn(other, "0123456789");
    return strcmp(one, other) == 0;
}

/* Returns the part that MAIL answers; -1 if it is unknown. */
static int64_t target_of(const struct mail *mail) {
    int64_t target = patchmark_fact_int(mail->facts, "series.target", -1);

    if (target < 0 && patchmark_fact_bool(mail->facts, "subject.reply") &&
        patchmark_fact_bool(mail->facts, "subject.patch") &&
        !patchmark_fact_is_set(mail->facts, "subject.total"))
        target = 1; /* of a patch without number */
    return target;
}

/* Adds to the items of APPLIED what MAIL itself states of the patch TARGET that it answers, if that
 * was not seen.  The mail that it answers is the patch if that starts the thread or was numbered
 * with the start, and else perhaps another answer. */
static void target_complete(struct applied *applied, int64_t target, const struct mail *mail) {
    size_t count = patchmark_message_reference_count(mail->message);
    const char *parent = count > 0 ? patchmark_message_reference(mail->message, 0) : NULL;
    bool is_patch =
        count == 1 ||
        (count == 2 && are_numbered(parent, patchmark_message_reference(mail->message, 1)));
    const char *title = patchmark_fact_string(mail->facts, "subject.title");

    for (size_t i = 0; i < applied->count; i++) {
        struct applied_item *item = &applied->items[i];

        if (item->part != target || *item->message_id)
            continue;
        if (is_patch)
            item->message_id = parent;
        if (!*item->title && title && patchmark_fact_int(mail->facts, "subject.part", 1) == target)
            item->title = title;
    }
}

static void applied_add(struct json_object *data, struct mail *mail) {
    const char *text = applied_text(mail);
    int64_t target = target_of(mail);
    struct applied applied = applied_read(&mail->arena, text ? text : "", target, mail->series);
    struct json_list list;

    if (target > 0)
        target_complete(&applied, target, mail);
    json_list_open(&list, data, "applied", '[', LIMIT_JSON_TRAILERS);
    for (size_t i = 0; i < applied.count && !list.full; i++)
        applied_write(&list, &applied.items[i]);
    json_list_close(&list, true);
    if (patchmark_fact_is_set(mail->facts, "automation.partial"))
        json_write_truth(data->json, "partial",
                         patchmark_fact_bool(mail->facts, "automation.partial"));
}

static void commit_add(struct json_object *data, const struct writing *writing) {
    struct mail *mail = writing->mail;

    mail_add(data, writing);
    sender_add(data, "who", mail);
    json_object_string(data, "robot", patchmark_fact_string(mail->facts, "automation.robot"));
    json_object_string(data, "tree", patchmark_fact_string(mail->facts, "automation.tree"));
    applied_add(data, mail);
}

/* ---- data --------------------------------------------------------------------------------- */

/* The function that writes the data of each type; NULL if no mail causes it.  The last one is for
 * an unknown type. */
static void (*const data_functions[EVENT_TYPE_COUNT + 1])(struct json_object *data,
                                                          const struct writing *writing) = {
#define DATA_FUNCTION(constant, name, add, ...) add,
    EVENT_TYPES(DATA_FUNCTION)};

char *json_event_data(struct mail *mail, const struct mail_event *event) {
    const struct writing writing = {mail, event};
    GString *json = json_write_begin();
    struct json_object data;

    for (unsigned halvings = 0;; halvings++) {
        g_string_truncate(json, 0);
        json_object_open(&data, json, NULL, halvings);
        if (data_functions[event_type_index(event->type)])
            data_functions[event_type_index(event->type)](&data, &writing);
        json_object_close(&data);
        /* Without lists, the strings have far less than the limit. */
        if (json->len <= LIMIT_JSON_DATA || halvings == 16)
            return g_string_free(json, FALSE);
    }
}

/* ---- events without a mail --------------------------------------------------------------- */

static void data_begin(struct json_object *data) {
    json_object_open(data, json_write_begin(), NULL, 0);
}

static char *data_end(struct json_object *data) {
    json_object_close(data);
    return g_string_free(data->json, FALSE);
}

char *json_incomplete_data(const struct series_view *series) {
    struct json_object data;

    data_begin(&data);
    json_add_series(&data, "series", series);
    return data_end(&data);
}

char *json_completed_data(const struct series_view *series, const struct learned *last) {
    struct json_object data;

    data_begin(&data);
    json_add_series(&data, "series", series);
    elapsed_add(&data, series);
    json_add_learned_message(&data, last);
    return data_end(&data);
}

static void counts_add(struct json_object *data, const struct json_service *service) {
    if (service->mails_count < 0 && service->events_count < 0 && service->lost_count < 0)
        return;
    json_write_open(data->json, "counts", '{');
    json_add_number(data->json, "mails", service->mails_count);
    json_add_number(data->json, "events", service->events_count);
    json_add_number(data->json, "lost", service->lost_count);
    json_write_close(data->json, '}');
}

char *json_service_data(const struct json_service *service) {
    struct json_object data;

    data_begin(&data);
    json_object_string(&data, "state", service->state);
    json_object_string(&data, "version", PACKAGE_VERSION);
    json_object_string(&data, "sink", service->sink);
    if (service->lost > 0)
        json_write_number(data.json, "lost", service->lost);
    counts_add(&data, service);
    return data_end(&data);
}
