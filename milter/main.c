/* SPDX-License-Identifier: BSD-2-Clause
 *
 * main.c - patchmark COMMAND ...: looks up the command and runs it.  The exit codes are those of
 * sysexits(3); an unknown command is EX_USAGE.
 */
#include "command/commands.h"
#include "daemon/features.h"
#include "daemon/serve.h"
#include "daemon/status.h"
#include "util/log.h"
#include "util/terminal.h"
#include "util/wrap.h"
#include "web/web.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#ifdef LIBMILTER_BUFFERED
#define LIBMILTER "buffered" /* see libmilter-buffer.c */
#else
#define LIBMILTER "unbuffered"
#endif

static int version_run(int argc, char **argv);

static const struct command_option no_options[] = {{0}};
static const struct command command_version = {"version", "", "Prints the version.", no_options,
                                               version_run};

#define INDENT 11 /* of the lists of `version`, as of `status` */

static const struct command *const commands[] = {&command_serve,
                                                 &command_status,
                                                 &command_classify,
                                                 &command_import_start,
                                                 &command_tail,
                                                 &command_series,
                                                 &command_publish,
                                                 &command_web,
                                                 &command_plugins,
                                                 &command_version,
                                                 NULL};

static void library_add(void *argument, const char *library, const char *version) {
    wrap_add(argument, "%s %s", library, version);
}

static int version_run(int argc, char **argv) {
    int columns = terminal_columns(STDOUT_FILENO);
    struct wrap wrap;
    const char *values[1];
    int status;

    if (command_parse(&command_version, argc, argv, values, &status) < 0)
        return status;
    printf("patchmark %s (plugin interface %d, libmilter %s)\n", PACKAGE_VERSION, PATCHMARK_ABI,
           LIBMILTER);
    wrap = wrap_begin(stdout, "libraries", INDENT, columns);
    features_walk_libraries(library_add, &wrap);
    wrap_end(&wrap);
    features_write(stdout, "features", INDENT, columns);
    printf("%-*s%s\n%-*s%s\n", INDENT, "home page", PACKAGE_URL, INDENT, "contact",
           PACKAGE_BUGREPORT);
    return EX_OK;
}

static void usage_print(FILE *stream) {
    fputs("usage: patchmark COMMAND [options] [arguments]\n\n", stream);
    for (size_t i = 0; commands[i]; i++)
        fprintf(stream, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n'patchmark COMMAND --help' describes one command; see also patchmark(1).\n", stream);
    fputs("Report bugs to <" PACKAGE_BUGREPORT ">.  Home page: <" PACKAGE_URL ">.\n", stream);
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";

    log_open(LOG_TO_STDERR, PATCHMARK_INFO);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        usage_print(stdout);
        return EX_OK;
    }
    if (strcmp(name, "--version") == 0)
        name = "version";
    if (strcmp(name, "replay") == 0) /* the name of import in earlier versions */
        name = "import";
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i]->run(argc - 1, argv + 1);
    if (*name)
        fprintf(stderr, "patchmark: unknown command '%s'\n", name);
    usage_print(stderr);
    return EX_USAGE;
}
