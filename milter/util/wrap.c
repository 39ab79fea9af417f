/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wrap.c - see wrap.h.
 */
#include "util/wrap.h"

#include "util/terminal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#define DAYS_ALONE 30 /* from this number of days on, hours do not matter */
#define YEAR       (365 * INT64_C(86400))

struct wrap wrap_begin(FILE *stream, const char *label, int indent, int columns) {
    fprintf(stream, "%-*s", indent, label);
    return (struct wrap){.stream = stream, .columns = columns, .indent = indent, .used = indent};
}

/* Writes the item TEXT, with SEPARATOR, "" or ",", before it unless it is the first one. */
static void item_write(struct wrap *wrap, const char *text, const char *separator) {
    int room = wrap->columns > wrap->indent ? wrap->columns - wrap->indent : -1;

    if (wrap->items++ > 0) {
        fputs(separator, wrap->stream);
        wrap->used += (int)strlen(separator);
        /* One column stays free for the separator after it. */
        if (room >= 0 && !terminal_fits(text, wrap->columns - wrap->used - 2)) {
            fprintf(wrap->stream, "\n%*s", wrap->indent, "");
            wrap->used = wrap->indent;
        } else {
            putc(' ', wrap->stream);
            wrap->used++;
        }
    }
    wrap->used += terminal_write(wrap->stream, text, room >= 0 && !wrap->whole ? room - 1 : -1);
}

void wrap_add(struct wrap *wrap, const char *format, ...) {
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    item_write(wrap, text, ",");
}

void wrap_words(struct wrap *wrap, const char *text) {
    char word[512];

    for (size_t length; *(text += strspn(text, " ")); text += length) {
        length = strcspn(text, " ");
        snprintf(word, sizeof(word), "%.*s", (int)length, text);
        item_write(wrap, word, "");
    }
}

void wrap_end(struct wrap *wrap) {
    putc('\n', wrap->stream);
}

const char *wrap_duration(char text[WRAP_TEXT_SIZE], int64_t seconds) {
    static const struct {
        int64_t seconds;
        char name;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;

    if (seconds < 0)
        seconds = 0;
    if (seconds >= 2 * YEAR) {
        snprintf(text, WRAP_TEXT_SIZE, "%" PRId64 "y", seconds / YEAR);
        return text;
    }
    while (i < 3 && seconds < units[i].seconds)
        i++;
    if (i == 3 || seconds >= DAYS_ALONE * 86400 ||
        seconds % units[i].seconds < units[i + 1].seconds)
        snprintf(text, WRAP_TEXT_SIZE, "%" PRId64 "%c", seconds / units[i].seconds, units[i].name);
    else
        snprintf(text, WRAP_TEXT_SIZE, "%" PRId64 "%c %" PRId64 "%c", seconds / units[i].seconds,
                 units[i].name, seconds % units[i].seconds / units[i + 1].seconds,
                 units[i + 1].name);
    return text;
}

const char *wrap_bytes(char text[WRAP_TEXT_SIZE], int64_t bytes) {
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double number = (double)bytes / 1024;
    size_t i = 0;

    if (bytes < 1024) {
        snprintf(text, WRAP_TEXT_SIZE, "%" PRId64 " bytes", bytes);
        return text;
    }
    for (; number >= 1000 && i < 3; i++)
        number /= 1024;
    snprintf(text, WRAP_TEXT_SIZE, "%.*f %s", number < 100, number, units[i]);
    return text;
}

const char *wrap_time(char text[WRAP_TEXT_SIZE], int64_t time) {
    time_t seconds = (time_t)time;
    struct tm utc;

    if (!gmtime_r(&seconds, &utc) ||
        strftime(text, WRAP_TEXT_SIZE, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
        strcpy(text, "unknown");
    return text;
}
