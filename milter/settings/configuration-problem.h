/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-problem.h - mistakes in a configuration: collected, and logged together.
 */
#ifndef CONFIGURATION_PROBLEM_H
#define CONFIGURATION_PROBLEM_H

#include "settings/bounds.h"
#include "util/arena.h"

#include "patchmark-plugin.h"

/* Room for one line about one mistake. */
#define PROBLEM_SIZE 1024

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

#endif
