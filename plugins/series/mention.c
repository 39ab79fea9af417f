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
#define LIST_MAX     16  /* lines of a list that are searched for its introduction */
#define CONTEXT_MAX  300 /* bytes of a line before an id that are read for what is said of it */
#define OBJECT_MAX   60  /* bytes between "depends on" and a link in the next line */
#define NOTES_MAX    100 /* references to a footnote that are examined */

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
        walk->found = from;
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
                walk->leaf = walk->text = part.text;
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

/* ---- what is said of an id ------------------------------------------------------------------ */

/* Returns the start of the line that contains AT, or of its last CONTEXT_MAX bytes before AT. */
static const char *line_start(const struct mention_walk *walk, const char *at) {
    size_t before = (size_t)(at - walk->leaf.data);
    const char *start = at - (before < CONTEXT_MAX ? before : CONTEXT_MAX);
    const char *newline = memrchr(start, '\n', (size_t)(at - start));

    return newline ? newline + 1 : start;
}

/* Returns the start of the line before the one that starts at LINE, with its end in *END, without
 * trailing blanks; NULL if LINE is not the start of a line, or is the first one of the leaf. */
static const char *line_before(const struct mention_walk *walk, const char *line,
                               const char **end) {
    if (line <= walk->leaf.data || line[-1] != '\n')
        return NULL;
    *end = line - 1;
    line = line_start(walk, *end);
    while (*end > line && isspace((unsigned char)(*end)[-1]))
        (*end)--;
    return line;
}

/* Returns the end of the last phrase between AT and END that says that the work needs other work;
 * NULL if there is none. */
static const char *dependency_find(const char *at, const char *end) {
    static const char *const phrases[] = {"based on",     "based-on",  "depends on",
                                          "depends-on",   "depend on", "dependent on",
                                          "depending on", "top of",    "prerequisite",
                                          "requires",     NULL};
    const char *last = NULL;

    for (; at < end; at++)
        for (size_t i = 0; phrases[i]; i++) {
            size_t length = strlen(phrases[i]);

            if ((size_t)(end - at) >= length && tolower((unsigned char)*at) == phrases[i][0] &&
                strncasecmp(at, phrases[i], length) == 0)
                last = at + length;
        }
    return last;
}

/* Returns true if the line from LINE to END introduces what follows as other work: "Depends on:",
 * "This goes on top of".  If the id is the next text (NEXT), the phrase may have an object, too:
 * "This goes on top of my fix at". */
static bool is_introduction(const char *line, const char *end, bool next) {
    const char *phrase = dependency_find(line, end);

    return phrase && (phrase == end || end[-1] == ':' ||
                      (next && end - phrase <= OBJECT_MAX && end[-1] != '.'));
}

/* Returns true if the sentence goes on after the id and says that the work needs it: "<link> is a
 * prerequisite". */
static bool is_needed(const struct mention_walk *walk) {
    static const char *const phrases[] = {"prerequisite",    "required",      "needed",
                                          "must be applied", "applied first", NULL};
    const char *end = walk->leaf.data + walk->leaf.length, *at = walk->found;
    size_t line_ends = 0;

    while (at < end && !isspace((unsigned char)*at))
        at++;
    for (size_t i = 0; i < CONTEXT_MAX && at < end && at[-1] != '.'; i++, at++) {
        line_ends = *at == '\n' ? line_ends + 1 : isspace((unsigned char)*at) ? line_ends : 0;
        if (line_ends == 2 || (line_ends == 1 && at + 1 < end && strchr("-*>[", at[1])))
            return false;
        for (size_t k = 0; phrases[k]; k++)
            if ((size_t)(end - at) >= strlen(phrases[k]) &&
                strncasecmp(at, phrases[k], strlen(phrases[k])) == 0)
                return true;
    }
    return false;
}

/* Returns true if the footnote "[n]" that starts at LINE is referred to as other work. */
static bool footnote_depends(const struct mention_walk *walk, const char *line, const char *end) {
    const char *close = *line == '[' ? memchr(line, ']', (size_t)(end - line)) : NULL;
    const char *at = walk->leaf.data;

    if (!close || close - line > 4)
        return false;
    for (int i = 0; i < NOTES_MAX && at < line; i++, at++) {
        at = memmem(at, (size_t)(line - at), line, (size_t)(close + 1 - line));
        if (!at)
            return false;
        if (dependency_find(line_start(walk, at), at))
            return true;
    }
    return false;
}

/* Returns the start of the word with the id, which may be a link. */
static const char *word_start(const char *line, const char *id) {
    while (id > line && !isspace((unsigned char)id[-1]))
        id--;
    return id;
}

bool mention_depends(const struct mention_walk *walk) {
    const char *id = walk->found, *line = line_start(walk, id), *end, *text = line;
    bool next;

    while (text < id && isspace((unsigned char)*text))
        text++;
    if (dependency_find(line, id) || footnote_depends(walk, text, id) || is_needed(walk))
        return true;
    next = word_start(line, id) == text && *text != '[';
    /* The line may be an item of a list below the line that says it. */
    for (int i = 0; i < LIST_MAX && (line = line_before(walk, line, &end)); i++)
        if (is_introduction(line, end, next))
            return true;
        else if (end > line && !at_sign_find(line, end))
            return false;
    return false;
}

/* Returns true if the text between AT and END names a version: "v1", "V2:", "version", "RFC". */
static bool names_version(const char *at, const char *end) {
    for (const char *start = at; at + 1 < end; at++) {
        if (at > start && isalnum((unsigned char)at[-1]))
            continue;
        if ((*at == 'v' || *at == 'V') && isdigit((unsigned char)at[1]))
            return true;
        if (end - at >= 3 && strncmp(at, "RFC", 3) == 0)
            return true;
        if (end - at >= 7 &&
            (strncasecmp(at, "version", 7) == 0 || strncasecmp(at, "previous", 7) == 0))
            return true;
    }
    return false;
}

bool mention_names_version(const struct mention_walk *walk) {
    const char *line = line_start(walk, walk->found), *end;

    if (names_version(line, walk->found))
        return true;
    do
        line = line_before(walk, line, &end);
    while (line && end == line);
    return line && names_version(line, end);
}

/* ---- titles of parts ------------------------------------------------------------------------ */

/* Returns true for a line of a shortlog: indented text.  A line of a diffstat has a bar, and quotes
 * and list items have a mark in the first column. */
static bool line_is_title(struct patchmark_text line) {
    return line.length > 8 && line.data[0] == ' ' && line.data[1] == ' ' &&
           !memchr(line.data, '|', line.length) && !memchr(line.data, '@', line.length);
}

/* Appends the text of LINE to TITLE.  Returns false if it is empty or does not fit. */
static bool title_add(struct patchmark_text line, char *title, size_t size) {
    size_t indent = patchmark_text_blanks(line), length = strlen(title);
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
        while (patchmark_text_line(&rest, &next) &&
               patchmark_text_blanks(next) > patchmark_text_blanks(line) &&
               title_add(next, title, size))
            walk->text = rest;
        walk->count++;
        return true;
    }
    return false;
}
