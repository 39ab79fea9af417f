/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event.h - which events follow from a mail (patchmark-events(7)).
 */
#ifndef EVENT_H
#define EVENT_H

#include "digest.h"
#include "mail.h"

#define EVENT_MESSAGE_SEEN      "patchmark.message.seen.v1"
#define EVENT_SERIES_OPENED     "patchmark.series.opened.v1"
#define EVENT_SERIES_COMPLETED  "patchmark.series.completed.v1"
#define EVENT_SERIES_INCOMPLETE "patchmark.series.incomplete.v1"
#define EVENT_SERIES_SUPERSEDED "patchmark.series.superseded.v1"
#define EVENT_SERIES_ALIASED    "patchmark.series.aliased.v1"
#define EVENT_TRAILER_GIVEN     "patchmark.trailer.given.v1"
#define EVENT_PULL_REQUESTED    "patchmark.pull.requested.v1"
#define EVENT_REPORT_RAISED     "patchmark.report.raised.v1"
#define EVENT_COMMIT_ANNOUNCED  "patchmark.commit.announced.v1"
#define EVENT_SERVICE_STATUS    "patchmark.service.status.v1"

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
