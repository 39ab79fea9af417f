/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration.h - patchmark.conf, read whole into one struct that nobody changes afterwards.
 *
 * Grammar and options: patchmark.conf(5).
 */
#ifndef CONFIGURATION_H
#define CONFIGURATION_H

#include "plugin/options.h"
#include "util/arena.h"

/* list "PATTERN" { ... } */
struct configuration_list {
    char *pattern; /* glob, as fnmatch(3) without flags, lower case; against the List-Id */
    bool annotate; /* write headers; default true */
    bool publish;  /* make events; default true */
};

enum configuration_header { /* bits: which headers are written */
                            HEADER_KIND = 1,
                            HEADER_SERIES = 2,
                            HEADER_VERSION = 4,
                            HEADER_PART = 8,
                            HEADER_TOPIC = 16,
                            HEADER_PATCH_ID = 32,
                            HEADER_FLAGS = 64,
                            HEADER_LABELS = 128,
                            HEADER_INFO = 256,
                            HEADER_ALL = 511
};

struct configuration {
    struct arena arena; /* has all that this points to */
    char *file;         /* "" for the built-in defaults */
    char *socket;       /* as libmilter wants it */
    char *user;         /* "" : stay who we are */
    char *state;        /* folder of index and outbox */
    char *host;         /* authority in Patchmark-Info and in event sources */
    char *prefix;       /* of header names, "Patchmark-" */
    unsigned headers;
    bool syslog; /* log = "syslog" or "stderr" */
    enum patchmark_level log_level;
    char **lists; /* globs as above; empty: all */
    size_t list_count;
    int64_t remember;  /* seconds that the index knows a mail */
    int64_t quiet;     /* seconds without a new part, after which an unfinished series is told */
    int64_t max_mails; /* in work at once; past it mail passes unread */
    char *metrics_file, *metrics_listen; /* "": none */
    bool confine;                        /* give up what a milter never needs */
    bool durability_full;                /* a commit outlives the loss of power */
    int64_t outbox_size;                 /* bytes of events that wait at most */
    int64_t outbox_age;                  /* seconds that one waits at most */
    int64_t replay_rate; /* events a second that a sink gets while it catches up; 0: any */
    struct configuration_list *list_sections;
    size_t list_section_count;
    struct plugin_section *plugins; /* enabled ones only, classifiers and sinks */
    size_t plugin_count;
};

void configuration_free(struct configuration *configuration);

/* How a mail of that List-Id ("" for none) is treated: false when `lists` leaves it out. */
bool configuration_list(const struct configuration *configuration, const char *list_id,
                        struct configuration_list *treatment);

#endif
