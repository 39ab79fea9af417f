/* SPDX-License-Identifier: BSD-2-Clause
 *
 * publisher-fixture.h - publisher.c and housekeeping.c with shorter pauses, two sinks that a test
 * controls, and an outbox.
 *
 * Pauses of seconds take milliseconds.  Only the wait for the next event is not shortened, so that
 * a lost wake-up fails a test.
 */
#ifndef PUBLISHER_FIXTURE_H
#define PUBLISHER_FIXTURE_H

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "store/outbox.h"

#include "support/local.h"

#define publisher_start                LOCAL(publisher_start)
#define publisher_stop                 LOCAL(publisher_stop)
#define housekeeping_open              LOCAL(housekeeping_open)
#define housekeeping_close             LOCAL(housekeeping_close)
#define housekeeping_round             LOCAL(housekeeping_round)
#define housekeeping_report_incomplete LOCAL(housekeeping_report_incomplete)
#define housekeeping_expire            LOCAL(housekeeping_expire)

static int quick_wait(pthread_cond_t *changed, pthread_mutex_t *lock, const struct timespec *until);
static int quick_join(pthread_t thread, void **result, const struct timespec *until);
static int64_t watched_trim(struct store *store, const char *const *sinks, size_t sink_count,
                            int64_t keep);
static int fixture_clock(clockid_t clock, struct timespec *now);
static int counted_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument);
#define clock_gettime          fixture_clock
#define pthread_cond_timedwait quick_wait
#define pthread_timedjoin_np   quick_join
#define pthread_create         counted_create
#define outbox_trim            watched_trim
#include "feed/housekeeping.c"
#include "feed/publisher.c"
#undef clock_gettime
#undef pthread_cond_timedwait
#undef pthread_timedjoin_np
#undef pthread_create
#undef outbox_trim

#include "support/support.h"

#define SPEED 50
/* On a busy machine, a thread that ends must not be taken for one that hangs. */
#define JOIN_SPEED      5
#define TIMEOUT_SECONDS 20 /* seconds until a test gives up waiting */

/* ---- time --------------------------------------------------------------------------------- */

/* A test without threads can set the time. */
static int64_t frozen_at; /* in nanoseconds; 0: the real time */

static int fixture_clock(clockid_t clock, struct timespec *now) {
    if (frozen_at == 0 || clock != CLOCK_MONOTONIC)
        return clock_gettime(clock, now);
    *now = (struct timespec){frozen_at / 1000000000, frozen_at % 1000000000};
    return 0;
}

static struct timespec quick(clockid_t clock, const struct timespec *until, int speed) {
    struct timespec now;
    int64_t left;

    clock_gettime(clock, &now);
    left = (until->tv_sec - now.tv_sec) * INT64_C(1000000000) + until->tv_nsec - now.tv_nsec;
    if (left > (IDLE_MS - 1000) * INT64_C(1000000) || left < 0)
        return *until;
    left = left / speed + now.tv_nsec;
    return (struct timespec){now.tv_sec + left / 1000000000, left % 1000000000};
}

static int quick_wait(pthread_cond_t *changed, pthread_mutex_t *lock,
                      const struct timespec *until) {
    struct timespec sooner = quick(CLOCK_MONOTONIC, until, SPEED);

    return pthread_cond_timedwait(changed, lock, &sooner);
}

static int quick_join(pthread_t thread, void **result, const struct timespec *until) {
    struct timespec sooner = quick(CLOCK_REALTIME, until, JOIN_SPEED);

    return pthread_timedjoin_np(thread, result, &sooner);
}

/* ---- threads ------------------------------------------------------------------------------ */

static int threads_left = 1000; /* the number of threads that can be created */

static int counted_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *argument) {
    return threads_left-- > 0 ? pthread_create(thread, attributes, run, argument) : EAGAIN;
}

/* ---- waiting ------------------------------------------------------------------------------ */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t happened = PTHREAD_COND_INITIALIZER;
static size_t trimmed;  /* how many times the outbox was trimmed */
static bool trim_hangs; /* the next call waits until this becomes false */

/* Waits until CONDITION is true; it is evaluated with the lock held. */
#define WAIT_UNTIL(condition)                                                       \
    do {                                                                            \
        struct timespec wait_end;                                                   \
        clock_gettime(CLOCK_REALTIME, &wait_end);                                   \
        wait_end.tv_sec += TIMEOUT_SECONDS;                                         \
        pthread_mutex_lock(&lock);                                                  \
        while (!(condition))                                                        \
            ck_assert_msg(pthread_cond_timedwait(&happened, &lock, &wait_end) == 0, \
                          "never came: %s", #condition);                            \
        pthread_mutex_unlock(&lock);                                                \
    } while (0)

static int64_t watched_trim(struct store *store, const char *const *sinks, size_t sink_count,
                            int64_t keep) {
    int64_t gone = outbox_trim(store, sinks, sink_count, keep);

    pthread_mutex_lock(&lock);
    trimmed++;
    pthread_cond_broadcast(&happened);
    while (trim_hangs)
        pthread_cond_wait(&happened, &lock);
    pthread_mutex_unlock(&lock);
    return gone;
}

/* ---- sinks -------------------------------------------------------------------------------- */

struct sink {
    size_t most;        /* the number of events that it accepts in one call */
    bool hangs, inside; /* INSIDE: a call waits for HANGS to become false */
    size_t calls, offered;
    size_t accepted; /* the events 1..ACCEPTED, in order; any other event fails the test */
    int64_t first_offered;
    struct patchmark_event event; /* the newest event that it accepted */
};

static struct sink one = {.most = SIZE_MAX}, two = {.most = SIZE_MAX};

static size_t sink_publish(void *self, const struct patchmark_event *const *events, size_t count) {
    struct sink *sink = self;
    size_t accepted;

    pthread_mutex_lock(&lock);
    sink->calls++;
    sink->offered = count;
    sink->first_offered = events[0]->sequence;
    sink->inside = true;
    pthread_cond_broadcast(&happened);
    while (sink->hangs)
        pthread_cond_wait(&happened, &lock);
    sink->inside = false;
    accepted = count < sink->most ? count : sink->most;
    for (size_t i = 0; i < accepted; i++)
        ck_assert_int_eq(events[i]->sequence, ++sink->accepted);
    if (accepted > 0)
        sink->event = *events[accepted - 1];
    pthread_cond_broadcast(&happened);
    pthread_mutex_unlock(&lock);
    return accepted;
}

static int open_one(struct patchmark_instance *instance, void **self) {
    (void)instance;
    *self = &one;
    return 0;
}

static int open_two(struct patchmark_instance *instance, void **self) {
    (void)instance;
    *self = &two;
    return 0;
}

#define SINK(title, opener)                                                                  \
    {                                                                                        \
        PLUGIN_SIZES, .name = title, .version = "1", .summary = "for tests", .open = opener, \
                      .publish = sink_publish                                                \
    }

static struct patchmark_plugin sink_one = SINK("one", open_one), sink_two = SINK("two", open_two);
static struct patchmark_plugin *const only_one[] = {&sink_one, NULL};
static struct patchmark_plugin *const only_two[] = {&sink_two, NULL};
static struct patchmark_plugin *const both[] = {&sink_one, &sink_two, NULL};
static struct patchmark_plugin *const none[] = {NULL};

static inline void set(size_t *value, size_t to) {
    pthread_mutex_lock(&lock);
    *value = to;
    pthread_mutex_unlock(&lock);
}

static inline void hang(struct sink *sink, bool hangs) {
    pthread_mutex_lock(&lock);
    sink->hangs = hangs;
    pthread_cond_broadcast(&happened);
    pthread_mutex_unlock(&lock);
}

/* ---- store and publisher ------------------------------------------------------------------ */

static struct store *store;
static struct publisher *publisher;
static struct publisher_process process;
static int appended_events;
static int64_t appended_time = 1700000000;   /* the time of each of them */
static const char *event_data = "{\"a\":1}"; /* the data of each event that is appended */
/* The JSON that sinks receive for it; MORE: members after the data. */
#define EVENT_COMPOSED(id, sequence, more)                                                \
    "{\"specversion\":\"1.0\",\"id\":\"" id                                               \
    "\",\"source\":\"https://host.example.org/patchmark\","                               \
    "\"type\":\"patchmark.message.seen.v1\",\"subject\":\"1@example.org\","               \
    "\"time\":\"2023-11-14T22:13:20Z\",\"datacontenttype\":\"application/json\","         \
    "\"dataschema\":\"urn:patchmark:schema:patchmark.message.seen.v1#/properties/data\"," \
    "\"sequence\":\"000000000000000" sequence "\",\"list\":\"kvm.example.org\","          \
    "\"series\":\"s1-aaaaaaaaaaaaaaaa\",\"data\":{\"a\":1}" more "}"
/* Lines of patchmark.conf for `start`; without them the events of the fixture would be too old. */
static const char *settings = "replay_rate = 0 outbox_age = 3650d";

/* New sinks begin with the oldest event: most tests append events before the start. */
static bool starts_oldest = true;

static void setup(void) {
    support_folder_make();
    support_log_start();
}

static void open_store(void) {
    store = store_open_daemon(support_folder, STORE_DURABILITY_NORMAL);
    ck_assert_ptr_nonnull(store);
}

/* Appends COUNT events in one transaction. */
static inline void append(int count) {
    char id[16];
    struct outbox_event event = {.id = id,
                                 .type = "patchmark.message.seen.v1",
                                 .subject = "1@example.org",
                                 .list = "kvm.example.org",
                                 .series = "s1-aaaaaaaaaaaaaaaa",
                                 .source = "https://host.example.org/patchmark",
                                 .data = event_data,
                                 .data_length = strlen(event_data),
                                 .time = appended_time};

    ck_assert_int_eq(store_begin(store), 0);
    for (int i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "e%d", ++appended_events);
        ck_assert_int_eq(outbox_append(store, &event), 0);
    }
    ck_assert_int_eq(store_commit(store), 0);
}

static void start(struct patchmark_plugin *const *plugins) {
    struct configuration *configuration = support_configuration(settings, plugins);
    struct pipeline *pipeline;

    for (size_t i = 0; i < configuration->plugin_count; i++)
        configuration->plugins[i].oldest = starts_oldest;
    pipeline = pipeline_new(configuration);
    ck_assert_ptr_nonnull(pipeline);
    publisher = publisher_start(store, pipeline, &process);
    ck_assert_ptr_nonnull(publisher);
    pipeline_release(pipeline); /* the publisher has a reference to it */
}

static void stop(void) {
    publisher_stop(publisher, 10000);
    publisher = NULL;
}

static void stop_and_close(void) {
    stop();
    store_close(store);
    store = NULL;
}

static inline int64_t cursor(const char *sink) {
    struct outbox_reader *reader = outbox_reader_open(store);
    int64_t found = outbox_cursor(reader, sink);

    outbox_reader_close(reader);
    return found;
}

#endif
