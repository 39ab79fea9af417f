/* SPDX-License-Identifier: BSD-2-Clause
 *
 * settings.h - what the configuration says to the redis plugin, read and checked.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "patchmark-plugin.h"

#include <sys/un.h>

#define PASSWORD_BYTES 512

/* The strings that are pointers belong to the instance. */
struct settings {
    const struct patchmark_instance *instance;
    const char *server; /* as it was written, for the log */
    char host[sizeof(((struct sockaddr_un *)0)->sun_path)];
    int port; /* 0: host is the path of a unix socket */
    const char *stream, *channel, *seen;
    char maxlen[24], remember[24]; /* decimal, as Redis wants them; remember in seconds */
    int64_t timeout;               /* milliseconds */
    const char *username;          /* NULL: none */
    char password[PASSWORD_BYTES]; /* any bytes */
    size_t password_length;        /* 0: no AUTH */
};

/* The plugin's option table. */
extern const struct patchmark_option settings_options[];

/* From open: fills SETTINGS, reads the password file.  False after patchmark_option_error; call
 * settings_clear in either case. */
bool settings_read(struct settings *settings, const struct patchmark_instance *instance);
/* Wipes the password. */
void settings_clear(struct settings *settings);

#endif
