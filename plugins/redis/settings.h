/* SPDX-License-Identifier: BSD-2-Clause
 *
 * settings.h - the options of the redis plugin, read and validated.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "patchmark-plugin.h"
#include "tls.h"

#include <sys/un.h>

#define MAX_SENTINELS  16
#define USERNAME_BYTES 128
#define PASSWORD_BYTES 512
#define HOST_BYTES     sizeof(((struct sockaddr_un *)0)->sun_path)
#define SERVER_TEXT    (HOST_BYTES + USERNAME_BYTES + 32)

#define SERVER_FORMS                                                                            \
    "unix:/PATH, inet:PORT@HOST, inet6:PORT@[ADDRESS], redis://[USER[:PASSWORD]@]HOST[:PORT], " \
    "rediss:// with the same syntax, or unix:///PATH"

struct credentials {
    char username[USERNAME_BYTES]; /* "" for the default user */
    char password[PASSWORD_BYTES]; /* any bytes, not NUL-terminated */
    size_t password_length;        /* 0 if AUTH is not sent */
};

struct server {
    char host[HOST_BYTES];
    int port; /* 0 if host is the path of a unix socket */
    bool tls;
    struct credentials credentials;
    char text[SERVER_TEXT]; /* for the log, without the password */
};

/* Strings that are pointers belong to the instance, except `name`, which points into the struct. */
struct settings {
    const struct patchmark_instance *instance;
    const char *name; /* for the log: the server, or "master NAME" */

    struct server server; /* with Sentinel, only its credentials and tls are used, for the master */
    struct server sentinels[MAX_SENTINELS];
    size_t sentinel_count;
    const char *master; /* the name of the master; NULL without Sentinel */
    char master_text[64];

    struct ssl_ctx_st *tls;  /* NULL if no connection uses TLS */
    const char *server_name; /* that certificates must be valid for; NULL for the host */

    const char *stream, *channel, *seen;
    const char *message_stream;        /* for message.* events; STREAM if there is only one */
    const char *series, *open, *hosts; /* "" if not used; OPEN only with SERIES */
    bool one_slot;                     /* all key names have the same tag in braces */
    int64_t maxlen, message_maxlen;    /* approximate numbers of entries of the streams */
    int64_t remember, series_ttl;      /* seconds */
    int64_t replicas;                  /* that must receive a batch; 0 if none */
    int64_t timeout;                   /* milliseconds */
    bool follow;
};

/* Fills SERVER from TEXT, which has one of the forms in SERVER_FORMS.  PORT is the port of a URL
 * that has none.  Returns false if TEXT is invalid; SERVER is then undefined. */
bool server_read(struct server *server, const char *text, int port);
/* Sets the address of SERVER from what a Sentinel or a cluster node reported: HOST, a name or an
 * address, and PORT, in decimal digits.  Its credentials and tls remain.  Returns false if HOST or
 * PORT is invalid. */
bool server_named(struct server *server, const char *host, const char *port);

/* The option table of the plugin; ends with an element whose name is NULL. */
extern const struct patchmark_option settings_options[];

/* Fills SETTINGS from the options of INSTANCE, which must outlive it, and reads the password, key
 * and certificate files.  May be called from the callback open only.  Returns false after
 * patchmark_option_error.  The caller calls settings_clear in either case. */
bool settings_read(struct settings *settings, const struct patchmark_instance *instance);
/* Frees what SETTINGS owns and erases it, with the passwords. */
void settings_clear(struct settings *settings);

#endif
