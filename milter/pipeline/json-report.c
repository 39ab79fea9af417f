/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-report.c - see json-report.h.  Owns nothing.
 */
#include "pipeline/json-report.h"

#include "pipeline/archive-url.h"
#include "pipeline/bounds.h"
#include "pipeline/json-private.h"
#include "pipeline/mail-lists.h"

#define WHOLE (SIZE_MAX / 2) /* a budget that nothing exceeds */

/* ---- members ------------------------------------------------------------------------------- */

/* Returns true if TEXT may be shown: for others than the operator, if it has no address of a closed
 * list. */
static bool is_shown(const struct json_report_style *style, const char *text) {
    return style->whole || !style->configuration ||
           !mail_lists_names_closed(style->configuration, text);
}

void json_report_add_person(const struct json_report_style *style, struct json_object *object,
                            const char *key, const struct report_person *person) {
    if (is_shown(style, person->address))
        json_object_person(object, key, person->name, person->address);
}

void json_report_add_archive_url(const struct json_report_style *style, struct json_object *object,
                                 const char *lists, const char *message_id) {
    if (style->configuration && message_id)
        json_add_string(object->json, "archive_url",
                        archive_url_find(style->arena, style->configuration, lists, message_id));
}

/* Appends "tags", numbers of senders by meaning; nothing if there are none. */
static void counts_add(struct json_object *object, const unsigned tags[REPORT_MEANINGS]) {
    struct json_list list;

    json_list_open(&list, object, "tags", '{', LIMIT_JSON_LIST);
    for (enum report_meaning meaning = 0; meaning < REPORT_MEANINGS; meaning++)
        if (tags[meaning] > 0)
            json_write_number(object->json, series_report_meaning(meaning), tags[meaning]);
    json_list_close(&list, false);
}

/* ---- lists of a report --------------------------------------------------------------------- */

/* A report that is being written. */
struct writing {
    const struct json_report_style *style;
    struct json_object *object; /* the whole report */
    struct json_list list;      /* the list that is open */
    struct json_object item;
    bool more; /* a list was cut */
};

static void list_begin(struct writing *writing, const char *key, size_t budget) {
    json_list_open(&writing->list, writing->object, key, '[',
                   writing->style->whole ? WHOLE : budget);
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

static void person_add(struct writing *writing, const char *key,
                       const struct report_person *person) {
    json_report_add_person(writing->style, &writing->item, key, person);
}

static void archive_url_add(struct writing *writing, const char *lists, const char *message_id) {
    json_report_add_archive_url(writing->style, &writing->item, lists, message_id);
}

static void versions_write(struct writing *writing, const struct series_report *report) {
    list_begin(writing, "versions", LIMIT_REPORT_LIST);
    for (size_t i = 0; i < report->version_count && item_begin(writing); i++) {
        const struct report_version *version = &report->versions[i];

        json_object_string(&writing->item, "id", version->id);
        json_write_number(writing->item.json, "version", version->version);
        json_object_string(&writing->item, "revision", version->revision);
        json_object_text(&writing->item, "title", version->title);
        json_object_time(&writing->item, "opened", version->opened);
        json_object_string(&writing->item, "state", version->state);
        if (version->reroll)
            json_write_string(writing->item.json, "scope", "part");
        json_object_words(&writing->item, "flags", version->flags, ' ', LIMIT_JSON_WORDS, false);
        item_end(writing);
    }
    list_end(writing);
}

static void parts_write(struct writing *writing, const struct series_report *report) {
    list_begin(writing, "parts", LIMIT_REPORT_PARTS);
    for (size_t i = 0; i < report->part_count && item_begin(writing); i++) {
        const struct report_part *part = &report->parts[i];

        part_add(writing, part->number);
        json_object_text(&writing->item, "title", part->title);
        source_add(writing, part->message_id, part->received);
        json_object_string(&writing->item, "patch_id", part->patch_id);
        archive_url_add(writing, part->lists, part->message_id);
        counts_add(&writing->item, part->tags);
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
    list_begin(writing, "tags", LIMIT_REPORT_LIST);
    for (size_t i = 0; i < report->tag_count; i++) {
        const struct report_tag *tag = &report->tags[i];

        if (!is_shown(writing->style, tag->value))
            continue;
        if (!item_begin(writing))
            break;
        part_add(writing, tag->part);
        json_object_string(&writing->item, "range", tag->range);
        json_object_string(&writing->item, "name", tag->name);
        json_object_text(&writing->item, "value", tag->value);
        json_write_string(writing->item.json, "meaning", series_report_meaning(tag->meaning));
        person_add(writing, "person", &tag->person);
        source_add(writing, tag->message_id, tag->received);
        item_end(writing);
    }
    list_end(writing);
}

static void verdicts_write(struct writing *writing, const struct series_report *report) {
    list_begin(writing, "verdicts", LIMIT_REPORT_LIST);
    for (size_t i = 0; i < report->verdict_count && item_begin(writing); i++) {
        const struct report_verdict *verdict = &report->verdicts[i];

        json_object_string(&writing->item, "robot", verdict->robot);
        json_object_string(&writing->item, "verdict", verdict->verdict);
        part_add(writing, verdict->part);
        source_add(writing, verdict->message_id, verdict->received);
        archive_url_add(writing, verdict->lists, verdict->message_id);
        item_end(writing);
    }
    list_end(writing);
}

static void applied_write(struct writing *writing, const struct series_report *report) {
    list_begin(writing, "applied", LIMIT_REPORT_LIST);
    for (size_t i = 0; i < report->applied_count && item_begin(writing); i++) {
        const struct report_applied *applied = &report->applied[i];

        part_add(writing, applied->part);
        json_object_string(&writing->item, "title", applied->title);
        json_object_string(&writing->item, "commit", applied->commit);
        json_object_string(&writing->item, "url", applied->url);
        json_object_string(&writing->item, "tree", applied->tree);
        person_add(writing, "who", &applied->who);
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
    list_begin(writing, "replies", LIMIT_REPORT_REPLIES);
    for (size_t i = 0; i < report->reply_count && item_begin(writing); i++) {
        const struct report_reply *reply = &report->replies[i];

        part_add(writing, reply->part);
        json_object_string(&writing->item, "kind", reply->kind);
        json_object_string(&writing->item, "robot", reply->robot);
        person_add(writing, "sender", &reply->sender);
        source_add(writing, reply->message_id, reply->received);
        flags_write(&writing->item, reply);
        archive_url_add(writing, reply->lists, reply->message_id);
        item_end(writing);
    }
    list_end(writing);
}

static void replaced_write(struct writing *writing, const struct series_report *report) {
    if (report->replaced_count == 0)
        return;
    list_begin(writing, "replaced", LIMIT_REPORT_LIST);
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

/* ---- a report ------------------------------------------------------------------------------ */

void json_report_add(const struct json_report_style *style, struct json_object *object,
                     const struct series_report *report) {
    struct writing writing = {.style = style, .object = object};

    json_add_series(object, "series", &report->view);
    json_write_number(object->json, "have", report->have);
    json_write_truth(object->json, "waiting", report->counts.waiting);
    versions_write(&writing, report);
    parts_write(&writing, report);
    tags_write(&writing, report);
    verdicts_write(&writing, report);
    applied_write(&writing, report);
    replies_write(&writing, report);
    replaced_write(&writing, report);
    if (writing.more || report->more)
        json_write_truth(object->json, "more", true);
}

/* ---- a summary ----------------------------------------------------------------------------- */

/* Appends the robot and the verdict of VERDICT as a member.  A robot's name can have any
 * character, which the functions of json-write.h do not expect in a key. */
static void newest_verdict_add(struct json_list *list, const struct report_verdict *verdict) {
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

static void newest_verdicts_add(struct json_object *object, const struct report_counts *counts) {
    struct json_list list;

    json_list_open(&list, object, "verdicts", '{', LIMIT_JSON_LIST);
    for (size_t i = 0; i < counts->verdict_count && !list.full; i++)
        newest_verdict_add(&list, &counts->verdicts[i]);
    json_list_close(&list, false);
}

/* Appends "applied": "all", or the numbers of the parts that were applied. */
static void applied_parts_add(struct json_object *object, const struct report_counts *counts) {
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

static void head_add(const struct json_report_style *style, struct json_object *object,
                     const struct index_series *row) {
    const struct report_person author = {row->patch_author_name, row->patch_author};

    json_object_string(object, "id", row->id);
    json_object_string(object, "topic", row->topic);
    json_object_text(object, "title", row->title);
    json_report_add_person(style, object, "author", &author);
    json_object_words(object, "lists", row->lists, ' ', LIMIT_JSON_WORDS, true);
    json_object_words(object, "tree", row->tree, '\n', LIMIT_JSON_WORDS, false);
    json_object_words(object, "flags", row->flags, ' ', LIMIT_JSON_WORDS, false);
    json_write_number(object->json, "version", series_view_version(row));
    json_object_string(object, "revision", row->revision);
    json_add_number(object->json, "total", row->total > 0 ? row->total : -1);
}

void json_report_add_summary(const struct json_report_style *style, GString *json,
                             const struct series_summary *summary) {
    const struct index_series *row = &summary->row;
    struct json_object object;

    json_object_open(&object, json, NULL, 0);
    head_add(style, &object, row);
    json_write_number(json, "have", summary->have);
    json_write_string(json, "state", summary->state);
    json_object_time(&object, "opened", row->opened);
    json_object_time(&object, "changed", row->changed);
    counts_add(&object, summary->counts.tags);
    newest_verdicts_add(&object, &summary->counts);
    applied_parts_add(&object, &summary->counts);
    json_write_number(json, "replies", (int64_t)summary->counts.replies);
    json_write_truth(json, "waiting", summary->counts.waiting);
    json_object_string(&object, "supersedes", row->supersedes);
    if (index_is_reroll(row))
        json_write_string(json, "scope", "part");
    json_object_string(&object, "superseded_by", row->superseded_by);
    json_report_add_archive_url(style, &object, row->lists, summary->first);
    json_object_close(&object);
}
