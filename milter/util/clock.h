/* SPDX-License-Identifier: BSD-2-Clause
 *
 * clock.h - the monotonic clock, for durations and deadlines.
 *
 * CLOCK_MONOTONIC does not jump if the time of day is set.  Its values can only be compared with
 * each other, within one boot of the machine.  All functions may be called on any thread.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* Return the time in the named unit since an unspecified start. */
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

/* Returns the time MILLISECONDS from now, for pthread_cond_timedwait on a condition variable of
 * clock_condition_init. */
static inline struct timespec clock_deadline(unsigned milliseconds) {
    int64_t at = clock_nanoseconds() + (int64_t)milliseconds * 1000000;

    return (struct timespec){.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000};
}

/* Initializes CONDITION with that clock. */
static inline void clock_condition_init(pthread_cond_t *condition) {
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

#endif
