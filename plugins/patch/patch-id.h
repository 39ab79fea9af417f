/* SPDX-License-Identifier: BSD-2-Clause
 *
 * patch-id.h - computes the id of a patch that `git patch-id --stable` prints.
 *
 * The id does not depend on line numbers, white space and blob ids, so the same patch has the same
 * id when it is sent again or read from an archive.  All rules of git are followed, also the odd
 * ones, which patch.md lists: an id is useful only if all programs compute the same.  Reads the
 * text once, in memory of a fixed size.
 */
#ifndef PATCH_PATCH_ID_H
#define PATCH_PATCH_ID_H

#include "patchmark-plugin.h"

#define PATCH_ID_SIZE 41 /* 40 hex digits and NUL */

/* Old blobs that are kept: patches that have none of these in common rarely share a later one. */
#define PATCH_ID_BASES 16

struct patch_id {
    char hex[PATCH_ID_SIZE]; /* NUL-terminated, in lower case */
    size_t base_count;
    struct patchmark_text bases[PATCH_ID_BASES]; /* each once, in order; slices of the text */
};

/* Computes the id of the first patch in TEXT and stores it in ID, with the old blob ids of all
 * "index a..b" lines from there on, as they are written.  TEXT must stay valid as long as ID is
 * used.  Returns false if git finds no patch, which starts with a line "diff ..."; *ID is then
 * undefined.  May be called on any thread. */
bool patch_id_read(struct patchmark_text text, struct patch_id *id);

#endif
