/* SPDX-License-Identifier: BSD-2-Clause
 *
 * convoy.h - many mails, one after the other, with the work of several processors.
 *
 * One thread adds mails; each then makes four steps.  Two of them need nothing but the mail and are
 * done by the convoy's threads, for many mails at once; the two between and behind them are done by
 * the thread that adds, in the order in which it added.  That thread helps the others rather than
 * wait.  With one processor, or for one mail, there are no others.
 */
#ifndef CONVOY_H
#define CONVOY_H

#include "mail.h"

struct convoy;

/* A mail on its way.  What the first step made of MAIL is there for the other three. */
struct convoy_mail {
    struct mail mail;          /* reset, before the first step */
    struct patchmark_text raw; /* as it was added, until the last step is done */
    int mark;                  /* likewise */
    char *text;                /* for the third step to leave something to the fourth, which takes
                                * it over; NULL before */
};

/* ARGUMENT is handed to every step. */
struct convoy_steps {
    void (*prepare)(void *argument, struct convoy_mail *mail); /* on any thread */
    void (*take)(void *argument, struct convoy_mail *mail);    /* in order */
    void (*finish)(void *argument, struct convoy_mail *mail);  /* on any thread; NULL: nothing */
    void (*give)(void *argument, struct convoy_mail *mail);    /* in order */
    void *argument;
};

/* A convoy on so many THREADS, of which one is the caller's; 0: as many as there are processors.
 * message_library_init was called.  NULL: out of memory. */
struct convoy *convoy_new(const struct convoy_steps *steps, unsigned threads);
/* The caller has drained it, or does not want what is left. */
void convoy_free(struct convoy *convoy);

/* Adds a mail, and does what there is to do for those before it.  RAW is not needed afterwards. */
void convoy_add(struct convoy *convoy, struct patchmark_text raw, int mark);
/* Returns when every mail that was added has made all steps. */
void convoy_drain(struct convoy *convoy);

/* How many threads there are, with the caller's. */
unsigned convoy_threads(const struct convoy *convoy);

#endif
