/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rate.h - a rate limit with small bursts (a token bucket).
 *
 * The bucket fills with the configured number of tokens for each second, up to those of a tenth of
 * a second, and each action takes one token.  The caller passes the time, in nanoseconds of a clock
 * of its choice.  Nothing here fails.  A struct rate may be used by one thread at a time.
 */
#ifndef RATE_H
#define RATE_H

#include <stddef.h>
#include <stdint.h>

struct rate {
    int64_t per_second; /* 0 if there is no limit */
    int64_t filled;     /* the time when tokens were last added */
    double tokens;
};

/* Returns a full bucket for PER_SECOND actions a second; 0 means no limit.  NOW is the time. */
struct rate rate_start(int64_t per_second, int64_t now);

/* Returns how many actions, at most MOST, are allowed at the time NOW, and sets *WAIT_MS to 0.  If
 * none is allowed, returns 0 and sets *WAIT_MS to the milliseconds after which the caller should
 * ask again.  Waits until several actions (half a bucket, or MOST) are allowed, because the caller
 * does several together at less cost than one by one. */
size_t rate_allow(struct rate *rate, int64_t now, size_t most, unsigned *wait_ms);

/* Takes COUNT tokens, for COUNT actions that were done. */
void rate_spend(struct rate *rate, size_t count);

#endif
