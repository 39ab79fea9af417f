/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pattern.h - folds text, and matches it with the patterns of the table.
 *
 * Text is folded before it is matched: ASCII letters become lower case, each run of blanks becomes
 * one space, blanks at the ends are removed, and a typographic apostrophe becomes a plain one.
 * Patterns are folded too, so case and spacing are ignored; regular expressions are not, and must
 * be written in lower case.  All bytes from 128 up count as letters.  Only regular expressions
 * allocate memory.  The functions may be called on any thread.
 */
#ifndef AUTOMATION_PATTERN_H
#define AUTOMATION_PATTERN_H

#include "patchmark-plugin.h"

/* Bytes of folded text that are kept; the rest is cut.  Longer than the subjects, lines and
 * sentences that patterns are written for. */
#define FOLDED_BYTES 512

/* The number of hashes of trigrams, sequences of three bytes.  A pattern with a trigram that a text
 * lacks cannot match it.  Nearly all patterns fail in this way, without a comparison. */
#define TRIGRAMS 4096

struct folded {
    size_t length;
    char text[FOLDED_BYTES + 1];      /* NUL-terminated */
    uint64_t trigrams[TRIGRAMS / 64]; /* a bit for each hash: the text contains such a trigram */
};

enum style {
    STYLE_IS, /* matches the whole text: '*' is any sequence, '?' any byte, '\' quotes the next byte
               */
    STYLE_HAS,  /* matches a part of the text that starts and ends at a word boundary; "fail*" also
                 * matches the start of a word */
    STYLE_LIKE, /* matches a part of the text: a regular expression of PCRE2, on bytes */
};

struct pattern {
    enum style style;
    bool open_end;    /* STYLE_HAS: ended with '*' */
    const char *text; /* folded, without that '*'; belongs to the table.  STYLE_LIKE: NULL */
    size_t length;
    void *regex;          /* STYLE_LIKE: the compiled expression, a pcre2_code */
    bool has_trigrams;    /* FIRST and LAST are set */
    uint16_t first, last; /* hashes of trigrams that each matching text contains */
};

/* Folds TEXT and stores the result in FOLDED. */
void fold(struct folded *folded, struct patchmark_text text);
/* As fold, without the trigrams, for pattern_compare: faster for a text that few patterns are
 * compared with. */
void fold_without_trigrams(struct folded *folded, struct patchmark_text text);

/* Folds the string TEXT in place and makes PATTERN of it; PATTERN points into TEXT.  Returns false
 * if the pattern is empty. */
bool pattern_read(struct pattern *pattern, enum style style, char *text);

/* Compiles the regular expression TEXT and makes PATTERN of it, which the caller frees with
 * pattern_free.  Returns false if TEXT is not valid, and writes the error to ERROR, of SIZE bytes.
 */
bool pattern_compile(struct pattern *pattern, const char *text, char *error, size_t size);

/* Makes COPY of PATTERN, a regular expression, which the caller frees with pattern_free.  Returns
 * false if there is no memory, or if the expression is so long that it is compiled again. */
bool pattern_copy(struct pattern *copy, const struct pattern *pattern);

/* Frees what PATTERN owns; PATTERN itself belongs to the caller. */
void pattern_free(struct pattern *pattern);

/* Returns true if PATTERN matches FOLDED; does not read the trigrams. */
bool pattern_compare(const struct pattern *pattern, const struct folded *folded);

static inline bool has_trigram(const struct folded *folded, uint16_t trigram) {
    return folded->trigrams[trigram / 64] >> trigram % 64 & 1;
}

/* Returns true if PATTERN matches FOLDED. */
static inline bool pattern_matches(const struct pattern *pattern, const struct folded *folded) {
    if (pattern->has_trigrams &&
        (!has_trigram(folded, pattern->first) || !has_trigram(folded, pattern->last)))
        return false;
    return pattern_compare(pattern, folded);
}

#endif
