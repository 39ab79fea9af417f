/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-core.c - see configuration-core.h.
 *
 * The values are read by configuration-section.h, as those of plugins are.  This file adds the
 * checks that the type of an option does not cover.  An invalid value is added to the problems, and
 * the remaining options are still checked.
 */
#include "settings/configuration-core.h"

#include "settings/configuration-check.h"
#include "settings/configuration-options.h"
#include "settings/configuration-read.h"
#include "settings/header-prefix.h"
#include "util/listen-address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define HOST_LENGTH   255 /* RFC 1035 */
#define PREFIX_LENGTH 32  /* so that all fields fit into LIMIT_HEADERS_WRITTEN */

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

static const struct configuration_word header_words[] = {
    {"kind", HEADER_KIND},       {"series", HEADER_SERIES}, {"version", HEADER_VERSION},
    {"part", HEADER_PART},       {"topic", HEADER_TOPIC},   {"patch-id", HEADER_PATCH_ID},
    {"flags", HEADER_FLAGS},     {"labels", HEADER_LABELS}, {"robot", HEADER_ROBOT},
    {"verdict", HEADER_VERDICT}, {"info", HEADER_INFO},     {0},
};

static const struct configuration_word log_words[] = {{"syslog", 1}, {"stderr", 0}, {0}};

static const struct configuration_word facility_words[] = {
    {"mail", LOG_MAIL},
    {"daemon", LOG_DAEMON},
    {"local0", LOG_LOCAL0},
    {"local1", LOG_LOCAL1},
    {"local2", LOG_LOCAL2},
    {"local3", LOG_LOCAL3},
    {"local4", LOG_LOCAL4},
    {"local5", LOG_LOCAL5},
    {"local6", LOG_LOCAL6},
    {"local7", LOG_LOCAL7},
    {0},
};

static const struct configuration_word format_words[] = {{"text", 0}, {"json", 1}, {0}};

static const struct configuration_word durability_words[] = {{"normal", 0}, {"full", 1}, {0}};

static const struct configuration_word level_words[] = {
    {"error", PATCHMARK_ERROR},
    {"warning", PATCHMARK_WARNING},
    {"info", PATCHMARK_INFO},
    {"debug", PATCHMARK_DEBUG},
    {0},
};

/* ---- checks beyond the type ---------------------------------------------------------------- */

static bool begins(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* Returns true if TEXT is "inet:PORT@HOST" or "inet6:PORT@HOST".  HOST is required: without it,
 * libmilter would listen on all interfaces. */
static bool is_internet_socket(const char *text) {
    struct listen_address address;

    return (begins(text, "inet:") || begins(text, "inet6:")) && listen_address_read(text, &address);
}

static void check_socket(struct configuration_maker *maker, const struct option_value *value) {
    const char *text = value->items[0];
    bool has_path = begins(text, "unix:/") || begins(text, "local:/");
    size_t limit = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
    struct listen_address address;

    maker->configuration->socket = value->items[0];
    if (has_path && strlen(strchr(text, '/')) > limit)
        configuration_problem_of(maker, value, "a path of at most %zu bytes, not '%.200s'", limit,
                                 text);
    else if (has_path ? !listen_address_read(text, &address) : !is_internet_socket(text))
        configuration_problem_of(
            maker, value,
            "unix:/PATH, local:/PATH, inet:PORT@HOST or inet6:PORT@HOST (0.0.0.0 or :: for "
            "all interfaces), not '%.200s'",
            text);
}

/* The mode of the socket has no bits but those to connect, of owner, group and others. */
static void check_socket_access(struct configuration_maker *maker,
                                const struct option_value *values) {
    const char *mode = values[TOP_SOCKET_MODE].items[0];

    maker->configuration->socket_owner = values[TOP_SOCKET_OWNER].items[0];
    maker->configuration->socket_group = values[TOP_SOCKET_GROUP].items[0];
    maker->configuration->socket_mode = (unsigned)strtoul(mode, NULL, 8);
    if (strspn(mode, "0246") != strlen(mode) || strlen(mode) < 3 || strlen(mode) > 4 ||
        maker->configuration->socket_mode > 0666)
        configuration_problem_of(maker, &values[TOP_SOCKET_MODE],
                                 "\"0600\", \"0660\" or \"0666\", not '%.60s'", mode);
}

static void check_host(struct configuration_maker *maker, const struct option_value *value) {
    char name[HOST_LENGTH + 1] = "";
    const char *host = value->count ? value->items[0] : name;
    size_t valid = strspn(host, LETTERS DIGITS "._:-[]");

    if (!value->count) {
        /* The default must be valid on every host, even if the name of the host is not. */
        if (gethostname(name, sizeof(name) - 1) < 0 || !*name ||
            name[strspn(name, LETTERS DIGITS "._-")] != '\0')
            strcpy(name, "localhost");
    } else if (host[valid] || valid == 0 || valid > HOST_LENGTH)
        configuration_problem_of(maker, value, "a host name, not '%.60s'", host);
    maker->configuration->host = arena_copy(maker->arena, host, strlen(host));
}

static void check_prefix(struct configuration_maker *maker, const struct option_value *value) {
    const char *prefix = value->items[0];
    size_t length = strlen(prefix);

    if (length < 2 || length > PREFIX_LENGTH || !strchr(LETTERS, prefix[0]) ||
        prefix[length - 1] != '-' || prefix[strspn(prefix, LETTERS DIGITS "-")])
        configuration_problem_of(
            maker, value,
            "a letter, then letters, digits and '-', and end in '-', in all at most %d "
            "bytes, not '%.60s'",
            PREFIX_LENGTH, prefix);
    else if (header_prefix_is_foreign(prefix))
        configuration_problem_of(maker, value,
                                 "a prefix of patchmark's own, such as Patchmark- or X-Patchmark-, "
                                 "not '%s': it would delete fields of other programs from mail",
                                 prefix);
    maker->configuration->prefix = value->items[0];
}

static void check_state(struct configuration_maker *maker, const struct option_value *value) {
    if (value->items[0][0] != '/')
        configuration_problem_of(maker, value, "an absolute path, not '%.200s'", value->items[0]);
    maker->configuration->state = value->items[0];
}

static void check_metrics(struct configuration_maker *maker, const struct option_value *file,
                          const struct option_value *listen) {
    if (*file->items[0] && file->items[0][0] != '/')
        configuration_problem_of(maker, file, "an absolute path, or empty, not '%.200s'",
                                 file->items[0]);
    if (*listen->items[0] && !is_internet_socket(listen->items[0]))
        configuration_problem_of(maker, listen,
                                 "inet:PORT@HOST or inet6:PORT@HOST, or empty, not '%.200s'",
                                 listen->items[0]);
    maker->configuration->metrics_file = file->items[0];
    maker->configuration->metrics_listen = listen->items[0];
}

/* Reads VALUE, a list of networks, into *NETWORKS and *COUNT. */
static void check_networks(struct configuration_maker *maker, const struct option_value *value,
                           struct network **networks, size_t *count) {
    char text[NETWORK_TEXT];

    *networks = arena_allocate(maker->arena, value->count * sizeof(**networks));
    *count = 0;
    for (size_t i = 0; i < value->count; i++) {
        struct network *network = &(*networks)[*count];
        enum network_result result = network_read(value->items[i], network);

        if (result == NETWORK_VALID)
            ++*count;
        else if (result == NETWORK_INVALID)
            configuration_problem_of(maker, value,
                                     "a list of networks, such as 192.0.2.0/24, 2001:db8::/32 or "
                                     "192.0.2.1, not '%.60s'",
                                     value->items[i]);
        else {
            network_write(network, text);
            configuration_problem_of(maker, value,
                                     "a list of networks; '%.60s' has bits after its prefix, write "
                                     "%s or the address without a prefix",
                                     value->items[i], text);
        }
    }
}

/* Reads VALUE, a list of patterns for WHAT, in lower case into *PATTERNS and *COUNT. */
static void check_patterns(struct configuration_maker *maker, const struct option_value *value,
                           const char *what, char ***patterns, size_t *count) {
    for (size_t i = 0; i < value->count; i++) {
        if (!*value->items[i])
            configuration_problem_of(maker, value, "a list of patterns for %s, none of them empty",
                                     what);
        value->items[i] = configuration_lower(maker->arena, value->items[i]);
    }
    *patterns = value->items;
    *count = value->count;
}

/* A pattern with an '@', which is a posting address by mistake, or with what is around a List-Id in
 * its field, matches none. */
static void check_lists(struct configuration_maker *maker, const struct option_value *value) {
    for (size_t i = 0; i < value->count; i++) {
        const char *item = value->items[i];

        if (item[strcspn(item, "@<> \t")] || (*item && item[strlen(item) - 1] == '.'))
            configuration_problem_of(maker, value,
                                     "a list of patterns for List-Ids, such as dev.example.org, "
                                     "which have no '@', no '<' and no '>', no blanks, and no dot "
                                     "at the end, not '%.100s'",
                                     item);
    }
    check_patterns(maker, value, "List-Ids", &maker->configuration->lists,
                   &maker->configuration->list_count);
    maker->configuration->lists_are_set = value->place != NULL;
}

static void check_exempt(struct configuration_maker *maker, const struct option_value *values) {
    struct configuration *configuration = maker->configuration;

    check_networks(maker, &values[TOP_LOCAL], &configuration->local, &configuration->local_count);
    check_networks(maker, &values[TOP_EXEMPT_CLIENTS], &configuration->exempt_clients,
                   &configuration->exempt_client_count);
    check_patterns(maker, &values[TOP_EXEMPT_RECIPIENTS], "addresses",
                   &configuration->exempt_recipients, &configuration->exempt_recipient_count);
    check_patterns(maker, &values[TOP_EXEMPT_USERS], "user names", &configuration->exempt_users,
                   &configuration->exempt_user_count);
}

static void set_outbox(struct configuration_maker *maker, const struct option_value *values) {
    struct configuration *configuration = maker->configuration;

    configuration->durability_full =
        configuration_word_number(maker, &values[TOP_DURABILITY], values[TOP_DURABILITY].items[0],
                                  durability_words) > 0;
    configuration->outbox_size = values[TOP_OUTBOX_SIZE].number * 1024 * 1024;
    configuration->outbox_age = values[TOP_OUTBOX_AGE].number;
    configuration->replay_rate = values[TOP_REPLAY_RATE].number;
}

static void set_log(struct configuration_maker *maker, const struct option_value *values) {
    struct configuration *configuration = maker->configuration;
    const struct option_value *log = &values[TOP_LOG], *level = &values[TOP_LOG_LEVEL],
                              *facility = &values[TOP_LOG_FACILITY],
                              *format = &values[TOP_LOG_FORMAT];
    int number;

    configuration->syslog = configuration_word_number(maker, log, log->items[0], log_words) > 0;
    number = configuration_word_number(maker, level, level->items[0], level_words);
    configuration->log_level = number > 0 ? (enum patchmark_level)number : PATCHMARK_INFO;
    number = configuration_word_number(maker, facility, facility->items[0], facility_words);
    configuration->log_facility = number > 0 ? number : LOG_MAIL;
    configuration->log_json =
        configuration_word_number(maker, format, format->items[0], format_words) > 0;
}

/* The options of the section web.  ROOT may be NULL. */
static void set_web(struct configuration_maker *maker, cfg_t *root) {
    unsigned count = root ? cfg_size(root, "web") : 0;
    const struct option_value *values =
        configuration_values(maker, count > 0 ? cfg_getnsec(root, "web", 0) : NULL,
                             configuration_web_options);
    const struct option_value *listen = &values[WEB_LISTEN], *hosts = &values[WEB_HOSTS];
    struct listen_address address;

    if (count > 1)
        configuration_problem(&maker->problems,
                              configuration_section_place(cfg_getnsec(root, "web", 1)),
                              "section web occurs twice; make one section of the two");
    if (!listen_address_read(listen->items[0], &address))
        configuration_problem_of(maker, listen,
                                 "unix:/PATH, inet:PORT@HOST, inet6:PORT@HOST or HOST:PORT, not "
                                 "'%.200s'",
                                 listen->items[0]);
    for (size_t i = 0; i < hosts->count; i++) {
        const char *host = hosts->items[i];

        if (!*host || host[strspn(host, LETTERS DIGITS "._-")])
            configuration_problem_of(maker, hosts,
                                     "a list of host names, such as patches.example.org, without "
                                     "scheme and port, not '%.100s'",
                                     host);
        hosts->items[i] = configuration_lower(maker->arena, host);
    }
    maker->configuration->web_options = values;
    maker->configuration->web_listen = listen->items[0];
    maker->configuration->web_hosts = hosts->items;
    maker->configuration->web_host_count = hosts->count;
}

void configuration_core(struct configuration_maker *maker, cfg_t *section) {
    struct configuration *configuration = maker->configuration;
    const struct option_value *values;
    int number;

    values = configuration_values(maker, section, configuration_top_options);
    configuration->options = values;
    check_socket(maker, &values[TOP_SOCKET]);
    check_socket_access(maker, values);
    check_state(maker, &values[TOP_STATE]);
    check_host(maker, &values[TOP_HOST]);
    check_prefix(maker, &values[TOP_PREFIX]);
    check_lists(maker, &values[TOP_LISTS]);
    check_exempt(maker, values);
    check_metrics(maker, &values[TOP_METRICS_FILE], &values[TOP_METRICS_LISTEN]);
    set_web(maker, section);
    configuration->confine = values[TOP_CONFINE].number != 0;
    configuration->user = values[TOP_USER].items[0];
    for (size_t i = 0; i < values[TOP_HEADERS].count; i++) {
        number = configuration_word_number(maker, &values[TOP_HEADERS],
                                           values[TOP_HEADERS].items[i], header_words);
        configuration->headers |= number > 0 ? (unsigned)number : 0;
    }
    set_log(maker, values);
    configuration->remember = values[TOP_REMEMBER].number;
    configuration->max_mails = values[TOP_MAX_MAILS].number;
    configuration->quiet = values[TOP_QUIET].number;
    set_outbox(maker, values);
}
