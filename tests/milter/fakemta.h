/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fakemta.h - what the command line of fakemta can ask for.
 */
#ifndef FAKEMTA_H
#define FAKEMTA_H

#include "mta.h"
#include "report.h"

struct settings {
    const char *socket;
    struct mta_options mta;
    struct mail_options mail;
    size_t connections, repeat;
    size_t mails_a_connection; /* 0: all */
    size_t rate;               /* mails a second; 0: as fast as can be */
    enum mta_stage abort_at;   /* MTA_STAGES: nowhere */
    bool no_abort, close_first, quit_nc, retry;
    enum report_kind print;
    bool stats, json_stats;
};

/* Reads the command line; prints and exits on a usage error and for --help.  Returns the place of
 * the first file; there is at least one. */
int settings_read(struct settings *settings, int argc, char **argv);

#endif
