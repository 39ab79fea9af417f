/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rate.h - so many a second and no more, in small bursts.
 *
 * A bucket of tokens: it fills with time up to what a tenth of a second brings, and each thing that
 * is done takes one.  Knows no clock; the caller says what time it is, in nanoseconds.
 */
#ifndef RATE_H
#define RATE_H

#include <stddef.h>
#include <stdint.h>

struct rate {
    int64_t per_second; /* 0: no limit */
    int64_t filled;     /* when tokens were added last */
    double tokens;
};

/* Starts with a full bucket. */
struct rate rate_start(int64_t per_second, int64_t now);

/* How many of MOST may be done at once.  0: none, until *WAIT_MS from now have passed; as doing
 * things one by one costs more, that is until there are some. */
size_t rate_allow(struct rate *rate, int64_t now, size_t most, unsigned *wait_ms);

/* COUNT were done. */
void rate_spend(struct rate *rate, size_t count);

#endif
