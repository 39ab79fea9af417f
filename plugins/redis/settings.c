/* SPDX-License-Identifier: BSD-2-Clause
 *
 * settings.c - reads and validates the options of the redis plugin; see settings.h.
 *
 * It owns the passwords and the TLS context until settings_clear.  Invalid values and unreadable
 * files are the only errors; they are logged here, with the file and line of the value.  A value
 * that looks like a URL is not logged, because it may contain a password.
 */
#include "settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERVER_PORT   6379
#define SENTINEL_PORT 26379

const struct patchmark_option settings_options[] = {
    {"server", PATCHMARK_STRING, "inet:6379@127.0.0.1", 0, 0, SERVER_FORMS},
    {"sentinels", PATCHMARK_LIST, NULL, 0, 0,
     "sentinels to ask for the master; server is then not used"},
    {"master", PATCHMARK_STRING, NULL, 0, 0, "name of the master at the sentinels"},
    {"username", PATCHMARK_STRING, NULL, 0, 0,
     "user for AUTH (Redis 6 or later); requires a password"},
    {"password_file", PATCHMARK_STRING, NULL, 0, 0, "file whose first line is the password"},
    {"sentinel_password_file", PATCHMARK_STRING, NULL, 0, 0,
     "file whose first line is the password for the sentinels"},
    {"tls", PATCHMARK_BOOL, "false", 0, 0, "encrypt all connections, as rediss:// does"},
    {"ca_file", PATCHMARK_STRING, NULL, 0, 0,
     "certificates of the certification authorities, PEM; default: those of the system"},
    {"cert_file", PATCHMARK_STRING, NULL, 0, 0, "client certificate, PEM"},
    {"key_file", PATCHMARK_STRING, NULL, 0, 0, "key of the client certificate, PEM"},
    {"server_name", PATCHMARK_STRING, NULL, 0, 0,
     "name or address that the server's certificate must be issued for; default: the host"},
    {"stream", PATCHMARK_STRING, "{patchmark}:events", 0, 0, "key of the stream"},
    {"message_stream", PATCHMARK_STRING, NULL, 0, 0,
     "key of the stream for message.* events; default: the same stream"},
    {"channel", PATCHMARK_STRING, "patchmark.events.", 0, 0,
     "prefix of channels, to which the event's type is appended; empty: nothing is published"},
    {"seen", PATCHMARK_STRING, "{patchmark}:seen:", 0, 0,
     "prefix of keys that record delivered events, to which the event's id is appended"},
    {"series", PATCHMARK_STRING, "{patchmark}:series:", 0, 0,
     "prefix of keys for the state of series, to which the id is appended; empty: no hashes"},
    {"open", PATCHMARK_STRING, "{patchmark}:open", 0, 0,
     "key of the sorted set of open series; for those of a list, ':' and the List-Id are appended; "
     "empty: no sets"},
    {"series_ttl", PATCHMARK_DURATION, "180d", 3600, 3660 * 86400LL,
     "time that the state of a series is kept after its last change"},
    {"hosts", PATCHMARK_STRING, "{patchmark}:hosts", 0, 0,
     "key of the list of hosts; empty: no list, and every host reads all events back"},
    {"maxlen", PATCHMARK_INT, "50000", 1, 1000000000,
     "approximate number of events to keep in the stream"},
    {"message_maxlen", PATCHMARK_INT, "50000", 1, 1000000000, "the same for message_stream"},
    {"remember", PATCHMARK_DURATION, "14d", 60, 366 * 86400,
     "time for which duplicates of an event are discarded"},
    {"replicas", PATCHMARK_INT, "0", 0, 100,
     "replicas that must have received an event before it counts as delivered"},
    {"follow", PATCHMARK_BOOL, "true", 0, 0, "read back the events of other hosts"},
    {"timeout", PATCHMARK_DURATION, "2s", 1, 60,
     "time limit for connecting, for a batch, and for the replicas"},
    {0},
};

/* Logs an error about the value of OPTION.  Evaluates to false. */
#define REJECT(settings, option, ...) \
    (patchmark_option_error((settings)->instance, option, __VA_ARGS__), false)

/* Returns the value of a STRING option; NULL if it is not set or empty. */
static const char *option_string(const struct settings *settings, const char *name) {
    const char *value = patchmark_option_string(settings->instance, name);

    return value && *value ? value : NULL;
}

/* ---- passwords ---------------------------------------------------------------------------- */

/* Returns why the open file FD cannot be used as a file with a secret; NULL if it can. */
static const char *secret_problem(int fd) {
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "is not a regular file";
    if (status.st_mode & (S_IROTH | S_IWOTH))
        return "must not be readable or writable by others, set its mode to 0640 or 0400";
    return NULL;
}

/* Reads the password, the first line of the file FD.  Returns NULL, or what is wrong. */
static const char *read_first_line(struct credentials *credentials, int fd) {
    char *password = credentials->password;
    ssize_t got = read(fd, password, sizeof(credentials->password));

    if (got < 0)
        return strerror(errno);
    const char *end = memchr(password, '\n', (size_t)got);
    if (!end && (size_t)got == sizeof(credentials->password))
        return "its first line, the password, is too long";
    size_t length = end ? (size_t)(end - password) : (size_t)got;
    if (length > 0 && password[length - 1] == '\r')
        length--;
    credentials->password_length = length;
    return length > 0 ? NULL : "its first line, the password, is empty";
}

/* Checks the file with a secret that OPTION names and, if CREDENTIALS is not NULL, reads its
 * password into it.  Returns true on success, and if the option is not set; false after an error
 * was logged.
 */
static bool read_secret(struct settings *settings, const char *option,
                        struct credentials *credentials) {
    const char *path = option_string(settings, option);
    if (!path)
        return true;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const char *problem = secret_problem(fd);
    if (!problem && credentials)
        problem = read_first_line(credentials, fd);
    if (problem)
        patchmark_option_error(settings->instance, option, "names %s: %s", path, problem);
    if (fd >= 0)
        close(fd);
    return !problem;
}

/* Reads user and passwords.  A file overrides the password in a URL. */
static bool read_credentials(struct settings *settings) {
    struct credentials *credentials = &settings->server.credentials, sentinel = {0};
    const char *username = option_string(settings, "username");

    bool fits = !username || strlen(username) < sizeof(credentials->username) ||
                REJECT(settings, "username", "is too long");
    if (username && fits)
        strcpy(credentials->username, username);
    bool read = read_secret(settings, "password_file", credentials);
    bool read_sentinel = read_secret(settings, "sentinel_password_file", &sentinel);
    for (size_t i = 0; i < settings->sentinel_count && sentinel.password_length > 0; i++) {
        struct credentials *each = &settings->sentinels[i].credentials;
        memcpy(each->password, sentinel.password, sizeof(each->password));
        each->password_length = sentinel.password_length;
    }
    explicit_bzero(&sentinel, sizeof(sentinel));
    if (!fits || !read || !read_sentinel)
        return false;
    bool is_known =
        *settings->server.text; /* else the URL, which may have a password, is invalid */
    return !is_known || !*credentials->username || credentials->password_length > 0 ||
           REJECT(settings, username ? "username" : "server",
                  "names a user, which requires a password: set password_file");
}

/* ---- servers ------------------------------------------------------------------------------ */

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

/* Decodes %XX (RFC 3986) in TEXT, which may be NULL, to TO of SIZE bytes.  Returns false if the
 * encoding is invalid, if it contains %00, or if the result does not fit. */
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

/* Reads "redis://…" or "rediss://…".  Rejects what GLib accepts but the plugin does not support: an
 * empty port, %XX in a host, and a path other than "/" and "/0". */
static bool read_url(struct server *server, const char *url, int port) {
    g_autoptr(GUri) uri = g_uri_parse(url,
                                      (GUriFlags)(G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD |
                                                  G_URI_FLAGS_PARSE_RELAXED),
                                      NULL);
    struct credentials *credentials = &server->credentials;
    const char *authority = strstr(url, "://") + 3, *end = authority + strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', (size_t)(end - authority));

    /* "/0" is the database that every client starts with; a cluster has no other. */
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

/* Reads "6379@HOST".  HOST is an IPv6 address, also in brackets, if FAMILY is AF_INET6, and
 * otherwise a name or an IPv4 address. */
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

static bool read_server(struct settings *settings, const char *option, const char *text, int port,
                        struct server *server) {
    bool is_url = strstr(text, "://") != NULL;

    return server_read(server, text, port) ||
           REJECT(settings, option,
                  "%s%s%s must be " SERVER_FORMS " (a path has at most %zu bytes)",
                  is_url ? "(not shown)" : "is \"", is_url ? "" : text, is_url ? "" : "\", but",
                  HOST_BYTES - 1);
}

static bool read_sentinels(struct settings *settings) {
    size_t count = patchmark_option_count(settings->instance, "sentinels");

    settings->master = option_string(settings, "master");
    if (count > MAX_SENTINELS)
        return REJECT(settings, "sentinels", "must have at most %d servers", MAX_SENTINELS);
    if ((count > 0) != (settings->master != NULL))
        return REJECT(settings, count > 0 ? "sentinels" : "master", "requires the option %s",
                      count > 0 ? "master" : "sentinels");
    for (size_t i = 0; i < count; i++)
        if (!read_server(settings, "sentinels",
                         patchmark_option_item(settings->instance, "sentinels", i), SENTINEL_PORT,
                         &settings->sentinels[i]))
            return false;
    settings->sentinel_count = count;
    return true;
}

/* ---- TLS ---------------------------------------------------------------------------------- */

/* Applies the option `tls` to all servers.  Returns true if any of them uses TLS. */
static bool tls_is_enabled(struct settings *settings) {
    bool all = patchmark_option_bool(settings->instance, "tls");
    bool enabled = all;

    settings->server.tls |= all;
    enabled |= settings->server.tls;
    for (size_t i = 0; i < settings->sentinel_count; i++) {
        settings->sentinels[i].tls |= all;
        enabled |= settings->sentinels[i].tls;
    }
    return enabled;
}

static bool read_tls(struct settings *settings) {
    const char *ca = option_string(settings, "ca_file"),
               *certificate = option_string(settings, "cert_file");
    const char *key = option_string(settings, "key_file");
    const char *option = ca ? "ca_file" : certificate ? "cert_file" : key ? "key_file" : NULL;
    char reason[TLS_REASON];

    settings->server_name = option_string(settings, "server_name");
    if (!tls_is_enabled(settings))
        return !option ||
               REJECT(settings, option, "requires tls = true, or a server with rediss://");
    option = patchmark_option_bool(settings->instance, "tls") ? "tls" : "server";
    if (settings->server.port == 0 && settings->server.tls)
        return REJECT(settings, option, "cannot encrypt a unix socket, use inet: or rediss://");
    if (!certificate != !key)
        return REJECT(settings, certificate ? "cert_file" : "key_file", "requires the option %s",
                      certificate ? "key_file" : "cert_file");
    if (!read_secret(settings, "key_file", NULL))
        return false;
    settings->tls = tls_context_new(ca, certificate, key, reason);
    return settings->tls || REJECT(settings, option, "cannot be used: %s", reason);
}

/* ---- names and numbers -------------------------------------------------------------------- */

/* Returns a copy of the hash tag of NAME, the part that Redis Cluster derives the slot from, with
 * its opening brace; the caller frees it.  Returns NULL if NAME has no hash tag. */
static char *tag_of(const char *name) {
    const char *open = strchr(name, '{'), *close = open ? strchr(open, '}') : NULL;

    return close && close > open + 1 ? g_strndup(open, (size_t)(close - open)) : NULL;
}

static bool share_a_tag(const char *left, const char *right) {
    g_autofree char *one = tag_of(left);
    g_autofree char *other = tag_of(right);

    return one && other && strcmp(one, other) == 0;
}

static bool read_names(struct settings *settings) {
    settings->channel = patchmark_option_string(settings->instance, "channel");
    settings->stream = patchmark_option_string(settings->instance, "stream");
    settings->message_stream = option_string(settings, "message_stream");
    if (!settings->message_stream)
        settings->message_stream = settings->stream;
    settings->seen = patchmark_option_string(settings->instance, "seen");
    settings->series = patchmark_option_string(settings->instance, "series");
    settings->open = *settings->series ? patchmark_option_string(settings->instance, "open") : "";
    settings->hosts = patchmark_option_string(settings->instance, "hosts");
    if (!*settings->stream || !*settings->seen)
        return REJECT(settings, *settings->stream ? "seen" : "stream", "must not be empty");
    settings->one_slot = share_a_tag(settings->stream, settings->seen) &&
                         share_a_tag(settings->stream, settings->message_stream) &&
                         (!*settings->series || share_a_tag(settings->stream, settings->series)) &&
                         (!*settings->open || share_a_tag(settings->stream, settings->open)) &&
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
    settings->message_maxlen = patchmark_option_int(instance, "message_maxlen");
    settings->remember = patchmark_option_int(instance, "remember");
    settings->series_ttl = patchmark_option_int(instance, "series_ttl");
    /* All are read also after an error, so that one start reports every error. */
    bool read = read_server(settings, "server", patchmark_option_string(instance, "server"),
                            SERVER_PORT, &settings->server);
    bool sentinels = read_sentinels(settings), names = read_names(settings);
    bool credentials = read_credentials(settings);
    /* Whether TLS is used depends on the servers. */
    if (!read || !sentinels || !read_tls(settings) || !names || !credentials)
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
