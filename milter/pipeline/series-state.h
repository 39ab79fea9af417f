/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-state.h - records of the state of series, for sinks that keep it, as the hashes in Redis.
 *
 * A record is text: lines "NAME VALUE<LF>", of which the first is "id SERIES". patchmark-events(7),
 * THE STATE OF A SERIES, has the names.  Values are absolute, so a record may be applied several
 * times; a name that a record does not have keeps its value.  Values have no newline and no control
 * character, and are cut at 1,024 bytes between two characters.
 *
 * The functions must be called between store_begin and store_commit or store_rollback, and the
 * result is to be freed with free(3).  A fault of the store is logged by the store.
 */
#ifndef SERIES_STATE_H
#define SERIES_STATE_H

#include "pipeline/mail.h"
#include "store/store.h"

/* Returns the whole record of SERIES, the id of a series of open lists; if that was joined with
 * another one, the record of that other one.  Returns NULL if the series is unknown, and on a
 * fault.
 */
char *series_state_text(struct store *store, const char *series);

/* Returns the record of what EVENT, one of MAIL->events, changes; NULL if it changes nothing.  Must
 * be called after event_series_read. */
char *series_state_of_event(struct store *store, struct mail *mail, const struct mail_event *event);

struct series_view;

/* Returns the record of an event that no mail of this host causes, about VIEW, whose members were
 * read. */
char *series_state_of_series(struct store *store, const struct series_view *view);

#endif
