/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-value.c - see configuration-value.h.
 *
 * Supports the types of patchmark-plugin.h, for options of the core and of plugins.
 */
#include "settings/configuration-value.h"

#include "settings/configuration-read.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SHOWN 60 /* the number of bytes of an invalid value that an error quotes */

/* The units of a duration, largest first. */
static const struct {
    char letter;
    int64_t seconds;
} units[] = {{'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

#define UNITS (sizeof(units) / sizeof(*units))

static const struct {
    const char *word;
    int64_t number;
} bool_words[] = {{"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0}, {"on", 1}, {"off", 0}};

const char *configuration_type_name(enum patchmark_type type) {
    switch (type) {
    case PATCHMARK_BOOL:
        return "bool";
    case PATCHMARK_INT:
        return "int";
    case PATCHMARK_STRING:
        return "string";
    case PATCHMARK_LIST:
        return "list";
    case PATCHMARK_DURATION:
        return "duration";
    case PATCHMARK_NONE:
        break;
    }
    return "unknown";
}

/* ---- numbers ------------------------------------------------------------------------------- */

static int64_t minimum(const struct patchmark_option *option) {
    return option->min;
}

static int64_t maximum(const struct patchmark_option *option) {
    return option->min == 0 && option->max == 0 ? INT64_MAX : option->max;
}

/* Reads a decimal number with an optional '-' into *NUMBER, and sets *REST to what follows it.
 * Returns false if TEXT starts with no number, or one out of range. */
static bool read_digits(const char *text, const char **rest, int64_t *number) {
    char *end;

    if (!strchr("-0123456789", *text) || !*text)
        return false;
    errno = 0;
    *number = strtoll(text, &end, 10);
    *rest = end;
    return errno == 0 && end > text && end[-1] != '-';
}

static bool read_int(const char *text, int64_t *number) {
    const char *rest;

    return read_digits(text, &rest, number) && *rest == '\0';
}

static bool read_duration(const char *text, int64_t *seconds) {
    const char *rest;

    if (!read_digits(text, &rest, seconds))
        return false;
    if (*rest == '\0')
        return *seconds == 0; /* only 0 requires no unit */
    for (size_t i = 0; i < UNITS; i++)
        if (rest[0] == units[i].letter && rest[1] == '\0')
            return !__builtin_mul_overflow(*seconds, units[i].seconds, seconds);
    return false;
}

static bool read_bool(const char *text, int64_t *number) {
    for (size_t i = 0; i < sizeof(bool_words) / sizeof(*bool_words); i++)
        if (strcasecmp(text, bool_words[i].word) == 0) {
            *number = bool_words[i].number;
            return true;
        }
    return false;
}

/* ---- errors -------------------------------------------------------------------------------- */

static void print_number(FILE *text, enum patchmark_type type, int64_t number) {
    size_t i = 0;

    while (type == PATCHMARK_DURATION && i < UNITS - 1 && number % units[i].seconds != 0)
        i++;
    if (type == PATCHMARK_DURATION && number != 0)
        fprintf(text, "%" PRId64 "%c", number / units[i].seconds, units[i].letter);
    else
        fprintf(text, "%" PRId64, number);
}

static void print_allowed(FILE *text, const struct patchmark_option *option) {
    switch (option->type) {
    case PATCHMARK_BOOL:
        fputs("true or false", text);
        return;
    case PATCHMARK_STRING:
        fputs("one string", text);
        return;
    case PATCHMARK_LIST:
        fputs("a list", text);
        return;
    case PATCHMARK_INT:
        fputs("a number from ", text);
        break;
    case PATCHMARK_DURATION:
        fputs("a number and s, m, h, d or w, from ", text);
        break;
    }
    print_number(text, option->type, minimum(option));
    fputs(maximum(option) == INT64_MAX ? " up" : " to ", text);
    if (maximum(option) != INT64_MAX)
        print_number(text, option->type, maximum(option));
}

/* Writes to ERROR what OPTION allows, and what ITEMS are instead. */
static void error_write(const struct patchmark_option *option, char **items, size_t count,
                        char *error, size_t size) {
    FILE *text = fmemopen(error, size, "w");

    if (!text)
        return;
    fprintf(text, "option '%s' must be ", option->name);
    print_allowed(text, option);
    if (count == 1)
        fprintf(text, ", not '%.*s'%s", SHOWN, items[0], strlen(items[0]) > SHOWN ? "..." : "");
    else
        fprintf(text, ", not %s", count ? "a list" : "an empty list");
    fclose(text);
}

/* ---- values -------------------------------------------------------------------------------- */

static bool read_number(const struct patchmark_option *option, const char *text, int64_t *number) {
    switch (option->type) {
    case PATCHMARK_BOOL:
        return read_bool(text, number);
    case PATCHMARK_INT:
        return read_int(text, number) && *number >= minimum(option) && *number <= maximum(option);
    case PATCHMARK_DURATION:
        return read_duration(text, number) && *number >= minimum(option) &&
               *number <= maximum(option);
    case PATCHMARK_STRING:
    case PATCHMARK_LIST:
        break;
    }
    return true;
}

bool configuration_value_set(const struct patchmark_option *option, char **items, size_t count,
                             struct option_value *value, char *error, size_t error_size) {
    *value = (struct option_value){.option = option, .items = items, .count = count};
    if (option->type != PATCHMARK_LIST &&
        (count != 1 || !read_number(option, items[0], &value->number))) {
        error_write(option, items, count, error, error_size);
        return false;
    }
    return true;
}

/* The fallback of a list is parsed as in the file.  Other fallbacks are taken literally, without
 * their quotes if they have any, so that a string such as {patchmark}:events can be a fallback. */
bool configuration_value_fallback(struct arena *arena, const struct patchmark_option *option,
                                  struct option_value *value, char *error, size_t error_size) {
    const char *text = option->fallback;
    size_t length, count = 1;
    char **items;

    *value = (struct option_value){.option = option};
    if (!text || (!*text && option->type == PATCHMARK_LIST))
        return true;
    length = strlen(text);
    if (option->type == PATCHMARK_LIST) {
        items = configuration_read_list(arena, text, &count);
        if (!items) {
            snprintf(error, error_size, "option '%s' must be a list, not '%.*s'", option->name,
                     SHOWN, text);
            return false;
        }
    } else {
        bool quoted = length >= 2 && text[0] == '"' && text[length - 1] == '"';

        items = arena_allocate(arena, 2 * sizeof(*items));
        items[0] = arena_copy(arena, text + quoted, length - 2 * (size_t)quoted);
        items[1] = NULL;
    }
    return configuration_value_set(option, items, count, value, error, error_size);
}
