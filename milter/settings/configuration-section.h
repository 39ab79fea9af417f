/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-section.h - reads the values of the options of one section.
 */
#ifndef CONFIGURATION_SECTION_H
#define CONFIGURATION_SECTION_H

#include "settings/configuration-problem.h"
#include "settings/configuration.h"

#include <confuse.h>

/* The state of building one configuration. */
struct configuration_maker {
    struct configuration *configuration;
    struct configuration_problems problems; /* the errors so far */
    struct arena *arena;                    /* that of the configuration */
};

/* Returns an array with one value for each of OPTIONS, in their order, which maker->arena owns.  A
 * value is what SECTION sets, or the fallback of the option if SECTION does not set it.  If SECTION
 * sets an invalid value, adds a problem and uses the fallback.  SECTION may be NULL. */
struct option_value *configuration_values(struct configuration_maker *maker, cfg_t *section,
                                          const struct patchmark_option *options);

/* Returns the place "FILE:LINE" at which SECTION starts; the path of the file if SECTION is NULL.
 * The string is valid as long as the section and the configuration. */
const char *configuration_place_of(const struct configuration_maker *maker, cfg_t *section);

/* Returns a copy of TEXT with ASCII letters in lower case, which ARENA owns. */
char *configuration_lower(struct arena *arena, const char *text);

#endif
