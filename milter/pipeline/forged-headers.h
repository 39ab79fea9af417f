/* SPDX-License-Identifier: BSD-2-Clause
 *
 * forged-headers.h - counts the header fields of a mail whose names start with the prefix of
 * patchmark, although patchmark did not write them.
 *
 * They are counted by name while the mail is received, so that all of them can be deleted at its
 * end, also from mail of lists that are not classified.  One thread at a time may use a struct
 * forged_headers.
 */
#ifndef FORGED_HEADERS_H
#define FORGED_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

/* An array of names, as the MTA passed them, and how often each occurs.  It is sorted by name;
 * upper and lower case are equal, as in the MTA.  A zeroed struct is empty. */
struct forged_headers {
    struct forged {
        char *name;
        int count;
    } * names;
    size_t count, capacity;
};

/* Counts the header field NAME if it starts with PREFIX, in any case.  Names that patchmark itself
 * writes are always counted, other names up to LIMIT_FORGED_NAMES different ones.  NAME is copied.
 * Returns false if NAME starts with PREFIX and is not counted, because of the limit or because
 * memory ran out; the field then stays on the mail.  Returns true otherwise. */
bool forged_headers_note(struct forged_headers *forged_headers, const char *prefix,
                         const char *name);

/* Removes all names, for the next mail; the array stays allocated. */
void forged_headers_reset(struct forged_headers *forged_headers);
/* Frees the names and the array.  The struct is then empty and may be used again. */
void forged_headers_free(struct forged_headers *forged_headers);

#endif
