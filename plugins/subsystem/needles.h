/* SPDX-License-Identifier: BSD-2-Clause
 *
 * needles.h - looks for many literals at once, in one pass over the text.
 */
#ifndef SUBSYSTEM_NEEDLES_H
#define SUBSYSTEM_NEEDLES_H

#include "literal.h"

struct needles;

/* For needles_free.  NULL: out of memory. */
struct needles *needles_new(void);
void needles_free(struct needles *needles);

/* LITERAL is in lower case and has at least LITERAL_MIN bytes.  False: out of memory. */
bool needles_add(struct needles *needles, const struct literal *literal, uint32_t value);

/* Sets FOUND[value] to true for each literal that TEXT holds, in any case.  Any thread. */
void needles_search(const struct needles *needles, struct patchmark_text text, bool *found);

#endif
