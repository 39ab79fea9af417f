/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plugin.h - shared objects that hold plugins: loaded once, checked, never unloaded.
 *
 * A module is the code; an instance (instance.h) is a module as configured.
 */
#ifndef PLUGIN_H
#define PLUGIN_H

#include "patchmark-plugin.h"

/* One loaded shared object; lives until the process ends (dlclose under running threads is not
 * safe, and valgrind wants the symbols). */
struct plugin_module {
    char *path;
    /* Our own copy: as long as the plugin's own struct where that is older than ours, zero after
     * that.  Fields checked: abi, name, version, summary, the callback its kind asks for. */
    struct patchmark_plugin descriptor;
};

/* Where NAME.so is looked for: the absolute folders of the environment variable
 * PATCHMARK_PLUGIN_PATH (for tests and development, with colons between them), then the build tree
 * when the running program lies in one, then PLUGIN_DIR of the build. */

/* Loads the plugin NAME: from FILE, an absolute path, or where FILE is NULL from the plugin
 * folder.  The same file twice gives the same module.  NULL on any fault, with ERROR (size
 * ERROR_SIZE) saying what: not found, writable by others, wrong abi, a field missing.
 * Before threads, or under one lock. */
const struct plugin_module *plugin_load(const char *name, const char *file, char *error,
                                        size_t error_size);

/* The module for a descriptor that is linked in; for unit tests.  Same checks. */
const struct plugin_module *plugin_builtin(struct patchmark_plugin *descriptor, char *error,
                                           size_t error_size);

#endif
