/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-series.c - writes the object "series" of events; see json-private.h.
 *
 * Owns nothing and cannot fail; GLib ends the process if memory runs out.
 */
#include "pipeline/json-private.h"

#include "pipeline/bounds.h"

#include <string.h>

#define MISSING_MAX 1000 /* the highest part number in the list of missing parts */

static void part_write(struct json_list *list, const struct index_member *member) {
    struct json_object part;

    json_list_item(list);
    json_object_open(&part, list->object->json, NULL, 0);
    json_write_number(part.json, "part", member->part);
    json_object_string(&part, "message_id", member->message_id);
    json_object_text(&part, "title", member->title);
    json_object_string(&part, "patch_id", member->patch_id);
    json_object_close(&part);
    json_list_check(list);
}

static void parts_write(struct json_object *series, const struct series_view *view) {
    struct json_list list;

    json_list_open(&list, series, "parts", '[', LIMIT_JSON_PARTS);
    for (size_t i = 0; i < view->part_count && !list.full; i++)
        part_write(&list, &view->parts[i]);
    list.full = list.full || view->more;
    json_list_close(&list, true);
}

static void missing_write(struct json_object *series, const struct series_view *view) {
    struct json_list list;
    size_t i = 0;

    json_list_open(&list, series, "missing", '[', LIMIT_JSON_LIST);
    for (int64_t part = 1; part <= view->row.total && part <= MISSING_MAX && !list.full; part++) {
        while (i < view->part_count && view->parts[i].part < part)
            i++;
        if (i < view->part_count && view->parts[i].part == part)
            continue;
        json_list_item(&list);
        json_write_number(series->json, NULL, part);
        json_list_check(&list);
    }
    json_list_close(&list, true);
}

static void numbers_write(struct json_object *object, const struct index_series *series) {
    json_write_string(object->json, "id", series->id);
    json_object_string(object, "topic", series->topic);
}

/* Writes what the cover, or the lowest part, states of the series. */
static void head_write(struct json_object *object, const struct index_series *series) {
    numbers_write(object, series);
    json_object_text(object, "title", series->title);
    json_object_person(object, "author", series->patch_author_name, series->patch_author);
    json_object_person(object, "submitter", series->submitter_name, series->author);
    json_write_number(object->json, "version", series_view_version(series));
    json_object_string(object, "revision", series->revision);
    json_add_number(object->json, "total", series->total > 0 ? series->total : -1);
    json_object_words(object, "flags", series->flags, ' ', LIMIT_JSON_WORDS, true);
    json_object_words(object, "tree", series->tree, '\n', LIMIT_JSON_WORDS, false);
    json_object_words(object, "lists", series->lists, ' ', LIMIT_JSON_WORDS, true);
    json_object_string(object, "base_commit", series->base_commit);
    json_object_string(object, "change_id", series->change_id);
    json_object_words(object, "prerequisites", series->prerequisites, '\n', LIMIT_JSON_LIST, false);
}

void json_add_series(struct json_object *data, const char *key, const struct series_view *view) {
    const struct index_series *row = view ? &view->row : NULL;
    struct json_object series;

    if (!row)
        return;
    json_object_open(&series, data->json, key, data->halvings);
    head_write(&series, row);
    json_object_time(&series, "opened", row->opened);
    json_object_time(&series, "changed", row->changed);
    parts_write(&series, view);
    missing_write(&series, view);
    json_write_string(series.json, "state", index_state_name(row->state));
    if (*row->supersedes && *row->how) {
        json_object_string(&series, "supersedes", row->supersedes);
        json_object_string(&series, "how", row->how);
        json_write_string(series.json, "scope", index_is_reroll(row) ? "part" : "all");
    }
    if (row->state == INDEX_STATE_SUPERSEDED)
        json_object_string(&series, "superseded_by", row->superseded_by);
    json_object_close(&series);
}

void json_add_series_short(struct json_object *data, const struct index_series *series,
                           int64_t part) {
    struct json_object object;

    json_object_open(&object, data->json, "series", data->halvings);
    numbers_write(&object, series);
    json_write_number(object.json, "version", series_view_version(series));
    json_add_number(object.json, "part", part);
    json_add_number(object.json, "total", series->total > 0 ? series->total : -1);
    json_object_text(&object, "title", series->title);
    json_object_person(&object, "author", series->patch_author_name, series->patch_author);
    json_object_close(&object);
}
