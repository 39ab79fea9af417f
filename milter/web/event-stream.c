/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-stream.c - see event-stream.h.
 *
 * SQLite does not notify other processes, so the thread asks for the newest sequence a few times in
 * a second, which takes microseconds.  It reads the store without the lock; a client that is closed
 * meanwhile is freed by the thread.
 */
#include "web/event-stream.h"

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "web/api.h"

#include <glib.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#define POLL_MS    200   /* between two looks at the store */
#define BATCH      8     /* events that are read at once; each has up to 60 KiB */
#define KEEP_BYTES 65536 /* a larger buffer is freed when it is empty */
#define COMMENT_MS 15000 /* without an event, so that proxies keep the connection */
#define STALL_MS   30000 /* in which a client must read a batch */

struct event_stream {
    struct event_streams *streams;
    struct event_stream *next, *previous;
    void *client;
    int descriptor;
    char *list, *type; /* NULL for all */
    int64_t since;     /* the sequence after which to read */
    int64_t checked;   /* the newest sequence when nothing was found after SINCE; -1 */
    GString *text;     /* what the client has not read yet */
    size_t taken;      /* the bytes of TEXT that it has read */
    int64_t filled;    /* when TEXT was filled, in milliseconds */
    bool suspended;    /* and not resumed yet */
    bool reading;      /* the thread is reading the store for it, without the lock */
    bool closed;       /* while READING: the thread frees it */
    bool ended;
};

struct event_streams {
    struct event_stream_calls calls;
    struct api *api; /* the reader of the thread */
    pthread_t thread;
    pthread_mutex_t lock; /* protects all that follows, and the streams */
    pthread_cond_t wake;
    struct event_stream *first;
    int count;
    bool stopped;
};

/* ---- one client: all functions require the lock ---------------------------------------------- */

static void stream_free(struct event_stream *stream) {
    g_string_free(stream->text, TRUE);
    free(stream->list);
    free(stream->type);
    free(stream);
}

static void stream_unlink(struct event_stream *stream) {
    struct event_streams *streams = stream->streams;

    if (stream->previous)
        stream->previous->next = stream->next;
    else
        streams->first = stream->next;
    if (stream->next)
        stream->next->previous = stream->previous;
    streams->count--;
}

static void stream_resume(struct event_stream *stream) {
    if (!stream->suspended)
        return;
    stream->suspended = false;
    stream->streams->calls.resume(stream->client);
}

static void stream_end(struct event_stream *stream) {
    stream->ended = true;
    stream_resume(stream);
}

static bool is_empty(const struct event_stream *stream) {
    return stream->taken == stream->text->len;
}

/* Replaces the text of STREAM, all of which was read, by TEXT. */
static void stream_fill(struct event_stream *stream, const char *text, size_t length) {
    g_string_truncate(stream->text, 0);
    g_string_append_len(stream->text, text, (gssize)length);
    stream->taken = 0;
    stream->filled = clock_milliseconds();
    stream_resume(stream);
}

/* Frees a large buffer that is empty. */
static void stream_shrink(struct event_stream *stream) {
    if (stream->text->allocated_len <= KEEP_BYTES)
        return;
    g_string_free(stream->text, TRUE);
    stream->text = g_string_new(NULL);
    stream->taken = 0;
}

/* ---- the thread ---------------------------------------------------------------------------- */

/* Appends one event to the GString ARGUMENT; line ends, which JSON allows between values, become
 * spaces. */
static void append_event(void *argument, int64_t sequence, const char *type,
                         const char *cloudevent) {
    GString *text = argument;
    gsize at;

    g_string_append_printf(text, "id: %" G_GINT64_FORMAT "\nevent: ", sequence);
    at = text->len;
    g_string_append(text, type);
    g_strdelimit(text->str + at, "\r\n", ' ');
    g_string_append(text, "\ndata: ");
    at = text->len;
    g_string_append(text, cloudevent);
    g_strdelimit(text->str + at, "\r\n", ' ');
    g_string_append(text, "\n\n");
}

/* Reads the next events for STREAM into TEXT, without the lock.  Returns false if the store cannot
 * be used. */
static bool stream_advance(struct event_stream *stream, GString *text, int64_t newest) {
    int64_t since = stream->since, next;

    g_string_truncate(text, 0);
    stream->reading = true;
    pthread_mutex_unlock(&stream->streams->lock);
    next = api_events(stream->streams->api, since, stream->list, stream->type, BATCH, append_event,
                      text);
    pthread_mutex_lock(&stream->streams->lock);
    stream->reading = false;
    if (next > since)
        stream->since = next;
    else if (next == since)
        stream->checked = newest;
    return next >= 0;
}

/* Gives STREAM what there is for it.  Returns true if there can be more at once. */
static bool stream_serve(struct event_stream *stream, GString *text, int64_t newest) {
    int64_t quiet = clock_milliseconds() - stream->filled;

    if (!is_empty(stream)) {
        if (quiet > STALL_MS && !stream->ended) {
            stream->ended = true;
            stream->streams->calls.drop(stream->client);
        }
        return false;
    }
    stream_shrink(stream);
    if (newest >= 0 && newest < stream->since) /* another database */
        stream->since = newest;
    if (newest > stream->since && newest != stream->checked) {
        if (!stream_advance(stream, text, newest))
            return false;
        if (text->len > 0 && !stream->closed)
            stream_fill(stream, text->str, text->len);
        return text->len == 0 && stream->since < newest && stream->checked != newest;
    }
    if (quiet > COMMENT_MS)
        stream_fill(stream, ":\n\n", 3);
    return false;
}

/* Serves all clients once.  Returns true if there can be more at once. */
static bool streams_serve(struct event_streams *streams, GString *text) {
    int64_t newest;
    bool more = false;

    pthread_mutex_unlock(&streams->lock);
    newest = api_newest(streams->api);
    pthread_mutex_lock(&streams->lock);
    for (struct event_stream *stream = streams->first, *next; stream; stream = next) {
        more = stream_serve(stream, text, newest) || more;
        next = stream->next; /* now, because streams were added and removed without the lock */
        if (stream->closed) {
            stream_unlink(stream);
            stream_free(stream);
        }
    }
    return more;
}

/* Ends the streams of clients that have closed their connection: the server does not look at a
 * connection that is suspended. */
static void streams_check(struct event_streams *streams) {
    struct pollfd polled[EVENT_STREAMS_MOST];
    struct event_stream *of[EVENT_STREAMS_MOST];
    nfds_t count = 0;

    for (struct event_stream *stream = streams->first; stream; stream = stream->next)
        if (stream->suspended) {
            of[count] = stream;
            polled[count++] = (struct pollfd){.fd = stream->descriptor, .events = POLLRDHUP};
        }
    if (poll(polled, count, 0) <= 0)
        return;
    for (nfds_t i = 0; i < count; i++)
        if (polled[i].revents)
            stream_end(of[i]);
}

static void *streams_run(void *argument) {
    struct event_streams *streams = argument;
    GString *text = g_string_new(NULL);
    struct timespec until;

    pthread_mutex_lock(&streams->lock);
    while (!streams->stopped) {
        if (!streams->first) {
            pthread_cond_wait(&streams->wake, &streams->lock);
            continue;
        }
        streams_check(streams);
        if (streams_serve(streams, text) || streams->stopped)
            continue;
        until = clock_deadline(POLL_MS);
        pthread_cond_timedwait(&streams->wake, &streams->lock, &until);
    }
    pthread_mutex_unlock(&streams->lock);
    g_string_free(text, TRUE);
    return NULL;
}

/* ---- start and stop ------------------------------------------------------------------------ */

struct event_streams *event_streams_start(const struct configuration *configuration,
                                          struct event_stream_calls calls) {
    struct event_streams *streams = calloc(1, sizeof(*streams));

    if (!streams) {
        log_error("out of memory");
        return NULL;
    }
    streams->calls = calls;
    pthread_mutex_init(&streams->lock, NULL);
    clock_condition_init(&streams->wake);
    streams->api = api_open(configuration); /* here: the thread could not report that it failed */
    if (streams->api && pthread_create(&streams->thread, NULL, streams_run, streams) == 0)
        return streams;
    if (streams->api)
        log_error("cannot start the thread of the event streams");
    event_streams_free(streams);
    return NULL;
}

void event_streams_stop(struct event_streams *streams) {
    pthread_mutex_lock(&streams->lock);
    streams->stopped = true;
    for (struct event_stream *stream = streams->first; stream; stream = stream->next)
        stream_end(stream);
    pthread_cond_signal(&streams->wake);
    pthread_mutex_unlock(&streams->lock);
    pthread_join(streams->thread, NULL);
}

void event_streams_free(struct event_streams *streams) {
    api_close(streams->api);
    pthread_cond_destroy(&streams->wake);
    pthread_mutex_destroy(&streams->lock);
    free(streams);
}

/* ---- clients ------------------------------------------------------------------------------- */

/* Returns a copy of TEXT; NULL if it is NULL or "". */
static char *copy(const char *text) {
    return text && *text ? strdup(text) : NULL;
}

struct event_stream *event_stream_open(struct event_streams *streams, void *client, int descriptor,
                                       const struct event_stream_wish *wish) {
    struct event_stream *stream = calloc(1, sizeof(*stream));

    if (!stream)
        return NULL;
    *stream = (struct event_stream){.streams = streams,
                                    .client = client,
                                    .descriptor = descriptor,
                                    .list = copy(wish->list),
                                    .type = copy(wish->type),
                                    .since = wish->since,
                                    .checked = -1,
                                    .text = g_string_new("retry: 2000\n\n"),
                                    .filled = clock_milliseconds()};
    pthread_mutex_lock(&streams->lock);
    if (streams->count < EVENT_STREAMS_MOST && !streams->stopped) {
        stream->next = streams->first;
        if (stream->next)
            stream->next->previous = stream;
        streams->first = stream;
        streams->count++;
        pthread_cond_signal(&streams->wake);
        pthread_mutex_unlock(&streams->lock);
        return stream;
    }
    pthread_mutex_unlock(&streams->lock);
    stream_free(stream);
    return NULL;
}

ssize_t event_stream_read(struct event_stream *stream, char *buffer, size_t size) {
    struct event_streams *streams = stream->streams;
    size_t left;

    pthread_mutex_lock(&streams->lock);
    left = stream->text->len - stream->taken;
    if (stream->ended) {
        pthread_mutex_unlock(&streams->lock);
        return -1;
    }
    if (left == 0) {
        stream->suspended = true;
        streams->calls.suspend(stream->client);
    } else {
        left = left < size ? left : size;
        memcpy(buffer, stream->text->str + stream->taken, left);
        stream->taken += left;
        if (is_empty(stream)) /* the next batch */
            pthread_cond_signal(&streams->wake);
    }
    pthread_mutex_unlock(&streams->lock);
    return (ssize_t)left;
}

void event_stream_close(struct event_stream *stream) {
    struct event_streams *streams = stream ? stream->streams : NULL;

    if (!stream)
        return;
    pthread_mutex_lock(&streams->lock);
    stream->suspended = false;
    if (stream->reading) {
        stream->closed = true;
        stream->ended = true;
    } else {
        stream_unlink(stream);
        stream_free(stream);
    }
    pthread_mutex_unlock(&streams->lock);
}
