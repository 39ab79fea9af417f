/* SPDX-License-Identifier: BSD-2-Clause
 *
 * redis.c - a sink: events go to a Redis stream, once each, and to the subscribers of a channel;
 * the state of a series goes to a hash.
 *
 * Nothing here sleeps or tries again by itself: the core keeps what was not acknowledged and comes
 * back.  The script that Redis runs is in script.c, what is read back in follow.c, connections are
 * in connection.c and route.c, options in settings.c, the log in trouble.c.
 */
#define _GNU_SOURCE 1

#include "connection.h"
#include "follow.h"
#include "route.h"
#include "script.h"
#include "trouble.h"

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

struct redis {
    struct patchmark_instance *instance;
    struct settings settings;
    struct follower follower;

    /* publishing */
    struct connection connection;
    char script[SCRIPT_NAME];
    int64_t registered_at; /* milliseconds; 0: not on this connection */

    /* What the current call met: why something beside the stream failed, or that it went well. */
    char unannounced[ERROR_BYTES + 1], unrecorded[ERROR_BYTES + 1], unregistered[ERROR_BYTES + 1];
    bool announced, recorded, registered;

    struct trouble delivery, announcement, recording, registration;
};

/* ---- the connection ----------------------------------------------------------------------- */

static bool script_load(struct redis *self) {
    const struct command command = command_of("SCRIPT", "LOAD", script_text, NULL);
    int64_t deadline = milliseconds() + self->settings.timeout;

    redisReply *reply = connection_ask(&self->connection, &command, deadline);
    if (!reply)
        return false;
    bool loaded = reply->type == REDIS_REPLY_STRING && reply->len == SCRIPT_NAME;
    if (loaded)
        memcpy(self->script, reply->str, SCRIPT_NAME);
    else
        connection_refused(&self->connection, reply);
    freeReplyObject(reply);
    return loaded;
}

/* A connection that knows the script. */
static bool ready(struct redis *self) {
    enum route_state state = route_ready(&self->connection);

    if (state != ROUTE_KEPT)
        self->registered_at = 0;
    return state == ROUTE_KEPT || (state == ROUTE_OPENED && script_load(self));
}

/* Queues what tells other hosts that this one writes, so that they read. */
static bool register_host(struct redis *self) {
    const char *hosts = self->settings.hosts;
    char now[24], old[24];

    snprintf(now, sizeof(now), "%lld", (long long)time(NULL));
    snprintf(old, sizeof(old), "(%lld", (long long)time(NULL) - REGISTER_KEEP);
    const struct command forget = command_of("ZREMRANGEBYSCORE", hosts, "-inf", old, NULL);
    const struct command add = command_of("ZADD", hosts, now, patchmark_host(self->instance), NULL);
    return connection_send(&self->connection, &forget) && connection_send(&self->connection, &add);
}

/* False: the connection is gone.  That Redis says no is noted, and stops no event. */
static bool registration_read(struct redis *self, int64_t deadline) {
    for (int i = 0; i < 2; i++) {
        redisReply *reply = connection_answer(&self->connection, deadline);
        if (!reply)
            return false;
        if (reply->type == REDIS_REPLY_ERROR)
            snprintf(self->unregistered, sizeof(self->unregistered), "%s", reply->str);
        freeReplyObject(reply);
    }
    self->registered = !*self->unregistered;
    if (self->registered)
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
    size_t taken = 1, bytes = events[0]->json_length;

    while (taken < count && taken < CALL_EVENTS &&
           (bytes += events[taken]->json_length) <= CALL_BYTES)
        taken++;
    return taken;
}

static bool put(struct redis *self, const char *text) {
    return connection_put(&self->connection, text, "", 0);
}

/* Queues the keys of the call, see script.c; STATES: which events have a hash. */
static bool keys_put(struct redis *self, const struct patchmark_event *const *events,
                     const bool *states, size_t count, const struct patchmark_event *before) {
    const struct settings *settings = &self->settings;
    struct connection *connection = &self->connection;
    bool fine = put(self, settings->stream);

    for (size_t i = 0; fine && i < count; i++) {
        const char *id = events[i]->id, *series = events[i]->series;

        fine = connection_put(connection, settings->seen, id, strlen(id)) &&
               (states[i] ? connection_put(connection, settings->series, series, strlen(series))
                          : put(self, settings->stream));
    }
    return fine &&
           (!before || connection_put(connection, settings->seen, before->id, strlen(before->id)));
}

/* Queues what the script takes of an event; STATE: it has a hash. */
static bool event_put(struct redis *self, const struct patchmark_event *event, bool state) {
    return connection_put(&self->connection, "", event->json, event->json_length) &&
           put(self, event->id) && put(self, event->type) && put(self, event->list) &&
           put(self, event->series) && put(self, state ? "1" : "");
}

/* Queues the script for COUNT events, CALL_EVENTS at most; BEFORE is the one before them in the
 * pipeline, or NULL. */
static bool append(struct redis *self, const struct patchmark_event *const *events, size_t count,
                   const struct patchmark_event *before) {
    const struct settings *settings = &self->settings;
    struct connection *connection = &self->connection;
    size_t keys = 1 + 2 * count + (before != NULL);
    bool states[CALL_EVENTS];
    char number[24];

    for (size_t i = 0; i < count; i++)
        states[i] = is_of_series(self, events[i]);
    snprintf(number, sizeof(number), "%zu", keys);
    bool fine = connection_begin(connection, 3 + keys + 5 + 6 * count) && put(self, "EVALSHA") &&
                connection_put(connection, "", self->script, SCRIPT_NAME) && put(self, number) &&
                keys_put(self, events, states, count, before) && put(self, settings->remember) &&
                put(self, settings->maxlen) && put(self, settings->channel) &&
                put(self, settings->series_ttl) && put(self, settings->series);
    for (size_t i = 0; fine && i < count; i++)
        fine = event_put(self, events[i], states[i]);
    return fine;
}

/* What the script said of what is beside the stream: notes why it failed in REASON, or sets WELL;
 * false: it makes no sense. */
static bool beside_read(const redisReply *reply, char reason[ERROR_BYTES + 1], bool *well) {
    if (reply->type == REDIS_REPLY_STRING)
        snprintf(reason, ERROR_BYTES + 1, "%s", reply->str);
    else if (reply->type == REDIS_REPLY_INTEGER)
        *well |= reply->integer == 1;
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_INTEGER;
}

/* Reads what the script said of COUNT events; gives how many from the front are in the stream.
 * When that is not all of them, the connection is gone. */
static size_t acknowledged(struct redis *self, size_t count, int64_t deadline) {
    connection_bound(&self->connection, 0, CALL_ANSWER);
    redisReply *reply = connection_answer(&self->connection, deadline);
    connection_bound(&self->connection, 0, 0);
    if (!reply)
        return 0;
    const redisReply *done = reply_element(reply, 0, REDIS_REPLY_INTEGER);
    size_t taken = 0;
    if (done && reply->elements == CALL_ANSWER && done->integer >= 0 &&
        (size_t)done->integer <= count &&
        beside_read(reply->element[2], self->unannounced, &self->announced) &&
        beside_read(reply->element[3], self->unrecorded, &self->recorded)) {
        taken = (size_t)done->integer;
        if (taken < count)
            connection_refused(&self->connection, reply->element[1]);
    } else {
        connection_refused(&self->connection, reply);
    }
    freeReplyObject(reply);
    return taken;
}

/* ---- replicas ----------------------------------------------------------------------------- */

/* Queues a wait until the replicas have all that was written here up to LAST.  WAIT is for what
 * this connection wrote, but a batch that is offered again writes nothing; so we write. */
static bool replicas_ask(struct redis *self, const struct patchmark_event *last) {
    const struct settings *settings = &self->settings;
    const struct command wait =
        command_of("WAIT", settings->replicas, settings->timeout_text, NULL);

    return connection_begin(&self->connection, 3) && put(self, "EXPIRE") &&
           connection_put(&self->connection, settings->seen, last->id, strlen(last->id)) &&
           put(self, settings->remember) && connection_send(&self->connection, &wait);
}

static bool replicas_have_it(struct redis *self) {
    const struct settings *settings = &self->settings;
    int64_t deadline = milliseconds() + settings->timeout + WAIT_MS;
    int64_t wanted[] = {1, settings->replica_count};

    for (int i = 0; i < 2; i++) {
        redisReply *reply = connection_answer(&self->connection, deadline);
        if (!reply)
            return false;
        bool enough = reply->type == REDIS_REPLY_INTEGER && reply->integer >= wanted[i];
        if (!enough && reply->type == REDIS_REPLY_INTEGER && i == 1)
            connection_failed(&self->connection, "replicas: %lld of %lld had it within %d ms",
                              reply->integer, (long long)settings->replica_count,
                              (int)settings->timeout);
        else if (!enough)
            connection_refused(&self->connection, reply);
        freeReplyObject(reply);
        if (!enough)
            return false;
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
    bool waits = self->settings.replica_count > 0;

    if (registers && !register_host(self))
        return 0;
    for (size_t i = 0, size; i < count; i += size) {
        size = call_size(events + i, count - i);
        if (!append(self, events + i, size, i > 0 ? events[i - 1] : NULL))
            return 0;
    }
    if (waits && !replicas_ask(self, events[count - 1]))
        return 0;
    int64_t deadline = now + self->settings.timeout;
    size_t done = 0;
    if (registers && !registration_read(self, deadline))
        return 0;
    for (size_t size, taken; done < count; done += taken) {
        size = call_size(events + done, count - done);
        taken = acknowledged(self, size, deadline);
        if (taken < size) {
            done += taken;
            break;
        }
    }
    /* Of the first ones we cannot tell what the replicas have; they are offered again. */
    return waits && (done < count || !replicas_have_it(self)) ? 0 : done;
}

static void report_beside(struct redis *self, struct trouble *trouble, const char *reason,
                          bool well) {
    if (*reason || well)
        trouble_report(trouble, self->instance, self->settings.name, *reason ? reason : NULL);
}

static void report(struct redis *self, bool delivered) {
    trouble_report(&self->delivery, self->instance, self->settings.name,
                   delivered ? NULL : self->connection.reason);
    report_beside(self, &self->announcement, self->unannounced, self->announced);
    report_beside(self, &self->recording, self->unrecorded, self->recorded);
    if (delivered)
        report_beside(self, &self->registration, self->unregistered, self->registered);
}

static size_t redis_publish(void *data, const struct patchmark_event *const *events, size_t count) {
    struct redis *self = data;
    struct connection *connection = &self->connection;
    size_t done = 0;

    if (count > BATCH_MAX)
        count = BATCH_MAX;
    if (count == 0)
        return 0;
    *connection->reason = *self->unannounced = *self->unrecorded = '\0';
    self->announced = self->recorded = false;
    for (int hop = 0; hop <= ROUTE_HOPS && done < count; hop++) {
        connection->again = connection->script_lost = false;
        *self->unregistered = '\0';
        self->registered = false;
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
    self->connection.tells = true;
    follower_init(&self->follower, &self->settings);
    self->delivery = (struct trouble){
        .level = PATCHMARK_ERROR, .what = "", .consequence = "the events wait", .tries = "batches"};
    self->announcement = (struct trouble){.level = PATCHMARK_WARNING,
                                          .what = "PUBLISH",
                                          .consequence = "the events are in the stream",
                                          .tries = "batches"};
    self->recording = self->announcement;
    self->recording.what = "series";
    self->registration = self->announcement;
    self->registration.what = "hosts";
    self->registration.consequence = "other hosts may not read what this one gives";
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
