/* SPDX-License-Identifier: BSD-2-Clause
 *
 * own.h - the trailers of a patch's or cover's own message.
 *
 * As git interpret-trailers finds them in the commit that the mail becomes, and more patiently:
 * people end messages in more ways than git does.  Each line is looked at once.
 */
#ifndef TRAILERS_OWN_H
#define TRAILERS_OWN_H

#include "trailer.h"

/* The trailers in TEXT, in their order, as slices of it. */
void own_scan(struct patchmark_text text, struct trailers *out);

#endif
