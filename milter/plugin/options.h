/* SPDX-License-Identifier: BSD-2-Clause
 *
 * options.h - the options of a plugin, as they are configured.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "plugin/plugin.h"

/* The value of one option of a table. */
struct option_value {
    const struct patchmark_option *option;
    char **items; /* INT, BOOL, STRING, DURATION: exactly one, or none without a fallback */
    size_t count;
    int64_t number;    /* INT; DURATION in seconds; BOOL 0 or 1 */
    const char *place; /* where it was set, "FILE:LINE"; NULL for a fallback */
};

/* An option that does not come from a file; WHERE: what mistakes name in the place of one. */
struct option_given {
    const char *option, *value, *where;
};

/* A plugin that is configured, also one that is loaded without a section of the file. */
struct plugin_section {
    char *name; /* title of the section */
    const struct plugin_module *module;
    struct option_value *values; /* of every option of the module's table, in its order */
    size_t value_count;
};

#endif
