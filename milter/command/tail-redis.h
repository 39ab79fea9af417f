/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail-redis.h - `patchmark tail` for the Redis stream of one or more hosts.
 */
#ifndef TAIL_REDIS_H
#define TAIL_REDIS_H

#include "command/tail-output.h"
#include "settings/configuration.h"

/* Prints the last TAIL->lines events in the stream of the plugin redis of CONFIGURATION that pass
 * the filter and then, if TAIL->follows is set, new events until a signal arrives.  Sets
 * TAIL->status to the exit code.  Runs on the main thread. */
void tail_redis(struct tail *tail, const struct configuration *configuration);

#endif
