/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_server.h - starts real Redis servers for tests, each with its own unix socket and perhaps
 * its own port.  A server ends with the test that started it.
 */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include "test_redis.h"

#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define NODE_OPTIONS 40

struct node {
    pid_t pid;
    int port; /* 0 if it has only the socket */
    char socket[96];
    redisContext *control;
};

/* The server that the functions below send commands to. */
static struct node *asked_node;

#define STREAM "{patchmark}:events"

/* Returns a port of the loopback address that is free at the moment. */
TEST_TOOL int free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static pid_t program_start(const char *const *arguments) {
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* also if the test fails */
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(126);
        execvp(arguments[0], (char *const *)arguments);
        _exit(127);
    }
    return pid;
}

/* Waits until the server replies; on a loaded machine this takes a second. */
static void node_wait(struct node *node) {
    int64_t deadline = milliseconds() + 20000;

    for (;;) {
        ck_assert_msg(milliseconds() < deadline, "redis-server does not start");
        node->control =
            *node->socket ? redisConnectUnix(node->socket) : redisConnect("127.0.0.1", node->port);
        redisReply *reply =
            node->control && !node->control->err ? redisCommand(node->control, "PING") : NULL;
        bool up = reply && reply->type == REDIS_REPLY_STATUS;
        if (reply)
            freeReplyObject(reply);
        if (up)
            break;
        redisFree(node->control);
        poll(NULL, 0, 5);
    }
    redisSetTimeout(node->control, (struct timeval){.tv_sec = 10});
}

/* Starts an empty server called NAME on a socket and on PORT, unless that is 0.  The other
 * arguments are options of redis-server, up to NULL. */
static __attribute__((sentinel)) void node_start(struct node *node, const char *name, int port,
                                                 ...) {
    char number[16], folder[96], dump[112];
    const char *arguments[NODE_OPTIONS] = {"redis-server", "--port", number, "--unixsocket",
                                           node->socket,   "--save", "",     "--appendonly",
                                           "no",           "--dir",  folder, "--loglevel",
                                           "warning"};
    size_t count = 13;
    va_list options;

    snprintf(number, sizeof(number), "%d", port);
    snprintf(folder, sizeof(folder), "%s/%s.data", test_folder, name);
    snprintf(node->socket, sizeof(node->socket), "%.60s/%.20s.sock", test_folder, name);
    if (strcmp(name, "socket") == 0) /* the default of sink_open */
        snprintf(node->socket, sizeof(node->socket), "%s", test_socket);
    ck_assert(mkdir(folder, 0700) == 0 || errno == EEXIST);
    snprintf(dump, sizeof(dump), "%s/dump.rdb", folder); /* from replication in an earlier run */
    unlink(dump);
    va_start(options, port);
    while ((arguments[count] = va_arg(options, const char *)))
        ck_assert_uint_lt(++count, NODE_OPTIONS);
    va_end(options);
    node->port = port;
    node->pid = program_start(arguments);
    node_wait(node);
    asked_node = node;
}

static void node_stop(struct node *node) {
    if (node->control)
        redisFree(node->control);
    node->control = NULL;
    if (node->pid > 0) {
        kill(node->pid, SIGKILL);
        waitpid(node->pid, NULL, 0);
    }
    node->pid = 0;
    unlink(node->socket);
}

/* ---- commands ----------------------------------------------------------------------------- */

/* Sends a command and returns the reply, which the caller frees.  Asserts that it is not an error.
 */
static redisReply *PATCHMARK_PRINTF(1, 2) asked(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = redisvCommand(asked_node->control, format, arguments);
    va_end(arguments);
    ck_assert_msg(reply != NULL, "%s: %s", format, asked_node->control->errstr);
    ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s: %s", format, reply->str);
    return reply;
}

#define DO(...) freeReplyObject(asked(__VA_ARGS__))

TEST_TOOL long long number(const char *command, const char *key) {
    redisReply *reply = asked("%s %s", command, key);
    ck_assert_int_eq(reply->type, REDIS_REPLY_INTEGER);
    long long result = reply->integer;
    freeReplyObject(reply);
    return result;
}

TEST_TOOL long long stream_length(void) {
    return number("XLEN", STREAM);
}

TEST_TOOL bool seen(size_t event) {
    char key[80];
    snprintf(key, sizeof(key), "{patchmark}:seen:%s", test_events[event].id);
    return number("EXISTS", key) == 1;
}

/* Asserts that the stream has exactly the events FIRST to FIRST + COUNT - 1, in this order. */
TEST_TOOL void assert_stream(size_t first, size_t count) {
    redisReply *reply = asked("XRANGE " STREAM " - +");
    ck_assert_uint_eq(reply->elements, count);
    for (size_t i = 0; i < count; i++) {
        const redisReply *fields = reply->element[i]->element[1];
        ck_assert_str_eq(fields->element[2]->str, "id");
        ck_assert_str_eq(fields->element[3]->str, test_events[first + i].id);
    }
    freeReplyObject(reply);
}

/* Returns true, and prints a message, if redis-server is not installed. */
static bool server_missing(void) {
    if (system("redis-server --version >/dev/null 2>&1") == 0)
        return false;
    fprintf(stderr, "skipped: redis-server is not installed\n");
    return true;
}

#endif
