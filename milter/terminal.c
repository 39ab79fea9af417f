/* SPDX-License-Identifier: BSD-2-Clause
 *
 * terminal.c - see terminal.h.  Owns nothing, cannot fail: the stream keeps its own errors.
 */
#include "terminal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define ELLIPSIS "\xe2\x80\xa6"
#define INVALID  UINT32_MAX /* a byte that is part of no character */

/* First and last of runs that a terminal obeys, or that cannot be seen and hide something. */
static const struct {
    uint32_t first, last;
} unsafe[] = {
    {0x00, 0x1f},       {0x7f, 0x9f},     /* C0, DEL, C1 */
    {0x061c, 0x061c},   {0x200e, 0x200f}, /* marks of direction */
    {0x180e, 0x180e},   {0x200b, 0x200b}, /* no width, no use in a line */
    {0x2028, 0x202e},                     /* line separators, embeddings, overrides */
    {0x2060, 0x206f},                     /* isolates, deprecated formatting */
    {0xfeff, 0xfeff},   {0xfff9, 0xfffb}, /* byte order mark, annotations */
    {0xe0000, 0xe007f},                   /* tags */
};

int terminal_columns(int fd) {
    struct winsize size;

    return isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool terminal_has_colours(int fd) {
    const char *forbidden = getenv("NO_COLOR"), *type = getenv("TERM");

    return isatty(fd) && !(forbidden && *forbidden) && type && *type && strcmp(type, "dumb") != 0;
}

/* ---- characters ---------------------------------------------------------------------------- */

/* The character at the front of LENGTH bytes, more than none; gives how many of them it takes. */
static size_t decode(const char *text, size_t length, uint32_t *character) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)*text;
    size_t size = first < 0x80             ? 1
                  : (first & 0xe0) == 0xc0 ? 2
                  : (first & 0xf0) == 0xe0 ? 3
                  : (first & 0xf8) == 0xf0 ? 4
                                           : 0;

    *character = INVALID;
    if (size == 0 || size > length)
        return 1;
    uint32_t value = size == 1 ? first : first & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 1;
        value = value << 6 | (text[i] & 0x3f);
    }
    if (value < smallest[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 1;
    *character = value;
    return size;
}

static bool is_safe(uint32_t character) {
    for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
        if (character >= unsafe[i].first && character <= unsafe[i].last)
            return false;
    return character != INVALID;
}

/* One character as it is shown. */
struct shown {
    char text[12];
    int columns;
};

static size_t show(const char *text, size_t length, struct shown *shown) {
    uint32_t character;
    size_t size = decode(text, length, &character);

    if (character == '\t')
        character = ' ';
    if (is_safe(character)) {
        int columns = wcwidth((wchar_t)character);

        snprintf(shown->text, sizeof(shown->text), "%.*s", (int)size,
                 character == ' ' ? " " : text);
        shown->columns = columns < 0 ? 1 : columns;
        return size;
    }
    if (character == INVALID || character < 0x80)
        snprintf(shown->text, sizeof(shown->text), "\\x%02x", (unsigned char)*text);
    else
        snprintf(shown->text, sizeof(shown->text), character > 0xffff ? "\\U%08x" : "\\u%04x",
                 (unsigned)character);
    shown->columns = (int)strlen(shown->text);
    return size;
}

/* ---- texts --------------------------------------------------------------------------------- */

/* True when TEXT takes at most COLUMNS. */
static bool fits(const char *text, int columns) {
    struct shown shown;

    for (size_t left = strlen(text), size; left > 0 && columns >= 0; text += size, left -= size) {
        size = show(text, left, &shown);
        columns -= shown.columns;
    }
    return columns >= 0;
}

int terminal_write(FILE *stream, const char *text, int columns) {
    bool cut = columns >= 0 && !fits(text, columns);
    int most = cut ? columns - 1 : columns, used = 0;
    struct shown shown;

    if (columns == 0)
        return 0;
    for (size_t left = strlen(text), size; left > 0; text += size, left -= size) {
        size = show(text, left, &shown);
        if (most >= 0 && used + shown.columns > most)
            break;
        fputs(shown.text, stream);
        used += shown.columns;
    }
    if (!cut)
        return used;
    fputs(ELLIPSIS, stream);
    return used + 1;
}

void terminal_write_json(FILE *stream, const char *json, size_t length) {
    for (size_t size; length > 0; json += size, length -= size) {
        uint32_t character;

        size = decode(json, length, &character);
        if (character == INVALID)
            fputs("\\ufffd", stream);
        else if (character < ' ')
            putc(' ', stream); /* JSON writes them out in strings */
        else if (is_safe(character))
            fwrite(json, 1, size, stream);
        else if (character > 0xffff)
            fprintf(stream, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (character >> 10)),
                    (unsigned)(0xdc00 + (character & 0x3ff)));
        else
            fprintf(stream, "\\u%04x", (unsigned)character);
    }
}
