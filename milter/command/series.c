/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series.c - `patchmark series`: lists the newest series, or prints all that is known of one.
 *
 * Reads the database of the state folder, also while the daemon runs, and writes nothing there. The
 * operator may see series of closed lists, by their ids; they are marked.
 */
#include "command/commands.h"
#include "command/series-find.h"
#include "command/series-output.h"
#include "settings/configuration-load.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/terminal.h"
#include "util/wrap.h"

#include <glib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

CLEANUP_DEFINE(struct store *, store_close)
CLEANUP_DEFINE(struct configuration *, configuration_free)

#define LIMIT_DEFAULT 20
#define LIMIT_MOST    100000
#define PAGE_MOST     200  /* series that are read in one transaction */
#define COUNT_MOST    1000 /* series that are counted if not all are shown */

enum {
    OPTION_AUTHOR,
    OPTION_CONFIG,
    OPTION_COLOR,
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
    {0, "color", "WHEN", "auto (on a terminal, default), always, never"},
    {'j', "json", NULL, "print JSON, one line for each series"},
    {'l', "list", "PATTERN", "list only series of lists with these List-Ids: kvm.*,*.example.org"},
    {'n', "limit", "N", "list at most N series; default: 20"},
    {'o', "open", NULL, "list only series that are neither superseded nor applied"},
    {'s', "state", "DIR", "state folder; default: the one of the configuration"},
    {0}};

static int series_run(int argc, char **argv);
const struct command command_series = {
    "series", "[ID]", "Lists the newest series, or shows one: versions, parts, tags, state.",
    options, series_run};

/* ---- one series ---------------------------------------------------------------------------- */

static void unknown_report(const struct series_found *found, const char *name) {
    char received[WRAP_TEXT_SIZE];

    if (found->what == SERIES_MAIL)
        fprintf(stderr,
                "patchmark: the mail %s is known (%s, received %s) and belongs to no series\n",
                found->mail.message_id, found->mail.kind,
                wrap_time(received, found->mail.received));
    else if (found->what == SERIES_ANSWERS)
        fprintf(stderr, "patchmark: of the series %s only answers are known: %zu\n", found->id,
                found->answer_count);
    else
        fprintf(stderr,
                "patchmark: unknown series '%s'; give the id of a series or topic, or a "
                "Message-ID\n",
                name);
}

static int series_show(const struct series_style *style, struct store *store, const char *name,
                       bool as_json) {
    AUTO(free) struct series_found *found = calloc(1, sizeof(*found));
    struct arena arena = {0};
    int status = EX_DATAERR;

    if (!found)
        return EX_OSERR;
    name = series_name_clean(&arena, name);
    series_find(store, &arena, name, found);
    if (found->what != SERIES_FOUND)
        unknown_report(found, name);
    else if (as_json)
        series_json_write(style, &found->report, found->scope);
    else
        series_page_write(style, &found->report, found->scope);
    if (found->what == SERIES_ANSWERS && !as_json)
        series_answers_write(style, found->answers, MIN(found->answer_count, SERIES_ANSWERS_MOST));
    if (found->what == SERIES_FOUND)
        status = EX_OK;
    arena_free(&arena);
    return status;
}

/* ---- many series --------------------------------------------------------------------------- */

/* What is listed. */
struct listing {
    struct store *store;
    struct series_filter filter;
};

/* Reads up to LIMIT series of LISTING after filter.before, the newest first, into FOUND, which may
 * be NULL to count them.  Each page is a transaction of its own, so that a long search does not
 * hold back the daemon's log.  Returns their number, or -1 on a fault. */
static ssize_t series_collect(struct listing *listing, struct arena *arena,
                              struct series_summary *found, size_t limit) {
    struct series_filter *filter = &listing->filter;
    struct series_page page = {.next = filter->before};
    size_t count = 0;
    int result;

    do {
        filter->before = page.next;
        filter->limit = MIN(limit - count, PAGE_MOST);
        result = store_begin(listing->store);
        if (result == 0)
            result = series_report_list(listing->store, arena, filter, &page);
        store_rollback(listing->store);
        for (size_t i = 0; result == 0 && i < page.count; i++, count++)
            if (found)
                found[count] = page.series[i];
    } while (result == 0 && count < limit && *page.next);
    return result == 0 ? (ssize_t)count : -1;
}

/* Returns the number of series in LISTING, COUNT_MOST at most. */
static size_t series_count(const struct listing *listing) {
    struct listing all = *listing;
    struct arena arena = {0};
    ssize_t count;

    all.filter.before = "";
    count = series_collect(&all, &arena, NULL, COUNT_MOST);
    arena_free(&arena);
    return count > 0 ? (size_t)count : 0;
}

/* On a terminal, states that more than the SHOWN series could be listed. */
static void more_report(const struct series_style *style, const struct listing *listing,
                        size_t shown) {
    char line[128];
    size_t all;

    if (!isatty(STDOUT_FILENO) || shown >= COUNT_MOST)
        return;
    all = series_count(listing);
    if (all <= shown)
        return;
    snprintf(line, sizeof(line), "%zu of %s%zu shown; -n N shows more", shown,
             all == COUNT_MOST ? "at least " : "", all);
    series_text(style, SERIES_DIM, line, style->columns);
    putc('\n', style->out);
}

/* Reports that no series is listed, and if so, that the option --list names no list that has any.
 */
static void none_report(const struct listing *listing) {
    const char *patterns = listing->filter.patterns;
    struct listing of_lists = {.store = listing->store,
                               .filter = {.patterns = patterns, .before = ""}};
    struct arena arena = {0};

    if (patterns && series_collect(&of_lists, &arena, NULL, 1) == 0)
        fprintf(stderr,
                "patchmark: no series; none is known of a list '%s'; give a whole List-Id, or a "
                "pattern such as 'netdev.*'\n",
                patterns);
    else
        fputs("patchmark: no series\n", stderr);
    arena_free(&arena);
}

static int series_list(const struct series_style *style, struct store *store,
                       const char *const values[OPTION_COUNT], size_t limit) {
    AUTO(free) struct series_summary *found = calloc(limit, sizeof(*found));
    struct listing listing = {.store = store,
                              .filter = {.patterns = values[OPTION_LIST],
                                         .author = values[OPTION_AUTHOR],
                                         .state = values[OPTION_OPEN] ? "open" : "",
                                         .before = ""}};
    struct arena arena = {0};
    ssize_t count;

    if (!found)
        return EX_OSERR;
    count = series_collect(&listing, &arena, found, limit);
    if (count >= 0 && values[OPTION_JSON])
        for (ssize_t i = 0; i < count; i++)
            series_json_write_summary(style, &found[i]);
    else if (count > 0)
        series_lines_write(style, found, (size_t)count);
    if (count == 0 && !values[OPTION_JSON])
        none_report(&listing);
    else if ((size_t)count == limit && !values[OPTION_JSON])
        more_report(style, &listing, limit);
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
    if (terminal_choose_colours(values[OPTION_COLOR], STDOUT_FILENO, &style.colours) < 0)
        return EX_USAGE;
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
    style.configuration = configuration;
    status = first < argc ? series_show(&style, store, argv[first], values[OPTION_JSON] != NULL)
                          : series_list(&style, store, values, limit);
    return fflush(stdout) == 0 ? status : EX_IOERR;
}
