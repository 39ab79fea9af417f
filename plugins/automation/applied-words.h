/* SPDX-License-Identifier: BSD-2-Clause
 *
 * applied-words.h - reads which patches a sentence says were applied: "Patches 1-3 applied",
 * "I've applied the series, minus #2".
 *
 * Nothing here allocates or fails; the functions may be called on any thread.
 */
#ifndef AUTOMATION_APPLIED_WORDS_H
#define AUTOMATION_APPLIED_WORDS_H

#include "patchmark-plugin.h"

/* The highest number of a patch that is kept; larger series are rare, and not applied in parts. */
#define PART_MAX 500

struct applied_words {
    bool said[PART_MAX + 1];     /* the patches that were named as applied, by their number ... */
    bool excluded[PART_MAX + 1]; /* ... and as not applied */
    bool whole;                  /* all patches were applied */
    bool both;                   /* both patches were applied */
    bool subset;                 /* not all patches were applied */
};

/* Adds to WORDS what SENTENCE, folded (pattern.h), states.  ROBOT is true if a program wrote it:
 * "This series was applied" is then no report of the past.  Questions, wishes, conditions and
 * sentences about the deeds of others state nothing. */
void applied_words_read(struct applied_words *words, const char *sentence, bool robot);

#endif
