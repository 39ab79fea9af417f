/* SPDX-License-Identifier: BSD-2-Clause
 *
 * api-series.c - /api/series: lists of series, and what they have in common with other answers.
 *
 * Owns nothing and cannot fail.
 */
#include "web/api-private.h"

#include "pipeline/archive-url.h"
#include "pipeline/bounds.h"
#include "pipeline/mail-lists.h"
#include "web/bounds.h"

#include <string.h>

/* ---- members ------------------------------------------------------------------------------- */

void api_add_tags(struct json_object *object, const unsigned tags[REPORT_MEANINGS]) {
    struct json_list list;

    json_list_open(&list, object, "tags", '{', LIMIT_JSON_LIST);
    for (enum report_meaning meaning = 0; meaning < REPORT_MEANINGS; meaning++)
        if (tags[meaning] > 0)
            json_write_number(object->json, series_report_meaning(meaning), tags[meaning]);
    json_list_close(&list, false);
}

void api_add_person(struct call *call, struct json_object *object, const char *key,
                    const struct report_person *person) {
    if (!mail_lists_names_closed(call->api->configuration, person->address))
        json_object_person(object, key, person->name, person->address);
}

void api_add_archive_url(struct call *call, struct json_object *object, const char *lists,
                         const char *message_id) {
    json_add_string(object->json, "archive_url",
                    archive_url_find(&call->api->arena, call->api->configuration, lists,
                                     message_id ? message_id : ""));
}

/* Appends the robot and the verdict of VERDICT as a member.  A robot's name can have any
 * character, which the functions of json-write.h do not expect in a key. */
static void verdict_add(struct json_list *list, const struct report_verdict *verdict) {
    GString *json = list->object->json, *value = json_write_begin();

    json_list_item(list);
    if (json_write_string(value, NULL, verdict->verdict) &&
        json_write_string(json, NULL, verdict->robot)) {
        g_string_append_c(json, ':');
        g_string_append(json, value->str);
    }
    g_string_free(value, TRUE);
    json_list_check(list);
}

static void verdicts_add(struct json_object *object, const struct report_counts *counts) {
    struct json_list list;

    json_list_open(&list, object, "verdicts", '{', LIMIT_JSON_LIST);
    for (size_t i = 0; i < counts->verdict_count && !list.full; i++)
        verdict_add(&list, &counts->verdicts[i]);
    json_list_close(&list, false);
}

/* Appends "applied": "all", or the numbers of the parts that were applied. */
static void applied_add(struct json_object *object, const struct report_counts *counts) {
    struct json_list list;

    if (counts->applied_all) {
        json_write_string(object->json, "applied", "all");
        return;
    }
    if (!counts->applied)
        return;
    json_list_open(&list, object, "applied", '[', LIMIT_JSON_LIST);
    for (size_t i = 0; i < counts->applied_count && !list.full; i++) {
        json_list_item(&list);
        json_write_number(object->json, NULL, counts->applied_parts[i]);
        json_list_check(&list);
    }
    json_list_close(&list, true);
}

/* ---- a series in a list -------------------------------------------------------------------- */

static void head_add(struct call *call, struct json_object *object,
                     const struct index_series *row) {
    const struct report_person author = {row->patch_author_name, row->patch_author};

    json_object_string(object, "id", row->id);
    json_object_string(object, "topic", row->topic);
    json_object_text(object, "title", row->title);
    api_add_person(call, object, "author", &author);
    json_object_words(object, "lists", row->lists, ' ', LIMIT_JSON_WORDS, true);
    json_object_words(object, "tree", row->tree, '\n', LIMIT_JSON_WORDS, false);
    json_object_words(object, "flags", row->flags, ' ', LIMIT_JSON_WORDS, false);
    json_write_number(object->json, "version", series_view_version(row));
    json_object_string(object, "revision", row->revision);
    json_add_number(object->json, "total", row->total > 0 ? row->total : -1);
}

void api_add_summary(struct call *call, GString *json, const struct series_summary *summary) {
    const struct index_series *row = &summary->row;
    struct json_object object;

    json_object_open(&object, json, NULL, 0);
    head_add(call, &object, row);
    json_write_number(json, "have", summary->have);
    json_write_string(json, "state", summary->state);
    json_object_time(&object, "opened", row->opened);
    json_object_time(&object, "changed", row->changed);
    api_add_tags(&object, summary->counts.tags);
    verdicts_add(&object, &summary->counts);
    applied_add(&object, &summary->counts);
    json_write_number(json, "replies", (int64_t)summary->counts.replies);
    json_write_truth(json, "waiting", summary->counts.waiting);
    json_object_string(&object, "supersedes", row->supersedes);
    json_object_string(&object, "superseded_by", row->superseded_by);
    api_add_archive_url(call, &object, row->lists, summary->first);
    json_object_close(&object);
}

/* ---- one series ---------------------------------------------------------------------------- */

static bool series_is_shown(struct api *api, const char *name) {
    const char *id = series_report_find_shown(api->store, &api->arena, api->configuration, name);
    struct series_view view;

    return id && series_view_find(api->store, &api->arena, id, &view) &&
           *series_report_lists(&api->arena, api->configuration, view.row.lists) &&
           index_first_member(api->store, view.row.id);
}

bool api_may_have_series(struct api *api, const char *name) {
    bool good, shown = true;

    arena_reset(&api->arena);
    good = store_begin(api->store) == 0;
    if (good)
        shown = series_is_shown(api, name);
    good = store_commit(api->store) == 0 && good;
    return shown || !good;
}

/* ---- /api/series --------------------------------------------------------------------------- */

static void page_write(struct call *call, const struct series_page *page) {
    struct json_object object;
    struct json_list list;

    json_object_open(&object, call->body, NULL, 0);
    api_add_state(call, &object);
    json_list_open(&list, &object, "series", '[', LIMIT_API_BYTES);
    for (size_t i = 0; i < page->count && !list.full; i++) {
        json_list_item(&list);
        api_add_summary(call, call->body, &page->series[i]);
        json_list_check(&list);
    }
    json_list_close(&list, true);
    json_object_string(&object, "next", page->next);
    if (page->searched_to > 0)
        json_object_time(&object, "searched_to", page->searched_to);
    json_object_close(&object);
}

/* Returns true if VALUE is ONE or OTHER, or absent. */
static bool is_one_of(const char *value, const char *one, const char *other) {
    return !*value || strcmp(value, one) == 0 || strcmp(value, other) == 0;
}

unsigned api_series_list(struct call *call) {
    const char *order = api_argument(call, "order");
    struct series_filter filter = {.text = api_argument(call, "q"),
                                   .list = api_argument(call, "list"),
                                   .author = api_argument(call, "author"),
                                   .state = api_argument(call, "state"),
                                   .waiting = strcmp(api_argument(call, "waiting"), "1") == 0,
                                   .applied = api_argument(call, "applied"),
                                   .oldest_first = strcmp(order, "oldest") == 0,
                                   .before = api_argument(call, "before"),
                                   .hide = call->api->configuration};
    int64_t limit = DEFAULT_API_ITEMS;
    struct series_page page;

    if (!api_argument_number(call, "limit", 1, LIMIT_API_ITEMS, &limit))
        return 400;
    if (*filter.before && !series_report_is_cursor(filter.before))
        return api_refuse(call, "`before` is not the `next` of an earlier answer");
    if (*filter.state && !series_report_is_state(filter.state))
        return api_refuse(call, "`state` is none of open, incomplete, complete, superseded");
    if (!is_one_of(order, "newest", "oldest"))
        return api_refuse(call, "`order` is none of newest, oldest");
    if (!is_one_of(filter.applied, "all", "some"))
        return api_refuse(call, "`applied` is none of all, some");
    if (!is_one_of(api_argument(call, "waiting"), "1", "0"))
        return api_refuse(call, "`waiting` is none of 0, 1");
    filter.limit = (size_t)limit;
    if (series_report_list(call->api->store, &call->api->arena, &filter, &page) < 0)
        return 503;
    page_write(call, &page);
    return 200;
}
