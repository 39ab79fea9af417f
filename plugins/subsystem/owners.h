/* SPDX-License-Identifier: BSD-2-Clause
 *
 * owners.h - the sections that own what one patch touches.
 */
#ifndef SUBSYSTEM_OWNERS_H
#define SUBSYSTEM_OWNERS_H

#include "maintainers.h"

struct owner {
    uint32_t section;
    uint32_t depth; /* of the closest of its patterns that matched; 0: found by N: or K: */
    uint32_t files; /* so many of the patch are its own */
};

/* One patch. */
struct owners;

/* For owners_free.  NULL: out of memory. */
struct owners *owners_new(const struct maintainers *maintainers);
void owners_free(struct owners *owners);

/* Once for each file. */
void owners_add_file(struct owners *owners, struct patchmark_text path);
/* Once, behind the files: what content_read gives. */
void owners_add_content(struct owners *owners, struct patchmark_text content);

/* Gives those found, the closest first, then those with more files, then in the order of the
 * file.  Sections that have all files come last.  Lives as long as OWNERS. */
const struct owner *owners_sort(struct owners *owners, size_t *count);

#endif
