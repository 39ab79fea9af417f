/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail.h - between the files of `patchmark tail`: what is printed and how (tail.c), and where it
 * comes from (tail-outbox.c, tail-redis.c).
 */
#ifndef TAIL_H
#define TAIL_H

#include "command/event-filter.h"
#include "command/event-text.h"
#include "settings/configuration.h"

#define TAIL_GOES_ON (-1)

struct tail {
    struct event_filter filter;
    struct event_style style;
    bool as_json, waits; /* for new events, at the end */
    int64_t lines;       /* to start with */
    int status;          /* TAIL_GOES_ON, or the exit code with which it ends */
};

/* Prints one event, passed by the filter before; it may stay in the buffer. */
void tail_print(struct tail *tail, const char *json, size_t length);
/* Empties the buffer.  False: it is over, see tail->status: nobody reads any more, or a signal. */
bool tail_flush(struct tail *tail);
/* The same, and then waits that long, or until it is over. */
bool tail_pause(struct tail *tail, int milliseconds);
/* Without output: false when it is over. */
bool tail_goes_on(struct tail *tail);

/* Each prints what its source has and then, where tail->waits, what comes; sets tail->status. */
void tail_outbox(struct tail *tail, const char *state);
void tail_redis(struct tail *tail, const struct configuration *configuration);

#endif
