/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regex.h - regular expressions of operators on text of strangers: PCRE2 within bounds.
 *
 * All calls to PCRE2 are here.  PCRE2's own limits hold for each place in the text where a match
 * may begin, so that /\w+\d+[xy]/ takes most of a second on 2,000 digits without coming near one.
 * Therefore every expression is compiled with a callout before each of its items, and a budget
 * counts what goes by there.
 */
#ifndef RULES_REGEX_H
#define RULES_REGEX_H

#include "program.h"

/* Work that may still be done, in items of a pattern that were tried (4 ns each with JIT, 15
 * without).  Not time, so that the same mail always gets the same labels. */
struct budget {
    uint64_t left;
};

/* Takes COST off BUDGET; false when that is more than was left, which is then nothing. */
bool budget_spend(struct budget *budget, uint64_t cost);

/* Compiled once, used by any number of threads.  NULL after filling in ERROR, whose place counts
 * from the pattern's start; for regex_free. */
struct regex *regex_compile(struct patchmark_text pattern, unsigned flags,
                            struct expression_error *error);
void regex_free(struct regex *regex);
/* True when it was made into machine code (JIT); where the system forbids that it is interpreted,
 * three to ten times slower. */
bool regex_is_jit(const struct regex *regex);

/* What one match at a time needs; its memory is taken once.  NULL: out of memory. */
struct regex_room;
struct regex_room *regex_room_new(void);
void regex_room_free(struct regex_room *room);

enum regex_result { REGEX_NO, REGEX_YES, REGEX_LIMIT };

/* Whether REGEX is found in TEXT, which may hold any bytes.  LIMIT: given up, for BUDGET or one of
 * PCRE2's own limits. */
enum regex_result regex_match(const struct regex *regex, struct regex_room *room,
                              struct patchmark_text text, struct budget *budget);

#endif
