/* SPDX-License-Identifier: BSD-2-Clause
 *
 * publisher.h - brings events from the outbox to the sinks, off the mail path.
 *
 * Each sink has a thread and a place in the outbox of its own, so a sink that is down holds up no
 * other.  A sink that takes nothing is asked again after a growing pause.  One that can bring back
 * what other hosts gave has a follower (follower.h) beside it.  One more thread keeps the outbox
 * short, tells of unfinished series and folds SQLite's log.
 */
#ifndef PUBLISHER_H
#define PUBLISHER_H

#include "pipeline/pipeline.h"

struct publisher;

/* Starts the threads for the sinks of PIPELINE, which it holds until publisher_stop.  NULL after
 * log_error.  The caller has blocked the signals it waits for. */
struct publisher *publisher_start(struct store *store, struct pipeline *pipeline);

/* Lets the sinks deliver what is there, but no longer than MILLISECONDS, and ends the threads.
 * Returns false where one hangs, in a sink or in the database, and is left behind: what a sink did
 * not acknowledge is offered at the next start. */
bool publisher_stop(struct publisher *publisher, unsigned milliseconds);

#endif
