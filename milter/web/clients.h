/* SPDX-License-Identifier: BSD-2-Clause
 *
 * clients.h - the open connections of the server, what each does, and since when, so that one that
 * is overdue is closed.
 *
 * libmicrohttpd closes a connection on which nothing happens, but not one that sends a byte now and
 * then.  It can also miss that a client has left together with its request, and would then wait for
 * the next one.
 *
 * Any thread may call these functions.
 */
#ifndef WEB_CLIENTS_H
#define WEB_CLIENTS_H

#include <pthread.h>
#include <stdint.h>

#define CLIENTS_MOST 256 /* the connections that the server accepts */

enum client_state {
    CLIENT_ASKS,   /* sends a request, or is idle */
    CLIENT_READS,  /* reads an answer */
    CLIENT_STREAMS /* reads an event stream, which has its own limits */
};

struct client; /* one connection, as long as it is open */
struct clients {
    pthread_mutex_t lock;
    struct client *first;
};

void clients_init(struct clients *clients);
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
