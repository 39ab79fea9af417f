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

#include "arena.h"
#include "configuration.h"

/* Room for one line about one mistake. */
#define PROBLEM_SIZE 1024

/* ---- mistakes: collected, so that a file that is read again tells each only once ----------- */

struct configuration_problems {
    struct arena *arena;
    char **lines;
    size_t count;
};

/* Adds "FILE:LINE: ..."; without LINE when that is 0, without both when FILE is "". */
void configuration_problem(struct configuration_problems *problems, const char *file, int line,
                           const char *format, ...) PATCHMARK_PRINTF(4, 5);

/* ---- arrays in an arena -------------------------------------------------------------------- */

/* ITEMS, COUNT of SIZE bytes each, with room for one more; maybe moved.  Every item must be added
 * through this. */
void *configuration_room(struct arena *arena, void *items, size_t count, size_t size);

/* ---- configuration-text.c: a file as text -------------------------------------------------- */

struct configuration_mark {
    const char *text; /* title of a section, or name of an option */
    const char *file;
    int line;
};

/* What is known of the texts before libconfuse reads them. */
struct configuration_scan {
    struct configuration_problems *problems;
    struct configuration_mark *sections; /* in the order of the files, where each starts */
    size_t section_count;
    struct configuration_mark *options; /* each name that stands before a '=', once, the last one */
    size_t option_count;
};

/* Reads PATH whole.  NULL with ERROR set, a reason without the path; the caller frees. */
char *configuration_text_read(const char *path, size_t *length, char *error, size_t error_size);

/* Checks brackets, quotes and bytes, learns SCAN, and blanks the comments out.  0, or -1 after a
 * problem.  FILE must live as long as SCAN. */
int configuration_text_scan(struct configuration_scan *scan, const char *file, char *text,
                            size_t length);

/* ---- configuration-read.c: what a file says, without knowing what it means ----------------- */

struct configuration_setting {
    const char *name;
    char **items;
    size_t count;
    const char *file;
    int line;
};

struct configuration_section {
    const char *type;  /* "" for what stands outside of sections, "list", "plugin" */
    const char *title; /* "" there */
    const char *file;
    int line;
    struct configuration_setting *settings;
    size_t count;
};

/* Reads FILE and what it includes.  Gives the sections, the first of them of type "", or NULL after
 * a problem. */
struct configuration_section *
configuration_read(const char *file, struct configuration_problems *problems, size_t *count);

/* Reads a list as it would be written after a '='.  False: it is none. */
bool configuration_read_list(struct arena *arena, const char *text, char ***items, size_t *count);

/* ---- configuration-value.c ----------------------------------------------------------------- */

/* Whether ITEMS can be the value of OPTION; fills VALUE but for file and line.  False with ERROR
 * set: what is allowed. */
bool configuration_value_set(struct arena *arena, const struct patchmark_option *option,
                             char **items, size_t count, struct configuration_value *value,
                             char *error, size_t error_size);

/* The same with the fallback of OPTION.  False: the option's table is wrong. */
bool configuration_value_fallback(struct arena *arena, const struct patchmark_option *option,
                                  struct configuration_value *value, char *error,
                                  size_t error_size);

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
struct configuration_value *configuration_values(struct configuration_maker *maker,
                                                 const struct configuration_section *section,
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
void configuration_core(struct configuration_maker *maker,
                        const struct configuration_section *section);

#endif
