/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-check.c - see configuration-check.h.
 */
#include "settings/configuration-check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void configuration_problem_of(struct configuration_maker *maker, const struct option_value *value,
                              const char *format, ...) {
    char text[PROBLEM_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    configuration_problem(&maker->problems,
                          value->place ? value->place : maker->configuration->file,
                          "option '%s' must be %s", value->option->name, text);
}

int configuration_word_number(struct configuration_maker *maker, const struct option_value *value,
                              const char *text, const struct configuration_word *words) {
    char allowed[PROBLEM_SIZE / 2] = "";
    size_t length = 0;

    for (const struct configuration_word *word = words; word->word; word++) {
        if (strcmp(word->word, text) == 0)
            return word->number;
        length += (size_t)snprintf(allowed + length, sizeof(allowed) - length, "%s%s",
                                   word == words ? "" : ", ", word->word);
    }
    configuration_problem_of(maker, value, "%s %s, not '%.60s'",
                             value->option->type == PATCHMARK_LIST ? "a list of" : "one of",
                             allowed, text);
    return -1;
}
