/* SPDX-License-Identifier: BSD-2-Clause
 *
 * commits.h - what a patch became: the commits that a mail names as the result, and the tree that
 * it says they are in.
 *
 * Only for mail that says that something was applied, be it of a robot or of a person.  A commit
 * that is only mentioned - the one that is fixed, the one that was backported - is none.
 */
#ifndef AUTOMATION_COMMITS_H
#define AUTOMATION_COMMITS_H

#include "patchmark-plugin.h"

#define COMMITS_MAX 200 /* of one mail: a pull or a series has seldom more parts */
#define COMMIT_HEX  64  /* digits of a commit: SHA-1 has 40, SHA-256 has 64 */
#define TREE_BYTES  128 /* of a tree with its branch */

struct commits {
    char hex[COMMITS_MAX][COMMIT_HEX + 1]; /* in lower case, perhaps abbreviated, each once */
    size_t count;
    char tree[TREE_BYTES + 1]; /* "arm64 (for-next/fixes)"; "": the mail does not say */
};

/* ROBOT: a program wrote it, so that what stands alone on a line is meant so. */
void commits_find(const struct patchmark_message *message, bool robot, struct commits *commits);

#endif
