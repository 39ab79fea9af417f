/* SPDX-License-Identifier: BSD-2-Clause
 *
 * follower.c - see follower.h.
 *
 * The thread parses without holding the store, and holds it for one batch of lessons at a time.
 *
 * Who tells that a series is complete, when its parts came to several hosts?  A host tells it when
 * the part that came last taught it so, in the transaction of that mail, and says so in the lesson
 * (`told`).  A lesson that completes the series here without saying so came from a host that did
 * not know all the other parts yet; that host may be the one to notice, or we, or a third:
 * everybody tells, and as the event has the same id everywhere, subscribers get one.  Nobody stays
 * silent unless somebody has told in the very transaction that we learned from.
 */
#include "feed/follower.h"

#include "feed/bounds.h"
#include "feed/tell.h"
#include "pipeline/bounds.h"
#include "pipeline/json-lesson.h"
#include "pipeline/lesson.h"
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
#define POSITION_EVERY  10 /* seconds from one position without lessons to the next that is kept */
#define POSITION_PREFIX "follow "

struct follower {
    struct store *store;
    struct patchmark_instance *instance;
    const char *name, *host;
    char key[sizeof(POSITION_PREFIX) + 64]; /* of the position in the store */
    pthread_t thread;

    /* Of the thread alone. */
    struct patchmark_feed feed;
    char kept[FEED_POSITION_SIZE], reached[FEED_POSITION_SIZE]; /* in the store; with the batch */
    int64_t kept_at; /* seconds of a clock that never jumps */
    struct lesson batch[LIMIT_LESSONS];
    size_t batch_count, batch_rows, batch_bytes;
    struct arena strings; /* of the batch */
    size_t given;         /* in this call of follow */
    bool lost;            /* ... and a batch of it was not kept */
    uint64_t learned, passed_over;
    unsigned pause_ms, seed;

    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t changed;
    bool stopping, abreast, was_abreast;
    int64_t abreast_at; /* last, or the start */
};

/* ---- time --------------------------------------------------------------------------------- */

static bool is_stopping(struct follower *follower) {
    bool stopping;

    pthread_mutex_lock(&follower->lock);
    stopping = follower->stopping;
    pthread_mutex_unlock(&follower->lock);
    return stopping;
}

/* True: stop. */
static bool pause_for(struct follower *follower, unsigned milliseconds) {
    struct timespec until = clock_deadline(milliseconds);
    bool stopping;
    int result = 0;

    pthread_mutex_lock(&follower->lock);
    while (!follower->stopping && result == 0)
        result = pthread_cond_timedwait(&follower->changed, &follower->lock, &until);
    stopping = follower->stopping;
    pthread_mutex_unlock(&follower->lock);
    return stopping;
}

/* ---- lessons to the index ----------------------------------------------------------------- */

/* How many of them were new. */
static unsigned batch_apply(struct follower *follower) {
    unsigned learned = 0;

    for (size_t i = 0; i < follower->batch_count; i++) {
        struct lesson *lesson = &follower->batch[i];
        int news = lesson_apply_foreign(follower->store, lesson);

        learned += news >= 0;
        if (news > 0 && (news & INDEX_COMPLETED) && !lesson->told)
            tell_completed(follower->store, lesson, follower->host, (int64_t)time(NULL));
    }
    return learned;
}

static void batch_forget(struct follower *follower) {
    follower->batch_count = follower->batch_rows = follower->batch_bytes = 0;
    arena_reset(&follower->strings);
}

/* Keeps what was read, and how far that was, in one transaction.  False: the batch is lost. */
static bool batch_keep(struct follower *follower) {
    unsigned learned;

    if (follower->batch_count == 0 && strcmp(follower->reached, follower->kept) == 0)
        return true;
    follower->lost = true;
    if (is_stopping(follower)) /* the store may be gone */
        return false;
    store_begin(follower->store);
    learned = batch_apply(follower);
    index_position_write(follower->store, follower->key, follower->reached);
    follower->lost = store_commit(follower->store) < 0;
    batch_forget(follower);
    if (follower->lost)
        return false;
    follower->learned += learned;
    memcpy(follower->kept, follower->reached, sizeof(follower->kept));
    follower->kept_at = clock_milliseconds() / 1000;
    return true;
}

/* After a call.  A position alone can wait: what lies behind it taught nothing.  What was lost is
 * read again, from where the store is. */
static void call_keep(struct follower *follower) {
    bool waits = follower->batch_count == 0 &&
                 clock_milliseconds() / 1000 - follower->kept_at < POSITION_EVERY;

    if (!follower->lost && (waits || batch_keep(follower)))
        return;
    batch_forget(follower);
    memcpy(follower->feed.position, follower->kept, sizeof(follower->kept));
    memcpy(follower->reached, follower->kept, sizeof(follower->kept));
}

/* ---- from the sink ------------------------------------------------------------------------ */

static void event_read(struct follower *follower, const struct patchmark_event *event) {
    struct lesson *lesson = &follower->batch[follower->batch_count];
    const char *passed_over = follower->feed.own ? NULL : follower->host;
    int found =
        json_lesson_read(event, passed_over, (int64_t)time(NULL), &follower->strings, lesson);

    if (found != 0)
        follower->batch_bytes += event->json_length;
    if (found > 0) {
        follower->batch_count++;
        follower->batch_rows += 1 + lesson->keys.count + lesson->tags.count + lesson->same_as.count;
    } else if (found < 0 && follower->passed_over++ == 0) {
        log_warning("sink %s: an event of another host is not as it should be and is passed over, "
                    "as are others like it (said once)",
                    follower->name);
    }
}

static bool take(void *argument, const char *position, const struct patchmark_event *event) {
    struct follower *follower = argument;

    if (is_stopping(follower))
        return false;
    follower->given++;
    if (event)
        event_read(follower, event);
    snprintf(follower->reached, sizeof(follower->reached), "%s", position);
    if (follower->batch_count == LIMIT_LESSONS || follower->batch_rows >= LIMIT_LESSON_ROWS ||
        follower->batch_bytes >= LIMIT_LESSON_BYTES)
        return batch_keep(follower);
    return true;
}

/* ---- abreast or behind -------------------------------------------------------------------- */

static void abreast_set(struct follower *follower, bool abreast) {
    bool first;

    pthread_mutex_lock(&follower->lock);
    first = abreast && !follower->was_abreast;
    follower->was_abreast = follower->was_abreast || abreast;
    if (abreast || follower->abreast)
        follower->abreast_at = clock_milliseconds() / 1000;
    follower->abreast = abreast;
    if (abreast)
        follower->feed.own = false;
    pthread_mutex_unlock(&follower->lock);
    if (first && follower->learned > 0)
        log_info("sink %s: abreast of the other hosts; %" PRIu64 " of their mails were new",
                 follower->name, follower->learned);
}

int64_t follower_behind(struct follower *follower) {
    int64_t behind;

    pthread_mutex_lock(&follower->lock);
    behind = follower->abreast ? 0 : clock_milliseconds() / 1000 - follower->abreast_at;
    if (!follower->abreast && behind < 1)
        behind = 1;
    pthread_mutex_unlock(&follower->lock);
    return behind;
}

/* ---- the thread --------------------------------------------------------------------------- */

/* The pause before the next call; jitter, so that many hosts do not come back in step. */
static unsigned pause_after_fault(struct follower *follower) {
    unsigned longest = 2 * follower->pause_ms;

    if (follower->pause_ms == 0)
        longest = PAUSE_FIRST_MS;
    follower->pause_ms = longest < PAUSE_LAST_MS ? longest : PAUSE_LAST_MS;
    return follower->pause_ms / 2 +
           (unsigned)rand_r(&follower->seed) % (follower->pause_ms / 2 + 1);
}

/* One call.  How many milliseconds to wait before the next; -1: there will be none. */
static int follow_once(struct follower *follower) {
    int64_t began = clock_milliseconds();
    int result;

    follower->given = 0;
    follower->lost = false;
    result = instance_follow(follower->instance, &follower->feed);
    call_keep(follower);
    if (result < 0 || follower->lost) {
        abreast_set(follower, false);
        return (int)pause_after_fault(follower);
    }
    follower->pause_ms = 0;
    /* A call that did not even give a batch came to the end of what there is. */
    abreast_set(follower, result > 0 || follower->given < LIMIT_LESSONS);
    if (result > 0)
        return -1;
    return follower->given == 0 && clock_milliseconds() - began < EMPTY_MS ? PAUSE_FIRST_MS : 0;
}

static void *follower_run(void *argument) {
    struct follower *follower = argument;
    int wait = 0;

    while (wait >= 0 && !(wait > 0 ? pause_for(follower, (unsigned)wait) : is_stopping(follower)))
        wait = follow_once(follower);
    return NULL;
}

/* ---- life --------------------------------------------------------------------------------- */

static void follower_free(struct follower *follower) {
    pthread_cond_destroy(&follower->changed);
    pthread_mutex_destroy(&follower->lock);
    arena_free(&follower->strings);
    free(follower);
}

static void position_read(struct follower *follower) {
    char position[STORE_POSITION_SIZE];

    store_begin(follower->store);
    index_position_read(follower->store, follower->key, position);
    store_commit(follower->store);
    if (strlen(position) < sizeof(follower->kept))
        strcpy(follower->kept, position);
    memcpy(follower->reached, follower->kept, sizeof(follower->kept));
    feed_init(&follower->feed, follower->kept, take, follower);
    follower->feed.own = !*follower->kept;
}

/* One whose thread does not run yet. */
static struct follower *follower_new(struct store *store, struct patchmark_instance *instance,
                                     const char *host) {
    struct follower *follower = calloc(1, sizeof(*follower));
    pthread_condattr_t attributes;

    if (!follower) {
        log_error("out of memory");
        return NULL;
    }
    follower->store = store;
    follower->instance = instance;
    follower->name = instance_plugin(instance)->name;
    follower->host = host;
    follower->seed = (unsigned)(uintptr_t)follower ^ (unsigned)time(NULL);
    follower->abreast_at = follower->kept_at = clock_milliseconds() / 1000;
    snprintf(follower->key, sizeof(follower->key), POSITION_PREFIX "%s", follower->name);
    pthread_mutex_init(&follower->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&follower->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    position_read(follower);
    return follower;
}

struct follower *follower_start(struct store *store, struct patchmark_instance *instance,
                                const char *host) {
    struct follower *follower = follower_new(store, instance, host);

    if (!follower || pthread_create(&follower->thread, NULL, follower_run, follower) == 0)
        return follower;
    log_error("no thread to follow sink %s", follower->name);
    follower_free(follower);
    return NULL;
}

void follower_end(struct follower *follower) {
    pthread_mutex_lock(&follower->lock);
    follower->stopping = true;
    pthread_cond_broadcast(&follower->changed);
    pthread_mutex_unlock(&follower->lock);
}

bool follower_join(struct follower *follower, const struct timespec *deadline) {
    if (pthread_timedjoin_np(follower->thread, NULL, deadline) != 0) {
        log_warning("sink %s is busy; what other hosts saw is learned later", follower->name);
        pthread_detach(follower->thread);
        return false;
    }
    if (follower->passed_over > 0)
        log_warning("sink %s: %" PRIu64 " events of other hosts were passed over", follower->name,
                    follower->passed_over);
    follower_free(follower);
    return true;
}
