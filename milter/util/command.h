/* SPDX-License-Identifier: BSD-2-Clause
 *
 * command.h - a command of the program, such as `patchmark serve`, and its options.
 *
 * Each command is a struct command in a file of its own name.  The parser and the output of --help
 * are made from the same table of options, so they cannot differ; a test compares the man page
 * with them.
 */
#ifndef COMMAND_H
#define COMMAND_H

#define COMMAND_OPTIONS 16 /* the highest number of options of a command, without --help */

struct command_option {
    char letter;          /* the short form; 0 if the option has only a long form */
    const char *name;     /* the long form without dashes; NULL ends the table */
    const char *argument; /* the name of its value in the help; NULL if it takes no value.  If the
                           * value is optional, "[NAME]" where the command takes no arguments: it
                           * may then also be the next word; "[=NAME]" where it does. */
    const char *help;     /* one line */
};

struct command {
    const char *name;
    const char *arguments; /* the arguments for the usage line; "" if the command takes none */
    const char *summary;   /* one line */
    const struct command_option *options;
    /* Runs the command.  ARGV[0] is its name.  Returns an exit status of sysexits(3). */
    int (*run)(int argc, char **argv);
};

/* Parses the options of COMMAND in ARGV with getopt_long(3).  Sets VALUES[i] to the value of
 * options[i]: "" if the option was given without a value, NULL if it was not given.  VALUES has one
 * element for each option of COMMAND; the strings belong to ARGV.  Returns the index in ARGV of the
 * first argument that is no option.  Returns -1 and sets *STATUS to the exit status after --help,
 * and after an invalid option or argument, or an option with a value that is given twice, which is
 * reported on standard error. */
int command_parse(const struct command *command, int argc, char **argv, const char **values,
                  int *status);

#endif
