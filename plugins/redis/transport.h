/* SPDX-License-Identifier: BSD-2-Clause
 *
 * transport.h - bytes to and from a server, over a socket, with TLS or without.
 *
 * One thread at a time.  Nothing blocks but poll, and that up to a deadline.
 */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include "lookup.h"
#include "server.h"
#include "tls.h"

#define TRANSPORT_REASON 240
#define TRANSPORT_PIECE  (16 * 1024) /* what one read gives at most: a record of TLS */

struct transport {
    int socket;      /* -1: not open */
    struct tls *tls; /* NULL: none */
    struct lookups lookups;

    char *output; /* what was queued; of it, the first SENT bytes are gone */
    size_t output_length, output_sent, output_size;
    char cipher[TRANSPORT_PIECE + 512]; /* with TLS: what is for the socket, likewise */
    size_t cipher_length, cipher_sent;
    char reason[TRANSPORT_REASON]; /* why the last call failed; its first word tells the kind */
};

void transport_init(struct transport *transport);

/* Connects to the first of the server's addresses that takes it.  CONTEXT, for TLS, may be NULL;
 * the certificate must be for NAME.  False: see reason, nothing is open. */
bool transport_open(struct transport *transport, const struct server *server,
                    struct tls_context *context, const char *name, int64_t deadline);
/* Drops what is under way; to be opened again. */
void transport_drop(struct transport *transport);
/* Drops, and frees the rest. */
void transport_close(struct transport *transport);

/* Where the next bytes of output go, LENGTH of them, and counts them as queued; NULL: no memory. */
char *transport_queue(struct transport *transport, size_t length);

enum { TRANSPORT_FAILED = -1, TRANSPORT_LATE = -2 };

/* Waits until the socket takes or gives something, and moves what it can.  How many bytes came, of
 * TRANSPORT_PIECE that must fit; 0: none this time; or one of the above, see reason. */
ssize_t transport_move(struct transport *transport, char *input, int64_t deadline);
/* True when there is something to read, or the connection ended, within MILLISECONDS. */
bool transport_ready(const struct transport *transport, int64_t milliseconds);

#endif
