/* SPDX-License-Identifier: BSD-2-Clause
 *
 * quote-signs.h - finds dates, times and mailboxes in a text of any language.
 *
 * Nothing here allocates or fails; the function may be called on any thread.
 */
#ifndef MAIL_QUOTE_SIGNS_H
#define MAIL_QUOTE_SIGNS_H

#include "patchmark-plugin.h"

/* Bytes of a text that are read; the heads of quotations are shorter. */
#define QUOTE_SIGNS_BYTES 600

struct quote_signs {
    bool date;    /* a day with its year: "2 March 2026", "3/2/26", "2026-03-02" */
    bool time;    /* of day: "11:05", "11.05", "11h05" */
    bool address; /* ada@example.org */
    bool mailbox; /* an address after '<', '[', '(' or "mailto:" */
};

/* Returns what the first QUOTE_SIGNS_BYTES bytes of TEXT have.  Digits of Arabic and Persian count
 * too. */
struct quote_signs quote_signs_read(struct patchmark_text text);

#endif
