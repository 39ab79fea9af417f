/* SPDX-License-Identifier: BSD-2-Clause
 *
 * flowed.h - text that was sent as format=flowed (RFC 3676).
 */
#ifndef FLOWED_H
#define FLOWED_H

#include "patchmark-plugin.h"
#include "util/arena.h"

/* TEXT with its soft line breaks joined and its stuffed spaces taken out, quote marks kept; the
 * arena's.  DELSP: the space of a soft break is no part of the text. */
struct patchmark_text flowed_decode(struct arena *arena, struct patchmark_text text, bool delsp);

#endif
