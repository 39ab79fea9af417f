/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rate.c - see rate.h.
 */
#include "util/rate.h"

#define SECOND 1000000000.0

/* A bucket holds what comes in a tenth of a second, and is used when it is half full. */
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
    double wanted;

    *wait_ms = 0;
    if (rate->per_second <= 0)
        return most;
    fill(rate, now);
    wanted = bucket_size(rate) / 2;
    if (wanted > (double)most)
        wanted = (double)most;
    if (wanted < 1)
        wanted = 1;
    if (rate->tokens >= wanted)
        return rate->tokens < (double)most ? (size_t)rate->tokens : most;
    /* Rounded up, so that it is enough. */
    *wait_ms = (unsigned)((wanted - rate->tokens) * 1000 / (double)rate->per_second) + 1;
    return 0;
}

void rate_spend(struct rate *rate, size_t count) {
    if (rate->per_second > 0)
        rate->tokens -= (double)count;
}
