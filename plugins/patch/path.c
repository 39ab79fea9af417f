/* SPDX-License-Identifier: BSD-2-Clause
 *
 * path.c - reads file names from the headers of diffs: see path.h.
 *
 * Owns nothing and never fails.  Every function reads each byte a bounded number of times.
 */
#include "path.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Returns true if TEXT starts with PATTERN, in which 0 matches any digit, A any upper-case and a
 * any lower-case letter. */
static bool looks_like(struct patchmark_text text, const char *pattern) {
    if (text.length < strlen(pattern))
        return false;
    for (size_t i = 0; pattern[i] != '\0'; i++) {
        char c = text.data[i];
        bool fits = pattern[i] == '0'   ? patchmark_is_digit(c)
                    : pattern[i] == 'A' ? c >= 'A' && c <= 'Z'
                    : pattern[i] == 'a' ? c >= 'a' && c <= 'z'
                                        : c == pattern[i];
        if (!fits)
            return false;
    }
    return true;
}

/* Returns true if TEXT starts with a time or revision that diff, hg, CVS or Subversion writes after
 * a name. */
static bool is_stamp(struct patchmark_text text) {
    static const char *const patterns[] = {
        "0000-00-00",                           /* GNU diff */
        "Aaa Aaa 00 00:00:00 ",                 /* hg, old diff */
        "Aaa Aaa  0 00:00:00 ", "00 Aaa 0000 ", /* CVS */
        "0 Aaa 0000 ",
    };
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (looks_like(text, patterns[i]))
            return true;
    return patchmark_text_starts(text, "(revision ") ||
           patchmark_text_starts(text, "(working copy)");
}

/* Returns the length of the unquoted name at the start of TEXT.  Diff programs write a tab after
 * it; some mailers replace the tab by spaces. */
static size_t name_end(struct patchmark_text text) {
    const char *tab = text.length > 0 ? memchr(text.data, '\t', text.length) : NULL;
    if (tab != NULL)
        return (size_t)(tab - text.data);
    for (size_t i = 1; i + 1 < text.length; i++)
        if (text.data[i] == ' ' && is_stamp(patchmark_text_slice(text, i + 1, text.length)))
            return i;
    return text.length;
}

/* Moves a quoted name from the start of *TEXT to the result, which is empty if the closing quote is
 * missing. */
static struct path cut_quoted(struct patchmark_text *text) {
    for (size_t i = 1; i < text->length; i++) {
        if (text->data[i] == '\\') {
            i++;
        } else if (text->data[i] == '"') {
            struct path path = {patchmark_text_slice(*text, 1, i), true};
            *text = patchmark_text_slice(*text, i + 1, text->length);
            return path;
        }
    }
    *text = patchmark_text_slice(*text, text->length, text->length);
    return (struct path){{NULL, 0}, true};
}

struct path path_parse(struct patchmark_text text) {
    if (text.length > 0 && text.data[0] == '"')
        return cut_quoted(&text);
    return (struct path){patchmark_text_trim(patchmark_text_slice(text, 0, name_end(text))), false};
}

/* Splits two unquoted names, which may contain spaces.  If git needs this line for the names, they
 * are equal except for their sides, which have the same length: the space in the middle then
 * separates the names. */
static bool split_pair(struct patchmark_text text, struct path *old, struct path *new) {
    size_t at = text.length / 2;
    if (text.length % 2 == 1 && text.data[at] == ' ') {
        old->text = patchmark_text_slice(text, 0, at);
        new->text = patchmark_text_slice(text, at + 1, text.length);
        if (path_equal(*old, *new) || path_has_sides(*old, *new))
            return true;
    }
    at = 0;
    for (size_t i = 1; i + 2 < text.length && at == 0; i++)
        if (memcmp(text.data + i, " b/", 3) == 0)
            at = i;
    for (size_t i = text.length; i > 1 && at == 0; i--)
        if (text.data[i - 1] == ' ')
            at = i - 1;
    if (at == 0)
        return false;
    old->text = patchmark_text_slice(text, 0, at);
    new->text = patchmark_text_slice(text, at + 1, text.length);
    return true;
}

bool path_parse_pair(struct patchmark_text text, struct path *old, struct path *new) {
    text = patchmark_text_trim(text);
    *old = (struct path){{NULL, 0}, false};
    *new = *old;
    const char *quote = text.length > 0 ? memchr(text.data, '"', text.length) : NULL;
    if (quote == NULL)
        return split_pair(text, old, new);
    if (quote == text.data) {
        *old = cut_quoted(&text);
    } else {
        size_t at = (size_t)(quote - text.data);
        old->text = patchmark_text_trim(patchmark_text_slice(text, 0, at));
        text = patchmark_text_slice(text, at, text.length);
    }
    *new = path_parse(patchmark_text_trim(text));
    return !path_is_empty(*old) && !path_is_empty(*new);
}

bool path_is_empty(struct path path) {
    return path.text.length == 0;
}

bool path_is_null(struct path path) {
    return patchmark_text_equals(path.text, "/dev/null");
}

bool path_equal(struct path a, struct path b) {
    return a.quoted == b.quoted && a.text.length == b.text.length &&
           (a.text.length == 0 || memcmp(a.text.data, b.text.data, a.text.length) == 0);
}

bool path_is_marked(struct path path) {
    return patchmark_text_starts(path.text, "a/") || patchmark_text_starts(path.text, "b/");
}

struct path path_without_side(struct path path) {
    const char *slash = path.text.length > 0 ? memchr(path.text.data, '/', path.text.length) : NULL;
    if (slash != NULL)
        path.text =
            patchmark_text_slice(path.text, (size_t)(slash - path.text.data) + 1, path.text.length);
    return path;
}

bool path_has_sides(struct path old, struct path new) {
    if (patchmark_text_starts(old.text, "a/") && patchmark_text_starts(new.text, "b/"))
        return true;
    struct path below_old = path_without_side(old), below_new = path_without_side(new);
    return below_old.text.length < old.text.length && below_new.text.length < new.text.length &&
           !path_is_empty(below_new) && path_equal(below_old, below_new) && !path_equal(old, new);
}

struct path path_without_dot(struct path path) {
    while (patchmark_text_starts(path.text, "./"))
        path.text = patchmark_text_skip(path.text, 2);
    return path;
}

/* Returns the length of TEXT up to the last slash before END; 0 if there is none. */
static size_t folder_length(struct patchmark_text text, size_t end) {
    while (end > 0 && text.data[end - 1] != '/')
        end--;
    return end > 0 ? end - 1 : 0;
}

struct path path_below_difference(struct path old, struct path new) {
    struct path none = {{NULL, 0}, false};
    size_t same = 0, at_old, at_new;
    while (same < old.text.length &&
           same < new.text.length &&old.text.data[old.text.length - 1 - same] ==
               new.text.data[new.text.length - 1 - same])
        same++;
    if (old.quoted || new.quoted || path_equal(old, new))
        return none;
    /* The common end begins behind a slash; the folders before it may have the same end, too. */
    while (same > 0 && new.text.data[new.text.length - same] != '/')
        same--;
    if (same < 2)
        return none;
    at_old = folder_length(old.text, old.text.length - same);
    at_new = folder_length(new.text, new.text.length - same);
    if (at_old != at_new || (at_old > 0 && memcmp(old.text.data, new.text.data, at_old) != 0) ||
        old.text.length == same || new.text.length == same)
        return none;
    new.text = patchmark_text_skip(new.text, new.text.length - same + 1);
    return new;
}

bool path_ends_with(struct path whole, struct path path) {
    if (whole.quoted != path.quoted || whole.text.length <= path.text.length)
        return false;
    size_t at = whole.text.length - path.text.length;
    return whole.text.data[at - 1] == '/' &&
           memcmp(whole.text.data + at, path.text.data, path.text.length) == 0;
}

/* Returns the byte that the escape at *AT means, and moves *AT to the last byte of the escape. */
static char unescape(struct patchmark_text text, size_t *at) {
    static const char letters[] = "abtnvfr", meanings[] = "\a\b\t\n\v\f\r";
    if (*at + 1 >= text.length)
        return '\\';
    char c = text.data[++*at];
    const char *letter = c != '\0' ? strchr(letters, c) : NULL;
    if (letter != NULL)
        return meanings[letter - letters];
    if (c < '0' || c > '7')
        return c;
    unsigned value = (unsigned)(c - '0');
    for (int digits = 1; digits < 3 && *at + 1 < text.length; digits++) {
        char next = text.data[*at + 1];
        if (next < '0' || next > '7')
            break;
        value = value * 8 + (unsigned)(next - '0');
        ++*at;
    }
    return (char)(value & 0xFF);
}

/* Reads the next byte at *AT, with escapes decoded, and moves *AT past it.  Returns false at the
 * end. */
static bool next_byte(struct path path, size_t *at, unsigned char *byte) {
    if (*at >= path.text.length)
        return false;
    char c = path.text.data[*at];
    if (path.quoted && c == '\\')
        c = unescape(path.text, at);
    ++*at;
    *byte = (unsigned char)c;
    return true;
}

/* Returns the length of the UTF-8 character that starts with FIRST, and sets the range of its
 * second byte (RFC 3629 section 4, without overlong forms and surrogates).  Returns 0 if no
 * character starts with FIRST. */
static size_t character_length(unsigned char first, unsigned char *low, unsigned char *high) {
    *low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    *high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (first < 0x80)
        return first >= 0x20 && first != 0x7F ? 1 : 0;
    return first >= 0xC2 && first <= 0xDF   ? 2
           : first >= 0xE0 && first <= 0xEF ? 3
           : first >= 0xF0 && first <= 0xF4 ? 4
                                            : 0;
}

size_t path_write(struct path path, char *buffer, size_t size) {
    size_t at = 0, written = 0;
    unsigned char first, low, high;
    while (next_byte(path, &at, &first)) {
        char character[4] = {(char)first};
        size_t length = character_length(first, &low, &high), have = 1, ahead = at;
        unsigned char byte;
        while (have < length && next_byte(path, &ahead, &byte) && byte >= low && byte <= high) {
            character[have++] = (char)byte;
            low = 0x80, high = 0xBF;
        }
        const char *output = character;
        if (length == 0 || have < length)
            output = REPLACEMENT, length = strlen(REPLACEMENT);
        else
            at = ahead;
        if (written + length > size)
            break;
        memcpy(buffer + written, output, length);
        written += length;
    }
    return written;
}
