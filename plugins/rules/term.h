/* SPDX-License-Identifier: BSD-2-Clause
 *
 * term.h - one question of a rule: what it looks at, and what it may ask of that.
 */
#ifndef RULES_TERM_H
#define RULES_TERM_H

#include "program.h"
#include "token.h"

/* Bytes that the strings of a rule of LENGTH bytes can take: each is no longer than its token, and
 * a token has at least one byte for the NUL. */
#define TERM_STRINGS(length) (2 * (length) + 1)

/* Reads the term whose first token is NAME into the next place of EXPRESSION.  *NEGATED: it asks
 * for the contrary (!= !~). */
bool term_read(struct token_reader *reader, const struct token *name, struct expression *expression,
               bool *negated, struct expression_error *error);

#endif
