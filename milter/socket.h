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

/* The listening socket.  libmilter keeps it to itself, so it is looked for: the only one of this
 * process that accepts connections.  -1: there is none. */
int socket_listener(void);

/* TCP_NODELAY on a listening internet socket, which accepted ones inherit: otherwise every mail
 * waits for a delayed ACK. */
void socket_hurry(const char *socket);

#endif
