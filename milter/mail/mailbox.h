/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mailbox.h - mails from files: mbox (mboxrd), maildir, a single message, standard input.
 */
#ifndef MAILBOX_H
#define MAILBOX_H

#include "patchmark-plugin.h"

struct mailbox;

/* Opens PATH: a maildir, a regular file, or "-" for standard input.  A file whose first line is a
 * "From " line is an mbox, any other one message.  NULL, with errno set. */
struct mailbox *mailbox_open(const char *path);
void mailbox_close(struct mailbox *mailbox);

/* The next mail, from its first header (no "From " line), ">From " lines of an mbox unquoted one
 * level; valid until the next call.  1; 0 at the end; -1 when a file of a maildir could not be
 * read (errno; the next call goes on behind it). */
int mailbox_next(struct mailbox *mailbox, struct patchmark_text *mail);

/* True for a file that holds one message and is no mbox. */
bool mailbox_is_message(const struct mailbox *mailbox);

/* How far the reading is, in bytes (files of a maildir count 1 each); TOTAL 0: not known. */
void mailbox_progress(const struct mailbox *mailbox, uint64_t *done, uint64_t *total);

#endif
