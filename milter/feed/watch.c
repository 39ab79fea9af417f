/* SPDX-License-Identifier: BSD-2-Clause
 *
 * watch.c - see watch.h.
 */
#include "feed/watch.h"

#include "feed/tell.h"
#include "store/index.h"

#include <stdlib.h>
#include <time.h>

#define TOLD_MOST   20 /* series in one round: an archive that was read in has many */
#define EXPIRE_MOST 50 /* steps in one round */

/* Between two steps; the lock of the store is not fair, and mails wait for it. */
#define PAUSE_NS 1000000

void watch_unfinished(struct store *store, const struct configuration *configuration, int64_t now) {
    char *ids[TOLD_MOST];
    int count;

    store_begin(store);
    count = index_report_incomplete(store, now - configuration->quiet, ids, TOLD_MOST);
    for (int i = 0; i < count; i++) {
        tell_incomplete(store, ids[i], configuration->host, now);
        free(ids[i]);
    }
    store_commit(store);
}

void watch_expire(struct store *store, const struct configuration *configuration, int64_t now) {
    for (int i = 0; i < EXPIRE_MOST; i++) {
        if (index_expire(store, now - configuration->remember) <= 0)
            break;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
}
