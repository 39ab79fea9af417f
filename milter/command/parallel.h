/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parallel.h - the mails of an archive, worked on by all processors, with results in order.
 *
 * One thread, the caller's, adds mails.  Each mail makes four steps: two that need nothing but the
 * mail run on several threads, many mails at once; the two that follow them run on the caller's
 * thread, in the order in which the mails were added.
 */
#ifndef PARALLEL_H
#define PARALLEL_H

#include "pipeline/mail.h"

/* Mails that `classify` and `import` have read of which the oldest has yet to come out: while one
 * of the largest is taken apart, the others go on with as many usual ones.  Each may hold its
 * LIMIT_MAIL_BYTES twice, and what they are taken apart into; a mail that is larger is waited for.
 */
#define LIMIT_MAILS_AHEAD 32

struct parallel;

/* A mail on its way.  What the first step made of MAIL is there for the other three. */
struct parallel_mail {
    struct mail mail;          /* reset, before the first step */
    struct patchmark_text raw; /* as it was added, until the last step is done */
    int mark;                  /* likewise */
    char *text;                /* NULL until the third step sets it for the fourth, which owns it */
};

/* ARGUMENT is passed to every step. */
struct parallel_steps {
    void (*prepare)(void *argument, struct parallel_mail *mail); /* on any thread */
    void (*record)(void *argument, struct parallel_mail *mail);  /* in order */
    void (*finish)(void *argument, struct parallel_mail *mail);  /* on any thread; NULL: no step */
    void (*emit)(void *argument, struct parallel_mail *mail);    /* in order */
    void *argument;
};

/* Works with THREADS threads, the caller's among them, 0: as many as there are processors; 1: all
 * steps run in parallel_add.  A thread that cannot be started is done without.  Requires that
 * message_library_init was called.  Never NULL: the process ends when memory runs out, here and
 * below. */
struct parallel *parallel_new(const struct parallel_steps *steps, unsigned threads);

/* Ends the threads.  Mails that were not drained may lack their last steps. */
void parallel_free(struct parallel *parallel);

/* Adds a mail, and runs the steps that are due for those before it.  RAW is copied, or no longer
 * needed on return. */
void parallel_add(struct parallel *parallel, struct patchmark_text raw, int mark);

/* Returns when every mail that was added has made all steps. */
void parallel_drain(struct parallel *parallel);

#endif
