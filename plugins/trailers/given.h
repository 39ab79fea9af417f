/* SPDX-License-Identifier: BSD-2-Clause
 *
 * given.h - finds the tags that the sender of a reply gives, such as "Reviewed-by: ...".
 *
 * Only the text that the sender wrote counts: not quoted text in any form, not the message of a
 * patch in the reply, and not the text below the signature.  Nothing here allocates or fails; the
 * function may be called on any thread.
 */
#ifndef TRAILERS_GIVEN_H
#define TRAILERS_GIVEN_H

#include "range.h"
#include "trailer.h"

struct given {
    struct trailers tags;    /* slices of the text, or static names; each tag once, in order */
    char range[RANGE_BYTES]; /* the patches that the tags are for, see range.h; "" for the mail that
                              * the reply answers */
    bool approves;           /* a tag that names the sender approves (trailer_approves) */
    bool refuses;      /* a tag that names the sender refuses, or a line says NAK (refusal.h) */
    bool has_diffstat; /* the sender wrote " 3 files changed": the mail is no reply */
};

/* Finds the tags in TEXT, the text of a reply by SENDER, and fills GIVEN.  TEXT must stay valid as
 * long as GIVEN is used. */
void given_scan(struct patchmark_text text, const struct person *sender, struct given *given);

#endif
