/* SPDX-License-Identifier: BSD-2-Clause
 *
 * given.h - the tags that the sender of a reply gives to what it answers.
 *
 * What counts is what the sender wrote: not quoted text in any of its forms, not the message of a
 * patch that the reply holds, not what stands below the signature.  Each line is looked at once.
 */
#ifndef TRAILERS_GIVEN_H
#define TRAILERS_GIVEN_H

#include "range.h"
#include "trailer.h"

struct given {
    struct trailers tags;    /* slices of the text; each once */
    char range[RANGE_BYTES]; /* "": the tags are for the mail that it answers */
    bool approves;           /* the sender gives a tag that approves */
    bool refuses;            /* ... or says NAK */
};

/* What TEXT, written by SENDER, gives. */
void given_scan(struct patchmark_text text, const struct person *sender, struct given *given);

#endif
