/* SPDX-License-Identifier: BSD-2-Clause
 *
 * applied-parts.h - which patches of a series a mail says were applied, and as which commits.
 *
 * Nothing here allocates; the functions may be called on any thread.
 */
#ifndef AUTOMATION_APPLIED_PARTS_H
#define AUTOMATION_APPLIED_PARTS_H

#include "commits.h"

/* Sets the facts `applied_parts` and `partial` of MESSAGE, which states that patches were applied.
 * COMMITS are the commits that commits_find has found in it, and ROBOT is true if a program wrote
 * the mail.  An item of applied_parts is "PART<TAB>COMMIT<TAB>URL<TAB>TITLE", each of which is
 * empty if the mail does not state it; the parts in lists come first, in the order of the mail,
 * then those that are named by their numbers only, then the commits without a number.  Each of
 * COMMITS is in one item.  Returns 0, or what the core returned on error. */
int applied_parts_set(const struct patchmark_message *message, bool robot,
                      const struct commits *commits, struct patchmark_facts *facts);

#endif
