/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-lines.c - prints a list of series, one line for each, in columns: see series-output.h.
 *
 * Each column is as wide as its widest cell, up to a limit; the title gets the rest of the line.
 */
#include "command/series-output.h"

#include "util/terminal.h"

#include <glib.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define CELL_SIZE   128
#define GAP         2
#define TITLE_LEAST 20  /* columns; a narrow terminal has fewer columns of the author */
#define WIDE        100 /* from here on, a line has room for the id */

enum column {
    CELL_AGE,
    CELL_STATE,
    CELL_VERSION,
    CELL_PARTS,
    CELL_TAGS,
    CELL_VERDICT,
    CELL_AUTHOR,
    CELL_ID,
    CELLS
};
static const char *const headings[CELLS] = {"age",  "state", "ver",    "parts",
                                            "tags", "ci",    "author", "id"};

struct line {
    char cells[CELLS][CELL_SIZE];
    const char *title;
    bool closed;
};

/* ---- cells --------------------------------------------------------------------------------- */

const char *series_words(const char *state, bool reroll, const struct report_counts *counts) {
    bool superseded = strcmp(state, "superseded") == 0;

    if (counts && counts->applied_all && !superseded)
        return "applied";
    if (reroll && !superseded)
        return "re-roll";
    return strcmp(state, "open") == 0 ? "collecting" : state;
}

int series_colour(const char *word) {
    static const struct {
        const char *word;
        int colour;
    } colours[] = {{"applied", SERIES_GREEN},  {"incomplete", SERIES_YELLOW},
                   {"superseded", SERIES_DIM}, {"fail", SERIES_RED},
                   {"warning", SERIES_YELLOW}, {"pass", SERIES_GREEN}};

    for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
        if (strcmp(colours[i].word, word) == 0)
            return colours[i].colour;
    return 0;
}

void series_version(const char *revision, int64_t version, char text[32]) {
    if (*revision)
        snprintf(text, 32, "v%.29s", revision);
    else
        snprintf(text, 32, "v%" PRId64, version < 0 ? 1 : version);
}

/* Writes an age in one unit. */
static void age_write(char cell[CELL_SIZE], int64_t seconds) {
    static const struct {
        int64_t seconds;
        char name;
    } units[] = {{365 * 86400, 'y'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = seconds < 2 * units[0].seconds; /* 365d to 729d are more precise than 1y */

    seconds = seconds < 0 ? 0 : seconds;
    while (i < 4 && seconds < units[i].seconds)
        i++;
    snprintf(cell, CELL_SIZE, "%" PRId64 "%c", seconds / units[i].seconds, units[i].name);
}

/* Writes how many approved (+2), refused (-1) and tested (t1). */
static void tags_write(char cell[CELL_SIZE], const struct report_counts *counts) {
    static const struct {
        enum report_meaning meaning;
        char sign;
    } signs[] = {{REPORT_APPROVE, '+'}, {REPORT_REFUSE, '-'}, {REPORT_TEST, 't'}};
    size_t length = 0;

    *cell = '\0';
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (counts->tags[signs[i].meaning] > 0)
            length +=
                (size_t)snprintf(cell + length, CELL_SIZE - length, "%s%c%u", length ? " " : "",
                                 signs[i].sign, counts->tags[signs[i].meaning]);
}

/* Returns the worst of the newest results of the robots; "" if there is none. */
static const char *worst_verdict(const struct report_counts *counts) {
    static const char *const order[] = {"fail", "warning", "pass"};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        for (size_t j = 0; j < counts->verdict_count; j++)
            if (strcmp(counts->verdicts[j].verdict, order[i]) == 0)
                return order[i];
    return "";
}

/* Returns the name of the author; without a name, the address up to its '@'. */
static void author_write(char cell[CELL_SIZE], const struct index_series *row) {
    const char *name = *row->patch_author_name ? row->patch_author_name : row->submitter_name;
    const char *address = *row->patch_author ? row->patch_author : row->author;

    if (*name)
        snprintf(cell, CELL_SIZE, "%s", name);
    else
        snprintf(cell, CELL_SIZE, "%.*s", (int)strcspn(address, "@"), address);
}

/* Returns true if every list of the series is closed now. */
static bool is_closed(const struct series_style *style, const char *lists) {
    struct arena arena = {0};
    bool closed = style->configuration && *lists &&
                  !*series_report_lists(&arena, style->configuration, lists);

    arena_free(&arena);
    return closed;
}

static void line_fill(const struct series_style *style, const struct series_summary *series,
                      struct line *line) {
    const struct index_series *row = &series->row;
    bool reroll = index_is_reroll(row); /* the other parts are those of the older version */

    age_write(line->cells[CELL_AGE], style->now - row->opened);
    snprintf(line->cells[CELL_STATE], CELL_SIZE, "%s",
             series_words(series->state, reroll, &series->counts));
    series_version(row->revision, row->version, line->cells[CELL_VERSION]);
    if (reroll)
        snprintf(line->cells[CELL_PARTS], CELL_SIZE, "%" PRId64, series->have);
    else if (row->total >= 0)
        snprintf(line->cells[CELL_PARTS], CELL_SIZE, "%" PRId64 "/%" PRId64, series->have,
                 row->total);
    else
        snprintf(line->cells[CELL_PARTS], CELL_SIZE, "%" PRId64 "/?", series->have);
    tags_write(line->cells[CELL_TAGS], &series->counts);
    snprintf(line->cells[CELL_VERDICT], CELL_SIZE, "%s", worst_verdict(&series->counts));
    author_write(line->cells[CELL_AUTHOR], row);
    snprintf(line->cells[CELL_ID], CELL_SIZE, "%s", row->id);
    line->title = row->title;
    line->closed = is_closed(style, row->lists);
}

/* ---- lines --------------------------------------------------------------------------------- */

int series_text(const struct series_style *style, int colour, const char *text, int columns) {
    int used;

    if (colour && style->colours)
        fprintf(style->out, "\033[%dm", colour);
    used = terminal_write(style->out, text, columns);
    if (colour && style->colours)
        fputs("\033[0m", style->out);
    return used;
}

/* Returns the columns that TEXT takes, at most MOST. */
static int width_of(const char *text, int most) {
    int width = 0;

    while (width < most && !terminal_fits(text, width))
        width++;
    return width;
}

/* Returns the most columns that COLUMN may have; 0: it is left out. */
static int width_most(const struct series_style *style, int column) {
    bool unlimited = style->columns == 0;

    if (column == CELL_ID && !unlimited && style->columns < WIDE)
        return 0;
    if (column == CELL_AUTHOR)
        return unlimited || style->columns >= 120 ? 24 : style->columns >= WIDE ? 16 : 12;
    return CELL_SIZE;
}

/* Sets the widths of the columns; one that is empty in all lines is left out. */
static void widths_set(const struct series_style *style, const struct line *lines, size_t count,
                       int widths[CELLS]) {
    int used = 0;

    for (int column = 0; column < CELLS; column++) {
        int most = width_most(style, column);

        widths[column] = 0;
        for (size_t i = 0; i < count; i++)
            widths[column] = MAX(widths[column], width_of(lines[i].cells[column], most));
        if (widths[column] > 0)
            widths[column] = MAX(widths[column], (int)strlen(headings[column]));
        used += widths[column] > 0 ? widths[column] + GAP : 0;
    }
    if (style->columns > 0 && style->columns - used < TITLE_LEAST)
        widths[CELL_AUTHOR] = MAX((int)strlen(headings[CELL_AUTHOR]),
                                  widths[CELL_AUTHOR] - (TITLE_LEAST - (style->columns - used)));
}

static int cell_colour(int column, const char *cell) {
    return column == CELL_STATE || column == CELL_VERDICT     ? series_colour(cell)
           : column == CELL_TAGS && strchr(cell, '-') != NULL ? SERIES_RED
                                                              : 0;
}

/* Writes a line; COLOUR is that of all cells, or 0.  The blanks before a cell are written with it,
 * so that no line ends in blanks. */
static void line_write(const struct series_style *style, const struct line *line,
                       const int widths[CELLS], int colour) {
    int left = style->columns > 0 ? style->columns : INT_MAX, blanks = 0;

    for (int column = 0; column < CELLS && left > 0; column++) {
        const char *cell = line->cells[column];
        int width = MIN(widths[column], left), used = 0;

        if (width == 0)
            continue;
        if (column == CELL_AGE) /* numbers are aligned at the right */
            used = fprintf(style->out, "%*s", width - (int)strlen(cell), "");
        if (*cell) {
            fprintf(style->out, "%*s", blanks, "");
            blanks = 0;
            used +=
                series_text(style, colour ? colour : cell_colour(column, cell), cell, width - used);
        }
        blanks += width - used + GAP;
        left -= width + GAP;
    }
    if (left > 0 && (*line->title || line->closed))
        fprintf(style->out, "%*s", blanks, "");
    if (line->closed && left > 9)
        left -= fprintf(style->out, *line->title ? "[closed] " : "[closed]");
    if (left > 0)
        series_text(style, colour, line->title, style->columns > 0 ? left : -1);
    putc('\n', style->out);
}

void series_lines_write(const struct series_style *style, const struct series_summary *series,
                        size_t count) {
    struct line *lines = calloc(count, sizeof(*lines)), head = {.title = "title"};
    int widths[CELLS];

    for (size_t i = 0; lines && i < count; i++)
        line_fill(style, &series[i], &lines[i]);
    if (lines && count > 0) {
        widths_set(style, lines, count, widths);
        for (int column = 0; column < CELLS; column++)
            snprintf(head.cells[column], CELL_SIZE, "%s", headings[column]);
        line_write(style, &head, widths, SERIES_DIM);
        for (size_t i = 0; i < count; i++)
            line_write(style, &lines[i], widths,
                       strcmp(lines[i].cells[CELL_STATE], "superseded") == 0 ? SERIES_DIM : 0);
    }
    free(lines);
}
