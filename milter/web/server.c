/* SPDX-License-Identifier: BSD-2-Clause
 *
 * server.c - see server.h.
 *
 * libmicrohttpd parses requests.  What it finds malformed, or larger than the memory of a
 * connection, it answers itself, with a fixed page that has none of our header fields and nothing
 * of the request.  Everything else passes request_check first.
 *
 * A request that is refused, or has a body, ends its connection, so that no byte after it can be
 * taken for a request by mistake.
 */
#include "web/server.h"

#include "util/cleanup.h"
#include "util/log.h"

#ifdef HAVE_MICROHTTPD

#include "util/digest.h"
#include "util/http-clients.h"
#include "web/api.h"
#include "web/assets.h"
#include "web/event-stream.h"
#include "web/host-names.h"
#include "web/request-target.h"

#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define THREADS     4
#define CLIENTS     240
#define CONNECTIONS CLIENTS_MOST /* those that are about to be closed included */
#define CONNECTION_BYTES \
    (32 * 1024)                  /* memory of a connection: its request, a piece of its answer */
#define STREAM_BYTES  (8 * 1024) /* the piece of a stream that is copied at once */
#define VERSION_BYTES 17         /* of a version, with the NUL */
#define JSON          "application/json"
#define EVENT_STREAM  "text/event-stream"

/* A request, from its first line to the end of its answer. */
struct request {
    struct request_target target;
    unsigned status; /* of the target: 200, 400, 414 or 503 */
    bool checked;
    struct event_stream *stream;
};

struct server {
    const struct configuration *configuration;
    bool any_host;
    struct MHD_Daemon *daemon;
    struct event_streams *streams;
    pthread_key_t api; /* the reader of each thread */
    struct clients clients;
};

bool server_is_available(void) {
    return true;
}

/* ---- connections --------------------------------------------------------------------------- */

static void note(struct server *server, struct MHD_Connection *connection,
                 enum client_state state) {
    client_note(&server->clients, http_clients_find(connection), state);
}

void server_sweep(struct server *server) {
    clients_sweep(&server->clients, SERVER_SECONDS * 1000);
}

/* ---- answers ------------------------------------------------------------------------------- */

/* The fields of every answer. */
static const char *const fields[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

/* Queues RESPONSE, which may be NULL if memory ran out, with the fields of every answer and TYPE,
 * and frees it. */
static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, const char *type,
                             const char *cache, struct MHD_Response *response) {
    enum MHD_Result result = MHD_NO;

    if (!response)
        return MHD_NO;
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        MHD_add_response_header(response, fields[i][0], fields[i][1]);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, cache);
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* Answers with an error: in JSON below /api/, else as a line of text.  FIELD and VALUE are one more
 * field of the header, or NULL. */
static enum MHD_Result refuse(struct MHD_Connection *connection, const struct request *request,
                              unsigned status, const char *why, const char *field,
                              const char *value) {
    bool json = strncmp(request->target.path, "/api/", 5) == 0;
    struct MHD_Response *response = NULL;
    char *body;
    int length =
        json ? asprintf(&body, "{\"error\":{\"status\":%u,\"title\":\"%s\"}}\n", status, why)
             : asprintf(&body, "%s\n", why);

    if (length < 0)
        return MHD_NO;
    response = MHD_create_response_from_buffer((size_t)length, body, MHD_RESPMEM_MUST_FREE);
    if (!response)
        free(body);
    else if (field)
        MHD_add_response_header(response, field, value);
    if (response)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    return reply(connection, status, json ? JSON : "text/plain; charset=utf-8", "no-store",
                 response);
}

/* Returns true if the client has VERSION: a field If-None-Match names it. */
static bool client_has(struct MHD_Connection *connection, const char *version) {
    const char *known =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);

    return known && strstr(known, version);
}

/* Answers with the LENGTH BYTES, of which MODE says who owns them, and their VERSION; or with 304
 * if the client has it. */
static enum MHD_Result reply_version(struct MHD_Connection *connection, const char *version,
                                     const char *type, size_t length, void *bytes,
                                     enum MHD_ResponseMemoryMode mode) {
    bool known = client_has(connection, version);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(known ? 0 : length, bytes, mode);
    char tag[VERSION_BYTES + 2];

    if (!response && mode == MHD_RESPMEM_MUST_FREE)
        free(bytes);
    snprintf(tag, sizeof(tag), "\"%s\"", version);
    if (response)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, tag);
    return reply(connection, known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, type, "no-cache",
                 response);
}

static enum MHD_Result reply_asset(struct MHD_Connection *connection, unsigned status,
                                   const struct asset *asset) {
    if (status == MHD_HTTP_OK)
        return reply_version(connection, asset->version, asset->type, asset->length,
                             (void *)asset->bytes, MHD_RESPMEM_PERSISTENT);
    return reply(connection, status, asset->type, "no-cache",
                 MHD_create_response_from_buffer(asset->length, (void *)asset->bytes,
                                                 MHD_RESPMEM_PERSISTENT));
}

/* ---- the API ------------------------------------------------------------------------------- */

/* Returns the reader of this thread; NULL if memory ran out. */
static struct api *api_of_thread(struct server *server) {
    struct api *api = pthread_getspecific(server->api);

    if (!api) {
        api = api_open(server->configuration);
        if (api && pthread_setspecific(server->api, api) != 0) {
            api_close(api);
            api = NULL;
        }
    }
    return api;
}

static void api_end(void *api) {
    api_close(api);
}

static const char *argument_find(void *context, const char *name) {
    return request_target_argument(context, name);
}

static bool is_feed(const char *path) {
    return strcmp(path, "/feed.atom") == 0 ||
           (strncmp(path, "/lists/", 7) == 0 && g_str_has_suffix(path, "/feed.atom"));
}

/* Returns the address of this server that readers of a feed use, for g_free, if a proxy states it:
 * the name must be one of the option hosts.  NULL: it is unknown. */
static char *base_of(const struct server *server, struct MHD_Connection *connection) {
    const char *scheme =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Forwarded-Proto");
    const char *host =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);

    if (!scheme || (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0) || !host ||
        host_names_check(server->configuration->web_hosts, server->configuration->web_host_count,
                         host) != 200)
        return NULL;
    return g_strconcat(scheme, "://", host, "/", NULL);
}

/* Answers with a feed, whose version is a digest of its text. */
static enum MHD_Result reply_feed(struct MHD_Connection *connection,
                                  const struct web_answer *answer) {
    char version[VERSION_BYTES];

    snprintf(version, sizeof(version), "%016" PRIx64,
             (uint64_t)digest_number(answer->body, answer->length));
    return reply_version(connection, version, answer->type, answer->length, answer->body,
                         MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result reply_api(struct server *server, struct MHD_Connection *connection,
                                 struct request *request) {
    struct api *api = api_of_thread(server);
    struct web_request asked = {request->target.path, argument_find, &request->target, NULL};
    struct web_answer answer = {.status = 0};
    struct MHD_Response *response;
    g_autofree char *base = base_of(server, connection);

    if (!api)
        return refuse(connection, request, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory",
                      MHD_HTTP_HEADER_RETRY_AFTER, "10");
    asked.base = base;
    api_answer(api, &asked, &answer);
    if (is_feed(request->target.path) && answer.status == MHD_HTTP_OK)
        return reply_feed(connection, &answer);
    response = MHD_create_response_from_buffer(answer.length, answer.body, MHD_RESPMEM_MUST_FREE);
    if (!response)
        free(answer.body);
    else if (answer.location)
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, answer.location);
    if (response && answer.status == MHD_HTTP_SERVICE_UNAVAILABLE)
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "5");
    free(answer.location);
    return reply(connection, answer.status, answer.type, "no-store", response);
}

/* ---- event streams ------------------------------------------------------------------------- */

static void stream_suspend(void *connection) {
    MHD_suspend_connection(connection);
}

static void stream_resume(void *connection) {
    MHD_resume_connection(connection);
}

static void stream_drop(void *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (info)
        shutdown(info->connect_fd, SHUT_RDWR);
}

/* An MHD_ContentReaderCallback. */
static ssize_t stream_read(void *argument, uint64_t position, char *buffer, size_t size) {
    ssize_t length = event_stream_read(argument, buffer, size);

    (void)position;
    return length < 0 ? MHD_CONTENT_READER_END_WITH_ERROR : length;
}

static bool wants_stream(struct MHD_Connection *connection, const struct request *request) {
    const char *accepted =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);

    return strcmp(request->target.path, "/api/events") == 0 && accepted &&
           strcasestr(accepted, EVENT_STREAM);
}

/* Reads the sequence after which the client wants events: Last-Event-ID, with which a browser
 * connects again, else the argument `since`, else NEWEST.  Returns false if it is no number. */
static bool since_read(struct MHD_Connection *connection, const struct request *request,
                       int64_t newest, int64_t *since) {
    const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Last-Event-ID");
    char *end;

    if (!text || !*text)
        text = request_target_argument(&request->target, "since");
    *since = newest;
    if (!text || !*text)
        return true;
    errno = 0;
    *since = strtoll(text, &end, 10);
    return errno == 0 && !*end && *text >= '0' && *text <= '9';
}

/* Answers with an endless body.  A HEAD request gets the header only. */
static enum MHD_Result reply_stream(struct server *server, struct MHD_Connection *connection,
                                    struct request *request, bool head) {
    struct event_stream_wish wish = {.list = request_target_argument(&request->target, "list"),
                                     .type = request_target_argument(&request->target, "type")};
    struct api *api = api_of_thread(server);
    int64_t newest = api ? api_newest(api) : -1;
    struct client *client = http_clients_find(connection);
    struct MHD_Response *response;

    if (newest < 0 || !client)
        return reply_api(server, connection, request);
    if (!since_read(connection, request, newest, &wish.since) ||
        (wish.type && *wish.type && !api_type_is_known(wish.type)))
        return refuse(connection, request, MHD_HTTP_BAD_REQUEST, "invalid since or type", NULL,
                      NULL);
    if (head)
        return reply(connection, MHD_HTTP_OK, EVENT_STREAM, "no-store",
                     MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
    request->stream =
        event_stream_open(server->streams, connection, client_descriptor(client), &wish);
    if (!request->stream)
        return refuse(connection, request, MHD_HTTP_SERVICE_UNAVAILABLE, "too many event streams",
                      MHD_HTTP_HEADER_RETRY_AFTER, "10");
    note(server, connection, CLIENT_STREAMS);
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BYTES, stream_read,
                                                 request->stream, NULL);
    if (response) /* nginx would buffer it otherwise */
        MHD_add_response_header(response, "X-Accel-Buffering", "no");
    return reply(connection, MHD_HTTP_OK, EVENT_STREAM, "no-store", response);
}

/* ---- the page ------------------------------------------------------------------------------ */

/* Returns the status of the view or file PATH: the view of a series that is unknown has 404, with
 * the page, which says so. */
static unsigned page_status(struct server *server, const char *path) {
    static const char series[] = "/series/";
    struct api *api;

    if (strncmp(path, series, strlen(series)) != 0)
        return MHD_HTTP_OK;
    api = api_of_thread(server);
    return api && !api_may_have_series(api, path + strlen(series)) ? MHD_HTTP_NOT_FOUND
                                                                   : MHD_HTTP_OK;
}

/* ---- requests ------------------------------------------------------------------------------ */

/* Called at the first line of a request, before libmicrohttpd changes URI.  Returns the request,
 * which is the *CONTEXT of the functions below. */
static void *request_begin(void *argument, const char *uri, struct MHD_Connection *connection) {
    struct request *request = calloc(1, sizeof(*request));

    (void)argument;
    (void)connection;
    if (request)
        request->status = request_target_read(&request->target, uri);
    return request;
}

/* An MHD_RequestCompletedCallback; also called if the client has left. */
static void request_end(void *argument, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code) {
    struct request *request = *context;

    (void)code;
    if (!request)
        return;
    event_stream_close(request->stream);
    request_target_free(&request->target);
    free(request);
    *context = NULL;
    note(argument, connection, CLIENT_ASKS);
}

/* What request_field collects of the header of a request. */
struct header {
    const char *host;
    int hosts, bodies;
    bool malformed;
};

/* An MHD_KeyValueIterator. */
static enum MHD_Result request_field(void *argument, enum MHD_ValueKind kind, const char *name,
                                     const char *value) {
    struct header *header = argument;

    (void)kind;
    if (!*name || name[strcspn(name, " \t\"(),/:;<=>?@[\\]{}")])
        header->malformed = true;
    if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
        header->host = value ? value : "";
        header->hosts++;
    }
    if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0 ||
        (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0 && value && strcmp(value, "0") != 0))
        header->bodies++;
    return MHD_YES;
}

/* Returns the status of the host that the request is for. */
static unsigned host_check(const struct server *server, const struct request *request,
                           const struct header *header, const char *version) {
    const char *host = request->target.host ? request->target.host : header->host;
    unsigned status;

    if (header->hosts > 1 || (header->hosts == 0 && strcmp(version, "HTTP/1.0") != 0))
        return MHD_HTTP_BAD_REQUEST;
    if (!host)
        return MHD_HTTP_OK;
    status = host_names_check(server->configuration->web_hosts,
                              server->configuration->web_host_count, host);
    return status == MHD_HTTP_MISDIRECTED_REQUEST && server->any_host ? MHD_HTTP_OK : status;
}

/* Returns 200 if the request may be answered, else the status of its refusal, and sets *WHY. */
static unsigned request_check(const struct server *server, struct MHD_Connection *connection,
                              const struct request *request, const char *method,
                              const char *version, const char **why) {
    struct header header = {.host = NULL};
    unsigned status;

    MHD_get_connection_values(connection, MHD_HEADER_KIND, request_field, &header);
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        *why = "only GET and HEAD are allowed";
        return MHD_HTTP_METHOD_NOT_ALLOWED;
    }
    *why = "malformed header field";
    if (header.malformed)
        return MHD_HTTP_BAD_REQUEST;
    *why = "a request must have no body";
    if (header.bodies > 0)
        return MHD_HTTP_CONTENT_TOO_LARGE;
    *why = request->status == MHD_HTTP_URI_TOO_LONG ? "the URL has more than 4096 bytes"
                                                    : "malformed URL";
    if (request->status != MHD_HTTP_OK)
        return request->status;
    status = host_check(server, request, &header, version);
    *why = status == MHD_HTTP_MISDIRECTED_REQUEST
               ? "this server is not known under the name in the URL; see option hosts of section "
                 "web in patchmark.conf(5)"
               : "malformed or missing field Host";
    return status;
}

static enum MHD_Result request_answer(struct server *server, struct MHD_Connection *connection,
                                      struct request *request, const char *method) {
    const char *path = request->target.path;
    const struct asset *asset = asset_find(path);

    if (asset)
        return reply_asset(connection, page_status(server, path), asset);
    if (wants_stream(connection, request))
        return reply_stream(server, connection, request, strcmp(method, MHD_HTTP_METHOD_HEAD) == 0);
    if (is_feed(path) || strncmp(path, "/api/", 5) == 0)
        return reply_api(server, connection, request);
    return reply_asset(connection, MHD_HTTP_NOT_FOUND, asset_not_found());
}

/* Handles a request; an MHD_AccessHandlerCallback.  It is called when the header has been read, and
 * again when the whole request has: an answer to the first call ends the connection. */
static enum MHD_Result request_handle(void *argument, struct MHD_Connection *connection,
                                      const char *url, const char *method, const char *version,
                                      const char *upload, size_t *upload_size, void **context) {
    struct request *request = *context;
    const char *why;
    unsigned status;

    (void)url;
    (void)upload;
    (void)upload_size;
    if (!request)
        return MHD_NO;
    if (request->checked)
        return request_answer(argument, connection, request, method);
    request->checked = true;
    note(argument, connection, CLIENT_READS);
    status = request_check(argument, connection, request, method, version, &why);
    if (status == MHD_HTTP_OK)
        return MHD_YES;
    return refuse(connection, request, status, why,
                  status == MHD_HTTP_METHOD_NOT_ALLOWED ? MHD_HTTP_HEADER_ALLOW : NULL,
                  "GET, HEAD");
}

/* ---- start and stop ------------------------------------------------------------------------ */

static void server_free(struct server *server) {
    if (server->streams)
        event_streams_free(server->streams);
    pthread_key_delete(server->api);
    clients_free(&server->clients);
    free(server);
}

static struct MHD_Daemon *daemon_start(struct server *server, int listener) {
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, request_handle,
        server, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)SERVER_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_URI_LOG_CALLBACK, request_begin, server, MHD_OPTION_NOTIFY_COMPLETED,
        request_end, server, MHD_OPTION_NOTIFY_CONNECTION, http_clients_notify, &server->clients,
        MHD_OPTION_END);
}

struct server *server_start(const struct configuration *configuration, int listener,
                            bool any_host) {
    struct server *server = calloc(1, sizeof(*server));

    if (!server || pthread_key_create(&server->api, api_end) != 0) {
        log_error("out of memory");
        free(server);
        return NULL;
    }
    server->configuration = configuration;
    server->any_host = any_host;
    clients_init(&server->clients, CLIENTS);
    assets_init();
    server->streams =
        event_streams_start(configuration, (struct event_stream_calls){stream_suspend,
                                                                       stream_resume, stream_drop});
    errno = 0;
    server->daemon = server->streams ? daemon_start(server, listener) : NULL;
    if (server->daemon)
        return server;
    if (server->streams) {
        log_error("cannot start the threads of the server: %s", strerror(errno));
        event_streams_stop(server->streams);
    }
    server_free(server);
    return NULL;
}

void server_stop(struct server *server) {
    event_streams_stop(server->streams); /* before: a suspended connection cannot be closed */
    MHD_stop_daemon(server->daemon);
    server_free(server);
}

#else

bool server_is_available(void) {
    return false;
}

struct server *server_start(const struct configuration *configuration, int listener,
                            bool any_host) {
    (void)configuration;
    (void)listener;
    (void)any_host;
    return NULL;
}

void server_sweep(struct server *server) {
    (void)server;
}

void server_stop(struct server *server) {
    (void)server;
}

#endif
