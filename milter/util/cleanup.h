/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cleanup.h - locals that free themselves when they go out of scope.
 *
 *     AUTO(free) char *name = strdup(text);      freed on every way out
 *     return STEAL(name);                         ... but on this one the caller owns it
 */
#ifndef CLEANUP_H
#define CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AUTO(function) __attribute__((cleanup(cleanup_##function)))
#define STEAL(variable)                            \
    ({                                             \
        __typeof__(variable) stolen_ = (variable); \
        (variable) = NULL;                         \
        stolen_;                                   \
    })

/* Defines the helper behind AUTO(FUNCTION) for variables of TYPE, a pointer. */
#define CLEANUP_DEFINE(type, function)                                       \
    __attribute__((unused)) static inline void cleanup_##function(type *p) { \
        if (*p)                                                              \
            function(*p);                                                    \
    }

__attribute__((unused)) static inline void cleanup_free(void *p) {
    free(*(void **)p);
}

__attribute__((unused)) static inline void cleanup_fclose(FILE **p) {
    if (*p)
        fclose(*p);
}

__attribute__((unused)) static inline void cleanup_close(int *p) {
    if (*p >= 0)
        close(*p);
}

#endif
