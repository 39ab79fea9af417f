/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status.c - `patchmark status`: prints what the daemon, its sinks and its store do, for people and
 * for monitors, and exits with a status that says whether all is well.
 *
 * Reads only; a daemon that runs answers from memory, and no mail waits for it.
 */
#include "daemon/status.h"

#include "settings/configuration-load.h"
#include "util/cleanup.h"
#include "util/command.h"
#include "util/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

CLEANUP_DEFINE(struct configuration *, configuration_free)

/* The exit statuses; 3 and 4 are those of LSB and of systemctl. */
enum { EXIT_HEALTHY = 0, EXIT_PROBLEMS = 1, EXIT_STOPPED = 3, EXIT_UNKNOWN = 4 };

enum { OPTION_CONFIG, OPTION_JSON, OPTION_STATE, OPTION_COUNT };
static const struct command_option options[] = {
    {'c', "config", "FILE", "configuration file with the state folder; default: " CONFIG_FILE},
    {'j', "json", NULL, "print one line of JSON"},
    {'s', "state", "DIR", "state folder; no configuration is read"},
    {0}};

static int status_run(int argc, char **argv);
const struct command command_status = {"status", "",
                                       "Shows what the daemon, its sinks and its store do.",
                                       options, status_run};

static int exit_status(const struct status *status) {
    if (status->daemon == STATUS_STOPPED)
        return EXIT_STOPPED;
    if (status->daemon == STATUS_UNKNOWN)
        return EXIT_UNKNOWN;
    return status->problems.count > 0 ? EXIT_PROBLEMS : EXIT_HEALTHY;
}

static int status_run(int argc, char **argv) {
    static struct status status;
    const char *values[OPTION_COUNT];
    AUTO(configuration_free) struct configuration *configuration = NULL;
    int result;

    if (command_parse(&command_status, argc, argv, values, &result) < 0)
        return result;
    if (!values[OPTION_STATE]) {
        if (configuration_load(values[OPTION_CONFIG] ? values[OPTION_CONFIG] : CONFIG_FILE,
                               &configuration) < 0)
            return EX_CONFIG;
        values[OPTION_STATE] = configuration->state;
    }
    status_read(&status, values[OPTION_STATE], configuration);
    if (values[OPTION_JSON]) {
        AUTO(free) char *json = status_json(&status);

        terminal_write_json(stdout, json, strlen(json));
        putchar('\n');
    } else {
        status_write_text(&status, stdout, terminal_columns(STDOUT_FILENO),
                          terminal_has_colours(STDOUT_FILENO));
    }
    result = fflush(stdout) != 0 ? EX_IOERR : exit_status(&status);
    status_free(&status);
    return result;
}
