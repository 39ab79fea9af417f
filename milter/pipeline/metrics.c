/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics.c - counts mails, events and reloads; see metrics.h.  Owns the counters and cannot fail.
 * metrics-text.c writes them as text.
 */
#include "pipeline/metrics-private.h"

#include "pipeline/annotate.h"

#include <string.h>
#include <time.h>

/* A mail takes about 300 us, one of 1 MiB about 20 ms. */
const int64_t metrics_bucket_microseconds[METRICS_BUCKETS] = {100,   200,    500,    1000,
                                                              2000,  5000,   10000,  20000,
                                                              50000, 100000, 500000, 1000000};

const char *const metrics_kinds[METRICS_KINDS] = {"patch",  "cover",    "pull", "reply", "commit",
                                                  "report", "announce", "copy", "other"};

struct metrics_totals metrics_totals;

_Static_assert(METRICS_TYPES <= STORE_COUNTERS, "STORE_COUNTERS must be at least METRICS_TYPES");

void metrics_add(enum metrics_count which) {
    atomic_fetch_add_explicit(&metrics_totals.counts[which], 1, memory_order_relaxed);
}

uint64_t metrics_get(enum metrics_count which) {
    return atomic_load(&metrics_totals.counts[which]);
}

static void add(atomic_uint_fast64_t *total, uint64_t amount) {
    atomic_fetch_add_explicit(total, amount, memory_order_relaxed);
}

static size_t kind_number(const struct mail *mail) {
    const char *kind = mail->facts ? annotate_kind(mail) : metrics_kinds[METRICS_COPY];
    size_t i = 0;

    while (i < METRICS_KINDS - 1 && strcmp(metrics_kinds[i], kind) != 0)
        i++;
    return i;
}

void metrics_mail(const struct mail *mail, int64_t microseconds) {
    size_t bucket = 0, kind = kind_number(mail);

    while (bucket < METRICS_BUCKETS && microseconds > metrics_bucket_microseconds[bucket])
        bucket++;
    add(&metrics_totals.buckets[bucket], 1);
    add(&metrics_totals.microseconds, (uint64_t)microseconds);
    add(&metrics_totals.kinds[kind], 1);
    if (mail->facts)
        metrics_lists_count(mail, kind);
    add(&metrics_totals.bytes, message_size(mail->message));
    add(&metrics_totals.truncated, message_truncated(mail->message));
    add(&metrics_totals.malformed, message_malformed(mail->message));
    add(&metrics_totals.known, mail->seen_before);
    add(&metrics_totals.counts[METRICS_UNRECORDED], mail->unrecorded);
}

void metrics_start(void) {
    atomic_store(&metrics_totals.started, (int64_t)time(NULL));
    atomic_store(&metrics_totals.read, (int64_t)time(NULL));
}

void metrics_reload(bool applied) {
    add(applied ? &metrics_totals.reloads : &metrics_totals.reloads_failed, 1);
    atomic_store(&metrics_totals.reload_failed, !applied);
    if (applied)
        atomic_store(&metrics_totals.read, (int64_t)time(NULL));
}

size_t metrics_type(const char *event_type) {
    return event_type_index(event_type);
}

void metrics_events(const unsigned counts[METRICS_TYPES]) {
    for (size_t i = 0; i < METRICS_TYPES; i++)
        add(&metrics_totals.types[i], counts[i]);
}
