/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parallel.h - processes the mails of an archive on all processors, with results in order.
 *
 * The thread of the caller adds mails.  Four steps run for each mail: `prepare` and `finish` need
 * only the mail and run on several threads, for many mails at once; `record`, which follows
 * `prepare`, and `emit`, which follows `finish`, run on the thread of the caller, in the order in
 * which the mails were added.
 *
 * All functions must be called on one thread.  They cannot fail: the process ends if memory runs
 * out.
 */
#ifndef PARALLEL_H
#define PARALLEL_H

#include "pipeline/mail.h"

/* Mails that were added and whose last step has not run yet.  While one thread parses a mail of the
 * largest size, the others can process that many mails of the usual size.  Each may need twice
 * LIMIT_MAIL_BYTES of memory, and memory for its parsed parts.  A mail larger than LIMIT_MAIL_BYTES
 * is processed alone. */
#define LIMIT_MAILS_AHEAD 32

struct parallel;

/* A mail that is being processed.  Each step finds in it what the steps before it have set. */
struct parallel_mail {
    struct mail mail;          /* empty (mail_reset) when `prepare` is called */
    struct patchmark_text raw; /* the bytes of the mail, valid until `emit` returns */
    int mark;                  /* the argument of parallel_add */
    char *text;                /* NULL; `finish` may set it to a string, which `emit` frees */
};

/* The functions of the steps; ARGUMENT is passed to each. */
struct parallel_steps {
    void (*prepare)(void *argument, struct parallel_mail *mail); /* on any thread */
    void (*record)(void *argument, struct parallel_mail *mail);  /* in order */
    void (*finish)(void *argument, struct parallel_mail *mail);  /* on any thread; may be NULL */
    void (*emit)(void *argument, struct parallel_mail *mail);    /* in order */
    void *argument;
};

/* Starts threads and returns an empty struct parallel; never NULL.  STEPS is copied.  THREADS is
 * the number of threads, including the caller's: 0 for the number of processors; with 1, all steps
 * run in parallel_add.  A thread that cannot be started is done without.  Call message_library_init
 * before. */
struct parallel *parallel_new(const struct parallel_steps *steps, unsigned threads);

/* Ends the threads and frees PARALLEL, which may be NULL.  Call parallel_drain before; otherwise
 * the last steps of some mails do not run. */
void parallel_free(struct parallel *parallel);

/* Adds a mail with the bytes RAW, and runs the steps that are due for earlier mails.  RAW needs to
 * be valid only during the call.  MARK is stored for the steps. */
void parallel_add(struct parallel *parallel, struct patchmark_text raw, int mark);

/* Waits until all steps of all mails have run. */
void parallel_drain(struct parallel *parallel);

#endif
