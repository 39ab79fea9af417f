/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-section.h - the values of the options of one section.
 */
#ifndef CONFIGURATION_SECTION_H
#define CONFIGURATION_SECTION_H

#include "settings/configuration-problem.h"
#include "settings/configuration.h"

#include <confuse.h>

/* A configuration being made. */
struct configuration_maker {
    struct configuration *configuration;
    struct configuration_problems problems;
    struct arena *arena;
};

/* A value for each of OPTIONS: what SECTION sets, or the fallback where that is nothing or wrong.
 * SECTION may be NULL. */
struct option_value *configuration_values(struct configuration_maker *maker, cfg_t *section,
                                          const struct patchmark_option *options);

/* Where SECTION begins, or the file where it is NULL. */
const char *configuration_place_of(const struct configuration_maker *maker, cfg_t *section);

/* A copy with ASCII letters in lower case. */
char *configuration_lower(struct arena *arena, const char *text);

#endif
