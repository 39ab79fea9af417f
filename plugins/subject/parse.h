/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parse.h - reads a whole subject.  No function allocates memory or fails: text that matches no
 * rule belongs to the title.  The work is linear in the length of the subject.
 */
#ifndef SUBJECT_PARSE_H
#define SUBJECT_PARSE_H

#include "tag.h"

#define GROUPS_READ 16 /* later groups are removed from the title, but not read */

/* Parses SUBJECT, a NUL-terminated string, into OUT.  The texts in OUT point into SUBJECT.  The
 * caller passes OUT to subject_settle, too. */
void subject_parse(const char *subject, struct subject *out);

/* Decides what the subject alone does not: whether a word before the tag is a reply prefix in some
 * language, whether a numbering without any other sign of a tag is one, and whether v6.1 is a
 * branch.  HAS_DIFF and ANSWERS describe the mail: it has a diff; it refers to another one. */
void subject_settle(struct subject *subject, bool has_diff, bool answers);

#endif
