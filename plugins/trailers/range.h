/* SPDX-License-Identifier: BSD-2-Clause
 *
 * range.h - determines the patches of a series for which a tag is given, from the words around it.
 *
 * Nothing here allocates or fails; the functions may be called on any thread.
 */
#ifndef TRAILERS_RANGE_H
#define TRAILERS_RANGE_H

#include "text.h"

#define RANGE_BYTES 64   /* of a range, with its NUL */
#define RANGE_TEXT  1000 /* bytes at the end of a text that are read */

/* Reads phrases such as "for patches 1-3", "patches 1, 2 and 5:" or "for the series" in the last
 * RANGE_TEXT bytes of TEXT.  Writes the range of the last phrase to RANGE, NUL-terminated: "1-3",
 * "1,2,5" or "all".  Returns false if there is no such phrase; RANGE is then unchanged. */
bool range_read(struct patchmark_text text, char range[RANGE_BYTES]);

/* Adds MORE, the range of another tag of the same mail, to RANGE, which may be empty.  The result
 * is "all" if either is "all"; otherwise MORE is appended after a comma, unless RANGE contains it
 * or it does not fit. */
void range_join(char range[RANGE_BYTES], const char *more);

#endif
