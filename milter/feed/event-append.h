/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-append.h - appends events that no mail causes directly: on a whole series, on the service.
 *
 * They go behind all events that the outbox has.  HOST is their source, as the option `host` says.
 */
#ifndef EVENT_APPEND_H
#define EVENT_APPEND_H

#include "pipeline/json.h"
#include "pipeline/learned.h"
#include "store/store.h"

/* Appends series.incomplete for the series ID, which has missing parts and no new mail for `quiet`.
 * Within store_begin .. store_commit.  A fault was logged; then there is no event. */
void event_append_incomplete(struct store *store, const char *id, const char *host, int64_t now);

/* Appends series.completed for the series of LAST, which a mail of another host completed.  Within
 * store_begin .. store_commit.  A fault was logged; then there is no event. */
void event_append_completed(struct store *store, const struct learned *last, const char *host,
                            int64_t now);

/* Appends service.status in a transaction of its own.  Returns 0, or -1 if the event is not in the
 * outbox; the fault was logged. */
int event_append_status(struct store *store, const char *host, const struct json_service *service);

/* The same within a transaction that is open (store_begin .. store_commit). */
int event_append_status_within(struct store *store, const char *host,
                               const struct json_service *service);

#endif
