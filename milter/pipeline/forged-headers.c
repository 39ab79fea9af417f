/* SPDX-License-Identifier: BSD-2-Clause
 *
 * forged-headers.c - see forged-headers.h.
 */
#include "pipeline/forged-headers.h"

#include "pipeline/annotate.h"
#include "pipeline/bounds.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The place of NAME, or the place where it would stand. */
static size_t name_place(const struct forged_headers *forged_headers, const char *name) {
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

/* Makes room for one more.  -1: out of memory. */
static int grow(struct forged_headers *forged_headers) {
    size_t room = forged_headers->room ? 2 * forged_headers->room : 16;
    struct forged *names;

    if (forged_headers->count < forged_headers->room)
        return 0;
    names = realloc(forged_headers->names, room * sizeof(*names));
    if (!names)
        return -1;
    forged_headers->names = names;
    forged_headers->room = room;
    return 0;
}

bool forged_headers_note(struct forged_headers *forged_headers, const char *prefix,
                         const char *name) {
    size_t length = strlen(prefix), place;
    char *copy;

    if (strncasecmp(name, prefix, length) != 0)
        return true;
    place = name_place(forged_headers, name);
    if (place < forged_headers->count && strcasecmp(forged_headers->names[place].name, name) == 0) {
        forged_headers->names[place].count++;
        return true;
    }
    if (forged_headers->count >= LIMIT_FORGED_NAMES && !annotate_writes(name + length))
        return false;
    copy = strdup(name);
    if (!copy || grow(forged_headers) < 0) {
        free(copy);
        return false;
    }
    memmove(&forged_headers->names[place + 1], &forged_headers->names[place],
            (forged_headers->count - place) * sizeof(*forged_headers->names));
    forged_headers->names[place] = (struct forged){copy, 1};
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
