/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status.h - `patchmark status`: what is known of a daemon, its sinks and its store at one moment.
 *
 * The sources are the store, which is read without changing it, and the metrics of the running
 * daemon.  In all structs, a number that is not known is -1.
 */
#ifndef STATUS_H
#define STATUS_H

#include "daemon/metrics-read.h"
#include "plugin/bounds.h"
#include "plugin/instance.h"
#include "settings/configuration.h"
#include "store/index.h"
#include "store/outbox.h"

#include <stdio.h>

extern const struct command command_status;

enum status_daemon {
    STATUS_RUNNING,
    STATUS_STOPPED,
    STATUS_SILENT, /* it listens, but does not answer */
    STATUS_UNKNOWN
};

/* A sink; or any other plugin, of which only the name, calls, failures and counters are set. */
struct status_plugin {
    char name[LIMIT_PLUGIN_TITLE + 1];
    const char *state;       /* a word, a static string, see patchmark(1) */
    int64_t pending, oldest; /* events in the outbox for it, and the age of the oldest in seconds */
    int64_t sequence;        /* its cursor in the outbox */
    /* Events that it delivered, and when it last did, since 1970.  A sink with a counter
     * "delivered" has delivered what it counts there; any other one what it accepted. */
    int64_t delivered, last;
    int64_t lost;             /* events that were dropped from the outbox before it accepted them */
    int64_t refused, dropped; /* events that it set aside or dropped itself: its counters */
    int64_t calls, failures;
    bool off; /* switched off after failures */
    struct status_counter {
        char what[64];
        int64_t count;
    } counters[LIMIT_PLUGIN_COUNTERS]; /* what it counts itself */
    size_t counter_count;
    struct instance_trouble trouble; /* its newest warning or error; time 0: none, or not known */
};

/* Something that is not as it should be, or not known, and why. */
struct status_note {
    char about[LIMIT_PLUGIN_TITLE + 16];
    char text[512];
};
#define STATUS_NOTES 128
struct status_notes {
    struct status_note list[STATUS_NOTES];
    size_t count;
};

/* The age in seconds from which metrics, which are written every 5 s, count as out of date. */
#define STATUS_STALE 30

struct status {
    const char *folder; /* the state folder */
    const char *host;   /* "" if no configuration was read */
    int64_t now;        /* seconds since 1970 */
    enum status_daemon daemon;
    char why[512]; /* if the daemon is not running: how this is known; else "" */
    struct metrics_samples samples;
    bool by_file; /* they are those of metrics_file, which does not have the troubles */
    struct status_plugin sinks[2 * LIMIT_PLUGINS], plugins[LIMIT_PLUGINS];
    size_t sink_count, plugin_count;
    bool store_read;       /* the store could be read; else what follows has no values ... */
    char store_fault[512]; /* ... and why not */
    struct outbox_totals outbox;
    int64_t events, newest_event; /* number of events in the outbox, and the time of the newest */
    struct index_totals index;
    int64_t store_bytes, log_bytes; /* of the database and its write-ahead log */
    int64_t lost_unreported;        /* mails, see store_reader_lost */
    struct status_notes problems, unknown;
};

/* Fills STATUS from the state folder FOLDER, and CONFIGURATION, which may be NULL and must stay
 * valid as long as STATUS.  What cannot be read becomes a note in `unknown`.  status_free frees it.
 */
void status_read(struct status *status, const char *folder,
                 const struct configuration *configuration);
void status_free(struct status *status);
/* Adds what is wrong with STATUS, or not known of it, to its notes; status_read calls it last. */
void status_judge(struct status *status);
/* Adds a note with a text as for printf(3); drops it if there are STATUS_NOTES. */
void status_note(struct status_notes *notes, const char *about, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Returns the events of SINK that are counted and that its receiver does not have; 0 if that is
 * unknown. */
int64_t status_sink_lost(const struct status_plugin *sink);

/* Returns a number of the running daemon, see metrics_number. */
int64_t status_number(const struct status *status, const char *name);

/* Return the words for the state of the daemon, and its version; "" if that is unknown. */
const char *status_daemon_name(enum status_daemon daemon);
const char *status_version(const struct status *status, char *buffer, size_t size);

/* Writes STATUS as a page for people with COLUMNS columns, 0 for lines without a limit. */
void status_write_text(const struct status *status, FILE *out, int columns, bool colours);
/* Returns STATUS as one line of JSON, which free(3) frees.  patchmark(1) has the members. */
char *status_json(const struct status *status);

#endif
