/* SPDX-License-Identifier: BSD-2-Clause
 *
 * literal.h - what text must hold for a regular expression to match.
 *
 * Each match of `\b(printk|pr_(info|err))\b` holds "printk" or "pr_", so text that has neither need
 * not be shown to PCRE2.  Case does not count: all is in lower case.
 */
#ifndef SUBSYSTEM_LITERAL_H
#define SUBSYSTEM_LITERAL_H

#include "bounds.h"
#include "patchmark-plugin.h"

#define LITERAL_MIN 3 /* bytes; shorter ones are nearly everywhere */

struct literal {
    char bytes[BOUND_LITERAL_BYTES];
    size_t length;
};

struct literals {
    struct literal items[BOUND_LITERALS];
    size_t count; /* 0: nothing is known */
};

/* REGEX is one that PCRE2 took, with PCRE2_EXTENDED.  Each match holds one of the literals, if
 * there are any.  Where it is not sure it finds none. */
void literals_find(struct patchmark_text regex, struct literals *literals);

#endif
