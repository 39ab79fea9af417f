/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule-text.h - how rules are written: in an option, and in a file of their own.
 *
 * A pure parser, as expression.h.
 */
#ifndef RULES_RULE_TEXT_H
#define RULES_RULE_TEXT_H

#include "program.h"

/* Parts of the text that was read. */
struct rule_text {
    struct patchmark_text word, expression;
    bool flag; /* else a label */
};

/* "WORD: EXPRESSION".  False after filling in ERROR. */
bool rule_text_item(struct patchmark_text item, struct rule_text *rule,
                    struct expression_error *error);

enum rule_text_result { RULE_TEXT_END, RULE_TEXT_RULE, RULE_TEXT_WRONG };

/* The next rule of a file, from byte *AT on, which moves behind it: "label WORD if EXPRESSION" or
 * "flag WORD if EXPRESSION" and the indented lines below.  WRONG after filling in ERROR, whose
 * place counts from the start of FILE; the next call goes on with the next rule. */
enum rule_text_result rule_text_next(struct patchmark_text file, size_t *at, struct rule_text *rule,
                                     struct expression_error *error);

/* Line and column of byte AT of FILE, from 1; columns are bytes. */
void rule_text_place(struct patchmark_text file, size_t at, size_t *line, size_t *column);

#endif
