/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inbody.h - the headers at the start of the text of a patch, as git-mailinfo(1) reads them.
 *
 * A sender of another person's patch writes "From: author" there; git am takes author, subject and
 * date from these lines.  If such headers follow a scissors line ("-- >8 --"), these are used
 * instead.  Nothing here allocates or fails; the functions may be called on any thread.
 */
#ifndef PATCH_INBODY_H
#define PATCH_INBODY_H

#include "patchmark-plugin.h"

/* Header values, as slices of the text; they contain the line breaks of folded headers.  The length
 * is 0 if there is no such header. */
struct inbody {
    struct patchmark_text from;
    struct patchmark_text subject;
};

/* Returns the headers at the start of TEXT, which is the text of a mail or a file that git
 * format-patch wrote.  They are valid as long as TEXT. */
struct inbody inbody_scan(struct patchmark_text text);

/* Returns true if TEXT has a "---" line and, below it, a diffstat: TEXT is a patch, even if its
 * diff was removed. */
bool inbody_has_diffstat(struct patchmark_text text);

/* Writes VALUE as one line, NUL-terminated, to BUFFER of SIZE bytes (at least 1): each run of
 * blanks, line breaks and control bytes becomes one space, and is removed at the ends.  A value
 * that is too long is cut between two UTF-8 characters.  Returns the number of bytes written,
 * without the NUL. */
size_t inbody_unfold(struct patchmark_text value, char *buffer, size_t size);

/* Splits FROM, the unfolded value of a From header, in place.  Sets *ADDRESS to the address, in
 * lower case, and *NAME to the name without quotes, "" if there is none; both point into FROM.
 * Returns false if FROM contains no address. */
bool inbody_split(char *from, const char **address, const char **name);

#endif
