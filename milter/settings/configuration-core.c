/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-core.c - the core's own options: their tables, and what they mean.
 *
 * They are tables like those of plugins and are read by the same code; then each has a check of its
 * own where its type says too little.  What is wrong is a problem of the maker, never a stop.
 */
#include "settings/configuration-private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define HOST_LENGTH   255 /* RFC 1035 */
#define PREFIX_LENGTH 32  /* leaves room for the values, see LIMIT_HEADERS_WRITTEN */

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

/* ---- options ------------------------------------------------------------------------------- */

enum {
    SOCKET,
    USER,
    STATE,
    HOST,
    PREFIX,
    HEADERS,
    LOG,
    LOG_LEVEL,
    LISTS,
    REMEMBER,
    QUIET,
    DURABILITY,
    OUTBOX_SIZE,
    OUTBOX_AGE,
    REPLAY_RATE,
    MAX_MAILS,
    METRICS_FILE,
    METRICS_LISTEN,
    CONFINE,
    TOP_OPTIONS
};

#define ALL_HEADERS "{kind, series, version, part, topic, patch-id, flags, labels, info}"

const struct patchmark_option configuration_top_options[] = {
    [SOCKET] = {"socket", PATCHMARK_STRING, "unix:/run/patchmark/patchmark.sock", 0, 0,
                "where the MTA connects"},
    [USER] = {"user", PATCHMARK_STRING, "patchmark", 0, 0, "whom to run as"},
    [STATE] = {"state", PATCHMARK_STRING, "/var/lib/patchmark", 0, 0, "folder of the database"},
    [HOST] = {"host", PATCHMARK_STRING, NULL, 0, 0, "name of this host in headers and events"},
    [PREFIX] = {"prefix", PATCHMARK_STRING, "Patchmark-", 0, 0, "of the names of headers"},
    [HEADERS] = {"headers", PATCHMARK_LIST, ALL_HEADERS, 0, 0, "which headers are written"},
    [LOG] = {"log", PATCHMARK_STRING, "syslog", 0, 0, "where the log goes"},
    [LOG_LEVEL] = {"log_level", PATCHMARK_STRING, "info", 0, 0, "the least important line"},
    [LISTS] = {"lists", PATCHMARK_LIST, NULL, 0, 0, "List-Ids of the mail that is looked at"},
    [REMEMBER] = {"remember", PATCHMARK_DURATION, "180d", 3600, 3650 * 86400LL,
                  "how long the index knows a mail"},
    [QUIET] = {"quiet", PATCHMARK_DURATION, "2h", 1, 90 * 86400LL,
               "after which an unfinished series is told"},
    [DURABILITY] = {"durability", PATCHMARK_STRING, "normal", 0, 0,
                    "what stored mails and events outlive"},
    [OUTBOX_SIZE] = {"outbox_size", PATCHMARK_INT, "256", 1, 1024 * 1024,
                     "MiB of events that wait at most"},
    [OUTBOX_AGE] = {"outbox_age", PATCHMARK_DURATION, "7d", 1, 3650 * 86400LL,
                    "how long an event waits at most"},
    [REPLAY_RATE] = {"replay_rate", PATCHMARK_INT, "2000", 0, 1000000,
                     "events a second for a sink that catches up"},
    [MAX_MAILS] = {"max_mails", PATCHMARK_INT, "200", 1, 100000,
                   "mails in work at once; more pass unread"},
    [METRICS_FILE] = {"metrics_file", PATCHMARK_STRING, "", 0, 0,
                      "file for the textfile collector of node_exporter"},
    [METRICS_LISTEN] = {"metrics_listen", PATCHMARK_STRING, "", 0, 0,
                        "where Prometheus gets the metrics by HTTP"},
    [CONFINE] = {"confine", PATCHMARK_BOOL, "true", 0, 0,
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

struct word {
    const char *word;
    int number;
};

static const struct word header_words[] = {
    {"kind", HEADER_KIND},       {"series", HEADER_SERIES},
    {"version", HEADER_VERSION}, {"part", HEADER_PART},
    {"topic", HEADER_TOPIC},     {"patch-id", HEADER_PATCH_ID},
    {"flags", HEADER_FLAGS},     {"labels", HEADER_LABELS},
    {"info", HEADER_INFO},       {NULL, 0},
};

static const struct word log_words[] = {{"syslog", 1}, {"stderr", 0}, {NULL, 0}};

static const struct word durability_words[] = {{"normal", 0}, {"full", 1}, {NULL, 0}};

static const struct word level_words[] = {
    {"error", PATCHMARK_ERROR},
    {"warning", PATCHMARK_WARNING},
    {"info", PATCHMARK_INFO},
    {"debug", PATCHMARK_DEBUG},
    {NULL, 0},
};

/* ---- checks that a type does not do -------------------------------------------------------- */

/* A mistake in VALUE of the core's options. */
static void problem_of(struct configuration_maker *maker, const struct option_value *value,
                       const char *format, ...) PATCHMARK_PRINTF(3, 4);

static void problem_of(struct configuration_maker *maker, const struct option_value *value,
                       const char *format, ...) {
    char text[PROBLEM_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    configuration_problem(&maker->problems,
                          value->place ? value->place : maker->configuration->file,
                          "option '%s' must be %s", value->option->name, text);
}

/* The number of TEXT among WORDS; -1 after a problem with all of them. */
static int word_number(struct configuration_maker *maker, const struct option_value *value,
                       const char *text, const struct word *words) {
    char allowed[PROBLEM_SIZE / 2] = "";
    size_t length = 0;

    for (const struct word *word = words; word->word; word++) {
        if (strcmp(word->word, text) == 0)
            return word->number;
        length += (size_t)snprintf(allowed + length, sizeof(allowed) - length, "%s%s",
                                   word == words ? "" : ", ", word->word);
    }
    problem_of(maker, value, "%s %s, not '%.60s'",
               value->option->type == PATCHMARK_LIST ? "a list of" : "one of", allowed, text);
    return -1;
}

/* "inet:" and "inet6:"; what libmilter takes for all interfaces when the host is left out must be
 * said in full. */
static bool is_internet_socket(const char *text) {
    char *end;
    long port;

    if (strncmp(text, "inet:", 5) == 0)
        text += 5;
    else if (strncmp(text, "inet6:", 6) == 0)
        text += 6;
    else
        return false;
    if (!*text || !strchr(DIGITS, *text))
        return false;
    port = strtol(text, &end, 10);
    return port >= 1 && port <= 65535 && *end == '@' && end[1] != '\0' &&
           strcspn(end, " \t") == strlen(end);
}

static bool is_unix_socket(const char *text) {
    const char *path = strchr(text, ':') + 1;

    return (strncmp(text, "unix:/", 6) == 0 || strncmp(text, "local:/", 7) == 0) && path[1];
}

static void check_socket(struct configuration_maker *maker, const struct option_value *value) {
    const char *text = value->items[0];
    size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

    if (!strchr(text, ':') || (!is_unix_socket(text) && !is_internet_socket(text)))
        problem_of(maker, value,
                   "unix:/PATH, local:/PATH, inet:PORT@HOST or inet6:PORT@HOST (0.0.0.0 or :: for "
                   "all interfaces), not '%.200s'",
                   text);
    else if (is_unix_socket(text) && strlen(strchr(text, ':') + 1) > most)
        problem_of(maker, value, "a path of at most %zu bytes, not '%.200s'", most, text);
    maker->configuration->socket = value->items[0];
}

static void check_host(struct configuration_maker *maker, const struct option_value *value) {
    char name[HOST_LENGTH + 1] = "";
    const char *host = value->count ? value->items[0] : name;
    size_t good = strspn(host, LETTERS DIGITS "._:-[]");

    if (!value->count) {
        /* Whatever this host is called, it has to work without being asked. */
        if (gethostname(name, sizeof(name) - 1) < 0 || !*name ||
            name[strspn(name, LETTERS DIGITS "._-")] != '\0')
            strcpy(name, "localhost");
    } else if (host[good] || good == 0 || good > HOST_LENGTH)
        problem_of(maker, value, "a host name, not '%.60s'", host);
    maker->configuration->host = arena_copy(maker->arena, host, strlen(host));
}

static void check_prefix(struct configuration_maker *maker, const struct option_value *value) {
    const char *prefix = value->items[0];
    size_t length = strlen(prefix);

    if (length < 2 || length > PREFIX_LENGTH || !strchr(LETTERS, prefix[0]) ||
        prefix[length - 1] != '-' || prefix[strspn(prefix, LETTERS DIGITS "-")])
        problem_of(maker, value,
                   "a letter, then letters, digits and '-', and end in '-', in all at most %d "
                   "bytes, not '%.60s'",
                   PREFIX_LENGTH, prefix);
    maker->configuration->prefix = value->items[0];
}

static void check_state(struct configuration_maker *maker, const struct option_value *value) {
    if (value->items[0][0] != '/')
        problem_of(maker, value, "an absolute path, not '%.200s'", value->items[0]);
    maker->configuration->state = value->items[0];
}

static void check_metrics(struct configuration_maker *maker, const struct option_value *file,
                          const struct option_value *listen) {
    if (*file->items[0] && file->items[0][0] != '/')
        problem_of(maker, file, "an absolute path, or empty, not '%.200s'", file->items[0]);
    if (*listen->items[0] && !is_internet_socket(listen->items[0]))
        problem_of(maker, listen, "inet:PORT@HOST or inet6:PORT@HOST, or empty, not '%.200s'",
                   listen->items[0]);
    maker->configuration->metrics_file = file->items[0];
    maker->configuration->metrics_listen = listen->items[0];
}

static void check_lists(struct configuration_maker *maker, const struct option_value *value) {
    for (size_t i = 0; i < value->count; i++) {
        if (!*value->items[i])
            problem_of(maker, value, "a list of patterns of List-Ids, not an empty one");
        value->items[i] = configuration_lower(maker->arena, value->items[i]);
    }
    maker->configuration->lists = value->items;
    maker->configuration->list_count = value->count;
}

static void set_outbox(struct configuration_maker *maker, const struct option_value *values) {
    struct configuration *configuration = maker->configuration;

    configuration->durability_full =
        word_number(maker, &values[DURABILITY], values[DURABILITY].items[0], durability_words) > 0;
    configuration->outbox_size = values[OUTBOX_SIZE].number * 1024 * 1024;
    configuration->outbox_age = values[OUTBOX_AGE].number;
    configuration->replay_rate = values[REPLAY_RATE].number;
}

void configuration_core(struct configuration_maker *maker, cfg_t *section) {
    struct configuration *configuration = maker->configuration;
    const struct option_value *values;
    int number;

    values = configuration_values(maker, section, configuration_top_options);
    check_socket(maker, &values[SOCKET]);
    check_state(maker, &values[STATE]);
    check_host(maker, &values[HOST]);
    check_prefix(maker, &values[PREFIX]);
    check_lists(maker, &values[LISTS]);
    check_metrics(maker, &values[METRICS_FILE], &values[METRICS_LISTEN]);
    configuration->confine = values[CONFINE].number != 0;
    configuration->user = values[USER].items[0];
    for (size_t i = 0; i < values[HEADERS].count; i++) {
        number = word_number(maker, &values[HEADERS], values[HEADERS].items[i], header_words);
        configuration->headers |= number > 0 ? (unsigned)number : 0;
    }
    configuration->syslog = word_number(maker, &values[LOG], values[LOG].items[0], log_words) > 0;
    number = word_number(maker, &values[LOG_LEVEL], values[LOG_LEVEL].items[0], level_words);
    configuration->remember = values[REMEMBER].number;
    configuration->max_mails = values[MAX_MAILS].number;
    configuration->quiet = values[QUIET].number;
    set_outbox(maker, values);
    configuration->log_level = number > 0 ? (enum patchmark_level)number : PATCHMARK_INFO;
}
