/* SPDX-License-Identifier: BSD-2-Clause
 *
 * connection.c - see connection.h.
 *
 * From top to bottom: failures, commands, answers, the connection.
 */
#define _GNU_SOURCE 1

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

#define LOOKUPS_MOST 4 /* under way; a resolver that hangs must not get any number of threads */
#define DEPTH_MOST   6 /* arrays in arrays: of XREAD 4; hiredis frees them by recursion */

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
    const char *at = connection->at.text;
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

bool connection_refused(struct connection *connection, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ERROR)
        return connection_failed(connection, "unexpected answer of type %d", reply->type);
    const char *text = reply->str, *hint = "";
    connection->script_lost = strncmp(text, "NOSCRIPT ", 9) == 0;
    connection->again = connection->script_lost || route_changed(connection, text);
    if (strcasestr(text, "unknown command") || strcasestr(text, "unknown redis command"))
        hint = " (EVALSHA and XADD are needed: Redis 5 or later)";
    else if (!connection->settings->one_slot &&
             (strncmp(text, "CROSSSLOT ", 10) == 0 || strncmp(text, "MOVED ", 6) == 0))
        hint = " (in a cluster the names of all keys need the same tag in braces)";
    return connection_failed(connection, "%.*s%s", ERROR_BYTES, text, hint);
}

/* What hiredis, or TLS in its place, found. */
static void context_failed(struct connection *connection) {
    const redisContext *redis = connection->redis;
    const char *kind = redis->err == REDIS_ERR_IO || redis->err == REDIS_ERR_EOF
                           ? "lost connection: "
                       : redis->err == REDIS_ERR_PROTOCOL ? "unreadable answer: "
                       : redis->err == REDIS_ERR_OOM      ? "memory: "
                                                          : "";

    if (connection->oversize)
        connection_failed(connection,
                          "unexpected size of an answer, more than %zu elements or too deep",
                          connection->elements_most);
    else
        connection_failed(connection, "%s%s", kind, redis->errstr);
}

void trouble_report(struct trouble *trouble, const struct settings *settings, const char *reason) {
    const char *what = trouble->what;
    char kind[sizeof(trouble->kind)];

    if (reason) {
        snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(reason, " :"), reason);
        if (trouble->failed++ == 0 || strcmp(kind, trouble->kind) != 0)
            patchmark_log(settings->instance, trouble->level, "%s: %s%s%s; %s", settings->name,
                          what, *what ? ": " : "", reason, trouble->consequence);
        memcpy(trouble->kind, kind, sizeof(kind));
    } else if (trouble->failed > 0) {
        patchmark_log(settings->instance, PATCHMARK_INFO,
                      "%s: %s%sworks again, %s that failed: %llu", settings->name, what,
                      *what ? " " : "", trouble->tries, (unsigned long long)trouble->failed);
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

/* "*3\r\n" before a command of three strings, "$5\r\n" before a string of five bytes. */
static void head_put(struct connection *connection, char kind, size_t number) {
    char head[32];
    int length = snprintf(head, sizeof(head), "%c%zu\r\n", kind, number);

    redisAppendFormattedCommand(connection->redis, head, (size_t)length);
}

void connection_begin(struct connection *connection, size_t count) {
    head_put(connection, '*', count);
}

void connection_put(struct connection *connection, const char *first, const char *second,
                    size_t second_length) {
    size_t first_length = strlen(first);

    head_put(connection, '$', first_length + second_length);
    redisAppendFormattedCommand(connection->redis, first, first_length);
    redisAppendFormattedCommand(connection->redis, second, second_length);
    redisAppendFormattedCommand(connection->redis, "\r\n", 2);
}

/* ---- answers ------------------------------------------------------------------------------ */

void connection_bound(struct connection *connection, size_t bytes, size_t elements) {
    connection->bytes_most = bytes;
    connection->elements_most = elements;
}

/* hiredis allocates as many elements as the server announces. */
static void *bounded_array(const redisReadTask *task, array_length length) {
    struct connection *connection = task->privdata;
    size_t depth = 0;

    for (const redisReadTask *each = task; each && depth <= DEPTH_MOST; each = each->parent)
        depth++;
    if (depth > DEPTH_MOST || (size_t)length > connection->elements_most - connection->elements) {
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
    connection_bound(connection, ANSWER_BYTES, 0);
}

redisReply *connection_next(struct connection *connection) {
    redisReader *reader = connection->redis->reader;
    void *reply = NULL;

    if (reader->pos == reader->len)
        return NULL;
    /* Types of RESP3 are refused: nobody asks for them. */
    if (reader->ridx < 0 &&
        !memchr("+-:$*", reader->buf[reader->pos], connection->elements_most > 0 ? 5 : 4)) {
        connection_failed(connection, "unexpected type of answer, is this Redis?");
    } else if (redisGetReplyFromReader(connection->redis, &reply) != REDIS_OK) {
        context_failed(connection);
    } else if (reply) {
        connection->bytes = reader->len - reader->pos;
        connection->elements = 0;
        connection_bound(connection, ANSWER_BYTES, 0);
    } else if (connection->bytes > connection->bytes_most) {
        connection->oversize = true;
        connection_failed(connection, "unexpected size of an answer, more than %zu bytes",
                          connection->bytes_most);
    }
    return reply;
}

/* Reads once or, when nothing came, writes: a server that hangs up may have said why.  Returns 0,
 * or the events to poll for before the next call. */
static short move(struct connection *connection) {
    redisContext *redis = connection->redis;
    size_t before = redis->reader->len;
    short events = 0;

    if (connection->tls) {
        events = tls_move(connection->tls, redis);
    } else if (redisBufferRead(redis) == REDIS_OK && redis->reader->len == before) {
        int written = 1;
        redisBufferWrite(redis, &written);
        events = written ? POLLIN : POLLIN | POLLOUT;
    }
    connection->bytes += redis->reader->len - before;
    return events;
}

/* False: nothing of EVENTS happened until DEADLINE. */
static bool ready_wait(int fd, short events, int64_t deadline) {
    struct pollfd ready = {.fd = fd, .events = events};
    int found;

    do {
        int64_t left = deadline - milliseconds();
        found = poll(&ready, 1, left > 0 ? (int)left : 0);
    } while (found < 0 && errno == EINTR);
    return found > 0;
}

redisReply *connection_answer(struct connection *connection, int64_t deadline) {
    while (connection->redis) {
        redisReply *reply = connection_next(connection);
        if (reply || !connection->redis)
            return reply;
        short events = move(connection);
        if (connection->redis->err)
            context_failed(connection);
        else if (events && !ready_wait(connection->redis->fd, events, deadline))
            connection_failed(connection, "timeout: no answer within %d ms",
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

/* Returns 0, or an errno. */
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

/* An address that does not answer must not take the time of those behind it. */
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

/* What a thread is to look up, for whoever waits at ANSWERS. */
struct lookup {
    char host[HOST_BYTES], port[8];
    GAsyncQueue *answers;
    int error;
    struct addrinfo *addresses;
};

static gint lookups; /* under way in this process */

static void lookup_free(void *data) {
    struct lookup *lookup = data;

    if (lookup->addresses)
        freeaddrinfo(lookup->addresses);
    g_free(lookup);
}

static void *lookup_run(void *data) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct lookup *lookup = data;
    GAsyncQueue *answers = lookup->answers;

    lookup->error = getaddrinfo(lookup->host, lookup->port, &hints, &lookup->addresses);
    g_async_queue_push(answers, lookup);
    g_async_queue_unref(answers); /* an answer that nobody waits for is freed */
    g_atomic_int_add(&lookups, -1);
    return NULL;
}

/* As getaddrinfo, but returns EAI_AGAIN at DEADLINE.  The resolver has timeouts of its own, of up
 * to minutes, and cannot be interrupted: its thread is then left alone. */
static int resolve(const char *host, const char *port, int64_t deadline,
                   struct addrinfo **addresses) {
    if (g_atomic_int_get(&lookups) >= LOOKUPS_MOST)
        return EAI_AGAIN;
    g_atomic_int_inc(&lookups);
    GAsyncQueue *answers = g_async_queue_new_full(lookup_free);
    struct lookup *lookup = g_new0(struct lookup, 1);
    snprintf(lookup->host, sizeof(lookup->host), "%s", host);
    snprintf(lookup->port, sizeof(lookup->port), "%s", port);
    lookup->answers = g_async_queue_ref(answers);
    GThread *thread = g_thread_try_new("lookup", lookup_run, lookup, NULL);
    if (thread)
        g_thread_unref(thread);
    else
        lookup_run(lookup);
    int64_t left = deadline - milliseconds();
    int error = EAI_AGAIN;
    lookup = g_async_queue_timeout_pop(answers, left > 0 ? (guint64)left * 1000 : 0);
    if (lookup) {
        error = lookup->error;
        *addresses = lookup->addresses;
        lookup->addresses = NULL;
        lookup_free(lookup);
    }
    g_async_queue_unref(answers);
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
        error = getaddrinfo(server->host, port, &numeric, &found); /* that needs no resolver */
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
    AUTO_REPLY *reply = connection_answer(connection, deadline);
    if (!reply || reply->type == REDIS_REPLY_STATUS)
        return reply != NULL;
    /* A server that does not know AUTH quotes it: the password must not get into the log. */
    if (reply->type == REDIS_REPLY_ERROR && memmem(reply->str, reply->len, password, length))
        return connection_failed(connection,
                                 "AUTH was refused with an error that quotes the password");
    return connection_refused(connection, reply);
}

bool connection_open(struct connection *connection, const struct server *server, int64_t deadline) {
    const struct settings *settings = connection->settings;
    const char *name = settings->server_name ? settings->server_name : server->host;

    connection_drop(connection);
    connection->at = *server;
    if (!connect_to_server(connection, server, deadline))
        return false;
    if (server->tls && !(connection->tls = tls_new(settings->tls, connection->redis->fd, name)))
        return connection_failed(connection, "TLS: no memory");
    return authenticate(connection, &server->credentials, deadline);
}

bool connection_readable(const struct connection *connection, int64_t milliseconds_most) {
    struct pollfd ready = {.fd = connection->redis->fd, .events = POLLIN};

    return (connection->tls && tls_holds(connection->tls)) ||
           poll(&ready, 1, (int)milliseconds_most) != 0;
}

bool connection_is_idle(const struct connection *connection) {
    const redisReader *reader = connection->redis ? connection->redis->reader : NULL;

    return reader && reader->pos == reader->len && reader->ridx < 0 &&
           !connection_readable(connection, 0);
}
