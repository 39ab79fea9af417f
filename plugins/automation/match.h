/* SPDX-License-Identifier: BSD-2-Clause
 *
 * match.h - matches one mail with the sections of the table.
 *
 * Nothing here allocates or fails; the functions may be called on any thread.
 */
#ifndef AUTOMATION_MATCH_H
#define AUTOMATION_MATCH_H

#include "table.h"

/* The fields of one mail that tests read; valid as long as the message and the table. */
struct look {
    const struct patchmark_message *message;
    const struct table *table;
    bool opens;    /* the mail opens a thread */
    bool answers;  /* the mail is an answer, also without "Re:"; never true for a posting */
    bool has_diff; /* the mail contains a diff that is not quoted */
    struct folded fields[FIELD_HEADER]; /* from FIELD_SUBJECT to FIELD_ID */
    const char
        *headers[TABLE_HEADERS]; /* values, in the order of the table; NULL if not in the mail
                                  */
};

/* Fills LOOK from MESSAGE and FACTS, for TABLE.  POSTING is true if the mail is a posting by its
 * tag.
 */
void look_at(struct look *look, const struct table *table, const struct patchmark_message *message,
             const struct patchmark_facts *facts, bool posting);

/* Returns the first section of PURPOSE that matches the mail; NULL if none does.  The section
 * belongs to the table. */
const struct section *look_for(const struct look *look, enum purpose purpose);

#endif
