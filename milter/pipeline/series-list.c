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

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STATES    4
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

/* A series that the walk has found. */
struct candidate {
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
    int state; /* enum index_state; -1: any */
    struct series_summary *found;
    size_t count, rows, work;
    struct candidate last; /* the last series that was looked at */
    bool stopped;          /* there may be more */
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
    return search->state < 0 || (int)state == search->state ||
           (state == INDEX_STATE_INCOMPLETE && search->state == INDEX_STATE_OPEN);
}

static bool passes(struct search *search, const struct index_recent *series) {
    return may_have_state(search, series->state) &&
           (!*search->list || word_set_has(series->lists, search->list)) &&
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
    if (!series_view_find(search->store, search->arena, id, &view) ||
        (search->state >= 0 && (int)view.row.state != search->state))
        return;
    report_answers_read(&answers);
    search->work += answers.count / 2;
    report_waiting_set(&answers.counts, view.row.state);
    good = counts_pass(search->filter, &answers.counts, view.row.state);
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

static bool recent_note(void *argument, const struct index_recent *series) {
    struct search *search = argument;

    if (search->count >= search->filter->limit || search->rows >= LIMIT_REPORT_ROWS ||
        search->work >= LIMIT_REPORT_WORK) {
        search->stopped = true;
        return false;
    }
    search->rows++;
    search->last = (struct candidate){.opened = series->opened};
    memcpy(search->last.id, series->id, strnlen(series->id, PATCHMARK_ID_SIZE - 1));
    if (passes(search, series))
        series_add(search, search->last.id);
    return true;
}

/* ---- cursors ------------------------------------------------------------------------------- */

/* Reads "OPENED-ID" into CURSOR. */
static bool cursor_read(const char *text, struct candidate *cursor) {
    int used = 0;

    if (*text < '0' || *text > '9' ||
        sscanf(text, "%18" SCNd64 "-%n", &cursor->opened, &used) != 1 || used == 0 ||
        strlen(text + used) >= PATCHMARK_ID_SIZE)
        return false;
    strcpy(cursor->id, text + used);
    return true;
}

bool series_report_is_cursor(const char *text) {
    struct candidate cursor;

    return cursor_read(text, &cursor);
}

static const char *cursor_text(struct arena *arena, const struct candidate *cursor) {
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
        if (strcmp(index_state_name((enum index_state)i), name) == 0)
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
    struct candidate cursor = {.opened = filter->oldest_first ? -1 : INT64_MAX};
    struct search search = {.store = store, .arena = arena, .filter = filter, .list = list};
    const char *named;
    int result = 0;

    *page = (struct series_page){.next = ""};
    if (!state_read(filled(filter->state), &search.state) ||
        (*filled(filter->before) && !cursor_read(filter->before, &cursor)))
        return -1;
    search.folded = g_string_new(NULL);
    search.found = arena_allocate(arena, filter->limit * sizeof(*search.found));
    search.author = folded_copy(&search, filled(filter->author));
    named = named_find(&search);
    words_split(&search, filled(filter->text));
    if (named && !*filled(filter->before))
        series_add(&search, named);
    else if (!named)
        result = filter->oldest_first
                     ? index_walk_oldest(store, cursor.opened, cursor.id, recent_note, &search)
                     : index_walk_recent(store, cursor.opened, cursor.id, recent_note, &search);
    page_fill(&search, page);
    g_string_free(search.folded, TRUE);
    return result;
}
