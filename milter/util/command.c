/* SPDX-License-Identifier: BSD-2-Clause
 *
 * command.c - see command.h.
 */
#include "util/command.h"

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define HELP_COLUMN 26

static bool has_optional(const struct command_option *option) {
    return option->argument && option->argument[0] == '[';
}

static void help_print(const struct command *command) {
    printf("usage: patchmark %s [options]%s%s\n\n%s\n\n", command->name,
           *command->arguments ? " " : "", command->arguments, command->summary);
    for (const struct command_option *option = command->options; option->name; option++) {
        char left[64], letter[] = {'-', option->letter, ',', ' ', '\0'};

        snprintf(left, sizeof(left), "%s--%s%s%s", option->letter ? letter : "    ", option->name,
                 has_optional(option) ? " "
                 : option->argument   ? "="
                                      : "",
                 option->argument ? option->argument : "");
        printf("  %-*s %s\n", HELP_COLUMN, left, option->help);
    }
    printf("  %-*s %s\n", HELP_COLUMN, "-h, --help", "print this help");
}

/* What getopt_long wants to know. */
struct tables {
    struct option options[COMMAND_OPTIONS + 2];
    char letters[3 * COMMAND_OPTIONS + 3];
};

/* How many options the command has. */
static int tables_make(const struct command *command, struct tables *tables) {
    int count = 0;

    strcpy(tables->letters, ":h"); /* ':': we say ourselves what is wrong */
    for (; command->options[count].name && count < COMMAND_OPTIONS; count++) {
        const struct command_option *option = &command->options[count];
        int argument = has_optional(option) ? optional_argument
                       : option->argument   ? required_argument
                                            : no_argument;

        tables->options[count] = (struct option){option->name, argument, NULL, 256 + count};
        if (option->letter)
            strcat(strncat(tables->letters, &option->letter, 1),
                   argument == optional_argument   ? "::"
                   : argument == required_argument ? ":"
                                                   : "");
    }
    tables->options[count] = (struct option){"help", no_argument, NULL, 'h'};
    tables->options[count + 1] = (struct option){NULL, 0, NULL, 0};
    return count;
}

/* Says why getopt_long, which gave FOUND, did not take WORD or a letter of it.  What stands behind
 * a
 * '=' may be a password. */
static int option_refuse(const struct command *command, int found, const char *word) {
    bool is_long = optopt == 0 || optopt >= 256;
    char letter[] = {'-', (char)optopt, '\0'};

    fprintf(stderr, "patchmark: option %.*s %s; see 'patchmark %s --help'\n",
            is_long ? (int)strcspn(word, "=") : 2, is_long ? word : letter,
            found == ':'    ? "needs a value"
            : optopt >= 256 ? "takes no value"
            : is_long       ? "is none, or short for several"
                            : "is none",
            command->name);
    return EX_USAGE;
}

/* What follows the scheme of a URL may hold a password. */
static int argument_refuse(const struct command *command, const char *word) {
    const char *scheme = strstr(word, "://");

    fprintf(stderr, "patchmark: %s takes no argument '%.*s%s'; see 'patchmark %s --help'\n",
            command->name, (int)(scheme ? scheme + 3 - word : (ptrdiff_t)strlen(word)), word,
            scheme ? "..." : "", command->name);
    return EX_USAGE;
}

int command_parse(const struct command *command, int argc, char **argv, const char **values,
                  int *status) {
    struct tables tables;
    int count = tables_make(command, &tables), found;

    for (int i = 0; i < count; i++)
        values[i] = NULL;
    optind = 1;
    while ((found = getopt_long(argc, argv, tables.letters, tables.options, NULL)) != -1) {
        int number = found - 256;

        if (found == 'h') {
            help_print(command);
            *status = EX_OK;
            return -1;
        }
        if (found == '?' || found == ':') {
            *status = option_refuse(command, found, argv[optind - 1]);
            return -1;
        }
        for (int i = 0; i < count && found < 256; i++)
            if (command->options[i].letter == found)
                number = i;
        if (!optarg && has_optional(&command->options[number]) && optind < argc &&
            argv[optind][0] != '-')
            optarg = argv[optind++];
        values[number] = optarg ? optarg : "";
    }
    if (optind < argc && !*command->arguments) {
        *status = argument_refuse(command, argv[optind]);
        return -1;
    }
    return optind;
}
