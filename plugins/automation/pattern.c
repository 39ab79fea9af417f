/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pattern.c - see pattern.h.
 *
 * Owns nothing and never fails.  The work for one pattern is bounded by its length times that of
 * the text, whatever both hold.
 */
#define _GNU_SOURCE 1 /* memmem */
#include "pattern.h"

#include <string.h>

/* ---- folding ------------------------------------------------------------------------------ */

/* Folds what starts with a byte from 128 up at the start of TEXT; 0 for a blank.  *USED: its bytes.
 */
static char fold_mark(struct patchmark_text text, size_t *used) {
    static const struct {
        const char *from;
        char to;
    } marks[] = {{"\u2019", '\''}, {"\u2018", '\''}, {"\u00a0", 0}};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        *used = strlen(marks[i].from);
        if (text.length >= *used && memcmp(text.data, marks[i].from, *used) == 0)
            return marks[i].to;
    }
    *used = 1;
    return text.data[0];
}

/* Cuts the next character off TEXT, folded; 0 for a blank. */
static inline char next_folded(struct patchmark_text *text) {
    char c = text->data[0];
    size_t used = 1;

    if ((unsigned char)c >= 128)
        c = fold_mark(*text, &used);
    else if (c == ' ' || (c >= '\t' && c <= '\r'))
        c = 0;
    else if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    text->data += used;
    text->length -= used;
    return c;
}

/* TEXT folded into OUT, which has room for FOLDED_BYTES + 1; the length. */
static size_t fold_into(char *out, struct patchmark_text text) {
    size_t length = 0;
    bool blank = false;

    while (text.length > 0 && length < FOLDED_BYTES) {
        char c = text.data[0];

        if (c >= 'a' && c <= 'z' && !blank) { /* stays as it is, as most do */
            out[length++] = c;
            text.data++, text.length--;
            continue;
        }
        c = next_folded(&text);
        if (c == 0) {
            blank = length > 0;
            continue;
        }
        if (blank && length + 1 < FOLDED_BYTES)
            out[length++] = ' ';
        blank = false;
        out[length++] = c;
    }
    out[length] = '\0';
    return length;
}

/* ---- pieces ------------------------------------------------------------------------------- */

static uint16_t piece_at(const char *text) {
    uint32_t letters = (uint32_t)(unsigned char)text[0] << 16 |
                       (uint32_t)(unsigned char)text[1] << 8 | (unsigned char)text[2];

    return (uint16_t)(letters * 2654435761u >> 20); /* the upper 12 bits, PIECES of them */
}

void fold(struct folded *folded, struct patchmark_text text) {
    folded->length = fold_into(folded->text, text);
    memset(folded->pieces, 0, sizeof(folded->pieces));
    for (size_t i = 0; i + 3 <= folded->length; i++) {
        uint16_t piece = piece_at(folded->text + i);

        folded->pieces[piece / 64] |= UINT64_C(1) << piece % 64;
    }
}

/* ---- reading ------------------------------------------------------------------------------ */

static void choose_pieces(struct pattern *pattern) {
    const char *marks = pattern->style == STYLE_IS ? "*?\\" : "";

    for (size_t i = 0; i + 3 <= pattern->length; i++) {
        const char *text = pattern->text + i;

        if (strchr(marks, text[0]) || strchr(marks, text[1]) || strchr(marks, text[2]))
            continue;
        pattern->last = piece_at(text);
        if (!pattern->has_pieces)
            pattern->first = pattern->last;
        pattern->has_pieces = true;
    }
}

bool pattern_read(struct pattern *pattern, enum style style, char *text) {
    char room[FOLDED_BYTES + 1];
    size_t length = fold_into(room, patchmark_text_of(text));

    /* An apostrophe grows shorter, nothing grows longer. */
    memcpy(text, room, length + 1);
    *pattern = (struct pattern){.style = style, .text = text, .length = length};
    if (style == STYLE_HAS && length > 0 && text[length - 1] == '*') {
        pattern->open_end = true;
        pattern->length--;
    }
    choose_pieces(pattern);
    return pattern->length > 0;
}

/* ---- matching ----------------------------------------------------------------------------- */

/* The usual way without recursion: a star that fails takes one byte more, only the last one. */
static bool glob_matches(const char *glob, const char *glob_end, const char *text,
                         const char *text_end) {
    const char *star = NULL, *retry = NULL;

    while (text < text_end || glob < glob_end) {
        if (glob < glob_end && *glob == '*') {
            star = ++glob;
            retry = text;
            continue;
        }
        if (glob < glob_end && text < text_end) {
            bool literal = *glob == '\\' && glob + 1 < glob_end;

            if ((*glob == '?' && !literal) || glob[literal] == *text) {
                glob += 1 + literal;
                text++;
                continue;
            }
        }
        if (!star || retry == text_end)
            return false;
        glob = star;
        text = ++retry;
    }
    return true;
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 128;
}

/* True when no word goes on across the place between BEFORE and AFTER. */
static bool is_boundary(char before, char after) {
    return !is_word(before) || !is_word(after);
}

static bool phrase_matches(const struct pattern *pattern, const struct folded *folded) {
    const char *start = folded->text, *end = start + folded->length, *found;
    size_t length = pattern->length;

    while ((found = memmem(start, (size_t)(end - start), pattern->text, length))) {
        char before = found > folded->text ? found[-1] : ' ';

        if (is_boundary(before, found[0]) &&
            (pattern->open_end || is_boundary(found[length - 1], found[length])))
            return true;
        start = found + 1;
    }
    return false;
}

bool pattern_compare(const struct pattern *pattern, const struct folded *folded) {
    if (pattern->style == STYLE_HAS)
        return phrase_matches(pattern, folded);
    return glob_matches(pattern->text, pattern->text + pattern->length, folded->text,
                        folded->text + folded->length);
}
