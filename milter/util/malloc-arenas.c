/* SPDX-License-Identifier: BSD-2-Clause
 *
 * malloc-arenas.c - see malloc-arenas.h.
 */
#include "util/malloc-arenas.h"

#include <malloc.h>

#define HEAPS 4

/* Pieces of that size are no part of a heap, and go back when they are freed.  glibc would raise
 * the bound to the largest that it saw. */
#define LARGE_BYTES (256 * 1024)

void malloc_arenas_bound(void) {
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, HEAPS);
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    mallopt(M_TRIM_THRESHOLD, LARGE_BYTES);
#endif
}

void malloc_arenas_trim(void) {
#ifdef M_ARENA_MAX
    malloc_trim(0);
#endif
}
