/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-text.c - writes an event as one line of text; see event-text.h.
 *
 * Owns nothing.  If memory runs out, a line lacks the words that describe what happened.
 */
#include "command/event-text.h"

#include "command/event-words.h"
#include "util/cleanup.h"
#include "util/terminal.h"

#include <glib.h>
#include <string.h>

#define GAP          2
#define CLOCK_WIDTH  8 /* "13:42:09" */
#define MINUTE_WIDTH 5 /* "13:42" */
#define SERIES_WIDTH 19

/* The widths of the columns on a terminal of at least that many columns; 0 if there is no such
 * column.  The title has the rest. */
struct layout {
    int columns;
    int time, words, list, author, series;
};
static const struct layout layouts[] = {
    {160, CLOCK_WIDTH, 28, 16, 20, SERIES_WIDTH},
    {120, CLOCK_WIDTH, 24, 14, 18, 0},
    {100, CLOCK_WIDTH, 20, 12, 16, 0},
    {72, MINUTE_WIDTH, 17, 8, 12, 0},
    {60, MINUTE_WIDTH, 17, 8, 0, 0},
    {40, MINUTE_WIDTH, 10, 0, 0, 0},
    {20, MINUTE_WIDTH, 0, 0, 0, 0},
    {0, 0, 0, 0, 0, 0},
};
/* Without a width: the widths to which values are padded.  The time is "2026-05-07T13:42:09Z". */
static const struct layout unlimited = {0, 20, 28, 36, 20, SERIES_WIDTH};
#define UNLIMITED_TITLE 60

void event_text_note_list(struct event_style *style, const char *list) {
    if (*list && !*style->list)
        g_strlcpy(style->list, list, sizeof(style->list));
    else if (*list && strncmp(style->list, list, sizeof(style->list) - 1) != 0)
        style->lists = true;
}

/* ---- cells --------------------------------------------------------------------------------- */

/* A line being written. */
struct line {
    FILE *stream;
    const struct event_style *style;
    const char *colour; /* of all cells; NULL if each has its own */
    int used, start;    /* the columns that were written, and that where the next cell starts */
    bool last;          /* nothing is written after the next cell, which may fill the line */
};

/* Returns the width of the next cell, in a column of COLUMNS columns. */
static int cell_width(const struct line *line, int columns) {
    return line->last ? MAX(columns, line->style->columns - line->start) : columns;
}

/* Writes TEXT in a cell of COLUMNS columns; without a width TEXT is not cut.  Nothing is written
 * after the text, so that no line ends in spaces. */
static void cell_write(struct line *line, const char *text, int columns, const char *colour) {
    int gap = line->start - line->used;

    if (columns <= 0)
        return;
    columns = cell_width(line, columns);
    line->start += columns + GAP;
    if (!*text)
        return;
    if (gap < GAP && line->used > 0)
        gap = GAP;
    fprintf(line->stream, "%*s", gap, "");
    colour = line->colour ? line->colour : colour;
    if (colour && line->style->colours)
        fprintf(line->stream, "\033[%sm", colour);
    line->used += gap + terminal_write(line->stream, text, line->style->columns > 0 ? columns : -1);
    if (colour && line->style->colours)
        fputs("\033[0m", line->stream);
}

static int cell_room(int columns) {
    return columns > 0 ? columns + GAP : 0;
}

/* ---- days ------------------------------------------------------------------------------------ */

/* Writes the local time of TIME, as an event has it, in FORMAT of g_date_time_format to TEXT; "" if
 * TIME is invalid. */
static void time_format(const char *time, const char *format, char *text, size_t size) {
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) date = g_date_time_new_from_iso8601(time, utc);
    g_autoptr(GDateTime) local = date ? g_date_time_to_local(date) : NULL;
    g_autofree char *written = local ? g_date_time_format(local, format) : NULL;

    g_strlcpy(text, written ? written : "", size);
}

/* Writes "-- Thu 2026-05-07 --" if TIME is on another day than the last line. */
static void day_write(FILE *stream, const char *time, struct event_style *style) {
    char day[EVENT_DAY_SIZE];
    struct line line = {.stream = stream, .style = style};

    time_format(time, "-- %a %Y-%m-%d --", day, sizeof(day));
    if (!*day || strcmp(day, style->day) == 0)
        return;
    memcpy(style->day, day, sizeof(day));
    cell_write(&line, day, style->columns, "1");
    putc('\n', stream);
}

/* ---- the line ------------------------------------------------------------------------------ */

static void time_write(struct line *line, const char *time, int columns) {
    char clock[CLOCK_WIDTH + 1];

    if (line->style->columns > 0) {
        time_format(time, columns < CLOCK_WIDTH ? "%H:%M" : "%H:%M:%S", clock, sizeof(clock));
        time = clock;
    }
    cell_write(line, time, columns, EVENT_DIM);
}

/* Writes the first word of LIST, a List-Id; without a width, all of it. */
static void list_write(struct line *line, const char *list, int columns) {
    bool whole = line->style->columns == 0;
    g_autofree char *name = g_strndup(list, whole ? strlen(list) : strcspn(list, "."));

    cell_write(line, name, columns, EVENT_DIM);
}

/* Writes what happened; if the column is too narrow, without the words that it can lack. */
static void words_write(struct line *line, const struct event_parts *event, int columns) {
    AUTO(free) char *words = NULL;
    char *last;
    size_t size;
    FILE *text = open_memstream(&words, &size);

    if (text) {
        event_words_write(text, event);
        fclose(text);
    }
    while (line->style->columns > 0 && words && !terminal_fits(words, cell_width(line, columns)) &&
           (last = strrchr(words, '\t')))
        *last = '\0';
    cell_write(line, words ? words : "", columns, event_words_colour(event));
}

static const struct layout *layout_of(int columns) {
    const struct layout *layout = layouts;

    if (columns == 0)
        return &unlimited;
    while (columns < layout->columns)
        layout++;
    return layout;
}

static void line_write(struct line *line, const struct event_parts *event) {
    const char *id = event_string(event->series, "id"), *author = event_author(event);
    const struct layout *layout = layout_of(line->style->columns);
    bool unlimited_width = line->style->columns == 0;
    int list = unlimited_width || line->style->lists ? layout->list : 0;
    int title = unlimited_width
                    ? UNLIMITED_TITLE
                    : line->style->columns - cell_room(layout->time) - cell_room(layout->words) -
                          cell_room(list) - cell_room(layout->author) - cell_room(layout->series);
    bool has_id = layout->series > 0 && *id, has_author = layout->author > 0 && *author;
    bool has_list = list > 0 && *event_list(event);

    time_write(line, event_string(event->whole, "time"), layout->time);
    cell_write(line, event_title(event), title, NULL);
    line->last = !has_id && !has_author && !has_list;
    words_write(line, event, layout->words);
    line->last = !has_id && !has_author;
    list_write(line, event_list(event), list);
    line->last = !has_id;
    cell_write(line, author, layout->author, NULL);
    line->last = true;
    cell_write(line, id, layout->series, EVENT_DIM);
    putc('\n', line->stream);
}

bool event_text_write(FILE *stream, const char *json, size_t length, struct event_style *style) {
    json_auto_t *whole = json_loadb(json, length, JSON_ALLOW_NUL, NULL);
    const struct event_parts event = event_parts_of(whole);
    struct line line = {.stream = stream, .style = style};

    if (event_is_past(&event))
        line.colour = EVENT_DIM;
    event_text_note_list(style, event_list(&event));
    if (style->columns > 0)
        day_write(stream, event_string(whole, "time"), style);
    line_write(&line, &event);
    return *event_string(whole, "type") != '\0';
}
