/* SPDX-License-Identifier: BSD-2-Clause
 *
 * socket.h - what libmilter leaves to us of its listening socket.
 */
#ifndef SOCKET_H
#define SOCKET_H

/* SOCKET is as the option says it: "unix:/path", "inet:port@host", "inet6:port@host". */

/* Removes the file of a unix socket that no process listens on.  0; -1 after log_error: there is
 * something else, or somebody listens. */
int socket_make_room(const char *socket);

/* Removes the file of a unix socket that we listen on. */
void socket_remove(const char *socket);

/* Sets TCP_NODELAY on libmilter's listening socket if SOCKET is an internet one; accepted sockets
 * inherit it.  Otherwise every mail waits for a delayed ACK.  Before another thread listens. */
void socket_set_nodelay(const char *socket);

#endif
