/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mailbox.h - reads mails from files: mbox (mboxrd), maildir, a single message, standard input.
 *
 * A struct mailbox may be used by one thread at a time.  Errors are left to the caller to log.
 */
#ifndef MAILBOX_H
#define MAILBOX_H

#include "patchmark-plugin.h"

struct mailbox;

/* Opens PATH: a maildir, a regular file, a pipe, or "-" for standard input.  A file whose first
 * line is a separator of an mbox ("From ") is an mbox; any other file is one message.  Returns NULL
 * and sets errno on error.  mailbox_close frees the result. */
struct mailbox *mailbox_open(const char *path);
void mailbox_close(struct mailbox *mailbox);

/* Sets *MAIL to the bytes of the next mail, from its first header field on: without the separator
 * of an mbox, and with one '>' removed from each of its quoted ">From " lines.  The bytes are valid
 * until the next call.  Returns 1 if there was a mail, and 0 at the end.  Returns -1 and sets errno
 * if a file of a maildir cannot be read or if memory runs out; the next call continues behind that
 * mail. */
int mailbox_next(struct mailbox *mailbox, struct patchmark_text *mail);

/* Returns true if PATH is a file that is one message, not an mbox or a maildir. */
bool mailbox_is_message(const struct mailbox *mailbox);

/* Sets *DONE and *TOTAL to the bytes that were read and that there are; for a maildir, to the
 * numbers of files. */
void mailbox_progress(const struct mailbox *mailbox, uint64_t *done, uint64_t *total);

#endif
