/* SPDX-License-Identifier: BSD-2-Clause
 *
 * owners.c - finds the sections that own the files and content of one patch; see owners.h.
 *
 * A struct owners has a table with an element for each section, so that a section that several
 * patterns find is counted once, and a list of the sections that were found.  Only the allocation
 * of memory can fail.
 */
#include "owners.h"

#include <stdlib.h>

/* One section in the table. */
struct entry {
    uint32_t owner;    /* index in the list plus 1; 0 if the section was not found yet */
    uint32_t counted;  /* number of the last file that it owns */
    uint32_t excluded; /* number of the last file that its X: excluded */
};

struct owners {
    const struct maintainers *maintainers;
    struct matcher matcher;
    bool *abandoned;    /* for each N:, true if it exceeded its limit on this patch */
    uint32_t file;      /* number of the current file, from 1 */
    struct owner *list; /* has room for all sections */
    size_t count;
    struct entry entries[];
};

struct owners *owners_new(const struct maintainers *maintainers) {
    size_t sections = maintainers->sections->len;
    struct owners *owners = calloc(1, sizeof(*owners) + sections * sizeof(owners->entries[0]));
    if (!owners)
        return NULL;
    owners->maintainers = maintainers;
    owners->list = malloc(sections * sizeof(*owners->list));
    owners->abandoned = calloc(regexes_count(maintainers->names) + 1, sizeof(bool));
    if (matcher_begin(&owners->matcher) && owners->list && owners->abandoned)
        return owners;
    owners_free(owners);
    return NULL;
}

void owners_free(struct owners *owners) {
    if (!owners)
        return;
    matcher_end(&owners->matcher);
    free(owners->abandoned);
    free(owners->list);
    free(owners);
}

/* ---- finding ------------------------------------------------------------------------------ */

/* Returns the element of the list for SECTION, appended if it was not found before. */
static struct owner *owner_of(struct owners *owners, uint32_t section) {
    struct entry *entry = &owners->entries[section];
    if (entry->owner == 0) {
        owners->list[owners->count++] = (struct owner){.section = section};
        entry->owner = (uint32_t)owners->count;
    }
    return &owners->list[entry->owner - 1];
}

/* Counts the current file for SECTION, unless its X: excluded the file. */
static void add_file(struct owners *owners, uint32_t section, uint32_t depth) {
    struct entry *entry = &owners->entries[section];
    if (entry->excluded == owners->file)
        return;
    struct owner *owner = owner_of(owners, section);
    if (entry->counted != owners->file)
        owner->files++;
    entry->counted = owners->file;
    if (owner->depth < depth)
        owner->depth = depth;
}

static void pattern_found(void *context, const struct glob *glob) {
    add_file(context, glob->section, glob_depth(glob->text));
}

static void exclude_found(void *context, const struct glob *glob) {
    struct owners *owners = context;
    owners->entries[glob->section].excluded = owners->file;
}

void owners_add_file(struct owners *owners, struct patchmark_text path) {
    struct regexes *names = owners->maintainers->names;
    owners->file++;
    globs_match(owners->maintainers->excludes, &owners->matcher, path, exclude_found, owners);
    globs_match(owners->maintainers->patterns, &owners->matcher, path, pattern_found, owners);
    for (size_t i = 0; i < regexes_count(names); i++) {
        uint32_t section = regexes_section(names, i);
        if (owners->entries[section].counted != owners->file &&
            regexes_match(names, i, &owners->matcher, path, &owners->abandoned[i]))
            add_file(owners, section, 0);
    }
}

void owners_add_content(struct owners *owners, struct patchmark_text content) {
    struct regexes *contents = owners->maintainers->contents;
    for (size_t i = 0; i < regexes_count(contents); i++) {
        uint32_t section = regexes_section(contents, i);
        bool abandoned = false;
        if (owners->entries[section].owner == 0 &&
            regexes_match(contents, i, &owners->matcher, content, &abandoned))
            owner_of(owners, section);
    }
}

/* ---- order -------------------------------------------------------------------------------- */

/* The order of owners_sort. */
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
