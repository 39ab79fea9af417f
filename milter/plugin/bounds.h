/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bounds.h - the limits on plugins and their facts, with their reasons.
 */
#ifndef PLUGIN_BOUNDS_H
#define PLUGIN_BOUNDS_H

#define LIMIT_FACT_BYTES 1024 /* of a string; a line of RFC 5322 has at most 998 */
#define LIMIT_FACT_KEY   64   /* bytes of the key of a fact that patchmark_declare_fact adds */
#define LIMIT_FACT_ITEMS 1000 /* in a list; a tree-wide patch touches that many files */
#define LIMIT_FACTS      256  /* that all plugins together declare */

/* Explanations of one mail.  Its decisions have about ten, each rule that matches has one more. */
#define LIMIT_EXPLANATIONS 100

#define LIMIT_PLUGINS 64 /* loaded at once */

/* Bytes of the title of a section plugin "NAME/WORD", so that names of sinks fit into keys of the
 * store. */
#define LIMIT_PLUGIN_TITLE 60

/* Folders in which one plugin may write. */
#define LIMIT_PLUGIN_FOLDERS 8

/* Counters that one plugin may declare. */
#define LIMIT_PLUGIN_COUNTERS 8

#define LIMIT_BATCH 200 /* the maximum number of events that a sink is offered in one call */

/* Different names that are not in the arrays of a plugin, and that it was logged to ask for.  They
 * are constants of its code, and few. */
#define LIMIT_PLUGIN_MISTAKES 16

/* Failures in a row after which a plugin is switched off.  One bad mail and its retries cause
 * fewer, and a broken plugin reaches the number within minutes. */
#define LIMIT_PLUGIN_FAILURES 10

#endif
