/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mention.c - Message-IDs that a mail's own text names: see series.h.
 *
 * People write <id>, id:..., Message-ID: <id>, or a link to an archive that ends with the id.
 * What has an "@" and is bounded by the characters that no id has is looked up; a mail address is
 * too, and is not found.
 */
#include "series.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define MENTIONS_MOST 100
#define ID_LEAST      8

/* Bounds of an id in running text; "/" and ":" as links and "id:" have them. */
static bool is_bound(char byte) {
    return isspace((unsigned char)byte) || (byte && strchr("<>()[]{}\"',;:/\\", byte)) ||
           (unsigned char)byte < 32;
}

static int hex_value(char digit) {
    if (isdigit((unsigned char)digit))
        return digit - '0';
    return isxdigit((unsigned char)digit) ? tolower((unsigned char)digit) - 'a' + 10 : -1;
}

/* Where the id starts in the query of a link: "?i=ID", "?l=list&i=ID". */
static const char *query_skip(const char *from, const char *end) {
    for (const char *at = from; from < end && *from == '?' && at + 2 < end; at++)
        if ((*at == '?' || *at == '&') && at[1] == 'i' && at[2] == '=')
            return at + 3;
    return from;
}

/* Copies an id, percent-encoding undone, punctuation that ends a sentence left out. */
static bool id_copy(const char *from, const char *end, char *id, size_t size) {
    size_t length = 0;

    from = query_skip(from, end);
    while (end > from && strchr(".?!#", end[-1]))
        end--;
    while (from < end && length + 1 < size) {
        if (*from == '%' && end - from > 2 && hex_value(from[1]) >= 0 && hex_value(from[2]) >= 0) {
            id[length++] = (char)(hex_value(from[1]) * 16 + hex_value(from[2]));
            from += 3;
        } else {
            id[length++] = *from++;
        }
    }
    id[length] = '\0';
    return from == end && length >= ID_LEAST && strlen(id) == length && strchr(id, '@') &&
           id[0] != '@' && id[length - 1] != '@';
}

/* The next "@", or "%40" of a link, in [AT, END). */
static const char *at_sign(const char *at, const char *end) {
    for (; at < end; at++)
        if (*at == '@' || (*at == '%' && end - at > 2 && at[1] == '4' && at[2] == '0'))
            return at;
    return NULL;
}

static bool line_is_own(struct patchmark_text line) {
    return line.length > 0 && line.data[0] != '>';
}

/* Tags name people. */
static bool line_is_tag(struct patchmark_text line) {
    const char *colon = memchr(line.data, ':', line.length);

    return patchmark_text_case_starts(line, "Cc:") ||
           (colon && colon - line.data > 3 && strncasecmp(colon - 3, "-by", 3) == 0);
}

/* The next id in the rest of walk->line. */
static bool line_next(struct mention_walk *walk, char *id, size_t size) {
    const char *start = walk->line.data, *end = start + walk->line.length, *sign;

    while ((sign = at_sign(start, end))) {
        const char *from = sign, *to = sign + 1;

        while (from > start && !is_bound(from[-1]))
            from--;
        while (to < end && !is_bound(*to) && *to != '?' && *to != '#') /* no host has these */
            to++;
        start = to;
        walk->line = (struct patchmark_text){to, (size_t)(end - to)};
        if (id_copy(from, to, id, size))
            return true;
    }
    walk->line.length = 0;
    return false;
}

/* Takes the next line that may hold one; a diff is not the sender's own words. */
static bool line_read(const struct patchmark_message *message, struct mention_walk *walk,
                      bool *supersedes) {
    struct patchmark_part part = {.struct_size = sizeof(part)};

    for (;;) {
        if (!patchmark_text_line(&walk->text, &walk->line)) {
            if (!patchmark_message_part(message, walk->part++, &part))
                return false;
            if (strcmp(part.type, "text/plain") == 0)
                walk->text = part.text;
            continue;
        }
        if (patchmark_text_case_starts(walk->line, "diff --git ") ||
            patchmark_text_case_starts(walk->line, "-- ")) {
            walk->text.length = 0;
            continue;
        }
        if (!line_is_own(walk->line) || line_is_tag(walk->line))
            continue;
        *supersedes = patchmark_text_case_starts(walk->line, "Supersedes:") ||
                      patchmark_text_case_starts(walk->line, "Obsoletes:");
        return true;
    }
}

bool mention_next(const struct patchmark_message *message, struct mention_walk *walk, char *id,
                  size_t size, bool *supersedes) {
    while (walk->count < MENTIONS_MOST) {
        if (walk->line.length > 0 && line_next(walk, id, size)) {
            walk->count++;
            return true;
        }
        if (!line_read(message, walk, supersedes))
            return false;
    }
    return false;
}

/* A shortlog line is a title behind blanks; a diffstat has a bar, a quote or list its mark. */
static bool line_is_title(struct patchmark_text line) {
    return line.length > 8 && line.data[0] == ' ' && line.data[1] == ' ' &&
           !memchr(line.data, '|', line.length) && !memchr(line.data, '@', line.length);
}

static size_t indent_of(struct patchmark_text line) {
    size_t blanks = 0;

    while (blanks < line.length && isblank((unsigned char)line.data[blanks]))
        blanks++;
    return blanks;
}

/* Appends the line's words to TITLE. */
static bool title_add(struct patchmark_text line, char *title, size_t size) {
    size_t indent = indent_of(line), length = strlen(title);
    size_t more = line.length - indent;

    if (more == 0 || length + more + 2 > size)
        return false;
    if (length > 0)
        title[length++] = ' ';
    memcpy(title + length, line.data + indent, more);
    title[length + more] = '\0';
    return true;
}

bool mention_next_title(const struct patchmark_message *message, struct mention_walk *walk,
                        char *title, size_t size) {
    bool supersedes;

    *title = '\0';
    while (walk->count < MENTIONS_MOST && line_read(message, walk, &supersedes)) {
        struct patchmark_text line = walk->line, rest = walk->text, next;

        if (!line_is_title(line) || !title_add(line, title, size))
            continue;
        /* git shortlog wraps a long title, and indents what follows further. */
        while (patchmark_text_line(&rest, &next) && indent_of(next) > indent_of(line) &&
               title_add(next, title, size))
            walk->text = rest;
        walk->count++;
        return true;
    }
    return false;
}
