/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-read.h - parses a configuration file into a tree of sections and options, without
 * checking values.
 *
 * Strings of a tree belong to it and are valid until cfg_free.  These functions may be called on
 * one thread at a time, because the lexer of libconfuse is global.
 */
#ifndef CONFIGURATION_READ_H
#define CONFIGURATION_READ_H

#include "plugin/options.h"
#include "settings/configuration-problem.h"

#include <confuse.h>

/* Parses FILE and the files that it includes; then the files of the folder conf.d beside FILE whose
 * names end in ".conf" and do not begin with a dot, in the order of their names (by bytes), unless
 * they were included.  The folder must belong to root, to the owner of FILE or to
 * privileges_starter(), and must not be writable by others.  Each option in the tree is a list of
 * strings, and its comment is the place "FILE:LINE" at which it is set.  Returns the tree, which
 * the caller frees with cfg_free.  On errors, adds problems and returns NULL. */
cfg_t *configuration_read(const char *file, struct configuration_problems *problems);

/* Does the same, but on errors returns the tree of what was read before them; NULL if there is
 * none. */
cfg_t *configuration_read_partly(const char *file, struct configuration_problems *problems);

/* Returns the tree of `plugin "NAME" { ... }` with the COUNT options GIVEN; the place of each is
 * its field `where`.  The caller frees it with cfg_free.  Returns NULL if memory runs out. */
cfg_t *configuration_read_given(const char *name, const struct option_given *given, size_t count);

/* Returns the place "FILE:LINE" at which SECTION starts; the path of the file if SECTION is the
 * root of the tree. */
const char *configuration_section_place(cfg_t *section);

/* Returns the option NAME of SECTION; NULL if SECTION is NULL or does not set it. */
cfg_opt_t *configuration_setting(cfg_t *section, const char *name);

/* Returns a copy of the items of OPTION as an array that ends with NULL and that ARENA owns.  Sets
 * *COUNT to their number. */
char **configuration_items(struct arena *arena, cfg_opt_t *option, size_t *count);

/* Parses TEXT as a list value in the syntax of the file, such as "{a, b}".  Returns the items as
 * configuration_items does; NULL if TEXT is not a list. */
char **configuration_read_list(struct arena *arena, const char *text, size_t *count);

#endif
