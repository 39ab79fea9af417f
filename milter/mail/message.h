/* SPDX-License-Identifier: BSD-2-Clause
 *
 * message.h - one mail: collected, parsed, and read by plugins.
 *
 * A message is filled by message_add_header and message_add_body, or at once by message_load.
 * After message_parse it is read through the functions of patchmark-plugin.h and those below.
 * After message_reset it is empty, keeps its memory, and takes the next mail.  scan.c collects
 * within limits, mime.c parses, message.c has the functions that read.
 *
 * Malformed mail is not an error: no function fails because of it.  If memory runs out, the process
 * aborts.  A message may be used by one thread at a time.  Strings that are returned belong to the
 * message and are valid until message_reset or message_free.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "patchmark-plugin.h"

/* Initialises GMime.  Must be called once, before any other function and before the first thread is
 * created. */
void message_library_init(void);

/* Returns an empty message, which message_free frees; NULL if memory runs out. */
struct patchmark_message *message_new(void);
void message_free(struct patchmark_message *message);
/* Removes the mail and its context from MESSAGE. */
void message_reset(struct patchmark_message *message);

/* Adds a header field as libmilter passes it: VALUE has the spaces that follow the colon, and its
 * folded lines are separated by LF or CR LF.  Both strings are copied.  A field beyond a limit is
 * left out, and the mail counts as truncated. */
void message_add_header(struct patchmark_message *message, const char *name, const char *value);
/* Adds LENGTH bytes of the body, which are copied.  CR LF becomes LF, also if the two are in
 * different pieces.  Returns false if the limit is reached: further pieces have no effect. */
bool message_add_body(struct patchmark_message *message, const void *data, size_t length);
/* Adds the header and body of the mail RAW, as in a file: lines end with LF or CR LF.  RAW is
 * copied. */
void message_load(struct patchmark_message *message, struct patchmark_text raw);

/* Parses the mail that was added.  RECEIVED is the time of receipt in seconds since 1970-01-01 UTC.
 * If it is -1, the time is that of the newest Received field, else of Date, else 0. */
void message_parse(struct patchmark_message *message, int64_t received);

/* Returns true if a field called NAME, in any case, was added; also before message_parse. */
bool message_has_field(const struct patchmark_message *message, const char *name);
/* Returns true if the mail has as many header fields as are kept, so that further ones may have
 * been left out. */
bool message_header_is_full(const struct patchmark_message *message);
/* Returns a digest of the body and of the header fields except those of the transport, such as
 * Received: the same for all copies of a mail that a list manager sends to its subscribers, unless
 * it writes their names into the mail.  Call it when the whole mail was added; also before
 * message_parse. */
int64_t message_copy_digest(struct patchmark_message *message);

/* Makes ID, if it is one of the further Message-IDs, the one that patchmark_message_id returns. */
void message_use_id(struct patchmark_message *message, const char *id);

/* Stores a pointer for the caller, which message_context returns until message_reset; NULL if none
 * was stored.  CONTEXT belongs to the caller. */
void message_set_context(struct patchmark_message *message, const void *context);
const void *message_context(const struct patchmark_message *message);

/* Returns a copy of TEXT that belongs to MESSAGE. */
const char *message_keep(const struct patchmark_message *message, const char *text);

/* Returns the number of List-Id fields, and the id in field I of them, counted from 0 (RFC 2919):
 * without angle brackets, in lower case.  "" if there is no such field, or if it has other bytes
 * than printable ASCII, or more than 255, as no list has. */
size_t message_list_id_count(const struct patchmark_message *message);
const char *message_list_id_at(const struct patchmark_message *message, size_t i);
/* Returns the id in the first List-Id field, as message_list_id_at. */
const char *message_list_id(const struct patchmark_message *message);

/* Returns the posting address in List-Post (RFC 2369), the first mailto: URL, in lower case and
 * without what follows a "?".  The address must lie in the domain of the list, which is what
 * follows the first label of List-Id, or above or below it.  Returns NULL if there is none. */
const char *message_list_post(const struct patchmark_message *message);

/* Sets what patchmark_message_list returns from then on to a copy of LIST_ID, which may be "". */
void message_set_list(struct patchmark_message *message, const char *list_id);

/* Returns true if a part of the mail was left out because of a limit (bounds.h). */
bool message_truncated(const struct patchmark_message *message);
/* Returns true if the mail violates RFC 5322 or RFC 2045. */
bool message_malformed(const struct patchmark_message *message);
/* Returns the first Message-ID in In-Reply-To, without angle brackets; NULL if there is none. */
const char *message_in_reply_to(const struct patchmark_message *message);
/* Returns the number of bytes that were added, also those beyond a limit. */
uint64_t message_size(const struct patchmark_message *message);

#endif
