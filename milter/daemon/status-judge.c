/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status-judge.c - what is not as it should be, and what is not known: see status.h.
 */
#include "daemon/status.h"

#include "util/plural.h"
#include "util/wrap.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define TEXT_SIZE sizeof(((struct status_note *)NULL)->text)

void status_note(struct status_notes *notes, const char *about, const char *format, ...) {
    struct status_note *added = &notes->list[notes->count];
    va_list arguments;

    if (notes->count == STATUS_NOTES)
        return;
    notes->count++;
    snprintf(added->about, sizeof(added->about), "%s", about);
    va_start(arguments, format);
    vsnprintf(added->text, sizeof(added->text), format, arguments);
    va_end(arguments);
}

/* Adds what the sink or plugin has logged last to TEXT. */
static void trouble_add(const struct status *status, const struct status_plugin *plugin,
                        char text[TEXT_SIZE]) {
    size_t length = strlen(text);
    char age[WRAP_TEXT_SIZE];

    if (plugin->trouble.time > 0)
        snprintf(text + length, TEXT_SIZE - length, "; %s ago: %s",
                 wrap_duration(age, status->now - plugin->trouble.time), plugin->trouble.text);
    else
        snprintf(text + length, TEXT_SIZE - length, "; see the log");
}

/* Writes what is wrong with a sink to TEXT; "" if nothing is. */
static void sink_judge(const struct status *status, const struct status_plugin *sink,
                       char text[TEXT_SIZE]) {
    const char *state = sink->state;
    char age[WRAP_TEXT_SIZE];

    *text = '\0';
    if (strcmp(state, "off") == 0)
        snprintf(text, TEXT_SIZE,
                 "status 410, the endpoint wants no more events: %" PRId64 " dropped; remove its "
                 "section, or reload to try it again",
                 sink->dropped);
    else if (strcmp(state, "waits") == 0)
        snprintf(text, TEXT_SIZE,
                 "the configuration has this sink, the running daemon does not: reload it");
    else if (strcmp(state, "refuses") == 0)
        snprintf(text, TEXT_SIZE, "the endpoint refuses events: %" PRId64 " set aside",
                 sink->refused);
    else if (strcmp(state, "fails") == 0 && sink->pending == 0)
        snprintf(text, TEXT_SIZE, "the sink fails; no event waits");
    else if (strcmp(state, "fails") == 0 || strcmp(state, "behind") == 0)
        snprintf(text, TEXT_SIZE, "the sink %s: %" PRId64 " event%s wait%s, the oldest for %s",
                 strcmp(state, "fails") == 0 ? "fails" : "delivers, but is behind", sink->pending,
                 plural((uint64_t)sink->pending), sink->pending == 1 ? "s" : "",
                 wrap_duration(age, sink->oldest));
    if (strcmp(state, "refuses") == 0 || strcmp(state, "fails") == 0 ||
        (strcmp(state, "behind") == 0 && sink->trouble.lasts))
        trouble_add(status, sink, text);
}

static void sinks_judge(struct status *status) {
    char text[TEXT_SIZE];

    for (size_t i = 0; i < status->sink_count && status->daemon == STATUS_RUNNING; i++) {
        sink_judge(status, &status->sinks[i], text);
        if (*text)
            status_note(&status->problems, status->sinks[i].name, "%s", text);
    }
}

static void daemon_judge(struct status *status) {
    int64_t updated = status_number(status, "updated_timestamp_seconds");
    char age[WRAP_TEXT_SIZE];

    if (status->daemon == STATUS_SILENT)
        status_note(&status->problems, "daemon", "%s; see the log", status->why);
    if (status->daemon != STATUS_RUNNING)
        return;
    if (updated >= 0 && status->now - updated > STATUS_STALE)
        status_note(&status->problems, "daemon",
                    "its housekeeping hangs: the figures are %s old; see the log",
                    wrap_duration(age, status->now - updated));
    if (status_number(status, "store_up") == 0)
        status_note(
            &status->problems, "store",
            "the daemon cannot use the database; mail passes and makes no events; see the log");
    if (status_number(status, "reload_good") == 0)
        status_note(
            &status->problems, "reload",
            "the configuration was not activated, the one before is in use; see the log for file "
            "and line");
    for (size_t i = 0; i < status->plugin_count; i++)
        if (status->plugins[i].off)
            status_note(&status->problems, status->plugins[i].name,
                        "the plugin is switched off after %" PRId64 " failures; see the log",
                        status->plugins[i].failures);
}

/* Notes what no source has, and why. */
static void unknown_note(struct status *status) {
    if (status->daemon != STATUS_RUNNING)
        status_note(&status->unknown, "counters",
                    "the daemon counts mails, events, deliveries and losses from its start on; %s",
                    status->daemon == STATUS_STOPPED ? "it is stopped" : status->why);
    if (status->by_file)
        status_note(&status->unknown, "sinks",
                    "why a sink fails is in the log: the daemon was asked by metrics_file");
    if (!status->store_read)
        status_note(&status->unknown, "store", "outbox and index: %s", status->store_fault);
    if (status->lost_unreported < 0 && status->daemon != STATUS_RUNNING && status->store_read)
        status_note(
            &status->unknown, "lost",
            "the number of lost mails is in a file that only root and the user of the daemon may "
            "read");
}

void status_judge(struct status *status) {
    sinks_judge(status);
    daemon_judge(status);
    unknown_note(status);
}
