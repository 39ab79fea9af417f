/* SPDX-License-Identifier: BSD-2-Clause
 *
 * known-facts.h - the table of the facts, and their types, of the plugins that come with patchmark.
 *
 * With this table a misspelt fact in a rule is an error at the start, and the plugin runs after all
 * plugins of the table.  A test compares the table with the plugins.
 */
#ifndef RULES_KNOWN_FACTS_H
#define RULES_KNOWN_FACTS_H

#include "patchmark-plugin.h"

/* The full names of these facts; the array ends with NULL.  The plugin declares them as `uses`. */
extern const char *const known_facts[];

/* Returns the type of the fact with the full name NAME; 0 if the table has no such fact. */
enum patchmark_type known_fact_type(const char *name);

/* Returns true if the table has facts of the plugin of NAME, which is "PLUGIN.key".  Writes the
 * keys of these facts, separated by commas and NUL-terminated, to KEYS; keys that do not fit in its
 * SIZE bytes are cut off. */
bool known_fact_plugin(const char *name, char *keys, size_t size);

#endif
