/* SPDX-License-Identifier: BSD-2-Clause
 *
 * connection.c - opens a connection to Redis, sends commands and reads replies; see connection.h.
 *
 * A struct connection owns its hiredis context, which owns the socket, and its TLS object.  Name
 * resolution, connecting, TLS, authentication and each exchange can fail; every failure closes the
 * connection and leaves the reason in it.
 */
#include "connection.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_LOOKUPS 4 /* at once: while a resolver hangs, the number of threads must not grow */
#define MAX_DEPTH   6 /* of nested arrays: XREAD has 4, and hiredis frees them by recursion */

#if HIREDIS_MAJOR >= 1
typedef size_t array_length;
#else
typedef int array_length;
#endif

/* ---- failures ----------------------------------------------------------------------------- */

void connection_init(struct connection *connection, const struct settings *settings) {
    memset(connection, 0, sizeof(*connection));
    connection->settings = settings;
}

void connection_drop(struct connection *connection) {
    tls_free(connection->tls);
    connection->tls = NULL;
    if (connection->redis)
        redisFree(connection->redis);
    connection->redis = NULL;
}

void connection_close(struct connection *connection) {
    connection_drop(connection);
    explicit_bzero(connection, sizeof(*connection));
}

bool connection_failed(struct connection *connection, const char *format, ...) {
    const char *at = connection->server.text;
    size_t length;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(connection->reason, sizeof(connection->reason), format, arguments);
    va_end(arguments);
    length = strlen(connection->reason);
    if (*at && strcmp(at, connection->settings->name) != 0)
        snprintf(connection->reason + length, sizeof(connection->reason) - length, " (at %s)", at);
    connection_drop(connection);
    return false;
}

bool connection_error_reply(struct connection *connection, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ERROR)
        return connection_failed(connection, "unexpected reply of type %d", reply->type);
    const char *text = reply->str, *hint = "";
    connection->script_lost = strncmp(text, "NOSCRIPT ", 9) == 0;
    connection->retry = connection->script_lost || route_changed(connection, text);
    if (strcasestr(text, "unknown command") || strcasestr(text, "unknown redis command"))
        hint = " (EVALSHA and XADD are required: Redis 5 or later)";
    else if (!connection->settings->one_slot &&
             (strncmp(text, "CROSSSLOT ", 10) == 0 || strncmp(text, "MOVED ", 6) == 0))
        hint = " (in a cluster the names of all keys must have the same tag in braces)";
    return connection_failed(connection, "%.*s%s", ERROR_BYTES, text, hint);
}

/* Reports the error that hiredis or tls_transfer stored in the context. */
static void context_failed(struct connection *connection) {
    const redisContext *redis = connection->redis;
    const char *kind = redis->err == REDIS_ERR_IO || redis->err == REDIS_ERR_EOF
                           ? "lost connection: "
                       : redis->err == REDIS_ERR_PROTOCOL ? "unreadable reply: "
                       : redis->err == REDIS_ERR_OOM      ? "out of memory: "
                                                          : "";

    if (connection->oversize)
        connection_failed(connection,
                          "unexpected size of a reply: more than %zu elements, or nested too deep",
                          connection->max_elements);
    else
        connection_failed(connection, "%s%s", kind, redis->errstr);
}

void trouble_report(struct trouble *trouble, const struct settings *settings, const char *reason) {
    const char *operation = trouble->operation;
    char kind[sizeof(trouble->kind)];

    if (reason) {
        snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(reason, " :"), reason);
        if (trouble->failed++ == 0 || strcmp(kind, trouble->kind) != 0)
            patchmark_log(settings->instance, trouble->level, "%s: %s%s%s; %s", settings->name,
                          operation, *operation ? ": " : "", reason, trouble->consequence);
        memcpy(trouble->kind, kind, sizeof(kind));
    } else if (trouble->failed > 0) {
        patchmark_log(settings->instance, PATCHMARK_INFO, "%s: %s%srecovered, failed %s: %llu",
                      settings->name, operation, *operation ? " " : "", trouble->unit,
                      (unsigned long long)trouble->failed);
        trouble->failed = 0;
    }
}

/* ---- commands ----------------------------------------------------------------------------- */

void connection_send(struct connection *connection, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    if (connection->redis)
        redisvAppendCommand(connection->redis, format, arguments);
    va_end(arguments);
}

/* Queues a length of RESP: "*3\r\n" before a command of three strings, "$5\r\n" before a string of
 * five bytes. */
static void put_length(struct connection *connection, char kind, size_t number) {
    char head[32];
    int length = snprintf(head, sizeof(head), "%c%zu\r\n", kind, number);

    redisAppendFormattedCommand(connection->redis, head, (size_t)length);
}

void connection_begin(struct connection *connection, size_t count) {
    put_length(connection, '*', count);
}

void connection_put(struct connection *connection, const char *first, const char *second,
                    size_t second_length) {
    size_t first_length = strlen(first);

    put_length(connection, '$', first_length + second_length);
    redisAppendFormattedCommand(connection->redis, first, first_length);
    redisAppendFormattedCommand(connection->redis, second, second_length);
    redisAppendFormattedCommand(connection->redis, "\r\n", 2);
}

/* ---- replies ------------------------------------------------------------------------------ */

void connection_bound(struct connection *connection, size_t bytes, size_t elements) {
    connection->max_bytes = bytes;
    connection->max_elements = elements;
}

/* The createArray of the reader: limits depth and elements, because hiredis itself allocates as
 * many elements as the server announces.  Returns NULL if the limits are exceeded. */
static void *bounded_array(const redisReadTask *task, array_length length) {
    struct connection *connection = task->privdata;
    size_t depth = 0;

    for (const redisReadTask *each = task; each && depth <= MAX_DEPTH; each = each->parent)
        depth++;
    if (depth > MAX_DEPTH || (size_t)length > connection->max_elements - connection->elements) {
        connection->oversize = true;
        return NULL;
    }
    connection->elements += (size_t)length;
    return connection->original_functions->createArray(task, length);
}

void connection_adopt(struct connection *connection, redisContext *redis) {
    connection->redis = redis;
    connection->original_functions = redis->reader->fn;
    connection->functions = *redis->reader->fn;
    connection->functions.createArray = bounded_array;
    redis->reader->fn = &connection->functions;
    redis->reader->privdata = connection;
    connection->bytes = connection->elements = 0;
    connection->oversize = false;
    connection_bound(connection, REPLY_BYTES, 0);
}

redisReply *connection_next(struct connection *connection) {
    redisReader *reader = connection->redis->reader;
    void *reply = NULL;

    if (reader->pos == reader->len)
        return NULL;
    /* The types of RESP3 are rejected: this client does not request RESP3. */
    if (reader->ridx < 0 &&
        !memchr("+-:$*", reader->buf[reader->pos], connection->max_elements > 0 ? 5 : 4)) {
        connection_failed(connection, "unexpected type of reply, is the server a Redis?");
    } else if (redisGetReplyFromReader(connection->redis, &reply) != REDIS_OK) {
        context_failed(connection);
    } else if (reply) {
        connection->bytes = reader->len - reader->pos;
        connection->elements = 0;
        connection_bound(connection, REPLY_BYTES, 0);
    } else if (connection->bytes > connection->max_bytes) {
        connection->oversize = true;
        connection_failed(connection, "unexpected size of a reply: more than %zu bytes",
                          connection->max_bytes);
    }
    return reply;
}

/* Reads once or, if nothing was read, writes.  Reads first, because a server that closed the
 * connection may have sent the reason.  Returns 0, or the events to poll for before the next call.
 */
static short transfer(struct connection *connection) {
    redisContext *redis = connection->redis;
    size_t before = redis->reader->len;
    short events = 0;

    if (connection->tls) {
        events = tls_transfer(connection->tls, redis);
    } else if (redisBufferRead(redis) == REDIS_OK && redis->reader->len == before) {
        int written = 1;
        redisBufferWrite(redis, &written);
        events = written ? POLLIN : POLLIN | POLLOUT;
    }
    connection->bytes += redis->reader->len - before;
    return events;
}

/* Returns true as soon as one of EVENTS happens, false if none happens until DEADLINE. */
static bool ready_wait(int fd, short events, int64_t deadline) {
    struct pollfd ready = {.fd = fd, .events = events};
    int found;

    do {
        int64_t left = deadline - milliseconds();
        found = poll(&ready, 1, left > 0 ? (int)left : 0);
    } while (found < 0 && errno == EINTR);
    return found > 0;
}

redisReply *connection_read_reply(struct connection *connection, int64_t deadline) {
    while (connection->redis) {
        redisReply *reply = connection_next(connection);
        if (reply || !connection->redis)
            return reply;
        short events = transfer(connection);
        if (connection->redis->err)
            context_failed(connection);
        else if (events && !ready_wait(connection->redis->fd, events, deadline))
            connection_failed(connection, "timeout: no reply within %d ms",
                              (int)connection->settings->timeout);
    }
    return NULL;
}

const redisReply *reply_element(const redisReply *reply, size_t i, int type) {
    if (reply->type != REDIS_REPLY_ARRAY || i >= reply->elements || !reply->element[i] ||
        reply->element[i]->type != type)
        return NULL;
    return reply->element[i];
}

/* ---- the connection ----------------------------------------------------------------------- */

/* Connects to ADDRESS until DEADLINE.  Returns 0, or a value of errno. */
static int connect_to(struct connection *connection, const struct sockaddr *address, socklen_t size,
                      int64_t deadline) {
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    int error = fd < 0 || connect(fd, address, size) < 0 ? errno : 0;
    socklen_t error_size = sizeof(error);

    if (error == EINPROGRESS && !ready_wait(fd, POLLOUT, deadline))
        error = ETIMEDOUT;
    else if (error == EINPROGRESS)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size);
    redisContext *redis = error == 0 ? redisConnectFd(fd) : NULL;
    if (!redis) {
        if (fd >= 0)
            close(fd);
        return error ? error : ENOMEM;
    }
    redis->flags &= ~REDIS_BLOCK;
    if (address->sa_family != AF_UNIX) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
    connection_adopt(connection, redis);
    return 0;
}

/* Connects to the first of ADDRESSES that accepts.  Each address gets an equal share of the
 * remaining time, so that one that does not reply leaves time for the others.  Returns 0, or the
 * errno of the last address. */
static int connect_to_any(struct connection *connection, const struct addrinfo *addresses,
                          int64_t deadline) {
    int error = EADDRNOTAVAIL, count = 0;

    for (const struct addrinfo *each = addresses; each; each = each->ai_next)
        count++;
    for (; addresses && error != 0; addresses = addresses->ai_next) {
        int64_t share = (deadline - milliseconds()) / count--;
        error = connect_to(connection, addresses->ai_addr, addresses->ai_addrlen,
                           milliseconds() + share);
    }
    return error;
}

/* One name to resolve on a thread of its own, which pushes the struct to RESULTS when it is done.
 */
struct lookup {
    char host[HOST_BYTES], port[8];
    GAsyncQueue *results;
    int error;
    struct addrinfo *addresses;
};

static gint lookups; /* threads of this process that resolve a name */

static void lookup_free(void *data) {
    struct lookup *lookup = data;

    if (lookup->addresses)
        freeaddrinfo(lookup->addresses);
    g_free(lookup);
}

static void *lookup_run(void *data) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct lookup *lookup = data;
    GAsyncQueue *results = lookup->results;

    lookup->error = getaddrinfo(lookup->host, lookup->port, &hints, &lookup->addresses);
    g_async_queue_push(results, lookup);
    g_async_queue_unref(results); /* frees the result if the caller no longer waits */
    g_atomic_int_add(&lookups, -1);
    return NULL;
}

/* Resolves HOST and PORT like getaddrinfo(3), but returns EAI_AGAIN at DEADLINE.  The resolver has
 * its own timeouts of up to minutes and cannot be interrupted; its thread then continues and its
 * result is discarded. */
static int resolve(const char *host, const char *port, int64_t deadline,
                   struct addrinfo **addresses) {
    if (g_atomic_int_get(&lookups) >= MAX_LOOKUPS)
        return EAI_AGAIN;
    g_atomic_int_inc(&lookups);
    GAsyncQueue *results = g_async_queue_new_full(lookup_free);
    struct lookup *lookup = g_new0(struct lookup, 1);
    snprintf(lookup->host, sizeof(lookup->host), "%s", host);
    snprintf(lookup->port, sizeof(lookup->port), "%s", port);
    lookup->results = g_async_queue_ref(results);
    GThread *thread = g_thread_try_new("lookup", lookup_run, lookup, NULL);
    if (thread)
        g_thread_unref(thread);
    else
        lookup_run(lookup);
    int64_t left = deadline - milliseconds();
    int error = EAI_AGAIN;
    lookup = g_async_queue_timeout_pop(results, left > 0 ? (guint64)left * 1000 : 0);
    if (lookup) {
        error = lookup->error;
        *addresses = lookup->addresses;
        lookup->addresses = NULL;
        lookup_free(lookup);
    }
    g_async_queue_unref(results);
    return error;
}

static bool connect_to_server(struct connection *connection, const struct server *server,
                              int64_t deadline) {
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    const struct addrinfo numeric = {.ai_socktype = SOCK_STREAM,
                                     .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo local = {.ai_addr = (struct sockaddr *)&path, .ai_addrlen = sizeof(path)};
    struct addrinfo *found = NULL;
    char port[8];
    int error = 0;

    if (server->port == 0) {
        strcpy(path.sun_path, server->host);
    } else {
        snprintf(port, sizeof(port), "%d", server->port);
        error =
            getaddrinfo(server->host, port, &numeric, &found); /* an address needs no resolver */
        if (error == EAI_NONAME)
            error = resolve(server->host, port, deadline, &found);
    }
    if (error != 0)
        return connection_failed(connection, "name: %s: %s", server->host, gai_strerror(error));
    error = connect_to_any(connection, found ? found : &local, deadline);
    if (found)
        freeaddrinfo(found);
    return error == 0 || connection_failed(connection, "connect: %s", strerror(error));
}

static bool authenticate(struct connection *connection, const struct credentials *credentials,
                         int64_t deadline) {
    const char *password = credentials->password;
    size_t length = credentials->password_length;
    if (length == 0)
        return true;
    if (*credentials->username)
        connection_send(connection, "AUTH %s %b", credentials->username, password, length);
    else
        connection_send(connection, "AUTH %b", password, length);
    AUTO_REPLY *reply = connection_read_reply(connection, deadline);
    if (!reply || reply->type == REDIS_REPLY_STATUS)
        return reply != NULL;
    /* A server without AUTH may repeat the command in its error: the password must not be logged.
     */
    if (reply->type == REDIS_REPLY_ERROR && memmem(reply->str, reply->len, password, length))
        return connection_failed(connection,
                                 "AUTH was rejected with an error that contains the password");
    return connection_error_reply(connection, reply);
}

bool connection_open(struct connection *connection, const struct server *server, int64_t deadline) {
    const struct settings *settings = connection->settings;
    const char *name = settings->server_name ? settings->server_name : server->host;

    connection_drop(connection);
    connection->server = *server;
    if (!connect_to_server(connection, server, deadline))
        return false;
    if (server->tls && !(connection->tls = tls_new(settings->tls, connection->redis->fd, name)))
        return connection_failed(connection, "TLS: out of memory");
    return authenticate(connection, &server->credentials, deadline);
}

bool connection_readable(const struct connection *connection, int64_t max_milliseconds) {
    struct pollfd ready = {.fd = connection->redis->fd, .events = POLLIN};

    return (connection->tls && tls_has_pending(connection->tls)) ||
           poll(&ready, 1, (int)max_milliseconds) != 0;
}

bool connection_is_idle(const struct connection *connection) {
    const redisReader *reader = connection->redis ? connection->redis->reader : NULL;

    return reader && reader->pos == reader->len && reader->ridx < 0 &&
           !connection_readable(connection, 0);
}
