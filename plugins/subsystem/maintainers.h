/* SPDX-License-Identifier: BSD-2-Clause
 *
 * maintainers.h - a MAINTAINERS file, read once and then looked up in by any number of threads.
 *
 * A section begins at the first line "X: ..." and has the name of the nearest line above that is
 * none.  Only the letters F, X, N and K are looked at.  A line that cannot be used is a warning
 * with its place, and the others hold.
 */
#ifndef SUBSYSTEM_MAINTAINERS_H
#define SUBSYSTEM_MAINTAINERS_H

#include "glob.h"
#include "label.h"

struct section {
    struct patchmark_text name; /* UTF-8 */
    size_t line;                /* of the name */
    char label[LABEL_SIZE];
    bool is_rest; /* it has all files: THE REST */
};

struct maintainers {
    char *text;               /* the file; names, globs and regexes are in it */
    GArray *sections;         /* of struct section */
    GArray *patterns;         /* F:, see glob.h */
    GArray *excludes;         /* X: */
    struct regexes *names;    /* N: */
    struct regexes *contents; /* K: */
};

struct section *maintainers_section(const struct maintainers *maintainers, size_t i);

/* Reads the file at PATH, which must live as long as what it gives.  For maintainers_free.  NULL
 * after patchmark_option_error for the option `maintainers`, or after a line in the log. */
struct maintainers *maintainers_read(const struct patchmark_instance *instance, const char *path);
void maintainers_free(struct maintainers *maintainers);

#endif
