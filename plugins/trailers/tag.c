/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tag.c - reads the tags that people give in replies: see trailer.h.
 *
 * In a patch, tools read the trailers, and git is the judge.  In a reply, a person writes for
 * persons, so slips of the hand are corrected where only one tag can be meant.
 */
#include "trailer.h"

#define NAME_MAX_BYTES 40 /* of a common tag, with slips */

/* ---- names --------------------------------------------------------------------------------- */

static const char *const common[] = {"Reviewed-by",
                                     "Acked-by",
                                     "Tested-by",
                                     "Reported-by",
                                     "Suggested-by",
                                     "Signed-off-by",
                                     "Co-developed-by",
                                     "Nacked-by",
                                     "Approved-by",
                                     "Verified-by",
                                     "Reviewed-and-tested-by",
                                     "Tested-and-reviewed-by",
                                     "Reported-and-tested-by",
                                     "Acked-and-tested-by",
                                     "Reviewed-and-acked-by",
                                     NULL};

/* Short forms, and the tag that they stand for. */
static const char *const short_forms[][2] = {
    {"ack-by", "Acked-by"},       {"nak-by", "Nacked-by"},  {"rev-by", "Reviewed-by"},
    {"review-by", "Reviewed-by"}, {"test-by", "Tested-by"}, {"nack-by", "Nacked-by"}};

/* Words that are one letter away from a common tag, and mean something else. */
static const char *const others[] = {"asked-by", "reposted-by", "texted-by", "tasted-by", NULL};

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* Returns true if NAME becomes WORD by one slip: a letter that is wrong, missing or added, or two
 * letters that changed places.  The first letter must be right. */
static bool is_slip(struct patchmark_text name, const char *word) {
    size_t length = strlen(word), from = 0, left, right;

    if (name.length + 1 < length || name.length > length + 1 || name.length == 0)
        return false;
    while (from < name.length && from < length && lower(name.data[from]) == lower(word[from]))
        from++;
    left = name.length - from;
    right = length - from;
    if (from == 0)
        return false;
    if (left == right && left >= 2 && lower(name.data[from]) == lower(word[from + 1]) &&
        lower(name.data[from + 1]) == lower(word[from]) &&
        strncasecmp(name.data + from + 2, word + from + 2, left - 2) == 0)
        return true;
    while (left > 0 && right > 0 &&
           lower(name.data[from + left - 1]) == lower(word[from + right - 1]))
        left--, right--;
    return left <= 1 && right <= 1;
}

/* Returns the common tag that NAME means, NULL if it means none.  Blanks and '_' in NAME were
 * replaced by '-'. */
static const char *common_of(struct patchmark_text name) {
    for (size_t i = 0; common[i] != NULL; i++)
        if (patchmark_text_case_equals(name, common[i]))
            return common[i];
    for (size_t i = 0; i < sizeof short_forms / sizeof short_forms[0]; i++)
        if (patchmark_text_case_equals(name, short_forms[i][0]))
            return short_forms[i][1];
    if (patchmark_text_case_is_any(name, others))
        return NULL;
    for (size_t i = 0; common[i] != NULL; i++)
        if (is_slip(name, common[i]))
            return common[i];
    return NULL;
}

size_t tag_name(struct patchmark_text name, char *buffer, size_t size) {
    size_t length = trailer_unfold(name, buffer, size);
    for (size_t i = 0; i < length; i++)
        buffer[i] = lower(buffer[i]);
    if (length > 0 && buffer[0] >= 'a' && buffer[0] <= 'z')
        buffer[0] = (char)(buffer[0] - 'a' + 'A');
    return length;
}

/* ---- lines --------------------------------------------------------------------------------- */

/* Returns the bytes of the blank at the start of TEXT, which is not empty: also of a no-break space
 * and of characters that are not visible.  0 if there is none. */
static size_t blank_at(struct patchmark_text text) {
    static const char *const wide[] = {"\u00a0", "\u200b", "\u202f", "\ufeff"};
    if (patchmark_is_blank(text.data[0]))
        return 1;
    for (size_t i = 0; (text.data[0] & 0x80) != 0 && i < sizeof wide / sizeof wide[0]; i++)
        if (patchmark_text_starts(text, wide[i]))
            return strlen(wide[i]);
    return 0;
}

static struct patchmark_text skip_blanks(struct patchmark_text text) {
    size_t blank;
    while (text.length > 0 && (blank = blank_at(text)) > 0)
        text = patchmark_text_skip(text, blank);
    return text;
}

/* Returns LINE without the blanks at its start, and without the mark of bold text or the bracket
 * before a word. */
static struct patchmark_text skip_marks(struct patchmark_text line) {
    struct patchmark_text word = line = skip_blanks(line);
    while (word.length > 0 && (word.data[0] == '*' || word.data[0] == '('))
        word = patchmark_text_skip(word, 1);
    return word.length > 0 && patchmark_is_letter(word.data[0]) ? word : line;
}

/* Reads a common tag at the start of TEXT: its words, up to "by".  Moves TEXT behind it.  Returns
 * the tag, NULL if there is none. */
static const char *common_read(struct patchmark_text *text) {
    char name[NAME_MAX_BYTES];
    size_t length = 0;
    struct patchmark_text rest = *text;
    while (rest.length > 0 && length < sizeof name) {
        size_t blank = blank_at(rest);
        char c = blank > 0 || rest.data[0] == '_' ? '-' : rest.data[0];
        if (c != '-' && !patchmark_is_letter(c))
            break;
        if (c == '-' && length >= 2 && strncasecmp(name + length - 2, "by", 2) == 0)
            break;
        if (c != '-' || (length > 0 && name[length - 1] != '-'))
            name[length++] = c;
        rest = patchmark_text_skip(rest, blank > 0 ? blank : 1);
    }
    if (length == sizeof name)
        return NULL;
    *text = rest;
    return common_of((struct patchmark_text){name, length});
}

/* Returns true if LINE can start with a tag; saves the rest for most lines of prose. */
static bool is_possible(struct patchmark_text line) {
    return line.length > 0 && strchr("RrAaTtSsCcNnVv", line.data[0]) != NULL;
}

bool tag_read(struct patchmark_text line, struct trailer *trailer) {
    line = skip_marks(line);
    if (trailer_read(line, trailer) && trailer_is_tag(trailer->name)) {
        const char *meant = common_of(trailer->name);
        if (meant != NULL)
            trailer->name = patchmark_text_of(meant);
        return true;
    }
    if (!is_possible(line) || !patchmark_text_has(line, ':'))
        return false;
    const char *meant = common_read(&line);
    line = skip_blanks(line);
    if (meant == NULL || line.length == 0 || line.data[0] != ':')
        return false;
    *trailer = (struct trailer){.name = patchmark_text_of(meant),
                                .value = patchmark_text_trim(patchmark_text_skip(line, 1)),
                                .lines = 1};
    return true;
}

bool tag_read_inside(struct patchmark_text line, struct trailer *trailer) {
    const char *by =
        patchmark_text_has(line, '<') ? memmem(line.data, line.length, "-by: ", 5) : NULL;
    size_t at = by != NULL ? (size_t)(by - line.data) : 0;
    while (at > 0 && (patchmark_is_letter(line.data[at - 1]) || line.data[at - 1] == '-'))
        at--;
    if (at < 2 || !patchmark_is_blank(line.data[at - 1]) ||
        strchr(",:;.!)", line.data[at - 2]) == NULL)
        return false;
    return tag_read(patchmark_text_skip(line, at), trailer);
}

bool tag_read_bare(struct patchmark_text line, struct trailer *trailer) {
    line = skip_blanks(line);
    if (!is_possible(line) || !patchmark_text_has(line, '<') || patchmark_text_has(line, ':'))
        return false;
    const char *meant = common_read(&line);
    if (line.length > 0 && line.data[0] == ';')
        line = patchmark_text_skip(line, 1); /* beside the colon on many keyboards */
    line = patchmark_text_trim_end(skip_blanks(line));
    if (meant == NULL || line.length == 0 || text_end(line)[-1] != '>' ||
        memchr(line.data, '>', line.length) != text_end(line) - 1)
        return false;
    *trailer = (struct trailer){.name = patchmark_text_of(meant), .value = line, .lines = 1};
    return true;
}

/* ---- values -------------------------------------------------------------------------------- */

/* Removes COUNT bytes at AT of the string TEXT. */
static void cut(char *text, char *at, size_t count) {
    memmove(at, at + count, strlen(text) - (size_t)(at - text) - count + 1);
}

static void unescape(char *text) {
    for (char *at = strchr(text, '&'); at != NULL; at = strchr(at + 1, '&'))
        if (strncmp(at, "&lt;", 4) == 0 || strncmp(at, "&gt;", 4) == 0) {
            *at = at[1] == 'l' ? '<' : '>';
            cut(text, at + 1, 3);
        }
}

/* Removes "mailto:", and the whole link "<mailto:...>" or "[mailto:...]" behind an address. Returns
 * true if there was such a link. */
static bool remove_mailto(char *text) {
    static const char scheme[] = "mailto:";
    bool found = false;
    for (char *at = strstr(text, scheme), *end; at != NULL; at = strstr(at, scheme)) {
        bool is_link = at > text && (at[-1] == '<' || at[-1] == '[') &&
                       memchr(text, '@', (size_t)(at - text)) != NULL;
        end = is_link ? strchr(at, at[-1] == '<' ? '>' : ']') : NULL;
        if (end == NULL) {
            cut(text, at, strlen(scheme));
            continue;
        }
        cut(text, at - 1, (size_t)(end - at) + 2);
        at--;
        found = true;
    }
    return found;
}

/* Puts the address at the end of TEXT, a string in a buffer of SIZE bytes, in angle brackets. */
static void add_brackets(char *text, size_t size) {
    size_t length = strlen(text);
    char *word = strrchr(text, ' ');
    if (strchr(text, '<') != NULL || word == NULL || strchr(word, '@') == NULL || length + 3 > size)
        return;
    memmove(word + 2, word + 1, strlen(word + 1) + 1);
    word[1] = '<';
    text[length + 1] = '>';
    text[length + 2] = '\0';
}

size_t tag_value(struct patchmark_text value, char *buffer, size_t size) {
    char *end;
    trailer_unfold(value, buffer, size);
    cut(buffer, buffer, strspn(buffer, "* ")); /* of "*Acked-by:* " */
    if (strchr(buffer, '&') != NULL)
        unescape(buffer);
    if (remove_mailto(buffer) || strpbrk(buffer, "#,;(") == NULL)
        add_brackets(buffer, size);
    while ((end = strstr(buffer, ">>")) != NULL || (end = strstr(buffer, "<<")) != NULL)
        cut(buffer, end, 1);
    end = strrchr(buffer, '>');
    if (end != NULL && strspn(end, ">- *)") == strlen(end))
        end[1] = '\0';
    return strlen(buffer);
}
