/* SPDX-License-Identifier: BSD-2-Clause
 *
 * forged-headers.c - counts forged header fields by name; see forged-headers.h.
 *
 * Owns the names and their arrays.  Memory can run out; the field is then only in the total.
 */
#include "pipeline/forged-headers.h"

#include "pipeline/annotate.h"
#include "pipeline/bounds.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Returns the index of NAME in the sorted array, or the index at which to insert it. */
static size_t name_position(const struct forged_names *names, const char *name) {
    size_t low = 0, high = names->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcasecmp(names->names[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Makes space for one more name.  Returns 0, or -1 if memory runs out. */
static int grow(struct forged_names *names) {
    size_t capacity = names->capacity ? 2 * names->capacity : 16;
    struct forged *grown;

    if (names->count < names->capacity)
        return 0;
    grown = realloc(names->names, capacity * sizeof(*grown));
    if (!grown)
        return -1;
    names->names = grown;
    names->capacity = capacity;
    return 0;
}

/* Returns the entry of NAME, which is added if it is missing; NULL if there are enough. */
static struct forged *name_entry(struct forged_names *names, const char *name) {
    size_t position = name_position(names, name);
    char *copy;

    if (position < names->count && strcasecmp(names->names[position].name, name) == 0)
        return &names->names[position];
    if (names->count >= LIMIT_FORGED_DELETED)
        return NULL;
    copy = strdup(name);
    if (!copy || grow(names) < 0) {
        free(copy);
        return NULL;
    }
    memmove(&names->names[position + 1], &names->names[position],
            (names->count - position) * sizeof(*names->names));
    names->names[position] = (struct forged){.name = copy};
    names->count++;
    return &names->names[position];
}

static size_t lines_of(const char *value) {
    size_t lines = 1;

    while ((value = strchr(value, '\n'))) {
        value++;
        lines++;
    }
    return lines;
}

void forged_headers_note(struct forged_headers *forged_headers, const char *prefix,
                         const char *name, const char *value) {
    size_t length = strlen(prefix);
    struct forged *entry;
    bool ours;

    forged_headers->lines += lines_of(value);
    if (strncasecmp(name, prefix, length) != 0)
        return;
    forged_headers->total++;
    ours = annotate_writes(name + length);
    entry = name_entry(ours ? &forged_headers->ours : &forged_headers->others, name);
    if (!entry || entry->count > 0 || name[strcspn(name, " \t")])
        forged_headers->repeated = true;
    if (entry && ++entry->count <= LIMIT_FORGED_DELETED)
        entry->lines = forged_headers->lines;
}

bool forged_headers_can_be_own(const struct forged_headers *forged_headers) {
    return forged_headers->others.count == 0 && !forged_headers->repeated;
}

size_t forged_headers_delete(const struct forged_headers *forged_headers,
                             void (*delete_field)(void *argument, const char *name, int index),
                             void *argument) {
    const struct forged_names *sets[] = {&forged_headers->ours, &forged_headers->others};
    size_t deleted = 0, lines = LIMIT_FORGED_LINES;

    for (size_t set = 0; set < 2; set++)
        for (size_t i = 0; i < sets[set]->count && deleted < LIMIT_FORGED_DELETED; i++) {
            const struct forged *forged = &sets[set]->names[i];
            size_t count = forged->count;

            if (count > LIMIT_FORGED_DELETED - deleted)
                count = LIMIT_FORGED_DELETED - deleted;
            if (count > lines / forged->lines)
                count = lines / forged->lines;
            deleted += count;
            lines -= count * forged->lines;
            for (; count > 0; count--)
                delete_field(argument, forged->name, (int)count);
        }
    return forged_headers->total - deleted;
}

static void names_reset(struct forged_names *names) {
    for (size_t i = 0; i < names->count; i++)
        free(names->names[i].name);
    names->count = 0;
}

void forged_headers_reset(struct forged_headers *forged_headers) {
    names_reset(&forged_headers->ours);
    names_reset(&forged_headers->others);
    forged_headers->total = forged_headers->lines = 0;
    forged_headers->repeated = false;
}

void forged_headers_free(struct forged_headers *forged_headers) {
    forged_headers_reset(forged_headers);
    free(forged_headers->ours.names);
    free(forged_headers->others.names);
    *forged_headers = (struct forged_headers){.total = 0};
}
