/* SPDX-License-Identifier: BSD-2-Clause
 *
 * publisher.c - see publisher.h.
 */
#include "publisher.h"

#include "follower.h"
#include "limits.h"
#include "log.h"
#include "watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAUSE_FIRST_MS       100
#define PAUSE_LAST_MS        30000
#define SINK_CALL_MS         5000  /* how long a call to a sink may outlast the end */
#define IDLE_MS              60000 /* a wake-up is never lost; this is a belt beside the braces */
#define HOUSEKEEPING_MS      5000
#define JOURNAL_FORGET_EVERY 6 /* of these */

struct delivery {
    struct publisher *publisher;
    struct patchmark_instance *instance;
    const char *name;
    pthread_t thread;
    struct journal_reader *reader;
    struct follower *follower; /* NULL: the sink brings nothing back */
    int64_t cursor;
    unsigned pause_ms; /* before the next try; 0: the last one went well */
    bool running;
};

struct publisher {
    struct store *store;
    struct pipeline *pipeline;
    pthread_mutex_t lock; /* over the three below */
    pthread_cond_t changed;
    uint64_t appended; /* grows with every commit that had events */
    bool stopping;
    struct timespec stop_by; /* deliver what is there until then */
    struct delivery deliveries[LIMIT_PLUGINS];
    size_t delivery_count;
    pthread_t housekeeper;
    bool housekeeping;
};

/* ---- waiting ------------------------------------------------------------------------------ */

static struct timespec deadline_in(unsigned milliseconds) {
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += milliseconds / 1000;
    at.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* Waits until it is time to stop, or, with SEEN, until something was appended since; no longer
 * than MILLISECONDS.  True: stop. */
static bool wait_for(struct publisher *publisher, const uint64_t *seen, unsigned milliseconds) {
    struct timespec deadline = deadline_in(milliseconds);
    bool stopping;
    int result = 0;

    pthread_mutex_lock(&publisher->lock);
    while (!publisher->stopping && result == 0 && !(seen && publisher->appended != *seen))
        result = pthread_cond_timedwait(&publisher->changed, &publisher->lock, &deadline);
    stopping = publisher->stopping;
    pthread_mutex_unlock(&publisher->lock);
    return stopping;
}

static uint64_t appended(struct publisher *publisher) {
    uint64_t count;

    pthread_mutex_lock(&publisher->lock);
    count = publisher->appended;
    pthread_mutex_unlock(&publisher->lock);
    return count;
}

/* True when it is time to stop, whatever is left to deliver. */
static bool stop_is_due(struct publisher *publisher) {
    struct timespec now;
    bool due;

    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_mutex_lock(&publisher->lock);
    due = publisher->stopping &&
          (now.tv_sec > publisher->stop_by.tv_sec ||
           (now.tv_sec == publisher->stop_by.tv_sec && now.tv_nsec >= publisher->stop_by.tv_nsec));
    pthread_mutex_unlock(&publisher->lock);
    return due;
}

/* store_on_append: on the thread that committed a mail, so it only rings the bell. */
static void on_append(void *argument) {
    struct publisher *publisher = argument;

    pthread_mutex_lock(&publisher->lock);
    publisher->appended++;
    pthread_cond_broadcast(&publisher->changed);
    pthread_mutex_unlock(&publisher->lock);
}

/* ---- a sink's thread ---------------------------------------------------------------------- */

static size_t offer(struct delivery *delivery, const struct journal_event *journalled,
                    size_t count) {
    struct patchmark_event events[LIMIT_BATCH];
    const struct patchmark_event *pointers[LIMIT_BATCH];

    for (size_t i = 0; i < count; i++) {
        events[i] = (struct patchmark_event){.struct_size = sizeof(events[i]),
                                             .sequence = journalled[i].sequence,
                                             .id = journalled[i].id,
                                             .type = journalled[i].type,
                                             .subject = journalled[i].subject,
                                             .list = journalled[i].list,
                                             .series = journalled[i].series,
                                             .json = journalled[i].json,
                                             .json_length = journalled[i].json_length};
        pointers[i] = &events[i];
    }
    return instance_publish(delivery->instance, pointers, count);
}

/* One batch.  Gives how many events the journal had; sets the pause when the sink took fewer. */
static int deliver(struct delivery *delivery) {
    struct journal_event events[LIMIT_BATCH];
    int count = journal_read(delivery->reader, delivery->cursor, events, LIMIT_BATCH);
    size_t taken;

    if (count <= 0) {
        delivery->pause_ms = count < 0 ? PAUSE_LAST_MS : 0;
        return count;
    }
    taken = offer(delivery, events, (size_t)count);
    if (taken > 0) {
        delivery->cursor = events[taken - 1].sequence;
        journal_acknowledge(delivery->publisher->store, delivery->name, delivery->cursor);
    }
    if (taken == (size_t)count)
        delivery->pause_ms = 0;
    else if (taken > 0 || delivery->pause_ms == 0)
        delivery->pause_ms = PAUSE_FIRST_MS;
    else
        delivery->pause_ms =
            delivery->pause_ms * 2 < PAUSE_LAST_MS ? delivery->pause_ms * 2 : PAUSE_LAST_MS;
    return count;
}

static void *delivery_run(void *argument) {
    struct delivery *delivery = argument;
    struct publisher *publisher = delivery->publisher;
    unsigned seed = (unsigned)(uintptr_t)argument ^ (unsigned)time(NULL);
    bool stopping = false;

    while (!stop_is_due(publisher)) {
        uint64_t seen = appended(publisher);
        int count = deliver(delivery);

        if (delivery->pause_ms > 0) {
            /* Jitter, so that many hosts do not come back in step. */
            unsigned pause =
                delivery->pause_ms / 2 + (unsigned)rand_r(&seed) % (delivery->pause_ms / 2 + 1);

            if (stopping || wait_for(publisher, NULL, pause))
                return NULL;
        } else if (count <= 0) {
            if (stopping)
                return NULL; /* everything is delivered */
            stopping = wait_for(publisher, &seen, IDLE_MS);
        }
    }
    return NULL;
}

/* ---- housekeeping ------------------------------------------------------------------------- */

/* A series that seems unfinished here may be complete by what other hosts saw.  Where that cannot
 * be learned for as long as a series must be quiet, this host tells what it knows. */
static bool may_tell(const struct publisher *publisher, int64_t quiet) {
    for (size_t i = 0; i < publisher->delivery_count; i++) {
        struct follower *follower = publisher->deliveries[i].follower;
        int64_t behind = follower ? follower_behind(follower) : 0;

        if (behind > 0 && behind < quiet)
            return false;
    }
    return true;
}

static void *housekeeper_run(void *argument) {
    struct publisher *publisher = argument;
    const struct configuration *configuration = pipeline_configuration(publisher->pipeline);
    const char *sinks[LIMIT_PLUGINS];

    for (size_t i = 0; i < publisher->delivery_count; i++)
        sinks[i] = publisher->deliveries[i].name;
    for (unsigned round = 1; !wait_for(publisher, NULL, HOUSEKEEPING_MS); round++) {
        if (round % JOURNAL_FORGET_EVERY == 0)
            journal_forget(publisher->store, sinks, publisher->delivery_count, LIMIT_JOURNAL_KEPT);
        watch_round(publisher->store, configuration, (int64_t)time(NULL),
                    may_tell(publisher, configuration->quiet));
        store_checkpoint(publisher->store);
    }
    return NULL;
}

/* ---- life --------------------------------------------------------------------------------- */

static int delivery_start(struct publisher *publisher, struct patchmark_instance *instance) {
    const char *host = pipeline_configuration(publisher->pipeline)->host;
    struct delivery *delivery = &publisher->deliveries[publisher->delivery_count];

    delivery->publisher = publisher;
    delivery->instance = instance;
    delivery->name = instance_plugin(instance)->name;
    delivery->reader = journal_reader_open(publisher->store);
    if (!delivery->reader)
        return -1;
    publisher->delivery_count++;
    delivery->cursor = journal_cursor(delivery->reader, delivery->name);
    if (delivery->cursor < 0)
        delivery->cursor = 0;
    if (pthread_create(&delivery->thread, NULL, delivery_run, delivery) != 0) {
        log_error("no thread for sink %s", delivery->name);
        return -1;
    }
    delivery->running = true;
    if (!instance_plugin(instance)->follow)
        return 0;
    delivery->follower = follower_start(publisher->store, instance, host);
    return delivery->follower ? 0 : -1;
}

struct publisher *publisher_start(struct store *store, struct pipeline *pipeline) {
    struct publisher *publisher = calloc(1, sizeof(*publisher));
    pthread_condattr_t attributes;

    if (!publisher)
        return NULL;
    publisher->store = store;
    publisher->pipeline = pipeline_keep(pipeline);
    pthread_mutex_init(&publisher->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&publisher->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    store_on_append(store, on_append, publisher);
    for (size_t i = 0; i < pipeline_instance_count(pipeline); i++) {
        struct patchmark_instance *instance = pipeline_instance(pipeline, i);

        if (instance_plugin(instance)->kind == PATCHMARK_SINK &&
            delivery_start(publisher, instance) < 0) {
            publisher_stop(publisher, 0);
            return NULL;
        }
    }
    publisher->housekeeping =
        pthread_create(&publisher->housekeeper, NULL, housekeeper_run, publisher) == 0;
    return publisher;
}

void publisher_stop(struct publisher *publisher, unsigned milliseconds) {
    struct timespec deadline;
    bool left_behind = false;

    if (!publisher)
        return;
    store_on_append(publisher->store, NULL, NULL);
    pthread_mutex_lock(&publisher->lock);
    publisher->stopping = true;
    publisher->stop_by = deadline_in(milliseconds);
    pthread_cond_broadcast(&publisher->changed);
    pthread_mutex_unlock(&publisher->lock);
    if (publisher->housekeeping)
        pthread_join(publisher->housekeeper, NULL);
    for (size_t i = 0; i < publisher->delivery_count; i++)
        if (publisher->deliveries[i].follower)
            follower_end(publisher->deliveries[i].follower);
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += (milliseconds + SINK_CALL_MS) / 1000 + 1;
    for (size_t i = 0; i < publisher->delivery_count; i++) {
        struct delivery *delivery = &publisher->deliveries[i];

        if (delivery->running && pthread_timedjoin_np(delivery->thread, NULL, &deadline) != 0) {
            log_warning("sink %s is busy; its events wait in the journal", delivery->name);
            pthread_detach(delivery->thread);
            left_behind = true;
        } else {
            journal_reader_close(delivery->reader);
        }
        if (delivery->follower && !follower_join(delivery->follower, &deadline))
            left_behind = true;
    }
    if (left_behind)
        return; /* its memory is in use */
    pthread_cond_destroy(&publisher->changed);
    pthread_mutex_destroy(&publisher->lock);
    pipeline_release(publisher->pipeline);
    free(publisher);
}
