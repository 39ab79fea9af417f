/* SPDX-License-Identifier: BSD-2-Clause
 *
 * match.h - one mail held against the table.
 */
#ifndef AUTOMATION_MATCH_H
#define AUTOMATION_MATCH_H

#include "table.h"

/* What the tests of one mail look at; filled by look_at, valid as long as the message. */
struct look {
    const struct patchmark_message *message;
    const struct table *table;
    bool opens;    /* a thread */
    bool answers;  /* something, be it without "Re:"; a posting does not, wherever it hangs */
    bool has_diff; /* one that is not quoted */
    struct folded subject, title, sender, name, id;
    const char *headers[TABLE_HEADERS]; /* NULL: the mail has none */
};

/* POSTING: the mail is one, as its tag says. */
void look_at(struct look *look, const struct table *table, const struct patchmark_message *message,
             const struct patchmark_facts *facts, bool posting);

/* The first section of PURPOSE that holds; NULL: none. */
const struct section *look_for(const struct look *look, enum purpose purpose);

#endif
