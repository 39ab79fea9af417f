/* SPDX-License-Identifier: BSD-2-Clause
 *
 * suite.h - the unit tests of a file: a suite that the program it is linked into runs.
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

/* Adds a suite to those that main runs (main.c).  MAKE returns NULL where its tests cannot run,
 * after a line on standard error that says why. */
void suite_register(Suite *(*make)(void));

#define SUITE(make)                                                  \
    static Suite *make(void);                                        \
    __attribute__((constructor)) static void make##_register(void) { \
        suite_register(make);                                        \
    }                                                                \
    static Suite *make(void)

/* A test that starts its own program anew with an argument defines this, for what that does; at
 * most one in a program.  Returns its exit status. */
int suite_argument(const char *argument) __attribute__((weak));

#endif
