/* SPDX-License-Identifier: BSD-2-Clause
 *
 * evaluate.h - prepares the program of a rule, and runs it on a mail.
 */
#ifndef RULES_EVALUATE_H
#define RULES_EVALUATE_H

#include "expression.h"
#include "material.h"
#include "regex.h"

/* Compiles the regular expressions of EXPRESSION.  Must be called once before evaluate.  Returns
 * false and fills ERROR if one of them is invalid. */
bool evaluate_prepare(struct expression *expression, struct expression_error *error);
/* Returns true if one of the regular expressions is interpreted, see regex_is_jit. */
bool evaluate_is_slow(const struct expression *expression);
/* Frees EXPRESSION, whether it was prepared or not.  EXPRESSION may be NULL. */
void evaluate_free(struct expression *expression);

enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_LIMIT };

/* Evaluates EXPRESSION on the mail of MATERIAL, and charges the work to BUDGET.  Returns YES if it
 * is true and NO if it is false; LIMIT if the budget was used up or a match reached a limit of
 * PCRE2, so that the result is unknown.  Several threads may evaluate the same expression at once,
 * each with its own material and budget. */
enum verdict evaluate(const struct expression *expression, struct material *material,
                      struct budget *budget);

#endif
