/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series.c - `patchmark series`: lists the newest series, or prints all that is known of one.
 *
 * Reads the database of the state folder, also while the daemon runs, and writes nothing there. The
 * operator may see series of closed lists, by their ids; they are marked.
 */
#include "command/commands.h"
#include "command/series-output.h"
#include "settings/configuration-load.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/terminal.h"

#include <glib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

CLEANUP_DEFINE(struct store *, store_close)
CLEANUP_DEFINE(struct configuration *, configuration_free)

#define SCOPES_MAX    1000
#define LIMIT_DEFAULT 20
#define LIMIT_MOST    100000
#define PAGE_MOST     200 /* series that are read in one transaction */

enum {
    OPTION_AUTHOR,
    OPTION_CONFIG,
    OPTION_JSON,
    OPTION_LIST,
    OPTION_LIMIT,
    OPTION_OPEN,
    OPTION_STATE,
    OPTION_COUNT
};
static const struct command_option options[] = {
    {'a', "author", "TEXT", "list only series whose author's name or address has this text"},
    {'c', "config", "FILE", "configuration file with the state folder; default: " CONFIG_FILE},
    {'j', "json", NULL, "print JSON, one line for each series"},
    {'l', "list", "ID", "list only series of the list with this List-Id"},
    {'n', "limit", "N", "list at most N series; default: 20"},
    {'o', "open", NULL, "list only series that are neither superseded nor applied"},
    {'s', "state", "DIR", "state folder; default: the one of the configuration"},
    {0}};

static int series_run(int argc, char **argv);
const struct command command_series = {
    "series", "[ID]", "Lists the newest series, or shows one: versions, parts, tags, state.",
    options, series_run};

/* ---- one series ---------------------------------------------------------------------------- */

struct scopes {
    struct arena arena;
    const char *names[SCOPES_MAX]; /* of the index, other than that of open lists */
    size_t count;
};

static void scope_collect(void *argument, const char *scope) {
    struct scopes *scopes = argument;

    if (scopes->count < SCOPES_MAX)
        scopes->names[scopes->count++] = arena_copy(&scopes->arena, scope, strlen(scope));
}

/* Reads the series that NAME means: one of open lists, else one of another scope, which is stored
 * in *SCOPE.  Returns false if there is none. */
static bool report_read(struct store *store, struct scopes *scopes, const char *name,
                        struct series_report *report, const char **scope) {
    struct arena *arena = &scopes->arena;
    const char *id = series_report_find(store, arena, name);

    *scope = NULL;
    if (id && series_report_read(store, arena, NULL, id, report))
        return true;
    index_walk_scopes(store, scope_collect, scopes);
    for (size_t i = 0; i < scopes->count; i++) {
        *scope = scopes->names[i];
        index_set_scopes(store, scope, 1);
        id = series_report_find(store, arena, name);
        if (id && series_report_read(store, arena, NULL, id, report))
            return true;
    }
    return false;
}

static int series_show(const struct series_style *style, struct store *store, const char *name,
                       bool as_json) {
    AUTO(free) struct scopes *scopes = calloc(1, sizeof(*scopes));
    struct series_report report;
    const char *scope = NULL;
    bool found;

    if (!scopes)
        return EX_OSERR;
    store_begin(store);
    found = report_read(store, scopes, name, &report, &scope);
    store_rollback(store);
    if (!found)
        fprintf(stderr,
                "patchmark: unknown series '%s'; give the id of a series or topic, or a "
                "Message-ID\n",
                name);
    else if (as_json)
        series_json_write(style, &report, scope);
    else
        series_page_write(style, &report, scope);
    arena_free(&scopes->arena);
    return found ? EX_OK : EX_DATAERR;
}

/* ---- many series --------------------------------------------------------------------------- */

/* Returns true if somebody may still have to do something about the series, as in the set of open
 * series in Redis. */
static bool is_open(const struct series_summary *series) {
    return series->row.state != INDEX_STATE_SUPERSEDED && !series->counts.applied_all &&
           !index_is_reroll(&series->row);
}

/* Reads up to LIMIT series that pass FILTER, the newest first, into FOUND.  Each page is a
 * transaction of its own, so that a long search does not hold back the daemon's log.  Returns their
 * number, or -1 on a fault. */
static ssize_t series_collect(struct store *store, struct arena *arena,
                              struct series_filter *filter, bool only_open,
                              struct series_summary *found, size_t limit) {
    struct series_page page = {.next = ""};
    size_t count = 0;
    int result;

    do {
        filter->before = page.next;
        filter->limit = only_open ? PAGE_MOST : MIN(limit - count, PAGE_MOST);
        result = store_begin(store);
        if (result == 0)
            result = series_report_list(store, arena, filter, &page);
        store_rollback(store);
        for (size_t i = 0; result == 0 && i < page.count && count < limit; i++)
            if (!only_open || is_open(&page.series[i]))
                found[count++] = page.series[i];
    } while (result == 0 && count < limit && *page.next);
    return result == 0 ? (ssize_t)count : -1;
}

static int series_list(const struct series_style *style, struct store *store,
                       const char *const values[OPTION_COUNT], size_t limit) {
    AUTO(free) struct series_summary *found = calloc(limit, sizeof(*found));
    struct series_filter filter = {.list = values[OPTION_LIST], .author = values[OPTION_AUTHOR]};
    struct arena arena = {0};
    ssize_t count;

    if (!found)
        return EX_OSERR;
    count = series_collect(store, &arena, &filter, values[OPTION_OPEN] != NULL, found, limit);
    if (count >= 0 && values[OPTION_JSON])
        for (ssize_t i = 0; i < count; i++)
            series_json_write_summary(style, &found[i]);
    else if (count > 0)
        series_lines_write(style, found, (size_t)count);
    else if (count == 0)
        fputs("patchmark: no series\n", stderr);
    arena_free(&arena);
    return count < 0 ? EX_IOERR : EX_OK;
}

/* ---- the command --------------------------------------------------------------------------- */

/* Reads the option --limit into *LIMIT.  Returns false if it is not a number from 1 to LIMIT_MOST.
 */
static bool limit_read(const char *value, size_t *limit) {
    char *end;
    long number = value ? strtol(value, &end, 10) : LIMIT_DEFAULT;

    *limit = (size_t)number;
    return !value || (*value && !*end && number >= 1 && number <= LIMIT_MOST);
}

/* Checks what the parser of options cannot.  Returns an exit status. */
static int arguments_check(const char *const values[OPTION_COUNT], int count, size_t *limit) {
    bool filters =
        values[OPTION_AUTHOR] || values[OPTION_LIST] || values[OPTION_LIMIT] || values[OPTION_OPEN];

    if (count > 1 || (count == 1 && filters)) {
        fputs("patchmark: the command series takes one id, or options that select what it lists; "
              "see 'patchmark series --help'\n",
              stderr);
        return EX_USAGE;
    }
    if (limit_read(values[OPTION_LIMIT], limit))
        return EX_OK;
    fprintf(stderr, "patchmark: --limit must be a number from 1 to %d\n", LIMIT_MOST);
    return EX_USAGE;
}

static int series_run(int argc, char **argv) {
    const char *values[OPTION_COUNT];
    AUTO(configuration_free) struct configuration *configuration = NULL;
    AUTO(store_close) struct store *store = NULL;
    struct series_style style = {.out = stdout, .now = (int64_t)time(NULL)};
    size_t limit;
    int status, first = command_parse(&command_series, argc, argv, values, &status);

    if (first < 0)
        return status;
    status = arguments_check(values, argc - first, &limit);
    if (status != EX_OK)
        return status;
    if (!values[OPTION_STATE]) {
        if (configuration_load(values[OPTION_CONFIG] ? values[OPTION_CONFIG] : CONFIG_FILE,
                               &configuration) < 0)
            return EX_CONFIG;
        values[OPTION_STATE] = configuration->state;
    }
    store = store_open_readonly(values[OPTION_STATE]);
    if (!store)
        return EX_NOINPUT;
    style.columns = terminal_columns(STDOUT_FILENO);
    style.colours = terminal_has_colours(STDOUT_FILENO);
    style.configuration = configuration;
    status = first < argc ? series_show(&style, store, argv[first], values[OPTION_JSON] != NULL)
                          : series_list(&style, store, values, limit);
    return fflush(stdout) == 0 ? status : EX_IOERR;
}
