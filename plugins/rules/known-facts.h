/* SPDX-License-Identifier: BSD-2-Clause
 *
 * known-facts.h - the facts of the plugins that come with patchmark, with their types.
 *
 * With them a slip in a rule is told at the start, and the rules run behind all those plugins.  A
 * test holds the table against the plugins themselves.
 */
#ifndef RULES_KNOWN_FACTS_H
#define RULES_KNOWN_FACTS_H

#include "patchmark-plugin.h"

/* Full names, NULL-terminated: what the plugin declares as `uses`. */
extern const char *const known_facts[];

/* Type of the fact of that full name; 0 when it is none of ours. */
enum patchmark_type known_fact_type(const char *name);

/* True when the plugin that NAME, "PLUGIN.key", begins with is one of ours.  KEYS (SIZE bytes) gets
 * the keys of its facts with commas between, or as many as fit. */
bool known_fact_plugin(const char *name, char *keys, size_t size);

#endif
