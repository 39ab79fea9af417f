/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-value.h - converts the strings in the file to the value of an option, and checks
 * type and range.
 */
#ifndef CONFIGURATION_VALUE_H
#define CONFIGURATION_VALUE_H

#include "plugin/options.h"
#include "util/arena.h"

/* Converts the COUNT strings ITEMS to a value of OPTION.  Fills all fields of VALUE except `place`;
 * VALUE keeps the pointer ITEMS.  If they are not a valid value, writes to ERROR what is allowed,
 * and returns false. */
bool configuration_value_set(const struct patchmark_option *option, char **items, size_t count,
                             struct option_value *value, char *error, size_t error_size);

/* Does the same with the fallback of OPTION; ARENA owns the items.  Returns false if the fallback
 * is not a valid value, which is a bug of the table that has the option. */
bool configuration_value_fallback(struct arena *arena, const struct patchmark_option *option,
                                  struct option_value *value, char *error, size_t error_size);

/* Returns the name of TYPE as patchmark.conf(5) has it, a static string; "unknown" if TYPE has no
 * name. */
const char *configuration_type_name(enum patchmark_type type);

#endif
