/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-problem.h - collects the errors of a configuration, so that they are logged
 * together.
 */
#ifndef CONFIGURATION_PROBLEM_H
#define CONFIGURATION_PROBLEM_H

#include "settings/bounds.h"
#include "util/arena.h"

#include "patchmark-plugin.h"

/* The size of the text of one problem in bytes, with its NUL; the rest is cut. */
#define PROBLEM_SIZE 1024

struct configuration_problems {
    struct arena *arena; /* owns the lines */
    char *lines[LIMIT_CONFIGURATION_PROBLEMS];
    size_t count;
};

/* Adds the line "PLACE: TEXT" to PROBLEMS; only TEXT if PLACE is "".  TEXT is formatted as by
 * printf(3).  PLACE is copied.  If there are LIMIT_CONFIGURATION_PROBLEMS lines already, drops the
 * line. */
void configuration_problem(struct configuration_problems *problems, const char *place,
                           const char *format, ...) PATCHMARK_PRINTF(3, 4);

/* Returns the place "FILE:LINE", which ARENA owns. */
char *configuration_place(struct arena *arena, const char *file, int line);

#endif
