/* SPDX-License-Identifier: BSD-2-Clause
 *
 * request.h - one HTTP request at a time to one endpoint, whose answer is bounded in size and time.
 *
 * A request goes on between two calls of request_run, so that each of them is short.  The
 * connection is used again for the next request (HTTP/1.1).  Redirects are not followed, proxies of
 * the environment are not used, the certificate and the name in it are verified, and an answer is
 * not decompressed.  All calls of libcurl are in request.c.  The process must ignore SIGPIPE.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACE_BYTES   288   /* "https://", a host name, ":" and a port */
#define ANSWER_BYTES  65536 /* of the header and of the body of an answer; then it is cut off */
#define REASON_BYTES  320
#define EXCERPT_BYTES 128

/* Returns NULL if requests may be sent to URL, and otherwise what is wrong, as the end of a
 * sentence whose subject is the option.  http:// is for loopback only, unless ALLOW_HTTP is true.
 * Writes scheme, host and port of URL, for the log, to PLACE. */
const char *request_url_problem(const char *url, bool allow_http, char place[PLACE_BYTES]);

/* Where and how to send.  The strings are not copied. */
struct request_target {
    const char *url;
    const char *authorities; /* PEM certificates that are trusted; NULL: those of the system */
    size_t authorities_length;
    int64_t timeout_ms;         /* for a request in all */
    int64_t connect_timeout_ms; /* for name, connection and TLS handshake */
};

struct request;

/* Returns a request that sends to TARGET, which must be valid until request_free; NULL if memory
 * runs out. */
struct request *request_new(const struct request_target *target);
/* Frees REQUEST and closes its connection; NULL is allowed. */
void request_free(struct request *request);

/* Starts to POST the LENGTH bytes of BODY, which is copied, as application/cloudevents+json with
 * the header fields webhook-id, webhook-timestamp and webhook-signature.  A request that is running
 * is cancelled first.  Returns 0; -1 if memory runs out. */
int request_start(struct request *request, const char *body, size_t length, const char *id,
                  int64_t timestamp, const char *signature);

struct answer {
    long status; /* of HTTP; 0 if there was no complete header of an answer */
    int error;   /* a number that is the same for the same trouble; 0 if there is a status */
    int64_t retry_after; /* the header field Retry-After in seconds; 0 or less if there is none */
    char reason[REASON_BYTES];   /* why there is no status, for the log */
    char excerpt[EXCERPT_BYTES]; /* the first bytes of the body, any bytes but NUL */
};

/* Returns true between request_start and the end of the request. */
bool request_is_running(const struct request *request);

/* Continues the running request until UNTIL, in milliseconds of request_clock_ms.  Returns true and
 * fills ANSWER if the request has ended.  A request whose answer has a complete header ends within
 * a second from then, whatever happens to the body. */
bool request_run(struct request *request, int64_t until, struct answer *answer);

/* Ends the running request, if there is one, and closes its connection. */
void request_cancel(struct request *request);

/* Returns the time of the monotonic clock in milliseconds. */
int64_t request_clock_ms(void);

#endif
