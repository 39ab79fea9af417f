/* SPDX-License-Identifier: BSD-2-Clause
 *
 * other-hosts.h - records what other hosts publish (patchmark-events(7), SEVERAL HOSTS).
 *
 * A thread reads the events of other hosts from one sink and records their learned data in the
 * index, in batches; the position in the sink is committed with each batch, so that reading resumes
 * there after a restart or a crash.  Events of this host are passed over, except after a start with
 * an empty state, when they restore it.  What cannot be parsed is passed over, counted, and logged
 * once.  While the sink or the store fails, the thread retries after growing pauses.
 */
#ifndef OTHER_HOSTS_H
#define OTHER_HOSTS_H

#include "plugin/instance.h"
#include "store/store.h"

#include <time.h>

struct other_hosts;

/* Starts the thread for INSTANCE, a sink that has `follow`; all must outlive it.  HOST: the name of
 * this host.  NULL after log_error. */
struct other_hosts *other_hosts_start(struct store *store, struct patchmark_instance *instance,
                                      const char *host);

/* Asks it to end, and waits for nothing. */
void other_hosts_end(struct other_hosts *other_hosts);
/* After other_hosts_end: waits until DEADLINE (CLOCK_REALTIME) for the thread, and frees the
 * follower. False: the sink hangs, and what it uses must stay; it will not use the store any more.
 */
bool other_hosts_join(struct other_hosts *other_hosts, const struct timespec *deadline);

/* For how many seconds other hosts may have told what was not learned here yet: since the follower
 * was abreast of them last, or since its start.  0: it is abreast. */
int64_t other_hosts_behind(struct other_hosts *other_hosts);

#endif
