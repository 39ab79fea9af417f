/* SPDX-License-Identifier: BSD-2-Clause
 *
 * malloc-arenas.c - see malloc-arenas.h.
 */
#include "util/malloc-arenas.h"

#include <malloc.h>

#define HEAPS 4 /* for all threads together */

/* A block of this size or more is mapped by itself and returned to the system when it is freed.  If
 * this threshold were not set, glibc would raise it to the size of the largest block freed. */
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
