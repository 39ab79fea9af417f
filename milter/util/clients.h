/* SPDX-License-Identifier: BSD-2-Clause
 *
 * clients.h - the open connections of an HTTP server, what each does, and since when, so that one
 * that is overdue is closed, and one of too many.
 *
 * libmicrohttpd closes a connection on which nothing happens, but not one that sends a byte now and
 * then.  It can also miss that a client has left together with its request, and would then wait for
 * the next one.
 *
 * Any thread may call these functions.
 */
#ifndef CLIENTS_H
#define CLIENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENTS_MOST 256 /* the connections that a server may accept */

enum client_state {
    CLIENT_ASKS,   /* sends a request, or is idle */
    CLIENT_READS,  /* reads an answer */
    CLIENT_STREAMS /* reads an event stream, which has its own limits */
};

struct client; /* one connection, as long as it is open */
struct clients {
    pthread_mutex_t lock;
    struct client *first;
    size_t count; /* without those that were shut down because there were too many */
    size_t most;
};

/* Initializes CLIENTS, which has at most MOST clients: if there are more, client_begin shuts down
 * the socket of the one that has been in its state for longest, unless it streams, so that a new
 * client is always served.  The server must accept a few more connections than MOST, because it
 * closes such a connection a little later. */
void clients_init(struct clients *clients, size_t most);
/* Frees what clients_init has made; there must be no client left. */
void clients_free(struct clients *clients);

/* Adds the connection of the socket DESCRIPTOR, which asks.  Returns NULL if memory runs out. */
struct client *client_begin(struct clients *clients, int descriptor);
/* Removes CLIENT, before its descriptor is closed. */
void client_end(struct clients *clients, struct client *client);
/* Notes that CLIENT, which may be NULL, has come to STATE now. */
void client_note(struct clients *clients, struct client *client, enum client_state state);
/* Returns the socket of CLIENT. */
int client_descriptor(const struct client *client);

/* Shuts down the sockets of clients that have been in a state other than CLIENT_STREAMS for more
 * than MILLISECONDS, and of those that have left while they asked.  The server then closes them. */
void clients_sweep(struct clients *clients, int64_t milliseconds);

#endif
