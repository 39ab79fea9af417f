/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-words.c - what an event says, in few words; see event-words.h.
 *
 * Owns nothing.
 *
 * An event may be from another version, or from any program that may write to the Redis: a value
 * that is missing or has an unexpected type is left out.
 */
#include "command/event-words.h"

#include "pipeline/event-types.h"
#include "util/plural.h"

#include <inttypes.h>
#include <string.h>

#define SERIES_TYPES "patchmark.series."

/* ---- values ---------------------------------------------------------------------------------- */

const char *event_string(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* Returns the integer KEY of OBJECT likewise; -1 if there is no integer. */
static int64_t number_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? json_integer_value(value) : -1;
}

bool event_has_flag(const json_t *object, const char *flag) {
    const json_t *flags = json_object_get(object, "flags");

    for (size_t i = 0; i < json_array_size(flags); i++) {
        const char *item = json_string_value(json_array_get(flags, i));

        if (item && strcmp(item, flag) == 0)
            return true;
    }
    return false;
}

/* Returns the name, or else the address, of the person KEY of OBJECT; "" if there is none. */
static const char *person_of(const json_t *object, const char *key) {
    const json_t *person = json_object_get(object, key);
    const char *name = event_string(person, "name");

    return *name ? name : event_string(person, "address");
}

/* Returns true if the event is about the series, and not about the mail that caused it. */
static bool is_of_series(const struct event_parts *event) {
    return strncmp(event_string(event->whole, "type"), SERIES_TYPES, strlen(SERIES_TYPES)) == 0;
}

const char *event_author(const struct event_parts *event) {
    const char *author;

    if (!is_of_series(event))
        return person_of(event->message ? event->message : event->series, "author");
    author = person_of(json_object_get(event->data, "old"), "author");
    return *author ? author : person_of(event->series, "author");
}

const char *event_list(const struct event_parts *event) {
    return event_string(event->whole, "list");
}

struct event_parts event_parts_of_data(const json_t *data) {
    return (struct event_parts){.data = data,
                                .series = json_object_get(data, "series"),
                                .message = json_object_get(data, "message")};
}

struct event_parts event_parts_of(const json_t *whole) {
    struct event_parts parts = event_parts_of_data(json_object_get(whole, "data"));

    parts.whole = whole;
    return parts;
}

bool event_is_single_patch(const struct event_parts *event) {
    const json_t *parts = json_object_get(event->series, "parts");

    return number_of(event->series, "total") == 1 && json_array_size(parts) == 1 &&
           number_of(json_array_get(parts, 0), "part") == 1;
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* Words that a narrow column can lack begin with a tab, see event_words_write. */

/* Writes BEFORE and the version or revision of OBJECT, such as "v3" or "v3.1".  A first version is
 * written only if ALL is true.  Returns true if it was written. */
static bool version_write(FILE *text, const json_t *object, const char *before, bool all) {
    const char *revision = event_string(object, "revision");
    int64_t version = number_of(object, "version");

    if (*revision)
        fprintf(text, "%sv%s", before, revision);
    else if (version > 1 || (version >= 0 && all))
        fprintf(text, "%sv%" PRId64, before, version);
    return *revision || version > 1 || (version >= 0 && all);
}

/* Writes " 2/5"; if the total is unknown, " 2/?" or " cover"; nothing if there is no part, or only
 * one. */
static void part_write(FILE *text, int64_t part, int64_t total) {
    if (part >= 0 && total >= 0 && (total != 1 || part != 1))
        fprintf(text, " %" PRId64 "/%" PRId64, part, total);
    else if (part > 0 && total < 0)
        fprintf(text, " %" PRId64 "/?", part);
    else if (part == 0 && total < 0)
        fputs(" cover", text);
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

/* ---- mails ----------------------------------------------------------------------------------- */

/* Writes the RANGE "1-3,5" as " 1-3, 5/7". */
static void range_write(FILE *text, const char *range, int64_t total) {
    putc(' ', text);
    for (; *range; range++)
        fprintf(text, *range == ',' ? "%c " : "%c", *range);
    if (total >= 0)
        fprintf(text, "/%" PRId64, total);
}

/* Writes the part to which a reply applies, such as " 2/5", " 2-4/5", or " all". */
static void target_write(FILE *text, const struct event_parts *event) {
    const char *range = event_string(event->data, "range");
    int64_t target = number_of(json_object_get(event->data, "target"), "part");
    int64_t total = number_of(event->series, "total");

    if (strcmp(event_string(event->data, "scope"), "series") == 0 && total != 1)
        fputs(" all", text);
    else if (*range)
        range_write(text, range, total);
    else
        part_write(text, target, total);
}

/* Writes "RFC v3 2/5", of a single patch "RFC v3 patch". */
static void posting_write(FILE *text, const struct event_parts *event, const char *kind) {
    int64_t part = number_of(event->message, "part"), total = number_of(event->series, "total");
    bool in_series = part >= 0 && total >= 0 && (total != 1 || part != 1);
    const char *before = "";

    if (event_has_flag(event->message, "rfc")) {
        fputs("RFC", text);
        before = " ";
    }
    if (version_write(text, event->message, before, false))
        before = " ";
    if (in_series)
        fprintf(text, "%s%" PRId64 "/%" PRId64, before, part, total);
    else
        fprintf(text, "%s%s", before, kind);
}

static void seen_write(FILE *text, const struct event_parts *event) {
    const char *kind = event_string(event->message, "kind");

    if (strcmp(kind, "patch") == 0 || strcmp(kind, "cover") == 0) {
        posting_write(text, event, kind);
        return;
    }
    if (event_has_flag(event->message, "nack"))
        kind = "nack";
    else if (strcmp(kind, "reply") == 0 && event_has_flag(event->message, "review"))
        kind = "review";
    fputs(kind, text);
    target_write(text, event);
}

static void posted_write(FILE *text, const struct event_parts *event) {
    const char *list = event_list(event);

    fprintf(text, "sent to %.*s", (int)strcspn(list, "."), list);
}

static void trailer_write(FILE *text, const struct event_parts *event) {
    const char *person = person_of(event->data, "person");

    fputs(event_string(json_object_get(event->data, "trailer"), "name"), text);
    target_write(text, event);
    if (json_is_false(json_object_get(event->data, "from_sender")) && *person)
        fprintf(text, "\tof %s", person);
}

/* Writes "pull lamp-6.9 signed https://git.example.org/lamp.git". */
static void pull_write(FILE *text, const struct event_parts *event) {
    static const char *const prefixes[] = {"refs/", "tags/", "heads/"};
    const json_t *pull = json_object_get(event->data, "pull");
    const char *ref = event_string(pull, "ref"), *url = event_string(pull, "url");

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (strncmp(ref, prefixes[i], strlen(prefixes[i])) == 0)
            ref += strlen(prefixes[i]);
    fprintf(text, "pull%s%s", *ref ? " " : "", ref);
    if (json_is_true(json_object_get(pull, "signed")))
        fputs("\tsigned", text);
    if (*url)
        fprintf(text, "\t%s", url);
}

/* Writes "fail 2/5 test-robot". */
static void report_write(FILE *text, const struct event_parts *event) {
    const char *verdict = event_string(event->data, "verdict");
    const char *robot = event_string(event->data, "robot");

    fputs(*verdict ? verdict : "report", text);
    target_write(text, event);
    if (*robot)
        fprintf(text, "\t%s", robot);
}

/* Writes "applied 1-2 of 3 to net-next as 0123456789ab", with the first commit. */
static void commit_write(FILE *text, const struct event_parts *event) {
    const json_t *applied = json_object_get(event->data, "applied");
    const char *tree = event_string(event->data, "tree"), *commit = "";
    int64_t total = number_of(event->series, "total");
    json_auto_t *parts = json_array();

    for (size_t i = 0; i < json_array_size(applied); i++) {
        const json_t *item = json_array_get(applied, i);

        if (!*commit)
            commit = event_string(item, "commit");
        if (number_of(item, "part") > 0)
            json_array_append(parts, json_object_get(item, "part"));
    }
    fputs("applied", text);
    if (json_array_size(parts) > 0 && total != 1) {
        ranges_write(text, parts);
        if (total >= 0)
            fprintf(text, "\tof %" PRId64, total);
    }
    if (*tree)
        fprintf(text, "\tto %s", tree);
    if (*commit)
        fprintf(text, "\tas %.12s", commit);
}

/* ---- series ---------------------------------------------------------------------------------- */

/* Returns the number of patches among the parts of the series. */
static int64_t part_count(const json_t *series) {
    const json_t *parts = json_object_get(series, "parts");
    int64_t count = 0;

    for (size_t i = 0; i < json_array_size(parts); i++)
        count += number_of(json_array_get(parts, i), "part") > 0;
    return count;
}

/* Writes "opened v3 0/2", with the number of patches that were posted. */
static void opened_write(FILE *text, const struct event_parts *event) {
    int64_t total = number_of(event->series, "total");

    fputs("opened", text);
    version_write(text, event->series, " ", false);
    if (total >= 0)
        part_write(text, part_count(event->series), total);
}

/* Writes " in 3 h", in the largest unit of which there are at least 2; nothing below 2 minutes. */
static void elapsed_write(FILE *text, int64_t seconds) {
    static const struct {
        int64_t seconds;
        const char *unit;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (seconds >= 2 * units[i].seconds) {
            fprintf(text, "\tin %" PRId64 " %s", seconds / units[i].seconds, units[i].unit);
            return;
        }
}

/* Writes "complete v3 2/2 in 3 h". */
static void completed_write(FILE *text, const struct event_parts *event) {
    int64_t total = number_of(event->series, "total");

    fputs("complete", text);
    version_write(text, event->series, " ", false);
    part_write(text, total, total);
    elapsed_write(text, number_of(event->data, "elapsed"));
}

/* Writes "missing 1, 3-4 of 5 v3". */
static void incomplete_write(FILE *text, const struct event_parts *event) {
    int64_t total = number_of(event->series, "total");

    fputs("missing", text);
    ranges_write(text, json_object_get(event->series, "missing"));
    if (total >= 0)
        fprintf(text, "\tof %" PRId64, total);
    version_write(text, event->series, "\t", false);
}

/* Writes "patch 4 added", "patches 2-3 replaced in v2", "cover added in v3". */
static void amended_write(FILE *text, const struct event_parts *event) {
    const char *reason = event_string(event->data, "reason");
    const json_t *parts = json_object_get(event->data, "parts");

    if (strcmp(reason, "cover") == 0) {
        fputs("cover added", text);
    } else {
        if (json_array_size(parts) > 0)
            fputs(json_array_size(parts) == 1 ? "patch" : "patches", text);
        ranges_write(text, parts);
        fprintf(text, "%s%s", json_array_size(parts) > 0 ? " " : "", *reason ? reason : "amended");
    }
    version_write(text, event->series, "\tin ", false);
}

bool event_is_past(const struct event_parts *event) {
    return strcmp(event_string(event->whole, "type"), EVENT_SERIES_SUPERSEDED) == 0 &&
           strcmp(event_string(event->data, "scope"), "part") != 0;
}

/* Writes "part 2 replaced", "parts 2-3 replaced" or, if the numbers are unknown, "part replaced".
 */
static void replaced_write(FILE *text, const struct event_parts *event) {
    const json_t *replaced = json_object_get(event->data, "replaced");
    json_auto_t *parts = json_array();

    for (size_t i = 0; i < json_array_size(replaced); i++)
        json_array_append(parts, json_object_get(json_array_get(replaced, i), "part"));
    fputs(json_array_size(parts) > 1 ? "parts" : "part", text);
    ranges_write(text, parts);
    fputs(" replaced", text);
}

/* Writes "superseded by v3 (title)", or "part 2 replaced by v2.1 (thread)". */
static void superseded_write(FILE *text, const struct event_parts *event) {
    const char *how = event_string(event->data, "how");

    if (event_is_past(event))
        fputs("superseded", text);
    else
        replaced_write(text, event);
    if (!version_write(text, event->series, event_is_past(event) ? " by " : "\tby ", true))
        fprintf(text, " by %s", event_string(event->series, "id"));
    if (*how)
        fprintf(text, "\t(%s)", how);
}

/* Writes "same as s1-fxqhvd6hr74rpg5j". */
static void aliased_write(FILE *text, const struct event_parts *event) {
    const json_t *ids = json_object_get(event->data, "same_as");
    const char *before = "same as ";

    for (size_t i = 0; i < json_array_size(ids); i++)
        if (json_is_string(json_array_get(ids, i))) {
            fprintf(text, "%s%s", before, json_string_value(json_array_get(ids, i)));
            before = ", ";
        }
}

/* ---- the daemon ------------------------------------------------------------------------------ */

/* Writes "lost 12 events of sink redis", "lost 3 mails", or "stopped mails 10 events 21". */
static void status_write(FILE *text, const struct event_parts *event) {
    const char *sink = event_string(event->data, "sink"), *name;
    json_t *counts = json_object_get(event->data, "counts"), *value;
    int64_t lost = number_of(event->data, "lost");

    fputs(event_string(event->data, "state"), text);
    if (lost >= 0)
        fprintf(text, " %" PRId64 " %s%s", lost, *sink ? "event" : "mail", plural((uint64_t)lost));
    if (*sink)
        fprintf(text, "\tof sink %s", sink);
    json_object_foreach(counts, name, value) if (json_is_integer(value) && strcmp(name, "lost"))
        fprintf(text, "\t%s %" JSON_INTEGER_FORMAT, name, json_integer_value(value));
}

/* ---- types ----------------------------------------------------------------------------------- */

#define GREEN   "32"
#define YELLOW  "33"
#define BLUE    "34"
#define MAGENTA "35"
#define CYAN    "36"
#define DIM     EVENT_DIM
#define RED     EVENT_RED

static const struct type {
    const char *name, *colour;
    void (*write)(FILE *text, const struct event_parts *event);
} types[EVENT_TYPE_COUNT] = {
#define TYPE_OF_LINE(constant, name, add, colour, write) {name, colour, write},
    EVENT_TYPES(TYPE_OF_LINE)};

/* Returns NULL if the type is unknown. */
static const struct type *type_of(const struct event_parts *event) {
    char name[EVENT_TYPE_SHORT_SIZE];

    event_type_short(event_string(event->whole, "type"), name);
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

void event_words_write(FILE *text, const struct event_parts *event) {
    const struct type *type = type_of(event);
    char name[EVENT_TYPE_SHORT_SIZE];

    if (type) {
        type->write(text, event);
        return;
    }
    event_type_short(event_string(event->whole, "type"), name);
    fputs(name, text);
}

/* Values that have a colour of their own, whatever the type: the kind and the flag of a mail, the
 * meaning of a tag, the verdict of a robot, the state of the daemon. */
static const struct {
    const char *value, *colour;
} values[] = {
    {"fail", RED},       {"refuse", RED},      {"nack", RED},      {"lost", RED},
    {"warning", YELLOW}, {"pass", GREEN},      {"approve", GREEN}, {"test", GREEN},
    {"patch", GREEN},    {"cover", CYAN},      {"pull", MAGENTA},  {"report", YELLOW},
    {"commit", BLUE},    {"announce", YELLOW}, {"other", DIM},
};

static const char *value_colour(const char *value) {
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (strcmp(values[i].value, value) == 0)
            return values[i].colour;
    return NULL;
}

const char *event_words_colour(const struct event_parts *event) {
    static const char *const keys[] = {"verdict", "meaning", "state"};
    const struct type *type = type_of(event);
    const char *colour = NULL;

    if (type && type->write == seen_write)
        return event_has_flag(event->message, "nack")
                   ? RED
                   : value_colour(event_string(event->message, "kind"));
    for (size_t i = 0; !colour && i < sizeof(keys) / sizeof(keys[0]); i++)
        colour = value_colour(event_string(event->data, keys[i]));
    return colour || !type ? colour : type->colour;
}

/* ---- titles ---------------------------------------------------------------------------------- */

/* Returns the first of TEXTS, which ends with NULL, that is not empty; "" if all are empty. */
static const char *first_of(const char *const *texts) {
    while (*texts && !**texts)
        texts++;
    return *texts ? *texts : "";
}

/* Returns "lists.example.org/patchmark" of the source "https://lists.example.org/patchmark". */
static const char *host_of(const struct event_parts *event) {
    const char *source = event_string(event->whole, "source"), *host = strstr(source, "//");

    return host ? host + 2 : source;
}

const char *event_title(const struct event_parts *event) {
    const char *type = event_string(event->whole, "type");
    const char *of_series = event_string(event->series, "title");
    const char *of_mail = event_string(event->message, "title");
    const char *subject = event_string(event->message, "subject");
    const char *of_old = event_string(json_object_get(event->data, "old"), "title");

    if (!*type)
        return "(not an event that can be read)";
    if (is_of_series(event))
        return first_of((const char *[]){of_old, of_series, NULL});
    return first_of((const char *[]){of_mail, subject, host_of(event), NULL});
}
