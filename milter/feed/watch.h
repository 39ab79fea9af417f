/* SPDX-License-Identifier: BSD-2-Clause
 *
 * watch.h - what the index does with time: it reports series that stay incomplete, and expires.
 */
#ifndef WATCH_H
#define WATCH_H

#include "settings/configuration.h"
#include "store/store.h"

/* NOW: seconds since 1970.  Both take the store for moments only; faults were logged. */

/* Tells of series that have been quiet for as long as the configuration says, some at a time. */
void watch_unfinished(struct store *store, const struct configuration *configuration, int64_t now);
/* Deletes from the index what is older than the configuration says, at most some 2,500 mails; NOW
 * is the time that expiry goes by (index_expiry_time). */
void watch_expire(struct store *store, const struct configuration *configuration, int64_t now);

#endif
