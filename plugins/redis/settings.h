/* SPDX-License-Identifier: BSD-2-Clause
 *
 * settings.h - what the configuration says to the redis plugin, read and checked.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "patchmark-plugin.h"
#include "tls.h"

#include <sys/un.h>

#define SENTINELS_MOST 16
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

/* The strings that are pointers belong to the instance. */
struct settings {
    const struct patchmark_instance *instance;
    const char *name; /* what we talk to, for the log: the server, or "master NAME" */

    struct server server; /* with Sentinel: its credentials and tls are for the master */
    struct server sentinels[SENTINELS_MOST];
    size_t sentinel_count;
    const char *master; /* NULL: no Sentinel */
    char master_text[64];

    struct ssl_ctx_st *tls;  /* NULL: nothing is encrypted */
    const char *server_name; /* that certificates must be for; NULL: the host's */

    const char *stream, *channel, *seen;
    const char *series, *hosts;   /* "": none */
    bool one_slot;                /* all names of keys share a tag in braces */
    int64_t maxlen;               /* entries of the stream, about */
    int64_t remember, series_ttl; /* seconds */
    int64_t replicas;             /* that must have a batch; 0: none */
    int64_t timeout;              /* milliseconds */
    bool follow;
};

/* Reads TEXT, one of SERVER_FORMS; PORT is for URLs without one.  False: it is none of them. */
bool server_read(struct server *server, const char *text, int port);
/* Sets what another server said of SERVER: HOST, and PORT as digits.  False: they are nothing to
 * connect to. */
bool server_named(struct server *server, const char *host, const char *port);

/* The plugin's option table. */
extern const struct patchmark_option settings_options[];

/* From open: fills SETTINGS, reads the password file and what TLS needs.  False after
 * patchmark_option_error; call settings_clear in either case. */
bool settings_read(struct settings *settings, const struct patchmark_instance *instance);
/* Frees, and wipes the passwords. */
void settings_clear(struct settings *settings);

#endif
