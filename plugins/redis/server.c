/* SPDX-License-Identifier: BSD-2-Clause
 *
 * server.c - see server.h.
 */
#define _GNU_SOURCE 1

#include "server.h"

#include <arpa/inet.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

static bool is_inet6(const char *host) {
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET6, host, address) == 1;
}

static bool host_set(struct server *server, const char *host) {
    if (!*host || strlen(host) >= sizeof(server->host))
        return false;
    for (const char *each = host; *each; each++)
        if (*each <= ' ' || *each == 0x7f || strchr("[]/@", *each))
            return false;
    strcpy(server->host, host);
    return true;
}

/* Undoes %XX; false when that is wrong, makes a NUL, or does not fit. */
static bool decode(const char *text, char *to, size_t size) {
    char *decoded = g_uri_unescape_string(text ? text : "", NULL);
    bool fits = decoded && strlen(decoded) < size;

    if (fits)
        strcpy(to, decoded);
    if (decoded)
        explicit_bzero(decoded, strlen(decoded));
    g_free(decoded);
    return fits;
}

/* Reads "redis://…" or "rediss://…".  GLib takes more than we do: an empty port, %XX in a host,
 * any path. */
static bool read_url(struct server *server, const char *url, int port) {
    g_autoptr(GUri) uri = g_uri_parse(url,
                                      (GUriFlags)(G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD |
                                                  G_URI_FLAGS_PARSE_RELAXED),
                                      NULL);
    struct credentials *credentials = &server->credentials;
    const char *authority = strstr(url, "://") + 3, *end = authority + strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', (size_t)(end - authority));

    /* "/0" is the database that every client starts with; others do not exist in a cluster. */
    if (!uri || (*end && strcmp(end, "/") != 0 && strcmp(end, "/0") != 0) || end[-1] == ':' ||
        memchr(at ? at : authority, '%', (size_t)(end - (at ? at : authority))) ||
        !decode(g_uri_get_user(uri), credentials->username, sizeof(credentials->username)) ||
        !decode(g_uri_get_password(uri), credentials->password, sizeof(credentials->password)) ||
        !host_set(server, g_uri_get_host(uri)))
        return false;
    credentials->password_length = strlen(credentials->password);
    server->tls = strcmp(g_uri_get_scheme(uri), "rediss") == 0;
    server->port = g_uri_get_port(uri) == -1 ? port : g_uri_get_port(uri);
    const char *user = credentials->username, *bracket = is_inet6(server->host) ? "[" : "";
    snprintf(server->text, sizeof(server->text), "%s://%s%s%s%s%s:%d", g_uri_get_scheme(uri), user,
             *user ? "@" : "", bracket, server->host, *bracket ? "]" : "", server->port);
    return server->port > 0;
}

/* Reads "6379@HOST"; an address in HOST must be of FAMILY, and may have brackets. */
static bool read_port_at_host(struct server *server, const char *text, int family) {
    g_auto(GStrv) parts = g_strsplit(text, "@", 2);
    bool has_both = parts[0] && parts[1];

    if (has_both && family == AF_INET6 && *parts[1] == '[' && g_str_has_suffix(parts[1], "]")) {
        parts[1][strlen(parts[1]) - 1] = '\0';
        memmove(parts[1], parts[1] + 1, strlen(parts[1]));
    }
    return has_both && server_named(server, parts[1], parts[0]) &&
           is_inet6(server->host) == (family == AF_INET6);
}

bool server_read(struct server *server, const char *text, int port) {
    bool read = false;

    memset(server, 0, sizeof(*server));
    if (strncmp(text, "redis://", 8) == 0 || strncmp(text, "rediss://", 9) == 0)
        return read_url(server, text, port);
    if (strncmp(text, "unix:///", 8) == 0)
        read = decode(text + 7, server->host, sizeof(server->host));
    else if (strncmp(text, "unix:/", 6) == 0 && text[6] != '/')
        read = g_strlcpy(server->host, text + 5, sizeof(server->host)) < sizeof(server->host);
    else if (strncmp(text, "inet:", 5) == 0)
        read = read_port_at_host(server, text + 5, AF_INET);
    else if (strncmp(text, "inet6:", 6) == 0)
        read = read_port_at_host(server, text + 6, AF_INET6);
    snprintf(server->text, sizeof(server->text), "%s", text);
    return read;
}

bool server_named(struct server *server, const char *host, const char *port) {
    guint64 number;

    if (!g_ascii_string_to_unsigned(port, 10, 1, 65535, &number, NULL) || !host_set(server, host))
        return false;
    server->port = (int)number;
    snprintf(server->text, sizeof(server->text), strchr(host, ':') ? "[%s]:%d" : "%s:%d", host,
             server->port);
    return true;
}
