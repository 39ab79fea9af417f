/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status-json.c - writes a status as JSON: see status.h.  patchmark(1) has the members; a number
 * that is not known has no member.
 */
#include "daemon/features.h"
#include "daemon/status.h"
#include "util/json-write.h"

#include <string.h>

#define NAME 64

/* Opens the object KEY, with a member "VALUE":NUMBER for each sample NAME. */
static void samples_write(GString *json, const struct status *status, const char *key,
                          const char *name, const char *label) {
    char value[NAME];

    json_write_open(json, key, '{');
    for (size_t i = 0; i < status->samples.count; i++)
        if (strcmp(status->samples.list[i].name, name) == 0 &&
            metrics_label(&status->samples.list[i], label, value, sizeof(value)) &&
            !strchr(value, '\\'))
            json_write_number(json, value, (int64_t)status->samples.list[i].value);
    json_write_close(json, '}');
}

static void number_write(GString *json, const struct status *status, const char *key,
                         const char *name) {
    json_add_number(json, key, status_number(status, name));
}

static void daemon_write(GString *json, const struct status *status) {
    int64_t started = status_number(status, "start_time_seconds");
    char version[NAME];

    json_write_string(json, "state", status_daemon_name(status->daemon));
    json_add_string(json, "why", status->why);
    json_write_truth(json, "healthy",
                     status->daemon == STATUS_RUNNING && status->problems.count == 0);
    json_add_string(json, "host", status->host);
    json_add_string(json, "version", status_version(status, version, sizeof(version)));
    if (status->samples.pid > 0)
        json_write_number(json, "pid", status->samples.pid);
    if (started >= 0) {
        json_write_number(json, "started", started);
        json_write_number(json, "uptime", status->now - started);
        number_write(json, status, "counted_since", "configuration_timestamp_seconds");
        number_write(json, status, "updated", "updated_timestamp_seconds");
    }
}

static void notes_write(GString *json, const char *key, const struct status_notes *notes) {
    json_write_open(json, key, '[');
    for (size_t i = 0; i < notes->count; i++) {
        json_write_open(json, NULL, '{');
        json_write_string(json, "about", notes->list[i].about);
        json_write_string(json, "text", notes->list[i].text);
        json_write_close(json, '}');
    }
    json_write_close(json, ']');
}

static void mails_write(GString *json, const struct status *status) {
    json_write_open(json, "mails", '{');
    number_write(json, status, "answered", "mails_answered_total");
    samples_write(json, status, "kinds", "mails_total", "kind");
    number_write(json, status, "in_work", "mails_in_work");
    number_write(json, status, "again", "mails_again_total");
    number_write(json, status, "exempt", "mails_exempt_total");
    number_write(json, status, "unread", "mails_unread_total");
    number_write(json, status, "forged", "mails_forged_total");
    number_write(json, status, "truncated", "mails_truncated_total");
    number_write(json, status, "malformed", "mails_malformed_total");
    json_write_close(json, '}');
}

static void plugin_members(GString *json, const struct status_plugin *plugin) {
    json_write_string(json, "name", plugin->name);
    json_add_number(json, "calls", plugin->calls);
    json_add_number(json, "failures", plugin->failures);
    if (plugin->counter_count > 0) {
        json_write_open(json, "counters", '{');
        for (size_t i = 0; i < plugin->counter_count; i++)
            json_write_number(json, plugin->counters[i].what, plugin->counters[i].count);
        json_write_close(json, '}');
    }
    if (plugin->trouble.time > 0) {
        json_write_open(json, "logged", '{');
        json_write_number(json, "time", plugin->trouble.time);
        json_write_string(json, "text", plugin->trouble.text);
        json_write_truth(json, "lasts", plugin->trouble.lasts);
        json_write_close(json, '}');
    }
}

static void plugins_write(GString *json, const struct status *status) {
    json_write_open(json, "plugins", '[');
    for (size_t i = 0; i < status->plugin_count; i++) {
        json_write_open(json, NULL, '{');
        plugin_members(json, &status->plugins[i]);
        json_write_truth(json, "off", status->plugins[i].off);
        json_write_close(json, '}');
    }
    json_write_close(json, ']');
}

static void sinks_write(GString *json, const struct status *status) {
    json_write_open(json, "sinks", '[');
    for (size_t i = 0; i < status->sink_count; i++) {
        const struct status_plugin *sink = &status->sinks[i];

        json_write_open(json, NULL, '{');
        plugin_members(json, sink);
        if (status->daemon == STATUS_RUNNING)
            json_write_string(json, "state", sink->state);
        json_add_number(json, "pending", sink->pending);
        json_add_number(json, "oldest_seconds", sink->oldest);
        json_add_number(json, "sequence", sink->sequence);
        json_add_number(json, "delivered", sink->delivered);
        json_add_number(json, "last_delivery", sink->last);
        json_add_number(json, "lost", sink->lost);
        json_add_number(json, "refused", sink->refused);
        json_add_number(json, "dropped", sink->dropped);
        json_write_close(json, '}');
    }
    json_write_close(json, ']');
}

static void store_write(GString *json, const struct status *status) {
    int64_t up = status_number(status, "store_up");

    json_write_open(json, "outbox", '{');
    json_add_number(json, "events", status->events);
    json_add_number(json, "bytes", status->outbox.bytes);
    json_add_number(json, "oldest", status->outbox.oldest_time);
    json_add_number(json, "newest", status->newest_event);
    json_add_number(json, "sequence", status->outbox.newest);
    json_write_close(json, '}');
    json_write_open(json, "store", '{');
    json_write_string(json, "folder", status->folder);
    json_write_truth(json, "readable", status->store_read);
    if (up >= 0)
        json_write_truth(json, "up", up == 1);
    if (status->store_read)
        json_write_number(json, "schema", STORE_SCHEMA_NUMBER);
    json_add_number(json, "bytes", status->store_bytes);
    json_add_number(json, "log_bytes", status->log_bytes);
    json_add_number(json, "series", status->index.series);
    json_add_number(json, "mails", status->index.mails);
    json_add_number(json, "newest_mail", status->index.newest);
    json_write_close(json, '}');
}

static void lost_write(GString *json, const struct status *status) {
    int64_t events = 0;

    for (size_t i = 0; i < status->sink_count; i++)
        events += status_sink_lost(&status->sinks[i]);
    json_write_open(json, "lost", '{');
    number_write(json, status, "mails", "mails_unremembered_total");
    json_add_number(json, "events", status->daemon == STATUS_RUNNING ? events : -1);
    json_add_number(json, "mails_unreported", status->lost_unreported);
    json_write_close(json, '}');
}

static void library_write(void *argument, const char *library, const char *version) {
    json_write_string(argument, library, version);
}

static void versions_write(GString *json, const struct status *status) {
    char library[NAME], version[NAME];

    json_write_open(json, "libraries", '{');
    if (!metrics_find(&status->samples, "library_info", NULL, NULL))
        features_walk_libraries(library_write, json);
    for (size_t i = 0; i < status->samples.count; i++)
        if (strcmp(status->samples.list[i].name, "library_info") == 0 &&
            metrics_label(&status->samples.list[i], "library", library, sizeof(library)) &&
            metrics_label(&status->samples.list[i], "version", version, sizeof(version)))
            json_write_string(json, library, version);
    json_write_close(json, '}');
    json_write_open(json, "features", '{');
    for (const struct feature *feature = features; feature->name; feature++)
        json_write_truth(json, feature->name, feature->built);
    json_write_close(json, '}');
}

char *status_json(const struct status *status) {
    GString *json = json_write_begin();

    json_write_open(json, NULL, '{');
    daemon_write(json, status);
    notes_write(json, "problems", &status->problems);
    if (status->daemon == STATUS_RUNNING) {
        mails_write(json, status);
        samples_write(json, status, "events", "events_total", "type");
        plugins_write(json, status);
    }
    sinks_write(json, status);
    store_write(json, status);
    lost_write(json, status);
    versions_write(json, status);
    notes_write(json, "unknown", &status->unknown);
    json_write_close(json, '}');
    return g_string_free(json, FALSE);
}
