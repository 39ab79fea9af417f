/* SPDX-License-Identifier: BSD-2-Clause
 *
 * forgery.c - see forgery.h.
 */
#include "pipeline/forgery.h"

#include "pipeline/annotate.h"
#include "pipeline/bounds.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The place of NAME, or the place where it would stand. */
static size_t name_place(const struct forgery *forgery, const char *name) {
    size_t low = 0, high = forgery->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcasecmp(forgery->names[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Makes room for one more.  -1: out of memory. */
static int grow(struct forgery *forgery) {
    size_t room = forgery->room ? 2 * forgery->room : 16;
    struct forged *names;

    if (forgery->count < forgery->room)
        return 0;
    names = realloc(forgery->names, room * sizeof(*names));
    if (!names)
        return -1;
    forgery->names = names;
    forgery->room = room;
    return 0;
}

bool forgery_note(struct forgery *forgery, const char *prefix, const char *name) {
    size_t length = strlen(prefix), place;
    char *copy;

    if (strncasecmp(name, prefix, length) != 0)
        return true;
    place = name_place(forgery, name);
    if (place < forgery->count && strcasecmp(forgery->names[place].name, name) == 0) {
        forgery->names[place].count++;
        return true;
    }
    if (forgery->count >= LIMIT_FORGED_NAMES && !annotate_writes(name + length))
        return false;
    copy = strdup(name);
    if (!copy || grow(forgery) < 0) {
        free(copy);
        return false;
    }
    memmove(&forgery->names[place + 1], &forgery->names[place],
            (forgery->count - place) * sizeof(*forgery->names));
    forgery->names[place] = (struct forged){copy, 1};
    forgery->count++;
    return true;
}

void forgery_reset(struct forgery *forgery) {
    for (size_t i = 0; i < forgery->count; i++)
        free(forgery->names[i].name);
    forgery->count = 0;
}

void forgery_free(struct forgery *forgery) {
    forgery_reset(forgery);
    free(forgery->names);
    *forgery = (struct forgery){.count = 0};
}
