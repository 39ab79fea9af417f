/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rate.c - see rate.h.
 */
#include "util/rate.h"

#define SECOND 1000000000.0

/* Returns the tokens that the bucket can hold: those of a tenth of a second, at least 1. */
static double bucket_size(const struct rate *rate) {
    double size = (double)rate->per_second / 10;

    return size < 1 ? 1 : size;
}

static void fill(struct rate *rate, int64_t now) {
    if (now > rate->filled)
        rate->tokens += (double)(now - rate->filled) / SECOND * (double)rate->per_second;
    if (rate->tokens > bucket_size(rate))
        rate->tokens = bucket_size(rate);
    rate->filled = now;
}

struct rate rate_start(int64_t per_second, int64_t now) {
    struct rate rate = {.per_second = per_second, .filled = now};

    rate.tokens = bucket_size(&rate);
    return rate;
}

size_t rate_allow(struct rate *rate, int64_t now, size_t most, unsigned *wait_ms) {
    double needed;

    *wait_ms = 0;
    if (rate->per_second <= 0)
        return most;
    fill(rate, now);
    needed = bucket_size(rate) / 2;
    if (needed > (double)most)
        needed = (double)most;
    if (needed < 1)
        needed = 1;
    if (rate->tokens >= needed)
        return rate->tokens < (double)most ? (size_t)rate->tokens : most;
    /* Rounded up, so that there are enough tokens after the wait. */
    *wait_ms = (unsigned)((needed - rate->tokens) * 1000 / (double)rate->per_second) + 1;
    return 0;
}

void rate_spend(struct rate *rate, size_t count) {
    if (rate->per_second > 0)
        rate->tokens -= (double)count;
}
