/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pattern.c - folds text, and matches it with patterns: see pattern.h.
 *
 * A pattern owns its compiled regular expression and nothing else.  Matching never fails.  The time
 * for a glob or phrase is at most proportional to its length times the length of the text; a
 * regular expression has a limit of steps, and does not match if it exceeds the limit.
 */
#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Limits of one match: backtracking steps and, without JIT, nested steps and KiB.  The shipped
 * expressions take fewer than 10,000 steps for the sentences of real mail. */
#define REGEX_LIMITS "(*LIMIT_MATCH=50000)(*LIMIT_DEPTH=5000)(*LIMIT_HEAP=1024)"

/* Shorter expressions match fast enough without the JIT compiler, which takes longer than all their
 * matches of a short run. */
#define REGEX_JIT_BYTES 1000

/* ---- folding ------------------------------------------------------------------------------ */

/* Folds the character at the start of TEXT, whose first byte is at least 128.  Returns the folded
 * byte, or 0 for a blank, and sets *USED to the number of bytes that it replaces. */
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

/* Removes the next character from *TEXT and returns it folded, 0 for a blank. */
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

/* Writes TEXT, folded and NUL-terminated, to OUT of FOLDED_BYTES + 1 bytes.  Returns the length. */
static size_t fold_into(char *out, struct patchmark_text text) {
    size_t length = 0;
    bool blank = false;

    while (text.length > 0 && length < FOLDED_BYTES) {
        size_t room = FOLDED_BYTES - length, run = 0;
        char c;

        if (!blank) { /* the most frequent letters fold to themselves */
            room = room < text.length ? room : text.length;
            for (; run < room && text.data[run] >= 'a' && text.data[run] <= 'z'; run++)
                out[length + run] = text.data[run];
            length += run;
            text = patchmark_text_skip(text, run);
            if (run == room)
                break;
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

/* ---- trigrams ----------------------------------------------------------------------------- */

/* Returns the hash of three bytes, the lower ones of BYTES. */
static uint16_t trigram_hash(uint32_t bytes) {
    return (uint16_t)((bytes & 0xFFFFFF) * 2654435761u >> 20); /* the upper 12 bits of 32 */
}

static uint16_t trigram_at(const char *text) {
    return trigram_hash((uint32_t)(unsigned char)text[0] << 16 |
                        (uint32_t)(unsigned char)text[1] << 8 | (unsigned char)text[2]);
}

void fold_without_trigrams(struct folded *folded, struct patchmark_text text) {
    folded->length = fold_into(folded->text, text);
}

void fold(struct folded *folded, struct patchmark_text text) {
    const unsigned char *at = (const unsigned char *)folded->text;
    uint32_t bytes = 0;
    size_t i;

    fold_without_trigrams(folded, text);
    memset(folded->trigrams, 0, sizeof(folded->trigrams));
    for (i = 0; i < 2 && i < folded->length; i++)
        bytes = bytes << 8 | at[i];
    for (; i < folded->length; i++) {
        uint16_t trigram;

        bytes = bytes << 8 | at[i];
        trigram = trigram_hash(bytes);
        folded->trigrams[trigram / 64] |= UINT64_C(1) << trigram % 64;
    }
}

/* ---- reading ------------------------------------------------------------------------------ */

static void choose_trigrams(struct pattern *pattern) {
    const char *marks = pattern->style == STYLE_IS ? "*?\\" : "";

    for (size_t i = 0; i + 3 <= pattern->length; i++) {
        const char *text = pattern->text + i;

        if (strchr(marks, text[0]) || strchr(marks, text[1]) || strchr(marks, text[2]))
            continue;
        pattern->last = trigram_at(text);
        if (!pattern->has_trigrams)
            pattern->first = pattern->last;
        pattern->has_trigrams = true;
    }
}

bool pattern_read(struct pattern *pattern, enum style style, char *text) {
    char room[FOLDED_BYTES + 1];
    size_t length = fold_into(room, patchmark_text_of(text));

    /* Folding shortens a typographic apostrophe, and lengthens nothing. */
    memcpy(text, room, length + 1);
    *pattern = (struct pattern){.style = style, .text = text, .length = length};
    if (style == STYLE_HAS && length > 0 && text[length - 1] == '*') {
        pattern->open_end = true;
        pattern->length--;
    }
    choose_trigrams(pattern);
    return pattern->length > 0;
}

bool pattern_compile(struct pattern *pattern, const char *text, char *error, size_t size) {
    static const char limits[] = REGEX_LIMITS;
    size_t room = sizeof(limits) + strlen(text);
    char *limited = malloc(room);
    PCRE2_SIZE at = 0;
    int number = PCRE2_ERROR_NOMEMORY;

    *pattern = (struct pattern){.style = STYLE_LIKE};
    if (limited) {
        snprintf(limited, room, "%s%s", limits, text);
        pattern->regex = pcre2_compile((PCRE2_SPTR)limited, PCRE2_ZERO_TERMINATED,
                                       PCRE2_NO_AUTO_CAPTURE | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP |
                                           PCRE2_NEVER_BACKSLASH_C,
                                       &number, &at, NULL);
    }
    free(limited);
    if (pattern->regex && strlen(text) >= REGEX_JIT_BYTES)
        pcre2_jit_compile(pattern->regex, PCRE2_JIT_COMPLETE); /* slower without, but correct */
    else if (!pattern->regex)
        pcre2_get_error_message(number, (PCRE2_UCHAR *)error, size);
    return pattern->regex;
}

bool pattern_copy(struct pattern *copy, const struct pattern *pattern) {
    size_t machine_code = 0;

    pcre2_pattern_info(pattern->regex, PCRE2_INFO_JITSIZE, &machine_code);
    *copy = *pattern;
    copy->regex = machine_code == 0 ? pcre2_code_copy(pattern->regex) : NULL; /* lacks that code */
    return copy->regex;
}

void pattern_free(struct pattern *pattern) {
    pcre2_code_free(pattern->regex);
    pattern->regex = NULL;
}

/* ---- matching ----------------------------------------------------------------------------- */

/* Matches without recursion: if the text after a star does not match, the last star takes one more
 * byte. */
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

/* Returns true if there is a word boundary between the bytes BEFORE and AFTER. */
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

static bool regex_matches(const pcre2_code *regex, const struct folded *folded) {
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    bool found =
        data && pcre2_match(regex, (PCRE2_SPTR)folded->text, folded->length, 0, 0, data, NULL) >= 0;

    pcre2_match_data_free(data);
    return found;
}

bool pattern_compare(const struct pattern *pattern, const struct folded *folded) {
    if (pattern->style == STYLE_LIKE)
        return regex_matches(pattern->regex, folded);
    if (pattern->style == STYLE_HAS)
        return phrase_matches(pattern, folded);
    return glob_matches(pattern->text, pattern->text + pattern->length, folded->text,
                        folded->text + folded->length);
}
