/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-check.h - checks of values that the type of an option does not cover.
 *
 * An invalid value is added to the problems, with its place, and the remaining options are still
 * checked.
 */
#ifndef CONFIGURATION_CHECK_H
#define CONFIGURATION_CHECK_H

#include "plugin/options.h"
#include "settings/configuration-section.h"

/* One of the words that an option accepts, and its value in the configuration.  A table of words
 * ends with {0}. */
struct configuration_word {
    const char *word;
    int number;
};

/* Adds the problem "option 'NAME' must be TEXT", with the place of VALUE.  TEXT is formatted as by
 * printf(3). */
void configuration_problem_of(struct configuration_maker *maker, const struct option_value *value,
                              const char *format, ...) PATCHMARK_PRINTF(3, 4);

/* Returns the number of the word TEXT in WORDS.  If TEXT is none of them, adds a problem that lists
 * them, and returns -1. */
int configuration_word_number(struct configuration_maker *maker, const struct option_value *value,
                              const char *text, const struct configuration_word *words);

#endif
