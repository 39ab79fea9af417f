/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arena.h - memory for one mail: allocated piece by piece, freed all at once.
 *
 * An arena that is filled with zeros is empty and ready for use.  An arena may be used by one
 * thread at a time.  No function returns NULL: if memory runs out, the process writes a line to
 * standard error and aborts, and its supervisor starts it again, as GLib does as well.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena {
    struct arena_chunk *chunks; /* newest first */
    char *at;                   /* the next free byte of the newest chunk */
    size_t left;                /* the number of free bytes from there on */
};

/* Returns SIZE bytes, aligned for any type and not initialised.  They belong to ARENA and are valid
 * until arena_reset or arena_free. */
void *arena_allocate(struct arena *arena, size_t size);
/* Returns a copy of the LENGTH bytes of TEXT, followed by a NUL; it belongs to ARENA as above.
 * TEXT may be NULL if LENGTH is 0. */
char *arena_copy(struct arena *arena, const char *text, size_t length);
/* Returns the concatenation of the strings of PIECES, an array that ends with NULL; it is
 * NUL-terminated and belongs to ARENA as above. */
char *arena_join(struct arena *arena, const char *const *pieces);
/* Frees everything except one chunk of the usual size, which is kept for the next mail. */
void arena_reset(struct arena *arena);
/* Frees everything.  ARENA is then empty and may be used again. */
void arena_free(struct arena *arena);

#endif
