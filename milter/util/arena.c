/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arena.c - see arena.h.
 */
#include "util/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE (16 * 1024) /* enough for the strings of a usual mail */

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
    alignas(max_align_t) char data[];
};

static void chunk_add(struct arena *arena, size_t size) {
    struct arena_chunk *chunk = malloc(sizeof(*chunk) + size);

    if (!chunk) {
        fputs("patchmark: error: out of memory\n", stderr);
        abort();
    }
    chunk->size = size;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->at = chunk->data;
    arena->left = size;
}

void *arena_allocate(struct arena *arena, size_t size) {
    size_t aligned = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    char *allocated;

    if (aligned > arena->left || !arena->chunks)
        chunk_add(arena, aligned > CHUNK_SIZE ? aligned : CHUNK_SIZE);
    allocated = arena->at;
    arena->at += aligned;
    arena->left -= aligned;
    return allocated;
}

char *arena_copy(struct arena *arena, const char *text, size_t length) {
    char *copy = arena_allocate(arena, length + 1);

    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_join(struct arena *arena, const char *const *pieces) {
    size_t length = 0;
    char *joined, *to;

    for (size_t i = 0; pieces[i]; i++)
        length += strlen(pieces[i]);
    joined = to = arena_allocate(arena, length + 1);
    *to = '\0';
    for (size_t i = 0; pieces[i]; i++)
        to = stpcpy(to, pieces[i]);
    return joined;
}

void arena_reset(struct arena *arena) {
    struct arena_chunk *kept = NULL;

    while (arena->chunks) {
        struct arena_chunk *chunk = arena->chunks;

        arena->chunks = chunk->next;
        if (!kept && chunk->size == CHUNK_SIZE)
            kept = chunk;
        else
            free(chunk);
    }
    arena->at = NULL;
    arena->left = 0;
    if (kept) {
        kept->next = NULL;
        arena->chunks = kept;
        arena->at = kept->data;
        arena->left = kept->size;
    }
}

void arena_free(struct arena *arena) {
    while (arena->chunks) {
        struct arena_chunk *chunk = arena->chunks;

        arena->chunks = chunk->next;
        free(chunk);
    }
    arena->at = NULL;
    arena->left = 0;
}
