/* SPDX-License-Identifier: BSD-2-Clause
 *
 * http-clients.h - keeps the connections of a server of libmicrohttpd in a struct clients.
 *
 * Exists only if patchmark is built with libmicrohttpd: include it within HAVE_MICROHTTPD.  The
 * functions are called on the threads of libmicrohttpd.
 */
#ifndef HTTP_CLIENTS_H
#define HTTP_CLIENTS_H

#include "util/clients.h"

#include <microhttpd.h>

/* An MHD_NotifyConnectionCallback, whose ARGUMENT is the struct clients of the server: adds a
 * connection that begins, and removes one that ends. */
void http_clients_notify(void *argument, struct MHD_Connection *connection, void **context,
                         enum MHD_ConnectionNotificationCode code);

/* Returns the client of CONNECTION, which belongs to the struct clients; NULL if memory ran out
 * when the connection began. */
struct client *http_clients_find(struct MHD_Connection *connection);

#endif
