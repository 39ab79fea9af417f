/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail.c - `patchmark tail`: prints the newest events of an outbox or a Redis stream and follows
 * new ones, as lines for people or as JSON.  This file reads the options.
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
    {'c', "config", "FILE", "configuration file; default: " CONFIG_FILE},
    {0, "color", "WHEN", "auto (on a terminal, default), always, never"},
    {'j', "json", NULL, "print each event as one line of CloudEvents JSON"},
    {'l', "list", "PATTERN", "only events of lists with these List-Ids: kvm.*,*.example.org"},
    {'n', "lines", "N", "print the last N lines first; default: 10"},
    {'F', "no-follow", NULL, "stop after the newest event instead of waiting for more"},
    {'p', "password-file", "FILE", "file with the password of Redis on its first line"},
    {'r', "redis", "[URL]", "follow a Redis; without URL, the one of the configuration"},
    {'i', "series", "ID", "only events that contain the id of this series or topic"},
    {'s', "state", "DIR", "state folder; default: the one of the configuration"},
    {'t', "type", "PATTERN", "only events of these types: series.*,pull.requested"},
    {0}};

static int tail_run(int argc, char **argv);
const struct command command_tail = {"tail", "", "Follows the events in the outbox or in a Redis.",
                                     options, tail_run};

/* ---- options ------------------------------------------------------------------------------- */

static int lines_read(const char *text, int64_t *lines) {
    char *end;

    errno = 0;
    *lines = strtoll(text, &end, 10);
    if (errno == 0 && *text >= '0' && *text <= '9' && !*end)
        return 0;
    fprintf(stderr, "patchmark: invalid value '%s' of --lines; use a number from 0 up\n", text);
    return -1;
}

/* An option that has no effect because of another option is an error. */
static int options_check(const char *const *values) {
    const char *url = values[OPTION_REDIS];
    bool has_url = url && *url;
    const char *wrong = NULL;

    if (url && values[OPTION_STATE])
        wrong = "--state cannot be used with --redis";
    else if (has_url && values[OPTION_CONFIG])
        wrong = "--config cannot be used with --redis and a URL";
    else if (!has_url && values[OPTION_PASSWORD_FILE])
        wrong = "--password-file requires --redis with a URL";
    if (!wrong)
        return 0;
    fprintf(stderr, "patchmark: %s; see 'patchmark tail --help'\n", wrong);
    return -1;
}

static int tail_read(struct tail *tail, const char *const *values) {
    const char *unknown;
    size_t length;

    *tail = (struct tail){
        .filter = {values[OPTION_TYPE], values[OPTION_LIST], values[OPTION_SERIES]},
        .style = {.columns = terminal_columns(STDOUT_FILENO)},
        .as_json = values[OPTION_JSON],
        .follows = !values[OPTION_NO_FOLLOW],
        .lines = DEFAULT_LINES,
        .status = TAIL_RUNNING,
    };
    if (options_check(values) < 0 ||
        (values[OPTION_LINES] && lines_read(values[OPTION_LINES], &tail->lines) < 0) ||
        terminal_choose_colours(values[OPTION_COLOR], STDOUT_FILENO, &tail->style.colours) < 0)
        return -1;
    if (values[OPTION_SERIES] && !event_filter_is_id(values[OPTION_SERIES])) {
        fprintf(stderr,
                "patchmark: invalid value '%s' of --series; use the id of a series or topic, such "
                "as s1-mfzwizltoq2gc3tb\n",
                values[OPTION_SERIES]);
        return -1;
    }
    unknown = event_filter_unknown_type(&tail->filter, &length);
    if (unknown)
        log_warning("unknown type of event '%.*s'; see patchmark-events(7) for the types",
                    (int)length, unknown);
    return 0;
}

/* ---- the command --------------------------------------------------------------------------- */

/* Returns the configuration with the state folder or the Redis to read; NULL after log_error. */
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

/* Returns true if events of more than one list of CONFIGURATION are published. */
static bool has_several_lists(const struct configuration *configuration) {
    size_t published = 0;

    for (size_t i = 0; i < configuration->list_section_count; i++)
        published += configuration->list_sections[i].publish;
    return published > 1;
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
    tail.style.lists = configuration && !values[OPTION_LIST] && has_several_lists(configuration);
    tail_signals_catch();
    if (values[OPTION_REDIS])
        tail_redis(&tail, configuration);
    else
        tail_outbox(&tail, configuration ? configuration->state : values[OPTION_STATE]);
    return tail.status;
}
