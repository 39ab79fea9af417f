/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-read.h - what a file says, without knowing what it means.
 */
#ifndef CONFIGURATION_READ_H
#define CONFIGURATION_READ_H

#include "plugin/options.h"
#include "settings/configuration-problem.h"

#include <confuse.h>

/* Parses FILE and what it includes, in which each option is a list of strings.  Returns the tree,
 * which the caller frees with cfg_free, or NULL after a problem. */
cfg_t *configuration_read(const char *file, struct configuration_problems *problems);

/* Makes the tree of `plugin "NAME" { ... }` with the options GIVEN, of which each has its `where`
 * as place. */
cfg_t *configuration_read_given(const char *name, const struct option_given *given, size_t count);

/* Where SECTION begins; of the tree: its file. */
const char *configuration_section_place(cfg_t *section);

/* The option NAME as it was set in SECTION, which may be NULL; NULL: it was not set. */
cfg_opt_t *configuration_setting(cfg_t *section, const char *name);

/* Copies the items of OPTION, and a NULL. */
char **configuration_items(struct arena *arena, cfg_opt_t *option, size_t *count);

/* Reads a list as it would be written after a '='.  NULL: TEXT is none. */
char **configuration_read_list(struct arena *arena, const char *text, size_t *count);

#endif
