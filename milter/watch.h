/* SPDX-License-Identifier: BSD-2-Clause
 *
 * watch.h - what the index does with time: it tells of series that stay unfinished, and forgets.
 */
#ifndef WATCH_H
#define WATCH_H

#include "configuration.h"
#include "store.h"

/* NOW: seconds since 1970.  Both take the store for moments only; faults were logged. */

/* Tells of series that have been quiet for as long as the configuration says, some at a time. */
void watch_unfinished(struct store *store, const struct configuration *configuration, int64_t now);
/* Forgets what is older than the configuration says: looks at the next 10,000 rows of the index. */
void watch_forget(struct store *store, const struct configuration *configuration, int64_t now);

#endif
