/* SPDX-License-Identifier: BSD-2-Clause
 *
 * terminal.c - see terminal.h.
 *
 * Owns nothing.  Errors of writing are left to the caller, who finds them with ferror(3).
 */
#include "util/terminal.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ELLIPSIS "\xe2\x80\xa6"
#define INVALID  ((gunichar)-1) /* a byte that is not part of valid UTF-8 */

#define COLUMNS_DEFAULT 80   /* of a terminal whose width is unknown */
#define COLUMNS_MAX     4096 /* of the environment variable */

/* Characters without width that may follow one that has a width.  Languages require up to 4; more
 * cover the lines above and below. */
#define MARKS_MAX 4

int terminal_columns(int fd) {
    const char *text = getenv("COLUMNS");
    int columns = text ? atoi(text) : 0;
    struct winsize size;

    if (columns > 0)
        return columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
    if (!isatty(fd))
        return 0;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS_DEFAULT;
}

bool terminal_has_colours(int fd) {
    const char *forbidden = getenv("NO_COLOR"), *type = getenv("TERM");

    return isatty(fd) && !(forbidden && *forbidden) && type && *type && strcmp(type, "dumb") != 0;
}

int terminal_choose_colours(const char *when, int fd, bool *colours) {
    *colours = terminal_has_colours(fd);
    if (!when || strcmp(when, "auto") == 0)
        return 0;
    *colours = strcmp(when, "always") == 0;
    if (*colours || strcmp(when, "never") == 0)
        return 0;
    fprintf(stderr, "patchmark: invalid value '%s' of --color; use auto, always or never\n", when);
    return -1;
}

/* ---- characters ---------------------------------------------------------------------------- */

/* Decodes the character at the start of TEXT, which has LENGTH bytes, at least 1.  Returns the
 * number of bytes that it takes; 1 if it is INVALID. */
static size_t decode(const char *text, size_t length, gunichar *character) {
    *character = *text == '\0' ? 0 : g_utf8_get_char_validated(text, (gssize)length);
    if (*character > 0x10ffff) /* GLib returns two different values for errors */
        *character = INVALID;
    return *character == INVALID ? 1 : (size_t)(g_utf8_next_char(text) - text);
}

/* Returns false for characters that control a terminal or are invisible: control characters, marks
 * of direction, line separators, tags, selectors of variants, which change the width of the
 * character before on some terminals.  Joiners (U+200C, U+200D) are safe: they shape letters. */
static bool is_safe(gunichar character) {
    if (character == 0x200c || character == 0x200d)
        return true;
    if ((character >= 0xfe00 && character <= 0xfe0f) ||
        (character >= 0xe0100 && character <= 0xe01ef))
        return false;
    return character != INVALID && g_unichar_isprint(character) && character != 0x2028 &&
           character != 0x2029;
}

/* One character in the form in which it is written. */
struct shown {
    char text[12];
    int columns; /* the width of that text */
    int marks;   /* characters without width since the last one that has a width */
};

/* The state before a text, whose first character has none before it to which it could be added. */
#define SHOWN_START \
    { .marks = MARKS_MAX }

/* Changes SHOWN for the next character, the one at the start of TEXT, which has LENGTH bytes, at
 * least 1.  Returns the number of bytes that it takes in TEXT. */
static size_t show(const char *text, size_t length, struct shown *shown) {
    gunichar character;
    size_t size = decode(text, length, &character);
    bool has_width;

    if (character == '\t')
        character = ' ';
    has_width = !g_unichar_iszerowidth(character);
    shown->marks = has_width ? 0 : shown->marks + 1;
    if (is_safe(character) && shown->marks <= MARKS_MAX) {
        shown->text[g_unichar_to_utf8(character, shown->text)] = '\0';
        shown->columns = has_width ? 1 + g_unichar_iswide(character) : 0;
        return size;
    }
    if (character == INVALID || character < 0x80)
        snprintf(shown->text, sizeof(shown->text), "\\x%02x", (unsigned char)*text);
    else
        snprintf(shown->text, sizeof(shown->text), character > 0xffff ? "\\U%08x" : "\\u%04x",
                 character);
    shown->columns = (int)strlen(shown->text);
    return size;
}

/* ---- texts --------------------------------------------------------------------------------- */

bool terminal_fits(const char *text, int columns) {
    struct shown shown = SHOWN_START;

    for (size_t left = strlen(text), size; left > 0 && columns >= 0; text += size, left -= size) {
        size = show(text, left, &shown);
        columns -= shown.columns;
    }
    return columns >= 0;
}

int terminal_write(FILE *stream, const char *text, int columns) {
    bool cut = columns >= 0 && !terminal_fits(text, columns);
    int most = cut ? columns - 1 : columns, used = 0;
    struct shown shown = SHOWN_START;

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
        gunichar character;

        size = decode(json, length, &character);
        if (character == INVALID)
            fputs("\\ufffd", stream);
        else if (character < ' ')
            putc(' ', stream); /* inside strings JSON has escaped it, so this is between values */
        else if (is_safe(character))
            fwrite(json, 1, size, stream);
        else if (character > 0xffff)
            fprintf(stream, "\\u%04x\\u%04x", 0xd7c0 + (character >> 10),
                    0xdc00 + (character & 0x3ff));
        else
            fprintf(stream, "\\u%04x", character);
    }
}
