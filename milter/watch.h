/* SPDX-License-Identifier: BSD-2-Clause
 *
 * watch.h - what the index does with time: it tells of series that stay unfinished, and forgets.
 */
#ifndef WATCH_H
#define WATCH_H

#include "configuration.h"
#include "store.h"

/* One round; NOW in seconds since 1970.  TELL false: nobody is told of unfinished series this time,
 * as mails that other hosts saw are still to be learned.  Takes the store for moments only.  Faults
 * were logged. */
void watch_round(struct store *store, const struct configuration *configuration, int64_t now,
                 bool tell);

#endif
