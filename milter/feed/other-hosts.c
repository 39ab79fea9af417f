/* SPDX-License-Identifier: BSD-2-Clause
 *
 * other-hosts.c - see other-hosts.h.
 *
 * The thread parses without the lock of the store, and holds it for one batch at a time.
 *
 * The parts of a series may come to several hosts.  The host where the last part comes appends
 * series.completed in the transaction of that mail, and says so in the learned data
 * (`reported_complete`).  Learned data that completes the series here without saying so came from
 * a host that lacked other parts at that time.  Then each host that finds the series complete
 * appends series.completed; its id is the same on all hosts, so subscribers see one event.  A host
 * appends none only if another has, in the transaction that the learned data comes from.
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

#define PAUSE_FIRST_MS  100
#define PAUSE_LAST_MS   30000
#define EMPTY_MS        50 /* a sink that gave nothing and did not wait either is not asked at once */
#define POSITION_EVERY  10 /* seconds between stored positions without learned data */
#define POSITION_PREFIX "follow "

struct other_hosts {
    struct store *store;
    struct patchmark_instance *instance;
    const char *name, *host;
    char key[sizeof(POSITION_PREFIX) + 64]; /* of the position in the store */
    pthread_t thread;

    /* Of the thread alone. */
    struct patchmark_feed feed;
    char kept[FEED_POSITION_SIZE], reached[FEED_POSITION_SIZE]; /* in the store; with the batch */
    int64_t kept_at; /* seconds of a clock that never jumps */
    struct learned batch[LIMIT_LEARNED_MAILS];
    size_t batch_count, batch_rows, batch_bytes;
    struct arena strings; /* of the batch */
    size_t received;      /* in this call of follow */
    bool lost;            /* ... and a batch of it was not kept */
    uint64_t new_mails, passed_over;
    unsigned pause_ms, seed;

    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t changed;
    bool stopping, abreast, was_abreast;
    int64_t abreast_at; /* last, or the start */
};

/* ---- time --------------------------------------------------------------------------------- */

static bool is_stopping(struct other_hosts *other_hosts) {
    bool stopping;

    pthread_mutex_lock(&other_hosts->lock);
    stopping = other_hosts->stopping;
    pthread_mutex_unlock(&other_hosts->lock);
    return stopping;
}

/* True: stop. */
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

/* How many of them were new. */
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

/* Keeps what was read, and how far that was, in one transaction.  False: the batch is lost. */
static bool batch_keep(struct other_hosts *other_hosts) {
    unsigned new_mails;

    if (other_hosts->batch_count == 0 && strcmp(other_hosts->reached, other_hosts->kept) == 0)
        return true;
    other_hosts->lost = true;
    if (is_stopping(other_hosts)) /* the store may be gone */
        return false;
    store_begin(other_hosts->store);
    new_mails = batch_apply(other_hosts);
    index_position_write(other_hosts->store, other_hosts->key, other_hosts->reached);
    other_hosts->lost = store_commit(other_hosts->store) < 0;
    batch_reset(other_hosts);
    if (other_hosts->lost)
        return false;
    other_hosts->new_mails += new_mails;
    memcpy(other_hosts->kept, other_hosts->reached, sizeof(other_hosts->kept));
    other_hosts->kept_at = clock_milliseconds() / 1000;
    return true;
}

/* After a call.  A position alone can wait: what lies behind it taught nothing.  What was lost is
 * read again, from where the store is. */
static void call_keep(struct other_hosts *other_hosts) {
    bool waits = other_hosts->batch_count == 0 &&
                 clock_milliseconds() / 1000 - other_hosts->kept_at < POSITION_EVERY;

    if (!other_hosts->lost && (waits || batch_keep(other_hosts)))
        return;
    batch_reset(other_hosts);
    memcpy(other_hosts->feed.position, other_hosts->kept, sizeof(other_hosts->kept));
    memcpy(other_hosts->reached, other_hosts->kept, sizeof(other_hosts->kept));
}

/* ---- from the sink ------------------------------------------------------------------------ */

static void event_read(struct other_hosts *other_hosts, const struct patchmark_event *event) {
    struct learned *learned = &other_hosts->batch[other_hosts->batch_count];
    const char *passed_over = other_hosts->feed.own ? NULL : other_hosts->host;
    int found =
        json_learned_read(event, passed_over, (int64_t)time(NULL), &other_hosts->strings, learned);

    if (found != 0)
        other_hosts->batch_bytes += event->json_length;
    if (found > 0) {
        other_hosts->batch_count++;
        other_hosts->batch_rows +=
            1 + learned->keys.count + learned->tags.count + learned->same_as.count;
    } else if (found < 0 && other_hosts->passed_over++ == 0) {
        log_warning("sink %s: an event of another host is not as it should be and is passed over, "
                    "as are others like it (said once)",
                    other_hosts->name);
    }
}

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
        return batch_keep(other_hosts);
    return true;
}

/* ---- abreast or behind -------------------------------------------------------------------- */

static void abreast_set(struct other_hosts *other_hosts, bool abreast) {
    bool first;

    pthread_mutex_lock(&other_hosts->lock);
    first = abreast && !other_hosts->was_abreast;
    other_hosts->was_abreast = other_hosts->was_abreast || abreast;
    if (abreast || other_hosts->abreast)
        other_hosts->abreast_at = clock_milliseconds() / 1000;
    other_hosts->abreast = abreast;
    if (abreast)
        other_hosts->feed.own = false;
    pthread_mutex_unlock(&other_hosts->lock);
    if (first && other_hosts->new_mails > 0)
        log_info("sink %s: abreast of the other hosts; %" PRIu64 " of their mails were new",
                 other_hosts->name, other_hosts->new_mails);
}

int64_t other_hosts_behind(struct other_hosts *other_hosts) {
    int64_t behind;

    pthread_mutex_lock(&other_hosts->lock);
    behind = other_hosts->abreast ? 0 : clock_milliseconds() / 1000 - other_hosts->abreast_at;
    if (!other_hosts->abreast && behind < 1)
        behind = 1;
    pthread_mutex_unlock(&other_hosts->lock);
    return behind;
}

/* ---- the thread --------------------------------------------------------------------------- */

/* The pause before the next call; jitter, so that many hosts do not come back in step. */
static unsigned pause_after_fault(struct other_hosts *other_hosts) {
    unsigned longest = 2 * other_hosts->pause_ms;

    if (other_hosts->pause_ms == 0)
        longest = PAUSE_FIRST_MS;
    other_hosts->pause_ms = longest < PAUSE_LAST_MS ? longest : PAUSE_LAST_MS;
    return other_hosts->pause_ms / 2 +
           (unsigned)rand_r(&other_hosts->seed) % (other_hosts->pause_ms / 2 + 1);
}

/* One call.  How many milliseconds to wait before the next; -1: there will be none. */
static int follow_once(struct other_hosts *other_hosts) {
    int64_t began = clock_milliseconds();
    int result;

    other_hosts->received = 0;
    other_hosts->lost = false;
    result = instance_follow(other_hosts->instance, &other_hosts->feed);
    call_keep(other_hosts);
    if (result < 0 || other_hosts->lost) {
        abreast_set(other_hosts, false);
        return (int)pause_after_fault(other_hosts);
    }
    other_hosts->pause_ms = 0;
    /* A call that did not even give a batch came to the end of what there is. */
    abreast_set(other_hosts, result > 0 || other_hosts->received < LIMIT_LEARNED_MAILS);
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

/* ---- life --------------------------------------------------------------------------------- */

static void other_hosts_free(struct other_hosts *other_hosts) {
    pthread_cond_destroy(&other_hosts->changed);
    pthread_mutex_destroy(&other_hosts->lock);
    arena_free(&other_hosts->strings);
    free(other_hosts);
}

static void position_read(struct other_hosts *other_hosts) {
    char position[STORE_POSITION_SIZE];

    store_begin(other_hosts->store);
    index_position_read(other_hosts->store, other_hosts->key, position);
    store_commit(other_hosts->store);
    if (strlen(position) < sizeof(other_hosts->kept))
        strcpy(other_hosts->kept, position);
    memcpy(other_hosts->reached, other_hosts->kept, sizeof(other_hosts->kept));
    feed_init(&other_hosts->feed, other_hosts->kept, receive, other_hosts);
    other_hosts->feed.own = !*other_hosts->kept;
}

/* One whose thread does not run yet. */
static struct other_hosts *other_hosts_new(struct store *store, struct patchmark_instance *instance,
                                           const char *host) {
    struct other_hosts *other_hosts = calloc(1, sizeof(*other_hosts));
    pthread_condattr_t attributes;

    if (!other_hosts) {
        log_error("out of memory");
        return NULL;
    }
    other_hosts->store = store;
    other_hosts->instance = instance;
    other_hosts->name = instance_plugin(instance)->name;
    other_hosts->host = host;
    other_hosts->seed = (unsigned)(uintptr_t)other_hosts ^ (unsigned)time(NULL);
    other_hosts->abreast_at = other_hosts->kept_at = clock_milliseconds() / 1000;
    snprintf(other_hosts->key, sizeof(other_hosts->key), POSITION_PREFIX "%s", other_hosts->name);
    pthread_mutex_init(&other_hosts->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&other_hosts->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    position_read(other_hosts);
    return other_hosts;
}

struct other_hosts *other_hosts_start(struct store *store, struct patchmark_instance *instance,
                                      const char *host) {
    struct other_hosts *other_hosts = other_hosts_new(store, instance, host);

    if (!other_hosts ||
        pthread_create(&other_hosts->thread, NULL, other_hosts_run, other_hosts) == 0)
        return other_hosts;
    log_error("no thread to follow sink %s", other_hosts->name);
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
        log_warning("sink %s is busy; what other hosts saw is learned later", other_hosts->name);
        pthread_detach(other_hosts->thread);
        return false;
    }
    if (other_hosts->passed_over > 0)
        log_warning("sink %s: %" PRIu64 " events of other hosts were passed over",
                    other_hosts->name, other_hosts->passed_over);
    other_hosts_free(other_hosts);
    return true;
}
