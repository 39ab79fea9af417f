/* SPDX-License-Identifier: BSD-2-Clause
 *
 * main.c - patchmark VERB ...: finds the verb and runs it.  Exit codes are those of sysexits(3).
 */
#include "command/commands.h"
#include "daemon/serve.h"
#include "util/log.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#ifdef LIBMILTER_BUFFERED
#define LIBMILTER "buffered" /* see libmilter-buffer.c */
#else
#define LIBMILTER "unbuffered"
#endif

static int version_run(int argc, char **argv);

static const struct command_option no_options[] = {{0, NULL, NULL, NULL}};
static const struct command command_version = {"version", "", "Prints the version.", no_options,
                                               version_run};

static const struct command *const commands[] = {&command_serve,   &command_classify,
                                                 &command_import,  &command_tail,
                                                 &command_series,  &command_plugins,
                                                 &command_version, NULL};

static int version_run(int argc, char **argv) {
    const char *values[1];
    int status;

    if (command_parse(&command_version, argc, argv, values, &status) < 0)
        return status;
    printf("patchmark %s (plugin interface %d, libmilter %s)\n", PACKAGE_VERSION, PATCHMARK_ABI,
           LIBMILTER);
    return EX_OK;
}

static void usage_print(FILE *stream) {
    fputs("usage: patchmark VERB [options] [arguments]\n\n", stream);
    for (size_t i = 0; commands[i]; i++)
        fprintf(stream, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n'patchmark VERB --help' says more; patchmark(1) says all.\n", stream);
}

int main(int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : "";

    log_open(LOG_TO_STDERR, PATCHMARK_INFO);
    if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0 || strcmp(verb, "help") == 0) {
        usage_print(stdout);
        return EX_OK;
    }
    if (strcmp(verb, "--version") == 0)
        verb = "version";
    if (strcmp(verb, "replay") == 0) /* its name in earlier versions */
        verb = "import";
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, verb) == 0)
            return commands[i]->run(argc - 1, argv + 1);
    if (*verb)
        fprintf(stderr, "patchmark: there is no verb '%s'\n", verb);
    usage_print(stderr);
    return EX_USAGE;
}
