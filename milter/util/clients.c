/* SPDX-License-Identifier: BSD-2-Clause
 *
 * clients.c - see clients.h.
 */
#include "util/clients.h"

#include "util/clock.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

struct client {
    struct client *next, *previous;
    int descriptor;
    enum client_state state;
    int64_t since;  /* when STATE began, in milliseconds */
    bool displaced; /* it was shut down, because there were too many */
};

void clients_init(struct clients *clients, size_t most) {
    pthread_mutex_init(&clients->lock, NULL);
    clients->first = NULL;
    clients->count = 0;
    clients->most = most;
}

void clients_free(struct clients *clients) {
    pthread_mutex_destroy(&clients->lock);
}

/* Shuts down the client that has been in its state for longest if there are too many.  Requires the
 * lock. */
static void oldest_displace(struct clients *clients) {
    struct client *oldest = NULL;

    if (clients->count <= clients->most)
        return;
    /* Of clients of the same millisecond, the last in the list has been there for longest. */
    for (struct client *client = clients->first; client; client = client->next)
        if (!client->displaced && client->state != CLIENT_STREAMS &&
            (!oldest || client->since <= oldest->since))
            oldest = client;
    if (!oldest)
        return;
    oldest->displaced = true;
    clients->count--;
    shutdown(oldest->descriptor, SHUT_RDWR);
}

struct client *client_begin(struct clients *clients, int descriptor) {
    struct client *client = calloc(1, sizeof(*client));

    if (!client)
        return NULL;
    client->descriptor = descriptor;
    client->state = CLIENT_ASKS;
    client->since = clock_milliseconds();
    pthread_mutex_lock(&clients->lock);
    client->next = clients->first;
    if (client->next)
        client->next->previous = client;
    clients->first = client;
    clients->count++;
    oldest_displace(clients);
    pthread_mutex_unlock(&clients->lock);
    return client;
}

void client_end(struct clients *clients, struct client *client) {
    pthread_mutex_lock(&clients->lock);
    if (client->previous)
        client->previous->next = client->next;
    else
        clients->first = client->next;
    if (client->next)
        client->next->previous = client->previous;
    clients->count -= !client->displaced;
    pthread_mutex_unlock(&clients->lock);
    free(client);
}

void client_note(struct clients *clients, struct client *client, enum client_state state) {
    if (!client)
        return;
    pthread_mutex_lock(&clients->lock);
    client->state = state;
    client->since = clock_milliseconds();
    pthread_mutex_unlock(&clients->lock);
}

int client_descriptor(const struct client *client) {
    return client->descriptor;
}

/* Shuts down the sockets of clients that have left while they asked.  Requires the lock. */
static void check_left(const struct clients *clients) {
    struct pollfd polled[CLIENTS_MOST];
    nfds_t count = 0;

    for (const struct client *client = clients->first; client && count < CLIENTS_MOST;
         client = client->next)
        if (client->state == CLIENT_ASKS)
            polled[count++] = (struct pollfd){.fd = client->descriptor, .events = POLLRDHUP};
    if (poll(polled, count, 0) <= 0)
        return;
    for (nfds_t i = 0; i < count; i++)
        if (polled[i].revents)
            shutdown(polled[i].fd, SHUT_RDWR);
}

void clients_sweep(struct clients *clients, int64_t milliseconds) {
    int64_t oldest = clock_milliseconds() - milliseconds;

    pthread_mutex_lock(&clients->lock);
    for (const struct client *client = clients->first; client; client = client->next)
        if (client->since < oldest && client->state != CLIENT_STREAMS)
            shutdown(client->descriptor, SHUT_RDWR);
    check_left(clients);
    pthread_mutex_unlock(&clients->lock);
}
