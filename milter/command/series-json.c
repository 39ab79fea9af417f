/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-json.c - the output of `patchmark series --json`: see series-output.h.
 *
 * The objects are those of the JSON API of the web page, patchmark(1), without links to archives,
 * and with lists of any length; "scope" is added to what only the operator may see.
 */
#include "command/series-output.h"

#include "pipeline/json-bounded.h"
#include "pipeline/json-private.h"
#include "util/terminal.h"

#include <string.h>

#define ANY ((size_t)1 << 40) /* a budget that nothing exceeds */

/* ---- members ------------------------------------------------------------------------------- */

static void tags_add(GString *json, const unsigned tags[REPORT_MEANINGS]) {
    json_write_open(json, "tags", '{');
    for (enum report_meaning meaning = 0; meaning < REPORT_MEANINGS; meaning++)
        if (tags[meaning] > 0)
            json_write_number(json, series_report_meaning(meaning), tags[meaning]);
    json_write_close(json, '}');
}

static void source_add(struct json_object *object, const char *message_id, int64_t received) {
    json_object_string(object, "message_id", message_id);
    json_object_time(object, "received", received);
}

static void person_add(struct json_object *object, const char *key,
                       const struct report_person *person) {
    json_object_person(object, key, person->name, person->address);
}

/* Opens an element of a list, with its part, unless that is unknown. */
static void item_open(struct json_object *item, GString *json, int64_t part) {
    json_object_open(item, json, NULL, 0);
    json_add_number(json, "part", part);
}

/* ---- lists --------------------------------------------------------------------------------- */

static void versions_add(GString *json, const struct series_report *report) {
    struct json_object item;

    json_write_open(json, "versions", '[');
    for (size_t i = 0; i < report->version_count; i++) {
        const struct report_version *version = &report->versions[i];

        json_object_open(&item, json, NULL, 0);
        json_object_string(&item, "id", version->id);
        json_write_number(json, "version", version->version);
        json_object_string(&item, "revision", version->revision);
        json_object_text(&item, "title", version->title);
        json_object_time(&item, "opened", version->opened);
        json_object_string(&item, "state", version->state);
        json_object_words(&item, "flags", version->flags, ' ', ANY, false);
        json_object_close(&item);
    }
    json_write_close(json, ']');
}

static void parts_add(GString *json, const struct series_report *report) {
    struct json_object item;

    json_write_open(json, "parts", '[');
    for (size_t i = 0; i < report->part_count; i++) {
        const struct report_part *part = &report->parts[i];

        item_open(&item, json, part->number);
        json_object_text(&item, "title", part->title);
        json_object_string(&item, "author", part->author);
        source_add(&item, part->message_id, part->received);
        json_object_string(&item, "patch_id", part->patch_id);
        tags_add(json, part->tags);
        if (part->applied) {
            json_write_open(json, "applied", '{');
            json_add_string(json, "commit", part->commit);
            json_add_string(json, "url", part->url);
            json_write_close(json, '}');
        }
        json_object_close(&item);
    }
    json_write_close(json, ']');
    json_write_open(json, "missing", '[');
    for (size_t i = 0; i < report->missing_count; i++)
        json_write_number(json, NULL, report->missing[i]);
    json_write_close(json, ']');
}

static void given_add(GString *json, const struct series_report *report) {
    struct json_object item;

    json_write_open(json, "tags", '[');
    for (size_t i = 0; i < report->tag_count; i++) {
        const struct report_tag *tag = &report->tags[i];

        item_open(&item, json, tag->part);
        json_object_string(&item, "range", tag->range);
        json_object_string(&item, "name", tag->name);
        json_object_text(&item, "value", tag->value);
        json_write_string(json, "meaning", series_report_meaning(tag->meaning));
        person_add(&item, "person", &tag->person);
        source_add(&item, tag->message_id, tag->received);
        json_object_close(&item);
    }
    json_write_close(json, ']');
}

static void verdicts_add(GString *json, const struct series_report *report) {
    struct json_object item;

    json_write_open(json, "verdicts", '[');
    for (size_t i = 0; i < report->verdict_count; i++) {
        const struct report_verdict *verdict = &report->verdicts[i];

        item_open(&item, json, verdict->part);
        json_object_string(&item, "robot", verdict->robot);
        json_object_string(&item, "verdict", verdict->verdict);
        source_add(&item, verdict->message_id, verdict->received);
        json_object_close(&item);
    }
    json_write_close(json, ']');
}

static void applied_add(GString *json, const struct series_report *report) {
    struct json_object item;

    json_write_open(json, "applied", '[');
    for (size_t i = 0; i < report->applied_count; i++) {
        const struct report_applied *applied = &report->applied[i];

        item_open(&item, json, applied->part);
        json_object_string(&item, "title", applied->title);
        json_object_string(&item, "commit", applied->commit);
        json_object_string(&item, "url", applied->url);
        json_object_string(&item, "tree", applied->tree);
        person_add(&item, "who", &applied->who);
        source_add(&item, applied->message_id, applied->received);
        json_object_close(&item);
    }
    json_write_close(json, ']');
}

static void replies_add(GString *json, const struct series_report *report) {
    struct json_object item;

    json_write_open(json, "replies", '[');
    for (size_t i = 0; i < report->reply_count; i++) {
        const struct report_reply *reply = &report->replies[i];

        item_open(&item, json, reply->part);
        json_object_string(&item, "kind", reply->kind);
        json_object_string(&item, "robot", reply->robot);
        person_add(&item, "sender", &reply->sender);
        source_add(&item, reply->message_id, reply->received);
        json_object_close(&item);
    }
    json_write_close(json, ']');
}

/* ---- whole objects ------------------------------------------------------------------------- */

/* Prints JSON as a line, and frees it. */
static void line_print(FILE *out, GString *json) {
    terminal_write_json(out, json->str, json->len);
    putc('\n', out);
    g_string_free(json, TRUE);
}

void series_json_write(const struct series_style *style, const struct series_report *report,
                       const char *scope) {
    GString *json = json_write_begin();
    struct json_object object;

    json_object_open(&object, json, NULL, 0);
    json_object_string(&object, "scope", scope);
    json_add_series(&object, "series", &report->view);
    json_write_number(json, "have", report->have);
    json_write_truth(json, "waiting", report->counts.waiting);
    versions_add(json, report);
    parts_add(json, report);
    given_add(json, report);
    verdicts_add(json, report);
    applied_add(json, report);
    replies_add(json, report);
    json_object_close(&object);
    line_print(style->out, json);
}

/* Appends "applied": "all", or the numbers of the parts that were applied. */
static void applied_parts_add(GString *json, const struct report_counts *counts) {
    if (counts->applied_all)
        json_write_string(json, "applied", "all");
    if (counts->applied_all || !counts->applied)
        return;
    json_write_open(json, "applied", '[');
    for (size_t i = 0; i < counts->applied_count; i++)
        json_write_number(json, NULL, counts->applied_parts[i]);
    json_write_close(json, ']');
}

/* Appends "verdicts", an object with the newest result of each robot, whose name can have any
 * character. */
static void newest_verdicts_add(GString *json, const struct report_counts *counts) {
    json_write_open(json, "verdicts", '{');
    for (size_t i = 0; i < counts->verdict_count; i++) {
        GString *value = json_write_begin();

        if (json_write_string(value, NULL, counts->verdicts[i].verdict) &&
            json_write_string(json, NULL, counts->verdicts[i].robot)) {
            g_string_append_c(json, ':');
            g_string_append_len(json, value->str, (gssize)value->len);
        }
        g_string_free(value, TRUE);
    }
    json_write_close(json, '}');
}

void series_json_write_summary(const struct series_style *style,
                               const struct series_summary *summary) {
    const struct index_series *row = &summary->row;
    GString *json = json_write_begin();
    struct json_object object;

    json_object_open(&object, json, NULL, 0);
    json_object_string(&object, "id", row->id);
    json_object_string(&object, "topic", row->topic);
    json_object_text(&object, "title", row->title);
    json_object_person(&object, "author", row->patch_author_name, row->patch_author);
    json_object_words(&object, "lists", row->lists, ' ', ANY, true);
    json_object_words(&object, "tree", row->tree, '\n', ANY, false);
    json_object_words(&object, "flags", row->flags, ' ', ANY, false);
    json_write_number(json, "version", series_view_version(row));
    json_object_string(&object, "revision", row->revision);
    json_add_number(json, "total", row->total > 0 ? row->total : -1);
    json_write_number(json, "have", summary->have);
    json_write_string(json, "state", summary->state);
    json_object_time(&object, "opened", row->opened);
    json_object_time(&object, "changed", row->changed);
    tags_add(json, summary->counts.tags);
    newest_verdicts_add(json, &summary->counts);
    applied_parts_add(json, &summary->counts);
    json_write_number(json, "replies", (int64_t)summary->counts.replies);
    json_write_truth(json, "waiting", summary->counts.waiting);
    json_object_string(&object, "supersedes", row->supersedes);
    json_object_string(&object, "superseded_by", row->superseded_by);
    json_object_close(&object);
    line_print(style->out, json);
}
