/* SPDX-License-Identifier: BSD-2-Clause
 *
 * diff.h - finds diffs in text, and counts the lines that they add and delete.
 *
 * Reads unified diffs of git, hg, Subversion, CVS, quilt and plain diff, combined diffs of git, and
 * context diffs.  A diff must start in the first column: indented and quoted diffs are ignored.
 * Reads the text once and allocates nothing.  Nothing here fails: of a diff that is cut, or has
 * fewer lines than its hunks state, the existing lines are counted.  The functions may be called on
 * any thread, for one struct diff by one thread at a time.
 */
#ifndef PATCH_DIFF_H
#define PATCH_DIFF_H

#include "path.h"

/* Names that are kept: more than the 1,000 strings of a list fact, so that the core notices that
 * some were left out. */
#define DIFF_FILES 1024
#define DIFF_OLD   256 /* names of renamed files that are kept; real mails have fewer than 200 */

struct diff {
    bool found;                      /* there is at least one diff */
    int64_t insertions, deletions;   /* in lines; a changed line of a context diff counts as both */
    size_t count;                    /* elements of files */
    struct path files[DIFF_FILES];   /* each once, in the order of the diff; slices of the texts */
    size_t old_count;                /* elements of old_files */
    struct path old_files[DIFF_OLD]; /* the old names of renamed files, in the order of the diff */
    uint16_t slots[2 * DIFF_FILES];  /* hash table over files: index + 1; 0 if free */
};

/* Makes DIFF empty.  It needs no release. */
void diff_init(struct diff *diff);

/* Adds the diffs in TEXT to DIFF.  TEXT must stay valid as long as DIFF is used.  Returns true if
 * TEXT contains a diff. */
bool diff_scan(struct diff *diff, struct patchmark_text text);

/* Returns true if LINE starts a diff and cannot be prose: the message of the patch ends there. */
bool diff_is_start(struct patchmark_text line);

#endif
