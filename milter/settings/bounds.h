/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bounds.h - bounds on configuration files, with their reasons.
 */
#ifndef SETTINGS_BOUNDS_H
#define SETTINGS_BOUNDS_H

/* The size of one file: four times that of a file with 10,000 lists. */
#define LIMIT_CONFIGURATION_BYTES (1024 * 1024)

/* The number of different option names, and the number of sections, in all files together:
 * libconfuse compares each with every other. */
#define LIMIT_CONFIGURATION_NAMES 1000

/* The depth of nested includes, and the number of files that are read in all. */
#define LIMIT_INCLUDE_DEPTH 8
#define LIMIT_INCLUDES      100

/* The number of errors that are reported for one configuration. */
#define LIMIT_CONFIGURATION_PROBLEMS 50

#endif
