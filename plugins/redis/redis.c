/* SPDX-License-Identifier: BSD-2-Clause
 *
 * redis.c - a sink: events go to a Redis stream, once each, and to the subscribers of a channel.
 *
 * It owns one connection, opened by the first batch that needs it and thrown away at the first
 * thing that goes wrong on it; the next batch then starts afresh.  All steps are bounded by the
 * option timeout but the look-up of a host name, which belongs to the resolver.  Nothing here
 * sleeps or tries again by itself: the core keeps what was not acknowledged and comes back.  A
 * server is not trusted: only the four kinds of answer that we ask for are read, up to a size.
 *
 * From top to bottom: the script, failures and log, answers, commands, the connection, the
 * pipeline.  Options are in settings.c.
 */
#define _GNU_SOURCE 1

#include "patchmark-plugin.h"
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH_MAX    200         /* events in one pipeline; bounds the output buffer */
#define ANSWER_BYTES (64 * 1024) /* one answer; ours have 40 bytes, errors a few hundred */
#define ERROR_BYTES  160         /* of an error's text that go to the log */
#define SCRIPT_NAME  40          /* hex digits of a SHA-1 */

/* What one kind of trouble looks like from call to call: it is logged when it starts, when it
 * turns into another one, and when it ends. */
struct trouble {
    char kind[32];   /* first word of its text; "": all is well */
    uint64_t failed; /* batches since it started */
};

struct redis {
    struct patchmark_instance *instance;
    struct settings settings;

    /* the connection */
    redisContext *context; /* NULL: none */
    bool unsent;           /* there is output that the socket did not take yet */
    char script[SCRIPT_NAME];

    /* what the current call met */
    char reason[256];      /* why it cannot go on */
    char unannounced[256]; /* why an event that is in the stream was not published */
    bool announced;        /* an event was put in the stream, and published */
    bool script_lost;      /* Redis forgot the script */

    struct trouble delivery, announcement;
};

/* ---- the script --------------------------------------------------------------------------- */

/* One event, all or nothing.  1: added; 0: was there already; the status UNPUBLISHED: added, but
 * PUBLISH was refused; an error: nothing was done.
 *
 * The events of a pipeline are separate steps, and Redis would go on after a step that failed.  So
 * each step looks for the id of the event before it, and the order holds whatever happens. */
static const char script[] =
    "-- KEYS: stream, id of this event, id of the event before (not for the first)\n"
    "-- ARGV: seconds to remember, length of the stream, channel, id, type, list, series, event\n"
    "if KEYS[3] and redis.call('EXISTS', KEYS[3]) == 0 then\n"
    "    return redis.error_reply('ORDER the event before this one is not known')\n"
    "end\n"
    "if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[1]) then\n"
    "    return 0\n"
    "end\n"
    "local added = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'v', '1',\n"
    "    'id', ARGV[4], 'type', ARGV[5], 'list', ARGV[6], 'series', ARGV[7], 'ce', ARGV[8])\n"
    "if type(added) == 'table' and added.err then\n"
    "    redis.call('DEL', KEYS[2])\n"
    "    return added\n"
    "end\n"
    "if ARGV[3] ~= '' then\n"
    "    local told = redis.pcall('PUBLISH', ARGV[3], ARGV[8])\n"
    "    if type(told) == 'table' and told.err then\n"
    "        return redis.status_reply('UNPUBLISHED ' .. told.err)\n"
    "    end\n"
    "end\n"
    "return 1\n";

/* ---- failures and log --------------------------------------------------------------------- */

static void connection_drop(struct redis *self) {
    if (self->context)
        redisFree(self->context);
    self->context = NULL;
    self->unsent = false;
}

/* Keeps the reason for report and drops the connection.  The first word tells the kind. */
static bool PATCHMARK_PRINTF(2, 3) failed(struct redis *self, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(self->reason, sizeof(self->reason), format, arguments);
    va_end(arguments);
    connection_drop(self);
    return false;
}

/* Notes one more batch with that trouble; true when it is news. */
static bool trouble_starts(struct trouble *trouble, const char *reason) {
    char kind[sizeof(trouble->kind)];
    snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(reason, " :"), reason);
    if (!*kind)
        snprintf(kind, sizeof(kind), "?");
    trouble->failed++;
    if (strcmp(kind, trouble->kind) == 0)
        return false;
    memcpy(trouble->kind, kind, sizeof(kind));
    return true;
}

static void report(struct redis *self, bool delivered) {
    struct trouble *delivery = &self->delivery, *announcement = &self->announcement;

    if (!delivered) {
        if (trouble_starts(delivery, self->reason))
            patchmark_log(self->instance, PATCHMARK_ERROR, "%s: %s; the events wait",
                          self->settings.server, self->reason);
    } else if (delivery->failed > 0) {
        patchmark_log(self->instance, PATCHMARK_INFO, "%s: works again, batches that failed: %llu",
                      self->settings.server, (unsigned long long)delivery->failed);
        memset(delivery, 0, sizeof(*delivery));
    }
    if (*self->unannounced) {
        if (trouble_starts(announcement, self->unannounced))
            patchmark_log(self->instance, PATCHMARK_WARNING,
                          "%s: PUBLISH: %s; the events are in the stream", self->settings.server,
                          self->unannounced);
    } else if (self->announced && announcement->failed > 0) {
        patchmark_log(self->instance, PATCHMARK_INFO,
                      "%s: PUBLISH works again, batches that failed: %llu", self->settings.server,
                      (unsigned long long)announcement->failed);
        memset(announcement, 0, sizeof(*announcement));
    }
}

/* ---- answers ------------------------------------------------------------------------------ */

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the socket takes or gives something, and moves what it can. */
static bool transfer(struct redis *self, int64_t deadline) {
    redisContext *context = self->context;
    struct pollfd ready = {.fd = context->fd,
                           .events = (short)(POLLIN | (self->unsent ? POLLOUT : 0))};
    int64_t left = deadline - milliseconds();

    if (left <= 0)
        return failed(self, "timeout: no answer within %d ms", (int)self->settings.timeout);
    int found = poll(&ready, 1, (int)left);
    if (found < 0 && errno != EINTR)
        return failed(self, "poll: %s", strerror(errno));
    if (found <= 0)
        return true;
    /* Reading comes first: a server that hangs up on us may have said why. */
    if (ready.revents & ~POLLOUT) {
        if (redisBufferRead(context) != REDIS_OK)
            return failed(self, "lost connection: %s", context->errstr);
        return true;
    }
    int done = 0;
    if (redisBufferWrite(context, &done) != REDIS_OK)
        return failed(self, "lost connection: %s", context->errstr);
    self->unsent = !done;
    return true;
}

/* The next answer, for freeReplyObject; NULL: failed.  The reader is never shown an array or a
 * type of RESP3: we ask for none, and a length in one of those makes it allocate. */
static redisReply *answer(struct redis *self, int64_t deadline) {
    while (self->context) {
        redisReader *reader = self->context->reader;
        if (reader->pos < reader->len) {
            if (reader->ridx < 0 && !memchr("+-:$", reader->buf[reader->pos], 4)) {
                failed(self, "unexpected type of answer, is this Redis?");
                return NULL;
            }
            void *reply = NULL;
            if (redisGetReplyFromReader(self->context, &reply) != REDIS_OK) {
                failed(self, "unreadable answer: %s", self->context->errstr);
                return NULL;
            }
            if (reply)
                return reply;
            if (reader->len - reader->pos > ANSWER_BYTES) {
                failed(self, "unexpected size of an answer, more than %d bytes", ANSWER_BYTES);
                return NULL;
            }
        }
        transfer(self, deadline);
    }
    return NULL;
}

/* Redis said no, for a reason of its own or not in the way that we know. */
static bool refused(struct redis *self, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ERROR)
        return failed(self, "unexpected answer of type %d", reply->type);
    self->script_lost = strncmp(reply->str, "NOSCRIPT ", 9) == 0;
    bool old = strcasestr(reply->str, "unknown command") ||
               strcasestr(reply->str, "unknown redis command");
    return failed(self, "%.*s%s", ERROR_BYTES, reply->str,
                  old ? " (EVALSHA and XADD are needed: Redis 5 or later)" : "");
}

/* ---- commands ----------------------------------------------------------------------------- */

/* A command as Redis wants it: counted strings, so any byte may be in them. */
struct command {
    int count;
    const char *argument[16]; /* the longest, append, has 14 */
    size_t length[16];
};

static void add_bytes(struct command *command, const char *data, size_t length) {
    command->argument[command->count] = data;
    command->length[command->count] = length;
    command->count++;
}

static void add(struct command *command, const char *text) {
    add_bytes(command, text, strlen(text));
}

/* Puts the command, copied, behind the others that wait for the socket. */
static bool send_later(struct redis *self, struct command *command) {
    if (redisAppendCommandArgv(self->context, command->count, command->argument, command->length) !=
        REDIS_OK)
        return failed(self, "memory: %s", self->context->errstr);
    self->unsent = true;
    return true;
}

/* Sends and waits; NULL: failed. */
static redisReply *ask(struct redis *self, struct command *command, int64_t deadline) {
    return send_later(self, command) ? answer(self, deadline) : NULL;
}

/* ---- the connection ----------------------------------------------------------------------- */

static bool authenticate(struct redis *self, int64_t deadline) {
    if (self->settings.password_length == 0)
        return true;
    struct command command = {0};
    add(&command, "AUTH");
    if (self->settings.username)
        add(&command, self->settings.username);
    add_bytes(&command, self->settings.password, self->settings.password_length);

    redisReply *reply = ask(self, &command, deadline);
    if (!reply)
        return false;
    bool accepted = reply->type == REDIS_REPLY_STATUS;
    /* A server that does not know AUTH quotes it: the password must not get into the log. */
    if (!accepted && reply->type == REDIS_REPLY_ERROR &&
        memmem(reply->str, reply->len, self->settings.password, self->settings.password_length))
        failed(self, "AUTH was refused with an error that quotes the password");
    else if (!accepted)
        refused(self, reply);
    freeReplyObject(reply);
    return accepted;
}

static bool script_load(struct redis *self, int64_t deadline) {
    struct command command = {0};
    add(&command, "SCRIPT");
    add(&command, "LOAD");
    add(&command, script);

    redisReply *reply = ask(self, &command, deadline);
    if (!reply)
        return false;
    bool loaded = reply->type == REDIS_REPLY_STRING && reply->len == SCRIPT_NAME;
    if (loaded)
        memcpy(self->script, reply->str, SCRIPT_NAME);
    else
        refused(self, reply);
    freeReplyObject(reply);
    return loaded;
}

/* Waits for a connect that was begun. */
static bool connected(struct redis *self, int64_t deadline) {
    struct pollfd ready = {.fd = self->context->fd, .events = POLLOUT};
    int found, error = 0;
    socklen_t size = sizeof(error);

    do {
        int64_t left = deadline - milliseconds();
        found = poll(&ready, 1, left > 0 ? (int)left : 0);
    } while (found < 0 && errno == EINTR);
    if (found == 0)
        return failed(self, "connect: no answer within %d ms", (int)self->settings.timeout);
    if (found < 0 || getsockopt(ready.fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    return error == 0 || failed(self, "connect: %s", strerror(error));
}

static bool connection_open(struct redis *self) {
    self->context = self->settings.port
                        ? redisConnectNonBlock(self->settings.host, self->settings.port)
                        : redisConnectUnixNonBlock(self->settings.host);
    if (!self->context)
        return failed(self, "connect: out of memory");
    if (self->context->err)
        return failed(self, "connect: %s", self->context->errstr);
    fcntl(self->context->fd, F_SETFD, FD_CLOEXEC);

    int64_t deadline = milliseconds() + self->settings.timeout;
    return connected(self, deadline) && authenticate(self, deadline) && script_load(self, deadline);
}

/* Between batches Redis has nothing to say: what comes then is its good-bye, after a restart or
 * its own idle timeout.  That is no failure, a new connection serves as well. */
static bool connection_ready(struct redis *self) {
    if (self->context) {
        struct pollfd ready = {.fd = self->context->fd, .events = POLLIN};
        const redisReader *reader = self->context->reader;
        if (reader->pos == reader->len && poll(&ready, 1, 0) == 0)
            return true;
        connection_drop(self);
    }
    return connection_open(self);
}

/* ---- the pipeline ------------------------------------------------------------------------- */

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
        add(&command, "EVALSHA");
        add_bytes(&command, self->script, SCRIPT_NAME);
        add(&command, before ? "3" : "2");
        add(&command, self->settings.stream);
        add(&command, seen);
        if (before)
            add(&command, seen_before);
        add(&command, self->settings.remember);
        add(&command, self->settings.maxlen);
        add(&command, channel);
        add(&command, event->id);
        add(&command, event->type);
        add(&command, event->list);
        add(&command, event->series);
        add_bytes(&command, event->json, event->json_length);
        appended = send_later(self, &command);
    } else {
        failed(self, "memory: none left");
    }
    free(seen);
    free(seen_before);
    free(channel);
    return appended;
}

/* Reads what the script said of one event; true: it is in the stream. */
static bool acknowledged(struct redis *self, int64_t deadline) {
    redisReply *reply = answer(self, deadline);
    if (!reply)
        return false;
    bool in_stream = true;
    if (reply->type == REDIS_REPLY_STATUS && strncmp(reply->str, "UNPUBLISHED ", 12) == 0)
        snprintf(self->unannounced, sizeof(self->unannounced), "%.*s", ERROR_BYTES,
                 reply->str + 12);
    else if (reply->type == REDIS_REPLY_INTEGER && reply->integer == 1)
        self->announced = true;
    else if (reply->type != REDIS_REPLY_INTEGER || reply->integer != 0)
        in_stream = refused(self, reply);
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

static size_t redis_publish(void *data, const struct patchmark_event *const *events, size_t count) {
    struct redis *self = data;
    size_t done = 0;
    sigset_t before;

    if (count > BATCH_MAX)
        count = BATCH_MAX;
    broken_pipe_hold(&before);
    *self->reason = *self->unannounced = '\0';
    self->announced = false;
    /* The second turn is for a script that was flushed: a new connection loads it again. */
    for (int turn = 0; turn < 2 && done < count; turn++) {
        self->script_lost = false;
        if (connection_ready(self))
            done += pipeline(self, events + done, count - done);
        if (!self->script_lost)
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
    connection_drop(self);
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
