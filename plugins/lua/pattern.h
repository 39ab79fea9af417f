/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pattern.h - Lua's patterns, with a count of the work.
 *
 * The matcher of Lua's string library runs in C, where no limit of instructions applies, and takes
 * time that is a power of the length of the text: "(.-)(.-)(.-)x" on a text of 10 KB runs for
 * hours.  This one counts its steps, needs a fixed amount of memory, and does not recurse.  The
 * match limit of PCRE2 would not do: it is counted anew at each start position, and a repeated
 * single character is one step whatever its length.
 *
 * A pattern is what the reference manual of Lua 5.4 describes in section 6.4.1.  Letters, digits
 * and spaces are those of ASCII, in every locale.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <patchmark-plugin.h>

#define PATTERN_ITEMS    256 /* in one pattern */
#define PATTERN_SETS     64  /* classes and sets in one pattern */
#define PATTERN_CAPTURES 32  /* as in Lua */

struct pattern_item {
    uint8_t kind; /* enum kind of pattern.c */
    char repeat;  /* '*', '+', '-', '?', or '\0' */
    unsigned char
        first; /* the character, the first one of %bxy, or the number of a capture or set */
    unsigned char last; /* the second one of %bxy */
};

/* The characters of a class or set, a bit for each. */
struct pattern_set {
    uint32_t bits[8];
};

/* A compiled pattern. */
struct pattern {
    struct pattern_item items[PATTERN_ITEMS];
    struct pattern_set sets[PATTERN_SETS];
    size_t count, set_count;
    int captures;
    bool anchored; /* began with '^' */
};

/* Compiles TEXT.  Returns NULL, or what is wrong with TEXT, a static string. */
const char *pattern_compile(struct pattern *pattern, struct patchmark_text text);

struct pattern_match {
    size_t from, to; /* offsets in the text */
    /* Offsets of the captures; `to` is PATTERN_POSITION for a position capture, "()". */
    struct {
        size_t from, to;
    } captures[PATTERN_CAPTURES];
};
#define PATTERN_POSITION SIZE_MAX

enum pattern_result { PATTERN_NONE, PATTERN_FOUND, PATTERN_LIMIT };

/* Searches TEXT for the first match from offset FROM on, at FROM only if ONCE is true.  Subtracts
 * the steps from *WORK, and returns PATTERN_LIMIT when it is negative. */
enum pattern_result pattern_find(const struct pattern *pattern, struct patchmark_text text,
                                 size_t from, bool once, struct pattern_match *match,
                                 int64_t *work);

#endif
