/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inbody.h - the headers that a patch carries at the start of its text.
 *
 * Who sends the patch of somebody else writes "From: author" there; git am takes author, subject
 * and date from it.  Below a scissors line ("-- >8 --") such headers may begin again, and those
 * count.  Nothing here allocates or fails.
 */
#ifndef PATCH_INBODY_H
#define PATCH_INBODY_H

#include "patchmark-plugin.h"

/* Values as they stand in the text: slices that may hold the line breaks of folded headers; length
 * 0: not there. */
struct inbody {
    struct patchmark_text from;
    struct patchmark_text subject;
};

/* The headers at the start of TEXT, a mail's text or a file that git format-patch wrote. */
struct inbody inbody_scan(struct patchmark_text text);

/* True when TEXT has a "---" line and a diffstat below it: a patch, though its diff may be gone. */
bool inbody_has_diffstat(struct patchmark_text text);

/* Writes VALUE on one line, each run of blanks and line breaks as one blank, NUL-terminated, cut
 * at SIZE.  The number of bytes before the NUL. */
size_t inbody_unfold(struct patchmark_text value, char *buffer, size_t size);

/* Splits an unfolded From value: ADDRESS in lower case and NAME without quotes, both slices of
 * FROM, which is changed.  False when it holds no address. */
bool inbody_split(char *from, const char **address, const char **name);

#endif
