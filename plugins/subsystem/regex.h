/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regex.h - the regular expressions of N: or of K: lines.
 *
 * Compiled once, with limits.  One that meets its limit has not matched; the first time that is
 * logged.
 */
#ifndef SUBSYSTEM_REGEX_H
#define SUBSYSTEM_REGEX_H

#define PCRE2_CODE_UNIT_WIDTH 8

#include "bounds.h"
#include "patchmark-plugin.h"

#include <pcre2.h>

/* What PCRE2 needs while it looks at one mail. */
struct matcher {
    pcre2_match_context *limits;
    pcre2_match_data *data; /* has the place of the last match */
};

/* Returns false when memory runs out; MATCHER is for matcher_end in both cases. */
bool matcher_begin(struct matcher *matcher);
void matcher_end(struct matcher *matcher);

/* Searches TEXT from byte FROM on; as pcre2_match, negative where nothing was found. */
int matcher_search(const struct matcher *matcher, const pcre2_code *code,
                   struct patchmark_text text, size_t from);

struct regexes;

/* LETTER ('N', 'K') and PATH, of the file, are for the log.  INSTANCE and PATH must live as long.
 * For regexes_free, which logs how often limits were met. */
struct regexes *regexes_new(const struct patchmark_instance *instance, const char *path,
                            char letter);
void regexes_free(struct regexes *regexes);

/* Adds one, of that section, from that line of the file; its bytes must live as long.  Returns
 * false when it does not compile; PROBLEM then says why. */
bool regexes_add(struct regexes *regexes, struct patchmark_text source, uint32_t section,
                 size_t line, char *problem, size_t problem_size);

size_t regexes_count(const struct regexes *regexes);
uint32_t regexes_section(const struct regexes *regexes, size_t i);

/* The i-th regex matches within a line of TEXT.  Any thread.  When it meets its limit *GIVEN_UP
 * becomes true; it is not tried where that is true already. */
bool regexes_match(struct regexes *regexes, size_t i, const struct matcher *matcher,
                   struct patchmark_text text, bool *given_up);

#endif
