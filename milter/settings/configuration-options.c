/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-options.c - see configuration-options.h.
 */
#include "settings/configuration-options.h"

#include <string.h>
#include <sys/param.h>

#define ALL_HEADERS \
    "{kind, series, version, part, topic, patch-id, flags, labels, robot, verdict, info}"

const struct patchmark_option configuration_top_options[] = {
    [TOP_SOCKET] = {"socket", PATCHMARK_STRING, "unix:/run/patchmark/patchmark.sock", 0, 0,
                    "address of the socket to which the MTA connects"},
    [TOP_SOCKET_OWNER] = {"socket_owner", PATCHMARK_STRING, "", 0, 0,
                          "user that owns a unix socket"},
    [TOP_SOCKET_GROUP] = {"socket_group", PATCHMARK_STRING, "", 0, 0,
                          "group of a unix socket, such as that of the MTA"},
    [TOP_SOCKET_MODE] = {"socket_mode", PATCHMARK_STRING, "0660", 0, 0,
                         "mode of a unix socket, in octal digits"},
    [TOP_USER] = {"user", PATCHMARK_STRING, "patchmark", 0, 0, "user to run as"},
    [TOP_STATE] = {"state", PATCHMARK_STRING, "/var/lib/patchmark", 0, 0, "folder of the database"},
    [TOP_HOST] = {"host", PATCHMARK_STRING, NULL, 0, 0, "name of this host in headers and events"},
    [TOP_PREFIX] = {"prefix", PATCHMARK_STRING, "Patchmark-", 0, 0, "prefix of all header names"},
    [TOP_HEADERS] = {"headers", PATCHMARK_LIST, ALL_HEADERS, 0, 0, "the headers to write"},
    [TOP_LOG] = {"log", PATCHMARK_STRING, "syslog", 0, 0, "destination of the log"},
    [TOP_LOG_LEVEL] = {"log_level", PATCHMARK_STRING, "info", 0, 0, "least severe level to log"},
    [TOP_LOG_FACILITY] = {"log_facility", PATCHMARK_STRING, "mail", 0, 0,
                          "facility of the log in syslog"},
    [TOP_LOG_FORMAT] = {"log_format", PATCHMARK_STRING, "text", 0, 0,
                        "form of a log line: text, or an object in JSON"},
    [TOP_LISTS] = {"lists", PATCHMARK_LIST, NULL, 0, 0,
                   "patterns for the List-Ids that count besides those of the sections list"},
    [TOP_LOCAL] = {"local", PATCHMARK_LIST, "{\"127.0.0.0/8\", \"::1\"}", 0, 0,
                   "networks of local clients, such as the list manager"},
    [TOP_EXEMPT_CLIENTS] = {"exempt_clients", PATCHMARK_LIST, NULL, 0, 0,
                            "networks of clients whose mail passes untouched"},
    [TOP_EXEMPT_RECIPIENTS] = {"exempt_recipients", PATCHMARK_LIST, NULL, 0, 0,
                               "patterns for recipients whose mail passes untouched"},
    [TOP_EXEMPT_USERS] = {"exempt_users", PATCHMARK_LIST, NULL, 0, 0,
                          "patterns for authenticated users whose mail passes untouched"},
    [TOP_REMEMBER] = {"remember", PATCHMARK_DURATION, "180d", 3600, 3650 * 86400LL,
                      "how long the index keeps a mail"},
    [TOP_QUIET] = {"quiet", PATCHMARK_DURATION, "2h", 1, 90 * 86400LL,
                   "time without new mail after which a series is incomplete"},
    [TOP_DURABILITY] = {"durability", PATCHMARK_STRING, "normal", 0, 0,
                        "whether committed mails and events survive a power failure (full)"},
    [TOP_OUTBOX_SIZE] = {"outbox_size", PATCHMARK_INT, "256", 1, 1024 * 1024,
                         "most MiB of waiting events in the outbox"},
    [TOP_OUTBOX_AGE] = {"outbox_age", PATCHMARK_DURATION, "7d", 1, 3650 * 86400LL,
                        "longest time that an event waits in the outbox"},
    [TOP_REPLAY_RATE] = {"replay_rate", PATCHMARK_INT, "2000", 0, 1000000,
                         "replayed events per second for each sink; 0: no limit"},
    [TOP_MAX_MAILS] = {"max_mails", PATCHMARK_INT, "200", 1, 100000,
                       "most mails in work at once; further mails pass unread"},
    [TOP_METRICS_FILE] = {"metrics_file", PATCHMARK_STRING, "", 0, 0,
                          "file for the textfile collector of node_exporter"},
    [TOP_METRICS_LISTEN] = {"metrics_listen", PATCHMARK_STRING, "", 0, 0,
                            "address at which Prometheus gets the metrics over HTTP"},
    [TOP_CONFINE] = {"confine", PATCHMARK_BOOL, "true", 0, 0,
                     "restrict the process with Landlock and seccomp"},
    [TOP_OPTIONS] = {.name = NULL},
};

const struct patchmark_option configuration_list_options[] = {
    [LIST_ADDRESS] = {"address", PATCHMARK_LIST, NULL, 0, 0, "posting addresses of the list"},
    [LIST_ANNOTATE] = {"annotate", PATCHMARK_BOOL, "true", 0, 0,
                       "write headers on the mails of the list"},
    [LIST_PUBLISH] = {"publish", PATCHMARK_BOOL, "true", 0, 0,
                      "append events for the mails of the list"},
    [LIST_EVENTS] = {"events", PATCHMARK_STRING, "posted", 0, 0,
                     "whether events are made when a mail is posted or when it is received"},
    [LIST_ARCHIVE_URL] = {"archive_url", PATCHMARK_STRING, "", 0, 0,
                          "link to a mail in the archive of the list, with {message_id}"},
    [LIST_OPTIONS] = {.name = NULL},
};

const struct patchmark_option configuration_plugin_options[] = {
    [PLUGIN_FILE] = {"file", PATCHMARK_STRING, NULL, 0, 0, "path of the shared object"},
    [PLUGIN_ENABLED] = {"enabled", PATCHMARK_BOOL, "true", 0, 0, "load the plugin"},
    [PLUGIN_START] = {"start", PATCHMARK_STRING, "now", 0, 0,
                      "the event with which a sink begins that the store does not know"},
    [PLUGIN_OPTIONS] = {.name = NULL},
};

const struct patchmark_option configuration_web_options[] = {
    [WEB_LISTEN] = {"listen", PATCHMARK_STRING, "inet:8025@127.0.0.1", 0, 0,
                    "address at which patchmark web listens"},
    [WEB_HOSTS] = {"hosts", PATCHMARK_LIST, NULL, 0, 0,
                   "names of this host in the URLs of the page"},
    [WEB_OPTIONS] = {.name = NULL},
};

size_t configuration_option_count(const struct patchmark_option *options) {
    size_t count = 0;

    while (options && options[count].name)
        count++;
    return count;
}

#define NEAR_LENGTH 32 /* longer names are near to none */

/* Returns the number of letters that must be added, removed or replaced to make OTHER of NAME, both
 * of at most NEAR_LENGTH bytes (Levenshtein's distance). */
static size_t distance(const char *name, const char *other) {
    size_t length = strlen(other), row[NEAR_LENGTH + 1];

    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; name[i - 1]; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t replaced = diagonal + (name[i - 1] != other[j - 1]);

            diagonal = row[j];
            row[j] = MIN(replaced, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[length];
}

bool configuration_word_is_nearer(const char *name, const char *word, size_t *steps) {
    size_t length = strlen(name), found;

    if (length > NEAR_LENGTH || strlen(word) > NEAR_LENGTH)
        return false;
    found = distance(name, word);
    if (found > MIN(length / 3, 2) || found >= *steps)
        return false;
    *steps = found;
    return true;
}

const char *configuration_option_near(const struct patchmark_option *options, const char *name) {
    const char *near = NULL;
    size_t steps = SIZE_MAX;

    for (size_t i = 0; options && options[i].name; i++)
        if (configuration_word_is_nearer(name, options[i].name, &steps))
            near = options[i].name;
    return near;
}
