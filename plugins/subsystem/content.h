/* SPDX-License-Identifier: BSD-2-Clause
 *
 * content.h - extracts the text of a mail that K: lines are matched against.
 *
 * This text is the subject; all text before the diff, without quoted lines; and the lines that the
 * diff adds or removes, with their sign.  HTML parts are ignored.
 */
#ifndef SUBSYSTEM_CONTENT_H
#define SUBSYSTEM_CONTENT_H

#include "patchmark-plugin.h"

/* Returns this text of MESSAGE: lines that end with LF, at most BOUND_CONTENT_BYTES in all and
 * BOUND_CONTENT_LINE in one line; what exceeds a limit is left out.  The caller frees the data with
 * free(3).  The data is NULL if out of memory.  May be called on the thread of MESSAGE only. */
struct patchmark_text content_read(const struct patchmark_message *message);

#endif
