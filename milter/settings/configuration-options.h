/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-options.h - the options of the core, one table for each type of section, in the
 * format that plugins use (patchmark-plugin.h).
 */
#ifndef CONFIGURATION_OPTIONS_H
#define CONFIGURATION_OPTIONS_H

#include "patchmark-plugin.h"

/* Each table ends with an element whose name is NULL. */
extern const struct patchmark_option configuration_top_options[];    /* outside of sections */
extern const struct patchmark_option configuration_list_options[];   /* list "ID" { ... } */
extern const struct patchmark_option configuration_plugin_options[]; /* plugin "NAME" { ... } */
extern const struct patchmark_option configuration_web_options[];    /* web { ... } */

/* The indexes of the options in the tables; the last of each enum is the number of options. */
enum {
    TOP_SOCKET,
    TOP_SOCKET_OWNER,
    TOP_SOCKET_GROUP,
    TOP_SOCKET_MODE,
    TOP_USER,
    TOP_STATE,
    TOP_HOST,
    TOP_PREFIX,
    TOP_HEADERS,
    TOP_LOG,
    TOP_LOG_LEVEL,
    TOP_LOG_FACILITY,
    TOP_LOG_FORMAT,
    TOP_LISTS,
    TOP_LOCAL,
    TOP_EXEMPT_CLIENTS,
    TOP_EXEMPT_RECIPIENTS,
    TOP_EXEMPT_USERS,
    TOP_REMEMBER,
    TOP_QUIET,
    TOP_DURABILITY,
    TOP_OUTBOX_SIZE,
    TOP_OUTBOX_AGE,
    TOP_REPLAY_RATE,
    TOP_MAX_MAILS,
    TOP_METRICS_FILE,
    TOP_METRICS_LISTEN,
    TOP_CONFINE,
    TOP_OPTIONS
};
enum { LIST_ADDRESS, LIST_ANNOTATE, LIST_PUBLISH, LIST_EVENTS, LIST_ARCHIVE_URL, LIST_OPTIONS };
/* PLUGIN_START and later ones are options of sinks only. */
enum { PLUGIN_FILE, PLUGIN_ENABLED, PLUGIN_START, PLUGIN_OPTIONS };
enum { WEB_LISTEN, WEB_HOSTS, WEB_OPTIONS };

/* Returns the number of options in the table OPTIONS; 0 if OPTIONS is NULL. */
size_t configuration_option_count(const struct patchmark_option *options);

/* Returns the name in the table OPTIONS that NAME is probably meant to be: the nearest one, of
 * which at most two letters, and no more than every third one, are missing, added or wrong; NULL if
 * there is none.  OPTIONS may be NULL. */
const char *configuration_option_near(const struct patchmark_option *options, const char *name);

/* The same for words that are in no table: returns true if NAME is probably meant to be WORD, and
 * fewer than *STEPS letters differ; *STEPS is then their number.  It is SIZE_MAX before the first
 * word. */
bool configuration_word_is_nearer(const char *name, const char *word, size_t *steps);

#endif
