/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics-text.c - writes the counters as text for Prometheus; see metrics.h.
 *
 * Owns nothing.  Names and units follow the naming guidelines of Prometheus: base units, and the
 * suffix _total for counters.  If /proc cannot be read, the metrics from there are left out.
 */
#include "pipeline/metrics-private.h"

#include "util/cleanup.h"

#include <dirent.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void metrics_head_write(FILE *out, const char *name, const char *type, const char *help) {
    fprintf(out, "# HELP patchmark_%s %s\n# TYPE patchmark_%s %s\n", name, help, name, type);
}

static void number_write(FILE *out, const char *name, const char *type, const char *help,
                         int64_t number) {
    metrics_head_write(out, name, type, help);
    fprintf(out, "patchmark_%s %" PRId64 "\n", name, number);
}

static void counter_write(FILE *out, const char *name, const char *help, uint64_t count) {
    number_write(out, name, "counter", help, (int64_t)count);
}

static void mails_write(FILE *out) {
    metrics_head_write(
        out, "mails_total", "counter",
        "Mails that were read, by kind; kind copy: further copies that list managers send.");
    for (size_t i = 0; i < METRICS_KINDS; i++)
        fprintf(out, "patchmark_mails_total{kind=\"%s\"} %" PRIu64 "\n", metrics_kinds[i],
                (uint64_t)atomic_load(&metrics_totals.kinds[i]));
    counter_write(out, "mails_answered_total", "Mails that were answered, read or unread.",
                  metrics_get(METRICS_ANSWERED));
    counter_write(out, "mails_unread_total",
                  "Mails that passed unread, because max_mails were being processed.",
                  metrics_get(METRICS_UNREAD));
    counter_write(out, "mails_unremembered_total",
                  "Mails that were not recorded and caused no events, because the store failed.",
                  metrics_get(METRICS_UNRECORDED));
    counter_write(out, "mails_again_total", "Mails whose Message-ID was known.",
                  atomic_load(&metrics_totals.known));
    counter_write(out, "mails_exempt_total",
                  "Mails that passed untouched, because the configuration exempts them.",
                  metrics_get(METRICS_EXEMPT));
    counter_write(out, "mails_forged_total",
                  "Mails that arrived with header fields under the prefix of patchmark, other than "
                  "its own from the first pass.",
                  metrics_get(METRICS_FORGED));
    counter_write(out, "mails_truncated_total", "Mails that exceeded a limit.",
                  atomic_load(&metrics_totals.truncated));
    counter_write(out, "mails_malformed_total", "Mails that violate the format of mail.",
                  atomic_load(&metrics_totals.malformed));
    counter_write(out, "mail_bytes_total", "Size of the mails.",
                  atomic_load(&metrics_totals.bytes));
}

static void events_write(FILE *out) {
    metrics_head_write(out, "events_total", "counter",
                       "Events that were committed to the outbox, by type.");
    for (size_t i = 0; i < METRICS_TYPES; i++)
        fprintf(out, "patchmark_events_total{type=\"%s\"} %" PRIu64 "\n",
                i < EVENT_TYPE_COUNT ? event_type_names[i] : "other",
                (uint64_t)atomic_load(&metrics_totals.types[i]));
}

static void latency_write(FILE *out) {
    uint64_t count = 0;

    metrics_head_write(out, "mail_seconds", "histogram",
                       "Time from the end of a mail to its answer.");
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        count += atomic_load(&metrics_totals.buckets[i]);
        fprintf(out, "patchmark_mail_seconds_bucket{le=\"%g\"} %" PRIu64 "\n",
                (double)metrics_bucket_microseconds[i] / 1e6, count);
    }
    count += atomic_load(&metrics_totals.buckets[METRICS_BUCKETS]);
    fprintf(out,
            "patchmark_mail_seconds_bucket{le=\"+Inf\"} %" PRIu64
            "\npatchmark_mail_seconds_sum %.6f\npatchmark_mail_seconds_count %" PRIu64 "\n",
            count, (double)atomic_load(&metrics_totals.microseconds) / 1e6, count);
}

static void plugins_write(FILE *out, const struct pipeline *pipeline) {
    static const struct {
        const char *name, *type, *help;
    } columns[] = {
        {"plugin_calls_total", "counter", "Calls of the plugin since the configuration was read."},
        {"plugin_failures_total", "counter",
         "Calls that failed; for a sink: calls in which it did not accept all events."},
        {"plugin_seconds_total", "counter", "Time spent in the plugin."},
        {"plugin_off", "gauge", "1 if the plugin is switched off after consecutive failures."},
    };
    const size_t count = pipeline_instance_count(pipeline);

    for (size_t column = 0; count > 0 && column < sizeof(columns) / sizeof(columns[0]); column++) {
        metrics_head_write(out, columns[column].name, columns[column].type, columns[column].help);
        for (size_t i = 0; i < count; i++) {
            const struct patchmark_instance *instance = pipeline_instance(pipeline, i);
            struct instance_counts counts = instance_counts(instance);
            const double values[] = {(double)counts.calls, (double)counts.failures,
                                     (double)counts.nanoseconds / 1e9, counts.off ? 1 : 0};

            fprintf(out, "patchmark_%s{plugin=\"%s\"} %.15g\n", columns[column].name,
                    instance_name(instance), values[column]);
        }
    }
}

/* Writes what plugins count themselves, see patchmark_count. */
static void counters_write(FILE *out, const struct pipeline *pipeline) {
    bool headed = false;
    uint64_t count;
    const char *what;

    for (size_t i = 0; i < pipeline_instance_count(pipeline); i++) {
        const struct patchmark_instance *instance = pipeline_instance(pipeline, i);

        for (size_t j = 0; (what = instance_counter(instance, j, &count)); j++) {
            if (!headed)
                metrics_head_write(
                    out, "plugin_events_total", "counter",
                    "What the plugin counts, see its page, since the configuration was read.");
            headed = true;
            fprintf(out, "patchmark_plugin_events_total{plugin=\"%s\",what=\"%s\"} %" PRIu64 "\n",
                    instance_name(instance), what, count);
        }
    }
}

static void sinks_write(FILE *out, const struct metrics_moment *moment) {
    static const struct {
        const char *name, *type, *help;
    } columns[] = {
        {"sink_up", "gauge", "1 if the sink accepted all events that were last offered to it."},
        {"sink_waiting_events", "gauge",
         "Events in the outbox that the sink has not yet accepted."},
        {"sink_oldest_seconds", "gauge",
         "Age of the oldest event that the sink has not yet accepted; 0 if there is none."},
        {"sink_events_total", "counter", "Events that the sink accepted."},
        {"sink_lost_events_total", "counter",
         "Events that were dropped from the outbox before the sink accepted them."},
        {"sink_delivered_timestamp_seconds", "gauge",
         "Time at which the sink delivered an event last; 0 if it has delivered none."},
    };

    for (size_t column = 0; moment->sink_count > 0 && column < sizeof(columns) / sizeof(columns[0]);
         column++) {
        metrics_head_write(out, columns[column].name, columns[column].type, columns[column].help);
        for (size_t i = 0; i < moment->sink_count; i++) {
            const struct metrics_sink *sink = &moment->sinks[i];
            const int64_t values[] = {sink->up,
                                      sink->waiting,
                                      sink->oldest,
                                      (int64_t)sink->accepted,
                                      (int64_t)sink->lost,
                                      sink->delivered};

            fprintf(out, "patchmark_%s{sink=\"%s\"} %" PRId64 "\n", columns[column].name,
                    sink->name, values[column]);
        }
    }
}

void metrics_label_write(FILE *out, const char *text) {
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte < ' ' || byte > '~')
            fprintf(out, "\\\\x%02x", byte);
        else
            fprintf(out, "%s%c", byte == '"' || byte == '\\' ? "\\" : "", byte);
    }
}

void metrics_write_private(FILE *out, const struct metrics_moment *moment) {
    for (size_t i = 0; i < pipeline_instance_count(moment->pipeline); i++) {
        const struct patchmark_instance *instance = pipeline_instance(moment->pipeline, i);
        struct instance_trouble trouble = instance_trouble(instance);

        if (trouble.time == 0)
            continue;
        fprintf(
            out,
            "patchmark_plugin_trouble_timestamp_seconds{plugin=\"%s\",lasts=\"%d\",stands=\"%d\","
            "text=\"",
            instance_name(instance), trouble.lasts, trouble.stands);
        metrics_label_write(out, trouble.text);
        fprintf(out, "\"} %" PRId64 "\n", trouble.time);
    }
}

static void reloads_write(FILE *out) {
    counter_write(out, "reloads_total", "Reloads that activated a configuration.",
                  atomic_load(&metrics_totals.reloads));
    counter_write(out, "reloads_failed_total", "Reloads that failed.",
                  atomic_load(&metrics_totals.reloads_failed));
    number_write(out, "reload_good", "gauge",
                 "0 if the configuration that was read last was not activated.",
                 !atomic_load(&metrics_totals.reload_failed));
    number_write(out, "configuration_timestamp_seconds", "gauge",
                 "Time at which the active configuration was read.",
                 atomic_load(&metrics_totals.read));
}

/* Returns the resident memory of the process in pages; -1 if it is unknown. */
static int64_t pages_resident(void) {
    AUTO(fclose) FILE *file = fopen("/proc/self/statm", "re");
    int64_t pages;

    return file && fscanf(file, "%*s %" SCNd64, &pages) == 1 ? pages : -1;
}

/* Returns the number of open file descriptors; -1 if it is unknown. */
static int64_t files_open(void) {
    DIR *folder = opendir("/proc/self/fd");
    int64_t count = -1; /* the folder itself is open now and is not counted */

    if (!folder)
        return -1;
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += *entry->d_name != '.';
    closedir(folder);
    return count;
}

static void process_write(FILE *out, int64_t updated) {
    int64_t pages = pages_resident(), files = files_open();

    if (pages >= 0)
        number_write(out, "resident_memory_bytes", "gauge", "Resident memory of the process.",
                     pages * sysconf(_SC_PAGESIZE));
    if (files >= 0)
        number_write(out, "open_fds", "gauge", "Open files and sockets.", files);
    number_write(out, "start_time_seconds", "gauge", "Time at which the process started to serve.",
                 atomic_load(&metrics_totals.started));
    number_write(out, "updated_timestamp_seconds", "gauge",
                 "Time at which these metrics were written.", updated);
    metrics_head_write(out, "build_info", "gauge", "1, with the version as label.");
    fprintf(out, "patchmark_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
}

void metrics_write(FILE *out, const struct metrics_moment *moment) {
    mails_write(out);
    metrics_lists_write(out, pipeline_configuration(moment->pipeline));
    number_write(out, "mails_in_work", "gauge", "Mails that are being received.", moment->in_work);
    latency_write(out);
    events_write(out);
    plugins_write(out, moment->pipeline);
    counters_write(out, moment->pipeline);
    sinks_write(out, moment);
    number_write(out, "store_up", "gauge",
                 "1 if the database is open and the last write succeeded.", moment->store_up);
    if (moment->outbox_bytes >= 0)
        number_write(out, "outbox_bytes", "gauge", "Size of the data of the events in the outbox.",
                     moment->outbox_bytes);
    if (moment->log_bytes >= 0)
        number_write(out, "store_log_bytes", "gauge",
                     "Size of the write-ahead log of the database.", moment->log_bytes);
    if (moment->room_bytes >= 0)
        number_write(out, "store_room_bytes", "gauge",
                     "Bytes by which the database can grow: its unused pages and the free space of "
                     "its disk.",
                     moment->room_bytes);
    reloads_write(out);
    process_write(out, moment->time);
}
