/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-value.h - whether what stands in the file can be the value of an option.
 */
#ifndef CONFIGURATION_VALUE_H
#define CONFIGURATION_VALUE_H

#include "plugin/options.h"
#include "util/arena.h"

/* Whether ITEMS can be the value of OPTION; fills VALUE, which keeps ITEMS, but for its place.
 * False with ERROR set: what is allowed. */
bool configuration_value_set(const struct patchmark_option *option, char **items, size_t count,
                             struct option_value *value, char *error, size_t error_size);

/* The same with the fallback of OPTION.  False: the option's table is wrong. */
bool configuration_value_fallback(struct arena *arena, const struct patchmark_option *option,
                                  struct option_value *value, char *error, size_t error_size);

const char *configuration_type_name(enum patchmark_type type);

#endif
