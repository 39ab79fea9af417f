/* SPDX-License-Identifier: BSD-2-Clause
 *
 * redis.c - the sink "redis": adds each event once to a Redis stream, publishes it to the
 * subscribers of a channel, and keeps the state of each series in a hash and the open series in
 * sorted sets.
 *
 * An instance owns its settings, one connection for publishing and a follower with another one.
 * The connection and every command can fail.  No function sleeps or retries for long: the core
 * keeps events that were not accepted and offers them again.  The script that Redis runs is
 * state.lua, reading events back in follow.c, connections are in connection.c and route.c, options
 * in settings.c.
 */
#include "connection.h"
#include "follow.h"
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH_MAX 200 /* events in one pipeline; limits the output buffer */

/* Limits of one call of the script, during which Redis serves no other client; it takes about 1 ms.
 * A single larger event has a call of its own. */
#define CALL_EVENTS 50
#define CALL_BYTES  (256 * 1024)

#define CALL_REPLY_ELEMENTS 4              /* elements of the reply to a call */
#define SCRIPT_NAME         40             /* hex digits of the SHA-1 that names the script */
#define REGISTER_MS         (3600 * 1000)  /* interval of the registrations of a host */
#define REGISTER_KEEP       (30 * 86400LL) /* seconds without registration; then it is removed */
#define WAIT_MS             1000           /* for the reply to WAIT beyond its own timeout */

/* What a batch does beside adding to the stream: publishing, hashes, registration.  Its failure is
 * logged and does not stop events.  REASON and SUCCEEDED are about the current batch. */
struct side_effect {
    char reason[ERROR_BYTES + 1]; /* why it failed; "" if it did not */
    bool succeeded;               /* it was done at least once */
    struct trouble trouble;
};

struct redis {
    struct patchmark_instance *instance;
    struct settings settings;
    struct follower follower;

    /* publishing */
    struct connection connection;
    char script[SCRIPT_NAME];
    int64_t registered_at; /* milliseconds; 0 if not on this connection */

    struct trouble delivery;
    struct side_effect announcement, recording, registration;
    struct trouble refill; /* of publish_state */
};

/* ---- the connection ----------------------------------------------------------------------- */

static bool script_load(struct redis *self) {
    connection_send(&self->connection, "SCRIPT LOAD %s", script_text);
    AUTO_REPLY *reply =
        connection_read_reply(&self->connection, milliseconds() + self->settings.timeout);
    if (!reply)
        return false;
    if (reply->type != REDIS_REPLY_STRING || reply->len != SCRIPT_NAME)
        return connection_error_reply(&self->connection, reply);
    memcpy(self->script, reply->str, SCRIPT_NAME);
    return true;
}

/* Ensures that the connection is open and Redis has the script.  Returns false on error. */
static bool publisher_ready(struct redis *self) {
    enum route_state state = route_ready(&self->connection);

    if (state != ROUTE_KEPT)
        self->registered_at = 0;
    return state == ROUTE_KEPT || (state == ROUTE_OPENED && script_load(self));
}

/* Queues the registration of this host in the list of hosts, so that the others read its events,
 * and the removal of hosts that did not register for REGISTER_KEEP. */
static void register_host(struct redis *self) {
    const char *hosts = self->settings.hosts;
    long long now = (long long)time(NULL);

    connection_send(&self->connection, "ZREMRANGEBYSCORE %s -inf (%lld", hosts,
                    now - REGISTER_KEEP);
    connection_send(&self->connection, "ZADD %s %lld %s", hosts, now,
                    patchmark_host(self->instance));
}

/* Reads the replies to register_host.  Stores an error of Redis, which does not stop events.
 * Returns false if the connection failed. */
static bool registration_read(struct redis *self, int64_t deadline) {
    for (int i = 0; i < 2; i++) {
        AUTO_REPLY *reply = connection_read_reply(&self->connection, deadline);
        if (!reply)
            return false;
        if (reply->type == REDIS_REPLY_ERROR)
            snprintf(self->registration.reason, ERROR_BYTES + 1, "%s", reply->str);
    }
    self->registration.succeeded = !*self->registration.reason;
    if (self->registration.succeeded)
        self->registered_at = milliseconds();
    return true;
}

/* ---- events ------------------------------------------------------------------------------- */

/* Returns the state record of EVENT; "" if it changes no hash, or hashes are not kept. */
static const char *state_of(const struct redis *self, const struct patchmark_event *event) {
    return *self->settings.series ? event->state : "";
}

/* Returns the number of bytes that EVENT adds to a call of the script. */
static size_t event_bytes(const struct redis *self, const struct patchmark_event *event) {
    return event->json_length + strlen(event->learned) + strlen(state_of(self, event));
}

/* Returns how many of EVENTS, from the first on, go into one call of the script; at least 1. */
static size_t call_size(const struct redis *self, const struct patchmark_event *const *events,
                        size_t count) {
    size_t size = 1, bytes = event_bytes(self, events[0]);

    while (size < count && size < CALL_EVENTS &&
           (bytes += event_bytes(self, events[size])) <= CALL_BYTES)
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

/* Queues the key of the hash that the state record STATE changes first; that of the stream if it
 * changes none.  The first line of a record is "id SERIES". */
static void put_hash_key(struct redis *self, const char *state) {
    const struct settings *settings = &self->settings;

    if (strncmp(state, "id ", 3) == 0)
        connection_put(&self->connection, settings->series, state + 3, strcspn(state + 3, "\n"));
    else
        put(self, settings->stream, "");
}

/* Queues the arguments of the script that are the same for all events. */
static void put_settings(struct redis *self) {
    const struct settings *settings = &self->settings;

    put_number(self, settings->remember);
    put_number(self, settings->message_maxlen);
    put_number(self, settings->maxlen);
    put(self, settings->channel, "");
    put_number(self, settings->series_ttl);
    put(self, settings->series, "");
    put(self, *settings->open ? "1" : "", "");
    put_number(self, (int64_t)time(NULL));
}

static void put_event(struct redis *self, const struct patchmark_event *event) {
    connection_put(&self->connection, "", event->json, event->json_length);
    put(self, event->id, "");
    put(self, event->type, "");
    put(self, event->list, "");
    put(self, event->series, "");
    put(self, event->learned, "");
    put(self, state_of(self, event), "");
}

/* Queues one call of the script for COUNT events, at most CALL_EVENTS.  BEFORE is the event before
 * them in the pipeline, or NULL.  state.lua describes the keys and arguments. */
static void append(struct redis *self, const struct patchmark_event *const *events, size_t count,
                   const struct patchmark_event *before) {
    const struct settings *settings = &self->settings;
    size_t keys = 3 + 2 * count + (before != NULL);

    connection_begin(&self->connection, 3 + keys + 8 + 7 * count);
    put(self, "EVALSHA", "");
    connection_put(&self->connection, "", self->script, SCRIPT_NAME);
    put_number(self, (int64_t)keys);
    put(self, settings->message_stream, "");
    put(self, settings->stream, "");
    put(self, *settings->open ? settings->open : settings->stream, "");
    for (size_t i = 0; i < count; i++) {
        put(self, settings->seen, events[i]->id);
        put_hash_key(self, state_of(self, events[i]));
    }
    if (before)
        put(self, settings->seen, before->id);
    put_settings(self);
    for (size_t i = 0; i < count; i++)
        put_event(self, events[i]);
}

/* Stores the result of a side effect from its element of the script's reply: 0, 1 or an error.
 * Returns false if the element has another type. */
static bool side_effect_read(struct side_effect *effect, const redisReply *reply) {
    if (reply->type == REDIS_REPLY_STRING)
        snprintf(effect->reason, sizeof(effect->reason), "%s", reply->str);
    else if (reply->type == REDIS_REPLY_INTEGER)
        effect->succeeded |= reply->integer == 1;
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_INTEGER;
}

/* Reads the reply to a call of the script for COUNT events.  Returns how many of them, from the
 * first on, are in the stream.  If that is fewer than COUNT, the connection is closed. */
static size_t read_acknowledged(struct redis *self, size_t count, int64_t deadline) {
    connection_bound(&self->connection, REPLY_BYTES, CALL_REPLY_ELEMENTS);
    AUTO_REPLY *reply = connection_read_reply(&self->connection, deadline);
    const redisReply *done = reply ? reply_element(reply, 0, REDIS_REPLY_INTEGER) : NULL;
    if (done && reply->elements == CALL_REPLY_ELEMENTS && done->integer >= 0 &&
        (size_t)done->integer <= count &&
        side_effect_read(&self->announcement, reply->element[2]) &&
        side_effect_read(&self->recording, reply->element[3])) {
        if ((size_t)done->integer < count)
            connection_error_reply(&self->connection, reply->element[1]);
        return (size_t)done->integer;
    }
    if (reply)
        connection_error_reply(&self->connection, reply);
    return 0;
}

/* ---- replicas ----------------------------------------------------------------------------- */

/* Queues a wait until the replicas have received everything up to the event LAST.  WAIT covers only
 * what this connection wrote, and a batch that is offered again may write nothing; EXPIRE is a
 * write that does no harm. */
static void replicas_query(struct redis *self, const struct patchmark_event *last) {
    const struct settings *settings = &self->settings;

    connection_send(&self->connection, "EXPIRE %s%s %lld", settings->seen, last->id,
                    (long long)settings->remember);
    connection_send(&self->connection, "WAIT %lld %lld", (long long)settings->replicas,
                    (long long)settings->timeout);
}

/* Reads the replies to replicas_query.  Returns false, with the connection closed, if fewer
 * replicas than configured have the batch. */
static bool replicas_read(struct redis *self) {
    const struct settings *settings = &self->settings;
    int64_t deadline = milliseconds() + settings->timeout + WAIT_MS;
    int64_t least[] = {1, settings->replicas};

    for (int i = 0; i < 2; i++) {
        AUTO_REPLY *reply = connection_read_reply(&self->connection, deadline);
        if (!reply)
            return false;
        if (reply->type == REDIS_REPLY_INTEGER && reply->integer >= least[i])
            continue;
        if (reply->type != REDIS_REPLY_INTEGER || i == 0)
            return connection_error_reply(&self->connection, reply);
        return connection_failed(&self->connection,
                                 "replicas: %lld of %lld received the batch within %d ms",
                                 reply->integer, (long long)settings->replicas,
                                 (int)settings->timeout);
    }
    return true;
}

/* ---- a batch ------------------------------------------------------------------------------ */

/* Delivers COUNT events in one pipeline.  Returns how many of them, from the first on, Redis
 * accepted.  If that is fewer than COUNT, the connection is closed.  What was already sent may
 * still reach Redis later.  This is harmless: the script adds an event only once, and never before
 * the event that it follows. */
static size_t pipeline(struct redis *self, const struct patchmark_event *const *events,
                       size_t count) {
    int64_t now = milliseconds();
    bool must_register = *self->settings.hosts &&
                         (self->registered_at == 0 || now - self->registered_at >= REGISTER_MS);
    bool must_wait = self->settings.replicas > 0;

    if (must_register)
        register_host(self);
    for (size_t i = 0, size; i < count; i += size) {
        size = call_size(self, events + i, count - i);
        append(self, events + i, size, i > 0 ? events[i - 1] : NULL);
    }
    if (must_wait)
        replicas_query(self, events[count - 1]);
    int64_t deadline = now + self->settings.timeout;
    size_t done = 0;
    if (must_register && !registration_read(self, deadline))
        return 0;
    for (size_t size, accepted; done < count; done += accepted) {
        size = call_size(self, events + done, count - done);
        accepted = read_acknowledged(self, size, deadline);
        if (accepted < size) {
            done += accepted;
            break;
        }
    }
    /* After a partial batch it is unknown what the replicas have: the core offers it all again. */
    return must_wait && (done < count || !replicas_read(self)) ? 0 : done;
}

static void side_effect_clear(struct side_effect *effect) {
    *effect->reason = '\0';
    effect->succeeded = false;
}

static void side_effect_report(struct redis *self, struct side_effect *effect) {
    if (*effect->reason || effect->succeeded)
        trouble_report(&effect->trouble, &self->settings, *effect->reason ? effect->reason : NULL);
}

static void report(struct redis *self, bool delivered) {
    trouble_report(&self->delivery, &self->settings, delivered ? NULL : self->connection.reason);
    side_effect_report(self, &self->announcement);
    side_effect_report(self, &self->recording);
    if (delivered)
        side_effect_report(self, &self->registration);
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
    side_effect_clear(&self->announcement);
    side_effect_clear(&self->recording);
    for (int hop = 0; hop <= ROUTE_HOPS && done < count; hop++) {
        connection->retry = connection->script_lost = false;
        side_effect_clear(&self->registration);
        if (publisher_ready(self))
            done += pipeline(self, events + done, count - done);
        /* A script that was flushed is loaded once; if it is lost again, retrying does not help. */
        if (!connection->retry || (connection->script_lost && hop > 0))
            break;
    }
    report(self, done == count);
    return done;
}

/* ---- state records without events --------------------------------------------------------- */

/* Writes the state records of COUNT EVENTS, at most CALL_EVENTS, which have no id.  Returns false
 * after connection_failed. */
static bool records_write(struct redis *self, const struct patchmark_event *const *events,
                          size_t count) {
    struct connection *connection = &self->connection;

    for (int hop = 0; hop <= ROUTE_HOPS; hop++) {
        connection->retry = connection->script_lost = false;
        if (publisher_ready(self)) {
            append(self, events, count, NULL);
            if (read_acknowledged(self, count, milliseconds() + self->settings.timeout) == count)
                return true;
        }
        if (!connection->retry || (connection->script_lost && hop > 0))
            break;
    }
    return false;
}

static int redis_publish_state(void *data, const char *const *states, size_t count) {
    struct redis *self = data;
    const char *reason = NULL;

    if (!*self->settings.series)
        return 0;
    side_effect_clear(&self->recording);
    for (size_t done = 0, size = 0; done < count && !reason; done += size) {
        struct patchmark_event events[CALL_EVENTS];
        const struct patchmark_event *pointers[CALL_EVENTS];

        for (size = 0; size < CALL_EVENTS && done + size < count; size++) {
            events[size] = (struct patchmark_event){.struct_size = sizeof(events[size]),
                                                    .id = "",
                                                    .type = "",
                                                    .list = "",
                                                    .series = "",
                                                    .json = "",
                                                    .learned = "",
                                                    .state = states[done + size]};
            pointers[size] = &events[size];
        }
        size = call_size(self, pointers, size);
        if (!records_write(self, pointers, size))
            reason = self->connection.reason;
        else if (*self->recording.reason)
            reason = self->recording.reason;
    }
    trouble_report(&self->refill, &self->settings, reason);
    return reason ? -1 : 0;
}

/* ---- callbacks ---------------------------------------------------------------------------- */

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
    self->delivery = (struct trouble){.level = PATCHMARK_ERROR,
                                      .operation = "",
                                      .consequence = "events wait in the outbox",
                                      .unit = "batches"};
    self->announcement.trouble = (struct trouble){.level = PATCHMARK_WARNING,
                                                  .operation = "PUBLISH",
                                                  .consequence = "the events are in the stream",
                                                  .unit = "batches"};
    self->recording = self->registration = self->announcement;
    self->recording.trouble.operation = "series";
    self->registration.trouble.operation = "hosts";
    self->registration.trouble.consequence = "other hosts may not read the events of this host";
    self->refill = (struct trouble){.level = PATCHMARK_ERROR,
                                    .operation = "series",
                                    .consequence = "their state was not written",
                                    .unit = "calls"};
    if (!settings_read(&self->settings, instance)) {
        redis_close(self);
        return -1;
    }
    *data = self;
    return 0;
}

static struct patchmark_plugin plugin = {
    .name = "redis",
    .version = "1",
    .summary = "delivers events to a Redis stream and channel",
    .options = settings_options,
    .open = redis_open,
    .publish = redis_publish,
    .close = redis_close,
    .follow = redis_follow,
    .publish_state = redis_publish_state,
};

PATCHMARK_PLUGIN(plugin)
