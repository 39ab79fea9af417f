/* SPDX-License-Identifier: BSD-2-Clause
 *
 * own.h - finds the trailers in the message of a patch or cover.
 *
 * These are the trailers that git interpret-trailers finds in the commit that git am makes of the
 * mail.  Forms that git does not accept, but people write, are read too; own.c lists them.  Nothing
 * here allocates or fails; the function may be called on any thread.
 */
#ifndef TRAILERS_OWN_H
#define TRAILERS_OWN_H

#include "trailer.h"

/* Finds the trailers in TEXT, the text of a mail, and fills OUT with them in order, at most
 * TRAILERS_MAX.  They are slices of TEXT and valid as long as it. */
void own_scan(struct patchmark_text text, struct trailers *out);

#endif
