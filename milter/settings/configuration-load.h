/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-load.h - builds a configuration from patchmark.conf, and loads the plugins that it
 * names.
 */
#ifndef CONFIGURATION_LOAD_H
#define CONFIGURATION_LOAD_H

#include "settings/configuration.h"

/* The names of the classifiers that are loaded even without a section.  The array ends with NULL.
 */
extern const char *const configuration_default_plugins[];

/* Reads FILE and the files that it includes, and loads the plugins; if FILE is NULL, uses the
 * defaults only.  Returns 0 and sets *OUT, which the caller frees with configuration_free.  On
 * errors returns -1, after it has logged each error with log_error as "FILE:LINE: what is invalid;
 * what is allowed": all unknown options and invalid values; if files have syntax errors, the first
 * of each of them, and unknown options only.  Must be called on one thread at
 * a time, because the lexer of libconfuse is global. */
int configuration_load(const char *file, struct configuration **out);
/* For `serve --check`: does the same, but sets *OUT also if there are errors, with defaults in
 * place of invalid values and without the plugins that cannot be loaded, so that the rest can be
 * checked. Sets *OUT to NULL if a file has a syntax error.  Returns the number of errors. */
size_t configuration_load_partly(const char *file, struct configuration **out);
/* Does what configuration_load does, and loads the plugin NAME as if a further section at the end
 * had the options GIVEN; its title is NAME, or "NAME/try" if that is taken. */
int configuration_load_with(const char *file, const char *name, const struct option_given *given,
                            size_t count, struct configuration **out);
/* Does the same without a file and with only the plugin NAME, which gets the COUNT options in
 * GIVEN.
 */
int configuration_load_plugin(const char *name, const struct option_given *given, size_t count,
                              struct configuration **out);

/* Returns the state folder for a FILE that has errors: the one that it sets before its first syntax
 * error, otherwise the default.  Logs nothing.  The caller frees it; NULL if memory runs out. */
char *configuration_state_folder(const char *file);

/* Does the same for the option `user`. */
char *configuration_user(const char *file);

/* Prints every option of the configuration file to standard output, one "NAME TYPE" on each line:
 * "socket string", "list.publish bool", "plugin.enabled bool".  A test compares them with
 * patchmark.conf(5). */
void configuration_print_options(void);

#endif
