/* SPDX-License-Identifier: BSD-2-Clause
 *
 * words.c - compares titles by their words, prefixes and starts, and recognises those of batches:
 * see series.h.
 */
#include "series.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORDS_MAX 40 /* of one title; further words are ignored */
#define WORD_SIZE 40 /* bytes of a word, with its NUL; the rest is cut */
#define BEGIN_MIN 12 /* bytes that two titles must share: shorter ones can be equal by chance */
#define BATCH_MAX 4  /* words before the "fixes" of a batch: "Driver A and B fixes for net" */

/* Returns the title after prefixes such as "net: dsa: ", each at most 40 bytes.  A prefix that is
 * the whole title is kept, and so is the start of another title in quotes: Revert "net: dsa: x". */
static const char *prefix_skip(const char *title) {
    const char *start = title, *colon;

    while ((colon = strstr(start, ": ")) && colon > start && colon - start <= 40 &&
           !memchr(start, '"', (size_t)(colon - start))) {
        const char *next = colon + 2 + strspn(colon + 2, " ");

        if (!*next)
            break;
        start = next;
    }
    return start;
}

static int word_compare(const void *a, const void *b) {
    return strcmp(a, b);
}

static bool is_word_byte(char byte) {
    return isalnum((unsigned char)byte) || byte == '_' || (unsigned char)byte >= 128;
}

size_t words_read(const char *title, char *words, size_t size) {
    char found[WORDS_MAX][WORD_SIZE];
    size_t count = 0, kept = 0, length = 0;

    for (const char *at = prefix_skip(title); *at && count < WORDS_MAX;) {
        size_t letters = 0;

        while (*at && !is_word_byte(*at))
            at++;
        for (; is_word_byte(*at); at++)
            if (letters < WORD_SIZE - 1)
                found[count][letters++] = (char)tolower((unsigned char)*at);
        found[count][letters] = '\0';
        count += letters > 0;
    }
    qsort(found, count, sizeof(found[0]), word_compare);
    words[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t more = strlen(found[i]) + 1;

        if ((i > 0 && strcmp(found[i], found[i - 1]) == 0) || length + more >= size)
            continue;
        if (length > 0)
            words[length++] = ' ';
        memcpy(words + length, found[i], more);
        length += more - 1;
        kept++;
    }
    return kept;
}

bool words_are_equal(const char *title, const char *other) {
    char words[KEY_SIZE], others[KEY_SIZE];

    return words_read(title, words, sizeof(words)) == words_read(other, others, sizeof(others)) &&
           strcmp(words, others) == 0;
}

bool words_share_start(const char *title, const char *other) {
    size_t length, other_length, shorter;
    const char *longer;

    title = prefix_skip(title);
    other = prefix_skip(other);
    length = strlen(title);
    other_length = strlen(other);
    shorter = length < other_length ? length : other_length;
    longer = length < other_length ? other : title;
    return shorter >= BEGIN_MIN && strncasecmp(title, other, shorter) == 0 &&
           (!is_word_byte(longer[shorter]) || !is_word_byte(longer[shorter - 1]));
}

/* ---- prefixes ----------------------------------------------------------------------------- */

/* Returns the next name in the prefixes between AT and END, and sets *LENGTH to its length; NULL if
 * there is none.  A prefix can have several: "KVM/arm64: ", "usb, net: ". */
static const char *prefix_next(const char *at, const char *end, size_t *length) {
    while (at < end && strchr(":/, ", *at))
        at++;
    *length = 0;
    while (at + *length < end && !strchr(":/, ", at[*length]))
        (*length)++;
    return *length > 0 ? at : NULL;
}

static bool prefix_has(const char *title, const char *name, size_t size) {
    const char *end = prefix_skip(title);
    size_t length;

    for (const char *at = title; (at = prefix_next(at, end, &length)); at += length)
        if (length == size && strncasecmp(at, name, size) == 0)
            return true;
    return false;
}

/* Returns the last name in the prefixes of TITLE; NULL if it has no prefix. */
static const char *prefix_last(const char *title, size_t *length) {
    const char *end = prefix_skip(title), *last = NULL;
    size_t size;

    for (const char *at = title; (at = prefix_next(at, end, &size)); at += size) {
        last = at;
        *length = size;
    }
    return last;
}

bool words_prefixes_fit(const char *title, const char *other) {
    size_t length = 0, other_length = 0;
    const char *last = prefix_last(title, &length);
    const char *other_last = prefix_last(other, &other_length);

    return !last || !other_last || prefix_has(other, last, length) ||
           prefix_has(title, other_last, other_length);
}

/* ---- batches ------------------------------------------------------------------------------ */

static bool is_word(const char *at, size_t length, const char *word) {
    return strlen(word) == length && strncasecmp(at, word, length) == 0;
}

static bool is_batch_noun(const char *at, size_t length) {
    static const char *const nouns[] = {"fixes",        "updates", "changes", "patches", "cleanups",
                                        "improvements", "queue",   "batch",   "review",  NULL};

    for (size_t i = 0; nouns[i]; i++)
        if (is_word(at, length, nouns[i]))
            return true;
    return false;
}

/* Returns true if what follows the noun of a batch is not its object: nothing, a number, a date or
 * a remark in parentheses, or the next item of an enumeration. */
static bool is_batch_end(const char *rest) {
    const char *word = rest + strspn(rest, " ");

    return !*word || strchr(",.(#&+[-", *word) || isdigit((unsigned char)*word) ||
           strncasecmp(word, "and ", 4) == 0 || strncasecmp(word, "take ", 5) == 0;
}

bool words_name_batch(const char *title) {
    bool prefixed = prefix_skip(title) != title;
    size_t length, count = 0;

    if (strcasestr(title, "pull request") || strcasestr(title, "pull-request"))
        return true;
    for (const char *at = title; *at && count <= BATCH_MAX; at += length, count++) {
        while (*at && !is_word_byte(*at))
            at++;
        for (length = 0; is_word_byte(at[length]); length++)
            ;
        if (!is_batch_noun(at, length))
            continue;
        if (strncasecmp(at + length, " for ", 5) == 0 || (!prefixed && is_batch_end(at + length)))
            return true;
    }
    return false;
}
