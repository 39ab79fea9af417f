/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test-filter.h - a real libmilter filter in a process of its own, for the tests of the fake MTA.
 *
 * It does what its plan says and reports each callback as a line:
 *
 *     negotiate
 *     connect client.example.org
 *     helo client.example.org
 *     mail <sender@example.org> i=-          i: the queue id, - if it is not known
 *     rcpt <list@example.org> i=-
 *     data i=Q1
 *     header Subject| one                    control bytes as \xNN, cut after 200 bytes
 *     eoh i=Q1
 *     body 6 body\x0d\x0a                    the bytes only of a piece of at most 40
 *     eom i=Q1 client=-                      client: the macro {client_addr}
 *     abort
 *     close
 */
#ifndef TEST_FILTER_H
#define TEST_FILTER_H

#include <libmilter/mfapi.h>
#include <sys/types.h>

#include "mta.h"

struct filter_plan {
    unsigned long actions;  /* SMFIF_ that it asks for, as far as they are offered */
    unsigned long protocol; /* SMFIP_ likewise; to stages with an NR bit it gives no reply */

    enum mta_stage answer_at;   /* the stage that is answered with ANSWER; all others: continue */
    sfsistat answer;            /* SMFIS_CONTINUE: the same everywhere */
    const char *answer_for;     /* if not NULL: only for a sender or recipient with this in it */
    const char *reply_code;     /* for smfi_setreply, if not NULL */
    void (*edit)(SMFICTX *ctx); /* called at the end of each mail, if not NULL */
    const char *eom_macros;     /* asked for with smfi_setsymlist, if not NULL */
    size_t max_data_bytes;      /* for smfi_setmaxdatasize, if not 0 */
};

struct filter {
    pid_t pid;
    int events; /* the end of a pipe that is read */
    char folder[64];
    char socket[96]; /* "unix:FOLDER/socket" */
    char *seen;      /* events that were read */
    size_t length, capacity;
};

/* Starts the filter; it accepts connections when this returns.  Fails the test if it cannot. */
void filter_start(struct filter *filter, const struct filter_plan *plan);

/* Waits until the events since the last call end with LAST, lines joined by LF ("eom ...\nclose"),
 * and returns them all.  Valid until the next call.  Fails the test after 10 s.
 */
const char *filter_events(struct filter *filter, const char *last);

/* Kills the filter and removes its folder. */
void filter_stop(struct filter *filter);

#endif
