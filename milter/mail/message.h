/* SPDX-License-Identifier: BSD-2-Clause
 *
 * message.h - one mail: collected, scanned, parsed.
 *
 * scan.c collects within limits, mime.c parses, message.c answers.  A message is filled by
 * message_add_header and message_add_body, or at once by message_load; after message_parse it is
 * read through patchmark-plugin.h.  Then message_reset makes it ready for the next mail and keeps
 * its memory.  One thread at a time.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "patchmark-plugin.h"

/* Before any other function, once, before threads. */
void message_library_init(void);

struct patchmark_message *message_new(void);
void message_free(struct patchmark_message *message);
void message_reset(struct patchmark_message *message);

/* Adds a header as the MTA gave it: VALUE with any space that followed the colon, lines separated
 * by LF or CR LF.  Past a limit it is left out and the mail counts as truncated. */
void message_add_header(struct patchmark_message *message, const char *name, const char *value);
/* Adds a piece of the body; CR LF becomes LF, wherever pieces are cut.  False when the limit is
 * reached and more would be thrown away. */
bool message_add_body(struct patchmark_message *message, const void *data, size_t length);
/* Header and body at once, as in a file, lines ending LF or CR LF. */
void message_load(struct patchmark_message *message, struct patchmark_text raw);

/* Parses.  RECEIVED: seconds since 1970; -1: the newest Received field says, else Date, else 0.
 * Whatever the mail is, the accessors work afterwards. */
void message_parse(struct patchmark_message *message, int64_t received);

/* What whoever works on the mail wants to find with it again; NULL before, and after message_reset.
 * It stays the caller's. */
void message_set_context(struct patchmark_message *message, const void *context);
const void *message_context(const struct patchmark_message *message);

/* Returns a copy of TEXT that lives as long as the strings of the accessors do. */
const char *message_keep(const struct patchmark_message *message, const char *text);

bool message_truncated(const struct patchmark_message *message); /* something met a limit */
bool message_malformed(const struct patchmark_message *message); /* breaks RFC 5322 or 2045 */
/* First id of In-Reply-To, without angle brackets; NULL when there is none. */
const char *message_in_reply_to(const struct patchmark_message *message);
/* Bytes given so far, header and body, also those past the limit. */
uint64_t message_size(const struct patchmark_message *message);

#endif
