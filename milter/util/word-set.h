/* SPDX-License-Identifier: BSD-2-Clause
 *
 * word-set.h - a set of words as one text, in which single spaces separate the words.
 *
 * A word has at least one byte and no space; case matters.  The functions may be called on any
 * thread and cannot fail.
 */
#ifndef WORD_SET_H
#define WORD_SET_H

#include "util/arena.h"

#include <stdbool.h>

/* Returns true if SET has WORD; false if WORD is "". */
bool word_set_has(const char *set, const char *word);

/* Returns SET with those words of MORE that it lacks appended; a word with which it would be longer
 * than MOST bytes is left out.  The result is SET itself, or belongs to ARENA. */
const char *word_set_join(struct arena *arena, const char *set, const char *more, size_t most);

#endif
