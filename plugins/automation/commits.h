/* SPDX-License-Identifier: BSD-2-Clause
 *
 * commits.h - finds the commits that were made from a patch, and their tree, in a mail that states
 * that the patch was applied.
 *
 * A robot or a person may have written the mail.  Commits that are only mentioned, such as one that
 * is fixed or was backported, are not returned.  Nothing here allocates or fails; the function may
 * be called on any thread.
 */
#ifndef AUTOMATION_COMMITS_H
#define AUTOMATION_COMMITS_H

#include "patchmark-plugin.h"

#define COMMITS_MAX 200 /* commits of one mail that are kept; a pull or series rarely has more */
#define COMMIT_HEX  64  /* digits of a commit id: SHA-1 has 40, SHA-256 has 64 */
#define TREE_BYTES  128 /* bytes of a tree with its branch */

struct commits {
    char hex[COMMITS_MAX][COMMIT_HEX + 1]; /* in lower case, may be abbreviated, each once */
    size_t count;
    char tree[TREE_BYTES + 1]; /* such as "arm64 (for-next/fixes)"; "" if the mail names none */
};

/* Fills COMMITS from MESSAGE.  All strings are NUL-terminated.  ROBOT is true if a program wrote
 * the mail: a commit alone on a line, and the header fields of push hooks, then count too. */
void commits_find(const struct patchmark_message *message, bool robot, struct commits *commits);

/* Returns the hash in a link to a commit, which points into LINE; NULL if LINE, folded (pattern.h),
 * is not such a link. */
const char *commits_link(const char *line);

/* Returns true if LINE, folded or not, begins as "[1/2] title" or "- [net,v2,1/2] title". */
bool commits_is_item(const char *line);

#endif
