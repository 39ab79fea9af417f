/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arena.h - memory for one mail: taken piece by piece, given back all at once.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena {
    struct arena_chunk *chunks; /* newest first */
    char *at;
    size_t left;
};

/* SIZE bytes, aligned for any type, not cleared.  Never NULL: the process ends when memory does,
 * and its supervisor starts it again (GLib does the same a moment later). */
void *arena_allocate(struct arena *arena, size_t size);
/* LENGTH bytes of TEXT and a NUL. */
char *arena_copy(struct arena *arena, const char *text, size_t length);
/* The strings of PIECES, which ends with NULL, one behind the other. */
char *arena_join(struct arena *arena, const char *const *pieces);
/* Gives everything back but one chunk of usual size, for the next mail. */
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);

#endif
