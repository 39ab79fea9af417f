/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regex.h - the regular expressions of N: lines, or of K: lines (PCRE2, matching bytes).
 *
 * They are compiled once and matched with limits.  An expression that exceeds a limit counts as not
 * matching; this is logged the first time.
 */
#ifndef SUBSYSTEM_REGEX_H
#define SUBSYSTEM_REGEX_H

#define PCRE2_CODE_UNIT_WIDTH 8

#include "bounds.h"
#include "patchmark-plugin.h"

#include <pcre2.h>

/* The working data of PCRE2 for one thread. */
struct matcher {
    pcre2_match_context *limits;
    pcre2_match_data *data; /* has the offsets of the last match */
};

/* Allocates MATCHER and sets the limits of bounds.h.  Returns false if out of memory.  The caller
 * calls matcher_end in either case. */
bool matcher_begin(struct matcher *matcher);
/* Frees what MATCHER owns. */
void matcher_end(struct matcher *matcher);

/* Searches TEXT for CODE from offset FROM on.  Returns the result of pcre2_match: negative if
 * nothing was found, PCRE2_ERROR_NOMATCH or an error such as an exceeded limit. */
int matcher_search(const struct matcher *matcher, const pcre2_code *code,
                   struct patchmark_text text, size_t from);

struct regexes;

/* Returns an empty list.  LETTER ('N' or 'K') is for the log.  INSTANCE must live as long as the
 * list, which the caller frees with regexes_free. */
struct regexes *regexes_new(const struct patchmark_instance *instance, char letter);
/* Frees REGEXES.  Logs each expression that exceeded its limit more than once, with the number of
 * times. */
void regexes_free(struct regexes *regexes);

/* Compiles and adds the expression SOURCE, whose bytes must live as long as REGEXES.  SECTION is
 * the index of its section, LINE its line in the file PATH, which must live as long.  Returns false
 * if it does not compile; PROBLEM, of PROBLEM_SIZE bytes, then has the reason. */
bool regexes_add(struct regexes *regexes, struct patchmark_text source, uint32_t section,
                 const char *path, size_t line, char *problem, size_t problem_size);

/* Returns the number of expressions. */
size_t regexes_count(const struct regexes *regexes);
/* Returns the index of the section of expression I, counted from 0. */
uint32_t regexes_section(const struct regexes *regexes, size_t i);

/* Returns true if expression I, counted from 0, matches within a line of TEXT.  If it exceeds a
 * limit, sets *ABANDONED, logs that once, and returns false.  If *ABANDONED is already true,
 * returns false at once.  May be called on any thread, each with its own MATCHER. */
bool regexes_match(struct regexes *regexes, size_t i, const struct matcher *matcher,
                   struct patchmark_text text, bool *abandoned);

#endif
