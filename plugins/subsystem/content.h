/* SPDX-License-Identifier: BSD-2-Clause
 *
 * content.h - what of a mail the K: patterns are searched in.
 *
 * The subject; all text before the diff, but quoted lines; and of the diff the lines that are added
 * or removed, with their sign.
 */
#ifndef SUBSYSTEM_CONTENT_H
#define SUBSYSTEM_CONTENT_H

#include "patchmark-plugin.h"

/* Lines that end with LF.  The data is for free; NULL: out of memory. */
struct patchmark_text content_read(const struct patchmark_message *message);

#endif
