/* SPDX-License-Identifier: BSD-2-Clause
 *
 * forged-headers.h - the fields of a mail that wear our prefix, though we did not write them.
 *
 * They are counted by name while the mail comes in, so that every one can be deleted at its end;
 * from mail that is otherwise passed over too.
 */
#ifndef FORGED_HEADERS_H
#define FORGED_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

/* Names as the MTA gave them, which compares without regard to case; sorted. */
struct forged_headers {
    struct forged {
        char *name;
        int count;
    } * names;
    size_t count, room;
};

/* Counts the field NAME when it starts with PREFIX, in any case.  The names that we write ourselves
 * are always counted; of others up to LIMIT_FORGED_NAMES different ones.  False: it was one that
 * is not counted, and will stay on the mail. */
bool forged_headers_note(struct forged_headers *forged_headers, const char *prefix,
                         const char *name);

/* Forgets them all, and keeps the memory.  */
void forged_headers_reset(struct forged_headers *forged_headers);
void forged_headers_free(struct forged_headers *forged_headers);

#endif
