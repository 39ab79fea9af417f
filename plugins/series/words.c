/* SPDX-License-Identifier: BSD-2-Clause
 *
 * words.c - compares titles by their words and by their starts: see series.h.
 */
#include "series.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORDS_MAX 40 /* of one title; further words are ignored */
#define WORD_SIZE 40 /* bytes of a word, with its NUL; the rest is cut */
#define BEGIN_MIN 12 /* bytes that two titles must share: shorter ones can be equal by chance */

/* Returns the title after prefixes such as "net: dsa: ", each at most 40 bytes.  A prefix that is
 * the whole title is kept. */
static const char *prefix_skip(const char *title) {
    const char *start = title, *colon;

    while ((colon = strstr(start, ": ")) && colon > start && colon - start <= 40) {
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

bool words_share_start(const char *title, const char *other) {
    size_t length, other_length, shorter;

    title = prefix_skip(title);
    other = prefix_skip(other);
    length = strlen(title);
    other_length = strlen(other);
    shorter = length < other_length ? length : other_length;
    return shorter >= BEGIN_MIN && strncasecmp(title, other, shorter) == 0;
}
