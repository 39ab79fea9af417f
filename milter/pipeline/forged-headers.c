/* SPDX-License-Identifier: BSD-2-Clause
 *
 * forged-headers.c - counts forged header fields by name; see forged-headers.h.
 *
 * Owns the names and their array.  Memory can run out; the field is then not counted.
 */
#include "pipeline/forged-headers.h"

#include "pipeline/annotate.h"
#include "pipeline/bounds.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Returns the index of NAME in the sorted array, or the index at which to insert it. */
static size_t name_position(const struct forged_headers *forged_headers, const char *name) {
    size_t low = 0, high = forged_headers->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcasecmp(forged_headers->names[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Makes space for one more name.  Returns 0, or -1 if memory runs out. */
static int grow(struct forged_headers *forged_headers) {
    size_t capacity = forged_headers->capacity ? 2 * forged_headers->capacity : 16;
    struct forged *names;

    if (forged_headers->count < forged_headers->capacity)
        return 0;
    names = realloc(forged_headers->names, capacity * sizeof(*names));
    if (!names)
        return -1;
    forged_headers->names = names;
    forged_headers->capacity = capacity;
    return 0;
}

bool forged_headers_note(struct forged_headers *forged_headers, const char *prefix,
                         const char *name) {
    size_t length = strlen(prefix), position;
    char *copy;

    if (strncasecmp(name, prefix, length) != 0)
        return true;
    position = name_position(forged_headers, name);
    if (position < forged_headers->count &&
        strcasecmp(forged_headers->names[position].name, name) == 0) {
        forged_headers->names[position].count++;
        return true;
    }
    if (forged_headers->count >= LIMIT_FORGED_NAMES && !annotate_writes(name + length))
        return false;
    copy = strdup(name);
    if (!copy || grow(forged_headers) < 0) {
        free(copy);
        return false;
    }
    memmove(&forged_headers->names[position + 1], &forged_headers->names[position],
            (forged_headers->count - position) * sizeof(*forged_headers->names));
    forged_headers->names[position] = (struct forged){copy, 1};
    forged_headers->count++;
    return true;
}

void forged_headers_reset(struct forged_headers *forged_headers) {
    for (size_t i = 0; i < forged_headers->count; i++)
        free(forged_headers->names[i].name);
    forged_headers->count = 0;
}

void forged_headers_free(struct forged_headers *forged_headers) {
    forged_headers_reset(forged_headers);
    free(forged_headers->names);
    *forged_headers = (struct forged_headers){.count = 0};
}
