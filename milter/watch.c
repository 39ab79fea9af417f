/* SPDX-License-Identifier: BSD-2-Clause
 *
 * watch.c - see watch.h.
 */
#include "watch.h"

#include "tell.h"

#include <stdlib.h>

#define TOLD_MOST   20 /* series in one round: an archive that was read in has many */
#define FORGET_MOST 50 /* steps in one round */

void watch_unfinished(struct store *store, const struct configuration *configuration, int64_t now) {
    char *ids[TOLD_MOST];
    int count;

    store_begin(store);
    count = index_take_incomplete(store, now - configuration->quiet, ids, TOLD_MOST);
    for (int i = 0; i < count; i++) {
        tell_incomplete(store, ids[i], configuration->host, now);
        free(ids[i]);
    }
    store_commit_lazily(store);
}

void watch_forget(struct store *store, const struct configuration *configuration, int64_t now) {
    for (int i = 0; i < FORGET_MOST; i++)
        if (index_forget(store, now - configuration->remember) <= 0)
            break;
}
