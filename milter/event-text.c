/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-text.c - see event-text.h.  Owns nothing; without memory a line ends early.
 *
 * A line has columns - time, type, series, author - and then what happened, in words.  A narrow
 * terminal has fewer columns, so that something is left for the words.
 */
#include "event-text.h"

#include "cleanup.h"
#include "event-filter.h"
#include "terminal.h"

#include <inttypes.h>
#include <string.h>

#define GAP          2
#define TYPE_WIDTH   17 /* "series.superseded" */
#define SERIES_WIDTH 19
#define AUTHOR_WIDTH 28
#define STAMP_WIDTH  20 /* "2026-05-07T13:42:09Z" */
#define CLOCK_START  11 /* "13:42:09" in it */
#define CLOCK_WIDTH  8

/* Which columns there are from which width on. */
static const struct layout {
    int columns;
    bool day, series, author;
} layouts[] = {{132, true, true, true}, {100, false, true, false}, {0, false, false, false}};

/* ---- colours ------------------------------------------------------------------------------- */

#define DIM     "2"
#define RED     "31"
#define GREEN   "32"
#define YELLOW  "33"
#define BLUE    "34"
#define MAGENTA "35"
#define CYAN    "36"

/* Of a type as people write it, or of a message.seen's kind. */
static const struct {
    const char *word, *colour;
} colours[] = {
    {"series.opened", CYAN},
    {"series.completed", GREEN},
    {"series.incomplete", YELLOW},
    {"series.superseded", BLUE},
    {"series.aliased", BLUE},
    {"trailer.given", GREEN},
    {"pull.requested", MAGENTA},
    {"report.raised", RED},
    {"commit.announced", BLUE},
    {"service.status", YELLOW},
    {"patch", GREEN},
    {"cover", CYAN},
    {"pull", MAGENTA},
    {"report", RED},
    {"commit", BLUE},
    {"announce", YELLOW},
    {"other", DIM},
};

static const char *colour_of(const char *word) {
    for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
        if (strcmp(colours[i].word, word) == 0)
            return colours[i].colour;
    return NULL;
}

/* ---- what happened, in words ----------------------------------------------------------------- */

/* "v3, 2 parts": what is known of it. */
static void numbers_write(FILE *text, const struct event_facts *event) {
    if (event->version >= 0)
        fprintf(text, "v%" PRId64, event->version);
    if (event->total >= 0)
        fprintf(text, "%s%" PRId64 " part%s", event->version >= 0 ? ", " : "", event->total,
                event->total == 1 ? "" : "s");
}

static void elapsed_write(FILE *text, int64_t seconds) {
    static const struct {
        int64_t seconds;
        const char *unit;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;

    while (units[i].seconds > 1 && seconds < 2 * units[i].seconds)
        i++;
    fprintf(text, "%" PRId64 " %s", seconds / units[i].seconds, units[i].unit);
}

static void completed_write(FILE *text, const struct event_facts *event) {
    numbers_write(text, event);
    if (event->elapsed >= 0) {
        fputs(" in ", text);
        elapsed_write(text, event->elapsed);
    }
}

/* "2 of 5 parts, missing 1, 3-4" */
static void incomplete_write(FILE *text, const struct event_facts *event) {
    if (event->version >= 0)
        fprintf(text, "v%" PRId64 ", ", event->version);
    if (event->total >= 0 && event->have >= 0)
        fprintf(text, "%" PRId64 " of %" PRId64 " parts, ", event->have, event->total);
    fputs("missing", text);
    for (size_t i = 0, last; i < event->missing_count; i = last + 1) {
        last = i;
        while (last + 1 < event->missing_count &&
               event->missing[last + 1] == event->missing[last] + 1)
            last++;
        fprintf(text, "%s %" PRId64, i ? "," : "", event->missing[i]);
        if (last > i)
            fprintf(text, "-%" PRId64, event->missing[last]);
    }
}

static void superseded_write(FILE *text, const struct event_facts *event) {
    fprintf(text, "%s -> %s", event->old, event->series);
    if (*event->how)
        fprintf(text, " by %s", event->how);
}

static void aliased_write(FILE *text, const struct event_facts *event) {
    fputs(event->series, text);
    for (size_t i = 0; i < event->same_as_count; i++)
        fprintf(text, "%s %s", i ? "," : " =", event->same_as[i]);
}

/* " on 2/5" */
static void target_write(FILE *text, const struct event_facts *event) {
    if (event->for_all)
        fputs(" on all parts", text);
    else if (*event->range)
        fprintf(text, " on %s", event->range);
    else if (event->target >= 0 && event->total >= 0)
        fprintf(text, " on %" PRId64 "/%" PRId64, event->target, event->total);
    else if (event->target >= 0)
        fprintf(text, " on part %" PRId64, event->target);
}

static void trailer_write(FILE *text, const struct event_facts *event) {
    fprintf(text, "%s %s", event->tag, event->person);
    target_write(text, event);
    if (event->by_other)
        fputs(" (sent by another)", text);
}

static void pull_write(FILE *text, const struct event_facts *event) {
    fputs(event->url, text);
    if (*event->ref)
        fprintf(text, " %s", event->ref);
    if (event->is_signed)
        fputs(", signed", text);
}

static void report_write(FILE *text, const struct event_facts *event) {
    fputs(event->who, text);
    if (*event->verdict)
        fprintf(text, "%s%s", *event->who ? " says " : "", event->verdict);
    target_write(text, event);
}

/* "applied to net-next as 0123456789ab" */
static void commit_write(FILE *text, const struct event_facts *event) {
    fputs("applied", text);
    if (*event->who)
        fprintf(text, " by %s", event->who);
    for (size_t i = 0; i < event->tree_count; i++)
        fprintf(text, "%s%s", i ? ", " : " to ", event->trees[i]);
    for (size_t i = 0; i < event->commit_count; i++)
        fprintf(text, "%s%.12s", i ? " " : " as ", event->commits[i]);
}

static void status_write(FILE *text, const struct event_facts *event) {
    fprintf(text, "%s", event->state);
    if (*event->sink)
        fprintf(text, ", sink %s", event->sink);
    if (event->lost >= 0)
        fprintf(text, ", lost %" PRId64 " event%s", event->lost, event->lost == 1 ? "" : "s");
    if (*event->counts)
        fprintf(text, ", %s", event->counts);
    if (*event->host)
        fprintf(text, " on %s", event->host);
}

static const struct {
    const char *type;
    void (*write)(FILE *text, const struct event_facts *event);
} writers[] = {
    {"series.opened", numbers_write},        {"series.completed", completed_write},
    {"series.incomplete", incomplete_write}, {"series.superseded", superseded_write},
    {"series.aliased", aliased_write},       {"trailer.given", trailer_write},
    {"pull.requested", pull_write},          {"report.raised", report_write},
    {"commit.announced", commit_write},      {"service.status", status_write},
};

/* On the heap; NULL without memory. */
static char *words_make(const char *type, const struct event_facts *event, bool with_author) {
    const char *title = *event->title ? event->title : event->subject;
    char *words = NULL;
    size_t size;
    FILE *text = open_memstream(&words, &size);

    if (!text)
        return NULL;
    if (strcmp(type, "message.seen") == 0)
        title = *event->subject ? event->subject : event->title;
    for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
        if (strcmp(writers[i].type, type) == 0)
            writers[i].write(text, event);
    fflush(text);
    fprintf(text, "%s%s", size > 0 && *title ? ": " : "", title);
    if (with_author && *event->author)
        fprintf(text, " (%s)", event->author);
    fclose(text);
    return words;
}

/* ---- the line ------------------------------------------------------------------------------ */

/* A line being written. */
struct line {
    FILE *stream;
    bool cuts, colours;
    int left; /* columns, where it cuts */
};

/* Writes TEXT; where COLUMNS is not -1 in a column of that width, with a gap behind. */
static void piece_write(struct line *line, const char *text, int columns, const char *colour) {
    int most = line->cuts ? line->left : -1, used;

    if (line->cuts && columns >= 0 && columns < most)
        most = columns;
    colour = line->colours ? colour : NULL;
    if (colour)
        fprintf(line->stream, "\033[%sm", colour);
    used = terminal_write(line->stream, text, most);
    if (colour)
        fputs("\033[0m", line->stream);
    if (columns >= 0) {
        int gap = (used < columns ? columns - used : 0) + GAP;

        if (line->cuts && gap > line->left - used)
            gap = line->left - used;
        fprintf(line->stream, "%*s", gap, "");
        used += gap;
    }
    line->left -= used;
}

static void time_write(struct line *line, const char *time, bool day) {
    char clock[CLOCK_WIDTH + 1];

    if (!day && strlen(time) >= CLOCK_START + CLOCK_WIDTH && time[CLOCK_START - 1] == 'T') {
        memcpy(clock, time + CLOCK_START, CLOCK_WIDTH);
        clock[CLOCK_WIDTH] = '\0';
        time = clock;
    }
    piece_write(line, time, day ? STAMP_WIDTH : CLOCK_WIDTH, DIM);
}

void event_text_write(FILE *stream, const struct event_facts *event,
                      const struct event_style *style) {
    const struct layout *layout = layouts;
    struct line line = {stream, style->columns > 0, style->colours, style->columns};
    char type[EVENT_TYPE_SHORT_SIZE];
    AUTO(free) char *words = NULL;
    bool is_seen;

    while (line.cuts && style->columns < layout->columns)
        layout++;
    event_type_short(event->type, type);
    is_seen = strcmp(type, "message.seen") == 0;
    words = words_make(type, event, !layout->author);
    time_write(&line, event->time, layout->day);
    piece_write(&line, type, TYPE_WIDTH, colour_of(type));
    if (layout->series)
        piece_write(&line, event->series, SERIES_WIDTH, DIM);
    if (layout->author)
        piece_write(&line, event->author, AUTHOR_WIDTH, NULL);
    if (is_seen && *event->kind)
        piece_write(&line, event->kind, (int)strlen("announce"), colour_of(event->kind));
    piece_write(&line, words ? words : "", -1, NULL);
    putc('\n', stream);
}
