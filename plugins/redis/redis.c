/* SPDX-License-Identifier: BSD-2-Clause
 *
 * redis.c - a sink: events go to a Redis stream, once each, and to the subscribers of a channel.
 *
 * Nothing here sleeps or tries again by itself: the core keeps what was not acknowledged and comes
 * back.  The script that Redis runs is in script.c, connections are in connection.c, options in
 * settings.c, the log in trouble.c.
 */
#define _GNU_SOURCE 1

#include "connection.h"
#include "script.h"
#include "trouble.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH_MAX   200 /* events in one pipeline; bounds the output buffer */
#define SCRIPT_NAME 40  /* hex digits of a SHA-1 */

struct redis {
    struct patchmark_instance *instance;
    struct settings settings;
    struct connection connection;
    char script[SCRIPT_NAME];

    /* what the current call met */
    char unannounced[256]; /* why an event that is in the stream was not published */
    bool announced;        /* an event was put in the stream, and published */

    struct trouble delivery, announcement;
};

static bool script_load(struct redis *self) {
    int64_t deadline = milliseconds() + self->settings.timeout;
    struct command command = {0};
    command_add(&command, "SCRIPT");
    command_add(&command, "LOAD");
    command_add(&command, script_text);

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
    enum connection_state state = connection_ready(&self->connection);

    return state == CONNECTION_KEPT || (state == CONNECTION_OPENED && script_load(self));
}

/* Two strings in one; NULL: out of memory. */
static char *joined(const char *first, const char *second) {
    char *both = NULL;
    return asprintf(&both, "%s%s", first, second) < 0 ? NULL : both;
}

/* Queues the script for one event; BEFORE is the one before it in the pipeline, or NULL. */
static bool append(struct redis *self, const struct patchmark_event *event,
                   const struct patchmark_event *before) {
    char *seen = joined(self->settings.seen, event->id);
    char *seen_before = joined(self->settings.seen, before ? before->id : "");
    char *channel = joined(self->settings.channel, *self->settings.channel ? event->type : "");
    bool appended = seen && seen_before && channel;

    if (appended) {
        struct command command = {0};
        command_add(&command, "EVALSHA");
        command_add_bytes(&command, self->script, SCRIPT_NAME);
        command_add(&command, before ? "3" : "2");
        command_add(&command, self->settings.stream);
        command_add(&command, seen);
        if (before)
            command_add(&command, seen_before);
        command_add(&command, self->settings.remember);
        command_add(&command, self->settings.maxlen);
        command_add(&command, channel);
        command_add(&command, event->id);
        command_add(&command, event->type);
        command_add(&command, event->list);
        command_add(&command, event->series);
        command_add_bytes(&command, event->json, event->json_length);
        appended = connection_send(&self->connection, &command);
    } else {
        connection_failed(&self->connection, "memory: none left");
    }
    free(seen);
    free(seen_before);
    free(channel);
    return appended;
}

/* Reads what the script said of one event; true: it is in the stream. */
static bool acknowledged(struct redis *self, int64_t deadline) {
    redisReply *reply = connection_answer(&self->connection, deadline);
    if (!reply)
        return false;
    bool in_stream = true;
    if (reply->type == REDIS_REPLY_STATUS && strncmp(reply->str, "UNPUBLISHED ", 12) == 0)
        snprintf(self->unannounced, sizeof(self->unannounced), "%.*s", ERROR_BYTES,
                 reply->str + 12);
    else if (reply->type == REDIS_REPLY_INTEGER && reply->integer == 1)
        self->announced = true;
    else if (reply->type != REDIS_REPLY_INTEGER || reply->integer != 0)
        in_stream = connection_refused(&self->connection, reply);
    freeReplyObject(reply);
    return in_stream;
}

/* Gives how many from the front were acknowledged.  When not all were, the connection is gone:
 * what it still carries may yet reach Redis, which is harmless, since an event is added once and
 * never before the one it follows. */
static size_t pipeline(struct redis *self, const struct patchmark_event *const *events,
                       size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!append(self, events[i], i > 0 ? events[i - 1] : NULL))
            return 0;
    int64_t deadline = milliseconds() + self->settings.timeout;
    size_t done = 0;
    while (done < count && acknowledged(self, deadline))
        done++;
    return done;
}

/* hiredis writes without MSG_NOSIGNAL; a server that hangs up must not end the process.  The
 * signal is held back while we write, and taken away if it came. */
static void broken_pipe_hold(sigset_t *before) {
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, before);
}

static void broken_pipe_release(const sigset_t *before) {
    const struct timespec at_once = {0};
    sigset_t broken_pipe;
    if (sigismember(before, SIGPIPE))
        return;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    while (sigtimedwait(&broken_pipe, NULL, &at_once) < 0 && errno == EINTR)
        continue;
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

static void report(struct redis *self, bool delivered) {
    const char *server = self->settings.server;

    trouble_report(&self->delivery, self->instance, server,
                   delivered ? NULL : self->connection.reason);
    if (*self->unannounced || self->announced)
        trouble_report(&self->announcement, self->instance, server,
                       *self->unannounced ? self->unannounced : NULL);
}

static size_t redis_publish(void *data, const struct patchmark_event *const *events, size_t count) {
    struct redis *self = data;
    struct connection *connection = &self->connection;
    size_t done = 0;
    sigset_t before;

    if (count > BATCH_MAX)
        count = BATCH_MAX;
    broken_pipe_hold(&before);
    *self->connection.reason = *self->unannounced = '\0';
    self->announced = false;
    /* The second turn is for a script that was flushed: a new connection loads it again. */
    for (int turn = 0; turn < 2 && done < count; turn++) {
        connection->script_lost = false;
        if (ready(self))
            done += pipeline(self, events + done, count - done);
        if (!connection->script_lost)
            break;
    }
    broken_pipe_release(&before);
    if (count > 0)
        report(self, done == count);
    return done;
}

/* ---- life --------------------------------------------------------------------------------- */

static void redis_close(void *data) {
    struct redis *self = data;
    connection_drop(&self->connection);
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
    self->connection.settings = &self->settings;
    self->delivery = (struct trouble){PATCHMARK_ERROR, "", "the events wait", "batches", "", 0};
    self->announcement =
        (struct trouble){PATCHMARK_WARNING, "PUBLISH", "the events are in the stream",
                         "batches",         "",        0};
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
};

PATCHMARK_PLUGIN(plugin)
