/* SPDX-License-Identifier: BSD-2-Clause
 *
 * filter.h - which events an endpoint receives: the options types, lists, labels and kinds.
 */
#ifndef FILTER_H
#define FILTER_H

#include "patchmark-plugin.h"

/* Returns true if EVENT matches each of the options that is set; an option matches if one of its
 * words does.  Words are patterns of fnmatch(3); ASCII letters are equal in either case.  A word of
 * types is compared with the type, and with the type without "patchmark." and version.  An event
 * that has no list, no labels or no kind does not match the option for it.  The JSON of the event
 * is parsed only if labels or kinds is set. */
bool filter_passes(const struct patchmark_instance *instance, const struct patchmark_event *event);

#endif
