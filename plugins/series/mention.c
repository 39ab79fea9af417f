/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mention.c - finds Message-IDs and titles of parts in the text of a mail: see series.h.
 *
 * People write <id>, id:..., Message-ID: <id>, or a link to an archive that ends with the id.  The
 * walk returns every text with an "@" between two delimiters.  That includes mail addresses, which
 * the index then does not find.
 */
#include "series.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define MENTIONS_MAX 100 /* Message-IDs or titles of one mail that are returned */
#define ID_MIN       8   /* bytes of a Message-ID */

/* Returns true if BYTE ends an id in running text.  "/" and ":" are delimiters because of links and
 * "id:". */
static bool is_delimiter(char byte) {
    return isspace((unsigned char)byte) || (byte && strchr("<>()[]{}\"',;:/\\", byte)) ||
           (unsigned char)byte < 32;
}

static int hex_value(char digit) {
    if (isdigit((unsigned char)digit))
        return digit - '0';
    return isxdigit((unsigned char)digit) ? tolower((unsigned char)digit) - 'a' + 10 : -1;
}

/* Returns the start of the id in the query of a link, as in "?i=ID" or "?l=list&i=ID"; FROM if
 * there is no such query. */
static const char *query_id_find(const char *from, const char *end) {
    for (const char *at = from; from < end && *from == '?' && at + 2 < end; at++)
        if ((*at == '?' || *at == '&') && at[1] == 'i' && at[2] == '=')
            return at + 3;
    return from;
}

/* Copies an id, with percent-encoding decoded and without the punctuation that ends a sentence.
 * Returns false if it does not fit or cannot be a Message-ID. */
static bool id_copy(const char *from, const char *end, char *id, size_t size) {
    size_t length = 0;

    from = query_id_find(from, end);
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
    return from == end && length >= ID_MIN && strlen(id) == length && strchr(id, '@') &&
           id[0] != '@' && id[length - 1] != '@';
}

/* Returns the next "@", or "%40" of a link, between AT and END; NULL if there is none. */
static const char *at_sign_find(const char *at, const char *end) {
    for (; at < end; at++)
        if (*at == '@' || (*at == '%' && end - at > 2 && at[1] == '4' && at[2] == '0'))
            return at;
    return NULL;
}

static bool line_is_unquoted(struct patchmark_text line) {
    return line.length > 0 && line.data[0] != '>';
}

/* Returns true for Cc and tags such as "Reviewed-by:", which name people, not mails. */
static bool line_is_tag(struct patchmark_text line) {
    const char *colon = memchr(line.data, ':', line.length);

    return patchmark_text_case_starts(line, "Cc:") ||
           (colon && colon - line.data > 3 && strncasecmp(colon - 3, "-by", 3) == 0);
}

/* Reads the next id from the rest of walk->line. */
static bool line_next(struct mention_walk *walk, char *id, size_t size) {
    const char *start = walk->line.data, *end = start + walk->line.length, *sign;

    while ((sign = at_sign_find(start, end))) {
        const char *from = sign, *to = sign + 1;

        while (from > start && !is_delimiter(from[-1]))
            from--;
        while (to < end && !is_delimiter(*to) && *to != '?' && *to != '#') /* not in a host name */
            to++;
        start = to;
        walk->line = (struct patchmark_text){to, (size_t)(end - to)};
        if (id_copy(from, to, id, size))
            return true;
    }
    walk->line.length = 0;
    return false;
}

/* Reads the next line of the sender's own text, without quotes, tags, diffs and the signature. */
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
        if (!line_is_unquoted(walk->line) || line_is_tag(walk->line))
            continue;
        *supersedes = patchmark_text_case_starts(walk->line, "Supersedes:") ||
                      patchmark_text_case_starts(walk->line, "Obsoletes:");
        return true;
    }
}

bool mention_next(const struct patchmark_message *message, struct mention_walk *walk, char *id,
                  size_t size, bool *supersedes) {
    while (walk->count < MENTIONS_MAX) {
        if (walk->line.length > 0 && line_next(walk, id, size)) {
            walk->count++;
            return true;
        }
        if (!line_read(message, walk, supersedes))
            return false;
    }
    return false;
}

/* Returns true for a line of a shortlog: indented text.  A line of a diffstat has a bar, and quotes
 * and list items have a mark in the first column. */
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

/* Appends the text of LINE to TITLE.  Returns false if it is empty or does not fit. */
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
    while (walk->count < MENTIONS_MAX && line_read(message, walk, &supersedes)) {
        struct patchmark_text line = walk->line, rest = walk->text, next;

        if (!line_is_title(line) || !title_add(line, title, size))
            continue;
        /* git shortlog wraps a long title and indents its next lines further. */
        while (patchmark_text_line(&rest, &next) && indent_of(next) > indent_of(line) &&
               title_add(next, title, size))
            walk->text = rest;
        walk->count++;
        return true;
    }
    return false;
}
