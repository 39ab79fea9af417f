/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regex.h - regular expressions of the operator, matched against text of strangers with a limit on
 * the work.
 *
 * regex.c is the only file that uses PCRE2.  The limits of PCRE2 apply separately to each position
 * of the text at which a match may start, so that /\w+\d+[xy]/ takes nearly a second on 2,000
 * digits without reaching one.  Therefore each expression is compiled with a callout before each of
 * its items, and the callouts are charged to a budget.
 */
#ifndef RULES_REGEX_H
#define RULES_REGEX_H

#include "program.h"

/* The work that may still be done.  The unit is one item of a pattern that PCRE2 tries: 4 ns with
 * JIT, 15 ns without.  Work is not measured as time, so that the same mail always gets the same
 * labels. */
struct budget {
    uint64_t left;
};

/* Subtracts COST from BUDGET.  Returns false if less was left, and sets the budget to 0. */
bool budget_spend(struct budget *budget, uint64_t cost);

/* Compiles PATTERN, in the syntax of pcre2pattern(3); FLAGS are enum regex_flags, or-ed.  Any
 * number of threads may use the result at once; the caller frees it with regex_free.  Returns NULL
 * and fills ERROR, with the offset in PATTERN, if PATTERN is invalid or memory runs out. */
struct regex *regex_compile(struct patchmark_text pattern, unsigned flags,
                            struct expression_error *error);
/* Frees REGEX, which may be NULL. */
void regex_free(struct regex *regex);
/* Returns true if REGEX was compiled to machine code (JIT).  If the system does not allow that,
 * PCRE2 interprets it, which is 3 to 10 times slower. */
bool regex_is_jit(const struct regex *regex);

/* The memory for matching.  One thread at a time may use a room, for any number of matches. */
struct regex_room;
/* Returns a new room, which the caller frees with regex_room_free; NULL if memory runs out. */
struct regex_room *regex_room_new(void);
/* Frees ROOM, which may be NULL. */
void regex_room_free(struct regex_room *room);

enum regex_result { REGEX_NO, REGEX_YES, REGEX_LIMIT };

/* Searches TEXT, which may have any bytes, for REGEX, and charges the work to BUDGET.  Returns YES
 * if it was found and NO if not; LIMIT if the search was stopped because BUDGET was used up or a
 * limit of PCRE2 was reached. */
enum regex_result regex_match(const struct regex *regex, struct regex_room *room,
                              struct patchmark_text text, struct budget *budget);

#endif
