/* SPDX-License-Identifier: BSD-2-Clause
 *
 * clock.h - the clock that never jumps (CLOCK_MONOTONIC), for durations and deadlines.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_nanoseconds(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t clock_microseconds(void) {
    return clock_nanoseconds() / 1000;
}

static inline int64_t clock_milliseconds(void) {
    return clock_nanoseconds() / 1000000;
}

/* MILLISECONDS from now, for pthread_cond_timedwait on a condition whose clock is this one. */
static inline struct timespec clock_deadline(unsigned milliseconds) {
    int64_t at = clock_nanoseconds() + (int64_t)milliseconds * 1000000;

    return (struct timespec){.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000};
}

#endif
