/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mail-log.h - the log line of each mail: what it is, what was done with it, and why it has no
 * header fields or makes no events.
 *
 * patchmark(1), LOG, describes the fields.  All functions may be called on any thread, by one
 * thread at a time for each mail, and cannot fail.
 */
#ifndef MAIL_LOG_H
#define MAIL_LOG_H

#include "daemon/envelope.h"
#include "pipeline/mail.h"

/* What a mail that is not read says of itself. */
struct mail_names {
    char list_id[256]; /* what is in the <> of its List-Id, as the mail has it; "" if there is none
                        */
    char message_id[256]; /* of its Message-ID, likewise */
};

/* Notes the header field NAME: VALUE of a mail that is not read.  A zeroed struct has no names. */
void mail_names_note(struct mail_names *names, const char *name, const char *value);

/* Why a mail has no header fields, which only the session knows. */
enum mail_headers {
    MAIL_HEADERS_WRITTEN, /* they were written, unless the mail has none */
    MAIL_HEADERS_FORGED,  /* too many fields under the prefix are left on the mail */
    MAIL_HEADERS_ACTIONS, /* the MTA does not offer the action */
    MAIL_HEADERS_REFUSED  /* the MTA refused each of them */
};

struct mail_outcome {
    const char *queue_id; /* NULL if the MTA sent none */
    enum mail_headers headers;
    size_t written;       /* header fields that the MTA accepted */
    size_t forged;        /* fields under the prefix that are not those of the first pass */
    int64_t microseconds; /* that the MTA waited at the end of the mail */
};

/* Logs the line of MAIL, which was read, or recalled as a copy, at level info. */
void mail_log(const struct mail *mail, const struct mail_outcome *outcome);

/* Logs the line of a mail that passes unread: EXEMPT is why, or ENVELOPE_NOT_EXEMPT if too many
 * mails are in work.  The level is info if MAIL is for a list or NAMES has a List-Id, and else
 * debug, so that a server of much other mail does not log each. */
void mail_log_unread(const struct mail *mail, const struct mail_names *names,
                     enum envelope_exempt exempt, const char *queue_id);

#endif
