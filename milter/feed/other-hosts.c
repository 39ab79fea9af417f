/* SPDX-License-Identifier: BSD-2-Clause
 *
 * other-hosts.c - the thread that reads the events of other hosts: see other-hosts.h.
 *
 * The thread parses events without the lock of the store, and takes the lock once for each batch.
 *
 * The parts of a series may arrive at several hosts.  The host at which the last part arrives
 * appends series.completed in the transaction of that mail and sets `reported_complete` in the
 * learned data.  If learned data without it completes the series here, it came from a host that
 * lacked other parts at that time.  Then each host that finds the series complete appends
 * series.completed; the event has the same id on all hosts, so subscribers can recognize it as one.
 * So a host leaves it out only if another host appended it in the transaction that the learned
 * data comes from.
 *
 * The sink and the store can fail.  A batch that could not be committed is read again from the last
 * position that the store has.
 */
#include "feed/other-hosts.h"

#include "feed/bounds.h"
#include "feed/event-append.h"
#include "pipeline/bounds.h"
#include "pipeline/json-learned.h"
#include "pipeline/learned.h"
#include "util/arena.h"
#include "util/clock.h"
#include "util/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_FIRST_MS 100
#define PAUSE_LAST_MS  30000
/* A call of follow that took less than this and passed no event did not wait for new ones: the next
 * call is then delayed. */
#define EMPTY_MS        50
#define POSITION_EVERY  10 /* seconds between two commits of a position without learned data */
#define POSITION_PREFIX "follow "

struct other_hosts {
    struct store *store;
    struct patchmark_instance *instance;
    const char *name, *host;
    char key[sizeof(POSITION_PREFIX) + 64]; /* the name of the position in the store */
    pthread_t thread;

    /* The fields below are used by the thread only. */
    struct patchmark_feed feed;
    char stored[FEED_POSITION_SIZE];  /* the position in the store */
    char reached[FEED_POSITION_SIZE]; /* the position after the events read so far */
    int64_t stored_at;                /* when the position was stored; seconds, monotonic clock */
    struct learned batch[LIMIT_LEARNED_MAILS];
    size_t batch_count, batch_rows, batch_bytes;
    struct arena strings;          /* the strings of the batch */
    size_t received;               /* number of events passed in this call of follow */
    bool batch_failed;             /* a batch of this call could not be committed */
    uint64_t new_mails, malformed; /* numbers since the start */
    unsigned pause_ms, seed;

    pthread_mutex_t lock; /* protects the fields below */
    pthread_cond_t changed;
    bool stopping;
    bool caught_up;       /* all events of other hosts were read and recorded */
    bool was_caught_up;   /* this was so at least once */
    int64_t caught_up_at; /* the last time it was so, or the start; seconds, monotonic clock */
};

/* ---- time --------------------------------------------------------------------------------- */

static bool is_stopping(struct other_hosts *other_hosts) {
    bool stopping;

    pthread_mutex_lock(&other_hosts->lock);
    stopping = other_hosts->stopping;
    pthread_mutex_unlock(&other_hosts->lock);
    return stopping;
}

/* Waits for MILLISECONDS, or until other_hosts_end is called.  Returns true if the thread must end.
 */
static bool pause_for(struct other_hosts *other_hosts, unsigned milliseconds) {
    struct timespec until = clock_deadline(milliseconds);
    bool stopping;
    int result = 0;

    pthread_mutex_lock(&other_hosts->lock);
    while (!other_hosts->stopping && result == 0)
        result = pthread_cond_timedwait(&other_hosts->changed, &other_hosts->lock, &until);
    stopping = other_hosts->stopping;
    pthread_mutex_unlock(&other_hosts->lock);
    return stopping;
}

/* ---- learned data to the index ------------------------------------------------------------ */

/* Records the batch within a transaction.  Returns the number of mails that were new. */
static unsigned batch_apply(struct other_hosts *other_hosts) {
    unsigned new_mails = 0;

    for (size_t i = 0; i < other_hosts->batch_count; i++) {
        struct learned *learned = &other_hosts->batch[i];
        int changes = learned_record_foreign(other_hosts->store, learned);

        new_mails += changes >= 0;
        if (changes > 0 && (changes & INDEX_COMPLETED) && !learned->reported_complete)
            event_append_completed(other_hosts->store, learned, other_hosts->host,
                                   (int64_t)time(NULL));
    }
    return new_mails;
}

static void batch_reset(struct other_hosts *other_hosts) {
    other_hosts->batch_count = other_hosts->batch_rows = other_hosts->batch_bytes = 0;
    arena_reset(&other_hosts->strings);
}

/* Records the batch and the position after it in one transaction.  Returns false if it could not be
 * committed or the thread must end; the batch is then not recorded. */
static bool batch_store(struct other_hosts *other_hosts) {
    unsigned new_mails;

    if (other_hosts->batch_count == 0 && strcmp(other_hosts->reached, other_hosts->stored) == 0)
        return true;
    other_hosts->batch_failed = true;
    if (is_stopping(other_hosts)) /* the store may be closed already */
        return false;
    store_begin(other_hosts->store);
    new_mails = batch_apply(other_hosts);
    index_position_write(other_hosts->store, other_hosts->key, other_hosts->reached);
    other_hosts->batch_failed = store_commit(other_hosts->store) < 0;
    batch_reset(other_hosts);
    if (other_hosts->batch_failed)
        return false;
    other_hosts->new_mails += new_mails;
    memcpy(other_hosts->stored, other_hosts->reached, sizeof(other_hosts->stored));
    other_hosts->stored_at = clock_milliseconds() / 1000;
    return true;
}

/* Called after each call of follow: stores the rest of the batch.  A position alone is stored every
 * POSITION_EVERY seconds only, because reading events without learned data again costs little.  If
 * a batch could not be committed, the next call reads from the stored position again. */
static void call_end(struct other_hosts *other_hosts) {
    bool waits = other_hosts->batch_count == 0 &&
                 clock_milliseconds() / 1000 - other_hosts->stored_at < POSITION_EVERY;

    if (!other_hosts->batch_failed && (waits || batch_store(other_hosts)))
        return;
    batch_reset(other_hosts);
    memcpy(other_hosts->feed.position, other_hosts->stored, sizeof(other_hosts->stored));
    memcpy(other_hosts->reached, other_hosts->stored, sizeof(other_hosts->stored));
}

/* ---- from the sink ------------------------------------------------------------------------ */

static void event_read(struct other_hosts *other_hosts, const struct patchmark_event *event) {
    struct learned *learned = &other_hosts->batch[other_hosts->batch_count];
    const char *skipped_host = other_hosts->feed.own ? NULL : other_hosts->host;
    int found =
        json_learned_read(event, skipped_host, (int64_t)time(NULL), &other_hosts->strings, learned);

    if (found != 0)
        other_hosts->batch_bytes += strlen(event->learned);
    if (found > 0) {
        other_hosts->batch_count++;
        other_hosts->batch_rows +=
            1 + learned->keys.count + learned->tags.count + learned->same_as.count;
    } else if (found < 0 && other_hosts->malformed++ == 0) {
        log_warning("sink %s: an event of another host is malformed; skipping all such events "
                    "(logged once); check who else writes there",
                    other_hosts->name);
    }
}

/* The function `receive` of struct patchmark_feed. */
static bool receive(void *argument, const char *position, const struct patchmark_event *event) {
    struct other_hosts *other_hosts = argument;

    if (is_stopping(other_hosts))
        return false;
    other_hosts->received++;
    if (event)
        event_read(other_hosts, event);
    snprintf(other_hosts->reached, sizeof(other_hosts->reached), "%s", position);
    if (other_hosts->batch_count == LIMIT_LEARNED_MAILS ||
        other_hosts->batch_rows >= LIMIT_LEARNED_ROWS ||
        other_hosts->batch_bytes >= LIMIT_LEARNED_BYTES)
        return batch_store(other_hosts);
    return true;
}

/* ---- caught up or behind ------------------------------------------------------------------ */

static void caught_up_set(struct other_hosts *other_hosts, bool caught_up) {
    bool first;

    pthread_mutex_lock(&other_hosts->lock);
    first = caught_up && !other_hosts->was_caught_up;
    other_hosts->was_caught_up = other_hosts->was_caught_up || caught_up;
    if (caught_up || other_hosts->caught_up)
        other_hosts->caught_up_at = clock_milliseconds() / 1000;
    other_hosts->caught_up = caught_up;
    if (caught_up)
        other_hosts->feed.own = false;
    pthread_mutex_unlock(&other_hosts->lock);
    if (first && other_hosts->new_mails > 0)
        log_info("sink %s: all events of other hosts were read; %" PRIu64
                 " of their mails were new",
                 other_hosts->name, other_hosts->new_mails);
}

int64_t other_hosts_behind(struct other_hosts *other_hosts) {
    int64_t behind;

    pthread_mutex_lock(&other_hosts->lock);
    behind = other_hosts->caught_up ? 0 : clock_milliseconds() / 1000 - other_hosts->caught_up_at;
    if (!other_hosts->caught_up && behind < 1)
        behind = 1;
    pthread_mutex_unlock(&other_hosts->lock);
    return behind;
}

/* ---- the thread --------------------------------------------------------------------------- */

/* Returns the pause before the next call, in milliseconds.  It doubles with each fault; half of it
 * is random, so that many hosts do not reconnect at the same time. */
static unsigned pause_after_fault(struct other_hosts *other_hosts) {
    unsigned longest = 2 * other_hosts->pause_ms;

    if (other_hosts->pause_ms == 0)
        longest = PAUSE_FIRST_MS;
    other_hosts->pause_ms = longest < PAUSE_LAST_MS ? longest : PAUSE_LAST_MS;
    return other_hosts->pause_ms / 2 +
           (unsigned)rand_r(&other_hosts->seed) % (other_hosts->pause_ms / 2 + 1);
}

/* Calls follow once.  Returns the number of milliseconds to wait before the next call; -1 if there
 * is nothing to follow. */
static int follow_once(struct other_hosts *other_hosts) {
    int64_t began = clock_milliseconds();
    int result;

    other_hosts->received = 0;
    other_hosts->batch_failed = false;
    result = instance_follow(other_hosts->instance, &other_hosts->feed);
    call_end(other_hosts);
    if (result < 0 || other_hosts->batch_failed) {
        caught_up_set(other_hosts, false);
        return (int)pause_after_fault(other_hosts);
    }
    other_hosts->pause_ms = 0;
    /* A call that passed less than a full batch has read all events. */
    caught_up_set(other_hosts, result > 0 || other_hosts->received < LIMIT_LEARNED_MAILS);
    if (result > 0)
        return -1;
    return other_hosts->received == 0 && clock_milliseconds() - began < EMPTY_MS ? PAUSE_FIRST_MS
                                                                                 : 0;
}

static void *other_hosts_run(void *argument) {
    struct other_hosts *other_hosts = argument;
    int wait = 0;

    while (wait >= 0 &&
           !(wait > 0 ? pause_for(other_hosts, (unsigned)wait) : is_stopping(other_hosts)))
        wait = follow_once(other_hosts);
    return NULL;
}

/* ---- start and end ------------------------------------------------------------------------ */

static void other_hosts_free(struct other_hosts *other_hosts) {
    pthread_cond_destroy(&other_hosts->changed);
    pthread_mutex_destroy(&other_hosts->lock);
    arena_free(&other_hosts->strings);
    free(other_hosts);
}

static void stored_position_read(struct other_hosts *other_hosts) {
    char position[STORE_POSITION_SIZE];

    store_begin(other_hosts->store);
    index_position_read(other_hosts->store, other_hosts->key, position);
    store_commit(other_hosts->store);
    if (strlen(position) < sizeof(other_hosts->stored))
        strcpy(other_hosts->stored, position);
    memcpy(other_hosts->reached, other_hosts->stored, sizeof(other_hosts->stored));
    feed_init(&other_hosts->feed, other_hosts->stored, receive, other_hosts);
    other_hosts->feed.own = !*other_hosts->stored;
}

/* Returns a new struct other_hosts without a thread; NULL after log_error. */
static struct other_hosts *other_hosts_new(struct store *store, struct patchmark_instance *instance,
                                           const char *host) {
    struct other_hosts *other_hosts = calloc(1, sizeof(*other_hosts));

    if (!other_hosts) {
        log_error("out of memory");
        return NULL;
    }
    other_hosts->store = store;
    other_hosts->instance = instance;
    other_hosts->name = instance_name(instance);
    other_hosts->host = host;
    other_hosts->seed = (unsigned)(uintptr_t)other_hosts ^ (unsigned)time(NULL);
    other_hosts->caught_up_at = other_hosts->stored_at = clock_milliseconds() / 1000;
    snprintf(other_hosts->key, sizeof(other_hosts->key), POSITION_PREFIX "%s", other_hosts->name);
    pthread_mutex_init(&other_hosts->lock, NULL);
    clock_condition_init(&other_hosts->changed);
    stored_position_read(other_hosts);
    return other_hosts;
}

struct other_hosts *other_hosts_start(struct store *store, struct patchmark_instance *instance,
                                      const char *host) {
    struct other_hosts *other_hosts = other_hosts_new(store, instance, host);

    if (!other_hosts ||
        pthread_create(&other_hosts->thread, NULL, other_hosts_run, other_hosts) == 0)
        return other_hosts;
    log_error("cannot create a thread to follow sink %s", other_hosts->name);
    other_hosts_free(other_hosts);
    return NULL;
}

void other_hosts_end(struct other_hosts *other_hosts) {
    pthread_mutex_lock(&other_hosts->lock);
    other_hosts->stopping = true;
    pthread_cond_broadcast(&other_hosts->changed);
    pthread_mutex_unlock(&other_hosts->lock);
}

bool other_hosts_join(struct other_hosts *other_hosts, const struct timespec *deadline) {
    if (pthread_timedjoin_np(other_hosts->thread, NULL, deadline) != 0) {
        log_warning("sink %s is busy; events of other hosts are read later", other_hosts->name);
        pthread_detach(other_hosts->thread);
        return false;
    }
    if (other_hosts->malformed > 0)
        log_warning("sink %s: %" PRIu64 " malformed events of other hosts were skipped",
                    other_hosts->name, other_hosts->malformed);
    other_hosts_free(other_hosts);
    return true;
}
