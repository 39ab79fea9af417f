/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-problem.c - see configuration-problem.h.
 */
#include "settings/configuration-problem.h"

#include <stdarg.h>
#include <stdio.h>

char *configuration_place(struct arena *arena, const char *file, int line) {
    char number[16];

    snprintf(number, sizeof(number), "%d", line);
    return arena_join(arena, (const char *const[]){file, ":", number, NULL});
}

void configuration_problem(struct configuration_problems *problems, const char *place,
                           const char *format, ...) {
    char text[PROBLEM_SIZE];
    va_list arguments;

    if (problems->count == LIMIT_CONFIGURATION_PROBLEMS)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    problems->lines[problems->count++] =
        arena_join(problems->arena, (const char *const[]){place, *place ? ": " : "", text, NULL});
}
