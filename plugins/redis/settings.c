/* SPDX-License-Identifier: BSD-2-Clause
 *
 * settings.c - see settings.h.
 *
 * A wrong value is logged with its place in the configuration, here and nowhere else.  What looks
 * like a URL is not shown: a password may be in it.
 */
#define _GNU_SOURCE 1

#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERVER_PORT   6379
#define SENTINEL_PORT 26379

const struct patchmark_option settings_options[] = {
    {"server", PATCHMARK_STRING, "inet:6379@127.0.0.1", 0, 0, SERVER_FORMS},
    {"sentinels", PATCHMARK_LIST, NULL, 0, 0,
     "servers that know which one is the master; instead of server"},
    {"master", PATCHMARK_STRING, NULL, 0, 0, "its name at the sentinels"},
    {"username", PATCHMARK_STRING, NULL, 0, 0, "name for AUTH (Redis 6 or later)"},
    {"password_file", PATCHMARK_STRING, NULL, 0, 0, "file with the password in its first line"},
    {"sentinel_password_file", PATCHMARK_STRING, NULL, 0, 0, "likewise, for the sentinels"},
    {"tls", PATCHMARK_BOOL, "false", 0, 0, "encrypt all connections, as rediss:// does"},
    {"ca_file", PATCHMARK_STRING, NULL, 0, 0,
     "certificates of authorities, PEM; without it, the system's"},
    {"cert_file", PATCHMARK_STRING, NULL, 0, 0, "our certificate, PEM"},
    {"key_file", PATCHMARK_STRING, NULL, 0, 0, "its key, PEM"},
    {"server_name", PATCHMARK_STRING, NULL, 0, 0,
     "that the server's certificate must be for; without it, the host in server"},
    {"stream", PATCHMARK_STRING, "{patchmark}:events", 0, 0, "key of the stream"},
    {"channel", PATCHMARK_STRING, "patchmark.events.", 0, 0,
     "channel, before the event's type; empty: no PUBLISH"},
    {"seen", PATCHMARK_STRING, "{patchmark}:seen:", 0, 0,
     "key of an event that was delivered, before its id"},
    {"series", PATCHMARK_STRING, "{patchmark}:series:", 0, 0,
     "key of a series' state, before its id; empty: none"},
    {"series_ttl", PATCHMARK_DURATION, "180d", 3600, 3660 * 86400LL,
     "how long the state of a series is kept after its last change"},
    {"hosts", PATCHMARK_STRING, "{patchmark}:hosts", 0, 0,
     "key of the names of all hosts that write; empty: none"},
    {"maxlen", PATCHMARK_INT, "50000", 1, 1000000000, "events to keep in the stream, about"},
    {"remember", PATCHMARK_DURATION, "14d", 60, 366 * 86400,
     "how long a repeat of an event is swallowed"},
    {"replicas", PATCHMARK_INT, "0", 0, 100, "replicas that must have an event"},
    {"follow", PATCHMARK_BOOL, "true", 0, 0, "read what other hosts wrote"},
    {"timeout", PATCHMARK_DURATION, "2s", 1, 60, "for a connect, and for a batch"},
    {NULL, 0, NULL, 0, 0, NULL},
};

/* The option, or NULL when it is empty. */
static const char *string(const struct settings *settings, const char *name) {
    const char *value = patchmark_option_string(settings->instance, name);

    return value && *value ? value : NULL;
}

/* ---- passwords ---------------------------------------------------------------------------- */

/* What is wrong with a file that holds a secret; NULL: nothing. */
static const char *file_wrong(int fd) {
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "is not a file";
    if (status.st_mode & (S_IROTH | S_IWOTH))
        return "others may read or write it, it should have mode 0640 or 0400";
    return NULL;
}

static const char *read_first_line(struct credentials *credentials, int fd) {
    char *password = credentials->password;
    ssize_t got = read(fd, password, sizeof(credentials->password));

    if (got < 0)
        return strerror(errno);
    const char *end = memchr(password, '\n', (size_t)got);
    if (!end && (size_t)got == sizeof(credentials->password))
        return "its first line is too long";
    size_t length = end ? (size_t)(end - password) : (size_t)got;
    if (length > 0 && password[length - 1] == '\r')
        length--;
    credentials->password_length = length;
    return length > 0 ? NULL : "its first line is empty";
}

/* The file that OPTION names holds a secret; with CREDENTIALS, a password.  True also when there
 * is no such file to be. */
static bool read_secret(struct settings *settings, const char *option,
                        struct credentials *credentials) {
    const char *path = string(settings, option);
    if (!path)
        return true;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const char *wrong = file_wrong(fd);
    if (!wrong && credentials)
        wrong = read_first_line(credentials, fd);
    if (wrong)
        patchmark_option_error(settings->instance, option, "names %s: %s", path, wrong);
    if (fd >= 0)
        close(fd);
    return !wrong;
}

/* A file wins over the URL. */
static bool read_credentials(struct settings *settings) {
    struct credentials *credentials = &settings->server.credentials, sentinel = {0};
    const char *username = string(settings, "username");

    if (username && strlen(username) >= sizeof(credentials->username)) {
        patchmark_option_error(settings->instance, "username", "is too long");
        return false;
    }
    if (username)
        strcpy(credentials->username, username);
    if (!read_secret(settings, "password_file", credentials) ||
        !read_secret(settings, "sentinel_password_file", &sentinel))
        return false;
    for (size_t i = 0; i < settings->sentinel_count && sentinel.password_length > 0; i++) {
        struct credentials *each = &settings->sentinels[i].credentials;
        memcpy(each->password, sentinel.password, sizeof(each->password));
        each->password_length = sentinel.password_length;
    }
    explicit_bzero(&sentinel, sizeof(sentinel));
    if (*credentials->username && credentials->password_length == 0) {
        patchmark_option_error(settings->instance, username ? "username" : "server",
                               "names a user, who needs password_file too");
        return false;
    }
    return true;
}

/* ---- servers ------------------------------------------------------------------------------ */

static bool read_server(struct settings *settings, const char *option, const char *text, int port,
                        struct server *server) {
    bool is_url = strstr(text, "://") != NULL, read = server_read(server, text, port);

    if (!read)
        patchmark_option_error(settings->instance, option,
                               "%s%s%s must be " SERVER_FORMS " (a path has at most %zu bytes)",
                               is_url ? "(not shown)" : "is \"", is_url ? "" : text,
                               is_url ? "" : "\", but", HOST_BYTES - 1);
    return read;
}

static bool read_sentinels(struct settings *settings) {
    size_t count = patchmark_option_count(settings->instance, "sentinels");

    settings->master = string(settings, "master");
    if (count > SENTINELS_MOST) {
        patchmark_option_error(settings->instance, "sentinels", "has more than %d", SENTINELS_MOST);
        return false;
    }
    if ((count > 0) != (settings->master != NULL)) {
        patchmark_option_error(settings->instance, count > 0 ? "sentinels" : "master",
                               "needs %s too", count > 0 ? "master" : "sentinels");
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!read_server(settings, "sentinels",
                         patchmark_option_item(settings->instance, "sentinels", i), SENTINEL_PORT,
                         &settings->sentinels[i]))
            return false;
    settings->sentinel_count = count;
    return true;
}

/* ---- TLS ---------------------------------------------------------------------------------- */

/* True when some connection is to be encrypted. */
static bool tls_is_wanted(struct settings *settings) {
    bool all = patchmark_option_bool(settings->instance, "tls");
    bool wanted = all;

    settings->server.tls |= all;
    wanted |= settings->server.tls;
    for (size_t i = 0; i < settings->sentinel_count; i++) {
        settings->sentinels[i].tls |= all;
        wanted |= settings->sentinels[i].tls;
    }
    return wanted;
}

static bool read_tls(struct settings *settings) {
    const char *ca = string(settings, "ca_file"), *certificate = string(settings, "cert_file");
    const char *key = string(settings, "key_file");
    const char *given = ca ? "ca_file" : certificate ? "cert_file" : key ? "key_file" : NULL;
    char reason[TLS_REASON];

    settings->server_name = string(settings, "server_name");
    if (!tls_is_wanted(settings)) {
        if (given)
            patchmark_option_error(settings->instance, given, "needs tls = true, or rediss://");
        return !given;
    }
    given = patchmark_option_bool(settings->instance, "tls") ? "tls" : "server";
    if (settings->server.port == 0 && settings->server.tls) {
        patchmark_option_error(settings->instance, given, "cannot be had on a unix socket");
        return false;
    }
    if (!TLS_IS_THERE) {
        patchmark_option_error(settings->instance, given,
                               "asks for TLS, but this patchmark was built without OpenSSL");
        return false;
    }
    if (!certificate != !key) {
        patchmark_option_error(settings->instance, certificate ? "cert_file" : "key_file",
                               "needs %s too", certificate ? "key_file" : "cert_file");
        return false;
    }
    if (!read_secret(settings, "key_file", NULL))
        return false;
    settings->tls = tls_context_new(ca, certificate, key, reason);
    if (!settings->tls)
        patchmark_option_error(settings->instance, given, "cannot be had: %s", reason);
    return settings->tls != NULL;
}

/* ---- names and numbers -------------------------------------------------------------------- */

/* What Redis Cluster makes the slot of; the whole name when it has no tag. */
static void tag_of(const char *name, const char **tag, size_t *length) {
    const char *open = strchr(name, '{'), *close = open ? strchr(open, '}') : NULL;

    *tag = close && close > open + 1 ? open + 1 : name;
    *length = close && close > open + 1 ? (size_t)(close - open - 1) : strlen(name);
}

static bool share_a_tag(const char *left, const char *right) {
    const char *tags[2];
    size_t lengths[2];

    tag_of(left, &tags[0], &lengths[0]);
    tag_of(right, &tags[1], &lengths[1]);
    return tags[0] != left && tags[1] != right && lengths[0] == lengths[1] &&
           memcmp(tags[0], tags[1], lengths[0]) == 0;
}

static bool read_names(struct settings *settings) {
    settings->channel = patchmark_option_string(settings->instance, "channel");
    settings->stream = patchmark_option_string(settings->instance, "stream");
    settings->seen = patchmark_option_string(settings->instance, "seen");
    settings->series = patchmark_option_string(settings->instance, "series");
    settings->hosts = patchmark_option_string(settings->instance, "hosts");
    if (!*settings->stream || !*settings->seen) {
        patchmark_option_error(settings->instance, *settings->stream ? "seen" : "stream",
                               "must not be empty");
        return false;
    }
    settings->one_slot = share_a_tag(settings->stream, settings->seen) &&
                         (!*settings->series || share_a_tag(settings->stream, settings->series)) &&
                         (!*settings->hosts || share_a_tag(settings->stream, settings->hosts));
    return true;
}

bool settings_read(struct settings *settings, const struct patchmark_instance *instance) {
    memset(settings, 0, sizeof(*settings));
    settings->instance = instance;
    settings->timeout = patchmark_option_int(instance, "timeout") * 1000;
    settings->follow = patchmark_option_bool(instance, "follow");
    settings->replicas = patchmark_option_int(instance, "replicas");
    settings->maxlen = patchmark_option_int(instance, "maxlen");
    settings->remember = patchmark_option_int(instance, "remember");
    settings->series_ttl = patchmark_option_int(instance, "series_ttl");
    if (!read_server(settings, "server", patchmark_option_string(instance, "server"), SERVER_PORT,
                     &settings->server) ||
        !read_sentinels(settings) || !read_names(settings) || !read_credentials(settings) ||
        !read_tls(settings))
        return false;
    snprintf(settings->master_text, sizeof(settings->master_text), "master %s",
             settings->master ? settings->master : "");
    settings->name = settings->master ? settings->master_text : settings->server.text;
    return true;
}

void settings_clear(struct settings *settings) {
    if (settings->tls)
        tls_context_free(settings->tls);
    explicit_bzero(settings, sizeof(*settings));
}
