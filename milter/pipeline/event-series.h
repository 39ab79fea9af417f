/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-series.h - reads from the index what the events of a mail say of series.
 *
 * Both functions must be called between store_begin and store_commit, after the mail was recorded.
 * The arena of the mail owns what they read.  A fault of the store is logged by the store.
 */
#ifndef EVENT_SERIES_H
#define EVENT_SERIES_H

#include "pipeline/mail.h"
#include "store/store.h"

/* Sets MAIL->series, and MAIL->reroll if MAIL, which is new, replaces a part of a series that is
 * complete.  Call it before event_derive. */
void event_series_find(struct store *store, struct mail *mail);

/* Sets the series of MAIL->events and reads their members, and those of MAIL->series if an event
 * says what was applied.  An event of a series that is unknown is removed.  Call it after
 * event_derive, and before json_event_data. */
void event_series_read(struct store *store, struct mail *mail);

#endif
