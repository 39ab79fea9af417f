/* SPDX-License-Identifier: BSD-2-Clause
 *
 * expression.h - the language of rules: a text is read once into a short program.
 *
 * A pure parser: it knows no mail, no PCRE2 and no file, keeps no state, and does not recurse.
 * rules.md says what the language is.
 */
#ifndef RULES_EXPRESSION_H
#define RULES_EXPRESSION_H

#include "program.h"

/* Reads TEXT.  NULL after filling in ERROR; for expression_free. */
struct expression *expression_parse(struct patchmark_text text, struct expression_error *error);
/* NULL is allowed. */
void expression_free(struct expression *expression);

#endif
