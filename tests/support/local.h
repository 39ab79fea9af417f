/* SPDX-License-Identifier: BSD-2-Clause
 *
 * local.h - for a file of tests that includes a .c file, to replace functions that it calls or to
 * test static functions in it.
 *
 * Several files of one test program may include the same .c file.  Each defines TESTS as a word of
 * its own before it includes this header, and LOCAL(name) then makes public names unique.
 */
#ifndef LOCAL_H
#define LOCAL_H

#define LOCAL(name)             LOCAL_NAME(name, TESTS)
#define LOCAL_NAME(name, tests) LOCAL_JOIN(name, tests)
#define LOCAL_JOIN(name, tests) name##_of_##tests

/* The function that the macro PATCHMARK_PLUGIN defines. */
#define patchmark_plugin(none) LOCAL(patchmark_plugin)(none)

#endif
