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
#include "util/network.h"

/* list "ID" { ... }, a list of this host, or list "PATTERN" { ... } */
struct configuration_list {
    char *pattern;    /* the List-Id, or a glob that is matched with it, as by fnmatch(3) without
                       * flags; in lower case */
    bool is_pattern;  /* it has one of the bytes *?[; only `annotate` differs from the defaults */
    char **addresses; /* the posting addresses, in lower case; none for a pattern */
    size_t address_count;
    bool annotate;     /* headers are written; default true */
    bool publish;      /* events are appended; default true */
    bool received;     /* events are appended when a mail is received, not when it is posted */
    char *archive_url; /* link to a mail in the archive, an http or https URL in which {message_id}
                        * stands for the percent-encoded Message-ID and {message_id_hash} for the
                        * base32 of its SHA-1, both without <>; "" if there is none */
    const struct option_value *options; /* all, in the order of configuration_list_options */
};

/* A posting address or a List-Id, in lower case, and the section that has it. */
struct configuration_list_name {
    const char *name;
    const struct configuration_list *list;
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
                            HEADER_ROBOT = 256,
                            HEADER_VERDICT = 512,
                            HEADER_INFO = 1024,
                            HEADER_ALL = 2047
};

struct configuration {
    struct arena arena; /* owns all that this struct points to, except the modules of plugins */
    char *file;         /* path of the configuration file; "" for the defaults */
    char *socket;       /* address of the milter socket, in the syntax of libmilter */
    char *socket_owner, *socket_group; /* names; "": the user to run as, and its group */
    unsigned socket_mode;
    char *user;       /* user to run as; "" to keep the user */
    char *state;      /* folder of index and outbox, an absolute path */
    char *host;       /* name of this host in Patchmark-Info and in the source of events */
    char *prefix;     /* of all header names, such as "Patchmark-" */
    unsigned headers; /* enum configuration_header: the headers that are written */
    bool syslog;      /* the log goes to syslog, not to standard error */
    enum patchmark_level log_level;
    int log_facility; /* a facility of syslog(3), such as LOG_MAIL */
    bool log_json;    /* each line is an object in JSON, not text */
    char **lists; /* globs as in struct configuration_list: the List-Ids that count besides those
                   * of the sections */
    size_t list_count;
    bool lists_are_set; /* the file sets `lists` */
    /* Networks of local clients, and of clients whose mail is exempt: it passes untouched. */
    struct network *local, *exempt_clients;
    size_t local_count, exempt_client_count;
    /* Globs, in lower case, for recipients and authenticated users whose mail is exempt. */
    char **exempt_recipients, **exempt_users;
    size_t exempt_recipient_count, exempt_user_count;
    int64_t remember;     /* how long the index keeps a mail, in seconds */
    int64_t quiet;        /* time without new mail after which a series with missing parts is
                           * incomplete, in seconds */
    int64_t max_mails;    /* most mails in work at once; further mails pass unread */
    char *metrics_file;   /* path; "" if no file is written */
    char *metrics_listen; /* address, as that of an internet socket; "" if HTTP is off */
    char *web_listen;     /* address of the web page, see listen-address.h */
    char **web_hosts;     /* names, in lower case, under which the web page may be asked for */
    size_t web_host_count;
    bool confine;         /* restrict the process with Landlock and seccomp */
    bool durability_full; /* a commit survives a power failure */
    int64_t outbox_size;  /* most bytes of waiting events in the outbox */
    int64_t outbox_age;   /* longest time that an event waits in the outbox, in seconds */
    int64_t replay_rate;  /* replayed events per second for each sink; 0 if unlimited */
    struct configuration_list *list_sections; /* in the order of the file */
    size_t list_section_count;
    struct configuration_list_name *list_addresses, *list_ids; /* sorted by name; no patterns */
    size_t list_address_count, list_id_count;
    bool has_closed_lists;          /* a section has publish = false */
    struct plugin_section *plugins; /* enabled classifiers and sinks: default ones first */
    size_t plugin_count;
    struct plugin_section *disabled; /* sections with enabled = false, in the order of the file */
    size_t disabled_count;
    /* The values above as they are in the file, with their places, in the order of
     * configuration_top_options and configuration_web_options. */
    const struct option_value *options, *web_options;
};

/* Frees CONFIGURATION, which may be NULL. */
void configuration_free(struct configuration *configuration);

/* The functions below may be called on any thread.  What they return belongs to the configuration.
 * Case is ignored for ASCII letters. */

/* Returns the section of the list that has ADDRESS, without <>, as a posting address; NULL if no
 * list has exactly this address.  "list+detail@example.org" is another address than
 * "list@example.org". */
const struct configuration_list *
configuration_list_by_address(const struct configuration *configuration, const char *address);

/* Returns the section whose title is LIST_ID and no pattern; NULL if there is none. */
const struct configuration_list *configuration_list_by_id(const struct configuration *configuration,
                                                          const char *list_id);

/* Returns the first section, of a list or of a pattern, that matches LIST_ID; if none does, one
 * with the defaults, whose pattern is "".  LIST_ID is "" if the mail has no List-Id.  Of a List-Id
 * that is longer than RFC 2919 allows, only the first 255 bytes are compared with patterns. */
const struct configuration_list *
configuration_list_options_for(const struct configuration *configuration, const char *list_id);

/* Returns true if LIST_ID, which is not the title of a section, is that of a list whose mail makes
 * events: one of the patterns of the option `lists` matches it or, if `lists` is not set, no
 * section is that of a list.  Returns false if LIST_ID is "". */
bool configuration_list_counts(const struct configuration *configuration, const char *list_id);

/* Returns true if a section is that of a list of this host, not of a pattern. */
bool configuration_has_lists(const struct configuration *configuration);
/* Returns true if a list has `publish = false`. */
bool configuration_has_closed_lists(const struct configuration *configuration);

/* Returns true if CLIENT, the address of the SMTP client, is in a network of the option `local`, is
 * AF_UNIX, or is NULL because the mail was not received by SMTP. */
bool configuration_client_is_local(const struct configuration *configuration,
                                   const struct sockaddr *client);

/* Return true if the mail of CLIENT, as above, or of the authenticated USER is exempt; NULL and ""
 * never are. */
bool configuration_client_is_exempt(const struct configuration *configuration,
                                    const struct sockaddr *client);
bool configuration_user_is_exempt(const struct configuration *configuration, const char *user);
/* Returns true if ADDRESS, the address of a recipient without <>, is exempt.  A mail is exempt if
 * all of its recipients are. */
bool configuration_recipient_is_exempt(const struct configuration *configuration,
                                       const char *address);

#endif
