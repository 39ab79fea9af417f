/* SPDX-License-Identifier: BSD-2-Clause
 *
 * server.h - the HTTP server of the page: checks requests, and answers them with the files of the
 * page, the API and the event streams.  Only this module of the room calls libmicrohttpd.
 *
 * Requests are answered by a few threads, each with a reader of the store of its own, which serve
 * many connections: one that sends or reads nothing delays no other one.
 */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include "settings/configuration.h"

#define SERVER_SECONDS 30 /* for a request, and for a client to read the answer */

struct server;

/* Returns true if this patchmark was built with libmicrohttpd. */
bool server_is_available(void);

/* Starts the threads that serve the listening socket LISTENER, which is then owned by the server.
 * CONFIGURATION must exist until server_stop.  If ANY_HOST, the field Host is not compared with the
 * names of the configuration.  Returns NULL, after log_error, if the threads cannot be started. */
struct server *server_start(const struct configuration *configuration, int listener, bool any_host);
/* Closes the connections that are overdue: those whose request is not complete, or whose answer is
 * not read, after SERVER_SECONDS; and those of clients that have left.  Must be called about once
 * in a second, on one thread. */
void server_sweep(struct server *server);
/* Closes all connections, ends the threads and frees SERVER, at once. */
void server_stop(struct server *server);

#endif
