/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule-text.h - splits a rule, as it is written in an option or in a file of rules, into its word
 * and its expression.
 *
 * The functions keep no state and allocate no memory.
 */
#ifndef RULES_RULE_TEXT_H
#define RULES_RULE_TEXT_H

#include "program.h"

/* The parts of a rule.  The texts point into the text that was split. */
struct rule_text {
    struct patchmark_text word, expression;
    bool flag; /* true if the word is a flag, false if it is a label */
};

/* Splits ITEM, an item of an option: "WORD: EXPRESSION".  Sets RULE->word and RULE->expression.
 * Returns false and fills ERROR if ITEM does not have this form. */
bool rule_text_item(struct patchmark_text item, struct rule_text *rule,
                    struct expression_error *error);

enum rule_text_result { RULE_TEXT_END, RULE_TEXT_RULE, RULE_TEXT_WRONG };

/* Splits the next rule of FILE, the text of a file of rules, from offset *AT on: "label WORD if
 * EXPRESSION" or "flag WORD if EXPRESSION" with the indented lines below it.  Moves *AT behind the
 * rule.  Returns RULE and fills RULE; END if there is no further rule; WRONG if the rule does not
 * have this form, after filling ERROR with the offset in FILE, and the next call continues with the
 * next rule. */
enum rule_text_result rule_text_next(struct patchmark_text file, size_t *at, struct rule_text *rule,
                                     struct expression_error *error);

/* Sets *LINE and *COLUMN to the position of offset AT in FILE.  Both count from 1; a column is a
 * byte. */
void rule_text_place(struct patchmark_text file, size_t at, size_t *line, size_t *column);

#endif
