/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fakemta.h - the options of fakemta.
 */
#ifndef FAKEMTA_H
#define FAKEMTA_H

#include "mta.h"
#include "report.h"

#define RECIPIENTS_MAX 100
#define CLIENTS_MAX    16

struct settings {
    const char *socket;
    struct mta_options mta;
    struct mail_options mail;
    size_t connections, repeat;
    size_t mails_a_connection; /* mails on each connection; 0 if all */
    size_t rate;               /* mails per second; 0 if unlimited */
    enum mta_stage abort_at;   /* MTA_STAGES if no mail is aborted */
    bool no_abort, close_first, quit_nc, retry;
    const char *recipients[RECIPIENTS_MAX];
    size_t recipient_count;
    const char *clients[CLIENTS_MAX]; /* of the sessions of each connection, in turn */
    size_t client_count;              /* 0: the default of mta_set_client */
    enum report_kind print;
    bool stats, json_stats;
};

/* Reads the command line.  On a usage error, and for --help, prints the usage and exits.  Returns
 * the index in ARGV of the first file; there is at least one. */
int settings_read(struct settings *settings, int argc, char **argv);

#endif
