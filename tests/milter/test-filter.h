/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test-filter.h - a filter that uses libmilter and runs in a process of its own, for the tests of
 * the fake MTA.
 *
 * It behaves as its plan states and reports each callback as a line:
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
    unsigned long actions;  /* the SMFIF_ bits that it requests, if they are offered */
    unsigned long protocol; /* the SMFIP_ bits likewise; stages with an NR bit get no reply */

    enum mta_stage answer_at;   /* the stage that gets ANSWER; all others get continue */
    sfsistat answer;            /* SMFIS_CONTINUE if all stages get continue */
    const char *answer_for;     /* if not NULL, only senders and recipients that contain it */
    const char *reply_code;     /* for smfi_setreply, if not NULL */
    void (*edit)(SMFICTX *ctx); /* called at the end of each mail, if not NULL */
    const char *eom_macros;     /* requested with smfi_setsymlist, if not NULL */
    size_t max_data_bytes;      /* for smfi_setmaxdatasize, if not 0 */
};

struct filter {
    pid_t pid;
    int events; /* the read end of the pipe with the events */
    char folder[64];
    char socket[96]; /* "unix:FOLDER/socket" */
    char *seen;      /* the events since the last call of filter_events */
    size_t length, capacity;
};

/* Starts the filter and waits until it accepts connections.  Fails the test on errors. */
void filter_start(struct filter *filter, const struct filter_plan *plan);

/* Waits until the events since the last call end with LAST, one or more lines joined by LF such as
 * "eom ...\nclose".  Returns all these events, valid until the next call.  Fails the test after
 * 10 s. */
const char *filter_events(struct filter *filter, const char *last);

/* Kills the filter and removes its folder. */
void filter_stop(struct filter *filter);

#endif
