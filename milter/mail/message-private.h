/* SPDX-License-Identifier: BSD-2-Clause
 *
 * message-private.h - what the files that read a message share: message.c, author.c, content.c.
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
    const char *id, *in_reply_to, *list;
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
 */
struct patchmark_text message_field(const struct patchmark_message *message, const char *name,
                                    size_t i);

/* Returns the display name NAME, raw from an address field, unquoted and decoded. */
const char *message_display_name(struct patchmark_message *message, struct patchmark_text name);

#endif
