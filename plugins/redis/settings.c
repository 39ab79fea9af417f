/* SPDX-License-Identifier: BSD-2-Clause
 *
 * settings.c - see settings.h.
 *
 * A wrong value is logged with its place in the configuration, here and nowhere else.
 */
#define _GNU_SOURCE 1

#include "settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct patchmark_option settings_options[] = {
    {"server", PATCHMARK_STRING, "inet:6379@127.0.0.1", 0, 0,
     "unix:/PATH, inet:PORT@HOST or inet6:PORT@[ADDRESS]"},
    {"stream", PATCHMARK_STRING, "{patchmark}:events", 0, 0, "key of the stream"},
    {"channel", PATCHMARK_STRING, "patchmark.events.", 0, 0,
     "channel, before the event's type; empty: no PUBLISH"},
    {"seen", PATCHMARK_STRING, "{patchmark}:seen:", 0, 0,
     "key of an event that was delivered, before its id"},
    {"maxlen", PATCHMARK_INT, "50000", 1, 1000000000, "events to keep in the stream, about"},
    {"remember", PATCHMARK_DURATION, "14d", 60, 366 * 86400,
     "how long a repeat of an event is swallowed"},
    {"timeout", PATCHMARK_DURATION, "2s", 1, 60, "for a connect, and for a batch"},
    {"username", PATCHMARK_STRING, NULL, 0, 0, "name for AUTH (Redis 6 or later)"},
    {"password_file", PATCHMARK_STRING, NULL, 0, 0, "file with the password in its first line"},
    {NULL, 0, NULL, 0, 0, NULL},
};

/* Reads "6379@HOST"; an address in HOST must be of FAMILY. */
static bool read_host(struct settings *settings, const char *text, int family) {
    char *at = NULL;
    unsigned char address[sizeof(struct in6_addr)];
    errno = 0;
    long port = strtol(text, &at, 10);
    if (*text < '0' || *text > '9' || errno || port < 1 || port > 65535 || *at != '@')
        return false;
    const char *host = at + 1;
    size_t length = strlen(host);
    if (family == AF_INET6 && length > 2 && host[0] == '[' && host[length - 1] == ']') {
        host++;
        length -= 2;
    }
    if (length == 0 || length >= sizeof(settings->host) || strcspn(host, " \t[/@") < length)
        return false;
    memcpy(settings->host, host, length);
    settings->host[length] = '\0';
    settings->port = (int)port;
    bool is_inet6 = inet_pton(AF_INET6, settings->host, address) == 1;
    return is_inet6 == (family == AF_INET6);
}

static bool read_server(struct settings *settings) {
    const char *server = settings->server;
    if (strncmp(server, "unix:/", 6) == 0 && strlen(server + 5) < sizeof(settings->host)) {
        memcpy(settings->host, server + 5, strlen(server + 5) + 1);
        return true;
    }
    if (strncmp(server, "inet:", 5) == 0 && read_host(settings, server + 5, AF_INET))
        return true;
    if (strncmp(server, "inet6:", 6) == 0 && read_host(settings, server + 6, AF_INET6))
        return true;
    patchmark_option_error(settings->instance, "server",
                           "is \"%s\", but must be unix:/PATH (at most %zu bytes), "
                           "inet:PORT@HOST or inet6:PORT@[ADDRESS]",
                           server, sizeof(settings->host) - 1);
    return false;
}

/* Reads the first line of FD into settings->password; NULL, or what is wrong. */
static const char *read_password_line(struct settings *settings, int fd) {
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "is not a file";
    if (status.st_mode & (S_IROTH | S_IWOTH))
        return "others may read or write it, it should have mode 0640 or 0400";
    ssize_t got = read(fd, settings->password, sizeof(settings->password));
    if (got < 0)
        return strerror(errno);
    const char *end = memchr(settings->password, '\n', (size_t)got);
    if (!end && (size_t)got == sizeof(settings->password))
        return "its first line is too long";
    settings->password_length = end ? (size_t)(end - settings->password) : (size_t)got;
    if (settings->password_length > 0 && settings->password[settings->password_length - 1] == '\r')
        settings->password_length--;
    return settings->password_length > 0 ? NULL : "its first line is empty";
}

static bool read_password(struct settings *settings) {
    const char *path = patchmark_option_string(settings->instance, "password_file");
    if (!path || !*path) {
        if (settings->username)
            patchmark_option_error(settings->instance, "username", "needs password_file too");
        return !settings->username;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const char *wrong = read_password_line(settings, fd);
    if (wrong)
        patchmark_option_error(settings->instance, "password_file", "names %s: %s", path, wrong);
    if (fd >= 0)
        close(fd);
    return !wrong;
}

static bool read_names(struct settings *settings) {
    settings->channel = patchmark_option_string(settings->instance, "channel");
    settings->stream = patchmark_option_string(settings->instance, "stream");
    settings->seen = patchmark_option_string(settings->instance, "seen");
    if (!*settings->stream || !*settings->seen) {
        patchmark_option_error(settings->instance, *settings->stream ? "seen" : "stream",
                               "must not be empty");
        return false;
    }
    return true;
}

bool settings_read(struct settings *settings, const struct patchmark_instance *instance) {
    memset(settings, 0, sizeof(*settings));
    settings->instance = instance;
    settings->server = patchmark_option_string(instance, "server");
    settings->username = patchmark_option_string(instance, "username");
    if (settings->username && !*settings->username)
        settings->username = NULL;
    settings->timeout = patchmark_option_int(instance, "timeout") * 1000;
    snprintf(settings->maxlen, sizeof(settings->maxlen), "%lld",
             (long long)patchmark_option_int(instance, "maxlen"));
    snprintf(settings->remember, sizeof(settings->remember), "%lld",
             (long long)patchmark_option_int(instance, "remember"));
    return read_server(settings) && read_names(settings) && read_password(settings);
}

void settings_clear(struct settings *settings) {
    explicit_bzero(settings, sizeof(*settings));
}
