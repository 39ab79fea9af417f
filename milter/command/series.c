/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series.c - `patchmark series ID`: prints one series: its versions, its parts with their authors,
 * the tags that were given, and the missing parts.
 *
 * Reads the database of the state folder, also while the daemon runs, and writes nothing there.
 */
#include "command/commands.h"
#include "pipeline/json.h"
#include "settings/configuration-load.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

CLEANUP_DEFINE(struct store *, store_close)
CLEANUP_DEFINE(struct configuration *, configuration_free)

#define MEMBERS_MAX  2000
#define TAGS_MAX     2000
#define VERSIONS_MAX 100
#define SCOPES_MAX   1000

enum { OPTION_CONFIG, OPTION_JSON, OPTION_STATE, OPTION_COUNT };
static const struct command_option options[] = {
    {'c', "config", "FILE", "configuration file with the state folder; default: " CONFIG_FILE},
    {'j', "json", NULL, "print the series as one line of JSON"},
    {'s', "state", "DIR", "state folder; default: the one of the configuration"},
    {0}};

static int series_run(int argc, char **argv);
const struct command command_series = {
    "series", "ID", "Shows a series: its versions, parts, tags and missing parts.", options,
    series_run};

/* What is printed; the arena owns the strings. */
struct view {
    struct arena arena;
    struct json_series series;
    struct json_member members[MEMBERS_MAX];
    struct json_tag tags[TAGS_MAX];
    struct json_version versions[VERSIONS_MAX];
    const char *scopes[SCOPES_MAX]; /* of the index, other than that of open lists */
    size_t scope_count;
};

static const char *copy(struct view *view, const char *text) {
    return arena_copy(&view->arena, text, strlen(text));
}

/* ---- reading ------------------------------------------------------------------------------ */

static void member_collect(void *argument, const struct index_member *member) {
    struct view *view = argument;

    if (view->series.member_count < MEMBERS_MAX)
        view->members[view->series.member_count++] =
            (struct json_member){.part = member->part,
                                 .message_id = copy(view, member->message_id),
                                 .title = copy(view, member->title),
                                 .author = copy(view, member->author)};
}

static void tag_collect(void *argument, int64_t part, const char *tag, const char *message_id) {
    struct view *view = argument;

    if (view->series.tag_count < TAGS_MAX)
        view->tags[view->series.tag_count++] = (struct json_tag){
            .part = part, .tag = copy(view, tag), .message_id = copy(view, message_id)};
}

static void version_collect(void *argument, const struct index_series *series) {
    struct view *view = argument;

    if (view->series.version_count < VERSIONS_MAX)
        view->versions[view->series.version_count++] =
            (struct json_version){.id = copy(view, series->id),
                                  .title = copy(view, series->title),
                                  .version = series->version < 0 ? 1 : series->version,
                                  .opened = series->opened,
                                  .rfc = series->rfc};
}

static void newest_keep(void *argument, const struct index_series *series) {
    snprintf(argument, PATCHMARK_ID_SIZE, "%s", series->id);
}

/* Finds the series by NAME: the id of a series, the id of a topic, whose newest series is meant, or
 * the Message-ID of a mail of the series. */
static bool series_find(struct store *store, const char *name, struct index_series *found) {
    char newest[PATCHMARK_ID_SIZE] = "";
    struct index_message message;

    if (index_find_series(store, name, found))
        return true;
    if (strncmp(name, "t1-", 3) == 0)
        return index_walk_topic(store, name, newest_keep, newest) == 0 && *newest &&
               index_find_series(store, newest, found);
    return index_find_message(store, name, &message) && *message.series &&
           index_find_series(store, message.series, found);
}

static void scope_collect(void *argument, const char *scope) {
    struct view *view = argument;

    if (view->scope_count < SCOPES_MAX)
        view->scopes[view->scope_count++] = copy(view, scope);
}

/* Finds the series among those of open lists, then among those of each other scope. */
static bool series_find_in_scopes(struct view *view, struct store *store, const char *name,
                                  struct index_series *found) {
    if (series_find(store, name, found))
        return true;
    index_walk_scopes(store, scope_collect, view);
    for (size_t i = 0; i < view->scope_count; i++) {
        index_set_scopes(store, &view->scopes[i], 1);
        if (series_find(store, name, found))
            return true;
    }
    return false;
}

static bool view_read(struct view *view, struct store *store, const char *name) {
    struct index_series found;

    if (!series_find_in_scopes(view, store, name, &found))
        return false;
    view->series = (struct json_series){.id = copy(view, found.id),
                                        .topic = copy(view, found.topic),
                                        .author = copy(view, found.author),
                                        .title = copy(view, found.title),
                                        .version = found.version < 0 ? 1 : found.version,
                                        .total = found.total,
                                        .opened = found.opened,
                                        .members = view->members,
                                        .tags = view->tags,
                                        .versions = view->versions};
    return index_walk_members(store, view->series.id, member_collect, view) == 0 &&
           index_walk_tags(store, view->series.id, tag_collect, view) == 0 &&
           index_walk_topic(store, view->series.topic, version_collect, view) == 0;
}

/* ---- printing ----------------------------------------------------------------------------- */

/* Prints text of a mail, so that it cannot affect the terminal. */
static void text_print(const char *text) {
    terminal_write(stdout, text, -1);
}

static void day_print(int64_t time) {
    time_t seconds = (time_t)time;
    char day[32];
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(day, sizeof(day), "%Y-%m-%d", &utc);
    fputs(day, stdout);
}

static void versions_print(const struct json_series *series) {
    for (size_t i = 0; i < series->version_count; i++) {
        const struct json_version *version = &series->versions[i];

        printf("%c v%-3" PRId64 " %s  ", strcmp(version->id, series->id) == 0 ? '*' : ' ',
               version->version, version->id);
        day_print(version->opened);
        fputs(version->rfc ? "  RFC " : "  ", stdout);
        text_print(version->title);
        putchar('\n');
    }
}

static void tags_print(const struct json_series *series, int64_t part) {
    for (size_t i = 0; i < series->tag_count; i++)
        if (series->tags[i].part == part) {
            printf("%10s", "");
            text_print(series->tags[i].tag);
            putchar('\n');
        }
}

static bool has_part(const struct json_series *series, int64_t part) {
    for (size_t i = 0; i < series->member_count; i++)
        if (series->members[i].part == part)
            return true;
    return false;
}

static void missing_print(const struct json_series *series) {
    const char *before = "missing: ";

    for (int64_t part = 1; part <= series->total && part <= MEMBERS_MAX; part++) {
        if (has_part(series, part))
            continue;
        printf("%s%" PRId64, before, part);
        before = ", ";
    }
    if (*before == ',')
        putchar('\n');
}

static void people_print(const struct json_series *series) {
    text_print(series->title);
    printf("\n%s by ", series->topic);
    text_print(series->author);
    fputs("\n\n", stdout);
    versions_print(series);
    putchar('\n');
    for (size_t i = 0; i < series->member_count; i++) {
        const struct json_member *member = &series->members[i];

        printf("%4" PRId64 "/%-4" PRId64 " ", member->part, series->total < 0 ? 0 : series->total);
        text_print(member->title);
        fputs("  (", stdout);
        text_print(member->author);
        fputs(")\n", stdout);
        tags_print(series, member->part);
    }
    tags_print(series, -1);
    missing_print(series);
}

/* ---- the command -------------------------------------------------------------------------- */

static int series_show(struct store *store, const char *name, bool as_json) {
    AUTO(free) struct view *view = calloc(1, sizeof(*view));
    bool found;

    if (!view)
        return EX_OSERR;
    store_begin(store);
    found = view_read(view, store, name);
    store_rollback(store);
    if (!found) {
        fprintf(stderr,
                "patchmark: unknown series '%s'; give the id of a series or topic, or a "
                "Message-ID\n",
                name);
    } else if (as_json) {
        AUTO(free) char *json = json_series(&view->series);

        terminal_write_json(stdout, json ? json : "{}", json ? strlen(json) : 2);
        putchar('\n');
    } else {
        people_print(&view->series);
    }
    arena_free(&view->arena);
    return found ? EX_OK : EX_DATAERR;
}

static int series_run(int argc, char **argv) {
    const char *values[OPTION_COUNT];
    AUTO(configuration_free) struct configuration *configuration = NULL;
    AUTO(store_close) struct store *store = NULL;
    int status, first = command_parse(&command_series, argc, argv, values, &status);

    if (first < 0)
        return status;
    if (argc - first != 1) {
        fputs("patchmark: the command series requires one id; see 'patchmark series --help'\n",
              stderr);
        return EX_USAGE;
    }
    if (!values[OPTION_STATE]) {
        if (configuration_load(values[OPTION_CONFIG] ? values[OPTION_CONFIG] : CONFIG_FILE,
                               &configuration) < 0)
            return EX_CONFIG;
        values[OPTION_STATE] = configuration->state;
    }
    store = store_open_readonly(values[OPTION_STATE]);
    if (!store)
        return EX_NOINPUT;
    return series_show(store, argv[first], values[OPTION_JSON] != NULL);
}
