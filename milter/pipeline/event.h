/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event.h - derives the events of a mail (patchmark-events(7)).
 *
 * The functions may be called on any thread, by one thread at a time for each mail.  They cannot
 * fail.
 */
#ifndef EVENT_H
#define EVENT_H

#include "pipeline/event-types.h"
#include "pipeline/mail.h"
#include "util/digest.h"

/* Sets MAIL->identity and MAIL->seen_id.  They do not depend on the index, so this can be done
 * before the lock of the store is taken: hashing is a large part of the work for events, and other
 * mails then do not wait for it. */
void event_prepare(struct mail *mail);

/* Fills MAIL->events, in the order in which they are published, from its facts and from what
 * learned_mail_record and event_series_find set in MAIL.  Calls event_prepare if that was not done
 * before. */
void event_derive(struct mail *mail);

/* Adds message.posted to MAIL->events for each open list on which MAIL was posted and which is not
 * among POSTED, List-Ids separated by spaces.  event_derive does this for all of them. */
void event_derive_posted(struct mail *mail, const char *posted);

/* Writes the id of an event, 32 hexadecimal digits and a NUL, to ID.  MESSAGE_ID is "" for an event
 * of a series, because on another host another mail of the series may cause it; except for
 * series.amended, of which each mail that amends the series causes one.  UNIQUE is what
 * distinguishes the event from others with the same TYPE and MESSAGE_ID; "" if there are none. */
void event_id(const char *type, const char *message_id, const char *unique,
              char id[DIGEST_EVENT_SIZE]);

#endif
