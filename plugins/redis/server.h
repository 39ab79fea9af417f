/* SPDX-License-Identifier: BSD-2-Clause
 *
 * server.h - where a Redis or a Sentinel is, and who we are there.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

#define USERNAME_BYTES 128
#define PASSWORD_BYTES 512
#define HOST_BYTES     sizeof(((struct sockaddr_un *)0)->sun_path)
#define SERVER_TEXT    (HOST_BYTES + USERNAME_BYTES + 32)

#define SERVER_FORMS                                                                            \
    "unix:/PATH, inet:PORT@HOST, inet6:PORT@[ADDRESS], redis://[USER[:PASSWORD]@]HOST[:PORT], " \
    "rediss:// likewise, or unix:///PATH"

struct credentials {
    char username[USERNAME_BYTES]; /* "": the default user */
    char password[PASSWORD_BYTES]; /* any bytes */
    size_t password_length;        /* 0: no AUTH */
};

struct server {
    char host[HOST_BYTES];
    int port; /* 0: host is the path of a unix socket */
    bool tls;
    struct credentials credentials;
    char text[SERVER_TEXT]; /* for the log, without the password */
};

/* Reads TEXT, one of SERVER_FORMS; PORT is for URLs without one.  False: it is none of them. */
bool server_read(struct server *server, const char *text, int port);
/* Sets what another server said of SERVER: HOST, and PORT as digits.  False: they are nothing to
 * connect to. */
bool server_named(struct server *server, const char *host, const char *port);

#endif
