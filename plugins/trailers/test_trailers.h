/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_trailers.h - what the tests of this plugin share: results as one line of text, so that
 * tables of examples are readable.
 */
#ifndef TEST_TRAILERS_H
#define TEST_TRAILERS_H

#include "given.h"
#include "own.h"
#include "range.h"
#include "trailer.h"

#include "util/cleanup.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define READING_BYTES 4096
#define HASH          "0123456789abcdef0123456789abcdef01234567"

/* An example: READING is the expected result for TEXT. */
struct example {
    const char *why, *text, *reading;
};

/* Appends "Name: value" to READING, after a '|' unless it is the first. */
static inline void reading_add(char *reading, const struct trailer *trailer) {
    size_t length = strlen(reading);
    char value[TRAILER_BYTES];
    trailer_unfold(trailer->value, value, sizeof value);
    snprintf(reading + length, READING_BYTES - length, "%s%.*s: %s", length > 0 ? "|" : "",
             (int)trailer->name.length, trailer->name.data, value);
}

/* Returns 500 KB of copies of PIECE, which the caller frees, and sets *LENGTH. */
static inline char *repeat(const char *piece, size_t *length) {
    size_t each = strlen(piece), count = 500 * 1024 / each;
    char *text = malloc(count * each + 1);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * each, piece, each);
    text[count * each] = '\0';
    *length = count * each;
    return text;
}

#endif
