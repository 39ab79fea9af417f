/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plugin.h - loads the shared objects of plugins and checks them.
 *
 * A module is the code of a plugin, loaded once and never unloaded; an instance (instance.h) is a
 * module with one configuration.
 */
#ifndef PLUGIN_H
#define PLUGIN_H

#include "patchmark-plugin.h"

/* One loaded plugin.  It is valid until the process ends: dlclose is not safe while threads run,
 * and valgrind needs the symbols. */
struct plugin_module {
    char *path; /* of the file, absolute and without symbolic links */
    /* A copy of the descriptor of the plugin, all of which was checked.  If the plugin was compiled
     * for an earlier version of the interface, the fields that it lacks are zero. */
    struct patchmark_plugin descriptor;
};

/* Returns true if the plugin of DESCRIPTOR is a sink, false if it is a classifier. */
static inline bool plugin_is_sink(const struct patchmark_plugin *descriptor) {
    return descriptor->publish != NULL;
}

/* Returns true if NAME can be the name of a plugin. */
bool plugin_name_is_valid(const char *name);

/* Loads the plugin NAME from FILE, an absolute path.  If FILE is NULL, searches for NAME.so in the
 * absolute folders of the environment variable PATCHMARK_PLUGIN_PATH, separated by colons (for
 * tests and development), then in the build tree if the running program is in one, then in
 * PLUGIN_DIR. Returns the same module if the same file is loaded again.  Returns NULL if there is
 * no such file, if it or its folder could be modified by another user, or if it is not a valid
 * plugin; ERROR, a buffer of ERROR_SIZE bytes, then has the reason as a line for people.  May be
 * called by one thread at a time. */
const struct plugin_module *plugin_load(const char *name, const char *file, char *error,
                                        size_t error_size);

/* For unit tests: the members of a descriptor that the macro PATCHMARK_PLUGIN fills. */
#define PLUGIN_SIZES                                                      \
    .struct_size = sizeof(struct patchmark_plugin), .abi = PATCHMARK_ABI, \
    .fact_size = sizeof(struct patchmark_fact), .option_size = sizeof(struct patchmark_option)

/* For unit tests: returns the module of a descriptor that is linked into the program, after the
 * same checks; NULL and ERROR as above. */
const struct plugin_module *plugin_builtin(struct patchmark_plugin *descriptor, char *error,
                                           size_t error_size);

#endif
