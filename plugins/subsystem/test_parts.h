/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_parts.h - helpers for the tests of the parts of the plugin subsystem.
 */
#ifndef TEST_PARTS_H
#define TEST_PARTS_H

#include "support/support.h"
#include "util/cleanup.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Returns TEXT repeated COUNT times, then END.  The caller frees it. */
static inline char *repeat(const char *text, size_t count, const char *end) {
    size_t length = strlen(text);
    char *out = malloc(count * length + strlen(end) + 1);
    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * length, text, length);
    strcpy(out + count * length, end);
    return out;
}

static uint32_t random_state = 1;

/* Returns a pseudo-random number below LIMIT; the sequence is the same in each run. */
static inline uint32_t random_below(uint32_t limit) {
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % limit;
}

#endif
