/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event.h - which events follow from a mail (patchmark-events(7)).
 */
#ifndef EVENT_H
#define EVENT_H

#include "mail.h"

#define EVENT_MESSAGE_SEEN   "patchmark.message.seen.v1"
#define EVENT_SERIES_OPENED  "patchmark.series.opened.v1"
#define EVENT_PULL_REQUESTED "patchmark.pull.requested.v1"
#define EVENT_SERVICE_STATUS "patchmark.service.status.v1"

/* Fills mail->events from the facts.  SERIES_IS_NEW: the index had not heard of its series. */
void event_derive(struct mail *mail, bool series_is_new);

#endif
