/* SPDX-License-Identifier: BSD-2-Clause
 *
 * range.h - which patches of a series the words around a tag say it is for.
 */
#ifndef TRAILERS_RANGE_H
#define TRAILERS_RANGE_H

#include "text.h"

#define RANGE_BYTES 64

/* Reads TEXT, of which the last RANGE_TEXT bytes count, for "for patches 1-3", "patches 1, 2 and
 * 5:", "for the series".  Writes "1-3", "1,2,5", "all", NUL-terminated; of several the last.
 * False when it says nothing of the kind. */
#define RANGE_TEXT 1000
bool range_read(struct patchmark_text text, char range[RANGE_BYTES]);

/* Adds what another tag of the mail is for to RANGE: all, or both. */
void range_join(char range[RANGE_BYTES], const char *more);

#endif
