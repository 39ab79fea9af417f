/* SPDX-License-Identifier: BSD-2-Clause
 *
 * local.h - for a file of tests that includes a .c file, to replace what that calls or to test what
 * is static in it: it has the functions of that file for itself, beside other files in the same
 * program that do so too.  It defines TESTS, a word of its own.
 */
#ifndef LOCAL_H
#define LOCAL_H

#define LOCAL(name)             LOCAL_NAME(name, TESTS)
#define LOCAL_NAME(name, tests) LOCAL_JOIN(name, tests)
#define LOCAL_JOIN(name, tests) name##_of_##tests

/* The function that PATCHMARK_PLUGIN makes. */
#define patchmark_plugin(none) LOCAL(patchmark_plugin)(none)

#endif
