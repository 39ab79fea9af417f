/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail-output.h - prints the events of `patchmark tail`, which tail-outbox.c and tail-redis.c read.
 *
 * The functions run on the main thread.
 */
#ifndef TAIL_OUTPUT_H
#define TAIL_OUTPUT_H

#include "command/event-filter.h"
#include "command/event-text.h"

#include <stdint.h>

#define TAIL_RUNNING (-1) /* the value of `status` until the command ends */

struct tail {
    struct event_filter filter;
    struct event_style style;
    bool as_json;  /* print JSON instead of lines for people */
    bool follows;  /* wait for new events after the newest one */
    int64_t lines; /* the number of earlier lines to print first */
    int status;    /* TAIL_RUNNING, or the exit code with which the command ends */
};

/* Returns true if EVENT is to be printed: it passes the filter and, in lines for people, does not
 * repeat another event (event_filter_repeats).  Notes its list, for the column of lists. */
bool tail_passes(struct tail *tail, const struct event_filtered *event);
/* Prints one event, LENGTH bytes of JSON, without testing the filter.  It may stay in the buffer
 * until tail_flush. */
void tail_print(struct tail *tail, const char *json, size_t length);
/* Writes the buffer to standard output.  Returns true; false if the command must end, and sets
 * TAIL->status: after a signal, if the reader has closed standard output, or if it cannot be
 * written, which is logged. */
bool tail_flush(struct tail *tail);
/* Like tail_flush, and then waits for MILLISECONDS, or until the command must end. */
bool tail_pause(struct tail *tail, int milliseconds);
/* Returns false if the command must end, without writing the buffer. */
bool tail_is_running(struct tail *tail);

/* Installs signal handlers, so that SIGINT, SIGTERM and SIGHUP end the command after the current
 * line, and a closed pipe does not kill it.  Call it before the first output. */
void tail_signals_catch(void);

#endif
