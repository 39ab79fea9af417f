/* SPDX-License-Identifier: BSD-2-Clause
 *
 * owners.h - finds the sections of a MAINTAINERS file that own the files and content of one patch.
 *
 * A struct owners is for one patch and must be used by one thread at a time.
 */
#ifndef SUBSYSTEM_OWNERS_H
#define SUBSYSTEM_OWNERS_H

#include "maintainers.h"

struct owner {
    uint32_t section; /* its index in maintainers->sections */
    uint32_t
        depth; /* glob_depth of its most specific pattern that matched; 0 if found by N: or K: */
    uint32_t files; /* number of files of the patch that it owns */
};

struct owners;

/* Begins the search for one patch.  MAINTAINERS must live as long as the result, which the caller
 * frees with owners_free.  Returns NULL if out of memory. */
struct owners *owners_new(const struct maintainers *maintainers);
/* Frees OWNERS; NULL is allowed. */
void owners_free(struct owners *owners);

/* Adds the sections that own the file PATH.  Called once for each file of the patch. */
void owners_add_file(struct owners *owners, struct patchmark_text path);
/* Adds the sections whose K: matches CONTENT, the result of content_read.  Called at most once,
 * after the last owners_add_file. */
void owners_add_content(struct owners *owners, struct patchmark_text content);

/* Returns the array of the sections that were found, and sets *COUNT to their number.  They are
 * sorted by depth, then by files, both from high to low, then in the order of the file.  Sections
 * that own all files come last.  The array belongs to OWNERS and lives as long. */
const struct owner *owners_sort(struct owners *owners, size_t *count);

#endif
