/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status-text.c - prints a status as a page for people: see status.h.
 */
#include "daemon/features.h"
#include "daemon/status.h"
#include "util/plural.h"
#include "util/terminal.h"
#include "util/wrap.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

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

/* Adds "COUNT NOUNs WORDS", unless the count is unknown, or 0 and not ALWAYS. */
static void count_add(struct wrap *wrap, int64_t count, const char *noun, const char *words,
                      bool always) {
    if (count > 0 || (count == 0 && always))
        wrap_add(wrap, "%" PRId64 " %s%s%s", count, noun, plural((uint64_t)count), words);
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

/* A paragraph of counts in columns. */
struct grid {
    const struct page *page;
    const char *label; /* of the first line; "" afterwards */
    int columns, used; /* of cells on a line */
    int spare;         /* spaces after the last cell */
};

#define CELL 32 /* columns of a cell, with the space before the next one */

static struct grid grid_begin(const struct page *page, const char *label) {
    int columns = ((page->columns > 0 ? page->columns : 80) - INDENT) / CELL;

    return (struct grid){.page = page, .label = label, .columns = columns > 0 ? columns : 1};
}

/* Writes a cell, unless the count is unknown, or 0 and not ALWAYS. */
static void grid_add(struct grid *grid, int64_t count, const char *before, const char *words,
                     bool always) {
    FILE *out = grid->page->out;
    char text[2 * CELL];
    int length;

    if (count < 0 || (count == 0 && !always))
        return;
    if (grid->used == grid->columns) {
        putc('\n', out);
        grid->used = 0;
    }
    if (grid->used == 0)
        fprintf(out, "%-*s", INDENT, grid->label);
    length = snprintf(text, sizeof(text), "%7" PRId64 " %s%s%s", count, before, *before ? " " : "",
                      words);
    /* The next cell begins in its column; without one, no spaces end the line. */
    fprintf(out, "%*s%s", grid->used > 0 ? grid->spare : 0, "", text);
    grid->spare = length < CELL ? CELL - length : 1;
    grid->label = "";
    grid->used++;
}

static void grid_end(struct grid *grid) {
    if (grid->used > 0)
        putc('\n', grid->page->out);
}

/* Adds a cell for each sample NAME that is not 0, with the value of its LABEL. */
static void samples_add(struct grid *grid, const char *name, const char *label) {
    const struct metrics_samples *samples = &grid->page->status->samples;
    char value[NUMBER];

    for (size_t i = 0; i < samples->count; i++)
        if (strcmp(samples->list[i].name, name) == 0 &&
            metrics_label(&samples->list[i], label, value, sizeof(value)))
            grid_add(grid, (int64_t)samples->list[i].value, "", type_shorten(value), false);
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

/* Writes the time below which 99 of 100 mails were answered: an upper bound from the histogram. */
static void latency_write(const struct page *page) {
    int64_t count = number(page, "mail_seconds_count");
    char limit[NUMBER];

    for (size_t i = 0; count > 0 && i < page->status->samples.count; i++) {
        const struct metrics_sample *sample = &page->status->samples.list[i];

        if (strcmp(sample->name, "mail_seconds_bucket") != 0 ||
            sample->value < 0.99 * (double)count ||
            !metrics_label(sample, "le", limit, sizeof(limit)))
            continue;
        if (strcmp(limit, "+Inf") != 0)
            fprintf(page->out, "%*s%8s99%% answered within %g ms\n", INDENT, "", "",
                    strtod(limit, NULL) * 1000);
        return;
    }
}

static void mails_write(const struct page *page) {
    static const struct {
        const char *name, *words;
    } counts[] = {
        {"mails_in_work", "being received"},
        {"mails_again_total", "seen before"},
        {"mails_exempt_total", "exempt"},
        {"mails_unread_total", "passed unread"},
        {"mails_forged_total", "with forged fields"},
        {"mails_truncated_total", "above a limit"},
        {"mails_malformed_total", "malformed"},
    };
    struct grid grid = grid_begin(page, "mails");

    grid_add(&grid, number(page, "mails_answered_total"), "", "answered", true);
    samples_add(&grid, "mails_total", "kind");
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        grid_add(&grid, number(page, counts[i].name), "", counts[i].words, false);
    grid_end(&grid);
    latency_write(page);
}

static void events_write(const struct page *page) {
    struct grid grid = grid_begin(page, "events");
    int64_t total = 0;

    for (size_t i = 0; i < page->status->samples.count; i++)
        if (strcmp(page->status->samples.list[i].name, "events_total") == 0)
            total += (int64_t)page->status->samples.list[i].value;
    grid_add(&grid, total, "", "committed", true);
    samples_add(&grid, "events_total", "type");
    grid_end(&grid);
}

static void plugins_write(const struct page *page) {
    struct grid grid = grid_begin(page, "plugins");
    const struct status *status = page->status;

    grid_add(&grid, (int64_t)status->plugin_count, "",
             status->plugin_count == 1 ? "classifier" : "classifiers", true);
    for (size_t i = 0; i < status->plugin_count; i++) {
        const struct status_plugin *plugin = &status->plugins[i];

        grid_add(&grid, plugin->failures, plugin->name, plugin->off ? "failures: off" : "failures",
                 false);
        for (size_t j = 0; j < plugin->counter_count; j++)
            grid_add(&grid, plugin->counters[j].count, plugin->name, plugin->counters[j].what,
                     true);
    }
    grid_end(&grid);
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

/* Returns true if the table has a column for this counter of a sink. */
static bool has_column(const char *what) {
    return strcmp(what, "delivered") == 0 || strcmp(what, "refused") == 0 ||
           strcmp(what, "dropped") == 0;
}

static void sink_write(const struct page *page, const struct status_plugin *sink, int width) {
    const struct status *status = page->status;
    char pending[WRAP_TEXT_SIZE], oldest[WRAP_TEXT_SIZE], delivered[WRAP_TEXT_SIZE],
        last[WRAP_TEXT_SIZE], refused[WRAP_TEXT_SIZE], lost[WRAP_TEXT_SIZE];
    const char *state = status->daemon == STATUS_RUNNING ? sink->state : "-";
    bool bad =
        strcmp(state, "fails") == 0 || strcmp(state, "off") == 0 || strcmp(state, "refuses") == 0;
    struct grid grid = grid_begin(page, "");

    fprintf(page->out, "%-*s%-*s ", INDENT, "", width, sink->name);
    coloured(page, bad ? RED : strcmp(state, "delivers") == 0 ? GREEN : YELLOW, state);
    fprintf(page->out, "%*s %7s %7s %9s %7s %7s %6s\n", 8 - (int)strlen(state), "",
            cell(pending, sink->pending), age_cell(oldest, sink->pending > 0 ? sink->oldest : -1),
            cell(delivered, sink->delivered),
            age_cell(last, sink->last < 0 ? -1 : status->now - sink->last),
            cell(refused, sink->refused),
            cell(lost, sink->lost < 0 ? -1 : sink->lost + MAX(sink->dropped, 0)));
    for (size_t i = 0; i < sink->counter_count; i++)
        if (!has_column(sink->counters[i].what))
            grid_add(&grid, sink->counters[i].count, "", sink->counters[i].what, false);
    grid_end(&grid);
}

/* Says from when on the daemon has counted what sinks and plugins do. */
static void since_write(const struct page *page) {
    int64_t since = number(page, "configuration_timestamp_seconds");
    int64_t started = number(page, "start_time_seconds");
    char age[WRAP_TEXT_SIZE];

    if (since > 0)
        fprintf(page->out, "%*scounted since the %s, %s ago\n", INDENT, "",
                since - started > 1 ? "last reload" : "start",
                wrap_duration(age, page->status->now - since));
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
    fprintf(page->out, "%-*s%-*s %-8s %7s %7s %9s %7s %7s %6s\n", INDENT, "sinks", width, "", "",
            "waiting", "oldest", "delivered", "last", "refused", "lost");
    for (size_t i = 0; i < status->sink_count; i++)
        sink_write(page, &status->sinks[i], width);
    since_write(page);
}

static void outbox_write(const struct page *page) {
    const struct outbox_totals *outbox = &page->status->outbox;
    struct wrap wrap = paragraph(page, "outbox");
    char text[WRAP_TEXT_SIZE];

    count_add(&wrap, page->status->events, "event", "", true);
    wrap_add(&wrap, "%s", wrap_bytes(text, outbox->bytes));
    if (page->status->events > 0) {
        wrap_add(&wrap, "the oldest %s ago",
                 wrap_duration(text, page->status->now - outbox->oldest_time));
        wrap_add(&wrap, "the newest %s ago",
                 wrap_duration(text, page->status->now - page->status->newest_event));
    }
    wrap_end(&wrap);
}

static void store_write(const struct page *page) {
    const struct status *status = page->status;
    struct wrap wrap = paragraph(page, "store");
    char text[WRAP_TEXT_SIZE];

    wrap_add(&wrap, status->store_bytes < 0 ? "%s" : "%s/patchmark.db", status->folder);
    if (status->store_read)
        wrap_add(&wrap, "schema %d", STORE_SCHEMA_NUMBER);
    if (status->store_bytes >= 0)
        wrap_add(&wrap, "%s", wrap_bytes(text, status->store_bytes));
    if (status->log_bytes > 0)
        wrap_add(&wrap, "log %s", wrap_bytes(text, status->log_bytes));
    if (status->index.series >= 0)
        wrap_add(&wrap, "%" PRId64 " series", status->index.series); /* the plural, too */
    count_add(&wrap, status->index.mails, "mail", "", true);
    if (status->index.newest >= 0)
        wrap_add(&wrap, "the newest %s ago",
                 wrap_duration(text, status->now - status->index.newest));
    if (number(page, "store_up") == 0)
        wrap_add(&wrap, "the daemon cannot use it");
    wrap_end(&wrap);
}

/* Adds the events that each sink has lost, and how. */
static void lost_events_add(struct wrap *wrap, const struct status *status) {
    int64_t lost = 0, refused = 0, dropped = 0;

    for (size_t i = 0; i < status->sink_count; i++) {
        lost += MAX(status->sinks[i].lost, 0);
        refused += MAX(status->sinks[i].refused, 0);
        dropped += MAX(status->sinks[i].dropped, 0);
    }
    count_add(wrap, lost, "event", " dropped before a sink had them", true);
    count_add(wrap, refused, "event", " refused by an endpoint", false);
    count_add(wrap, dropped, "event", " dropped for an endpoint that is off", false);
}

static void lost_write(const struct page *page) {
    const struct status *status = page->status;
    struct wrap wrap = paragraph(page, "lost");

    if (status->daemon == STATUS_RUNNING) {
        count_add(&wrap, number(page, "mails_unremembered_total"), "mail",
                  " not recorded since the start", true);
        lost_events_add(&wrap, status);
    }
    count_add(&wrap, status->lost_unreported, "mail", " not reported to subscribers yet",
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
