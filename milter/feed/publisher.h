/* SPDX-License-Identifier: BSD-2-Clause
 *
 * publisher.h - delivers events from the outbox to the sinks, on threads that handle no mail.
 *
 * Each sink has a thread and a cursor of its own, so that a sink that fails does not delay others.
 * Events that a sink does not accept are offered again after growing pauses.  A sink with the
 * callback `follow` has one more thread, which reads the events of other hosts (other-hosts.h). One
 * further thread does the housekeeping (housekeeping.h), writes SQLite's log into the database,
 * updates the metrics and notifies the watchdog of systemd.
 */
#ifndef PUBLISHER_H
#define PUBLISHER_H

#include "pipeline/metrics.h"
#include "pipeline/pipeline.h"

struct publisher;

/* Functions of the process that runs the publisher, which a thread of the publisher calls.  Each
 * may be NULL and is then not called. */
struct publisher_process {
    unsigned (*in_work)(void);   /* returns the number of mails whose text is in memory */
    unsigned (*answering)(void); /* returns the number of mails that were received completely and
                                  * not answered yet */
    /* Exports the metrics; called every few seconds.  MOMENT and what it points to are valid until
     * it returns. */
    void (*metrics)(void *argument, const struct metrics_moment *moment);
    /* Called after the last call of `metrics`, also if publisher_start returns NULL; not called if
     * publisher_stop does not wait for the thread that calls `metrics`. */
    void (*metrics_end)(void *argument);
    void *argument;
};

/* Starts the threads for the sinks of PIPELINE.  STORE must stay valid until publisher_stop has
 * returned; PIPELINE is kept with a reference of its own; PROCESS is copied.  The caller must have
 * blocked the signals that it waits for, because the threads inherit the signal mask.  Returns a
 * publisher, which publisher_stop frees; NULL on error, after log_error. */
struct publisher *publisher_start(struct store *store, struct pipeline *pipeline,
                                  const struct publisher_process *process);

/* Lets the sinks deliver the events of the outbox for up to MILLISECONDS, then ends the threads and
 * frees PUBLISHER; NULL is allowed.  Events that a sink has not acknowledged are offered again at
 * the next start.  Returns false if a thread did not end, because it hangs in a sink or in the
 * database: PUBLISHER is then not freed, and that thread continues until the process ends.  Has no
 * bound while a transaction of another thread hangs in the database, whose lock it needs first. */
bool publisher_stop(struct publisher *publisher, unsigned milliseconds);

#endif
