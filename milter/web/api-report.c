/* SPDX-License-Identifier: BSD-2-Clause
 *
 * api-report.c - /api/series/ID and /api/messages/ID.
 *
 * Owns nothing and cannot fail.
 */
#include "web/api-private.h"

#include "pipeline/bounds.h"
#include "pipeline/json-private.h"
#include "pipeline/mail-lists.h"
#include "web/bounds.h"

#include <string.h>

/* An answer that is being written. */
struct writing {
    struct call *call;
    struct json_object *object; /* the whole answer */
    struct json_list list;      /* the list that is open */
    struct json_object item;
    bool more; /* a list was cut */
};

static void list_begin(struct writing *writing, const char *key, size_t budget) {
    json_list_open(&writing->list, writing->object, key, '[', budget);
}

/* Begins an item.  Returns false if there is no room for one. */
static bool item_begin(struct writing *writing) {
    if (writing->list.full)
        return false;
    json_list_item(&writing->list);
    json_object_open(&writing->item, writing->object->json, NULL, 0);
    return true;
}

static void item_end(struct writing *writing) {
    json_object_close(&writing->item);
    json_list_check(&writing->list);
}

static void list_end(struct writing *writing) {
    writing->more = writing->more || writing->list.full;
    json_list_close(&writing->list, true);
}

/* Appends a part, or nothing for an unknown one. */
static void part_add(struct writing *writing, int64_t part) {
    json_add_number(writing->item.json, "part", part);
}

static void source_add(struct writing *writing, const char *message_id, int64_t received) {
    json_object_string(&writing->item, "message_id", message_id);
    json_object_time(&writing->item, "received", received);
}

/* ---- lists --------------------------------------------------------------------------------- */

static void versions_write(struct writing *writing, const struct series_report *report) {
    list_begin(writing, "versions", LIMIT_API_LIST);
    for (size_t i = 0; i < report->version_count && item_begin(writing); i++) {
        const struct report_version *version = &report->versions[i];

        json_object_string(&writing->item, "id", version->id);
        json_write_number(writing->item.json, "version", version->version);
        json_object_string(&writing->item, "revision", version->revision);
        json_object_text(&writing->item, "title", version->title);
        json_object_time(&writing->item, "opened", version->opened);
        json_object_string(&writing->item, "state", version->state);
        json_object_words(&writing->item, "flags", version->flags, ' ', LIMIT_JSON_WORDS, false);
        item_end(writing);
    }
    list_end(writing);
}

static void parts_write(struct writing *writing, const struct series_report *report) {
    list_begin(writing, "parts", LIMIT_API_PARTS);
    for (size_t i = 0; i < report->part_count && item_begin(writing); i++) {
        const struct report_part *part = &report->parts[i];

        part_add(writing, part->number);
        json_object_text(&writing->item, "title", part->title);
        source_add(writing, part->message_id, part->received);
        json_object_string(&writing->item, "patch_id", part->patch_id);
        api_add_archive_url(writing->call, &writing->item, part->lists, part->message_id);
        api_add_tags(&writing->item, part->tags);
        if (part->applied) {
            json_write_open(writing->item.json, "applied", '{');
            json_add_string(writing->item.json, "commit", part->commit);
            json_add_string(writing->item.json, "url", part->url);
            json_write_close(writing->item.json, '}');
        }
        item_end(writing);
    }
    list_end(writing);
}

static void tags_write(struct writing *writing, const struct series_report *report) {
    list_begin(writing, "tags", LIMIT_API_LIST);
    for (size_t i = 0; i < report->tag_count; i++) {
        const struct report_tag *tag = &report->tags[i];

        if (mail_lists_names_closed(writing->call->api->configuration, tag->value))
            continue;
        if (!item_begin(writing))
            break;
        part_add(writing, tag->part);
        json_object_string(&writing->item, "range", tag->range);
        json_object_string(&writing->item, "name", tag->name);
        json_object_text(&writing->item, "value", tag->value);
        json_write_string(writing->item.json, "meaning", series_report_meaning(tag->meaning));
        api_add_person(writing->call, &writing->item, "person", &tag->person);
        source_add(writing, tag->message_id, tag->received);
        item_end(writing);
    }
    list_end(writing);
}

static void verdicts_write(struct writing *writing, const struct series_report *report) {
    list_begin(writing, "verdicts", LIMIT_API_LIST);
    for (size_t i = 0; i < report->verdict_count && item_begin(writing); i++) {
        const struct report_verdict *verdict = &report->verdicts[i];

        json_object_string(&writing->item, "robot", verdict->robot);
        json_object_string(&writing->item, "verdict", verdict->verdict);
        part_add(writing, verdict->part);
        source_add(writing, verdict->message_id, verdict->received);
        api_add_archive_url(writing->call, &writing->item, verdict->lists, verdict->message_id);
        item_end(writing);
    }
    list_end(writing);
}

static void applied_write(struct writing *writing, const struct series_report *report) {
    list_begin(writing, "applied", LIMIT_API_LIST);
    for (size_t i = 0; i < report->applied_count && item_begin(writing); i++) {
        const struct report_applied *applied = &report->applied[i];

        part_add(writing, applied->part);
        json_object_string(&writing->item, "title", applied->title);
        json_object_string(&writing->item, "commit", applied->commit);
        json_object_string(&writing->item, "url", applied->url);
        json_object_string(&writing->item, "tree", applied->tree);
        api_add_person(writing->call, &writing->item, "who", &applied->who);
        source_add(writing, applied->message_id, applied->received);
        item_end(writing);
    }
    list_end(writing);
}

static void flags_write(struct json_object *object, const struct report_reply *reply) {
    const char *flags[4];
    size_t count = 0;

    if (*reply->robot)
        flags[count++] = "automated";
    if (reply->applies)
        flags[count++] = "applied";
    if (reply->says[REPORT_APPROVE])
        flags[count++] = "review";
    if (reply->says[REPORT_REFUSE])
        flags[count++] = "nack";
    if (count > 0)
        json_object_strings(object, "flags", flags, count, LIMIT_JSON_WORDS, true);
}

static void replies_write(struct writing *writing, const struct series_report *report) {
    list_begin(writing, "replies", LIMIT_API_REPLIES);
    for (size_t i = 0; i < report->reply_count && item_begin(writing); i++) {
        const struct report_reply *reply = &report->replies[i];

        part_add(writing, reply->part);
        json_object_string(&writing->item, "kind", reply->kind);
        json_object_string(&writing->item, "robot", reply->robot);
        api_add_person(writing->call, &writing->item, "sender", &reply->sender);
        source_add(writing, reply->message_id, reply->received);
        flags_write(&writing->item, reply);
        api_add_archive_url(writing->call, &writing->item, reply->lists, reply->message_id);
        item_end(writing);
    }
    list_end(writing);
}

static void replaced_write(struct writing *writing, const struct series_report *report) {
    if (report->replaced_count == 0)
        return;
    list_begin(writing, "replaced", LIMIT_API_LIST);
    for (size_t i = 0; i < report->replaced_count && item_begin(writing); i++) {
        const struct series_replaced *replaced = &report->replaced[i];

        part_add(writing, replaced->part);
        json_object_string(&writing->item, "message_id", replaced->message_id);
        json_object_string(&writing->item, "by", replaced->by);
        json_object_string(&writing->item, "series", replaced->series);
        item_end(writing);
    }
    list_end(writing);
}

/* ---- /api/series/ID ------------------------------------------------------------------------ */

static void report_write(struct call *call, const struct series_report *report) {
    struct json_object object;
    struct writing writing = {.call = call, .object = &object};

    json_object_open(&object, call->body, NULL, 0);
    api_add_state(call, &object);
    json_add_series(&object, "series", &report->view);
    json_write_number(call->body, "have", report->have);
    json_write_truth(call->body, "waiting", report->counts.waiting);
    versions_write(&writing, report);
    parts_write(&writing, report);
    tags_write(&writing, report);
    verdicts_write(&writing, report);
    applied_write(&writing, report);
    replies_write(&writing, report);
    replaced_write(&writing, report);
    if (writing.more || report->more)
        json_write_truth(call->body, "more", true);
    json_object_close(&object);
}

unsigned api_series_one(struct call *call) {
    struct api *api = call->api;
    const char *id =
        series_report_find_shown(api->store, &api->arena, api->configuration, call->rest);
    struct series_report report;

    if (!id || !series_report_read(api->store, &api->arena, api->configuration, id, &report))
        return 404;
    if (strcmp(id, call->rest) != 0) {
        call->location = arena_join(&api->arena, (const char *[]){"/api/series/", id, NULL});
        return 301;
    }
    report_write(call, &report);
    return 200;
}

/* ---- /api/messages/ID ---------------------------------------------------------------------- */

static void message_write(struct call *call, const struct index_message *message,
                          const struct index_description *text) {
    const struct report_person sender = {text->sender_name, message->sender};
    const struct report_person author = {"", text->author};
    struct json_object object;

    json_object_open(&object, call->body, "message", 0);
    json_object_string(&object, "id", message->message_id);
    json_object_string(&object, "kind", message->kind);
    json_object_string(&object, "title", text->title);
    api_add_person(call, &object, "sender", &sender);
    if (*text->title)
        api_add_person(call, &object, "author", &author);
    json_object_time(&object, "received", message->received);
    json_object_words(&object, "lists", message->lists, ' ', LIMIT_JSON_WORDS, true);
    json_add_number(call->body, "part", message->part >= 0 ? message->part : text->target);
    json_object_string(&object, "robot", text->robot);
    json_object_string(&object, "verdict", text->verdict);
    json_object_string(&object, "patch_id", message->patch_id);
    api_add_archive_url(call, &object, message->lists, message->message_id);
    json_object_close(&object);
}

/* Appends "series" in short, if the mail belongs to one that may be shown. */
static void series_write(struct call *call, struct json_object *object,
                         const struct index_message *message) {
    struct api *api = call->api;
    struct series_view view;

    if (!*message->series || !series_view_find(api->store, &api->arena, message->series, &view) ||
        !*series_report_lists(&api->arena, api->configuration, view.row.lists) ||
        !index_first_member(api->store, view.row.id))
        return;
    json_add_series_short(object, &view.row, message->part);
}

unsigned api_message(struct call *call) {
    struct api *api = call->api;
    struct index_description text;
    struct index_message message;
    struct json_object object;

    if (!series_report_message(api->store, &api->arena, api->configuration, call->rest, &message) ||
        !index_find_description(api->store, message.message_id, &text))
        return 404;
    json_object_open(&object, call->body, NULL, 0);
    api_add_state(call, &object);
    message_write(call, &message, &text);
    series_write(call, &object, &message);
    json_object_close(&object);
    return 200;
}
