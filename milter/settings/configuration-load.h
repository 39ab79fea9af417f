/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-load.h - makes a configuration of patchmark.conf.
 */
#ifndef CONFIGURATION_LOAD_H
#define CONFIGURATION_LOAD_H

#include "settings/configuration.h"

/* What makes up a default configuration: the classifiers that are loaded without a section. */
extern const char *const configuration_default_plugins[]; /* NULL-terminated */

/* Reads FILE (NULL: built-in defaults only), loads the plugins that it names.  0; or -1 after
 * log_error lines "FILE:LINE: what is wrong; what is allowed", one for each mistake that could be
 * told in one reading.  *OUT is freed with configuration_free.  Not to be called from two threads
 * at once (libconfuse's lexer is global). */
int configuration_load(const char *file, struct configuration **out);
/* The same with no file, and with no plugin but NAME, whose options are GIVEN. */
int configuration_load_plugin(const char *name, const struct option_given *given, size_t count,
                              struct configuration **out);

/* Prints every option of the file, a line each: "socket", "plugin.enabled", "list.publish", ...;
 * for the test that parser and man page know the same. */
void configuration_print_options(void);

#endif
