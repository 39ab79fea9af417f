/* SPDX-License-Identifier: BSD-2-Clause
 *
 * publisher.c - the threads that deliver events and do the housekeeping: see publisher.h.
 *
 * Owns the cursor of each sink in memory, and decides which events are replayed events.  A sink can
 * fail or hang, the outbox can be unreadable or replaced by an older one, and events can be missing
 * in it, because they were dropped or damaged: such events are counted as lost by the sink.
 */
#include "feed/publisher.h"

#include "feed/bounds.h"
#include "feed/event-append.h"
#include "feed/housekeeping.h"
#include "feed/other-hosts.h"
#include "pipeline/json.h"
#include "plugin/bounds.h"
#include "plugin/event-fields.h"
#include "store/outbox.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/rate.h"
#include "util/systemd.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define PAUSE_FIRST_MS  100
#define PAUSE_LAST_MS   30000
#define PAUSE_STORE_MS  1000  /* before the next try if the outbox cannot be read */
#define PRIORITY        5     /* nice value of setpriority(2), so that mails have precedence */
#define SINK_CALL_MS    5000  /* added to the time that publisher_stop waits for a call of a sink */
#define GATHER_MS       10    /* after a batch, so that the next one has several events */
#define IDLE_MS         60000 /* a sink without events checks the outbox at least this often */
#define HOUSEKEEPING_MS 5000
#define EXPIRE_ROUNDS   12    /* rounds of housekeeping between two of expiry: 1 minute */
#define JUMP_SECONDS    86400 /* a greater difference between clock and time of expiry is logged */
#define STALLED_ROUNDS  6     /* is_answering_mails returns false after this number of rounds */

struct delivery {
    struct publisher *publisher;
    struct patchmark_instance *instance;
    const char *name;
    pthread_t thread;
    struct outbox_reader *reader;
    struct other_hosts *other_hosts; /* NULL: the sink has no callback `follow` */
    bool registered;                 /* `cursor` is that of the store */
    int64_t started;                 /* seconds since 1970 */
    int64_t cursor;
    bool has_cursor;      /* a gap after the cursor is a loss; false for a new sink */
    int64_t lost;         /* number of lost events that no event has reported yet */
    bool failing;         /* the sink did not accept all events of the last batch */
    int64_t replay_until; /* the newest event when the sink started or last recovered */
    struct rate rate;     /* bounds how fast replayed events are offered */
    unsigned pause_ms;    /* before the next try; 0: the last one succeeded */
    bool running;         /* `thread` was started */
    atomic_bool up;       /* the sink accepted all events of the last batch */
    atomic_uint_fast64_t accepted, losses; /* numbers of events since the start */
};

struct publisher {
    struct store *store;
    struct pipeline *pipeline;
    pthread_mutex_t lock; /* protects the fields up to stop_by */
    pthread_cond_t stop, new_events;
    uint64_t appended; /* number of commits that appended events */
    unsigned waiting;  /* number of sinks that wait for new events */
    bool stopping;
    int64_t stop_by; /* when `stopping`: deliver events until this time; clock_milliseconds */
    struct delivery deliveries[LIMIT_PLUGINS];
    size_t delivery_count;
    struct housekeeping housekeeping;
    struct publisher_process process;
    pthread_t housekeeper;
    bool housekeeper_runs;
    int64_t expiry;          /* the time of expiry (index_expiry_time) when last computed */
    int64_t expiry_updated;  /* when it was computed; seconds, monotonic clock */
    bool clock_jumped;       /* it was logged that expiry is far behind the clock */
    uint64_t answered;       /* number of answered mails at the last round */
    unsigned stalled_rounds; /* rounds in a row in which mails waited and none was answered */
    atomic_bool abandoned;   /* publisher_stop did not wait for all threads */
};

/* ---- waiting ------------------------------------------------------------------------------ */

/* Waits until publisher_stop is called, at most MILLISECONDS.  Returns true if it was called. */
static bool wait_for(struct publisher *publisher, unsigned milliseconds) {
    struct timespec deadline = clock_deadline(milliseconds);
    bool stopping;
    int result = 0;

    pthread_mutex_lock(&publisher->lock);
    while (!publisher->stopping && result == 0)
        result = pthread_cond_timedwait(&publisher->stop, &publisher->lock, &deadline);
    stopping = publisher->stopping;
    pthread_mutex_unlock(&publisher->lock);
    return stopping;
}

/* Does the same, but also returns when events are appended after `appended` had the value SEEN. */
static bool wait_for_events(struct publisher *publisher, uint64_t seen, unsigned milliseconds) {
    struct timespec deadline = clock_deadline(milliseconds);
    bool stopping;
    int result = 0;

    pthread_mutex_lock(&publisher->lock);
    publisher->waiting++;
    while (!publisher->stopping && result == 0 && publisher->appended == seen)
        result = pthread_cond_timedwait(&publisher->new_events, &publisher->lock, &deadline);
    publisher->waiting--;
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

/* Returns true if the threads must end although there may be events to deliver. */
static bool stop_is_due(struct publisher *publisher) {
    bool due;

    pthread_mutex_lock(&publisher->lock);
    due = publisher->stopping && clock_milliseconds() >= publisher->stop_by;
    pthread_mutex_unlock(&publisher->lock);
    return due;
}

/* The function that store_on_append calls.  It runs on the thread of a mail, so it only wakes up
 * the threads of sinks. */
static void on_append(void *argument) {
    struct publisher *publisher = argument;

    pthread_mutex_lock(&publisher->lock);
    publisher->appended++;
    if (publisher->waiting > 0)
        pthread_cond_broadcast(&publisher->new_events);
    pthread_mutex_unlock(&publisher->lock);
}

/* ---- the thread of a sink ----------------------------------------------------------------- */

/* Returns true if the event SEQUENCE may have been delivered before. */
static bool is_replayed(const struct delivery *delivery, int64_t sequence) {
    return delivery->failing || sequence <= delivery->replay_until;
}

static size_t batch_of(const struct patchmark_plugin *plugin) {
    return plugin->batch > 0 ? plugin->batch : LIMIT_BATCH;
}

/* Returns the number of events that the sink may be offered now.  If it is 0, stores in *WAIT_MS
 * after how many milliseconds to ask again. */
static size_t allowed(struct delivery *delivery, unsigned *wait_ms) {
    size_t batch = batch_of(instance_plugin(delivery->instance));

    *wait_ms = 0;
    if (!is_replayed(delivery, delivery->cursor + 1))
        return batch;
    return rate_allow(&delivery->rate, clock_nanoseconds(), batch, wait_ms);
}

/* Offers the events WAITING to the sink.  Returns the number of events that it accepted, from the
 * first on. */
static size_t offer(struct delivery *delivery, const struct outbox_event *waiting, size_t count) {
    struct patchmark_event events[LIMIT_BATCH];
    const struct patchmark_event *pointers[LIMIT_BATCH];
    struct patchmark_event_fields fields[LIMIT_BATCH];
    char *composed[LIMIT_BATCH];
    size_t accepted, replayed = 0;

    for (size_t i = 0; i < count; i++) {
        bool replay = is_replayed(delivery, waiting[i].sequence);

        composed[i] = json_event_compose(&waiting[i], replay);
        events[i] = (struct patchmark_event){.struct_size = sizeof(events[i]),
                                             .sequence = waiting[i].sequence,
                                             .id = waiting[i].id,
                                             .type = waiting[i].type,
                                             .subject = waiting[i].subject,
                                             .list = waiting[i].list,
                                             .series = waiting[i].series,
                                             .json = composed[i],
                                             .json_length = strlen(composed[i]),
                                             .replay = replay,
                                             .learned = waiting[i].learned,
                                             .state = waiting[i].state,
                                             .fields = &fields[i]};
        fields[i] = event_fields_of(events[i].json, events[i].json_length);
        pointers[i] = &events[i];
    }
    accepted = instance_publish(delivery->instance, pointers, count);
    for (size_t i = 0; i < count; i++) {
        replayed += i < accepted && events[i].replay;
        event_fields_clear(&fields[i]);
        free(composed[i]);
    }
    rate_spend(&delivery->rate, replayed);
    return accepted;
}

/* Stores the cursor after the sink has accepted events.  If it has lost events, appends an event
 * that reports them in the same transaction, so that they are reported once. */
static void acknowledge(struct delivery *delivery) {
    struct publisher *publisher = delivery->publisher;
    int added;

    /* After a reload, another publisher delivers to this sink and may have moved its cursor. */
    if (atomic_load(&publisher->abandoned))
        return;
    if (delivery->lost == 0) {
        outbox_acknowledge(publisher->store, delivery->name, delivery->cursor);
        return;
    }
    store_begin_relaxed(publisher->store);
    added = event_append_status_within(publisher->store,
                                       pipeline_configuration(publisher->pipeline)->host,
                                       &(struct json_service){.state = "lost",
                                                              .sink = delivery->name,
                                                              .lost = delivery->lost,
                                                              .mails_count = -1,
                                                              .events_count = -1,
                                                              .lost_count = -1});
    outbox_set_cursor(publisher->store, delivery->name, delivery->cursor);
    if (store_commit(publisher->store) == 0 && added == 0)
        delivery->lost = 0;
}

/* Moves the cursor after the sink has accepted ACCEPTED of the COUNT EVENTS.  NEWEST is the
 * sequence of the newest event in the outbox before they were offered, if the sink was failing. */
static void cursor_advance(struct delivery *delivery, const struct outbox_event *events,
                           size_t count, size_t accepted, int64_t newest) {
    if (accepted > 0) {
        /* Sequences have gaps only where events were dropped or are damaged. */
        int64_t gap = events[accepted - 1].sequence - delivery->cursor - (int64_t)accepted;

        if (delivery->has_cursor && gap > 0) {
            log_warning("sink %s has lost %" PRId64
                        " events, which were dropped from the outbox or are damaged in it",
                        delivery->name, gap);
            delivery->lost += gap;
            atomic_fetch_add(&delivery->losses, (uint64_t)gap);
        }
        delivery->has_cursor = true;
        delivery->cursor = events[accepted - 1].sequence;
        acknowledge(delivery);
        if (delivery->failing)
            delivery->replay_until = newest;
    }
    delivery->failing = accepted < count;
    atomic_store(&delivery->up, accepted == count);
    atomic_fetch_add(&delivery->accepted, accepted);
}

/* If the outbox ends before the cursor of the sink, which means that it was replaced by a backup,
 * goes back to the cursor that the outbox has.  Returns true if it went back. */
static bool cursor_check(struct delivery *delivery) {
    int64_t newest = outbox_newest(delivery->reader), cursor;

    if (newest < 0 || newest >= delivery->cursor)
        return false;
    cursor = outbox_cursor(delivery->reader, delivery->name);
    if (cursor < 0)
        return false;
    if (cursor > newest)
        cursor = 0;
    log_warning("sink %s: the outbox ends at event %" PRId64 ", before event %" PRId64
                ", which the sink has accepted, so it was replaced by an older one; continuing "
                "after event %" PRId64,
                delivery->name, newest, delivery->cursor, cursor);
    delivery->cursor = cursor;
    delivery->has_cursor = cursor > 0;
    delivery->replay_until = newest;
    return true;
}

/* Logs where a sink begins that the store did not know. */
static void beginning_log(const struct delivery *delivery) {
    const char *name = delivery->name;
    int64_t waiting = outbox_depth(delivery->reader, name);
    int64_t earlier = outbox_depth(delivery->reader, "") - waiting;

    if (waiting > 0)
        log_info("sink %s is new: it begins with event %" PRId64 "; %" PRId64
                 " events of the outbox wait for it",
                 name, delivery->cursor + 1, waiting);
    else if (earlier > 0)
        log_info("sink %s is new: it begins with event %" PRId64 ", the next one, without the "
                 "%" PRId64 " of the outbox; for these, add a section of another name with start = "
                 "\"oldest\"",
                 name, delivery->cursor + 1, earlier);
    else
        log_info("sink %s is new: it begins with event %" PRId64 ", the next one", name,
                 delivery->cursor + 1);
}

/* Reads or creates the cursor of the sink, and sets which events are replayed events.  A new sink
 * begins with the oldest event, or with what was appended from SINCE on, as outbox_register has it.
 * If the database cannot be used, returns false: it must be called again. */
static bool delivery_register(struct delivery *delivery, int64_t since) {
    bool oldest = instance_starts_oldest(delivery->instance);
    int added = outbox_register(delivery->publisher->store, delivery->name, oldest ? 0 : since);
    int64_t cursor = outbox_cursor(delivery->reader, delivery->name);

    if (cursor < 0 || (added < 0 && cursor == 0))
        return false;
    delivery->cursor = cursor;
    delivery->has_cursor = delivery->registered = true;
    delivery->replay_until =
        added > 0 && !oldest ? delivery->cursor : outbox_newest(delivery->reader);
    if (added > 0)
        beginning_log(delivery);
    return true;
}

/* Offers one batch of at most ROOM events to the sink, and sets the pause before the next try.
 * Returns the number of events that were read from the outbox; -1 if it cannot be read. */
static int deliver(struct delivery *delivery, size_t room) {
    struct outbox_event events[LIMIT_BATCH];
    int count = -1;
    int64_t newest;
    size_t accepted;

    /* A sink that could not be registered at the start lacks no event since then. */
    if (delivery->registered || delivery_register(delivery, delivery->started))
        count = outbox_read(delivery->reader, delivery->cursor, events, (int)room);
    if (count == 0 && cursor_check(delivery))
        count = outbox_read(delivery->reader, delivery->cursor, events, (int)room);
    if (count <= 0) {
        delivery->pause_ms = count < 0 ? PAUSE_STORE_MS : 0;
        return count;
    }
    newest = delivery->failing ? outbox_newest(delivery->reader) : 0;
    accepted = offer(delivery, events, (size_t)count);
    cursor_advance(delivery, events, (size_t)count, accepted, newest);
    if (accepted == (size_t)count)
        delivery->pause_ms = 0;
    else if (accepted > 0 || delivery->pause_ms == 0)
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

    setpriority(PRIO_PROCESS, 0, PRIORITY);
    while (!stop_is_due(publisher)) {
        uint64_t seen = appended(publisher);
        unsigned wait_ms;
        size_t room = allowed(delivery, &wait_ms);
        bool failed = delivery->failing;
        int count;

        if (room == 0) {
            if (stopping || wait_for(publisher, wait_ms))
                return NULL;
            continue;
        }
        count = deliver(delivery, room);
        /* The first failure is retried at once: the connection of the sink may have been closed
         * while there was nothing to deliver. */
        if (delivery->failing && !failed)
            continue;
        if (delivery->pause_ms > 0) {
            /* Half of the pause is random, so that many hosts do not reconnect at the same time. */
            unsigned pause =
                delivery->pause_ms / 2 + (unsigned)rand_r(&seed) % (delivery->pause_ms / 2 + 1);

            if (stopping || wait_for(publisher, pause))
                return NULL;
        } else if (count <= 0) {
            if (stopping)
                return NULL; /* everything is delivered */
            stopping = wait_for_events(publisher, seen, IDLE_MS);
        }
        if (!stopping && count < (int)room)
            stopping = wait_for(publisher, GATHER_MS);
    }
    return NULL;
}

/* ---- housekeeping ------------------------------------------------------------------------- */

/* Returns true if incomplete series may be reported.  A series that is incomplete here can be
 * complete with the mails of other hosts, so their events are read first.  If that is not possible
 * for QUIET seconds, series are reported by what this host has recorded. */
static bool can_report_incomplete(const struct publisher *publisher, int64_t quiet) {
    for (size_t i = 0; i < publisher->delivery_count; i++) {
        struct other_hosts *other_hosts = publisher->deliveries[i].other_hosts;
        int64_t behind = other_hosts ? other_hosts_behind(other_hosts) : 0;

        if (behind > 0 && behind < quiet)
            return false;
    }
    return true;
}

/* Returns the metrics of one sink. */
static struct metrics_sink sink_state(const struct publisher *publisher, struct delivery *delivery,
                                      int64_t now) {
    struct outbox_reader *reader = publisher->housekeeping.reader;
    int64_t waiting = outbox_depth(reader, delivery->name), oldest = 0;
    struct outbox_event event;

    if (waiting > 0 && outbox_read(reader, outbox_cursor(reader, delivery->name), &event, 1) == 1)
        oldest = now > event.time ? now - event.time : 0;
    return (struct metrics_sink){.name = delivery->name,
                                 .waiting = waiting > 0 ? waiting : 0,
                                 .oldest = oldest,
                                 .accepted = atomic_load(&delivery->accepted),
                                 .lost = atomic_load(&delivery->losses),
                                 .delivered = instance_delivered(delivery->instance),
                                 .up = atomic_load(&delivery->up)};
}

static void metrics_publish(struct publisher *publisher, int64_t now, int64_t log_bytes) {
    const struct publisher_process *process = &publisher->process;
    unsigned in_work = process->in_work ? process->in_work() : 0;
    struct metrics_sink sinks[LIMIT_PLUGINS];

    if (!process->metrics)
        return;
    for (size_t i = 0; i < publisher->delivery_count; i++)
        sinks[i] = sink_state(publisher, &publisher->deliveries[i], now);
    process->metrics(
        process->argument,
        &(struct metrics_moment){.time = now,
                                 .pipeline = publisher->pipeline,
                                 .sinks = sinks,
                                 .sink_count = publisher->delivery_count,
                                 .outbox_bytes = outbox_size(publisher->housekeeping.reader),
                                 .log_bytes = log_bytes,
                                 .room_bytes = outbox_room(publisher->housekeeping.reader),
                                 .in_work = in_work,
                                 .store_up = store_is_up(publisher->store)});
}

/* Returns false if no mail was answered for STALLED_ROUNDS rounds while mails waited for their
 * answer.  A plugin or a disk that hangs delays all mails in the end; the MTA has then given up on
 * them, and only a restart by the watchdog helps. */
static bool is_answering_mails(struct publisher *publisher) {
    uint64_t answered = metrics_get(METRICS_ANSWERED);
    unsigned waiting = publisher->process.answering ? publisher->process.answering() : 0;

    if (waiting == 0 || answered != publisher->answered)
        publisher->stalled_rounds = 0;
    else if (++publisher->stalled_rounds == STALLED_ROUNDS)
        log_error("no mail answered for %d s while %u are waiting; no longer notifying the "
                  "watchdog",
                  STALLED_ROUNDS * HOUSEKEEPING_MS / 1000, waiting);
    publisher->answered = answered;
    return publisher->stalled_rounds < STALLED_ROUNDS;
}

/* Computes the time of expiry, and logs if it is far behind the clock. */
static void expiry_update(struct publisher *publisher, int64_t now) {
    int64_t updated = clock_nanoseconds() / 1000000000;
    int64_t time =
        index_expiry_time(publisher->store, now,
                          publisher->expiry_updated > 0 ? updated - publisher->expiry_updated : 0);

    if (time < 0)
        return;
    publisher->expiry_updated = updated;
    publisher->expiry = time;
    if (now - time > JUMP_SECONDS && !publisher->clock_jumped)
        log_warning("the clock is %" PRId64 " days ahead of the last run of patchmark; expiry "
                    "catches up by 1 day per hour; if the clock is wrong, correct it",
                    (now - time) / 86400);
    publisher->clock_jumped = now - time > JUMP_SECONDS;
}

static void *housekeeper_run(void *argument) {
    struct publisher *publisher = argument;
    const struct configuration *configuration = pipeline_configuration(publisher->pipeline);
    unsigned round = 0; /* the first round neither reports incomplete series nor expires mails:
                         * mails that were just imported may be needed yet */

    setpriority(PRIO_PROCESS, 0, PRIORITY);
    do {
        int64_t now = (int64_t)time(NULL);
        bool expires = round % EXPIRE_ROUNDS == 0;

        if (expires)
            expiry_update(publisher, now);
        housekeeping_round(&publisher->housekeeping, publisher->expiry);
        if (round > 0 && can_report_incomplete(publisher, configuration->quiet))
            housekeeping_report_incomplete(publisher->store, configuration, now);
        if (expires && round > 0 && publisher->expiry > 0)
            housekeeping_expire(publisher->store, configuration, publisher->expiry);
        round++;
        metrics_publish(publisher, now, store_checkpoint(publisher->store));
        store_check(publisher->store);
        /* The housekeeping above has taken the lock of the store, so mails can get it, too. */
        if (is_answering_mails(publisher))
            systemd_notify("WATCHDOG=1");
    } while (!wait_for(publisher, HOUSEKEEPING_MS));
    return NULL;
}

/* ---- start and stop ----------------------------------------------------------------------- */

/* Starts the threads of one sink.  Returns 0, or -1 after log_error. */
static int delivery_start(struct publisher *publisher, struct patchmark_instance *instance) {
    const char *host = pipeline_configuration(publisher->pipeline)->host;
    int64_t replay_rate = pipeline_configuration(publisher->pipeline)->replay_rate;
    struct delivery *delivery = &publisher->deliveries[publisher->delivery_count];

    delivery->publisher = publisher;
    delivery->instance = instance;
    delivery->name = instance_name(instance);
    delivery->reader = outbox_reader_open(publisher->store);
    if (!delivery->reader)
        return -1;
    publisher->delivery_count++;
    publisher->housekeeping.sinks[publisher->housekeeping.sink_count++] = delivery->name;
    delivery->started = (int64_t)time(NULL);
    delivery->rate = rate_start(replay_rate, clock_nanoseconds());
    atomic_init(&delivery->up, true);
    delivery_register(delivery, INT64_MAX);
    if (pthread_create(&delivery->thread, NULL, delivery_run, delivery) != 0) {
        log_error("cannot create a thread for sink %s", delivery->name);
        return -1;
    }
    delivery->running = true;
    if (!instance_plugin(instance)->follow)
        return 0;
    delivery->other_hosts = other_hosts_start(publisher->store, instance, host);
    return delivery->other_hosts ? 0 : -1;
}

/* Starts the thread of the housekeeping.  Returns 0, or -1 after log_error. */
static int housekeeper_start(struct publisher *publisher) {
    int error = pthread_create(&publisher->housekeeper, NULL, housekeeper_run, publisher);

    publisher->housekeeper_runs = error == 0;
    if (error == 0)
        return 0;
    log_error("cannot create a thread for the housekeeping: %s", strerror(error));
    return -1;
}

static void metrics_end(const struct publisher_process *process) {
    if (process->metrics_end)
        process->metrics_end(process->argument);
}

struct publisher *publisher_start(struct store *store, struct pipeline *pipeline,
                                  const struct publisher_process *process) {
    struct publisher *publisher = calloc(1, sizeof(*publisher));

    if (!publisher) {
        log_error("out of memory");
        metrics_end(process);
        return NULL;
    }
    publisher->process = *process;
    publisher->store = store;
    publisher->pipeline = pipeline_keep(pipeline);
    pthread_mutex_init(&publisher->lock, NULL);
    clock_condition_init(&publisher->stop);
    clock_condition_init(&publisher->new_events);
    if (housekeeping_open(&publisher->housekeeping, store, pipeline_configuration(pipeline)) < 0) {
        publisher_stop(publisher, 0);
        return NULL;
    }
    store_on_append(store, on_append, publisher);
    for (size_t i = 0; i < pipeline_instance_count(pipeline); i++) {
        struct patchmark_instance *instance = pipeline_instance(pipeline, i);

        if (plugin_is_sink(instance_plugin(instance)) && delivery_start(publisher, instance) < 0) {
            publisher_stop(publisher, 0);
            return NULL;
        }
    }
    if (housekeeper_start(publisher) == 0)
        return publisher;
    publisher_stop(publisher, 0);
    return NULL;
}

/* Waits until DEADLINE (CLOCK_REALTIME) for THREAD to end.  If it does not, detaches it and returns
 * false. */
static bool thread_end(pthread_t thread, const struct timespec *deadline) {
    if (pthread_timedjoin_np(thread, NULL, deadline) == 0)
        return true;
    pthread_detach(thread);
    return false;
}

/* Waits until DEADLINE for the threads of a sink to end, and frees what they used.  Returns false
 * if one of them did not end. */
static bool delivery_end(struct delivery *delivery, const struct timespec *deadline) {
    bool ended = !delivery->running || thread_end(delivery->thread, deadline);

    if (ended) {
        outbox_reader_close(delivery->reader);
    } else {
        log_warning("sink %s is busy; its events wait in the outbox", delivery->name);
        atomic_store(&delivery->publisher->abandoned, true);
    }
    return (!delivery->other_hosts || other_hosts_join(delivery->other_hosts, deadline)) && ended;
}

bool publisher_stop(struct publisher *publisher, unsigned milliseconds) {
    struct timespec deadline;
    bool ended = true;

    if (!publisher)
        return true;
    store_on_append(publisher->store, NULL, NULL);
    pthread_mutex_lock(&publisher->lock);
    publisher->stopping = true;
    publisher->stop_by = clock_milliseconds() + milliseconds;
    pthread_cond_broadcast(&publisher->stop);
    pthread_cond_broadcast(&publisher->new_events);
    pthread_mutex_unlock(&publisher->lock);
    for (size_t i = 0; i < publisher->delivery_count; i++)
        if (publisher->deliveries[i].other_hosts)
            other_hosts_end(publisher->deliveries[i].other_hosts);
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += (milliseconds + SINK_CALL_MS) / 1000 + 1;
    if (publisher->housekeeper_runs && !thread_end(publisher->housekeeper, &deadline)) {
        log_warning("the housekeeping is busy with the database; not waiting for it any longer");
        atomic_store(&publisher->abandoned, true);
        return false;
    }
    housekeeping_close(&publisher->housekeeping);
    metrics_end(&publisher->process);
    for (size_t i = 0; i < publisher->delivery_count; i++)
        ended = delivery_end(&publisher->deliveries[i], &deadline) && ended;
    if (!ended)
        return false; /* the threads that did not end use the memory of the publisher */
    pthread_cond_destroy(&publisher->stop);
    pthread_cond_destroy(&publisher->new_events);
    pthread_mutex_destroy(&publisher->lock);
    pipeline_release(publisher->pipeline);
    free(publisher);
    return true;
}
