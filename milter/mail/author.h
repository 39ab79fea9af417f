/* SPDX-License-Identifier: BSD-2-Clause
 *
 * author.h - what a mail that passed through a mailing list says of its author.
 *
 * Many lists replace From by their own posting address, because of DMARC (RFC 7489), and leave the
 * author in other fields, which the author's mail may also have had before.  So these fields count
 * only if From is an address of the list, and only if they agree.  The functions take the message
 * after message_parse; as there, strings belong to the message, and one thread at a time may use
 * it.
 */
#ifndef AUTHOR_H
#define AUTHOR_H

#include "mail/message.h"

enum message_author {
    MESSAGE_AUTHOR_FROM,   /* From was not rewritten; its mailbox is the sender */
    MESSAGE_AUTHOR_VIA,    /* the list rewrote From, and other fields agree on the author */
    MESSAGE_AUTHOR_UNKNOWN /* the list rewrote From; the author's address is unknown */
};

/* Finds out whether the list LIST_ID rewrote From, and who the author is.  The list has the COUNT
 * posting addresses ADDRESSES, in lower case.  It rewrote From if that is one of them, or the
 * address that a list manager makes of the author's: "user=domain@" in the domain of the list.
 *
 * If BELIEVED, sets the sender to the author: what X-Original-From, X-Original-Sender,
 * Original-From, the mailbox in Reply-To or Cc with the display name before "via", the mail that
 * the list wrapped and the rewritten address say, if they agree.  patchmark_message_sender_via then
 * returns LIST_ID.  Otherwise the sender's address becomes "", and the name that before "via".
 * If From was not rewritten, compares a few strings and sets nothing. */
enum message_author message_find_author(struct patchmark_message *message, const char *list_id,
                                        const char *const *addresses, size_t count, bool believed);

/* Returns true if message_find_author found that From was rewritten. */
bool message_sender_rewritten(const struct patchmark_message *message);

/* Sets the sender to copies of ADDRESS and NAME, which an earlier copy of the mail showed, so that
 * patchmark_message_sender_via returns "". */
void message_set_sender(struct patchmark_message *message, const char *address, const char *name);

/* Bytes of content below which two mails are never taken for copies of one another. */
#define MESSAGE_CONTENT_MINIMUM 40

/* Returns a digest of the content: the decoded text of all parts of type text/..., one after the
 * other, without white space.  Sets *LENGTH to its length in bytes. */
uint64_t message_content_digest(const struct patchmark_message *message, uint64_t *length);
/* Returns true if the content begins with LENGTH bytes that have the digest DIGEST, so that this
 * mail may be a copy with a footer.  Returns false if LENGTH is below the minimum. */
bool message_content_starts(const struct patchmark_message *message, uint64_t digest,
                            uint64_t length);

#endif
