/* SPDX-License-Identifier: BSD-2-Clause
 *
 * message-private.h - what the files that read a message share: message.c, list.c, wrapped.c,
 * author.c, content.c.
 */
#ifndef MESSAGE_PRIVATE_H
#define MESSAGE_PRIVATE_H

#include "mail/bounds.h"
#include "mail/message.h"
#include "mail/mime.h"
#include "mail/scan.h"
#include "util/arena.h"

struct patchmark_message {
    struct scan scan;
    struct mime *mime;
    struct arena arena;
    const char **decoded; /* the values of the fields by number: unfolded, UTF-8; NULL until used */
    struct scan inner;    /* the mail that a list wrapped, if WRAPPED ... */
    const char **inner_decoded; /* ... and the values of its fields */
    bool wrapped;
    const char *id, *in_reply_to, *list;
    const char *list_id;                 /* that of the first List-Id; NULL until used */
    const char *others[LIMIT_OTHER_IDS]; /* further Message-IDs */
    size_t other_count;
    const char *from, *from_name;           /* the mailbox in From; "" if there is none */
    const char *sender, *sender_name, *via; /* the author, and the list that alone shows him */
    bool rewritten;                         /* a list replaced From by an address of its own */
    const char *references[LIMIT_REFERENCES];
    size_t reference_count;
    int64_t received;
    bool truncated, malformed;
    const void *context; /* see message_set_context */
};

/* Returns a copy of TEXT in the arena in the form that patchmark-plugin.h guarantees for strings:
 * valid UTF-8, one line, no control bytes except tab, no white space at both ends. */
char *message_clean(struct patchmark_message *message, const char *text, size_t length);

/* Returns the raw value of field I called NAME, counted from 0; its DATA is NULL if there is none.
 * Of a mail that a list wrapped, returns that of the list. */
struct patchmark_text message_field(const struct patchmark_message *message, const char *name,
                                    size_t i);

/* Returns the raw value of field I called NAME, counted from 0, of the fields that
 * patchmark_message_header returns: of a mail that a list wrapped, mostly those of the inner mail.
 * Its DATA is NULL if there is none. */
struct patchmark_text message_shown_field(const struct patchmark_message *message, const char *name,
                                          size_t i);

/* Returns true if at least one address field called NAME was left out because of a limit, of those
 * that message_shown_field looks at. */
bool message_addresses_left_out(const struct patchmark_message *message, const char *name);

/* Returns VALUE, the raw value of a field, with encoded words decoded (RFC 2047), as message_clean.
 * Its DATA may be NULL. */
const char *message_decode(struct patchmark_message *message, struct patchmark_text value);

/* Returns the display name NAME, raw from an address field, unquoted and decoded. */
const char *message_display_name(struct patchmark_message *message, struct patchmark_text name);

/* Looks for a mail that a list wrapped as a whole into message/rfc822 (Mailman, because of DMARC).
 * If there is one, fills message->inner with it and sets message->wrapped.  A mail that a person
 * forwards is none: it comes with a date or subject of its own. */
void message_unwrap(struct patchmark_message *message);

#endif
