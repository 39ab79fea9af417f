/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail.c - `patchmark tail`: events as they come, for people or for pipes.
 */
#include "command/commands.h"

#include "command/tail-outbox.h"
#include "command/tail-redis.h"
#include "settings/configuration-load.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

CLEANUP_DEFINE(struct configuration *, configuration_free)

#define DEFAULT_LINES 10

enum {
    OPTION_CONFIG,
    OPTION_COLOR,
    OPTION_JSON,
    OPTION_LIST,
    OPTION_LINES,
    OPTION_NO_FOLLOW,
    OPTION_PASSWORD_FILE,
    OPTION_REDIS,
    OPTION_SERIES,
    OPTION_STATE,
    OPTION_TYPE,
    OPTION_COUNT
};
static const struct command_option options[] = {
    {'c', "config", "FILE", "configuration of the state folder or of Redis; default: " CONFIG_FILE},
    {0, "color", "WHEN", "auto, always or never; default: auto, on a terminal"},
    {'j', "json", NULL, "print each event as CloudEvents JSON, one a line"},
    {'l', "list", "PATTERN", "only events of these lists, by List-Id: kvm.*,*.example.org"},
    {'n', "lines", "N", "start with the last N events; default: 10"},
    {'F', "no-follow", NULL, "stop at the end instead of waiting for more"},
    {'p', "password-file", "FILE", "file with the password for Redis in its first line"},
    {'r', "redis", "[URL]", "follow a Redis instead, that of the configuration without URL"},
    {'i', "series", "ID", "only events that name this series or topic"},
    {'s', "state", "DIR", "state folder, instead of the configuration's"},
    {'t', "type", "PATTERN", "only events of these types: series.*,pull.requested"},
    {0, NULL, NULL, NULL}};

static int tail_run(int argc, char **argv);
const struct command command_tail = {"tail", "", "Follows the events in the outbox, or in a Redis.",
                                     options, tail_run};

/* ---- options ------------------------------------------------------------------------------- */

static int lines_read(const char *text, int64_t *lines) {
    char *end;

    errno = 0;
    *lines = strtoll(text, &end, 10);
    if (errno == 0 && *text >= '0' && *text <= '9' && !*end)
        return 0;
    fprintf(stderr, "patchmark: --lines takes a number from 0 up, not '%s'\n", text);
    return -1;
}

static int colours_read(const char *text, bool *colours) {
    *colours = terminal_has_colours(STDOUT_FILENO);
    if (!text || strcmp(text, "auto") == 0)
        return 0;
    *colours = strcmp(text, "always") == 0;
    if (*colours || strcmp(text, "never") == 0)
        return 0;
    fprintf(stderr, "patchmark: --color takes auto, always or never, not '%s'\n", text);
    return -1;
}

/* Options that say nothing beside others are mistakes, not noise. */
static int options_check(const char *const *values) {
    const char *url = values[OPTION_REDIS];
    bool has_url = url && *url;
    const char *wrong = NULL;

    if (url && values[OPTION_STATE])
        wrong = "--state is for the outbox, --redis for a Redis";
    else if (has_url && values[OPTION_CONFIG])
        wrong = "--config is for --redis without a URL";
    else if (!has_url && values[OPTION_PASSWORD_FILE])
        wrong = "--password-file is for --redis with a URL";
    if (!wrong)
        return 0;
    fprintf(stderr, "patchmark: %s; see 'patchmark tail --help'\n", wrong);
    return -1;
}

static int tail_read(struct tail *tail, const char *const *values) {
    const char *strange;
    size_t length;

    *tail = (struct tail){
        .filter = {values[OPTION_TYPE], values[OPTION_LIST], values[OPTION_SERIES]},
        .style = {.columns = terminal_columns(STDOUT_FILENO)},
        .as_json = values[OPTION_JSON],
        .waits = !values[OPTION_NO_FOLLOW],
        .lines = DEFAULT_LINES,
        .status = TAIL_RUNNING,
    };
    if (options_check(values) < 0 ||
        (values[OPTION_LINES] && lines_read(values[OPTION_LINES], &tail->lines) < 0) ||
        colours_read(values[OPTION_COLOR], &tail->style.colours) < 0)
        return -1;
    strange = event_filter_strange_type(&tail->filter, &length);
    if (strange)
        log_warning("no type of event that this version knows is '%.*s'; see patchmark-events(7)",
                    (int)length, strange);
    return 0;
}

/* ---- the verb ------------------------------------------------------------------------------ */

/* The configuration that names the source; NULL after log_error. */
static struct configuration *configuration_find(const char *const *values) {
    const char *file = values[OPTION_CONFIG] ? values[OPTION_CONFIG] : CONFIG_FILE;
    const struct option_given given[] = {
        {"server", values[OPTION_REDIS], "--redis"},
        {"password_file", values[OPTION_PASSWORD_FILE], "--password-file"},
    };
    struct configuration *configuration;
    int result =
        values[OPTION_REDIS] && *values[OPTION_REDIS]
            ? configuration_load_plugin("redis", given, values[OPTION_PASSWORD_FILE] ? 2 : 1,
                                        &configuration)
            : configuration_load(file, &configuration);

    return result == 0 ? configuration : NULL;
}

static int tail_run(int argc, char **argv) {
    const char *values[OPTION_COUNT];
    AUTO(configuration_free) struct configuration *configuration = NULL;
    struct tail tail;
    int status;

    if (command_parse(&command_tail, argc, argv, values, &status) < 0)
        return status;
    if (tail_read(&tail, values) < 0)
        return EX_USAGE;
    if (!values[OPTION_STATE]) {
        configuration = configuration_find(values);
        if (!configuration)
            return EX_CONFIG;
    }
    tail_signals_catch();
    if (values[OPTION_REDIS])
        tail_redis(&tail, configuration);
    else
        tail_outbox(&tail, configuration ? configuration->state : values[OPTION_STATE]);
    return tail.status;
}
