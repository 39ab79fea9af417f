/* SPDX-License-Identifier: BSD-2-Clause
 *
 * publish.c - `patchmark publish --state`: passes the state of each series of open lists to the
 * sinks that keep it, after they have lost it and after an import.
 *
 * Reads the database of the state folder, also while the daemon runs, and writes nothing there.
 * Each batch of records is read in a transaction of its own, so that the daemon's log of the
 * database does not grow.  A sink that fails gets no further records; the others do.
 */
#include "command/commands.h"
#include "pipeline/series-state.h"
#include "plugin/bounds.h"
#include "plugin/instance.h"
#include "settings/configuration-load.h"
#include "store/index.h"
#include "util/cleanup.h"
#include "util/log.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

CLEANUP_DEFINE(struct store *, store_close)
CLEANUP_DEFINE(struct configuration *, configuration_free)

#define BATCH  50 /* records that a sink gets in one call */
#define ROUNDS 10 /* records of one series, if the daemon changes it all the time */

enum { OPTION_CONFIG, OPTION_SINK, OPTION_STATE, OPTION_COUNT };
static const struct command_option options[] = {
    {'c', "config", "FILE",
     "configuration file with state folder and sinks; default: " CONFIG_FILE},
    {'k', "sink", "NAME", "only to the sink NAME; default: all that keep the state of series"},
    {'s', "state", NULL, "publish the state of the series; required"},
    {0}};

static int publish_run(int argc, char **argv);
const struct command command_publish = {"publish", "[SERIES...]",
                                        "Publishes the state of series to sinks that have lost it.",
                                        options, publish_run};

struct sink {
    struct patchmark_instance *instance;
    int64_t published; /* series whose state it has accepted */
    bool failed;
};

struct publishing {
    struct store *store;
    struct sink sinks[LIMIT_PLUGINS];
    size_t sink_count;
};

/* ---- sinks -------------------------------------------------------------------------------- */

/* Opens the sinks that keep the state of series, or only NAME, unless it is NULL.  Returns an exit
 * status, after an error was logged unless it is EX_OK. */
static int sinks_open(struct publishing *publishing, const struct configuration *configuration,
                      const char *name) {
    for (size_t i = 0; i < configuration->plugin_count; i++) {
        const struct plugin_section *section = &configuration->plugins[i];
        const struct patchmark_plugin *plugin = &section->module->descriptor;
        struct sink *sink = &publishing->sinks[publishing->sink_count];

        if (!plugin->publish_state || (name && strcmp(plugin->name, name) != 0))
            continue;
        sink->instance = instance_open(section, configuration->host, NULL, -1);
        if (!sink->instance)
            return EX_CONFIG;
        publishing->sink_count++;
    }
    if (publishing->sink_count > 0)
        return EX_OK;
    log_error("%s: no section of a sink%s%s that keeps the state of series; add one, such as "
              "plugin \"redis\"",
              configuration->file, name ? " " : "", name ? name : "");
    return EX_CONFIG;
}

/* Passes the COUNT records STATES, at most BATCH, to the sinks.  NEW of them are of series that
 * were not passed before. */
static void states_publish(struct publishing *publishing, const char *const *states, size_t count,
                           size_t new) {
    for (size_t i = 0; i < publishing->sink_count && count > 0; i++) {
        struct sink *sink = &publishing->sinks[i];

        if (sink->failed)
            continue;
        sink->failed = instance_publish_state(sink->instance, states, count) != 0;
        sink->published += sink->failed ? 0 : (int64_t) new;
    }
}

/* Prints how many series each sink has accepted, and closes the sinks.  Returns EX_OK, or
 * EX_UNAVAILABLE if a sink failed. */
static int sinks_close(struct publishing *publishing) {
    int status = EX_OK;

    for (size_t i = 0; i < publishing->sink_count; i++) {
        struct sink *sink = &publishing->sinks[i];

        printf("%s: %" PRId64 " series\n", instance_plugin(sink->instance)->name, sink->published);
        if (sink->failed)
            status = EX_UNAVAILABLE;
        instance_close(sink->instance);
    }
    return status;
}

/* Returns true if there is no sink left that works. */
static bool all_failed(const struct publishing *publishing) {
    for (size_t i = 0; i < publishing->sink_count; i++)
        if (!publishing->sinks[i].failed)
            return false;
    return true;
}

/* ---- series ------------------------------------------------------------------------------- */

static void id_add(void *argument, const char *id) {
    fprintf(argument, "%s%c", id, '\0');
}

/* Adds the record of OTHER, which was joined with SERIES. */
static void joined_add(void *argument, const char *other, const char *series) {
    fprintf(argument, "id %s\nalias_of %s\n%c", other, series, '\0');
}

/* Collects what is to be published: in *IDS the ids of all published series of open lists, in
 * *JOINED the records of those that were joined with others; each string has its NUL.  The caller
 * frees both.  Returns 0, or -1 after log_error. */
static int series_collect(struct store *store, char **ids, size_t *ids_size, char **joined,
                          size_t *joined_size) {
    FILE *to_ids = open_memstream(ids, ids_size), *to_joined = open_memstream(joined, joined_size);
    int result = -1;

    if (to_ids && to_joined) {
        store_begin(store);
        result = index_walk_series(store, 0, id_add, to_ids);
        if (result == 0)
            result = index_walk_joined(store, joined_add, to_joined);
        store_rollback(store);
    }
    if (to_ids && fclose(to_ids) != 0)
        result = -1;
    if (to_joined && fclose(to_joined) != 0)
        result = -1;
    if (result < 0)
        log_error("cannot read the series");
    return result;
}

/* Reads the records of the COUNT series IDS, in one transaction.  Stores in STATES those that
 * differ from PUBLISHED, which gets them; returns their number. */
static size_t states_read(struct store *store, const char *const *ids, size_t count,
                          char *published[BATCH], const char *states[BATCH]) {
    size_t changed = 0;

    store_begin(store);
    for (size_t i = 0; i < count; i++) {
        char *state = series_state_text(store, ids[i]);

        if (!state || (published[i] && strcmp(published[i], state) == 0)) {
            free(state);
            continue;
        }
        free(published[i]);
        published[i] = state;
        states[changed++] = state;
    }
    store_rollback(store);
    return changed;
}

/* Publishes the COUNT series IDS, at most BATCH.  A record that the daemon changed meanwhile is
 * published again: its event may have been delivered before the first one.  Returns the number of
 * series that are unknown, which it reports if REPORTS is true. */
static size_t series_publish(struct publishing *publishing, const char *const *ids, size_t count,
                             bool reports) {
    char *published[BATCH] = {NULL};
    const char *states[BATCH];
    size_t unknown = 0;

    for (int round = 0; round < ROUNDS; round++) {
        size_t changed = states_read(publishing->store, ids, count, published, states);

        if (changed == 0)
            break;
        states_publish(publishing, states, changed, round == 0 ? changed : 0);
    }
    for (size_t i = 0; i < count; i++) {
        if (!published[i] && reports)
            fprintf(stderr,
                    "patchmark: unknown series '%s'; give the ids of series of open lists\n",
                    ids[i]);
        unknown += !published[i];
        free(published[i]);
    }
    return unknown;
}

/* Publishes the records TEXT, of SIZE bytes, each with its NUL. */
static void records_publish(struct publishing *publishing, const char *text, size_t size) {
    const char *states[BATCH];
    size_t count = 0;

    for (const char *record = text; record < text + size; record += strlen(record) + 1) {
        states[count++] = record;
        if (count == BATCH || record + strlen(record) + 1 == text + size) {
            states_publish(publishing, states, count, count);
            count = 0;
        }
    }
}

/* Publishes all series.  A series that has expired since its id was read is left out.  Returns an
 * exit status. */
static int all_publish(struct publishing *publishing) {
    AUTO(free) char *text = NULL;
    AUTO(free) char *joined = NULL;
    const char *ids[BATCH];
    size_t size = 0, joined_size = 0, count = 0;

    if (series_collect(publishing->store, &text, &size, &joined, &joined_size) < 0)
        return EX_IOERR;
    for (const char *id = text; id < text + size && !all_failed(publishing); id += strlen(id) + 1) {
        ids[count++] = id;
        if (count == BATCH || id + strlen(id) + 1 == text + size) {
            series_publish(publishing, ids, count, false);
            count = 0;
        }
    }
    records_publish(publishing, joined, joined_size);
    return EX_OK;
}

/* Publishes the COUNT series that the user named.  Returns an exit status. */
static int named_publish(struct publishing *publishing, char *const *ids, size_t count) {
    size_t unknown = 0;

    for (size_t i = 0, size; i < count && !all_failed(publishing); i += size) {
        size = count - i < BATCH ? count - i : BATCH;
        unknown += series_publish(publishing, (const char *const *)ids + i, size, true);
    }
    return unknown > 0 ? EX_DATAERR : EX_OK;
}

/* ---- the command -------------------------------------------------------------------------- */

static int publish_run(int argc, char **argv) {
    const char *values[OPTION_COUNT];
    AUTO(configuration_free) struct configuration *configuration = NULL;
    AUTO(store_close) struct store *store = NULL;
    struct publishing publishing = {0};
    int status, closed, first = command_parse(&command_publish, argc, argv, values, &status);

    if (first < 0)
        return status;
    if (!values[OPTION_STATE]) {
        fputs("patchmark: the command publish requires --state; see 'patchmark publish --help'\n",
              stderr);
        return EX_USAGE;
    }
    if (configuration_load(values[OPTION_CONFIG] ? values[OPTION_CONFIG] : CONFIG_FILE,
                           &configuration) < 0)
        return EX_CONFIG;
    store = store_open_readonly(configuration->state);
    if (!store)
        return EX_NOINPUT;
    publishing.store = store;
    signal(SIGPIPE, SIG_IGN); /* as sinks require */
    status = sinks_open(&publishing, configuration, values[OPTION_SINK]);
    if (status == EX_OK)
        status = first < argc ? named_publish(&publishing, argv + first, (size_t)(argc - first))
                              : all_publish(&publishing);
    closed = sinks_close(&publishing);
    return status == EX_OK ? closed : status;
}
