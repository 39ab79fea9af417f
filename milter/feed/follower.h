/* SPDX-License-Identifier: BSD-2-Clause
 *
 * follower.h - learns from a sink what other hosts saw (patchmark-events(7), SEVERAL HOSTS).
 *
 * A follower is a thread that asks one sink for the events of other hosts and gives their lessons
 * to the index, a few in one transaction together with how far the sink was read.  So a host that
 * was away, or that was killed in the middle, goes on where it was.  Events of its own are passed
 * over; but a host that begins with an empty state may have lost one, and gets back what is left.
 * What cannot be read is passed over, counted, and said once.  While the sink or the store fails,
 * it asks again after growing pauses; this host then decides alone.
 */
#ifndef FOLLOWER_H
#define FOLLOWER_H

#include "plugin/instance.h"
#include "store/store.h"

#include <time.h>

struct follower;

/* Starts the thread for INSTANCE, a sink that has `follow`; all must outlive it.  HOST: the name of
 * this host.  NULL after log_error. */
struct follower *follower_start(struct store *store, struct patchmark_instance *instance,
                                const char *host);

/* Asks it to end, and waits for nothing. */
void follower_end(struct follower *follower);
/* After follower_end: waits until DEADLINE (CLOCK_REALTIME) for the thread, and frees the follower.
 * False: the sink hangs, and what it uses must stay; it will not use the store any more. */
bool follower_join(struct follower *follower, const struct timespec *deadline);

/* For how many seconds other hosts may have told what was not learned here yet: since the follower
 * was abreast of them last, or since its start.  0: it is abreast. */
int64_t follower_behind(struct follower *follower);

#endif
