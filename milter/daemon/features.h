/* SPDX-License-Identifier: BSD-2-Clause
 *
 * features.h - what this patchmark was built with, and the versions of the libraries that the
 * process has loaded.
 */
#ifndef FEATURES_H
#define FEATURES_H

#include <stdbool.h>
#include <stdio.h>

/* A part of the program that depends on how it was built. */
struct feature {
    const char *name; /* a word */
    bool built;
};
/* All of them; the last one has the name NULL. */
extern const struct feature features[];

/* Writes a paragraph with LABEL to OUT, see wrap_begin, that lists the features, "without" before
 * those that are missing. */
void features_write(FILE *out, const char *label, int indent, int columns);

/* Calls FUNCTION with ARGUMENT for each library whose version is known: those of the program, and
 * those of the plugins that are loaded.  The strings are valid until FUNCTION returns.  The order
 * is always the same.  May be called by one thread at a time, not while plugins are being loaded.
 */
void features_walk_libraries(void (*function)(void *argument, const char *library,
                                              const char *version),
                             void *argument);

#endif
