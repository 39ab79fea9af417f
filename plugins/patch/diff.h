/* SPDX-License-Identifier: BSD-2-Clause
 *
 * diff.h - finds diffs in text and counts what they change.
 *
 * Reads unified diffs of git, hg, Subversion, CVS, quilt and plain diff, git's combined diffs, and
 * context diffs.  A diff starts at the start of a line: indented and quoted ones are none.  One
 * pass, no allocation; a diff that lies or ends early counts for what is there.
 */
#ifndef PATCH_DIFF_H
#define PATCH_DIFF_H

#include "path.h"

/* Names kept: a few more than a list fact holds, so that the core sees that there were more. */
#define DIFF_FILES 1024

struct diff {
    bool found;
    int64_t insertions, deletions; /* lines; a changed line of a context diff is one of each */
    size_t count;
    struct path files[DIFF_FILES];  /* each once, in order; slices of the scanned texts */
    uint16_t slots[2 * DIFF_FILES]; /* hash table over files: index + 1, 0 is free */
};

void diff_init(struct diff *diff);

/* Adds the diffs in TEXT; true when it holds any.  TEXT must outlive DIFF. */
bool diff_scan(struct diff *diff, struct patchmark_text text);

/* True for a line with which a diff, and nothing else, begins: prose ends there. */
bool diff_is_start(struct patchmark_text line);

#endif
