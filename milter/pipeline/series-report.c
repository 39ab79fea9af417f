/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-report.c - one series, for people; see series-report.h.  Owns nothing.
 */
#include "pipeline/series-report-private.h"

#include "pipeline/bounds.h"
#include "util/word-set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words and ids ------------------------------------------------------------------------- */

const char *series_report_meaning(enum report_meaning meaning) {
    static const char *const names[] = {[REPORT_APPROVE] = "approve",
                                        [REPORT_TEST] = "test",
                                        [REPORT_REFUSE] = "refuse",
                                        [REPORT_REPORT] = "report",
                                        [REPORT_CREDIT] = "credit"};

    return names[meaning];
}

const char *report_keep(struct arena *arena, const char *text) {
    return text && *text ? arena_copy(arena, text, strlen(text)) : "";
}

/* Returns ID without angle brackets; it is ID or belongs to ARENA. */
static const char *bare_id(struct arena *arena, const char *id) {
    size_t length = strlen(id);

    return length > 2 && id[0] == '<' && id[length - 1] == '>'
               ? arena_copy(arena, id + 1, length - 2)
               : id;
}

/* ---- lists --------------------------------------------------------------------------------- */

static bool is_closed(const struct configuration *hide, const char *id) {
    const struct configuration_list *list = configuration_list_by_id(hide, id);

    return list && !list->publish;
}

const char *series_report_lists(struct arena *arena, const struct configuration *hide,
                                const char *lists) {
    const char *open = "", *next;

    if (!hide || !configuration_has_closed_lists(hide))
        return report_keep(arena, lists);
    for (const char *at = lists + strspn(lists, " "); *at; at = next + strspn(next, " ")) {
        const char *id = arena_copy(arena, at, strcspn(at, " "));

        next = at + strlen(id);
        if (!is_closed(hide, id))
            open = word_set_join(arena, open, id, LIMIT_LISTS_BYTES);
    }
    return open;
}

bool report_is_hidden(const struct configuration *hide, const char *lists) {
    char id[LIMIT_LISTS_BYTES + 1];
    const char *next;

    if (!hide)
        return false;
    if (!configuration_has_closed_lists(hide))
        return !*lists;
    for (const char *at = lists + strspn(lists, " "); *at; at = next + strspn(next, " ")) {
        size_t length = strcspn(at, " ");

        next = at + length;
        snprintf(id, sizeof(id), "%.*s", (int)MIN(length, sizeof(id) - 1), at);
        if (!is_closed(hide, id))
            return false;
    }
    return true;
}

/* ---- looking up ---------------------------------------------------------------------------- */

/* The newest series of a topic. */
struct newest {
    struct arena *arena;
    struct store *store;
    const char *id;
    int64_t opened;
};

static void newest_keep(void *argument, const struct index_series *series) {
    struct newest *newest = argument;
    bool later = !newest->id || series->opened > newest->opened ||
                 index_series_place(newest->store, series->id) >
                     index_series_place(newest->store, newest->id);

    if (!later)
        return;
    newest->id = report_keep(newest->arena, series->id);
    newest->opened = series->opened;
}

const char *series_report_find(struct store *store, struct arena *arena, const char *name) {
    struct newest newest = {.arena = arena, .store = store};
    struct index_message message;
    struct index_series found;

    if (index_find_series(store, name, &found))
        return report_keep(arena, found.id);
    if (strncmp(name, "t1-", 3) == 0 && index_walk_topic(store, name, newest_keep, &newest) == 0 &&
        newest.id)
        return newest.id;
    if (index_find_message(store, bare_id(arena, name), &message) && *message.series &&
        index_find_series(store, message.series, &found))
        return report_keep(arena, found.id);
    return NULL;
}

bool series_report_message(struct store *store, struct arena *arena,
                           const struct configuration *hide, const char *message_id,
                           struct index_message *message) {
    if (!index_find_message(store, bare_id(arena, message_id), message) ||
        report_is_hidden(hide, message->lists) || (hide && !message->published))
        return false;
    message->message_id = report_keep(arena, message->message_id);
    message->series = report_keep(arena, message->series);
    message->sender = report_keep(arena, message->sender);
    message->kind = report_keep(arena, message->kind);
    message->lists = series_report_lists(arena, hide, message->lists);
    message->posted = series_report_lists(arena, hide, message->posted);
    message->via = message->supersedes = message->how = message->same_as = message->scope = "";
    message->topic = report_keep(arena, message->topic);
    message->patch_id = report_keep(arena, message->patch_id);
    return true;
}

const char *series_report_find_shown(struct store *store, struct arena *arena,
                                     const struct configuration *hide, const char *name) {
    bool is_id = strncmp(name, "s1-", 3) == 0 || strncmp(name, "t1-", 3) == 0;
    struct index_message message;

    return is_id || series_report_message(store, arena, hide, name, &message)
               ? series_report_find(store, arena, name)
               : NULL;
}

/* ---- versions ------------------------------------------------------------------------------ */

/* The ids of the series of a topic. */
struct ids {
    struct arena *arena;
    const char *ids[LIMIT_REPORT_VERSIONS];
    size_t count;
    bool more;
};

static void id_keep(void *argument, const struct index_series *series) {
    struct ids *ids = argument;

    if (ids->count < LIMIT_REPORT_VERSIONS)
        ids->ids[ids->count++] = report_keep(ids->arena, series->id);
    else
        ids->more = true;
}

static int versions_compare(const void *one, const void *other) {
    const struct report_version *a = one, *b = other;

    if (a->opened != b->opened)
        return a->opened < b->opened ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* Returns the state of ROW, which has HAVE of its parts: see struct series_report. */
static enum index_state state_of(const struct store *store, const struct index_series *row,
                                 int64_t have) {
    return index_scope_is_closed(store) && row->state == INDEX_STATE_OPEN && row->total > 0 &&
                   have >= row->total
               ? INDEX_STATE_COMPLETE
               : row->state;
}

static void versions_read(struct store *store, struct arena *arena,
                          const struct configuration *hide, struct series_report *report) {
    struct ids ids = {.arena = arena};
    struct report_version *versions =
        arena_allocate(arena, LIMIT_REPORT_VERSIONS * sizeof(*versions));
    struct index_series found;

    report->versions = versions;
    if (*report->row.topic)
        index_walk_topic(store, report->row.topic, id_keep, &ids);
    for (size_t i = 0; i < ids.count; i++)
        if (index_find_series(store, ids.ids[i], &found) && !report_is_hidden(hide, found.lists))
            versions[report->version_count++] = (struct report_version){
                .id = ids.ids[i],
                .title = report_keep(arena, found.title),
                .revision = report_keep(arena, found.revision),
                .flags = report_keep(arena, found.flags),
                .state =
                    index_state_name(state_of(store, &found, index_count_parts(store, ids.ids[i]))),
                .version = series_view_version(&found),
                .opened = found.opened,
                .place = index_series_place(store, ids.ids[i]),
                .reroll = index_is_reroll(&found)};
    qsort(versions, report->version_count, sizeof(*versions), versions_compare);
    report->more = report->more || ids.more;
}

/* ---- parts --------------------------------------------------------------------------------- */

/* Leaves the parts out of VIEW that were seen on closed lists only. */
static void parts_hide(struct arena *arena, const struct configuration *hide,
                       struct series_view *view) {
    struct index_member *parts = arena_allocate(arena, (view->part_count + 1) * sizeof(*parts));
    size_t count = 0;

    for (size_t i = 0; i < view->part_count; i++)
        if (!report_is_hidden(hide, view->parts[i].lists)) {
            parts[count] = view->parts[i];
            parts[count++].lists = series_report_lists(arena, hide, view->parts[i].lists);
        }
    view->parts = parts;
    view->part_count = count;
}

static void parts_fill(struct arena *arena, const struct report_answers *answers,
                       struct series_report *report) {
    const struct series_view *view = &report->view;
    struct report_part *parts = arena_allocate(arena, (view->part_count + 1) * sizeof(*parts));

    report->parts = parts;
    report->part_count = view->part_count;
    for (size_t i = 0; i < view->part_count; i++) {
        const struct index_member *member = &view->parts[i];
        int key = (int)member->part;
        const struct report_applied *applied =
            g_hash_table_lookup(answers->commits, GINT_TO_POINTER(key));

        parts[i] = (struct report_part){.number = member->part,
                                        .message_id = member->message_id,
                                        .title = member->title,
                                        .author = member->author,
                                        .patch_id = member->patch_id,
                                        .lists = member->lists,
                                        .received = member->received,
                                        .applied = applied != NULL,
                                        .commit = applied ? applied->commit : "",
                                        .url = applied ? applied->url : ""};
        for (int meaning = 0; meaning < REPORT_MEANINGS; meaning++)
            parts[i].tags[meaning] = GPOINTER_TO_UINT(g_hash_table_lookup(
                answers->part_tags, GINT_TO_POINTER(key * REPORT_MEANINGS + meaning)));
    }
}

static void missing_find(struct arena *arena, struct series_report *report) {
    int64_t total = MIN(report->row.total, LIMIT_VIEW_PARTS);
    int64_t *missing = arena_allocate(arena, (size_t)(MAX(total, 0) + 1) * sizeof(*missing));

    report->missing = missing;
    for (int64_t part = 1; part <= total; part++)
        if (!series_view_part(&report->view, part))
            missing[report->missing_count++] = part;
}

static int64_t have_count(struct store *store, const struct series_view *view) {
    int64_t count = 0;

    if (view->more)
        return index_count_parts(store, view->row.id);
    for (size_t i = 0; i < view->part_count; i++)
        count += view->parts[i].part > 0;
    return count;
}

/* ---- one series ---------------------------------------------------------------------------- */

/* Moves the items of ARRAY to ARENA and sets *COUNT. */
static const void *moved(struct arena *arena, const GArray *array, size_t size, size_t *count) {
    void *items = arena_allocate(arena, (array->len + 1) * size);

    *count = array->len;
    if (array->len > 0)
        memcpy(items, array->data, array->len * size);
    return items;
}

static void answers_fill(struct arena *arena, const struct report_answers *answers,
                         struct series_report *report) {
    report->counts = answers->counts;
    report_waiting_set(&report->counts, report->row.state);
    report->tags = moved(arena, answers->tags, sizeof(struct report_tag), &report->tag_count);
    report->verdicts =
        moved(arena, answers->verdicts, sizeof(struct report_verdict), &report->verdict_count);
    report->applied =
        moved(arena, answers->applied, sizeof(struct report_applied), &report->applied_count);
    report->replies =
        moved(arena, answers->replies, sizeof(struct report_reply), &report->reply_count);
    report->more = report->more || answers->more;
}

bool series_report_read(struct store *store, struct arena *arena, const struct configuration *hide,
                        const char *id, struct series_report *report) {
    struct report_answers answers = {
        .store = store, .arena = arena, .hide = hide, .view = &report->view, .whole = true};

    *report = (struct series_report){.state = ""};
    if (!series_view_find(store, arena, id, &report->view) ||
        report_is_hidden(hide, report->view.row.lists))
        return false;
    series_view_read(store, arena, &report->view);
    parts_hide(arena, hide, &report->view);
    if (report->view.part_count == 0)
        return false;
    report->view.row.lists = series_report_lists(arena, hide, report->view.row.lists);
    report->have = have_count(store, &report->view);
    report->view.row.state = state_of(store, &report->view.row, report->have);
    report->row = report->view.row;
    report->state = index_state_name(report->row.state);
    report->more = report->view.more;
    report_answers_read(&answers);
    answers_fill(arena, &answers, report);
    parts_fill(arena, &answers, report);
    report_answers_free(&answers);
    missing_find(arena, report);
    versions_read(store, arena, hide, report);
    series_view_read_replaced(store, arena, &report->view);
    report->replaced = report->view.replaced;
    report->replaced_count = report->view.replaced_count;
    return true;
}
