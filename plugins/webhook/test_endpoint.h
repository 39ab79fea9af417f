/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_endpoint.h - an HTTP server on loopback that answers with bytes that a test chooses.
 *
 * It runs on a thread of the test, with one connection at a time.  The answers follow a script, and
 * the last one is repeated.
 */
#ifndef TEST_ENDPOINT_H
#define TEST_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#define ENDPOINT_REQUESTS 64 /* that are kept */
#define ENDPOINT_ANSWERS  12 /* of a script */

struct endpoint_answer {
    const char *text; /* the bytes of the answer; NULL: none */
    size_t repeats;   /* how many times the part of TEXT behind the last "|" follows, without it */
    unsigned wait_ms; /* before the answer */
    bool closes;      /* the connection, after the answer */
    bool hangs;       /* sends nothing more and keeps the connection until the client closes it */
};

#define ENDPOINT_OK \
    { .text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" }

/* Starts the server with a script of COUNT answers, whose texts must stay valid.  Returns its port.
 */
int endpoint_start(const struct endpoint_answer *script, size_t count);

/* Returns the number of requests that arrived completely, and of connections. */
size_t endpoint_requests(void);
size_t endpoint_connections(void);
/* Returns request I, counted from 0, header and body. */
const char *endpoint_request(size_t i);

#endif
