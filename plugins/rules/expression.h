/* SPDX-License-Identifier: BSD-2-Clause
 *
 * expression.h - the parser of rules: turns the text of an expression into a short program.
 *
 * rules.md describes the language.  The parser keeps no state, does not recurse, and uses no mail,
 * no file and no PCRE2: regular expressions are compiled later, by evaluate_prepare.
 */
#ifndef RULES_EXPRESSION_H
#define RULES_EXPRESSION_H

#include "program.h"

/* Parses TEXT.  The facts that it may use are those of the plugins that are loaded with INSTANCE,
 * and any of a plugin that is not loaded; any if INSTANCE is NULL.  Returns the program, which
 * keeps no pointer into TEXT and which the caller frees with expression_free; NULL, after filling
 * ERROR, if TEXT is invalid or memory runs out. */
struct expression *expression_parse(const struct patchmark_instance *instance,
                                    struct patchmark_text text, struct expression_error *error);
/* Frees EXPRESSION, which evaluate_prepare must not have prepared; see evaluate_free.  EXPRESSION
 * may be NULL. */
void expression_free(struct expression *expression);

#endif
