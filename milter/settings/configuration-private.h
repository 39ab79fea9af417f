/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-private.h - between the files of the configuration: what a file says
 * (configuration-read.c, configuration-text.c), whether a value fits its option
 * (configuration-value.c), and what it all means (configuration.c).
 *
 * Everything is taken from one arena, which the finished configuration owns.
 */
#ifndef CONFIGURATION_PRIVATE_H
#define CONFIGURATION_PRIVATE_H

#include "settings/bounds.h"
#include "settings/configuration.h"
#include "util/arena.h"

#include <confuse.h>

/* Room for one line about one mistake. */
#define PROBLEM_SIZE 1024

/* ---- mistakes: collected, and logged together ---------------------------------------------- */

struct configuration_problems {
    struct arena *arena;
    char *lines[LIMIT_CONFIGURATION_PROBLEMS];
    size_t count;
};

/* Adds "PLACE: ...", without the place when that is "".  What is beyond the limit is dropped. */
void configuration_problem(struct configuration_problems *problems, const char *place,
                           const char *format, ...) PATCHMARK_PRINTF(3, 4);

/* "FILE:LINE". */
char *configuration_place(struct arena *arena, const char *file, int line);

/* ---- configuration-text.c: a file as text -------------------------------------------------- */

/* A byte that no file may hold, by itself: the name of an option that each section of the scanned
 * text begins with, whose place is that of the section; and the only item of an empty list. */
#define CONFIGURATION_MARK "\1"

struct configuration_scan {
    struct configuration_problems *problems;
    cfg_opt_t *plugin; /* learns the options that files name */
    int sections;      /* how many there are in all texts */
};

/* Reads PATH whole.  NULL with ERROR set, a reason without the path; the caller frees. */
char *configuration_text_read(const char *path, size_t *length, char *error, size_t error_size);

/* Returns the text for libconfuse, which the caller frees, or NULL after a problem. */
char *configuration_text_scan(struct configuration_scan *scan, const char *file, const char *text,
                              size_t length);

/* ---- configuration-read.c: what a file says, without knowing what it means ----------------- */

/* Parses FILE and what it includes, in which each option is a list of strings.  Returns the tree,
 * which the caller frees with cfg_free, or NULL after a problem. */
cfg_t *configuration_read(const char *file, struct configuration_problems *problems);

/* Makes the tree of `plugin "NAME" { ... }` with the options GIVEN, of which each has its `where`
 * as place. */
cfg_t *configuration_read_given(const char *name, const struct configuration_given *given,
                                size_t count);

/* Adds NAME to the options that a section of PLUGIN may have.  False: there are too many. */
bool configuration_learn_option(cfg_opt_t *plugin, const char *name);

/* Where SECTION begins; of the tree: its file. */
const char *configuration_section_place(cfg_t *section);

/* The option NAME as it was set in SECTION, which may be NULL; NULL: it was not set. */
cfg_opt_t *configuration_setting(cfg_t *section, const char *name);

/* Copies the items of OPTION, and a NULL. */
char **configuration_items(struct arena *arena, cfg_opt_t *option, size_t *count);

/* Reads a list as it would be written after a '='.  NULL: TEXT is none. */
char **configuration_read_list(struct arena *arena, const char *text, size_t *count);

/* ---- configuration-value.c ----------------------------------------------------------------- */

/* Whether ITEMS can be the value of OPTION; fills VALUE, which keeps ITEMS, but for its place.
 * False with ERROR set: what is allowed. */
bool configuration_value_set(const struct patchmark_option *option, char **items, size_t count,
                             struct option_value *value, char *error, size_t error_size);

/* The same with the fallback of OPTION.  False: the option's table is wrong. */
bool configuration_value_fallback(struct arena *arena, const struct patchmark_option *option,
                                  struct option_value *value, char *error, size_t error_size);

const char *configuration_type_name(enum patchmark_type type);

/* ---- configuration.c ----------------------------------------------------------------------- */

/* A configuration being made. */
struct configuration_maker {
    struct configuration *configuration;
    struct configuration_problems problems;
    struct arena *arena;
};

/* A value for each of OPTIONS: what SECTION sets, or the fallback where that is nothing or wrong.
 * SECTION may be NULL. */
struct option_value *configuration_values(struct configuration_maker *maker, cfg_t *section,
                                          const struct patchmark_option *options);

/* Number of options in a table, which may be NULL. */
size_t configuration_option_count(const struct patchmark_option *options);

/* A copy with ASCII letters in lower case. */
char *configuration_lower(struct arena *arena, const char *text);

/* ---- configuration-core.c: the core's own options, by type of section ---------------------- */

extern const struct patchmark_option configuration_top_options[];
extern const struct patchmark_option configuration_list_options[];
extern const struct patchmark_option configuration_plugin_options[];

/* Where they are in the tables for sections. */
enum { LIST_ANNOTATE, LIST_PUBLISH, LIST_OPTIONS };
enum { PLUGIN_FILE, PLUGIN_ENABLED, PLUGIN_OPTIONS };

/* Sets what stands outside of sections; SECTION NULL: all defaults. */
void configuration_core(struct configuration_maker *maker, cfg_t *section);

#endif
