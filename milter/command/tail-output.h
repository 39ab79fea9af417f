/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail-output.h - what `patchmark tail` prints, and how; where it comes from is the matter of
 * tail-outbox.c and tail-redis.c.
 */
#ifndef TAIL_OUTPUT_H
#define TAIL_OUTPUT_H

#include "command/event-filter.h"
#include "command/event-text.h"

#include <stdint.h>

#define TAIL_RUNNING (-1)

struct tail {
    struct event_filter filter;
    struct event_style style;
    bool as_json, waits; /* for new events, at the end */
    int64_t lines;       /* to start with */
    int status;          /* TAIL_RUNNING, or the exit code with which it ends */
};

/* Prints one event, passed by the filter before; it may stay in the buffer. */
void tail_print(struct tail *tail, const char *json, size_t length);
/* Empties the buffer.  False: it is over, see tail->status: nobody reads any more, or a signal. */
bool tail_flush(struct tail *tail);
/* The same, and then waits that long, or until it is over. */
bool tail_pause(struct tail *tail, int milliseconds);
/* Without output: false when it is over. */
bool tail_is_running(struct tail *tail);

/* Before the first output: a signal that ends it lets it finish its line, and a reader that has
 * gone away does not kill it. */
void tail_signals_catch(void);

#endif
