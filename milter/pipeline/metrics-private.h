/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics-private.h - the counters, for metrics.c, which counts, and metrics-text.c, which tells.
 */
#ifndef METRICS_PRIVATE_H
#define METRICS_PRIVATE_H

#include "pipeline/metrics.h"

#include <stdatomic.h>

#define METRICS_BUCKETS 12
/* DESIGN's kinds, mail that is passed over, and what a plugin from outside calls otherwise. */
#define METRICS_KINDS 9

extern const int64_t metrics_bucket_microseconds[METRICS_BUCKETS];
extern const char *const metrics_kinds[METRICS_KINDS];

struct metrics_totals {
    atomic_uint_fast64_t counts[METRICS_COUNTS];
    atomic_uint_fast64_t kinds[METRICS_KINDS];
    atomic_uint_fast64_t types[METRICS_TYPES];
    atomic_uint_fast64_t bytes, truncated, malformed, known;
    atomic_uint_fast64_t buckets[METRICS_BUCKETS + 1], microseconds;
    atomic_uint_fast64_t reloads, reloads_failed;
    atomic_bool reload_failed;   /* the last */
    atomic_int_fast64_t started; /* seconds since 1970 */
    atomic_int_fast64_t read;    /* the configuration that is in use */
};
extern struct metrics_totals metrics_totals;

#endif
