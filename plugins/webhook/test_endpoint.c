/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_endpoint.c - see test_endpoint.h.
 */
#include "test_endpoint.h"

#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_BYTES (128 * 1024)

static struct endpoint_answer script[ENDPOINT_ANSWERS];
static size_t script_length;
static int listener;
static char *requests[ENDPOINT_REQUESTS];
static atomic_size_t request_count, connection_count;

size_t endpoint_requests(void) {
    return atomic_load(&request_count);
}

size_t endpoint_connections(void) {
    return atomic_load(&connection_count);
}

const char *endpoint_request(size_t i) {
    ck_assert_uint_lt(i, endpoint_requests());
    return requests[i];
}

/* Reads one request.  Returns false at the end of the connection. */
static bool request_receive(int connection) {
    char *text = calloc(1, REQUEST_BYTES), *end;
    size_t length = 0, wanted = REQUEST_BYTES;

    while (length < wanted) {
        ssize_t got = recv(connection, text + length, REQUEST_BYTES - 1 - length, 0);

        if (got <= 0) {
            free(text);
            return false;
        }
        length += (size_t)got;
        end = strstr(text, "\r\n\r\n");
        if (end)
            wanted = (size_t)(end + 4 - text) +
                     strtoul(strcasestr(text, "\r\nContent-Length:") + 17, NULL, 10);
    }
    requests[atomic_load(&request_count) % ENDPOINT_REQUESTS] = text;
    atomic_fetch_add(&request_count, 1);
    return true;
}

static bool all_send(int connection, const char *text, size_t length) {
    while (length > 0) {
        ssize_t sent = send(connection, text, length, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        text += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* Returns false if the connection is to be closed. */
static bool answer_send(int connection, const struct endpoint_answer *answer) {
    const char *text = answer->text ? answer->text : "", *repeated = strrchr(text, '|');
    size_t length = repeated && answer->repeats > 0 ? (size_t)(repeated - text) : strlen(text);
    bool sent;
    char byte;

    nanosleep(&(struct timespec){answer->wait_ms / 1000, answer->wait_ms % 1000 * 1000000}, NULL);
    sent = all_send(connection, text, length);
    for (size_t i = 0; i < answer->repeats && sent; i++)
        sent = all_send(connection, repeated + 1, strlen(repeated + 1));
    while (sent && answer->hangs && recv(connection, &byte, 1, 0) > 0)
        ;
    return sent && !answer->closes && !answer->hangs;
}

static void *serve(void *argument) {
    (void)argument;
    for (;;) {
        int connection = accept(listener, NULL, NULL);

        atomic_fetch_add(&connection_count, 1);
        while (request_receive(connection)) {
            size_t i = endpoint_requests() - 1;

            if (!answer_send(connection, &script[i < script_length ? i : script_length - 1]))
                break;
        }
        close(connection);
    }
    return NULL;
}

int endpoint_start(const struct endpoint_answer *answers, size_t count) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    pthread_t thread;

    ck_assert_uint_le(count, ENDPOINT_ANSWERS);
    memcpy(script, answers, count * sizeof(*script));
    script_length = count;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
    pthread_detach(thread);
    return ntohs(address.sin_port);
}
