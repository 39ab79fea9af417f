/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration.h - the configuration: all options of patchmark.conf in one struct.
 *
 * configuration-load.h makes it.  It is not changed afterwards, so any number of threads may read
 * it.  patchmark.conf(5) describes the grammar and the options.
 */
#ifndef CONFIGURATION_H
#define CONFIGURATION_H

#include "plugin/options.h"
#include "util/arena.h"

/* list "ID" { ... }, a list of this host, or list "PATTERN" { ... } */
struct configuration_list {
    char *pattern;    /* the List-Id, or a glob that is matched with it, as by fnmatch(3) without
                       * flags; in lower case */
    bool is_pattern;  /* it has one of the bytes *?[ */
    char **addresses; /* the posting addresses, in lower case; none for a pattern */
    size_t address_count;
    bool annotate;     /* headers are written; default true */
    bool publish;      /* events are appended; default true */
    bool received;     /* events are appended when a mail is received, not when it is posted */
    char *archive_url; /* link to a mail in the archive, with {message_id}; "" if there is none */
};

enum configuration_header { /* a bit for each header */
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
    struct arena arena; /* owns all that this struct points to, except the modules of plugins */
    char *file;         /* path of the configuration file; "" for the defaults */
    char *socket;       /* address of the milter socket, in the syntax of libmilter */
    char *user;         /* user to run as; "" to keep the user */
    char *state;        /* folder of index and outbox, an absolute path */
    char *host;         /* name of this host in Patchmark-Info and in the source of events */
    char *prefix;       /* of all header names, such as "Patchmark-" */
    unsigned headers;   /* enum configuration_header: the headers that are written */
    bool syslog;        /* the log goes to syslog, not to standard error */
    enum patchmark_level log_level;
    char **lists; /* globs as in struct configuration_list; none: mails of all lists */
    size_t list_count;
    int64_t remember;     /* how long the index keeps a mail, in seconds */
    int64_t quiet;        /* time without new mail after which a series with missing parts is
                           * incomplete, in seconds */
    int64_t max_mails;    /* most mails in work at once; further mails pass unread */
    char *metrics_file;   /* path; "" if no file is written */
    char *metrics_listen; /* address, as that of an internet socket; "" if HTTP is off */
    bool confine;         /* restrict the process with Landlock and seccomp */
    bool durability_full; /* a commit survives a power failure */
    int64_t outbox_size;  /* most bytes of waiting events in the outbox */
    int64_t outbox_age;   /* longest time that an event waits in the outbox, in seconds */
    int64_t replay_rate;  /* replayed events per second for each sink; 0 if unlimited */
    struct configuration_list *list_sections; /* in the order of the file */
    size_t list_section_count;
    struct plugin_section *plugins; /* enabled classifiers and sinks: default ones first */
    size_t plugin_count;
};

/* Frees CONFIGURATION, which may be NULL. */
void configuration_free(struct configuration *configuration);

/* Fills TREATMENT with the first section `list` whose pattern matches LIST_ID, or with the
 * defaults; its pattern is then NULL.  LIST_ID is "" if the mail has no List-Id; case is ignored
 * for ASCII letters.  Returns true if mails of this list are classified, that is, if the option
 * `lists` is empty or one of its patterns matches.  May be called on any thread. */
bool configuration_list(const struct configuration *configuration, const char *list_id,
                        struct configuration_list *treatment);

#endif
