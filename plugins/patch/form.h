/* SPDX-License-Identifier: BSD-2-Clause
 *
 * form.h - whether the text around a diff is that of a posted patch, or of a mail that only shows a
 * diff: a bug report with a change that was tried, a forward.
 */
#ifndef PATCH_FORM_H
#define PATCH_FORM_H

#include "patchmark-plugin.h"

/* Returns true if TEXT, the text of a mail or of an attached file, has a sign of a patch above its
 * first diff: a Signed-off-by line, a diffstat, the first line of git format-patch, or a sentence
 * that speaks of "this patch"; or if it has nothing above the diff.  Returns false for text below
 * the head of a forwarded mail.  Reads at most FORM_LINES lines.  Cannot fail. */
bool form_is_posted(struct patchmark_text text);

/* Returns true if TEXT has the head of a forwarded mail above its first diff. */
bool form_is_forward(struct patchmark_text text);

#define FORM_LINES 2000 /* the longest messages of real patches have fewer */

#endif
