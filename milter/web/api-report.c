/* SPDX-License-Identifier: BSD-2-Clause
 *
 * api-report.c - /api/series/ID and /api/messages/ID.
 *
 * Owns nothing and cannot fail.
 */
#include "web/api-private.h"

#include "pipeline/bounds.h"
#include "pipeline/json-private.h"

#include <string.h>

/* ---- /api/series/ID ------------------------------------------------------------------------ */

unsigned api_series_one(struct call *call) {
    struct api *api = call->api;
    const char *id =
        series_report_find_shown(api->store, &api->arena, api->configuration, call->rest);
    struct series_report report;
    struct json_object object;

    if (!id || !series_report_read(api->store, &api->arena, api->configuration, id, &report))
        return 404;
    if (strcmp(id, call->rest) != 0) {
        call->location = arena_join(&api->arena, (const char *[]){"/api/series/", id, NULL});
        return 301;
    }
    json_object_open(&object, call->body, NULL, 0);
    api_add_state(call, &object);
    json_report_add(&api->style, &object, &report);
    json_object_close(&object);
    return 200;
}

/* ---- /api/messages/ID ---------------------------------------------------------------------- */

/* Fills ROW with the series of MESSAGE.  Returns false if it belongs to none, or to one that must
 * not be shown. */
static bool series_read(struct api *api, const struct index_message *message,
                        struct index_series *row) {
    struct series_view view;

    if (!*message->series || !series_view_find(api->store, &api->arena, message->series, &view) ||
        !*series_report_lists(&api->arena, api->configuration, view.row.lists) ||
        !index_first_member(api->store, view.row.id))
        return false;
    *row = view.row;
    return true;
}

/* Returns the name of the person with ADDRESS, of whom the index has a name if it is the submitter
 * or the author of the series ROW; "" for another one.  ROW may be NULL. */
static const char *name_of(const struct index_series *row, const char *address) {
    if (!row || !*address)
        return "";
    return strcmp(row->author, address) == 0         ? row->submitter_name
           : strcmp(row->patch_author, address) == 0 ? row->patch_author_name
                                                     : "";
}

static void message_write(struct call *call, const struct index_message *message,
                          const struct index_description *text, const struct index_series *row) {
    const struct report_person sender = {*text->sender_name ? text->sender_name
                                                            : name_of(row, message->sender),
                                         message->sender};
    const struct report_person author = {name_of(row, text->author), text->author};
    const struct json_report_style *style = &call->api->style;
    struct json_object object;

    json_object_open(&object, call->body, "message", 0);
    json_object_string(&object, "id", message->message_id);
    json_object_string(&object, "kind", message->kind);
    json_object_string(&object, "title", text->title);
    json_report_add_person(style, &object, "sender", &sender);
    if (*text->title)
        json_report_add_person(style, &object, "author", &author);
    json_object_time(&object, "received", message->received);
    json_object_words(&object, "lists", message->lists, ' ', LIMIT_JSON_WORDS, true);
    json_add_number(call->body, "part", message->part);
    json_object_string(&object, "robot", text->robot);
    json_object_string(&object, "verdict", text->verdict);
    json_object_string(&object, "patch_id", message->patch_id);
    json_report_add_archive_url(style, &object, message->lists, message->message_id);
    json_object_close(&object);
}

/* Appends "target" with the part that an answer is about. */
static void target_write(struct call *call, const struct index_message *message,
                         const struct index_description *text) {
    if (message->part >= 0 || text->target < 0)
        return;
    json_write_open(call->body, "target", '{');
    json_write_number(call->body, "part", text->target);
    json_write_close(call->body, '}');
}

unsigned api_message(struct call *call) {
    struct api *api = call->api;
    struct index_description text;
    struct index_message message;
    struct json_object object;
    struct index_series row;
    bool has_series;

    if (!series_report_message(api->store, &api->arena, api->configuration, call->rest, &message) ||
        !index_find_description(api->store, message.message_id, &text))
        return 404;
    has_series = series_read(api, &message, &row);
    json_object_open(&object, call->body, NULL, 0);
    api_add_state(call, &object);
    message_write(call, &message, &text, has_series ? &row : NULL);
    target_write(call, &message, &text);
    if (has_series)
        json_add_series_short(&object, &row, message.part);
    json_object_close(&object);
    return 200;
}
