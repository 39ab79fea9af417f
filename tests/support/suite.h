/* SPDX-License-Identifier: BSD-2-Clause
 *
 * suite.h - defines the suite of a file of unit tests; the program into which it is linked runs it.
 *
 *     SUITE(arena_suite) {
 *         Suite *suite = suite_create("arena");
 *         ...
 *         return suite;
 *     }
 */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>

/* Adds a suite to those that main runs (main.c).  MAKE returns the suite.  If its tests cannot run,
 * it prints the reason to standard error and returns NULL. */
void suite_register(Suite *(*make)(void));

#define SUITE(make)                                                  \
    static Suite *make(void);                                        \
    __attribute__((constructor)) static void make##_register(void) { \
        suite_register(make);                                        \
    }                                                                \
    static Suite *make(void)

/* Called in place of the suites if the program has an argument: for a test that runs its own
 * program again.  At most one file of a program may define it.  Returns the exit status. */
int suite_argument(const char *argument) __attribute__((weak));

#endif
