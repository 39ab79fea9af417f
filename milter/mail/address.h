/* SPDX-License-Identifier: BSD-2-Clause
 *
 * address.h - reads mailboxes from an address field, also those that break RFC 5322 3.4.
 *
 * The parser of GMime follows the grammar.  It drops display names with an unquoted comma, and
 * rejects or cuts mailboxes that every mail program shows, such as "[Bob] <b@example.org>".
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include "patchmark-plugin.h"
#include "util/arena.h"

struct address {
    const char *address;        /* without angle brackets and blanks, in lower case */
    struct patchmark_text name; /* the raw display name, with quotes and encoded words; points into
                                 * the field */
};

/* Reads the next mailbox in *REST, the value of an address field, and moves *REST behind it.  The
 * address is that in the last angle brackets before a comma or semicolon, else the first word with
 * an "@" and text on both sides.  FOUND->address belongs to ARENA.  Returns false if there is no
 * further mailbox.  Takes linear time for a whole field. */
bool address_next(struct arena *arena, struct patchmark_text *rest, struct address *found);

/* Returns the first mailbox of VALUE as address_next; if it has none, the last address in angle
 * brackets anywhere, such as within a quotation.  Returns false if there is none. */
bool address_first(struct arena *arena, struct patchmark_text value, struct address *found);

/* Writes the display name NAME to TO, which has room for its bytes and a NUL, without the quotes
 * and backslashes of quoted strings (RFC 5322 3.2.4). */
void address_unquote(struct patchmark_text name, char *to);

/* Returns the domain of ADDRESS: what follows its last "@"; "" if it has none. */
const char *address_domain(const char *address);

/* Returns true if the domains A and B, in lower case, are equal or one is below the other.  A
 * domain under which unrelated parties register, such as "org" or "co.uk", relates to no other. */
bool address_domains_related(const char *a, const char *b);

#endif
