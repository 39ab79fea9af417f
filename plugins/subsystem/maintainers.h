/* SPDX-License-Identifier: BSD-2-Clause
 *
 * maintainers.h - one or more MAINTAINERS files in memory.  They are read once and not changed
 * afterwards, except for the labels, so that any number of threads can search it.
 *
 * A section begins at the first line of the form "X: ...", a capital letter and a colon.  Its name
 * is the nearest line above that does not have this form.  Only the letters F, X, N and K are used.
 * A line that cannot be used is logged as a warning with file and line, and the others are used.
 */
#ifndef SUBSYSTEM_MAINTAINERS_H
#define SUBSYSTEM_MAINTAINERS_H

#include "glob.h"
#include "label.h"

struct section {
    struct patchmark_text name; /* UTF-8 */
    size_t line;                /* number of the line of the name, from 1 */
    char label[LABEL_SIZE];     /* "" until the caller of maintainers_read sets it */
    bool is_rest;               /* it owns all files, as THE REST does */
};

struct maintainers {
    GPtrArray *paths;         /* char *, the files */
    GPtrArray *texts;         /* char *, their contents; names, globs and regexes point into them */
    GArray *sections;         /* of struct section */
    GArray *patterns;         /* F:, see glob.h */
    GArray *excludes;         /* X: */
    struct regexes *names;    /* N: */
    struct regexes *contents; /* K: */
};

/* Returns section I, counted from 0, which must exist; it belongs to MAINTAINERS. */
struct section *maintainers_section(const struct maintainers *maintainers, size_t i);

/* Reads the files that ITEMS, COUNT absolute paths, name, in this order; an item with "*", "?" or
 * "[" names the files that match it, see glob(7).  INSTANCE must live as long as the result, which
 * the caller frees with maintainers_free.  Logs warnings about lines that cannot be used.  Returns
 * NULL after patchmark_option_error for the option `maintainers`, if a path is not absolute or a
 * file cannot be read, if they exceed a limit, or have no F:, N: or K: that can be used.  May be
 * called from the callback open only. */
struct maintainers *maintainers_read(const struct patchmark_instance *instance,
                                     const char *const *items, size_t count);

/* Frees MAINTAINERS; NULL is allowed.  No thread may use it any more. */
void maintainers_free(struct maintainers *maintainers);

#endif
