/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status-read.c - collects what is known of a daemon and its store: see status.h.
 *
 * The unix socket of the metrics in the state folder answers as long as the daemon runs, is removed
 * when it stops, and refuses connections after it was killed, so it shows which of them it is.
 */
#include "daemon/status.h"

#include "daemon/metrics-export.h"
#include "plugin/plugin.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/wrap.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS       5000 /* for a daemon that starts or reloads */
#define PAUSE_MS      50
#define BEHIND        300 /* seconds after which an event that waits is a problem */
#define TRIED         60 /* seconds in which a sink that delivers nothing and logs nothing may work */
#define DATABASE_NAME "patchmark.db"

#ifdef HAVE_MICROHTTPD
#define HAS_HTTP 1
#else
#define HAS_HTTP 0
#endif

int64_t status_sink_lost(const struct status_plugin *sink) {
    return MAX(sink->lost, 0) + MAX(sink->refused, 0) + MAX(sink->dropped, 0);
}

int64_t status_number(const struct status *status, const char *name) {
    return metrics_number(&status->samples, name, NULL, NULL);
}

const char *status_daemon_name(enum status_daemon daemon) {
    static const char *const names[] = {"running", "stopped", "silent", "unknown"};

    return names[daemon];
}

const char *status_version(const struct status *status, char *buffer, size_t size) {
    const struct metrics_sample *info = metrics_find(&status->samples, "build_info", NULL, NULL);

    *buffer = '\0';
    if (info)
        metrics_label(info, "version", buffer, size);
    return buffer;
}

/* Returns the size of a file in FOLDER; -1 if it is missing or unknown. */
static int64_t file_size(const char *folder, const char *name) {
    char path[4096];
    struct stat status;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return stat(path, &status) == 0 ? (int64_t)status.st_size : -1;
}

/* ---- the daemon ---------------------------------------------------------------------------- */

/* Asks the daemon for its metrics.  A daemon that starts or reloads is asked again: the folder is
 * IN USE, but it does not listen yet. */
static enum metrics_source daemon_ask(struct status *status, bool in_use) {
    const int64_t end = clock_milliseconds() + WAIT_MS;
    char path[4096];
    enum metrics_source source;

    snprintf(path, sizeof(path), "%s/" METRICS_EXPORT_LOCAL, status->folder);
    for (;;) {
        source = metrics_ask(path, &status->samples);
        if (source == METRICS_READ || source == METRICS_FORBIDDEN || source == METRICS_SILENT ||
            (!in_use && source != METRICS_EARLY) || clock_milliseconds() >= end)
            return source;
        usleep(PAUSE_MS * 1000);
    }
}

/* Reads metrics_file, which also a daemon without libmicrohttpd writes.  It stays when the daemon
 * ends, so it counts only while it is new and nothing else says that the daemon has ended. */
static bool file_read(struct status *status, const struct configuration *configuration) {
    if (!configuration || !*configuration->metrics_file ||
        metrics_read_file(configuration->metrics_file, &status->samples) != METRICS_READ)
        return false;
    status->by_file =
        status->now - status_number(status, "updated_timestamp_seconds") <= STATUS_STALE;
    if (!status->by_file)
        metrics_free(&status->samples);
    return status->by_file;
}

static void daemon_read(struct status *status, const struct configuration *configuration,
                        enum store_state state) {
    static const struct {
        enum status_daemon daemon;
        const char *why;
    } known[] = {
        [METRICS_READ] = {STATUS_RUNNING, ""},
        [METRICS_MISSING] = {STATUS_STOPPED, "no process uses the state folder"},
        [METRICS_REFUSED] = {STATUS_STOPPED, "it was killed or has crashed"},
        [METRICS_FORBIDDEN] = {STATUS_UNKNOWN, "this user may not ask it; run this as root or as a "
                                               "member of its group"},
        [METRICS_SILENT] = {STATUS_SILENT, "gave no answer for 5 s"},
        [METRICS_EARLY] = {STATUS_SILENT, "has started, but its housekeeping has not"},
    };
    const bool in_use = state == STORE_RUNNING;
    enum metrics_source source = daemon_ask(status, in_use);
    char process[32] = "it ";

    if ((source == METRICS_FORBIDDEN || (source == METRICS_MISSING && state != STORE_STOPPED)) &&
        file_read(status, configuration))
        source = METRICS_READ;
    status->daemon = known[source].daemon;
    if (status->samples.pid > 0)
        snprintf(process, sizeof(process), "process %d ", status->samples.pid);
    snprintf(status->why, sizeof(status->why), "%s%s",
             status->daemon == STATUS_SILENT ? process : "", known[source].why);
    if (in_use && status->daemon == STATUS_STOPPED) {
        status->daemon = STATUS_UNKNOWN;
        snprintf(
            status->why, sizeof(status->why), "%s",
            HAS_HTTP
                ? "a process uses the state folder, but does not listen on " METRICS_EXPORT_LOCAL
                  " there; see its log"
                : "a process uses the state folder, but was perhaps built without "
                  "libmicrohttpd; set metrics_file, reload, "
                  "and run this with the configuration");
    }
}
/* ---- plugins and sinks --------------------------------------------------------------------- */

/* Returns the element of LIST, with COUNT elements, for the plugin NAME; NULL if there is none. */
static struct status_plugin *plugin_find(struct status_plugin *list, size_t count,
                                         const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    return NULL;
}

/* Returns the same, and adds one if it is missing; NULL if there are MOST already. */
static struct status_plugin *plugin_get(struct status_plugin *list, size_t *count, size_t most,
                                        const char *name) {
    struct status_plugin *found = plugin_find(list, *count, name);

    if (found || *count == most)
        return found;
    list[*count] = (struct status_plugin){.state = "waits",
                                          .pending = -1,
                                          .oldest = -1,
                                          .sequence = -1,
                                          .delivered = -1,
                                          .last = -1,
                                          .lost = -1,
                                          .refused = -1,
                                          .dropped = -1,
                                          .calls = -1,
                                          .failures = -1};
    snprintf(list[*count].name, sizeof(list[*count].name), "%s", name);
    return &list[(*count)++];
}

static struct status_plugin *sink_find(struct status *status, const char *name) {
    return plugin_find(status->sinks, status->sink_count, name);
}

static struct status_plugin *sink_get(struct status *status, const char *name) {
    return plugin_get(status->sinks, &status->sink_count, 2 * LIMIT_PLUGINS, name);
}

static void counters_read(const struct status *status, struct status_plugin *plugin) {
    char name[LIMIT_PLUGIN_TITLE + 1];

    for (size_t i = 0; i < status->samples.count; i++) {
        const struct metrics_sample *sample = &status->samples.list[i];
        struct status_counter *counter = &plugin->counters[plugin->counter_count];

        if (plugin->counter_count < LIMIT_PLUGIN_COUNTERS &&
            strcmp(sample->name, "plugin_events_total") == 0 &&
            metrics_label(sample, "plugin", name, sizeof(name)) &&
            strcmp(name, plugin->name) == 0 &&
            metrics_label(sample, "what", counter->what, sizeof(counter->what))) {
            counter->count = (int64_t)sample->value;
            plugin->counter_count++;
        }
    }
}

/* Returns a counter of the plugin itself; OTHERWISE if it has none of this name. */
static int64_t counter(const struct status_plugin *plugin, const char *what, int64_t otherwise) {
    for (size_t i = 0; i < plugin->counter_count; i++)
        if (strcmp(plugin->counters[i].what, what) == 0)
            return plugin->counters[i].count;
    return otherwise;
}

/* Returns true if a sink that did not accept all events of the last call does not get on: it has
 * logged why, or delivers nothing for a while.  A request may be longer than a call. */
static bool is_stuck(const struct status *status, const struct status_plugin *sink) {
    int64_t since = MAX(sink->last, status_number(status, "configuration_timestamp_seconds"));

    return status->by_file || sink->trouble.lasts || status->now - since > TRIED;
}

/* Returns true if the endpoint has refused events, none was delivered since, and what the sink
 * logged last is that, and not an outage. */
static bool is_refusing(const struct status_plugin *sink) {
    return sink->refused > 0 && sink->trouble.lasts && !sink->trouble.stands;
}

/* Returns a word for what a sink of a running daemon does. */
static const char *sink_state(const struct status *status, const struct status_plugin *sink) {
    int64_t up = metrics_number(&status->samples, "sink_up", "sink", sink->name);

    return up < 0                              ? "waits"
           : sink->dropped > 0                 ? "off"
           : is_refusing(sink)                 ? "refuses"
           : up == 0 && is_stuck(status, sink) ? "fails"
           : sink->trouble.stands              ? "fails"
           : sink->oldest > BEHIND             ? "behind"
           : sink->delivered > 0               ? "delivers"
                                               : "untried";
}

/* Reads the newest warning or error of the plugin. */
static void trouble_read(const struct metrics_samples *samples, struct status_plugin *plugin) {
    const struct metrics_sample *sample =
        metrics_find(samples, "plugin_trouble_timestamp_seconds", "plugin", plugin->name);
    struct instance_trouble *trouble = &plugin->trouble;
    char is[4];

    if (!sample || !metrics_label(sample, "text", trouble->text, sizeof(trouble->text)))
        return;
    trouble->time = (int64_t)sample->value;
    trouble->lasts = metrics_label(sample, "lasts", is, sizeof(is)) && strcmp(is, "1") == 0;
    trouble->stands = metrics_label(sample, "stands", is, sizeof(is)) && strcmp(is, "1") == 0;
}

/* Reads the metrics of the sink or plugin. */
static void plugin_read(const struct status *status, struct status_plugin *plugin) {
    const struct metrics_samples *samples = &status->samples;

    plugin->calls = metrics_number(samples, "plugin_calls_total", "plugin", plugin->name);
    plugin->failures = metrics_number(samples, "plugin_failures_total", "plugin", plugin->name);
    plugin->off = metrics_number(samples, "plugin_off", "plugin", plugin->name) == 1;
    counters_read(status, plugin);
    trouble_read(samples, plugin);
}

static void sink_read(const struct status *status, struct status_plugin *sink) {
    const struct metrics_samples *samples = &status->samples;

    plugin_read(status, sink);
    sink->pending = metrics_number(samples, "sink_waiting_events", "sink", sink->name);
    sink->oldest = metrics_number(samples, "sink_oldest_seconds", "sink", sink->name);
    sink->delivered = counter(sink, "delivered",
                              metrics_number(samples, "sink_events_total", "sink", sink->name));
    sink->refused = counter(sink, "refused", 0);
    sink->dropped = counter(sink, "dropped", 0);
    sink->lost = metrics_number(samples, "sink_lost_events_total", "sink", sink->name);
    sink->last = metrics_number(samples, "sink_delivered_timestamp_seconds", "sink", sink->name);
    if (sink->last == 0)
        sink->last = -1;
    sink->state = sink_state(status, sink);
}

static void plugins_read(struct status *status) {
    char name[LIMIT_PLUGIN_TITLE + 1];

    for (size_t i = 0; i < status->samples.count; i++) {
        const struct metrics_sample *sample = &status->samples.list[i];
        bool is_sink = strcmp(sample->name, "sink_up") == 0;
        struct status_plugin *plugin = NULL;

        if (is_sink && metrics_label(sample, "sink", name, sizeof(name)))
            plugin = sink_get(status, name);
        if (plugin)
            sink_read(status, plugin);
    }
    for (size_t i = 0; i < status->samples.count; i++) {
        const struct metrics_sample *sample = &status->samples.list[i];
        struct status_plugin *plugin = NULL;

        if (strcmp(sample->name, "plugin_calls_total") == 0 &&
            metrics_label(sample, "plugin", name, sizeof(name)) &&
            !metrics_find(&status->samples, "sink_up", "sink", name))
            plugin = plugin_get(status->plugins, &status->plugin_count, LIMIT_PLUGINS, name);
        if (plugin)
            plugin_read(status, plugin);
    }
}

/* Adds the sinks of the configuration, which may have no cursor yet. */
static void configured_read(struct status *status, const struct configuration *configuration) {
    for (size_t i = 0; configuration && i < configuration->plugin_count; i++)
        if (plugin_is_sink(&configuration->plugins[i].module->descriptor))
            sink_get(status, configuration->plugins[i].name);
}

/* ---- the store ----------------------------------------------------------------------------- */

/* A cursor; the store keeps that of a sink which is not configured any more for a while. */
static void cursor_add(void *argument, const char *name, int64_t sequence) {
    struct status *status = argument;
    struct status_plugin *sink;

    if (status->daemon == STATUS_RUNNING &&
        !metrics_find(&status->samples, "sink_up", "sink", name))
        return;
    /* With a configuration, its sinks are in the list already. */
    sink = *status->host ? sink_find(status, name) : sink_get(status, name);
    if (sink)
        sink->sequence = sequence;
}

static bool time_take(void *argument, const struct outbox_event *event) {
    *(int64_t *)argument = event->time;
    return false;
}

/* Reads how far each sink has come, as the store has it now. */
static void sinks_read(struct status *status, struct store *store) {
    const struct outbox_totals *outbox = &status->outbox;

    outbox_walk_sinks(store, cursor_add, status);
    for (size_t i = 0; i < status->sink_count; i++) {
        struct status_plugin *sink = &status->sinks[i];
        int64_t first = MAX(MAX(sink->sequence, 0) + 1, outbox->oldest), time = status->now;

        sink->pending = status->events > 0 ? MAX(outbox->newest - first + 1, 0) : 0;
        if (sink->pending > 0)
            outbox_walk(store,
                        &(struct outbox_range){first, outbox->newest, .list = "", .type = ""},
                        time_take, &time);
        sink->oldest = MAX(status->now - time, 0);
    }
}

/* Reads the store in one transaction. */
static void store_contents_read(struct status *status, struct store *store) {
    struct outbox_totals *outbox = &status->outbox;

    if (store_begin(store) == 0 && outbox_count(store, outbox) == 0) {
        status->store_read = true;
        status->events = outbox->oldest > 0 ? outbox->newest - outbox->oldest + 1 : 0;
        outbox_walk(store,
                    &(struct outbox_range){0, outbox->newest, .list = "", .type = "",
                                           .newest_first = true},
                    time_take, &status->newest_event);
        sinks_read(status, store);
        index_totals_read(store, &status->index);
    }
    store_rollback(store);
}

/* Returns what the folder is used for; STORE_ABSENT if memory ran out. */
static enum store_state state_read(struct store *store) {
    enum store_state state = STORE_ABSENT;

    if (store) {
        store_begin(store);
        state = store_reader_state(store);
        store_rollback(store);
    }
    return state;
}

/* ---- all ----------------------------------------------------------------------------------- */

/* Returns true if FOLDER is a folder; else says in STATUS what it is. */
static bool folder_check(struct status *status, const char *folder) {
    struct stat found;
    int error = stat(folder, &found) < 0 ? errno : S_ISDIR(found.st_mode) ? 0 : ENOTDIR;

    if (error == 0)
        return true;
    snprintf(status->why, sizeof(status->why), "the state folder %s %s%s", folder,
             error == ENOENT    ? "does not exist"
             : error == ENOTDIR ? "is not a folder"
                                : "cannot be used: ",
             error == ENOENT || error == ENOTDIR ? "" : strerror(error));
    status->daemon = STATUS_UNKNOWN;
    status_note(&status->unknown, "all", "%s; check the option state", status->why);
    return false;
}

static char *fault; /* where the first error of the store goes */

static void fault_take(enum patchmark_level level, const char *line) {
    if (level == PATCHMARK_ERROR && !*fault)
        snprintf(fault, sizeof(((struct status *)NULL)->store_fault), "%s", line);
}

/* Reads what the files of the folder have, and the daemon that uses it. */
static void folder_read(struct status *status, const char *folder,
                        const struct configuration *configuration) {
    struct store *store;

    fault = status->store_fault;
    log_capture(fault_take);
    store = store_open_reader(folder);
    daemon_read(status, configuration, state_read(store));
    plugins_read(status);
    configured_read(status, configuration);
    status->store_bytes = file_size(folder, DATABASE_NAME);
    status->log_bytes = file_size(folder, DATABASE_NAME "-wal");
    if (store) {
        status->lost_unreported = store_reader_lost(store);
        store_contents_read(status, store);
        store_close(store);
    }
    log_capture(NULL);
}

void status_read(struct status *status, const char *folder,
                 const struct configuration *configuration) {
    *status = (struct status){.folder = folder,
                              .host = configuration ? configuration->host : "",
                              .now = (int64_t)time(NULL),
                              .outbox = {-1, -1, -1, -1},
                              .events = -1,
                              .newest_event = -1,
                              .index = {-1, -1, -1},
                              .store_bytes = -1,
                              .log_bytes = -1,
                              .lost_unreported = -1};
    if (!folder_check(status, folder))
        return;
    folder_read(status, folder, configuration);
    status_judge(status);
}

void status_free(struct status *status) {
    metrics_free(&status->samples);
}
