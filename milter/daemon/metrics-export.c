/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics-export.c - see metrics-export.h.
 */
#include "daemon/metrics-export.h"

#include "util/cleanup.h"
#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifdef HAVE_MICROHTTPD
#include <microhttpd.h>
#endif

#define CONNECTIONS        16 /* at once; monitors are few */
#define CONNECTION_SECONDS 10
#define CONNECTION_BYTES   (32 * 1024) /* of memory for each */
#define FILE_MODE          0644        /* the collector is another user */

struct metrics_export {
    const char *file; /* NULL: none */
    char *temporary;  /* beside it */
    bool faulted;     /* that was logged */
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock; /* over the two below */
    char *text;
    size_t length;
};

/* ---- HTTP --------------------------------------------------------------------------------- */

#ifdef HAVE_MICROHTTPD

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

static enum MHD_Result reply_metrics(struct metrics_export *metrics_export,
                                     struct MHD_Connection *connection) {
    struct MHD_Response *response = NULL;
    bool made;

    pthread_mutex_lock(&metrics_export->lock);
    made = metrics_export->text != NULL;
    if (made)
        response = MHD_create_response_from_buffer(metrics_export->length, metrics_export->text,
                                                   MHD_RESPMEM_MUST_COPY);
    pthread_mutex_unlock(&metrics_export->lock);
    return made ? reply(connection, MHD_HTTP_OK, response)
                : refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "not counted yet\n");
}

static enum MHD_Result answer(void *argument, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state) {
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)state;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (strcmp(url, "/metrics") != 0)
        return refuse(connection, MHD_HTTP_NOT_FOUND, "the metrics are at /metrics\n");
    return reply_metrics(argument, connection);
}

static void listen_at(struct metrics_export *metrics_export, const char *address) {
    struct addrinfo wanted = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                              .ai_family = strncmp(address, "inet6:", 6) == 0 ? AF_INET6 : AF_INET,
                              .ai_socktype = SOCK_STREAM};
    const char *port = strchr(address, ':') + 1, *host = strchr(port, '@') + 1;
    AUTO(free) char *number = strndup(port, (size_t)(host - 1 - port));
    struct addrinfo *found = NULL;
    int result = number ? getaddrinfo(host, number, &wanted, &found) : EAI_MEMORY;

    errno = 0;
    if (result == 0)
        metrics_export->daemon =
            MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
                                 (wanted.ai_family == AF_INET6 ? MHD_USE_IPv6 : 0),
                             0, NULL, NULL, answer, metrics_export, MHD_OPTION_SOCK_ADDR,
                             found->ai_addr, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
                             MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_SECONDS,
                             MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
                             MHD_OPTION_END);
    if (!metrics_export->daemon)
        log_error("metrics: cannot listen on %s: %s", address,
                  result ? gai_strerror(result) : strerror(errno));
    if (found)
        freeaddrinfo(found);
}

static void listen_end(struct metrics_export *metrics_export) {
    if (metrics_export->daemon)
        MHD_stop_daemon(metrics_export->daemon);
}

#else

static void listen_at(struct metrics_export *metrics_export, const char *address) {
    (void)metrics_export;
    log_error("metrics: cannot listen on %s: built without libmicrohttpd", address);
}

static void listen_end(struct metrics_export *metrics_export) {
    (void)metrics_export;
}

#endif

/* ---- the file ----------------------------------------------------------------------------- */

/* Whole or not at all: the collector may read at any moment. */
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
    bool good = file_replace(metrics_export) == 0;

    if (!good && !metrics_export->faulted)
        log_error("metrics: cannot write %s: %s (said once until it works again)",
                  metrics_export->file, strerror(errno));
    else if (good && metrics_export->faulted)
        log_info("metrics: %s is written again", metrics_export->file);
    metrics_export->faulted = !good;
}

/* ---- life --------------------------------------------------------------------------------- */

struct metrics_export *metrics_export_start(const char *file, const char *address) {
    struct metrics_export *metrics_export;
    bool to_file = file && *file, to_http = address && *address;

    if (!to_file && !to_http)
        return NULL;
    metrics_export = calloc(1, sizeof(*metrics_export));
    if (!metrics_export)
        return NULL;
    pthread_mutex_init(&metrics_export->lock, NULL);
    if (to_file && asprintf(&metrics_export->temporary, "%s.new", file) >= 0)
        metrics_export->file = file;
    if (to_http)
        listen_at(metrics_export, address);
    return metrics_export;
}

void metrics_export_update(struct metrics_export *metrics_export,
                           const struct metrics_moment *moment) {
    char *text = NULL, *old;
    size_t length = 0;
    FILE *out = metrics_export ? open_memstream(&text, &length) : NULL;

    if (!out)
        return;
    metrics_write(out, moment);
    if (fclose(out) != 0) {
        free(text);
        return;
    }
    pthread_mutex_lock(&metrics_export->lock);
    old = metrics_export->text;
    metrics_export->text = text;
    metrics_export->length = length;
    pthread_mutex_unlock(&metrics_export->lock);
    free(old);
    if (metrics_export->file)
        file_update(metrics_export);
}

void metrics_export_stop(struct metrics_export *metrics_export) {
    if (!metrics_export)
        return;
    listen_end(metrics_export);
    pthread_mutex_destroy(&metrics_export->lock);
    free(metrics_export->temporary);
    free(metrics_export->text);
    free(metrics_export);
}
