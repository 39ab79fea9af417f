/* SPDX-License-Identifier: BSD-2-Clause
 *
 * term.h - the parser of one term of a rule: a field or a fact, an operator and a value.
 */
#ifndef RULES_TERM_H
#define RULES_TERM_H

#include "program.h"
#include "token.h"

/* The maximum size in bytes of the strings of a rule of LENGTH bytes: a string is at most as long
 * as its token, and has a NUL; a token has at least one byte. */
#define TERM_STRINGS(length) (2 * (length) + 1)

/* Reads the term, of a rule of INSTANCE, which may be NULL, whose first token is NAME, and its
 * other tokens from READER, into the next element of EXPRESSION->terms.  The caller ensures that
 * there is room for it.  Sets *NEGATED to true if the operator is != or !~.  Returns false and
 * fills ERROR if the term is invalid. */
bool term_read(const struct patchmark_instance *instance, struct token_reader *reader,
               const struct token *name, struct expression *expression, bool *negated,
               struct expression_error *error);

#endif
