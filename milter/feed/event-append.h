/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-append.h - appends events that no mail of this host causes: those about a whole series and
 * those about the service.
 *
 * Each event is appended to the outbox with the source "https://HOST/patchmark", where HOST is the
 * value of the option `host`.  Times are in seconds since 1970-01-01 UTC.  Any thread may call
 * these functions; they copy what they are passed.
 */
#ifndef EVENT_APPEND_H
#define EVENT_APPEND_H

#include "pipeline/json.h"
#include "pipeline/learned.h"
#include "store/store.h"

/* Appends series.incomplete for the series ID, which has missing parts and no new mail for `quiet`,
 * with the time NOW.  Appends nothing if the series has been joined with another one.  Must be
 * called between store_begin and store_commit.  On a fault, which is logged, appends nothing; the
 * transaction is then lost. */
void event_append_incomplete(struct store *store, const char *id, const char *host, int64_t now);

/* Appends series.completed for the series of LAST, the learned data of another host that completed
 * it, with the time NOW.  Must be called between store_begin and store_commit.  On a fault, which
 * is logged, appends nothing; the transaction is then lost. */
void event_append_completed(struct store *store, const struct learned *last, const char *host,
                            int64_t now);

/* Appends service.status with the data SERVICE and the current time, in a transaction of its own;
 * takes the lock of the store.  Returns 0, or -1 if the event was not appended; the fault is
 * logged. */
int event_append_status(struct store *store, const char *host, const struct json_service *service);

/* Does the same within a transaction.  Must be called between store_begin and store_commit. */
int event_append_status_within(struct store *store, const char *host,
                               const struct json_service *service);

#endif
