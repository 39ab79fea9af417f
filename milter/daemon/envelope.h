/* SPDX-License-Identifier: BSD-2-Clause
 *
 * envelope.h - what a connection and its mails say before the header: the client, the authenticated
 * user and the recipients; which lists are recipients, and whether the mail is exempt.
 *
 * An exempt mail passes untouched, see patchmark.conf(5).  A struct envelope belongs to one
 * connection and is used by one thread at a time.  A zeroed struct is ready for use; it owns
 * nothing.
 */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include "pipeline/mail.h"
#include "settings/configuration.h"

#include <netinet/in.h>

/* Why a mail is exempt. */
enum envelope_exempt { ENVELOPE_NOT_EXEMPT, ENVELOPE_CLIENT, ENVELOPE_USER, ENVELOPE_RECIPIENTS };

struct envelope {
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } client;
    bool has_client;             /* the MTA sent the address of the client */
    enum envelope_exempt exempt; /* because of client or user */
    bool has_exempt_recipient, has_other_recipient;
};

/* Keeps the address of the client of this connection until the next call.  CLIENT is what libmilter
 * passes; it is copied, and NULL if the mail was not received by SMTP. */
void envelope_connect(struct envelope *envelope, const struct sockaddr *client);

/* Starts a mail: sets MAIL->local, and forgets the recipients of the mail before.  USER is the name
 * that the client authenticated as; NULL or "" if it did not. */
void envelope_begin(struct envelope *envelope, const struct configuration *configuration,
                    const char *user, struct mail *mail);

/* Adds RECIPIENT, as the client sent it in RCPT: with or without <>, with or without a source route
 * (RFC 5321 4.1.1.3).  If it is the address of a list, adds the section to MAIL->recipients, once.
 * If there are MAIL_LISTS already, drops the section of an open list: a closed list replaces it. An
 * address with a quoted local part or of more than 320 bytes matches nothing. */
void envelope_recipient(struct envelope *envelope, const struct configuration *configuration,
                        const char *recipient, struct mail *mail);

/* Returns why the mail, all of whose recipients were added, is exempt. */
enum envelope_exempt envelope_is_exempt(const struct envelope *envelope);

#endif
