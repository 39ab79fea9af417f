/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp-play.c - sends the mails of an mbox to an SMTP server over several connections, and prints
 * the rate and the latencies; for tests/bench/postfix.sh.
 *
 *     smtp-play [-c CONNECTIONS] [-n MAILS] PORT RECIPIENT MBOX
 *
 * Mails are prepared before the measurement starts, and the commands of an envelope are sent in one
 * piece, so that mostly the server is measured.  The program exits with an error if a mail is
 * refused.
 */
#include "mail/mailbox.h"
#include "util/cleanup.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define CONNECTIONS_MOST 100
#define REPLY_SIZE       4096

CLEANUP_DEFINE(struct mailbox *, mailbox_close)

static struct {
    struct patchmark_text *mails; /* as they are sent after DATA */
    size_t count;
    uint32_t *microseconds;
    char envelope[512];
    size_t connections;
    in_port_t port;
    pthread_barrier_t start;
} run = {.connections = 4};

struct client {
    pthread_t thread;
    size_t first; /* its first mail; it sends every run.connections-th mail from there on */
    int socket;
    char reply[REPLY_SIZE];
    size_t length;
};

static int64_t now(void) {
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void __attribute__((noreturn)) fail(const char *problem) {
    fprintf(stderr, "smtp-play: %s\n", problem);
    exit(EX_UNAVAILABLE);
}

/* ---- the mails ----------------------------------------------------------------------------- */

/* Returns a mail as SMTP sends it (RFC 5321 4.5.2): lines end in CR LF, a line that starts with a
 * dot has another dot before it, and the last line is a dot. */
static struct patchmark_text wire_of(struct patchmark_text rest) {
    struct patchmark_text line;
    char *wire = malloc(rest.length * 3 + 8), *to = wire;

    if (!wire)
        fail("out of memory");
    while (patchmark_text_line(&rest, &line)) {
        if (line.length > 0 && *line.data == '.')
            *to++ = '.';
        memcpy(to, line.data, line.length);
        to += line.length;
        *to++ = '\r';
        *to++ = '\n';
    }
    memcpy(to, ".\r\n", 3);
    return (struct patchmark_text){wire, (size_t)(to - wire) + 3};
}

static void mails_read(const char *path, size_t most) {
    AUTO(mailbox_close) struct mailbox *mailbox = mailbox_open(path);
    struct patchmark_text raw;

    while (mailbox && run.count < most && mailbox_next(mailbox, &raw) == 1) {
        run.mails = reallocarray(run.mails, run.count + 1, sizeof(*run.mails));
        if (!run.mails)
            fail("out of memory");
        run.mails[run.count++] = wire_of(raw);
    }
    run.microseconds = calloc(run.count + 1, sizeof(*run.microseconds));
    if (run.count == 0 || !run.microseconds)
        fail("no mails");
}

/* ---- a connection -------------------------------------------------------------------------- */

static void client_write(struct client *client, const char *data, size_t length) {
    while (length > 0) {
        ssize_t written = write(client->socket, data, length);

        if (written <= 0)
            fail("the server closed the connection");
        data += written;
        length -= (size_t)written;
    }
}

/* Reads a reply of one line or several, whose code must start with DIGIT. */
static void client_expect(struct client *client, char digit) {
    for (;;) {
        char *end = memchr(client->reply, '\n', client->length);
        ssize_t got;

        if (end) {
            bool last = end - client->reply < 4 || client->reply[3] != '-';

            if (*client->reply != digit) {
                *end = '\0';
                fail(client->reply);
            }
            client->length -= (size_t)(end + 1 - client->reply);
            memmove(client->reply, end + 1, client->length);
            if (last)
                return;
            continue;
        }
        got = read(client->socket, client->reply + client->length, REPLY_SIZE - client->length);
        if (got <= 0)
            fail("the server closed the connection");
        client->length += (size_t)got;
    }
}

static void client_open(struct client *client) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(run.port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    static const char hello[] = "EHLO client.example.org\r\n";
    int one = 1;

    client->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (connect(client->socket, (const struct sockaddr *)&address, sizeof(address)) < 0)
        fail("cannot connect to the server");
    client_expect(client, '2');
    client_write(client, hello, sizeof(hello) - 1);
    client_expect(client, '2');
}

static void *client_run(void *argument) {
    struct client *client = argument;

    client_open(client);
    pthread_barrier_wait(&run.start); /* all are connected; the main thread reads the clock */
    pthread_barrier_wait(&run.start);
    for (size_t i = client->first; i < run.count; i += run.connections) {
        int64_t began = now();

        client_write(client, run.envelope, strlen(run.envelope));
        client_expect(client, '2');
        client_expect(client, '2');
        client_expect(client, '3');
        client_write(client, run.mails[i].data, run.mails[i].length);
        client_expect(client, '2');
        run.microseconds[i] = (uint32_t)(now() - began);
    }
    client_write(client, "QUIT\r\n", 6);
    client_expect(client, '2');
    close(client->socket);
    return NULL;
}

/* ---- the run ------------------------------------------------------------------------------- */

static int compare(const void *one, const void *other) {
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

    return (a > b) - (a < b);
}

static uint32_t within(size_t per_mille) {
    return run.microseconds[(run.count * per_mille + 999) / 1000 - 1];
}

static void play(void) {
    static struct client clients[CONNECTIONS_MOST];
    int64_t began;
    double seconds;

    pthread_barrier_init(&run.start, NULL, (unsigned)run.connections + 1);
    for (size_t i = 0; i < run.connections; i++) {
        clients[i].first = i;
        if (pthread_create(&clients[i].thread, NULL, client_run, &clients[i]) != 0)
            fail("cannot start a thread");
    }
    pthread_barrier_wait(&run.start);
    began = now();
    pthread_barrier_wait(&run.start);
    for (size_t i = 0; i < run.connections; i++)
        pthread_join(clients[i].thread, NULL);
    seconds = (double)(now() - began) / 1e6;
    qsort(run.microseconds, run.count, sizeof(*run.microseconds), compare);
    printf("mails=%zu seconds=%.6f mails_per_second=%.1f p50_us=%" PRIu32 " p99_us=%" PRIu32
           " p999_us=%" PRIu32 " max_us=%" PRIu32 "\n",
           run.count, seconds, (double)run.count / seconds, within(500), within(990), within(999),
           within(1000));
}

int main(int argc, char **argv) {
    size_t most = SIZE_MAX;

    for (int option; (option = getopt(argc, argv, "c:n:")) != -1;) {
        if (option == 'c')
            run.connections = (size_t)atoi(optarg);
        else if (option == 'n')
            most = (size_t)atoi(optarg);
        else
            return EX_USAGE;
    }
    if (argc != optind + 3 || run.connections < 1 || run.connections > CONNECTIONS_MOST) {
        fputs("usage: smtp-play [-c CONNECTIONS] [-n MAILS] PORT RECIPIENT MBOX\n", stderr);
        return EX_USAGE;
    }
    run.port = (in_port_t)atoi(argv[optind]);
    snprintf(run.envelope, sizeof(run.envelope),
             "MAIL FROM:<sender@example.org> BODY=8BITMIME\r\nRCPT TO:<%s>\r\nDATA\r\n",
             argv[optind + 1]);
    mails_read(argv[optind + 2], most);
    play();
    return EX_OK;
}
