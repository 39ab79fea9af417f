/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regex.h - the regular expressions of N: or of K: lines; all of PCRE2.
 *
 * Compiled once, with limits.  One that meets its limit has not matched; the first time that is
 * logged, and it is left alone for the rest of that mail.
 */
#ifndef SUBSYSTEM_REGEX_H
#define SUBSYSTEM_REGEX_H

#include "bounds.h"
#include "patchmark-plugin.h"

#include <stdio.h>

struct regexes;
struct regex_search; /* one mail's */

/* LETTER ('N', 'K') and PATH, of the file, are for the log.  INSTANCE and PATH must live as long.
 * For regexes_free, which logs how often limits were met.  NULL: out of memory. */
struct regexes *regexes_new(const struct patchmark_instance *instance, const char *path,
                            char letter);
void regexes_free(struct regexes *regexes);

/* Adds one, of that section, from that line of the file; its bytes must live as long.  False: it is
 * wrong, or there is no memory; PROBLEM then says so. */
bool regexes_add(struct regexes *regexes, struct patchmark_text source, uint32_t section,
                 size_t line, char *problem, size_t problem_size);

size_t regexes_count(const struct regexes *regexes);
uint32_t regexes_section(const struct regexes *regexes, size_t i);

/* For regex_search_end.  NULL: out of memory. */
struct regex_search *regex_search_begin(struct regexes *regexes);
void regex_search_end(struct regex_search *search);

/* What to search from now on: TEXT, line by line.  Must live until the next. */
void regex_search_text(struct regex_search *search, struct patchmark_text text);

/* The i-th regex matches within a line of that text. */
bool regex_search_matches(struct regex_search *search, size_t i);

#endif
