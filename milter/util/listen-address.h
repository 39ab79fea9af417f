/* SPDX-License-Identifier: BSD-2-Clause
 *
 * listen-address.h - an address on which a server of ours listens, and its socket.
 *
 * The text of an address is "unix:/PATH", "local:/PATH", "inet:PORT@HOST" or "inet6:PORT@HOST", as
 * for the milter, or "HOST:PORT" as in a URL, with an IPv6 address in brackets.
 */
#ifndef LISTEN_ADDRESS_H
#define LISTEN_ADDRESS_H

#include <stdbool.h>
#include <sys/un.h>

struct listen_address {
    int family;                                             /* AF_UNIX, AF_INET, AF_INET6 */
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* of a unix socket, else "" */
    char host[256]; /* a name or an address without brackets; "" for a unix socket */
    char port[6];   /* a decimal number from 1 to 65535; "" for a unix socket */
};

/* Reads TEXT into ADDRESS.  Returns false if it is none of the forms above, or if the path has more
 * than 107 bytes. */
bool listen_address_read(const char *text, struct listen_address *address);

/* Returns true if only processes of this host can connect: a unix socket, or an internet socket
 * whose host is "localhost", in 127.0.0.0/8 or ::1. */
bool listen_address_is_local(const struct listen_address *address);

/* Returns a socket that listens on ADDRESS, close-on-exec and non-blocking, which the caller
 * closes.  The file of a unix socket gets mode 0660; one on which no process listens is replaced.
 * Returns -1 after log_error. */
int listen_address_open(const struct listen_address *address);
/* Removes the file of a unix socket that this process has opened. */
void listen_address_remove(const struct listen_address *address);

#endif
