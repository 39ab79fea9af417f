/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pattern.h - folded text, and the patterns of the table that are held against it.
 *
 * Text is folded first: ASCII letters in lower case, each run of blanks one space, none at the
 * ends, a typographic apostrophe a plain one.  A pattern is folded as well, so case and spacing
 * never matter.  All bytes from 128 up count as letters.
 */
#ifndef AUTOMATION_PATTERN_H
#define AUTOMATION_PATTERN_H

#include "patchmark-plugin.h"

/* Bytes of folded text that are kept: longer than any subject, line or sentence that says what a
 * mail is; the rest is cut. */
#define FOLDED_BYTES 512

/* Which three-letter pieces a text holds, by hash.  A pattern with a piece that the text lacks
 * cannot match, and that is known without looking: nearly all patterns fail nearly always. */
#define PIECES 4096

struct folded {
    size_t length;
    char text[FOLDED_BYTES + 1];
    uint64_t pieces[PIECES / 64];
};

enum style {
    STYLE_IS,  /* the whole text: '*' any run, '?' any byte, '\' takes the next as it is */
    STYLE_HAS, /* a piece of it, from word to word; "fail*": also words that only begin so */
};

struct pattern {
    enum style style;
    bool open_end; /* STYLE_HAS: ended with '*' */
    const char *text;
    size_t length;
    bool has_pieces;
    uint16_t first, last; /* pieces that stand in whatever it matches */
};

void fold(struct folded *folded, struct patchmark_text text);

/* Folds TEXT where it stands and makes PATTERN of it, which points into it.  False when nothing is
 * left to look for. */
bool pattern_read(struct pattern *pattern, enum style style, char *text);

/* Whether PATTERN matches FOLDED, which has the pieces of the pattern. */
bool pattern_compare(const struct pattern *pattern, const struct folded *folded);

static inline bool has_piece(const struct folded *folded, uint16_t piece) {
    return folded->pieces[piece / 64] >> piece % 64 & 1;
}

static inline bool pattern_matches(const struct pattern *pattern, const struct folded *folded) {
    if (pattern->has_pieces &&
        (!has_piece(folded, pattern->first) || !has_piece(folded, pattern->last)))
        return false;
    return pattern_compare(pattern, folded);
}

#endif
