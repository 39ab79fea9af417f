/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics-private.h - the counters, which metrics.c increments and metrics-text.c writes as text.
 */
#ifndef METRICS_PRIVATE_H
#define METRICS_PRIVATE_H

#include "pipeline/metrics.h"

#include <stdatomic.h>

#define METRICS_BUCKETS 12
/* The kinds that the plugin `kind` sets, "passed" for mail that is not classified, and "other" for
 * all other kinds. */
#define METRICS_KINDS 9

/* Upper bounds of the buckets of the latency histogram. */
extern const int64_t metrics_bucket_microseconds[METRICS_BUCKETS];
extern const char *const metrics_kinds[METRICS_KINDS];

struct metrics_totals {
    atomic_uint_fast64_t counts[METRICS_COUNTS];
    atomic_uint_fast64_t kinds[METRICS_KINDS];
    atomic_uint_fast64_t types[METRICS_TYPES];
    atomic_uint_fast64_t bytes, truncated, malformed, known; /* of mails */
    /* The last bucket has no upper bound; microseconds is the sum over all mails. */
    atomic_uint_fast64_t buckets[METRICS_BUCKETS + 1], microseconds;
    atomic_uint_fast64_t reloads, reloads_failed;
    atomic_bool reload_failed;   /* the last reload failed */
    atomic_int_fast64_t started; /* time of the start, in seconds since 1970 */
    atomic_int_fast64_t read;    /* time at which the active configuration was read, likewise */
};
extern struct metrics_totals metrics_totals;

#endif
