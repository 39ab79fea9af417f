/* SPDX-License-Identifier: BSD-2-Clause
 *
 * server.c - see server.h.
 */
#define _GNU_SOURCE 1

#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A run of the text that is being read. */
struct span {
    const char *data;
    size_t length;
};

static bool is_inet6(const char *host) {
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET6, host, address) == 1;
}

/* Decimal digits up to the end of TEXT; 0: no port. */
static int port_number(struct span text) {
    int port = 0;

    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || port > 65535)
            return 0;
        port = port * 10 + (text.data[i] - '0');
    }
    return port <= 65535 ? port : 0;
}

static bool host_set(struct server *server, struct span host) {
    if (host.length == 0 || host.length >= sizeof(server->host))
        return false;
    for (size_t i = 0; i < host.length; i++)
        if (host.data[i] <= ' ' || host.data[i] == 0x7f || strchr("[]/@", host.data[i]))
            return false;
    memcpy(server->host, host.data, host.length);
    server->host[host.length] = '\0';
    return true;
}

/* Undoes %XX; false when that is wrong, makes a NUL, or does not fit. */
static bool decode(struct span text, char *to, size_t size, size_t *length) {
    size_t n = 0;

    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        if (byte == '%') {
            char digits[3] = {0}, *end = NULL;
            if (text.length - i < 3)
                return false;
            memcpy(digits, text.data + i + 1, 2);
            byte = (char)strtoul(digits, &end, 16);
            if (end != digits + 2 || digits[0] == '+' || digits[0] == '-' || digits[0] == ' ')
                return false;
            i += 2;
        }
        if (!byte || n + 1 >= size)
            return false;
        to[n++] = byte;
    }
    to[n] = '\0';
    if (length)
        *length = n;
    return true;
}

/* "6379@HOST"; an address in HOST must be of FAMILY. */
static bool read_port_at_host(struct server *server, const char *text, int family) {
    const char *at = strchr(text, '@');

    if (!at)
        return false;
    struct span port = {text, (size_t)(at - text)}, host = {at + 1, strlen(at + 1)};
    if (family == AF_INET6 && host.length > 2 && host.data[0] == '[' &&
        host.data[host.length - 1] == ']') {
        host.data++;
        host.length -= 2;
    }
    server->port = port_number(port);
    return server->port > 0 && host_set(server, host) &&
           is_inet6(server->host) == (family == AF_INET6);
}

/* "USER:PASSWORD", either may be empty. */
static bool read_userinfo(struct credentials *credentials, struct span text) {
    const char *colon = memchr(text.data, ':', text.length);
    struct span user = {text.data, colon ? (size_t)(colon - text.data) : text.length};
    struct span password = {colon ? colon + 1 : "",
                            colon ? (size_t)(text.data + text.length - colon - 1) : 0};

    return decode(user, credentials->username, sizeof(credentials->username), NULL) &&
           decode(password, credentials->password, sizeof(credentials->password),
                  &credentials->password_length);
}

/* "HOST", "HOST:PORT", "[ADDRESS]", "[ADDRESS]:PORT" */
static bool read_authority(struct server *server, struct span text, int port) {
    struct span host = text, number = {NULL, 0};
    const char *end = text.data + text.length, *colon;

    if (text.length > 0 && *text.data == '[') {
        const char *bracket = memchr(text.data, ']', text.length);
        if (!bracket || (bracket + 1 < end && bracket[1] != ':'))
            return false;
        host = (struct span){text.data + 1, (size_t)(bracket - text.data - 1)};
        colon = bracket + 1 < end ? bracket + 1 : NULL;
    } else if ((colon = memchr(text.data, ':', text.length))) {
        host.length = (size_t)(colon - text.data);
    }
    if (colon)
        number = (struct span){colon + 1, (size_t)(end - colon - 1)};
    server->port = colon ? port_number(number) : port;
    return server->port > 0 && host_set(server, host) && !strchr(server->host, '%') &&
           is_inet6(server->host) == (*text.data == '[');
}

/* What follows "redis://". */
static bool read_url(struct server *server, const char *text, int port) {
    struct span authority = {text, strcspn(text, "/?#")};
    const char *rest = text + authority.length;
    const char *at = memrchr(text, '@', authority.length);

    /* "/0" is the database that every client starts with; others do not exist in a cluster. */
    if (*rest && strcmp(rest, "/") != 0 && strcmp(rest, "/0") != 0)
        return false;
    if (at) {
        if (!read_userinfo(&server->credentials, (struct span){text, (size_t)(at - text)}))
            return false;
        authority = (struct span){at + 1, (size_t)(rest - at - 1)};
    }
    if (!read_authority(server, authority, port))
        return false;
    const char *user = server->credentials.username;
    const char *bracket = is_inet6(server->host) ? "[" : "";
    snprintf(server->text, sizeof(server->text), "redis%s://%s%s%s%s%s:%d", server->tls ? "s" : "",
             user, *user ? "@" : "", bracket, server->host, *bracket ? "]" : "", server->port);
    return true;
}

bool server_read(struct server *server, const char *text, int port) {
    memset(server, 0, sizeof(*server));
    if (strncmp(text, "redis://", 8) == 0)
        return read_url(server, text + 8, port);
    if (strncmp(text, "rediss://", 9) == 0) {
        server->tls = true;
        return read_url(server, text + 9, port);
    }
    snprintf(server->text, sizeof(server->text), "%s", text);
    if (strncmp(text, "unix:///", 8) == 0)
        return decode((struct span){text + 7, strlen(text + 7)}, server->host, sizeof(server->host),
                      NULL);
    if (strncmp(text, "unix://", 7) == 0)
        return false;
    if (strncmp(text, "unix:/", 6) == 0 && strlen(text + 5) < sizeof(server->host)) {
        memcpy(server->host, text + 5, strlen(text + 5) + 1);
        return true;
    }
    if (strncmp(text, "inet:", 5) == 0)
        return read_port_at_host(server, text + 5, AF_INET);
    if (strncmp(text, "inet6:", 6) == 0)
        return read_port_at_host(server, text + 6, AF_INET6);
    return false;
}

bool server_named(struct server *server, const char *host, size_t length, const char *port) {
    struct server named = *server;

    named.port = port_number((struct span){port, strlen(port)});
    if (named.port == 0 || memchr(host, '\0', length) ||
        !host_set(&named, (struct span){host, length}))
        return false;
    snprintf(named.text, sizeof(named.text), strchr(named.host, ':') ? "[%s]:%d" : "%s:%d",
             named.host, named.port);
    *server = named;
    return true;
}
