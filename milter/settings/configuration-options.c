/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-options.c - see configuration-options.h.
 */
#include "settings/configuration-options.h"

#define ALL_HEADERS "{kind, series, version, part, topic, patch-id, flags, labels, info}"

const struct patchmark_option configuration_top_options[] = {
    [TOP_SOCKET] = {"socket", PATCHMARK_STRING, "unix:/run/patchmark/patchmark.sock", 0, 0,
                    "where the MTA connects"},
    [TOP_USER] = {"user", PATCHMARK_STRING, "patchmark", 0, 0, "whom to run as"},
    [TOP_STATE] = {"state", PATCHMARK_STRING, "/var/lib/patchmark", 0, 0, "folder of the database"},
    [TOP_HOST] = {"host", PATCHMARK_STRING, NULL, 0, 0, "name of this host in headers and events"},
    [TOP_PREFIX] = {"prefix", PATCHMARK_STRING, "Patchmark-", 0, 0, "of the names of headers"},
    [TOP_HEADERS] = {"headers", PATCHMARK_LIST, ALL_HEADERS, 0, 0, "which headers are written"},
    [TOP_LOG] = {"log", PATCHMARK_STRING, "syslog", 0, 0, "where the log goes"},
    [TOP_LOG_LEVEL] = {"log_level", PATCHMARK_STRING, "info", 0, 0, "the least important line"},
    [TOP_LISTS] = {"lists", PATCHMARK_LIST, NULL, 0, 0, "List-Ids of the mail that is looked at"},
    [TOP_REMEMBER] = {"remember", PATCHMARK_DURATION, "180d", 3600, 3650 * 86400LL,
                      "how long the index knows a mail"},
    [TOP_QUIET] = {"quiet", PATCHMARK_DURATION, "2h", 1, 90 * 86400LL,
                   "after which an unfinished series is told"},
    [TOP_DURABILITY] = {"durability", PATCHMARK_STRING, "normal", 0, 0,
                        "what stored mails and events outlive"},
    [TOP_OUTBOX_SIZE] = {"outbox_size", PATCHMARK_INT, "256", 1, 1024 * 1024,
                         "MiB of events that wait at most"},
    [TOP_OUTBOX_AGE] = {"outbox_age", PATCHMARK_DURATION, "7d", 1, 3650 * 86400LL,
                        "how long an event waits at most"},
    [TOP_REPLAY_RATE] = {"replay_rate", PATCHMARK_INT, "2000", 0, 1000000,
                         "events a second for a sink that catches up"},
    [TOP_MAX_MAILS] = {"max_mails", PATCHMARK_INT, "200", 1, 100000,
                       "mails in work at once; more pass unread"},
    [TOP_METRICS_FILE] = {"metrics_file", PATCHMARK_STRING, "", 0, 0,
                          "file for the textfile collector of node_exporter"},
    [TOP_METRICS_LISTEN] = {"metrics_listen", PATCHMARK_STRING, "", 0, 0,
                            "where Prometheus gets the metrics by HTTP"},
    [TOP_CONFINE] = {"confine", PATCHMARK_BOOL, "true", 0, 0,
                     "give up what a milter never needs (Landlock, seccomp)"},
    [TOP_OPTIONS] = {.name = NULL},
};

const struct patchmark_option configuration_list_options[] = {
    [LIST_ANNOTATE] = {"annotate", PATCHMARK_BOOL, "true", 0, 0, "write headers"},
    [LIST_PUBLISH] = {"publish", PATCHMARK_BOOL, "true", 0, 0, "make events"},
    [LIST_OPTIONS] = {.name = NULL},
};

const struct patchmark_option configuration_plugin_options[] = {
    [PLUGIN_FILE] = {"file", PATCHMARK_STRING, NULL, 0, 0, "the shared object"},
    [PLUGIN_ENABLED] = {"enabled", PATCHMARK_BOOL, "true", 0, 0, "load the plugin"},
    [PLUGIN_OPTIONS] = {.name = NULL},
};

size_t configuration_option_count(const struct patchmark_option *options) {
    size_t count = 0;

    while (options && options[count].name)
        count++;
    return count;
}
