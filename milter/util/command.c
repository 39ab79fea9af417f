/* SPDX-License-Identifier: BSD-2-Clause
 *
 * command.c - see command.h.  Prints usage and errors; values of options, which may be passwords,
 * are never printed.
 */
#include "util/command.h"

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define HELP_COLUMN 26

static bool has_optional_value(const struct command_option *option) {
    return option->argument && option->argument[0] == '[';
}

static void help_print(const struct command *command) {
    printf("usage: patchmark %s [options]%s%s\n\n%s\n\n", command->name,
           *command->arguments ? " " : "", command->arguments, command->summary);
    for (const struct command_option *option = command->options; option->name; option++) {
        char left[64], letter[] = {'-', option->letter, ',', ' ', '\0'};

        snprintf(left, sizeof(left), "%s--%s%s%s", option->letter ? letter : "    ", option->name,
                 !option->argument             ? ""
                 : !has_optional_value(option) ? "="
                 : *command->arguments         ? ""
                                               : " ",
                 option->argument ? option->argument : "");
        printf("  %-*s %s\n", HELP_COLUMN, left, option->help);
    }
    printf("  %-*s %s\n", HELP_COLUMN, "-h, --help", "print this help");
}

/* The options of a command in the two forms that getopt_long takes. */
struct tables {
    struct option options[COMMAND_OPTIONS + 2];
    char letters[3 * COMMAND_OPTIONS + 3];
};

/* Fills TABLES and returns the number of options of the command. */
static int tables_make(const struct command *command, struct tables *tables) {
    int count = 0;

    strcpy(tables->letters, ":h"); /* the ':' turns off the messages of getopt_long */
    for (; command->options[count].name && count < COMMAND_OPTIONS; count++) {
        const struct command_option *option = &command->options[count];
        int argument = has_optional_value(option) ? optional_argument
                       : option->argument         ? required_argument
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

/* Returns true if WORD, up to a '=', is the start of the names of several options of COMMAND. */
static bool is_ambiguous(const struct command *command, const char *word) {
    size_t length = strcspn(word, "="), matches = 0;

    if (length <= 2 || strncmp(word, "--", 2) != 0)
        return false;
    for (const struct command_option *option = command->options; option->name; option++)
        matches += strncmp(option->name, word + 2, length - 2) == 0;
    return matches + (strncmp("help", word + 2, length - 2) == 0) > 1;
}

/* Reports the error for which getopt_long returned FOUND, ':' or '?', in WORD or in a letter of it.
 * Leaves out the text after a '=', which may be a password. */
static int option_refuse(const struct command *command, int found, const char *word) {
    bool is_help = optopt == 'h'; /* --help with a value; -h is never an error */
    bool is_long = optopt == 0 || optopt >= 256 || is_help;
    char letter[] = {'-', (char)optopt, '\0'};
    bool is_known = found == ':' || optopt >= 256 || is_help;

    fprintf(stderr, "patchmark: %s '%.*s'%s; see 'patchmark %s --help'\n",
            is_known                                 ? "option"
            : is_long && is_ambiguous(command, word) ? "ambiguous option"
                                                     : "unknown option",
            is_long ? (int)strcspn(word, "=") : 2, is_long ? word : letter,
            found == ':' ? " requires a value"
            : is_known   ? " takes no value"
                         : "",
            command->name);
    return EX_USAGE;
}

/* Reports an option with a value that is given again: only one of the values would be used. */
static int option_refuse_again(const struct command *command, const char *name) {
    fprintf(stderr, "patchmark: option '--%s' is given twice; see 'patchmark %s --help'\n", name,
            command->name);
    return EX_USAGE;
}

/* Reports an argument of a command that takes none.  Leaves out what follows the scheme of a URL,
 * which may contain a password. */
static int argument_refuse(const struct command *command, const char *word) {
    const char *scheme = strstr(word, "://");

    fprintf(stderr, "patchmark: unexpected argument '%.*s%s'; see 'patchmark %s --help'\n",
            (int)(scheme ? scheme + 3 - word : (ptrdiff_t)strlen(word)), word, scheme ? "..." : "",
            command->name);
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
        if (!optarg && has_optional_value(&command->options[number]) && !*command->arguments &&
            optind < argc && argv[optind][0] != '-')
            optarg = argv[optind++];
        if (values[number] && optarg) {
            *status = option_refuse_again(command, command->options[number].name);
            return -1;
        }
        values[number] = optarg ? optarg : "";
    }
    if (optind < argc && !*command->arguments) {
        *status = argument_refuse(command, argv[optind]);
        return -1;
    }
    return optind;
}
