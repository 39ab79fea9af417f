/* SPDX-License-Identifier: BSD-2-Clause
 *
 * delivered.h - computes the mail that an MTA delivers after a filter's edits, as Postfix applies
 * them.
 *
 * The list of fields starts with the Received field of the MTA itself, which the filter does not
 * receive.  Insert positions count it: 0 is above it, 1 below it, and a position beyond the end
 * appends.  Change and delete count the current fields of a name without it; a change of a field
 * that does not exist appends it, and such a delete does nothing.  Without SMFIP_HDR_LEADSPC the
 * MTA inserts a space before the value.  Each of these cases was compared with Postfix 3.7.
 */
#ifndef DELIVERED_H
#define DELIVERED_H

#include "mta.h"

struct delivered_header {
    const char *text; /* "Name: value", with LF between folded lines and no line end */
    size_t length;
    size_t name_length;
    bool by_mta;    /* the Received field of the MTA; its text is empty */
    bool by_filter; /* inserted or added by the filter */
    char *owned;    /* private: TEXT if delivered_clear must free it */
};

struct delivered {
    struct delivered_header *headers;
    size_t header_count;
    char *body; /* LF line ends */
    size_t body_length;
};

/* Fills DELIVERED with MAIL after the edits in RESULT; both must be valid as long as DELIVERED.
 * Returns 0, or -1 if memory runs out; DELIVERED is then empty. */
int delivered_build(struct delivered *delivered, const struct mail *mail,
                    const struct mta_result *result);
void delivered_clear(struct delivered *delivered);

/* Returns the mail without the MTA's own Received field, with LF line ends, NUL-terminated; the
 * caller frees it.  Sets *LENGTH to its size in bytes unless LENGTH is NULL.  Returns NULL if
 * memory runs out. */
char *delivered_text(const struct delivered *delivered, size_t *length);

#endif
