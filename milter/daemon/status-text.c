/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status-text.c - prints a status as a page for people: see status.h.
 */
#include "daemon/features.h"
#include "daemon/status.h"
#include "util/terminal.h"
#include "util/wrap.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 11
#define NUMBER 64

struct page {
    const struct status *status;
    FILE *out;
    int columns;
    bool colours;
};

enum colour { PLAIN = 0, BOLD = 1, RED = 31, GREEN = 32, YELLOW = 33 };

/* Writes TEXT in COLOUR. */
static void coloured(const struct page *page, enum colour colour, const char *text) {
    if (page->colours && colour != PLAIN)
        fprintf(page->out, "\033[%dm%s\033[0m", colour, text);
    else
        fputs(text, page->out);
}

static struct wrap paragraph(const struct page *page, const char *label) {
    return wrap_begin(page->out, label, INDENT, page->columns);
}

static int64_t number(const struct page *page, const char *name) {
    return status_number(page->status, name);
}

/* Adds "COUNT WORDS", unless the count is unknown, or 0 and not ALWAYS. */
static void count_add(struct wrap *wrap, int64_t count, const char *words, bool always) {
    if (count > 0 || (count == 0 && always))
        wrap_add(wrap, "%" PRId64 " %s", count, words);
}

/* Returns the short name of an event type: "series.opened" for "patchmark.series.opened.v1". */
static char *type_shorten(char *type) {
    size_t length = strlen(type);

    if (strncmp(type, "patchmark.", 10) != 0 || length < 13 ||
        strcmp(type + length - 3, ".v1") != 0)
        return type;
    type[length - 3] = '\0';
    return type + 10;
}

/* Adds "VALUE COUNT" for each sample NAME that is not 0, with the value of its LABEL. */
static void samples_add(struct wrap *wrap, const struct page *page, const char *name,
                        const char *label) {
    char value[NUMBER];

    for (size_t i = 0; i < page->status->samples.count; i++) {
        const struct metrics_sample *sample = &page->status->samples.list[i];

        if (strcmp(sample->name, name) == 0 && sample->value > 0 &&
            metrics_label(sample, label, value, sizeof(value)))
            wrap_add(wrap, "%s %.0f", type_shorten(value), sample->value);
    }
}

/* ---- the daemon ---------------------------------------------------------------------------- */

static void daemon_write(const struct page *page) {
    static const enum colour colours[] = {[STATUS_RUNNING] = GREEN,
                                          [STATUS_STOPPED] = RED,
                                          [STATUS_SILENT] = RED,
                                          [STATUS_UNKNOWN] = YELLOW};
    const struct status *status = page->status;
    int64_t started = number(page, "start_time_seconds");
    char text[WRAP_TEXT_SIZE], version[NUMBER];

    fprintf(page->out, "%-*s", INDENT, "daemon");
    coloured(page, colours[status->daemon], status_daemon_name(status->daemon));
    if (started > 0) {
        fprintf(page->out, " for %s", wrap_duration(text, status->now - started));
        fprintf(page->out, ", since %s", wrap_time(text, started));
    } else if (*status->why) {
        fprintf(page->out, ": %s", status->why);
    }
    putc('\n', page->out);
    if (*status_version(status, version, sizeof(version)) && strcmp(version, PACKAGE_VERSION) != 0)
        fprintf(page->out, "%-*sit is version %s; this program is version %s\n", INDENT, "",
                version, PACKAGE_VERSION);
}

static void notes_write(const struct page *page, const char *label, enum colour colour,
                        const struct status_notes *notes) {
    struct wrap wrap;

    for (size_t i = 0; i < notes->count; i++) {
        fprintf(page->out, "%-*s", INDENT, i == 0 ? label : "");
        coloured(page, colour, notes->list[i].about);
        putc(':', page->out);
        wrap = (struct wrap){.stream = page->out,
                             .columns = page->columns,
                             .indent = INDENT,
                             .used = INDENT + (int)strlen(notes->list[i].about) + 1,
                             .items = 1};
        wrap_words(&wrap, notes->list[i].text);
        wrap_end(&wrap);
    }
}

/* ---- counters ------------------------------------------------------------------------------ */

/* Adds the time below which 99 of 100 mails were answered: an upper bound from the histogram. */
static void latency_add(struct wrap *wrap, const struct page *page) {
    int64_t count = number(page, "mail_seconds_count");
    char limit[NUMBER];

    for (size_t i = 0; count > 0 && i < page->status->samples.count; i++) {
        const struct metrics_sample *sample = &page->status->samples.list[i];

        if (strcmp(sample->name, "mail_seconds_bucket") != 0 ||
            sample->value < 0.99 * (double)count ||
            !metrics_label(sample, "le", limit, sizeof(limit)))
            continue;
        if (strcmp(limit, "+Inf") != 0)
            wrap_add(wrap, "99%% within %g ms", strtod(limit, NULL) * 1000);
        return;
    }
}

static void mails_write(const struct page *page) {
    struct wrap wrap = paragraph(page, "mails");

    count_add(&wrap, number(page, "mails_answered_total"), "answered", true);
    samples_add(&wrap, page, "mails_total", "kind");
    wrap_end(&wrap);
    wrap = paragraph(page, "");
    count_add(&wrap, number(page, "mails_in_work"), "being received", true);
    count_add(&wrap, number(page, "mails_again_total"), "seen before", false);
    count_add(&wrap, number(page, "mails_exempt_total"), "exempt", false);
    count_add(&wrap, number(page, "mails_unread_total"), "passed unread", false);
    count_add(&wrap, number(page, "mails_forged_total"), "with forged fields", false);
    count_add(&wrap, number(page, "mails_truncated_total"), "above a limit", false);
    count_add(&wrap, number(page, "mails_malformed_total"), "malformed", false);
    latency_add(&wrap, page);
    wrap_end(&wrap);
}

static void events_write(const struct page *page) {
    struct wrap wrap = paragraph(page, "events");
    int64_t total = 0;

    for (size_t i = 0; i < page->status->samples.count; i++)
        if (strcmp(page->status->samples.list[i].name, "events_total") == 0)
            total += (int64_t)page->status->samples.list[i].value;
    count_add(&wrap, total, "committed", true);
    samples_add(&wrap, page, "events_total", "type");
    wrap_end(&wrap);
}

static void plugins_write(const struct page *page) {
    struct wrap wrap = paragraph(page, "plugins");
    const struct status *status = page->status;

    wrap_add(&wrap, "%zu classifiers", status->plugin_count);
    for (size_t i = 0; i < status->plugin_count; i++) {
        const struct status_plugin *plugin = &status->plugins[i];

        if (plugin->failures > 0 || plugin->off)
            wrap_add(&wrap, "%s%s failed %" PRId64 " times", plugin->name,
                     plugin->off ? " is off and" : "", plugin->failures);
        for (size_t j = 0; j < plugin->counter_count; j++)
            wrap_add(&wrap, "%s %s %" PRId64, plugin->name, plugin->counters[j].what,
                     plugin->counters[j].count);
    }
    wrap_end(&wrap);
}

/* ---- sinks, store -------------------------------------------------------------------------- */

/* Formats NUMBER; "-" if it is unknown. */
static const char *cell(char text[WRAP_TEXT_SIZE], int64_t count) {
    if (count < 0)
        strcpy(text, "-");
    else
        snprintf(text, WRAP_TEXT_SIZE, "%" PRId64, count);
    return text;
}

static const char *age_cell(char text[WRAP_TEXT_SIZE], int64_t seconds) {
    return seconds < 0 ? cell(text, -1) : wrap_duration(text, seconds);
}

static void sink_write(const struct page *page, const struct status_plugin *sink, int width) {
    const struct status *status = page->status;
    char pending[WRAP_TEXT_SIZE], oldest[WRAP_TEXT_SIZE], delivered[WRAP_TEXT_SIZE],
        last[WRAP_TEXT_SIZE], lost[WRAP_TEXT_SIZE];
    const char *state = status->daemon == STATUS_RUNNING ? sink->state : "-";
    bool bad = strcmp(state, "fails") == 0 || strcmp(state, "off") == 0;

    fprintf(page->out, "%-*s%-*s ", INDENT, "", width, sink->name);
    coloured(page, bad ? RED : strcmp(state, "delivers") == 0 ? GREEN : YELLOW, state);
    fprintf(page->out, "%*s %8s %7s %9s %7s %6s\n", 8 - (int)strlen(state), "",
            cell(pending, sink->pending), age_cell(oldest, sink->pending > 0 ? sink->oldest : -1),
            cell(delivered, sink->delivered),
            age_cell(last, sink->last < 0 ? -1 : status->now - sink->last), cell(lost, sink->lost));
    if (sink->counter_count > 0) {
        struct wrap wrap = wrap_begin(page->out, "", INDENT + 2, page->columns);

        for (size_t i = 0; i < sink->counter_count; i++)
            wrap_add(&wrap, "%s %" PRId64, sink->counters[i].what, sink->counters[i].count);
        wrap_end(&wrap);
    }
}

static void sinks_write(const struct page *page) {
    const struct status *status = page->status;
    int width = (int)strlen("webhook");

    if (status->sink_count == 0) {
        fprintf(page->out, "%-*snone\n", INDENT, "sinks");
        return;
    }
    for (size_t i = 0; i < status->sink_count; i++)
        if ((int)strlen(status->sinks[i].name) > width)
            width = (int)strlen(status->sinks[i].name);
    fprintf(page->out, "%-*s%-*s %-8s %8s %7s %9s %7s %6s\n", INDENT, "sinks", width, "", "",
            "waiting", "oldest", "delivered", "last", "lost");
    for (size_t i = 0; i < status->sink_count; i++)
        sink_write(page, &status->sinks[i], width);
}

static void outbox_write(const struct page *page) {
    const struct outbox_totals *outbox = &page->status->outbox;
    struct wrap wrap = paragraph(page, "outbox");
    char text[WRAP_TEXT_SIZE];

    count_add(&wrap, page->status->events, "events", true);
    wrap_add(&wrap, "%s", wrap_bytes(text, outbox->bytes));
    if (page->status->events > 0) {
        wrap_add(&wrap, "the oldest is %s old",
                 wrap_duration(text, page->status->now - outbox->oldest_time));
        wrap_add(&wrap, "the newest %s",
                 wrap_duration(text, page->status->now - page->status->newest_event));
    }
    wrap_end(&wrap);
}

static void store_write(const struct page *page) {
    const struct status *status = page->status;
    struct wrap wrap = paragraph(page, "store");
    char text[WRAP_TEXT_SIZE];

    wrap_add(&wrap, "%s/patchmark.db", status->folder);
    if (status->store_read)
        wrap_add(&wrap, "schema %d", STORE_SCHEMA_NUMBER);
    if (status->store_bytes >= 0)
        wrap_add(&wrap, "%s", wrap_bytes(text, status->store_bytes));
    if (status->log_bytes > 0)
        wrap_add(&wrap, "log %s", wrap_bytes(text, status->log_bytes));
    count_add(&wrap, status->index.series, "series", true);
    count_add(&wrap, status->index.mails, "mails", true);
    if (status->index.newest >= 0)
        wrap_add(&wrap, "the newest %s ago",
                 wrap_duration(text, status->now - status->index.newest));
    if (number(page, "store_up") == 0)
        wrap_add(&wrap, "the daemon cannot use it");
    wrap_end(&wrap);
}

static void lost_write(const struct page *page) {
    const struct status *status = page->status;
    struct wrap wrap = paragraph(page, "lost");
    int64_t events = 0;

    for (size_t i = 0; i < status->sink_count; i++)
        events += status->sinks[i].lost > 0 ? status->sinks[i].lost : 0;
    if (status->daemon == STATUS_RUNNING) {
        count_add(&wrap, number(page, "mails_unremembered_total"),
                  "mails not recorded since the start", true);
        count_add(&wrap, events, "events dropped before a sink had them", true);
    }
    count_add(&wrap, status->lost_unreported, "mails not reported to subscribers yet",
              status->daemon != STATUS_RUNNING);
    if (wrap.items == 0)
        wrap_add(&wrap, "unknown");
    wrap_end(&wrap);
}

/* ---- versions ------------------------------------------------------------------------------ */

static void library_add(void *argument, const char *library, const char *version) {
    wrap_add(argument, "%s %s", library, version);
}

/* Writes the libraries of the daemon, or, if it does not run, those of this program. */
static void versions_write(const struct page *page) {
    const struct status *status = page->status;
    struct wrap wrap = paragraph(page, "versions");
    char version[NUMBER], library[NUMBER];

    wrap_add(&wrap, "patchmark %s",
             *status_version(status, version, sizeof(version)) ? version : PACKAGE_VERSION);
    wrap_add(&wrap, "plugin interface %d", PATCHMARK_ABI);
    if (!metrics_find(&status->samples, "library_info", NULL, NULL))
        features_walk_libraries(library_add, &wrap);
    for (size_t i = 0; i < status->samples.count; i++)
        if (strcmp(status->samples.list[i].name, "library_info") == 0 &&
            metrics_label(&status->samples.list[i], "library", library, sizeof(library)) &&
            metrics_label(&status->samples.list[i], "version", version, sizeof(version)))
            wrap_add(&wrap, "%s %s", library, version);
    wrap_end(&wrap);
    features_write(page->out, "features", INDENT, page->columns);
}

void status_write_text(const struct status *status, FILE *out, int columns, bool colours) {
    const struct page page = {status, out, columns, colours};

    daemon_write(&page);
    notes_write(&page, "problems", RED, &status->problems);
    if (status->daemon == STATUS_RUNNING) {
        mails_write(&page);
        events_write(&page);
        plugins_write(&page);
    }
    sinks_write(&page);
    if (status->store_read)
        outbox_write(&page);
    store_write(&page);
    lost_write(&page);
    notes_write(&page, "unknown", YELLOW, &status->unknown);
    versions_write(&page);
}
