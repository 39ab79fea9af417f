/* SPDX-License-Identifier: BSD-2-Clause
 *
 * delivered.h - the mail that an MTA delivers after a filter's edits, as Postfix applies them.
 *
 * The list of fields starts with the Received field of the MTA itself, which the filter never saw.
 * Insert positions count it (0 is above it, 1 below it, past the end appends).  Change and delete
 * count the fields of a name without it, as they are at that moment; a change of a field that is
 * not there appends it, a delete does nothing.  Without SMFIP_HDR_LEADSPC the MTA puts a space
 * before the value.  This was compared with Postfix 3.7, case by case.
 */
#ifndef DELIVERED_H
#define DELIVERED_H

#include "mta.h"

struct delivered_header {
    const char *text; /* "Name: value", LF inside, no line end */
    size_t length;
    size_t name_length;
    bool by_mta;    /* the Received field of the MTA; its text is empty */
    bool by_filter; /* inserted or added by the filter */
    char *owned;    /* private: the text if it was made here */
};

struct delivered {
    struct delivered_header *headers;
    size_t header_count;
    char *body; /* LF line ends */
    size_t body_length;
};

/* Applies RESULT to MAIL, which both must outlive DELIVERED.  0, or -1: out of memory (DELIVERED is
 * then empty). */
int delivered_build(struct delivered *delivered, const struct mail *mail,
                    const struct mta_result *result);
void delivered_clear(struct delivered *delivered);

/* The mail as one text, LF line ends, terminated; without the MTA's own Received.  Sets *LENGTH if
 * not NULL.  The caller frees it; NULL: out of memory. */
char *delivered_text(const struct delivered *delivered, size_t *length);

#endif
