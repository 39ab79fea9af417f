/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inbody.c - the headers at the start of the text of a patch: see inbody.h.
 *
 * Owns nothing and never fails.  Reads each line a bounded number of times.
 */
#include "inbody.h"

#include "diff.h"

#include <strings.h>

/* ---- the lines that are not headers -------------------------------------------------------- */

/* Returns true for "From <40 hex> Mon Sep 17 ...", the first line of the output of git
 * format-patch. Some mail programs put a '>' in front of it. */
static bool is_format_patch(struct patchmark_text line) {
    if (line.length > 0 && line.data[0] == '>')
        line.data++, line.length--;
    if (line.length < 46 || memcmp(line.data, "From ", 5) != 0)
        return false;
    for (size_t i = 5; i < 45; i++)
        if (line.data[i] == '\0' || strchr("0123456789abcdef", line.data[i]) == NULL)
            return false;
    return patchmark_is_blank(line.data[45]);
}

/* Returns true if LINE has at least 8 columns and scissors, and more than a third of it is scissors
 * and dashes, as in git mailinfo. */
static bool is_scissors(struct patchmark_text line) {
    static const char *const scissors[] = {">8", "8<", ">%", "%<"};
    if (line.length < 8 || (memchr(line.data, '8', line.length) == NULL &&
                            memchr(line.data, '%', line.length) == NULL))
        return false;
    line = patchmark_text_trim(line);
    size_t marks = 0;
    bool cut = false;
    for (size_t i = 0; i < line.length; i++) {
        bool found = false;
        for (size_t k = 0; k < 4 && i + 1 < line.length; k++)
            found = found || memcmp(line.data + i, scissors[k], 2) == 0;
        cut = cut || found;
        marks += found ? 2 : line.data[i] == '-';
        i += found;
    }
    return cut && line.length >= 8 && marks * 3 > line.length;
}

/* Returns true if the message of the patch ends at LINE. */
static bool is_patch_start(struct patchmark_text line) {
    return diff_is_start(line) ||
           (patchmark_text_starts(line, "---") && patchmark_text_trim(line).length == 3);
}

/* ---- headers ------------------------------------------------------------------------------ */

enum line_kind { NONE, BLANK, IGNORED, FROM, SUBJECT, DATE };

static enum line_kind kind_of(struct patchmark_text line) {
    if (patchmark_text_trim(line).length == 0)
        return BLANK;
    if (patchmark_text_case_starts(line, "from:"))
        return FROM;
    if (patchmark_text_case_starts(line, "subject:") || patchmark_text_starts(line, "[PATCH] "))
        return SUBJECT;
    if (patchmark_text_case_starts(line, "date:"))
        return DATE;
    return is_format_patch(line) ? IGNORED : NONE;
}

/* Returns the value of the header that LINE starts, with its continuation lines, which are removed
 * from *REST. */
static struct patchmark_text parse_value(struct patchmark_text line, struct patchmark_text *rest) {
    struct patchmark_text ahead = *rest, next;
    const char *end = line.data + line.length;
    while (patchmark_text_line(&ahead, &next) && next.length > 0 &&
           patchmark_is_blank(next.data[0]) && patchmark_text_trim(next).length > 0) {
        end = next.data + next.length;
        *rest = ahead;
    }
    const char *start = line.data;
    if (line.data[0] != '[')
        start = (const char *)memchr(line.data, ':', line.length) + 1;
    return (struct patchmark_text){start, (size_t)(end - start)};
}

/* Reads the headers at the start of *REST and moves *REST past them.  Returns true if there are
 * any.
 */
static bool parse_headers(struct patchmark_text *rest, struct inbody *inbody) {
    struct patchmark_text line, ahead = *rest;
    bool seen = false;
    *inbody = (struct inbody){{"", 0}, {"", 0}};
    for (; patchmark_text_line(&ahead, &line); *rest = ahead) {
        enum line_kind kind = kind_of(line);
        if (kind == NONE || (kind == BLANK && seen))
            break;
        if (kind == BLANK || kind == IGNORED)
            continue;
        seen = true;
        struct patchmark_text value = parse_value(line, &ahead);
        struct patchmark_text *into = kind == FROM      ? &inbody->from
                                      : kind == SUBJECT ? &inbody->subject
                                                        : NULL;
        if (into != NULL && into->length == 0)
            *into = value;
    }
    return seen;
}

struct inbody inbody_scan(struct patchmark_text text) {
    struct inbody inbody, below;
    struct patchmark_text line;
    parse_headers(&text, &inbody);
    while (patchmark_text_line(&text, &line)) {
        if (is_scissors(line)) {
            if (parse_headers(&text, &below))
                inbody = below;
        } else if (is_patch_start(line)) {
            break;
        }
    }
    return inbody;
}

/* " 3 files changed, ..." */
static bool is_diffstat_end(struct patchmark_text line) {
    size_t i = 1;
    while (i < line.length && line.data[i] >= '0' && line.data[i] <= '9')
        i++;
    return i > 1 && line.data[0] == ' ' &&
           (patchmark_text_starts(patchmark_text_skip(line, i), " file changed") ||
            patchmark_text_starts(patchmark_text_skip(line, i), " files changed"));
}

bool inbody_has_diffstat(struct patchmark_text text) {
    struct patchmark_text line;
    bool below = false;
    while (patchmark_text_line(&text, &line)) {
        if (below && is_diffstat_end(line))
            return true;
        below = below || patchmark_text_equals(patchmark_text_trim_end(line), "---");
    }
    return false;
}

/* Returns true for blanks, line breaks and control bytes. */
static bool is_space(char c) {
    return (unsigned char)c <= ' ' || c == 0x7F;
}

size_t inbody_unfold(struct patchmark_text value, char *buffer, size_t size) {
    size_t length = 0, i = 0;
    for (; i < value.length && length + 1 < size; i++) {
        if (!is_space(value.data[i]))
            buffer[length++] = value.data[i];
        else if (length > 0 && buffer[length - 1] != ' ')
            buffer[length++] = ' ';
    }
    /* If a character was cut, remove all of its bytes. */
    if (i < value.length && (value.data[i] & 0xC0) == 0x80)
        while (length > 0 && (buffer[--length] & 0xC0) == 0x80)
            continue;
    if (length > 0 && buffer[length - 1] == ' ')
        length--;
    buffer[length] = '\0';
    return length;
}

/* ---- From --------------------------------------------------------------------------------- */

/* Removes blanks around NAME and its quotes, in place, and returns its start. */
static const char *clean_name(char *name) {
    while (patchmark_is_blank(*name))
        name++;
    size_t length = strlen(name);
    while (length > 0 && patchmark_is_blank(name[length - 1]))
        name[--length] = '\0';
    if (length < 2 || name[0] != '"' || name[length - 1] != '"')
        return name;
    name[length - 1] = '\0';
    char *to = name;
    for (const char *from = name + 1; *from != '\0'; from++) {
        if (*from == '\\' && from[1] != '\0')
            from++;
        *to++ = *from;
    }
    *to = '\0';
    return name;
}

#define ADDRESS_BYTES 320 /* 64 before the '@' and 255 after it, RFC 5321 section 4.5.3.1 */

/* Makes ADDRESS lower case.  Returns false if it is not an address: text without blanks, with an
 * '@' that is neither its first nor its last byte. */
static bool clean_address(char *address) {
    char *at = strchr(address, '@');
    if (at == NULL || at == address || at[1] == '\0' || strpbrk(address, " \t<>\",;") != NULL ||
        strlen(address) > ADDRESS_BYTES)
        return false;
    for (char *c = address; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c += 'a' - 'A';
    return true;
}

bool inbody_split(char *from, const char **address, const char **name) {
    char *open = strrchr(from, '<'), *close = open != NULL ? strchr(open, '>') : NULL;
    if (close != NULL) {
        *open = *close = '\0';
        *address = open + 1;
        *name = clean_name(from);
        return clean_address(open + 1);
    }
    /* "author@example.org (Name)" or the bare address */
    char *comment = strchr(from, '(');
    *name = "";
    if (comment != NULL) {
        char *end = strrchr(comment, ')');
        if (end != NULL)
            *end = '\0';
        *comment = '\0';
        *name = clean_name(comment + 1);
    }
    *address = clean_name(from);
    return clean_address(from + (*address - from));
}
