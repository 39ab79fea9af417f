/* SPDX-License-Identifier: BSD-2-Clause
 *
 * publisher.h - brings events from the outbox to the sinks, off the mail path.
 *
 * Each sink has a thread and a place in the outbox of its own, so a sink that is down holds up no
 * other.  A sink that takes nothing is asked again after a growing pause.  One that can bring back
 * what other hosts gave has a follower (other-hosts.h) beside it.  One more thread keeps the outbox
 * short, tells of unfinished series and folds SQLite's log.
 */
#ifndef PUBLISHER_H
#define PUBLISHER_H

#include "pipeline/metrics.h"
#include "pipeline/pipeline.h"

struct publisher;

/* The process that the publisher is part of.  A function that is NULL is not called. */
struct publisher_process {
    unsigned (*in_work)(void);   /* returns the number of mails of which text is kept */
    unsigned (*answering)(void); /* ... and of those whose end has come but not their answer */
    /* Shows the metrics; called every few seconds, by a thread of the publisher. */
    void (*metrics)(void *argument, const struct metrics_moment *moment);
    /* Called when `metrics` is not called any more, also where publisher_start returns NULL; not
     * where publisher_stop leaves that thread behind. */
    void (*metrics_end)(void *argument);
    void *argument;
};

/* Starts the threads for the sinks of PIPELINE, which it holds until publisher_stop.  PROCESS is
 * copied.  Returns NULL after log_error.  The caller has blocked the signals it waits for. */
struct publisher *publisher_start(struct store *store, struct pipeline *pipeline,
                                  const struct publisher_process *process);

/* Lets the sinks deliver what is there, but no longer than MILLISECONDS, and ends the threads.
 * Returns false where one hangs, in a sink or in the database, and is left behind: what a sink did
 * not acknowledge is offered at the next start. */
bool publisher_stop(struct publisher *publisher, unsigned milliseconds);

#endif
