/* SPDX-License-Identifier: BSD-2-Clause
 *
 * evaluate.h - runs the program of a rule on a mail.
 */
#ifndef RULES_EVALUATE_H
#define RULES_EVALUATE_H

#include "expression.h"
#include "material.h"
#include "regex.h"

/* Compiles the regular expressions; once, before evaluate.  False after filling in ERROR. */
bool evaluate_prepare(struct expression *expression, struct expression_error *error);
/* True when one of them has to be interpreted, see regex_is_jit. */
bool evaluate_is_slow(const struct expression *expression);
/* Frees an expression, prepared or not.  NULL is allowed. */
void evaluate_free(struct expression *expression);

enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_LIMIT };

/* LIMIT: the budget was used up, or a regular expression was given up; nobody knows. */
enum verdict evaluate(const struct expression *expression, struct material *material,
                      struct budget *budget);

#endif
