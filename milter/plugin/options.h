/* SPDX-License-Identifier: BSD-2-Clause
 *
 * options.h - the values of the options of a plugin.
 *
 * The settings fill these structs and own them; plugins read them through patchmark-plugin.h.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "plugin/plugin.h"

#include <stdbool.h>

/* The value of one option. */
struct option_value {
    const struct patchmark_option *option;
    char **items;      /* the value as text; one item unless the option is a LIST */
    size_t count;      /* the number of items; 0 if the option is not set and has no fallback */
    int64_t number;    /* INT; DURATION in seconds; BOOL 0 or 1 */
    const char *place; /* where the file sets it, "FILE:LINE"; NULL if it is the fallback */
};

/* An option that does not come from a file; error messages name WHERE in place of a file. */
struct option_given {
    const char *option, *value, *where;
};

/* The configuration of one plugin, also of one that has no section in the file. */
struct plugin_section {
    char *name;                         /* the title of the section */
    const struct plugin_module *module; /* NULL if it is not enabled */
    struct option_value *values; /* of all options of the module, in the order of its table */
    size_t value_count;
    const struct option_value
        *own;          /* `file`, `enabled` and `start`, in the order of the core's table */
    const char *place; /* where the section starts, "FILE:LINE"; NULL if it has none in the file */
    bool is_faulty;    /* a value is invalid, which was reported; the default is in its place */
    bool oldest; /* a sink that the store does not know begins with the oldest event in the outbox,
                  * not with the next one */
};

#endif
