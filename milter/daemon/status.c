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
#include "util/log.h"
#include "util/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

CLEANUP_DEFINE(struct configuration *, configuration_free)

/* The exit statuses; 3 and 4 are those of LSB and of systemctl. */
enum { EXIT_HEALTHY = 0, EXIT_PROBLEMS = 1, EXIT_STOPPED = 3, EXIT_UNKNOWN = 4 };

enum { OPTION_CONFIG, OPTION_COLOR, OPTION_JSON, OPTION_STATE, OPTION_COUNT };
static const struct command_option options[] = {
    {'c', "config", "FILE", "configuration file with the state folder; default: " CONFIG_FILE},
    {0, "color", "WHEN", "auto (on a terminal, default), always, never"},
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

/* The errors of the configuration. */
static struct status_notes errors;

static void error_take(enum patchmark_level level, const char *line) {
    if (level == PATCHMARK_ERROR && errors.count < STATUS_NOTES)
        snprintf(errors.list[errors.count++].text, sizeof(errors.list[0].text), "%s", line);
}

/* Loads the configuration in FILE, and stores the state folder in *FOLDER, which the caller frees.
 * A configuration with errors is no reason to show nothing: *CONFIGURATION is then NULL, and the
 * errors are collected.  Returns -1 after an error was logged if FILE cannot be read. */
static int configuration_find(const char *file, struct configuration **configuration,
                              char **folder) {
    if (access(file, R_OK) < 0)
        return configuration_load(file, configuration);
    log_capture(error_take);
    log_open(LOG_TO_NOBODY, PATCHMARK_INFO);
    if (configuration_load(file, configuration) == 0)
        *folder = strdup((*configuration)->state);
    else
        *folder = configuration_state_folder(file);
    log_capture(NULL);
    return 0;
}

/* Lists the errors of the configuration as problems. */
static void errors_list(struct status *status) {
    for (size_t i = 0; i < errors.count; i++)
        status_note(&status->problems, "configuration", "%s", errors.list[i].text);
    if (errors.count > 0 && status->daemon == STATUS_RUNNING)
        status_note(&status->problems, "configuration",
                    "the daemon runs with the one before; correct the file and reload");
}

static int status_print(const struct status *status, bool as_json, bool colours) {
    AUTO(free) char *json = as_json ? status_json(status) : NULL;

    if (as_json) {
        terminal_write_json(stdout, json, strlen(json));
        putchar('\n');
    } else {
        status_write_text(status, stdout, terminal_columns(STDOUT_FILENO), colours);
    }
    return fflush(stdout) != 0 ? EX_IOERR : exit_status(status);
}

static int status_run(int argc, char **argv) {
    static struct status status;
    const char *values[OPTION_COUNT];
    AUTO(configuration_free) struct configuration *configuration = NULL;
    AUTO(free) char *folder = NULL;
    bool colours;
    int result;

    if (command_parse(&command_status, argc, argv, values, &result) < 0)
        return result;
    if (terminal_choose_colours(values[OPTION_COLOR], STDOUT_FILENO, &colours) < 0)
        return EX_USAGE;
    if (values[OPTION_STATE] && !*values[OPTION_STATE]) {
        fprintf(stderr, "patchmark: option '--state' requires a folder; see 'patchmark status "
                        "--help'\n");
        return EX_USAGE;
    }
    if (!values[OPTION_STATE] &&
        configuration_find(values[OPTION_CONFIG] ? values[OPTION_CONFIG] : CONFIG_FILE,
                           &configuration, &folder) < 0)
        return EX_CONFIG;
    log_open(LOG_TO_NOBODY, PATCHMARK_INFO); /* what cannot be read is on the page */
    status_read(&status, folder ? folder : values[OPTION_STATE], configuration);
    errors_list(&status);
    result = status_print(&status, values[OPTION_JSON], colours);
    status_free(&status);
    return result;
}
