/* SPDX-License-Identifier: BSD-2-Clause
 *
 * word-set.c - see word-set.h.
 */
#include "util/word-set.h"

#include <string.h>

static bool has(const char *set, const char *word, size_t length) {
    for (const char *at = set; length > 0 && *at; at += strspn(at, " ")) {
        size_t next = strcspn(at, " ");

        if (next == length && memcmp(at, word, length) == 0)
            return true;
        at += next;
    }
    return false;
}

bool word_set_has(const char *set, const char *word) {
    return has(set, word, strlen(word));
}

const char *word_set_join(struct arena *arena, const char *set, const char *more, size_t most) {
    for (const char *at = more; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        const char *word;

        if (!has(set, at, length) && strlen(set) + (*set != '\0') + length <= most) {
            word = arena_copy(arena, at, length);
            set = arena_join(arena, (const char *[]){set, *set ? " " : "", word, NULL});
        }
        at += length;
    }
    return set;
}
