/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-view.c - see series-view.h.  Owns nothing.
 */
#include "pipeline/series-view.h"

#include "pipeline/bounds.h"

#include <glib.h>
#include <string.h>

/* A walk that collects copies of what it visits. */
struct collector {
    struct arena *arena;
    GArray *items;
};

static const char *keep(struct collector *collector, const char *text) {
    return text ? arena_copy(collector->arena, text, strlen(text)) : "";
}

static void part_collect(void *argument, const struct index_member *member) {
    struct collector *collector = argument;
    struct index_member copy;

    /* One more than the limit, so that the caller sees that there are more. */
    if (collector->items->len > LIMIT_VIEW_PARTS)
        return;
    copy = (struct index_member){.message_id = keep(collector, member->message_id),
                                 .title = keep(collector, member->title),
                                 .author = keep(collector, member->author),
                                 .part = member->part,
                                 .patch_id = keep(collector, member->patch_id),
                                 .lists = keep(collector, member->lists),
                                 .received = member->received};
    g_array_append_val(collector->items, copy);
}

static void replaced_collect(void *argument, const struct index_replaced *replaced) {
    struct collector *collector = argument;
    struct series_replaced copy;

    if (collector->items->len >= LIMIT_VIEW_PARTS)
        return;
    copy = (struct series_replaced){.part = replaced->part,
                                    .message_id = keep(collector, replaced->message_id),
                                    .by = keep(collector, replaced->by),
                                    .series = keep(collector, replaced->series)};
    g_array_append_val(collector->items, copy);
}

/* Moves the items of COLLECTOR to its arena, frees the rest and sets *COUNT. */
static const void *collected(struct collector *collector, size_t size, size_t *count) {
    void *items = arena_allocate(collector->arena, (collector->items->len + 1) * size);

    *count = collector->items->len;
    if (*count > 0)
        memcpy(items, collector->items->data, *count * size);
    g_array_free(collector->items, TRUE);
    return items;
}

/* Replaces the strings of ROW, which belong to the store, by copies. */
static void row_keep(struct arena *arena, struct index_series *row) {
    const char **const strings[] = {&row->id,
                                    &row->topic,
                                    &row->author,
                                    &row->via,
                                    &row->lists,
                                    &row->title,
                                    &row->submitter_name,
                                    &row->patch_author,
                                    &row->revision,
                                    &row->flags,
                                    &row->patch_author_name,
                                    &row->tree,
                                    &row->base_commit,
                                    &row->change_id,
                                    &row->prerequisites,
                                    &row->labels,
                                    &row->supersedes,
                                    &row->how,
                                    &row->replaces,
                                    &row->superseded_by};

    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        *strings[i] = **strings[i] ? arena_copy(arena, *strings[i], strlen(*strings[i])) : "";
}

bool series_view_find(struct store *store, struct arena *arena, const char *id,
                      struct series_view *view) {
    *view = (struct series_view){.part_count = 0};
    if (!index_find_series(store, id, &view->row))
        return false;
    row_keep(arena, &view->row);
    return true;
}

bool series_view_find_brief(struct store *store, struct arena *arena, const char *id,
                            struct series_view *view) {
    *view = (struct series_view){.part_count = 0};
    if (!index_find_series_brief(store, id, &view->row))
        return false;
    row_keep(arena, &view->row);
    return true;
}

void series_view_take(struct arena *arena, const struct index_series *row,
                      struct series_view *view) {
    *view = (struct series_view){.row = *row};
    row_keep(arena, &view->row);
}

void series_view_read(struct store *store, struct arena *arena, struct series_view *view) {
    struct collector parts = {arena, NULL};

    if (view->whole)
        return;
    parts.items = g_array_new(FALSE, FALSE, sizeof(struct index_member));
    index_walk_members(store, view->row.id, part_collect, &parts);
    view->parts = collected(&parts, sizeof(struct index_member), &view->part_count);
    view->more = view->part_count > LIMIT_VIEW_PARTS;
    if (view->more)
        view->part_count = LIMIT_VIEW_PARTS;
    view->whole = true;
}

void series_view_read_replaced(struct store *store, struct arena *arena, struct series_view *view) {
    struct collector replaced = {arena, g_array_new(FALSE, FALSE, sizeof(struct series_replaced))};

    index_walk_replaced(store, view->row.id, replaced_collect, &replaced);
    view->replaced = collected(&replaced, sizeof(struct series_replaced), &view->replaced_count);
}

const struct index_member *series_view_part(const struct series_view *view, int64_t part) {
    size_t low = 0, high = view->part_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (view->parts[middle].part < part)
            low = middle + 1;
        else
            high = middle;
    }
    return low < view->part_count && view->parts[low].part == part ? &view->parts[low] : NULL;
}

int64_t series_view_version(const struct index_series *series) {
    return series->version < 0 ? 1 : series->version;
}
