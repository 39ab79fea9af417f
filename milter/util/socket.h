/* SPDX-License-Identifier: BSD-2-Clause
 *
 * socket.h - the work on its listening socket that libmilter leaves to the program, and unix
 * sockets of our own.
 *
 * SOCKET is the value of the option `socket`: "unix:/path", "local:/path", "inet:port@host" or
 * "inet6:port@host".  PATH is that of a unix socket.
 */
#ifndef SOCKET_H
#define SOCKET_H

/* Removes the file of a unix socket if no process listens on it, so that libmilter can bind to the
 * path.  Returns 0, also if there is no such file or SOCKET is an internet socket.  Returns -1 if
 * the path is used by a process or is not a socket, or if the file cannot be removed; the error was
 * logged. */
int socket_make_room(const char *socket);

/* Who may connect to a unix socket. */
struct socket_access {
    const char *owner; /* name of a user; "": the user of the process */
    const char *group; /* name of a group; "": the group of the owner, or that of the folder if the
                        * folder is setgid */
    unsigned mode;
};
/* Sets owner, group and mode of the file of a unix socket on which this process listens; does
 * nothing for an internet socket.  Only root can set another owner, and only root or a member of a
 * group that group.  FILE is the file that names them, for errors.  Returns EX_OK; EX_NOUSER if a
 * name is unknown, or EX_NOPERM, after the error was logged. */
int socket_set_access(const char *socket, const struct socket_access *access, const char *file);

/* Removes the file of a unix socket on which this process listens. */
void socket_remove(const char *socket);

/* Sets TCP_NODELAY on the listening socket of libmilter if SOCKET is an internet socket; accepted
 * connections inherit it.  Without it every mail waits for a delayed ACK.  Logs a warning if it
 * fails.  Must be called before another thread listens on a socket. */
void socket_set_nodelay(const char *socket);

/* Listens on PATH, whose file every member of its group may connect to (mode 0660); it replaces a
 * socket file of that name at once, so the caller must know that no other process uses it.  Returns
 * the descriptor, which is not blocking; -1 with errno set. */
int socket_listen_unix(const char *path);
/* Connects to PATH.  Returns the descriptor; -1 with errno set. */
int socket_connect_unix(const char *path);

#endif
