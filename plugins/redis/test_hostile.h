/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_hostile.h - a server that sends fixed bytes, as a broken or hostile server would.
 */
#ifndef TEST_HOSTILE_H
#define TEST_HOSTILE_H

#include "test_redis.h"

#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* What the server does after it has sent its bytes. */
enum manner {
    STAYS,    /* keeps reading and sends nothing more */
    HANGS_UP, /* closes the connection for writing */
    FLOODS,   /* sends 'x' as fast as it can */
    TRICKLES  /* sends 'x' every 50 ms */
};

#define SCRIPT_LOADED "$40\r\n0123456789012345678901234567890123456789\r\n"

/* The reply of the script: DONE events are in the stream, then FAILURE, an error ("-text") or NONE.
 */
#define ANSWER(done, failure) "*4\r\n:" #done "\r\n" failure "\r\n:1\r\n:0\r\n"
#define NONE                  "$-1"

static pid_t server;

/* Sends BYTES to each client, all at once after its first command, so partly before the commands
 * that they reply to. */
static void __attribute__((noreturn)) serve(int listener, const char *bytes, enum manner manner) {
    char buffer[4096];
    for (;;) {
        int client = accept(listener, NULL, NULL);
        bool there = read(client, buffer, sizeof(buffer)) > 0 &&
                     (!*bytes || send(client, bytes, strlen(bytes), MSG_NOSIGNAL) > 0);
        if (manner == HANGS_UP)
            shutdown(client, SHUT_WR);
        memset(buffer, 'x', sizeof(buffer));
        while (there && manner == FLOODS)
            there = send(client, buffer, sizeof(buffer), MSG_NOSIGNAL) > 0;
        while (there && manner == TRICKLES) {
            there = send(client, buffer, 1, MSG_NOSIGNAL) > 0;
            poll(NULL, 0, 50);
        }
        while (there)
            there = read(client, buffer, sizeof(buffer)) > 0;
        close(client);
    }
}

static void server_start(int listener, const char *bytes, enum manner manner) {
    ck_assert_int_eq(listen(listener, 5), 0);
    server = fork();
    ck_assert_int_ge(server, 0);
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener, bytes, manner);
    }
    close(listener);
}

static void server_on_socket(const char *bytes, enum manner manner) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, test_socket, strlen(test_socket));
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(test_socket); /* left by a test that failed */
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    server_start(listener, bytes, manner);
}

static void setup(void) {
    server = 0;
}

static void server_stop(void) {
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    server = 0;
    unlink(test_socket);
}

#endif
