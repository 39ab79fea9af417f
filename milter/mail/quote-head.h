/* SPDX-License-Identifier: BSD-2-Clause
 *
 * quote-head.h - recognizes the lines that mail programs write above a mail that they quote.
 *
 * The forms are recognized in any language: see quote-head.c.  Nothing here allocates or fails;
 * results point into the arguments, and the functions may be called on any thread.
 */
#ifndef MAIL_QUOTE_HEAD_H
#define MAIL_QUOTE_HEAD_H

#include "patchmark-plugin.h"

/* What follows a head if it is not quoted with marks. */
enum quote_below {
    QUOTE_BELOW_NOTHING, /* text of the sender: the head is no head unless marks follow */
    QUOTE_BELOW_OWN,     /* a quotation if the sender wrote text above the head */
    QUOTE_BELOW_PATCH,   /* the message of a patch, up to its diff */
    QUOTE_BELOW_ALL,     /* a quotation, up to the end of the text */
};

struct quote_head {
    const char *end; /* the start of the line after the head */
    enum quote_below below;
    bool is_whole; /* a rule or dashes above three fields or more: such programs set no marks, so
                    * marks below are of the mail that is quoted, if there is own text above */
};

/* Returns TEXT without blanks and characters that are not visible at both ends: also the no-break
 * space, marks of writing direction, and the byte order mark. */
struct patchmark_text quote_trim(struct patchmark_text text);

/* Returns true if the line of dashes around words WORDS, a line without blanks at its ends, ends a
 * quotation: "----- End forwarded message -----". */
bool quote_is_end(struct patchmark_text words);

/* Returns true if WORDS, a line without blanks at its ends, is a rule of at least 20 underscores.
 */
bool quote_is_rule(struct patchmark_text words);

/* What is above a line. */
struct quote_above {
    bool has_own;               /* the sender wrote something, other than a greeting */
    struct patchmark_text line; /* the preceding line, without blanks at its ends, if the sender
                                 * wrote it; else empty */
    const char *fields_end;     /* lines before this were read as fields of no head; NULL if none */
};

/* Reads a head that starts with WORDS, a line without blanks at its ends, which is not empty, and
 * fills HEAD.  BELOW is the text after that line, ABOVE what precedes it, whose FIELDS_END is moved
 * so that fields are not read again from each line of them.  Reads at most 40 lines.  Returns false
 * if there is no head. */
bool quote_head_read(struct patchmark_text words, struct patchmark_text below,
                     struct quote_above *above, struct quote_head *head);

#endif
