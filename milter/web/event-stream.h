/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-stream.h - server-sent events (https://html.spec.whatwg.org/#server-sent-events): clients
 * that wait for new events, and the one thread that reads the store for all of them.
 *
 * A client costs one batch of events at most: the thread reads the next batch when the client has
 * taken the last one.  While there is no client, the thread waits and reads nothing.
 */
#ifndef WEB_EVENT_STREAM_H
#define WEB_EVENT_STREAM_H

#include "settings/configuration.h"

#include <sys/types.h>

#define EVENT_STREAMS_MOST 64 /* clients */

struct event_streams; /* all clients */
struct event_stream;  /* one client */

/* What the server does for a client, which is the argument CLIENT of event_stream_open.  The
 * functions are called with a lock held, and must not call a function of this file. */
struct event_stream_calls {
    void (*suspend)(void *client); /* called by event_stream_read if there is nothing to read */
    void (*resume)(void *client);  /* there is something again; after each suspend at most once */
    void (*drop)(void *client);    /* the client reads nothing: close its connection */
};

/* What a client wants. */
struct event_stream_wish {
    int64_t since;           /* the sequence of the last event that it has */
    const char *list, *type; /* as those of api_events */
};

/* Starts the thread.  CONFIGURATION must exist until event_streams_free.  Returns NULL, after
 * log_error, if the thread cannot be started, or memory runs out. */
struct event_streams *event_streams_start(const struct configuration *configuration,
                                          struct event_stream_calls calls);
/* Ends the thread and every stream: event_stream_read then returns -1.  Resumes the clients. */
void event_streams_stop(struct event_streams *streams);
/* Frees STREAMS, which were stopped and have no client left. */
void event_streams_free(struct event_streams *streams);

/* Adds a client, whose connection is the socket DESCRIPTOR.  The strings of WISH are copied.
 * Returns NULL if there are EVENT_STREAMS_MOST already, or memory runs out.  Any thread. */
struct event_stream *event_stream_open(struct event_streams *streams, void *client, int descriptor,
                                       const struct event_stream_wish *wish);
/* Copies up to SIZE bytes of text for the client to BUFFER and returns their number.  If there are
 * none, calls suspend and returns 0.  Returns -1 when the stream has ended: its client is gone, or
 * event_streams_stop was called.  Any thread, one at a time for each client. */
ssize_t event_stream_read(struct event_stream *stream, char *buffer, size_t size);
/* Removes the client; NULL is allowed.  Its functions are not called any more. */
void event_stream_close(struct event_stream *stream);

#endif
