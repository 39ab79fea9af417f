/* SPDX-License-Identifier: BSD-2-Clause
 *
 * owners.c - see owners.h.
 *
 * Each section has a place in a table, so that what many patterns find is counted once.  Owns that
 * table and the list of those found.  What can fail is memory.
 */
#define _GNU_SOURCE 1

#include "owners.h"

#include <stdlib.h>

struct place {
    uint32_t owner;    /* in the list, plus one; 0: not found yet */
    uint32_t counted;  /* the number of the last file that counted for it */
    uint32_t excluded; /* ... that an X: of it kept out */
};

struct owners {
    const struct maintainers *maintainers;
    struct matcher matcher;
    bool *given_up;     /* of N:, those that met their limit */
    uint32_t file;      /* the number of the file that is looked up, from 1 */
    struct owner *list; /* has room for all sections */
    size_t count;
    struct place places[];
};

struct owners *owners_new(const struct maintainers *maintainers) {
    size_t sections = maintainers->sections->len;
    struct owners *owners = calloc(1, sizeof(*owners) + sections * sizeof(owners->places[0]));
    if (!owners)
        return NULL;
    owners->maintainers = maintainers;
    owners->list = malloc(sections * sizeof(*owners->list));
    owners->given_up = calloc(regexes_count(maintainers->names) + 1, sizeof(bool));
    if (matcher_begin(&owners->matcher) && owners->list && owners->given_up)
        return owners;
    owners_free(owners);
    return NULL;
}

void owners_free(struct owners *owners) {
    if (!owners)
        return;
    matcher_end(&owners->matcher);
    free(owners->given_up);
    free(owners->list);
    free(owners);
}

/* ---- finding ------------------------------------------------------------------------------ */

static struct owner *owner_of(struct owners *owners, uint32_t section) {
    struct place *place = &owners->places[section];
    if (place->owner == 0) {
        owners->list[owners->count++] = (struct owner){.section = section};
        place->owner = (uint32_t)owners->count;
    }
    return &owners->list[place->owner - 1];
}

static void add_file(struct owners *owners, uint32_t section, uint32_t depth) {
    struct place *place = &owners->places[section];
    if (place->excluded == owners->file)
        return;
    struct owner *owner = owner_of(owners, section);
    if (place->counted != owners->file)
        owner->files++;
    place->counted = owners->file;
    if (owner->depth < depth)
        owner->depth = depth;
}

static void pattern_found(void *context, const struct glob *glob) {
    add_file(context, glob->section, glob_depth(glob->text));
}

static void exclude_found(void *context, const struct glob *glob) {
    struct owners *owners = context;
    owners->places[glob->section].excluded = owners->file;
}

void owners_add_file(struct owners *owners, struct patchmark_text path) {
    struct regexes *names = owners->maintainers->names;
    owners->file++;
    globs_match(owners->maintainers->excludes, &owners->matcher, path, exclude_found, owners);
    globs_match(owners->maintainers->patterns, &owners->matcher, path, pattern_found, owners);
    for (size_t i = 0; i < regexes_count(names); i++) {
        uint32_t section = regexes_section(names, i);
        if (owners->places[section].counted != owners->file &&
            regexes_match(names, i, &owners->matcher, path, &owners->given_up[i]))
            add_file(owners, section, 0);
    }
}

void owners_add_content(struct owners *owners, struct patchmark_text content) {
    struct regexes *contents = owners->maintainers->contents;
    for (size_t i = 0; i < regexes_count(contents); i++) {
        uint32_t section = regexes_section(contents, i);
        bool given_up = false;
        if (owners->places[section].owner == 0 &&
            regexes_match(contents, i, &owners->matcher, content, &given_up))
            owner_of(owners, section);
    }
}

/* ---- order -------------------------------------------------------------------------------- */

static int owner_compare(const void *left, const void *right, void *context) {
    const struct section *sections = context;
    const struct owner *a = left, *b = right;
    if (sections[a->section].is_rest != sections[b->section].is_rest)
        return sections[a->section].is_rest ? 1 : -1;
    if (a->depth != b->depth)
        return a->depth > b->depth ? -1 : 1;
    if (a->files != b->files)
        return a->files > b->files ? -1 : 1;
    return a->section < b->section ? -1 : a->section > b->section;
}

const struct owner *owners_sort(struct owners *owners, size_t *count) {
    *count = owners->count;
    qsort_r(owners->list, owners->count, sizeof(*owners->list), owner_compare,
            owners->maintainers->sections->data);
    return owners->list;
}
