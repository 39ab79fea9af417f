/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-gather.c - the thread that commits what mails have left in the open transaction.
 *
 * Readers see a mail's events when it has: so the time is short beside what a subscriber notices,
 * and long beside the time between two mails of a busy list.
 *
 * Owns the thread.  What can fail: that it starts; mails are then committed one by one.
 */
#include "store-private.h"

#include "log.h"

#include <time.h>

#define GATHER_MS 10

static void *gather_run(void *argument) {
    struct store *store = argument;

    for (;;) {
        while (sem_wait(&store->gather.ripe) < 0)
            ;
        if (store->gather.ending)
            return NULL;
        nanosleep(&(struct timespec){.tv_nsec = GATHER_MS * 1000000}, NULL);
        /* After a fault it is tried again by whoever takes the store next. */
        store_commit_gathered(store);
    }
}

void store_gather_ripen(struct store *store) {
    sem_post(&store->gather.ripe);
}

void store_gather(struct store *store) {
    struct store_gather *gather = &store->gather;

    if (!store->path || store->readonly || store->journal != STORE_JOURNAL_COMMIT ||
        gather->running || store_redo_open(store) < 0)
        return;
    gather->ending = false;
    sem_init(&gather->ripe, 0, 0);
    gather->running = pthread_create(&gather->thread, NULL, gather_run, store) == 0;
    if (!gather->running) {
        log_error("no thread to commit mails; each is committed by itself");
        store_redo_close(store);
    }
}

/* Gives up the file of store-redo.c, unless it has what the database lacks. */
static bool redo_end(struct store *store) {
    bool done;

    store_take(store);
    done = !store->dirty && !store->redo.behind;
    if (done)
        store_redo_close(store);
    store_give(store);
    return done;
}

void store_gather_end(struct store *store) {
    struct store_gather *gather = &store->gather;

    if (!gather->running)
        return;
    gather->ending = true;
    sem_post(&gather->ripe);
    pthread_join(gather->thread, NULL);
    gather->running = false;
    /* A mail may come in between. */
    while (store_commit_gathered(store) && !redo_end(store))
        ;
}
