/* SPDX-License-Identifier: BSD-2-Clause
 *
 * flowed.h - decodes text that was sent as format=flowed (RFC 3676).
 */
#ifndef FLOWED_H
#define FLOWED_H

#include "patchmark-plugin.h"
#include "util/arena.h"

/* Returns TEXT with soft line breaks joined and space-stuffing removed; quote marks stay.  If
 * DELSP, the space at a soft break is removed as well (RFC 3676 4.1).  Lines of the result end with
 * LF.  The bytes belong to ARENA.  Any text is valid input; nothing fails. */
struct patchmark_text flowed_decode(struct arena *arena, struct patchmark_text text, bool delsp);

#endif
