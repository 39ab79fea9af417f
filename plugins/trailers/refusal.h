/* SPDX-License-Identifier: BSD-2-Clause
 *
 * refusal.h - recognizes the lines in which a person refuses a patch: "NAK", "Sorry, but NACK to
 * this".
 *
 * Devices answer with NAK too, so the words around it decide.  Nothing here allocates or fails; the
 * function may be called on any thread.
 */
#ifndef TRAILERS_REFUSAL_H
#define TRAILERS_REFUSAL_H

#include "text.h"

/* Returns false if refusal_read() would return false for LINE anyway: for most lines, fast. */
bool refusal_is_possible(struct patchmark_text line);

/* Returns true if LINE, a line of the sender's own text, refuses what it answers.  APART is true if
 * a sentence or clause may start with the line. */
bool refusal_read(struct patchmark_text line, bool apart);

#endif
