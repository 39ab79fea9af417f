/* SPDX-License-Identifier: BSD-2-Clause
 *
 * settings.h - the options of one endpoint, and the files that they name.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "request.h"
#include "signature.h"

#include "patchmark-plugin.h"

struct settings {
    struct request_target target;
    char place[PLACE_BYTES]; /* scheme, host and port of the URL, for the log */
    struct secret secrets[SECRETS];
    size_t secret_count;
    char *authorities; /* what the file of the option ca_file has; NULL if it is not set */
    int64_t tries;     /* of an event that is refused */
    int64_t give_up_ms;
    const char *refused_file; /* NULL if it is not set */
};

/* The options of the plugin. */
extern const struct patchmark_option settings_options[];

/* Reads the options of INSTANCE and the files that they name.  Returns true and fills SETTINGS,
 * which settings_clear frees; the strings are valid as long as the instance.  Returns false after
 * an error was logged; SETTINGS then needs no settings_clear. */
bool settings_read(struct settings *settings, struct patchmark_instance *instance);

/* Overwrites the secrets and frees what SETTINGS owns. */
void settings_clear(struct settings *settings);

#endif
