/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status.h - the events service.status: what the daemon says of itself (patchmark-events(7)).
 */
#ifndef STATUS_H
#define STATUS_H

#include "pipeline/json.h"
#include "store/store.h"

/* Appends the event to the outbox, behind all that is there.  HOST: its source.  0, or -1 when it
 * is not in the outbox; that was logged where it was news. */
int status_append(struct store *store, const char *host, const struct json_service *service);

/* The same inside of store_begin .. store_commit. */
int status_add(struct store *store, const char *host, const struct json_service *service);

#endif
