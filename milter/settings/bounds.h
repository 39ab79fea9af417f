/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bounds.h - bounds on configuration files, with their reasons.
 */
#ifndef SETTINGS_BOUNDS_H
#define SETTINGS_BOUNDS_H

/* A file: 10,000 lists by name fit four times. */
#define LIMIT_CONFIGURATION_BYTES (1024 * 1024)

/* Different options, and sections: libconfuse compares each with every other. */
#define LIMIT_CONFIGURATION_NAMES 1000

/* Files that include files, and files in all. */
#define LIMIT_INCLUDE_DEPTH 8
#define LIMIT_INCLUDES      100

/* Mistakes told at once: more are no help. */
#define LIMIT_CONFIGURATION_PROBLEMS 50

#endif
