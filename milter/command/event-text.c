/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-text.c - writes an event as one line of text; see event-text.h.
 *
 * Owns nothing.  If memory runs out, the line has its columns only.
 *
 * An event may be from another version, or from any program that may write to the Redis: a value
 * that is missing or has an unexpected type is left out.
 *
 * A line has columns (time, type, series, author) and then a text that describes the event.  On a
 * narrow terminal some columns are left out, so that there is space for the text.
 */
#include "command/event-text.h"

#include "pipeline/event-types.h"
#include "util/cleanup.h"
#include "util/terminal.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#define GAP          2
#define TYPE_WIDTH   17 /* "series.superseded" */
#define SERIES_WIDTH 19
#define AUTHOR_WIDTH 28
#define STAMP_WIDTH  20 /* "2026-05-07T13:42:09Z" */
#define CLOCK_START  11 /* offset of "13:42:09" in it */
#define CLOCK_WIDTH  8

/* The columns of a terminal of at least that width. */
static const struct layout {
    int columns;
    bool day, series, author; /* day: the time with its date */
} layouts[] = {{132, true, true, true}, {100, false, true, false}, {0, false, false, false}};

/* ---- colours ------------------------------------------------------------------------------- */

#define DIM     "2"
#define RED     "31"
#define GREEN   "32"
#define YELLOW  "33"
#define BLUE    "34"
#define MAGENTA "35"
#define CYAN    "36"

/* The colours of kinds, for message.seen. */
static const struct {
    const char *kind, *colour;
} kinds[] = {
    {"patch", GREEN}, {"cover", CYAN}, {"pull", MAGENTA},    {"report", RED},
    {"commit", BLUE}, {"other", DIM},  {"announce", YELLOW},
};

static const char *kind_colour(const char *kind) {
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].colour;
    return NULL;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* An event, its data, and the members "series" and "message" of its data; NULL if missing. */
struct event {
    const json_t *whole, *data, *series, *message;
};

/* Returns the string KEY of OBJECT, which may be NULL or of any type; "" if there is no string. */
static const char *string_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* Returns the integer KEY of OBJECT likewise; -1 if there is no integer. */
static int64_t number_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? json_integer_value(value) : -1;
}

/* Writes the strings of LIST, or LIST itself if it is a string, with FIRST before the first and
 * NEXT before the others, and at most MAX bytes of each (all if MAX is -1).  Returns their number.
 */
static size_t strings_write(FILE *text, const json_t *list, const char *first, const char *next,
                            int max) {
    size_t count = json_is_string(list) ? 1 : json_array_size(list), written = 0;

    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_is_string(list) ? list : json_array_get(list, i);

        if (json_is_string(item))
            fprintf(text, "%s%.*s", written++ ? next : first, max, json_string_value(item));
    }
    return written;
}

/* Returns the address, or else the name, of the person KEY of OBJECT; "" if there is none. */
static const char *person_of(const json_t *object, const char *key) {
    const json_t *person = json_object_get(object, key);
    const char *address = string_of(person, "address");

    return *address ? address : string_of(person, "name");
}

/* Returns the author of the mail, or of the series if no mail caused the event. */
static const char *author_of(const struct event *event) {
    return person_of(event->message ? event->message : event->series, "author");
}

/* ---- texts of types -------------------------------------------------------------------------- */

/* Writes "v3, 2 parts", as far as they are known. */
static void numbers_write(FILE *text, const struct event *event) {
    int64_t version = number_of(event->series, "version");
    int64_t total = number_of(event->series, "total");

    if (version >= 0)
        fprintf(text, "v%" PRId64, version);
    if (total >= 0)
        fprintf(text, "%s%" PRId64 " part%s", version >= 0 ? ", " : "", total,
                total == 1 ? "" : "s");
}

/* Writes " in 3 h", in the largest unit of which there are at least 2. */
static void elapsed_write(FILE *text, int64_t seconds) {
    static const struct {
        int64_t seconds;
        const char *unit;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;

    while (units[i].seconds > 1 && seconds < 2 * units[i].seconds)
        i++;
    fprintf(text, " in %" PRId64 " %s", seconds / units[i].seconds, units[i].unit);
}

static void completed_write(FILE *text, const struct event *event) {
    int64_t elapsed = number_of(event->data, "elapsed");

    numbers_write(text, event);
    if (elapsed >= 0)
        elapsed_write(text, elapsed);
}

static bool follows(const json_t *item, int64_t number) {
    return json_is_integer(item) && number < INT64_MAX && json_integer_value(item) == number + 1;
}

/* Writes the integers in LIST as " 1, 3-4"; consecutive ones become a range. */
static void ranges_write(FILE *text, const json_t *list) {
    const char *before = "";

    for (size_t i = 0; i < json_array_size(list);) {
        const json_t *item = json_array_get(list, i++);
        int64_t first = json_integer_value(item), last = first;

        if (!json_is_integer(item))
            continue;
        for (; follows(json_array_get(list, i), last); i++)
            last++;
        fprintf(text, "%s %" PRId64, before, first);
        if (last > first)
            fprintf(text, "-%" PRId64, last);
        before = ",";
    }
}

/* Returns the number of patches among the parts of the series. */
static size_t part_count(const json_t *series) {
    const json_t *parts = json_object_get(series, "parts");
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(parts); i++)
        count += number_of(json_array_get(parts, i), "part") > 0;
    return count;
}

/* Writes "2 of 5 parts, missing 1, 3-4". */
static void incomplete_write(FILE *text, const struct event *event) {
    int64_t version = number_of(event->series, "version");
    int64_t total = number_of(event->series, "total");

    if (version >= 0)
        fprintf(text, "v%" PRId64 ", ", version);
    if (total >= 0)
        fprintf(text, "%zu of %" PRId64 " parts, ", part_count(event->series), total);
    fputs("missing", text);
    ranges_write(text, json_object_get(event->series, "missing"));
}

/* Writes "v3, 2 parts, part 1 replaced". */
static void amended_write(FILE *text, const struct event *event) {
    const char *reason = string_of(event->data, "reason");
    const json_t *parts = json_object_get(event->data, "parts");

    numbers_write(text, event);
    if (strcmp(reason, "cover") == 0) {
        fputs(", cover added", text);
        return;
    }
    fputs(", part", text);
    ranges_write(text, parts);
    fprintf(text, " %s", reason);
}

static void superseded_write(FILE *text, const struct event *event) {
    const char *how = string_of(event->data, "how");
    const json_t *replaced = json_object_get(event->data, "replaced");

    fprintf(text, "%s -> %s", string_of(json_object_get(event->data, "old"), "id"),
            string_of(event->series, "id"));
    if (*how)
        fprintf(text, " by %s", how);
    for (size_t i = 0; i < json_array_size(replaced); i++)
        fprintf(text, "%s %" PRId64, i == 0 ? ", part" : ",",
                number_of(json_array_get(replaced, i), "part"));
}

static void aliased_write(FILE *text, const struct event *event) {
    fputs(string_of(event->series, "id"), text);
    strings_write(text, json_object_get(event->data, "same_as"), " = ", ", ", -1);
}

/* Writes the part to which a reply applies, such as " on 2/5". */
static void target_write(FILE *text, const struct event *event) {
    const char *range = string_of(event->data, "range");
    int64_t target = number_of(json_object_get(event->data, "target"), "part");
    int64_t total = number_of(event->series, "total");

    if (strcmp(string_of(event->data, "scope"), "series") == 0)
        fputs(" on all parts", text);
    else if (*range)
        fprintf(text, " on %s", range);
    else if (target >= 0 && total >= 0)
        fprintf(text, " on %" PRId64 "/%" PRId64, target, total);
    else if (target >= 0)
        fprintf(text, " on part %" PRId64, target);
}

static void trailer_write(FILE *text, const struct event *event) {
    const json_t *trailer = json_object_get(event->data, "trailer");

    fprintf(text, "%s %s", string_of(trailer, "name"), string_of(trailer, "value"));
    target_write(text, event);
    if (json_is_false(json_object_get(event->data, "from_sender")))
        fputs(" (sent by another)", text);
}

static void pull_write(FILE *text, const struct event *event) {
    const json_t *pull = json_object_get(event->data, "pull");
    const char *ref = string_of(pull, "ref");

    fputs(string_of(pull, "url"), text);
    if (*ref)
        fprintf(text, " %s", ref);
    if (json_is_true(json_object_get(pull, "signed")))
        fputs(", signed", text);
}

/* Returns the name of the robot or the address of the person that caused the event; "" if that is
 * the author, who has a column. */
static const char *who_of(const struct event *event) {
    static const char *const keys[] = {"who", "reporter"};
    const char *robot = string_of(event->data, "robot");

    for (size_t i = 0; !*robot && i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *who = person_of(event->data, keys[i]);

        if (*who && strcmp(who, author_of(event)) != 0)
            return who;
    }
    return robot;
}

static void report_write(FILE *text, const struct event *event) {
    const char *who = who_of(event), *verdict = string_of(event->data, "verdict");

    fputs(who, text);
    if (*verdict)
        fprintf(text, "%s%s", *who ? " says " : "", verdict);
    target_write(text, event);
}

/* Writes "applied to net-next as 1:0123456789ab". */
static void commit_write(FILE *text, const struct event *event) {
    const json_t *applied = json_object_get(event->data, "applied");
    const char *who = who_of(event), *tree = string_of(event->data, "tree"), *before = " as ";

    fputs("applied", text);
    if (*who)
        fprintf(text, " by %s", who);
    if (*tree)
        fprintf(text, " to %s", tree);
    for (size_t i = 0; i < json_array_size(applied); i++) {
        const json_t *item = json_array_get(applied, i);
        const char *commit = string_of(item, "commit");
        int64_t part = number_of(item, "part");

        if (!*commit)
            continue;
        fputs(before, text);
        if (part >= 0)
            fprintf(text, "%" PRId64 ":", part);
        fprintf(text, "%.12s", commit);
        before = " ";
    }
}

/* Writes " on lists.example.org" for the source "https://lists.example.org/patchmark". */
static void host_write(FILE *text, const char *source) {
    const char *host = strstr(source, "//");
    size_t length = host ? strcspn(host += 2, "/") : strlen(host = source);

    if (length > 0)
        fprintf(text, " on %.*s", (int)length, host);
}

static void status_write(FILE *text, const struct event *event) {
    const char *sink = string_of(event->data, "sink"), *name;
    json_t *counts = json_object_get(event->data, "counts"), *value;
    int64_t lost = number_of(event->data, "lost");

    fputs(string_of(event->data, "state"), text);
    if (*sink)
        fprintf(text, ", sink %s", sink);
    if (lost >= 0)
        fprintf(text, ", lost %" PRId64 " event%s", lost, lost == 1 ? "" : "s");
    json_object_foreach(counts, name, value) if (json_is_integer(value))
        fprintf(text, ", %s %" JSON_INTEGER_FORMAT, name, json_integer_value(value));
    host_write(text, string_of(event->whole, "source"));
}

/* ---- types ----------------------------------------------------------------------------------- */

static const struct type {
    const char *name, *colour;
    /* Writes the text before the title; NULL for message.seen, which has the kind of the mail in a
     * column and then its subject. */
    void (*write)(FILE *text, const struct event *event);
} types[EVENT_TYPE_COUNT] = {
#define TYPE_OF_LINE(constant, name, add, colour, write) {name, colour, write},
    EVENT_TYPES(TYPE_OF_LINE)};

/* Returns NULL if the type is unknown. */
static const struct type *type_of(const char *name) {
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

/* Returns what follows the text of the type: the title of the mail, of the series in its events, or
 * of message.seen the subject. */
static const char *title_of(const struct event *event, const struct type *type) {
    bool is_seen = type && !type->write;
    const char *name = string_of(event->whole, "type"), *title;

    if (!*name)
        return "(not an event that can be read)";
    if (strncmp(name, "patchmark.series.", strlen("patchmark.series.")) == 0)
        return string_of(event->series, "title");
    title = string_of(event->message, is_seen ? "subject" : "title");
    return *title ? title : string_of(event->message, is_seen ? "title" : "subject");
}

/* Returns the text after the columns, which the caller frees; NULL if memory runs out. */
static char *words_make(const struct type *type, const struct event *event, bool with_author) {
    const char *title = title_of(event, type), *author = author_of(event);
    char *words = NULL;
    size_t size;
    FILE *text = open_memstream(&words, &size);

    if (!text)
        return NULL;
    if (type && type->write)
        type->write(text, event);
    fflush(text);
    fprintf(text, "%s%s", size > 0 && *title ? ": " : "", title);
    if (with_author && *author)
        fprintf(text, " (%s)", author);
    fclose(text);
    return words;
}

/* ---- the line ------------------------------------------------------------------------------ */

/* A line being written. */
struct line {
    FILE *stream;
    bool cuts, colours; /* cuts: the line ends at the width of the terminal */
    int left;           /* columns that are left, if it is cut */
};

/* Writes TEXT.  If COLUMNS is not -1, pads it to that width and adds a gap. */
static void piece_write(struct line *line, const char *text, int columns, const char *colour) {
    int max = line->cuts ? line->left : -1, used;

    if (line->cuts && columns >= 0 && columns < max)
        max = columns;
    colour = line->colours ? colour : NULL;
    if (colour)
        fprintf(line->stream, "\033[%sm", colour);
    used = terminal_write(line->stream, text, max);
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

bool event_text_write(FILE *stream, const char *json, size_t length,
                      const struct event_style *style) {
    json_auto_t *whole = json_loadb(json, length, JSON_ALLOW_NUL, NULL);
    const json_t *data = json_object_get(whole, "data");
    const struct event event = {whole, data, json_object_get(data, "series"),
                                json_object_get(data, "message")};
    const struct layout *layout = layouts;
    struct line line = {stream, style->columns > 0, style->colours, style->columns};
    const struct type *type;
    char name[EVENT_TYPE_SHORT_SIZE];
    const char *kind = "";
    AUTO(free) char *words = NULL;

    while (line.cuts && style->columns < layout->columns)
        layout++;
    event_type_short(string_of(whole, "type"), name);
    type = type_of(name);
    if (type && !type->write)
        kind = string_of(event.message, "kind");
    words = words_make(type, &event, !layout->author);
    time_write(&line, string_of(whole, "time"), layout->day);
    piece_write(&line, name, TYPE_WIDTH, type ? type->colour : NULL);
    if (layout->series)
        piece_write(&line, string_of(event.series, "id"), SERIES_WIDTH, DIM);
    if (layout->author)
        piece_write(&line, author_of(&event), AUTHOR_WIDTH, NULL);
    if (*kind)
        piece_write(&line, kind, (int)strlen("announce"), kind_colour(kind));
    piece_write(&line, words ? words : "", -1, NULL);
    putc('\n', stream);
    return *string_of(whole, "type") != '\0';
}
