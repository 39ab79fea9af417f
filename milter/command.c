/* SPDX-License-Identifier: BSD-2-Clause
 *
 * command.c - see command.h.
 */
#include "command.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define HELP_COLUMN 26

static bool takes_optional(const struct command_option *option) {
    return option->argument && option->argument[0] == '[';
}

static void help_print(const struct command *command) {
    printf("usage: patchmark %s [options]%s%s\n\n%s\n\n", command->name,
           *command->arguments ? " " : "", command->arguments, command->summary);
    for (const struct command_option *option = command->options; option->name; option++) {
        char left[64], letter[] = {'-', option->letter, ',', ' ', '\0'};

        snprintf(left, sizeof(left), "%s--%s%s%s", option->letter ? letter : "    ", option->name,
                 takes_optional(option) ? " "
                 : option->argument     ? "="
                                        : "",
                 option->argument ? option->argument : "");
        printf("  %-*s %s\n", HELP_COLUMN, left, option->help);
    }
    printf("  %-*s %s\n", HELP_COLUMN, "-h, --help", "print this help");
}

int command_parse(const struct command *command, int argc, char **argv, const char **values,
                  int *status) {
    struct option long_options[COMMAND_OPTIONS + 2] = {{NULL, 0, NULL, 0}};
    char letters[3 * COMMAND_OPTIONS + 2] = "h";
    int count = 0, found;

    for (; command->options[count].name && count < COMMAND_OPTIONS; count++) {
        const struct command_option *option = &command->options[count];

        values[count] = NULL;
        long_options[count] = (struct option){option->name,
                                              takes_optional(option) ? optional_argument
                                              : option->argument     ? required_argument
                                                                     : no_argument,
                                              NULL, 256 + count};
        if (option->letter)
            strcat(strncat(letters, &option->letter, 1), takes_optional(option) ? "::"
                                                         : option->argument     ? ":"
                                                                                : "");
    }
    long_options[count] = (struct option){"help", no_argument, NULL, 'h'};
    optind = 1;
    while ((found = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        int number = found - 256;

        if (found == 'h') {
            help_print(command);
            *status = EX_OK;
            return -1;
        }
        if (found == '?') { /* getopt_long said what */
            fprintf(stderr, "patchmark: see 'patchmark %s --help'\n", command->name);
            *status = EX_USAGE;
            return -1;
        }
        for (int i = 0; i < count && found < 256; i++)
            if (command->options[i].letter == found)
                number = i;
        if (!optarg && takes_optional(&command->options[number]) && optind < argc &&
            argv[optind][0] != '-')
            optarg = argv[optind++];
        values[number] = optarg ? optarg : "";
    }
    if (optind < argc && !*command->arguments) {
        /* What follows the scheme of a URL may hold a password. */
        const char *scheme = strstr(argv[optind], "://");

        fprintf(stderr, "patchmark: %s takes no argument '%.*s%s'; see 'patchmark %s --help'\n",
                command->name,
                (int)(scheme ? scheme + 3 - argv[optind] : (ptrdiff_t)strlen(argv[optind])),
                argv[optind], scheme ? "..." : "", command->name);
        *status = EX_USAGE;
        return -1;
    }
    return optind;
}

struct pipeline *command_pipeline(const char *file) {
    struct configuration *configuration;

    if (configuration_load(file, &configuration) < 0)
        return NULL;
    return pipeline_new(configuration);
}
