/* SPDX-License-Identifier: BSD-2-Clause
 *
 * patch-id.h - the id of a patch, as `git patch-id --stable` prints it.
 *
 * The id does not change with line numbers, white space and blob ids, so the same patch, sent
 * again or found in an archive, has the same.  git's rules are kept with all their quirks, which
 * patch.md tells: an id is worth something only where everybody's is equal.  One pass, memory of a
 * fixed size.
 */
#ifndef PATCH_PATCH_ID_H
#define PATCH_PATCH_ID_H

#include "patchmark-plugin.h"

#define PATCH_ID_SIZE 41 /* 40 hex digits and NUL */

/* Old blobs that are kept: two patches that share none of these hardly share a later one. */
#define PATCH_ID_BASES 16

struct patch_id {
    char hex[PATCH_ID_SIZE];
    size_t base_count;
    struct patchmark_text bases[PATCH_ID_BASES]; /* each once, in order; slices of the text */
};

/* Reads the id of the first patch in TEXT, and from there on the old ids of "index a..b" lines,
 * as they are written.  False, and *ID undefined, when git finds no patch: nothing but a line that
 * starts with "diff " begins one.  Also false when memory is out.  TEXT must outlive *ID. */
bool patch_id_read(struct patchmark_text text, struct patch_id *id);

#endif
