/* SPDX-License-Identifier: BSD-2-Clause
 *
 * applied.c - see applied.h.  Owns nothing and cannot fail.
 */
#include "pipeline/applied.h"

#include "pipeline/annotate.h"
#include "pipeline/bounds.h"

#include <stdlib.h>
#include <string.h>

#define PARTIAL "partial"
#define WHOLE   "all"
#define TREE    "to " /* before the tree, in a line of its own */

/* ---- from facts --------------------------------------------------------------------------- */

static bool says_applied(const struct mail *mail) {
    if (strcmp(annotate_kind(mail), "commit") == 0)
        return true;
    for (size_t i = 0; i < mail->flags.count; i++)
        if (strcmp(mail->flags.words[i], "applied") == 0)
            return true;
    return false;
}

/* Appends the concatenation of three strings as a line to TEXT of LIMIT_LINES_BYTES, if there is
 * room. */
static void line_append(char *text, const char *before, const char *line, const char *after) {
    size_t length = strlen(text), bytes = strlen(before) + strlen(line) + strlen(after) + 1;
    char *at = text + length;

    if (length + bytes >= LIMIT_LINES_BYTES || strchr(line, '\n'))
        return;
    if (length > 0)
        *at++ = '\n';
    stpcpy(stpcpy(stpcpy(at, before), line), after);
}

const char *applied_text(struct mail *mail) {
    const char *tree = patchmark_fact_string(mail->facts, "automation.tree");
    size_t part_count, commit_count;
    const char *const *parts, *const *commits;
    char *text;

    if (!says_applied(mail))
        return NULL;
    parts = facts_items(mail->facts, "automation.applied_parts", &part_count);
    commits = facts_items(mail->facts, "automation.commits", &commit_count);
    text = arena_allocate(&mail->arena, LIMIT_LINES_BYTES);
    *text = '\0';
    if (patchmark_fact_is_set(mail->facts, "automation.partial"))
        line_append(text, patchmark_fact_bool(mail->facts, "automation.partial") ? PARTIAL : WHOLE,
                    "", "");
    if (tree)
        line_append(text, TREE, tree, "");
    for (size_t i = 0; i < part_count; i++)
        line_append(text, "", parts[i], "");
    for (size_t i = 0; part_count == 0 && i < commit_count; i++)
        line_append(text, "\t", commits[i], "\t\t");
    return text;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* Reads a line "PART<TAB>COMMIT<TAB>URL<TAB>TITLE", which it changes. */
static struct applied_item item_read(char *line) {
    const char *fields[4] = {"", "", "", ""};
    struct applied_item item;

    for (size_t i = 0; i < 4 && line; i++)
        fields[i] = i < 3 ? strsep(&line, "\t") : line;
    item = (struct applied_item){
        .part = -1, .message_id = "", .commit = fields[1], .url = fields[2], .title = fields[3]};
    if (patchmark_is_digit(fields[0][0]) && strlen(fields[0]) <= 9)
        item.part = strtol(fields[0], NULL, 10);
    return item;
}

static const struct index_member *part_by_title(const struct series_view *view, const char *title) {
    for (size_t i = 0; *title && i < view->part_count; i++)
        if (view->parts[i].part > 0 && strcmp(view->parts[i].title, title) == 0)
            return &view->parts[i];
    return NULL;
}

/* Finds the member of VIEW that ITEM means: the one with its title, unless the one with its number
 * has that title as well. */
static void item_find(struct applied_item *item, const struct series_view *view) {
    const struct index_member *by_number =
        item->part >= 0 ? series_view_part(view, item->part) : NULL;
    const struct index_member *member = by_number;

    if (!by_number || (*item->title && strcmp(by_number->title, item->title) != 0))
        member = part_by_title(view, item->title);
    if (!member)
        member = by_number;
    if (!member)
        return;
    item->part = member->part;
    item->message_id = member->message_id;
    if (!*item->title)
        item->title = member->title;
}

/* Adds ITEM, unless one of the first KNOWN items has its number. */
static void item_add_behind(struct applied *applied, size_t known,
                            const struct applied_item *item) {
    for (size_t i = 0; item->part >= 0 && i < known; i++)
        if (applied->items[i].part == item->part)
            return;
    applied->items[applied->count++] = *item;
}

static void item_add(struct applied *applied, const struct applied_item *item) {
    item_add_behind(applied, applied->count, item);
}

/* Adds all parts of VIEW.  IS_LISTED is true if the mail has a list of the series: a part that was
 * added to it, "[PATCH 3/2]", is then applied only if it is in the list. */
static void parts_add(struct applied *applied, const struct series_view *view, bool is_listed) {
    int64_t last = view && is_listed && view->row.total > 0 ? view->row.total : INT64_MAX;
    size_t known = applied->count; /* the parts of VIEW have different numbers */

    for (size_t i = 0; view && i < view->part_count; i++)
        if (view->parts[i].part > 0 && view->parts[i].part <= last)
            item_add_behind(applied, known,
                            &(struct applied_item){.part = view->parts[i].part,
                                                   .message_id = view->parts[i].message_id,
                                                   .title = view->parts[i].title,
                                                   .commit = "",
                                                   .url = ""});
}

/* Adds the part TARGET, which may be missing in VIEW. */
static void target_add(struct applied *applied, int64_t target, const struct series_view *view) {
    struct applied_item item = {
        .part = target, .message_id = "", .title = "", .commit = "", .url = ""};

    if (view)
        item_find(&item, view);
    item_add(applied, &item);
}

/* Returns true if ITEM names a commit and nothing by which its patch is found. */
static bool is_bare(const struct applied_item *item) {
    return item->part < 0 && !*item->title;
}

/* Reads a line that names no patch.  Returns false if LINE is none. */
static bool head_read(struct applied *applied, const char *line) {
    if (strchr(line, '\t'))
        return false;
    if (strcmp(line, PARTIAL) == 0)
        applied->partial = true;
    else if (strcmp(line, WHOLE) == 0)
        applied->whole = true;
    else if (strncmp(line, TREE, strlen(TREE)) == 0)
        applied->tree = line + strlen(TREE);
    return true;
}

struct applied applied_read(struct arena *arena, const char *text, int64_t target,
                            const struct series_view *view) {
    char *copy = arena_copy(arena, text, strlen(text)), *state, *line;
    struct applied applied = {.tree = ""};
    size_t lines = 1, heads = 0, parts = 0;
    bool is_one; /* the mail answers the only patch */

    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    applied.items =
        arena_allocate(arena, (lines + 1 + (view ? view->part_count : 0)) * sizeof(*applied.items));
    if (view && target < 0 && view->row.total == 1)
        target = 1;
    is_one = target > 0 && (!view || view->row.total == 1);
    for (line = strtok_r(copy, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
        struct applied_item item;

        if (head_read(&applied, line)) {
            heads++;
            continue;
        }
        item = item_read(line);
        if (is_bare(&item) && target > 0 && lines == heads + 1 && (is_one || !applied.whole))
            item.part = target;
        if (view)
            item_find(&item, view);
        if (!is_bare(&item) || *item.commit || *item.url)
            item_add(&applied, &item);
        parts += item.part >= 0;
    }
    if (applied.whole || (parts == 0 && target == 0 && !applied.partial))
        parts_add(&applied, view, parts > 0);
    if (target > 0 && parts == 0)
        target_add(&applied, target, view);
    return applied;
}
