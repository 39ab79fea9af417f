/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bounds.h - bounds on plugins and their facts, with their reasons.
 */
#ifndef PLUGIN_BOUNDS_H
#define PLUGIN_BOUNDS_H

#define LIMIT_FACT_BYTES 1024 /* a string; RFC 5322 lines end at 998 */
#define LIMIT_FACT_ITEMS 1000 /* a list; a tree-wide patch touches that many files */
#define LIMIT_FACTS      256  /* of all plugins together */

#define LIMIT_PLUGINS 64

/* Folders that one plugin writes in. */
#define LIMIT_PLUGIN_FOLDERS 8

/* Failures in a row after which a plugin is switched off: one bad mail and its retries are fewer,
 * a broken plugin gets there within minutes. */
#define LIMIT_PLUGIN_FAILURES 10

#endif
