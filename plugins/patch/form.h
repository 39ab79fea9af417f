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
 * the head of a forwarded mail, or below a sentence that says that the sender forwards it.  Reads
 * at most FORM_LINES lines.  Cannot fail. */
bool form_is_posted(struct patchmark_text text);

/* Returns true if TEXT has the head of a forwarded mail above its first diff, or its sender says
 * there that he forwards it. */
bool form_is_forward(struct patchmark_text text);

/* Returns true if SUBJECT, after groups in brackets, starts with a verb as the title of a patch
 * does: "Fix the build on BSD". */
bool form_is_title(struct patchmark_text subject);

/* Returns true for "From 0123... Mon Sep 17 00:00:00 2001", as git format-patch writes it. */
bool form_is_format_patch_line(struct patchmark_text line);

#define FORM_LINES 2000 /* the longest messages of real patches have fewer */

#endif
