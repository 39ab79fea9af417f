/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail.c - `patchmark tail`: the events of the journal, as they come, for people or for pipes.
 */
#include "cleanup.h"
#include "command.h"
#include "json.h"
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

CLEANUP_DEFINE(struct store *, store_close)
CLEANUP_DEFINE(struct journal_reader *, journal_reader_close)
CLEANUP_DEFINE(struct configuration *, configuration_free)

#define BATCH         100
#define POLL_MS       200 /* SQLite tells other processes nothing; a look costs microseconds */
#define DEFAULT_LINES 10

enum { OPTION_CONFIG, OPTION_JSON, OPTION_LINES, OPTION_NO_FOLLOW, OPTION_STATE, OPTION_COUNT };
static const struct command_option options[] = {
    {'c', "config", "FILE", "configuration that names the state folder; default: " CONFIG_FILE},
    {'j', "json", NULL, "print each event as CloudEvents JSON, one a line"},
    {'n', "lines", "N", "start with the last N events; default: 10"},
    {'F', "no-follow", NULL, "stop at the end instead of waiting for more"},
    {'s', "state", "DIR", "state folder, instead of the configuration's"},
    {0, NULL, NULL, NULL}};

static int tail_run(int argc, char **argv);
const struct command command_tail = {"tail", "", "Follows the events in the journal.", options,
                                     tail_run};

static int event_print(const struct journal_event *event, bool as_json) {
    AUTO(free) char *summary = as_json ? NULL : json_event_summary(event->json);

    if (as_json)
        fwrite(event->json, 1, event->json_length, stdout);
    else
        fputs(summary ? summary : "", stdout);
    return putchar('\n') == EOF ? -1 : 0;
}

static int follow(struct journal_reader *reader, int64_t after, bool as_json, bool wait) {
    struct journal_event events[BATCH];

    for (;;) {
        int count = journal_read(reader, after, events, BATCH);

        if (count < 0)
            return EX_IOERR;
        for (int i = 0; i < count; i++) {
            after = events[i].sequence;
            if (event_print(&events[i], as_json) < 0)
                return EX_IOERR;
        }
        if (count == BATCH)
            continue;
        if (fflush(stdout) != 0)
            return EX_IOERR;
        if (!wait)
            return EX_OK;
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
}

static int lines_read(const char *text, int64_t *lines) {
    char *end;

    errno = 0;
    *lines = strtoll(text, &end, 10);
    if (errno == 0 && *text && !*end && *lines >= 0)
        return 0;
    fprintf(stderr, "patchmark: --lines takes a number from 0 up, not '%s'\n", text);
    return -1;
}

static int tail_run(int argc, char **argv) {
    const char *values[OPTION_COUNT];
    AUTO(configuration_free) struct configuration *configuration = NULL;
    AUTO(store_close) struct store *store = NULL;
    AUTO(journal_reader_close) struct journal_reader *reader = NULL;
    int64_t lines = DEFAULT_LINES, newest;
    int status;

    if (command_parse(&command_tail, argc, argv, values, &status) < 0)
        return status;
    if (values[OPTION_LINES] && lines_read(values[OPTION_LINES], &lines) < 0)
        return EX_USAGE;
    if (!values[OPTION_STATE]) {
        if (configuration_load(values[OPTION_CONFIG] ? values[OPTION_CONFIG] : CONFIG_FILE,
                               &configuration) < 0)
            return EX_CONFIG;
        values[OPTION_STATE] = configuration->state;
    }
    store = store_open_readonly(values[OPTION_STATE]);
    reader = store ? journal_reader_open(store) : NULL;
    newest = reader ? journal_newest(reader) : -1;
    if (newest < 0)
        return EX_NOINPUT;
    return follow(reader, newest > lines ? newest - lines : 0, values[OPTION_JSON] != NULL,
                  !values[OPTION_NO_FOLLOW]);
}
