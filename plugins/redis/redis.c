/* SPDX-License-Identifier: BSD-2-Clause
 *
 * redis.c - a sink: events go to a Redis stream, once each, and to the subscribers of a channel;
 * the state of a series goes to a hash.
 *
 * Nothing here sleeps or tries again by itself: the core keeps what was not acknowledged and comes
 * back.  The script that Redis runs is in script.c, what is read back in follow.c, connections are
 * in connection.c and route.c, options in settings.c.
 */
#define _GNU_SOURCE 1

#include "connection.h"
#include "follow.h"
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH_MAX     200           /* events in one pipeline; bounds the output buffer */
#define CALL_EVENTS   50            /* events in one call of the script: Redis serves nobody else */
#define CALL_BYTES    (256 * 1024)  /* meanwhile, for about a millisecond; or one, if larger */
#define CALL_ANSWER   4             /* elements of the answer to a call */
#define SCRIPT_NAME   40            /* hex digits of a SHA-1 */
#define REGISTER_MS   (3600 * 1000) /* how often a host says that it writes */
#define REGISTER_KEEP (30 * 86400LL) /* seconds after which one that is silent is forgotten */
#define WAIT_MS       1000           /* what WAIT may take longer than we told it */

/* Something beside the stream, which stops no event; in the current call: */
struct beside {
    char reason[ERROR_BYTES + 1]; /* why it failed, or "" */
    bool well;                    /* it went well */
    struct trouble trouble;
};

struct redis {
    struct patchmark_instance *instance;
    struct settings settings;
    struct follower follower;

    /* publishing */
    struct connection connection;
    char script[SCRIPT_NAME];
    int64_t registered_at; /* milliseconds; 0: not on this connection */

    struct trouble delivery;
    struct beside announcement, recording, registration;
};

/* ---- the connection ----------------------------------------------------------------------- */

static bool script_load(struct redis *self) {
    connection_send(&self->connection, "SCRIPT LOAD %s", script_text);
    AUTO_REPLY *reply =
        connection_answer(&self->connection, milliseconds() + self->settings.timeout);
    if (!reply)
        return false;
    if (reply->type != REDIS_REPLY_STRING || reply->len != SCRIPT_NAME)
        return connection_refused(&self->connection, reply);
    memcpy(self->script, reply->str, SCRIPT_NAME);
    return true;
}

/* A connection that knows the script. */
static bool ready(struct redis *self) {
    enum route_state state = route_ready(&self->connection);

    if (state != ROUTE_KEPT)
        self->registered_at = 0;
    return state == ROUTE_KEPT || (state == ROUTE_OPENED && script_load(self));
}

/* Queues what tells other hosts that this one writes, so that they read. */
static void register_host(struct redis *self) {
    const char *hosts = self->settings.hosts;
    long long now = (long long)time(NULL);

    connection_send(&self->connection, "ZREMRANGEBYSCORE %s -inf (%lld", hosts,
                    now - REGISTER_KEEP);
    connection_send(&self->connection, "ZADD %s %lld %s", hosts, now,
                    patchmark_host(self->instance));
}

/* False: the connection is gone.  That Redis says no is noted, and stops no event. */
static bool registration_read(struct redis *self, int64_t deadline) {
    for (int i = 0; i < 2; i++) {
        AUTO_REPLY *reply = connection_answer(&self->connection, deadline);
        if (!reply)
            return false;
        if (reply->type == REDIS_REPLY_ERROR)
            snprintf(self->registration.reason, ERROR_BYTES + 1, "%s", reply->str);
    }
    self->registration.well = !*self->registration.reason;
    if (self->registration.well)
        self->registered_at = milliseconds();
    return true;
}

/* ---- events ------------------------------------------------------------------------------- */

/* Whether the event may change the state of a series; its JSON tells for sure. */
static bool is_of_series(const struct redis *self, const struct patchmark_event *event) {
    return *self->settings.series && *event->series &&
           (strncmp(event->type, "patchmark.series.", 17) == 0 ||
            (strcmp(event->type, "patchmark.message.seen.v1") == 0 &&
             memmem(event->json, event->json_length, "\"part\":", 7)));
}

/* How many events from the front one call takes. */
static size_t call_size(const struct patchmark_event *const *events, size_t count) {
    size_t size = 1, bytes = events[0]->json_length;

    while (size < count && size < CALL_EVENTS && (bytes += events[size]->json_length) <= CALL_BYTES)
        size++;
    return size;
}

/* Queues FIRST and SECOND as one string of a command. */
static void put(struct redis *self, const char *first, const char *second) {
    connection_put(&self->connection, first, second, strlen(second));
}

static void put_number(struct redis *self, int64_t number) {
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)number);
    put(self, text, "");
}

/* Queues what the script takes of an event; STATE: it has a hash. */
static void event_put(struct redis *self, const struct patchmark_event *event, bool state) {
    connection_put(&self->connection, "", event->json, event->json_length);
    put(self, event->id, "");
    put(self, event->type, "");
    put(self, event->list, "");
    put(self, event->series, "");
    put(self, state ? "1" : "", "");
}

/* Queues the script for COUNT events, CALL_EVENTS at most; BEFORE is the one before them in the
 * pipeline, or NULL.  The keys and arguments are those of script.c. */
static bool append(struct redis *self, const struct patchmark_event *const *events, size_t count,
                   const struct patchmark_event *before) {
    const struct settings *settings = &self->settings;
    struct connection *connection = &self->connection;
    size_t keys = 1 + 2 * count + (before != NULL);
    bool states[CALL_EVENTS]; /* which events have a hash */

    for (size_t i = 0; i < count; i++)
        states[i] = is_of_series(self, events[i]);
    connection_begin(connection, 3 + keys + 5 + 6 * count);
    put(self, "EVALSHA", "");
    connection_put(connection, "", self->script, SCRIPT_NAME);
    put_number(self, (int64_t)keys);
    put(self, settings->stream, "");
    for (size_t i = 0; i < count; i++) {
        put(self, settings->seen, events[i]->id);
        put(self, states[i] ? settings->series : settings->stream,
            states[i] ? events[i]->series : "");
    }
    if (before)
        put(self, settings->seen, before->id);
    put_number(self, settings->remember);
    put_number(self, settings->maxlen);
    put(self, settings->channel, "");
    put_number(self, settings->series_ttl);
    put(self, settings->series, "");
    for (size_t i = 0; i < count; i++)
        event_put(self, events[i], states[i]);
    return true;
}

/* Notes what the script said of BESIDE; false: it makes no sense. */
static bool beside_read(struct beside *beside, const redisReply *reply) {
    if (reply->type == REDIS_REPLY_STRING)
        snprintf(beside->reason, sizeof(beside->reason), "%s", reply->str);
    else if (reply->type == REDIS_REPLY_INTEGER)
        beside->well |= reply->integer == 1;
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_INTEGER;
}

/* Reads what the script said of COUNT events; gives how many from the front are in the stream.
 * When that is not all of them, the connection is gone. */
static size_t acknowledged(struct redis *self, size_t count, int64_t deadline) {
    connection_bound(&self->connection, ANSWER_BYTES, CALL_ANSWER);
    AUTO_REPLY *reply = connection_answer(&self->connection, deadline);
    const redisReply *done = reply ? reply_element(reply, 0, REDIS_REPLY_INTEGER) : NULL;
    if (done && reply->elements == CALL_ANSWER && done->integer >= 0 &&
        (size_t)done->integer <= count && beside_read(&self->announcement, reply->element[2]) &&
        beside_read(&self->recording, reply->element[3])) {
        if ((size_t)done->integer < count)
            connection_refused(&self->connection, reply->element[1]);
        return (size_t)done->integer;
    }
    if (reply)
        connection_refused(&self->connection, reply);
    return 0;
}

/* ---- replicas ----------------------------------------------------------------------------- */

/* Queues a wait until the replicas have all that was written here up to LAST.  WAIT is for what
 * this connection wrote, but a batch that is offered again writes nothing; so we write. */
static void replicas_query(struct redis *self, const struct patchmark_event *last) {
    const struct settings *settings = &self->settings;

    connection_send(&self->connection, "EXPIRE %s%s %lld", settings->seen, last->id,
                    (long long)settings->remember);
    connection_send(&self->connection, "WAIT %lld %lld", (long long)settings->replicas,
                    (long long)settings->timeout);
}

static bool replicas_have_it(struct redis *self) {
    const struct settings *settings = &self->settings;
    int64_t deadline = milliseconds() + settings->timeout + WAIT_MS;
    int64_t wanted[] = {1, settings->replicas};

    for (int i = 0; i < 2; i++) {
        AUTO_REPLY *reply = connection_answer(&self->connection, deadline);
        if (!reply)
            return false;
        if (reply->type == REDIS_REPLY_INTEGER && reply->integer >= wanted[i])
            continue;
        if (reply->type != REDIS_REPLY_INTEGER || i == 0)
            return connection_refused(&self->connection, reply);
        return connection_failed(&self->connection, "replicas: %lld of %lld had it within %d ms",
                                 reply->integer, (long long)settings->replicas,
                                 (int)settings->timeout);
    }
    return true;
}

/* ---- a batch ------------------------------------------------------------------------------ */

/* Gives how many from the front were acknowledged.  When not all were, the connection is gone:
 * what it still carries may yet reach Redis, which is harmless, since an event is added once and
 * never before the one it follows. */
static size_t pipeline(struct redis *self, const struct patchmark_event *const *events,
                       size_t count) {
    int64_t now = milliseconds();
    bool registers = *self->settings.hosts &&
                     (self->registered_at == 0 || now - self->registered_at >= REGISTER_MS);
    bool waits = self->settings.replicas > 0;

    if (registers)
        register_host(self);
    for (size_t i = 0, size; i < count; i += size) {
        size = call_size(events + i, count - i);
        if (!append(self, events + i, size, i > 0 ? events[i - 1] : NULL))
            return 0;
    }
    if (waits)
        replicas_query(self, events[count - 1]);
    int64_t deadline = now + self->settings.timeout;
    size_t done = 0;
    if (registers && !registration_read(self, deadline))
        return 0;
    for (size_t size, accepted; done < count; done += accepted) {
        size = call_size(events + done, count - done);
        accepted = acknowledged(self, size, deadline);
        if (accepted < size) {
            done += accepted;
            break;
        }
    }
    /* Of the first ones we cannot tell what the replicas have; they are offered again. */
    return waits && (done < count || !replicas_have_it(self)) ? 0 : done;
}

static void beside_clear(struct beside *beside) {
    *beside->reason = '\0';
    beside->well = false;
}

static void beside_report(struct redis *self, struct beside *beside) {
    if (*beside->reason || beside->well)
        trouble_report(&beside->trouble, &self->settings, *beside->reason ? beside->reason : NULL);
}

static void report(struct redis *self, bool delivered) {
    trouble_report(&self->delivery, &self->settings, delivered ? NULL : self->connection.reason);
    beside_report(self, &self->announcement);
    beside_report(self, &self->recording);
    if (delivered)
        beside_report(self, &self->registration);
}

static size_t redis_publish(void *data, const struct patchmark_event *const *events, size_t count) {
    struct redis *self = data;
    struct connection *connection = &self->connection;
    size_t done = 0;

    if (count > BATCH_MAX)
        count = BATCH_MAX;
    if (count == 0)
        return 0;
    *connection->reason = '\0';
    beside_clear(&self->announcement);
    beside_clear(&self->recording);
    for (int hop = 0; hop <= ROUTE_HOPS && done < count; hop++) {
        connection->again = connection->script_lost = false;
        beside_clear(&self->registration);
        if (ready(self))
            done += pipeline(self, events + done, count - done);
        /* Once is enough for a script that was flushed: loaded and lost again, it is forbidden. */
        if (!connection->again || (connection->script_lost && hop > 0))
            break;
    }
    report(self, done == count);
    return done;
}

/* ---- life --------------------------------------------------------------------------------- */

static int redis_follow(void *data, struct patchmark_feed *feed) {
    struct redis *self = data;

    return self->settings.follow ? follower_read(&self->follower, feed) : 1;
}

static void redis_close(void *data) {
    struct redis *self = data;
    connection_close(&self->connection);
    follower_close(&self->follower);
    settings_clear(&self->settings);
    free(self);
}

static int redis_open(struct patchmark_instance *instance, void **data) {
    struct redis *self = calloc(1, sizeof(*self));
    if (!self) {
        patchmark_log(instance, PATCHMARK_ERROR, "out of memory");
        return -1;
    }
    self->instance = instance;
    connection_init(&self->connection, &self->settings);
    self->connection.logs_server = true;
    follower_init(&self->follower, &self->settings);
    self->delivery = (struct trouble){
        .level = PATCHMARK_ERROR, .what = "", .consequence = "the events wait", .tries = "batches"};
    self->announcement.trouble = (struct trouble){.level = PATCHMARK_WARNING,
                                                  .what = "PUBLISH",
                                                  .consequence = "the events are in the stream",
                                                  .tries = "batches"};
    self->recording = self->registration = self->announcement;
    self->recording.trouble.what = "series";
    self->registration.trouble.what = "hosts";
    self->registration.trouble.consequence = "other hosts may not read what this one gives";
    if (!settings_read(&self->settings, instance)) {
        redis_close(self);
        return -1;
    }
    *data = self;
    return 0;
}

static struct patchmark_plugin plugin = {
    .kind = PATCHMARK_SINK,
    .threads = PATCHMARK_SERIAL,
    .name = "redis",
    .version = "1",
    .summary = "gives events to a Redis stream and channel",
    .options = settings_options,
    .open = redis_open,
    .publish = redis_publish,
    .close = redis_close,
    .follow = redis_follow,
};

PATCHMARK_PLUGIN(plugin)
