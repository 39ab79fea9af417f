/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics-export.c - see metrics-export.h.
 */
#include "daemon/metrics-export.h"

#include "daemon/features.h"
#include "plugin/bounds.h"
#include "util/cleanup.h"
#include "util/clients.h"
#include "util/listen-address.h"
#include "util/log.h"
#include "util/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifdef HAVE_MICROHTTPD
#include "util/http-clients.h"

#include <microhttpd.h>
#endif

/* HTTP connections at once.  There are few monitors; a new client takes the place of an old one, so
 * that those that only hold a connection keep no monitor out. */
#define CLIENTS            48
#define CONNECTIONS        64          /* those that are about to be closed included */
#define CONNECTION_SECONDS 10          /* for a request, and for a client to read the answer */
#define CONNECTION_BYTES   (32 * 1024) /* memory for each connection */
#define FILE_MODE          0644        /* the collector runs as another user */

struct metrics_export;

/* An HTTP server. */
struct server {
    struct metrics_export *metrics_export;
    struct MHD_Daemon *daemon; /* NULL if it is off or failed */
    struct clients clients;
    bool local; /* it is the one on the unix socket */
};

struct metrics_export {
    const char *file; /* NULL if no file is written; belongs to the caller */
    char *temporary;  /* in the same folder; renamed to FILE when it is complete */
    bool file_failed; /* the last write failed, and that is logged */
    struct server at_address, locally;
    char *libraries;      /* the metric with the versions of the libraries */
    pthread_mutex_t lock; /* protects the fields below */
    char *text;           /* the newest text; NULL before the first update */
    size_t length;
    struct metrics_moment moment; /* of that text, with a copy of its sinks */
    struct metrics_sink sinks[LIMIT_PLUGINS];
};

/* ---- the text ----------------------------------------------------------------------------- */

/* Returns the metrics at MOMENT, which the caller frees; with what only the unix socket has, if
 * LOCAL is true.  Returns NULL if memory runs out. */
static char *text_make(const struct metrics_export *metrics_export,
                       const struct metrics_moment *moment, bool local, size_t *length) {
    char *text = NULL;
    FILE *out = open_memstream(&text, length);

    if (!out)
        return NULL;
    metrics_write(out, moment);
    fputs(metrics_export->libraries ? metrics_export->libraries : "", out);
    if (local)
        metrics_write_private(out, moment);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

/* ---- HTTP --------------------------------------------------------------------------------- */

#ifdef HAVE_MICROHTTPD

/* Queues RESPONSE, which may be NULL if memory ran out, and frees it. */
static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status,
                             struct MHD_Response *response) {
    enum MHD_Result result = MHD_NO;

    if (response) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                status == MHD_HTTP_OK ? "text/plain; version=0.0.4; charset=utf-8"
                                                      : "text/plain; charset=utf-8");
        if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
            MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
        result = MHD_queue_response(connection, status, response);
        MHD_destroy_response(response);
    }
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why) {
    return reply(connection, status,
                 MHD_create_response_from_buffer(strlen(why), (void *)why, MHD_RESPMEM_PERSISTENT));
}

/* Answers with the newest text.  A client on the unix socket gets one of its own, in which the
 * counters are as they are now: it may ask right after a mail. */
static enum MHD_Result reply_metrics(const struct server *server,
                                     struct MHD_Connection *connection) {
    struct metrics_export *metrics_export = server->metrics_export;
    struct MHD_Response *response = NULL;
    size_t length = 0;
    char *text = NULL;
    bool has_text;

    pthread_mutex_lock(&metrics_export->lock);
    has_text = metrics_export->text != NULL;
    if (has_text && server->local)
        text = text_make(metrics_export, &metrics_export->moment, true, &length);
    else if (has_text)
        response = MHD_create_response_from_buffer(metrics_export->length, metrics_export->text,
                                                   MHD_RESPMEM_MUST_COPY);
    pthread_mutex_unlock(&metrics_export->lock);
    if (text)
        response = MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);
    if (text && !response)
        free(text);
    return has_text ? reply(connection, MHD_HTTP_OK, response)
                    : refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                             "no metrics yet; try again in a few seconds\n");
}

/* Handles one HTTP request; an MHD_AccessHandlerCallback. */
static enum MHD_Result request_take(void *argument, struct MHD_Connection *connection,
                                    const char *url, const char *method, const char *version,
                                    const char *upload, size_t *upload_size, void **state) {
    struct server *server = argument;

    (void)version;
    (void)upload;
    (void)upload_size;
    (void)state;
    client_note(&server->clients, http_clients_find(connection), CLIENT_READS);
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                      "method not allowed; use GET or HEAD\n");
    if (strcmp(url, "/metrics") != 0)
        return refuse(connection, MHD_HTTP_NOT_FOUND, "not found; the metrics are at /metrics\n");
    return reply_metrics(server, connection);
}

/* An MHD_RequestCompletedCallback. */
static void request_end(void *argument, struct MHD_Connection *connection, void **state,
                        enum MHD_RequestTerminationCode code) {
    struct server *server = argument;

    (void)state;
    (void)code;
    client_note(&server->clients, http_clients_find(connection), CLIENT_ASKS);
}

/* Starts SERVER at the address AT, or, if that is NULL, on the socket LISTENER. */
static void server_start(struct server *server, unsigned flags, const struct sockaddr *at,
                         int listener) {
    struct MHD_OptionItem where[] = {
        at ? (struct MHD_OptionItem){MHD_OPTION_SOCK_ADDR, 0, (void *)at}
           : (struct MHD_OptionItem){MHD_OPTION_LISTEN_SOCKET, listener, NULL},
        {MHD_OPTION_END, 0, NULL}};

    clients_init(&server->clients, CLIENTS);
    server->daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | flags, 0, NULL, NULL,
                         request_take, server, MHD_OPTION_ARRAY, where, MHD_OPTION_CONNECTION_LIMIT,
                         (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
                         (unsigned)CONNECTION_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                         (size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_COMPLETED, request_end, server,
                         MHD_OPTION_NOTIFY_CONNECTION, http_clients_notify, &server->clients,
                         MHD_OPTION_END);
    if (!server->daemon)
        clients_free(&server->clients);
}

static void server_stop(struct server *server) {
    if (!server->daemon)
        return;
    MHD_stop_daemon(server->daemon);
    clients_free(&server->clients);
}

/* Closes connections that are overdue; libmicrohttpd does so only if they are idle. */
static void server_sweep(struct server *server) {
    if (server->daemon)
        clients_sweep(&server->clients, CONNECTION_SECONDS * 1000);
}

static void listen_at(struct metrics_export *metrics_export, const char *address) {
    struct addrinfo wanted = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    struct listen_address at;
    int result = EAI_NONAME;

    if (listen_address_read(address, &at)) {
        wanted.ai_family = at.family;
        result = getaddrinfo(at.host, at.port, &wanted, &found);
    }
    errno = 0;
    if (result == 0)
        server_start(&metrics_export->at_address, wanted.ai_family == AF_INET6 ? MHD_USE_IPv6 : 0,
                     found->ai_addr, -1);
    if (!metrics_export->at_address.daemon)
        log_error("metrics: cannot listen on %s: %s; change metrics_listen and reload", address,
                  result ? gai_strerror(result) : strerror(errno));
    if (found)
        freeaddrinfo(found);
}

static void listen_locally(struct metrics_export *metrics_export, const char *path) {
    int descriptor = socket_listen_unix(path);

    if (descriptor >= 0)
        server_start(&metrics_export->locally, 0, NULL, descriptor);
    if (metrics_export->locally.daemon)
        return;
    log_warning("metrics: cannot listen on %s: %s; patchmark status cannot ask this daemon", path,
                strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
}

#else

static void listen_at(struct metrics_export *metrics_export, const char *address) {
    (void)metrics_export;
    log_error("metrics: cannot listen on %s: built without libmicrohttpd; use metrics_file",
              address);
}

static void listen_locally(struct metrics_export *metrics_export, const char *path) {
    (void)metrics_export;
    (void)path;
}

static void server_stop(struct server *server) {
    (void)server;
}

static void server_sweep(struct server *server) {
    (void)server;
}

#endif

/* ---- the file ----------------------------------------------------------------------------- */

/* Writes a temporary file and renames it, because the collector may read FILE at any time and must
 * not read a part of it.  Returns 0; -1 with errno set. */
static int file_replace(const struct metrics_export *metrics_export) {
    AUTO(close)
    int file = open(metrics_export->temporary,
                    O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);

    if (file < 0 || fchmod(file, FILE_MODE) < 0)
        return -1;
    for (size_t done = 0; done < metrics_export->length;) {
        ssize_t wrote = write(file, metrics_export->text + done, metrics_export->length - done);

        if (wrote < 0)
            return -1;
        done += (size_t)wrote;
    }
    return rename(metrics_export->temporary, metrics_export->file);
}

static void file_update(struct metrics_export *metrics_export) {
    bool failed = file_replace(metrics_export) < 0;

    if (failed && !metrics_export->file_failed)
        log_error("metrics: cannot write %s: %s; logged once until it succeeds",
                  metrics_export->file, strerror(errno));
    else if (!failed && metrics_export->file_failed)
        log_info("metrics: %s is written again", metrics_export->file);
    metrics_export->file_failed = failed;
}

/* ---- the libraries ------------------------------------------------------------------------ */

static void library_write(void *argument, const char *library, const char *version) {
    fprintf(argument, "patchmark_library_info{library=\"%s\",version=\"%s\"} 1\n", library,
            version);
}

/* Returns the metric with the versions of all libraries, those of plugins included, which the
 * caller frees; NULL if memory runs out. */
static char *libraries_text(void) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        return NULL;
    fputs("# HELP patchmark_library_info 1, with the version of a library as label.\n"
          "# TYPE patchmark_library_info gauge\n",
          out);
    features_walk_libraries(library_write, out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

/* ---- start, update, stop ------------------------------------------------------------------ */

#ifdef HAVE_MICROHTTPD
#define HAS_HTTP true
#else
#define HAS_HTTP false
#endif

struct metrics_export *metrics_export_start(const char *file, const char *address,
                                            const char *local) {
    struct metrics_export *metrics_export;
    bool to_file = file && *file, to_http = address && *address, to_local = local && *local;

    if (!to_file && !to_http && !(to_local && HAS_HTTP))
        return NULL;
    metrics_export = calloc(1, sizeof(*metrics_export));
    if (!metrics_export)
        return NULL;
    pthread_mutex_init(&metrics_export->lock, NULL);
    if (to_file && asprintf(&metrics_export->temporary, "%s.new", file) >= 0)
        metrics_export->file = file;
    metrics_export->libraries = libraries_text();
    metrics_export->at_address.metrics_export = metrics_export->locally.metrics_export =
        metrics_export;
    metrics_export->locally.local = true;
    if (to_http)
        listen_at(metrics_export, address);
    if (to_local)
        listen_locally(metrics_export, local);
    return metrics_export;
}

/* Keeps MOMENT, for texts that are made between two updates.  Requires the lock. */
static void moment_keep(struct metrics_export *metrics_export,
                        const struct metrics_moment *moment) {
    size_t count = moment->sink_count < LIMIT_PLUGINS ? moment->sink_count : LIMIT_PLUGINS;

    metrics_export->moment = *moment;
    metrics_export->moment.sinks = metrics_export->sinks;
    metrics_export->moment.sink_count = count;
    for (size_t i = 0; i < count; i++)
        metrics_export->sinks[i] = moment->sinks[i];
}

void metrics_export_update(struct metrics_export *metrics_export,
                           const struct metrics_moment *moment) {
    char *text, *old;
    size_t length = 0;

    if (!metrics_export)
        return;
    server_sweep(&metrics_export->at_address);
    server_sweep(&metrics_export->locally);
    text = text_make(metrics_export, moment, false, &length);
    if (!text)
        return;
    pthread_mutex_lock(&metrics_export->lock);
    old = metrics_export->text;
    metrics_export->text = text;
    metrics_export->length = length;
    moment_keep(metrics_export, moment);
    pthread_mutex_unlock(&metrics_export->lock);
    free(old);
    if (metrics_export->file)
        file_update(metrics_export);
}

void metrics_export_stop(struct metrics_export *metrics_export) {
    if (!metrics_export)
        return;
    server_stop(&metrics_export->at_address);
    server_stop(&metrics_export->locally);
    pthread_mutex_destroy(&metrics_export->lock);
    free(metrics_export->temporary);
    free(metrics_export->libraries);
    free(metrics_export->text);
    free(metrics_export);
}
