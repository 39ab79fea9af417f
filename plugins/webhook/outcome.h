/* SPDX-License-Identifier: BSD-2-Clause
 *
 * outcome.h - what the status of an answer means for the event, and when to try again.
 *
 * The functions depend on nothing but their arguments.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdint.h>

#define PAUSE_FIRST_MS   1000    /* bound of the pause after the first failure */
#define PAUSE_LAST_MS    300000  /* bound of the pause after any failure: 5 minutes */
#define PAUSE_REFUSED_MS 10000   /* bound of the pause after an event was refused */
#define RETRY_AFTER_MS   3600000 /* bound of Retry-After: 1 hour */

enum outcome {
    OUTCOME_DELIVERED, /* 2xx */
    OUTCOME_RETRY,     /* an outage, or a wrong configuration that somebody will repair */
    OUTCOME_REFUSED,   /* the endpoint does not want this event: 400, 413, 422 ... */
    OUTCOME_GONE,      /* 410: the endpoint wants no event any more */
};

/* Returns the outcome of a request.  STATUS is that of the HTTP answer (RFC 9110 15); 0 if there
 * was none. */
enum outcome outcome_of(long status);

/* Returns for how many milliseconds to wait after FAILURES failures in a row, at least 1.  The
 * pause is random between 0 and a bound ("full jitter"), which is PAUSE_FIRST_MS at first and
 * doubles up to MOST_MS.  It is at least RETRY_AFTER seconds, of which RETRY_AFTER_MS count; 0 or
 * less if the answer had no such field.  RANDOM is a random number. */
int64_t outcome_pause_ms(unsigned failures, int64_t most_ms, int64_t retry_after, uint32_t random);

#endif
