/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plural.h - the plural of words in texts for people.
 */
#ifndef PLURAL_H
#define PLURAL_H

#include <stdint.h>

/* Returns "s", for the plural of a word, unless COUNT is 1. */
static inline const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

#endif
