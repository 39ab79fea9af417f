/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cleanup.h - local variables that are freed when they go out of scope.
 *
 *     AUTO(free) char *name = strdup(text);      freed on every return ...
 *     return STEAL(name);                         ... except this one: the caller now owns it
 *
 * Both are extensions of GNU C (the attribute cleanup and statement expressions).
 */
#ifndef CLEANUP_H
#define CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Marks a local variable: cleanup_FUNCTION is called with its address when it goes out of scope.
 * The variable must be initialised. */
#define AUTO(function) __attribute__((cleanup(cleanup_##function)))
/* Returns the value of VARIABLE, a pointer, and sets VARIABLE to NULL, so that it is not freed. */
#define STEAL(variable)                            \
    ({                                             \
        __typeof__(variable) stolen_ = (variable); \
        (variable) = NULL;                         \
        stolen_;                                   \
    })

/* Defines what AUTO(FUNCTION) calls for variables of TYPE, a pointer type: FUNCTION is called
 * unless the variable is NULL. */
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
