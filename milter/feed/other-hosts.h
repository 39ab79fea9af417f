/* SPDX-License-Identifier: BSD-2-Clause
 *
 * other-hosts.h - reads the events of other hosts and records their learned data in the index
 * (patchmark-events(7), SEVERAL HOSTS).
 *
 * A thread reads the events from one sink and records their learned data in batches.  The position
 * in the sink is committed with each batch, so that reading resumes there after a restart or a
 * crash.  Events of this host are skipped, except after a start with an empty state, when they
 * restore it.  Malformed events are skipped, counted, and logged once.  While the sink or the store
 * fails, the thread retries after growing pauses.
 */
#ifndef OTHER_HOSTS_H
#define OTHER_HOSTS_H

#include "plugin/instance.h"
#include "store/store.h"

#include <time.h>

struct other_hosts;

/* Starts the thread for INSTANCE, a sink that has the callback `follow`.  HOST is the name of this
 * host.  STORE, INSTANCE and HOST must stay valid until the thread has ended.  Returns NULL on
 * error, after log_error. */
struct other_hosts *other_hosts_start(struct store *store, struct patchmark_instance *instance,
                                      const char *host);

/* Requests the thread to end, and returns at once. */
void other_hosts_end(struct other_hosts *other_hosts);
/* Waits until DEADLINE (CLOCK_REALTIME) for the thread to end, and frees OTHER_HOSTS.  Must be
 * called after other_hosts_end.  Returns false if the thread has not ended, because the sink hangs:
 * OTHER_HOSTS is then not freed, and INSTANCE and HOST must stay valid until the process ends; the
 * thread does not use the store any more. */
bool other_hosts_join(struct other_hosts *other_hosts, const struct timespec *deadline);

/* Returns 0 if all events that other hosts have delivered were recorded.  Otherwise returns for how
 * many seconds, at least 1, this has not been so: since the thread had last read all events, or
 * since its start.  May be called on any thread. */
int64_t other_hosts_behind(struct other_hosts *other_hosts);

#endif
