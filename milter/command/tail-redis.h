/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail-redis.h - `patchmark tail` on the stream that sinks of any host write to.
 */
#ifndef TAIL_REDIS_H
#define TAIL_REDIS_H

#include "command/tail-output.h"
#include "settings/configuration.h"

/* Prints the events in the Redis of CONFIGURATION, and then, where tail->follows, those that come.
 * Sets tail->status. */
void tail_redis(struct tail *tail, const struct configuration *configuration);

#endif
