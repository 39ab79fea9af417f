/* SPDX-License-Identifier: BSD-2-Clause
 *
 * command.h - a verb of the program, and its options.
 *
 * Each verb is a struct command in a file of its own name.  One table of options makes the parser
 * and the help, so they cannot differ; a test holds the man page against them.
 */
#ifndef COMMAND_H
#define COMMAND_H

#define COMMAND_OPTIONS 16

struct command_option {
    char letter;          /* 0: long form only */
    const char *name;     /* without dashes; NULL ends the table */
    const char *argument; /* what its value is called; NULL: takes none; "[NAME]": may have one,
                           * also as the next word, so only where the verb takes no arguments */
    const char *help;
};

struct command {
    const char *name;
    const char *arguments; /* as in the usage line; "" for none */
    const char *summary;
    const struct command_option *options;
    int (*run)(int argc, char **argv); /* gives an exit code of sysexits(3) */
};

/* Reads the options of COMMAND.  VALUES[i] becomes the value of options[i], "" for one without
 * argument, NULL for one not given.  Gives the index in ARGV of the first that is no option; or -1
 * with *STATUS as the exit code: after --help, or after a line about what is wrong. */
int command_parse(const struct command *command, int argc, char **argv, const char **values,
                  int *status);

#endif
