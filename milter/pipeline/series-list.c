/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-list.c - searches series, the newest or the oldest first; see series-report.h.
 *
 * The walk over all series looks at what the index of SQLite has of each; only for those that pass,
 * rows and answers are read.  Both have a bound for one call, so that a search can be continued but
 * never holds a reader for long.
 */
#include "pipeline/series-report-private.h"

#include "pipeline/bounds.h"
#include "util/word-set.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX 16 /* words of one search */

/* ---- text ---------------------------------------------------------------------------------- */

/* Returns BYTES with the ASCII letters among them in lower case: bit 7 of each byte of the sums is
 * set from 'A' on, and behind 'Z'. */
static uint64_t bytes_lower(uint64_t bytes) {
    const uint64_t each = 0x0101010101010101, high = 0x8080808080808080;
    uint64_t low = bytes & ~high;
    uint64_t upper = (low + each * (0x80 - 'A')) ^ (low + each * (0x7f - 'Z'));

    return bytes | (upper & ~bytes & high) >> 2;
}

/* Appends TEXT to FOLDED in lower case, eight bytes at a time, because this is done for each
 * series. Returns false, with anything appended, if TEXT is not ASCII. */
static bool fold_ascii(GString *folded, const char *text) {
    size_t length = strlen(text), start = folded->len;
    uint64_t bytes, all = 0;

    g_string_set_size(folded, start + length + sizeof(bytes));
    for (size_t i = 0; i < length; i += sizeof(bytes)) {
        bytes = 0;
        memcpy(&bytes, text + i, MIN(length - i, sizeof(bytes)));
        all |= bytes;
        bytes = bytes_lower(bytes);
        memcpy(folded->str + start + i, &bytes, sizeof(bytes));
    }
    g_string_truncate(folded, start + length);
    return (all & 0x8080808080808080) == 0;
}

/* Appends TEXT to FOLDED so that texts that differ in case or composition only are the same. */
static void fold(GString *folded, const char *text) {
    g_autofree char *normal = NULL, *lower = NULL;
    size_t start = folded->len;

    if (fold_ascii(folded, text))
        return;
    g_string_truncate(folded, start);
    normal = g_utf8_normalize(text, -1, G_NORMALIZE_ALL);
    lower = g_utf8_casefold(normal ? normal : text, -1);
    g_string_append(folded, lower);
}

static const char *filled(const char *text) {
    return text ? text : "";
}

/* ---- a search ------------------------------------------------------------------------------ */

/* The states that a filter names: those of enum index_state, in its order, then others. */
enum { STATE_OPEN = INDEX_STATE_SUPERSEDED + 1, STATE_REROLL, STATES };
static const char *const state_names[STATES] = {[INDEX_STATE_OPEN] = "collecting",
                                                [INDEX_STATE_INCOMPLETE] = "incomplete",
                                                [INDEX_STATE_COMPLETE] = "complete",
                                                [INDEX_STATE_SUPERSEDED] = "superseded",
                                                [STATE_OPEN] = "open",
                                                [STATE_REROLL] = "reroll"};

/* A series that the walk has found. */
struct candidate {
    char id[PATCHMARK_ID_SIZE];
    int64_t place; /* index_series_place, if several were opened in the same second */
};

/* A place in the order: behind the series ID that was opened at OPENED, or, if ID is "", behind all
 * of that second. */
struct cursor {
    char id[PATCHMARK_ID_SIZE];
    int64_t opened;
};

struct search {
    struct store *store;
    struct arena *arena;
    const struct series_filter *filter;
    GString *folded; /* of the series at hand */
    const char *words[WORDS_MAX], *author;
    size_t word_count;
    const char *list;
    char **patterns; /* ends with NULL; NULL: any list */
    int state;       /* a place in state_names; -1: any */
    struct series_summary *found;
    size_t count, rows, work;
    GArray *second; /* struct candidate: those that were opened at second_at, and may pass */
    int64_t second_at;
    struct cursor begin; /* where the search begins */
    struct cursor last;  /* the last series that was looked at */
    bool stopped;        /* there may be more */
};

static const char *folded_copy(struct search *search, const char *text) {
    g_string_truncate(search->folded, 0);
    fold(search->folded, text);
    return arena_copy(search->arena, search->folded->str, search->folded->len);
}

static void words_split(struct search *search, const char *text) {
    char *copy = (char *)folded_copy(search, text), *state, *word;

    for (word = strtok_r(copy, " \t\r\n", &state); word && search->word_count < WORDS_MAX;
         word = strtok_r(NULL, " \t\r\n", &state))
        search->words[search->word_count++] = word;
}

static bool has_words(struct search *search, const struct index_recent *series) {
    if (search->word_count == 0 && !*search->author)
        return true;
    g_string_truncate(search->folded, 0);
    fold(search->folded, series->patch_author_name);
    g_string_append_c(search->folded, '\n');
    fold(search->folded, series->patch_author);
    g_string_append_c(search->folded, '\n');
    if (strcmp(series->author, series->patch_author) != 0)
        fold(search->folded, series->author);
    if (*search->author && !strstr(search->folded->str, search->author))
        return false;
    if (search->word_count == 0)
        return true;
    g_string_append_c(search->folded, '\n');
    fold(search->folded, series->title);
    for (size_t i = 0; i < search->word_count; i++)
        if (!strstr(search->folded->str, search->words[i]))
            return false;
    return true;
}

/* Returns true if SERIES can have the state that is looked for, by what the index shows. */
static bool may_have_state(const struct search *search, enum index_state state) {
    if (search->filter->waiting && state != INDEX_STATE_COMPLETE)
        return false;
    if (search->state >= STATE_OPEN)
        return state != INDEX_STATE_SUPERSEDED;
    return search->state < 0 || (int)state == search->state ||
           (state == INDEX_STATE_INCOMPLETE && search->state == INDEX_STATE_OPEN);
}

/* Returns true if one of LISTS, which spaces separate, is looked for. */
static bool has_list(const struct search *search, const char *lists) {
    g_auto(GStrv) ids = search->patterns ? g_strsplit(lists, " ", -1) : NULL;

    if (*search->list && !word_set_has(lists, search->list))
        return false;
    for (char **id = ids; id && *id; id++)
        for (char **pattern = search->patterns; *pattern; pattern++)
            if (**pattern && fnmatch(*pattern, *id, FNM_CASEFOLD) == 0)
                return true;
    return !search->patterns;
}

static bool passes(struct search *search, const struct index_recent *series) {
    return may_have_state(search, series->state) && has_list(search, series->lists) &&
           has_words(search, series) && !report_is_hidden(search->filter->hide, series->lists);
}

/* Returns true if what the answers say passes. */
static bool counts_pass(const struct series_filter *filter, const struct report_counts *counts,
                        enum index_state state) {
    const char *applied = filled(filter->applied);

    if (filter->waiting && !counts->waiting)
        return false;
    if (strcmp(applied, "all") == 0)
        return counts->applied_all;
    return !*applied ||
           (counts->applied && !counts->applied_all && state != INDEX_STATE_SUPERSEDED);
}

/* Returns true if the series ROW has the state that is looked for, as far as that is in its row. */
static bool has_state(const struct search *search, const struct index_series *row) {
    bool reroll = index_is_reroll(row);

    if (search->state == STATE_REROLL)
        return reroll && row->state != INDEX_STATE_SUPERSEDED;
    if (search->state == STATE_OPEN)
        return !reroll && row->state != INDEX_STATE_SUPERSEDED;
    return search->state < 0 ||
           ((int)row->state == search->state && !(reroll && row->state == INDEX_STATE_OPEN));
}

/* Adds the series ID to what was found, unless its row or its answers show that it does not pass.
 */
static void series_add(struct search *search, const char *id) {
    struct series_summary *summary = &search->found[search->count];
    struct series_view view;
    struct report_answers answers = {.store = search->store,
                                     .arena = search->arena,
                                     .hide = search->filter->hide,
                                     .view = &view};
    bool good;

    search->work++;
    if (!series_view_find(search->store, search->arena, id, &view) || !has_state(search, &view.row))
        return;
    report_answers_read(&answers);
    search->work += answers.count / 2;
    report_waiting_set(&answers.counts, view.row.state);
    good = counts_pass(search->filter, &answers.counts, view.row.state) &&
           !(search->state == STATE_OPEN && answers.counts.applied_all);
    if (good) {
        view.row.lists = series_report_lists(search->arena, search->filter->hide, view.row.lists);
        *summary =
            (struct series_summary){.row = view.row,
                                    .state = index_state_name(view.row.state),
                                    .have = index_count_parts(search->store, id),
                                    .first = report_keep(search->arena,
                                                         index_first_member(search->store, id)),
                                    .counts = answers.counts};
        search->work += (size_t)summary->have / 8;
        search->count++;
    }
    report_answers_free(&answers);
}

/* Orders candidates of the same second by their places, the last one first. */
static int newest_compare(const void *one, const void *other) {
    int64_t a = ((const struct candidate *)one)->place,
            b = ((const struct candidate *)other)->place;

    return (a < b) - (a > b);
}

static int oldest_compare(const void *one, const void *other) {
    return newest_compare(other, one);
}

static bool is_full(const struct search *search) {
    return search->count >= search->filter->limit || search->work >= LIMIT_REPORT_WORK;
}

/* Sorts the candidates of the second, and returns how many of them the search begins behind. */
static guint second_sort(struct search *search) {
    int (*compare)(const void *, const void *) =
        search->filter->oldest_first ? oldest_compare : newest_compare;
    bool within = *search->begin.id && search->second_at == search->begin.opened;
    struct candidate *all = (struct candidate *)search->second->data, behind;
    guint skipped = 0;

    for (guint i = 0; (within || search->second->len > 1) && i < search->second->len; i++)
        all[i].place = index_series_place(search->store, all[i].id);
    g_array_sort(search->second, compare);
    if (within)
        behind.place = index_series_place(search->store, search->begin.id);
    while (within && skipped < search->second->len && compare(&all[skipped], &behind) <= 0)
        skipped++;
    return skipped;
}

/* Looks at the candidates of the second.  Returns false if the search ends among them. */
static bool second_end(struct search *search) {
    for (guint i = second_sort(search); i < search->second->len; i++) {
        const struct candidate *candidate = &g_array_index(search->second, struct candidate, i);

        if (is_full(search))
            return false;
        search->last.opened = search->second_at;
        memcpy(search->last.id, candidate->id, sizeof(search->last.id));
        series_add(search, candidate->id);
    }
    g_array_set_size(search->second, 0);
    search->last = (struct cursor){.opened = search->second_at};
    return true;
}

/* The walk knows the seconds alone: the candidates of each are collected and then sorted. */
static bool recent_note(void *argument, const struct index_recent *series) {
    struct search *search = argument;
    struct candidate candidate = {.id = ""};

    if (search->rows > 0 && series->opened != search->second_at &&
        (!second_end(search) || is_full(search) || search->rows >= LIMIT_REPORT_ROWS)) {
        search->stopped = true;
        return false;
    }
    search->rows++;
    search->second_at = series->opened;
    memcpy(candidate.id, series->id, strnlen(series->id, PATCHMARK_ID_SIZE - 1));
    if (passes(search, series))
        g_array_append_val(search->second, candidate);
    return true;
}

/* Walks the series from the second of the cursor on, if that may have more, else behind it. */
static int series_walk(struct search *search) {
    bool again = *search->begin.id != '\0', oldest = search->filter->oldest_first;
    const char *id = again == oldest ? "" : "~"; /* sorts before, or behind, all ids */
    int result;

    search->second = g_array_new(FALSE, FALSE, sizeof(struct candidate));
    result = oldest
                 ? index_walk_oldest(search->store, search->begin.opened, id, recent_note, search)
                 : index_walk_recent(search->store, search->begin.opened, id, recent_note, search);
    if (!search->stopped && search->rows > 0)
        search->stopped = !second_end(search);
    g_array_free(search->second, TRUE);
    return result;
}

/* ---- cursors ------------------------------------------------------------------------------- */

/* Reads "OPENED-ID" into CURSOR. */
static bool cursor_read(const char *text, struct cursor *cursor) {
    int used = 0;

    if (*text < '0' || *text > '9' ||
        sscanf(text, "%18" SCNd64 "-%n", &cursor->opened, &used) != 1 || used == 0 ||
        strlen(text + used) >= PATCHMARK_ID_SIZE)
        return false;
    strcpy(cursor->id, text + used);
    return true;
}

bool series_report_is_cursor(const char *text) {
    struct cursor cursor;

    return cursor_read(text, &cursor);
}

static const char *cursor_text(struct arena *arena, const struct cursor *cursor) {
    char opened[32];

    snprintf(opened, sizeof(opened), "%" PRId64 "-", cursor->opened);
    return arena_join(arena, (const char *[]){opened, cursor->id, NULL});
}

/* ---- pages --------------------------------------------------------------------------------- */

/* Finds the series that the text names by an id, if it does. */
static const char *named_find(struct search *search) {
    const char *text = filled(search->filter->text);
    struct index_series row;

    if (strpbrk(text, " \t") || (!strchr(text, '@') && strncmp(text, "s1-", 3) != 0))
        return NULL;
    text = series_report_find_shown(search->store, search->arena, search->filter->hide, text);
    return text && index_find_series(search->store, text, &row) &&
                   index_first_member(search->store, text) &&
                   !report_is_hidden(search->filter->hide, row.lists)
               ? text
               : NULL;
}

/* Stores the state that is called NAME in *STATE, -1 for "".  Returns false if none is. */
static bool state_read(const char *name, int *state) {
    *state = -1;
    for (int i = 0; i < STATES; i++)
        if (strcmp(state_names[i], name) == 0)
            *state = i;
    return *state >= 0 || !*name;
}

bool series_report_is_state(const char *text) {
    int state;

    return state_read(text, &state);
}

static void page_fill(struct search *search, struct series_page *page) {
    page->series = search->found;
    page->count = search->count;
    if (!search->stopped)
        return;
    page->next = cursor_text(search->arena, &search->last);
    if (search->count < search->filter->limit)
        page->searched_to = search->last.opened;
}

int series_report_list(struct store *store, struct arena *arena, const struct series_filter *filter,
                       struct series_page *page) {
    g_autofree char *list = g_ascii_strdown(filled(filter->list), -1);
    g_auto(GStrv) patterns =
        *filled(filter->patterns) ? g_strsplit_set(filter->patterns, " ,<>", -1) : NULL;
    struct search search = {.store = store,
                            .arena = arena,
                            .filter = filter,
                            .list = list,
                            .patterns = patterns,
                            .begin.opened = filter->oldest_first ? -1 : INT64_MAX};
    const char *named;
    int result = 0;

    *page = (struct series_page){.next = ""};
    if (!state_read(filled(filter->state), &search.state) ||
        (*filled(filter->before) && !cursor_read(filter->before, &search.begin)))
        return -1;
    search.folded = g_string_new(NULL);
    search.found = arena_allocate(arena, filter->limit * sizeof(*search.found));
    search.author = folded_copy(&search, filled(filter->author));
    named = named_find(&search);
    words_split(&search, filled(filter->text));
    if (named && !*filled(filter->before))
        series_add(&search, named);
    else if (!named)
        result = series_walk(&search);
    page_fill(&search, page);
    g_string_free(search.folded, TRUE);
    return result;
}
