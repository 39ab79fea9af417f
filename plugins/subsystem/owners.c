/* SPDX-License-Identifier: BSD-2-Clause
 *
 * owners.c - see owners.h.
 *
 * Each section has a place in a table, so that what many patterns find is counted once.  Owns that
 * table and the list of those found.  What can fail is memory.
 */
#define _GNU_SOURCE 1

#include "owners.h"

#include "glob.h"

#include <stdlib.h>

struct place {
    uint32_t owner;    /* in the list, plus one; 0: not found yet */
    uint32_t counted;  /* the number of the last file that counted for it */
    uint32_t excluded; /* ... that an X: of it kept out */
};

struct owners {
    const struct maintainers *maintainers;
    struct regex_search *names, *contents;
    struct patchmark_text path; /* of the file that is looked up */
    uint32_t file;              /* its number, from 1 */
    struct owner *list;         /* has room for all sections */
    size_t count;
    struct place places[];
};

struct owners *owners_new(const struct maintainers *maintainers) {
    size_t sections = maintainers->section_count;
    struct owners *owners = calloc(1, sizeof(*owners) + sections * sizeof(owners->places[0]));
    if (!owners)
        return NULL;
    owners->maintainers = maintainers;
    owners->list = malloc(sections * sizeof(*owners->list));
    owners->names = regex_search_begin(maintainers->names);
    owners->contents = regex_search_begin(maintainers->contents);
    if (owners->list && owners->names && owners->contents)
        return owners;
    owners_free(owners);
    return NULL;
}

void owners_free(struct owners *owners) {
    if (!owners)
        return;
    regex_search_end(owners->names);
    regex_search_end(owners->contents);
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

/* An X: of the section keeps the file out. */
static bool is_excluded(struct owners *owners, uint32_t number) {
    const struct section *section = &owners->maintainers->sections[number];
    const struct patchmark_text *excludes = owners->maintainers->excludes;
    struct place *place = &owners->places[number];
    if (section->exclude_count == 0 || place->counted == owners->file)
        return false;
    for (size_t i = 0; i < section->exclude_count && place->excluded != owners->file; i++)
        if (glob_match(excludes[section->exclude_first + i], owners->path))
            place->excluded = owners->file;
    return place->excluded == owners->file;
}

static void add_file(struct owners *owners, uint32_t section, uint32_t depth) {
    if (is_excluded(owners, section))
        return;
    struct owner *owner = owner_of(owners, section);
    struct place *place = &owners->places[section];
    if (place->counted != owners->file)
        owner->files++;
    place->counted = owners->file;
    if (owner->depth < depth)
        owner->depth = depth;
}

static void pattern_found(void *context, uint32_t number) {
    struct owners *owners = context;
    const struct pattern *pattern = &owners->maintainers->patterns[number];
    add_file(owners, pattern->section, pattern->depth);
}

void owners_add_file(struct owners *owners, struct patchmark_text path) {
    const struct regexes *names = owners->maintainers->names;
    size_t count = regexes_count(names);
    owners->path = path;
    owners->file++;
    trie_match(owners->maintainers->trie, path, pattern_found, owners);
    if (count == 0)
        return;
    regex_search_text(owners->names, path);
    for (size_t i = 0; i < count; i++) {
        uint32_t section = regexes_section(names, i);
        if (owners->places[section].counted != owners->file &&
            regex_search_matches(owners->names, i))
            add_file(owners, section, 0);
    }
}

void owners_add_content(struct owners *owners, struct patchmark_text content) {
    const struct regexes *contents = owners->maintainers->contents;
    size_t count = regexes_count(contents);
    regex_search_text(owners->contents, content);
    for (size_t i = 0; i < count; i++) {
        uint32_t section = regexes_section(contents, i);
        if (owners->places[section].owner == 0 && regex_search_matches(owners->contents, i))
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
            owners->maintainers->sections);
    return owners->list;
}
