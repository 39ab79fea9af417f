/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event.h - which events follow from a mail (patchmark-events(7)).
 */
#ifndef EVENT_H
#define EVENT_H

#include "pipeline/event-types.h"
#include "pipeline/mail.h"
#include "util/digest.h"

/* Makes mail->identity and mail->seen_id, which do not depend on the index: hashing takes a good
 * part of what events take, and no other mail has to wait for it. */
void event_prepare(struct mail *mail);

/* Fills mail->events from the facts and from what the index learned. */
void event_derive(struct mail *mail);

/* The id of an event of that type: MESSAGE_ID "" for one of a series, which may be shown first by
 * another mail on another host; UNIQUE: what else makes it unique. */
void event_id(const char *type, const char *message_id, const char *unique,
              char id[DIGEST_EVENT_SIZE]);

#endif
