/* SPDX-License-Identifier: BSD-2-Clause
 *
 * session.h - handles the connections of the MTA and their mails.  Only this module calls
 * libmilter.
 *
 * The reply to the MTA is always "continue": an error can cost header fields or events, but never
 * the mail.
 */
#ifndef SESSION_H
#define SESSION_H

#include "pipeline/pipeline.h"

/* Opens the listening socket.  SOCKET is "unix:/PATH", "local:/PATH", "inet:PORT@HOST" or
 * "inet6:PORT@HOST"; libmilter keeps the pointer, so it must stay valid.  Removes a socket file
 * that no process listens on; if a process listens on it, that is an error.  Must be called once,
 * before other threads exist.  Returns 0, or -1 after log_error. */
int session_listen(const char *socket);

/* Sets the pipeline and the store for mails that begin from now on.  A mail that has begun ends
 * with the pipeline it began with.  Takes over one reference to PIPELINE and releases that to the
 * previous one.  May be called on any thread. */
void session_use(struct pipeline *pipeline, struct store *store);

/* Serves the MTA until libmilter fails or receives SIGTERM, SIGINT or SIGHUP, which the caller has
 * blocked.  On a signal libmilter closes every connection at once, also those with mails in work,
 * while its threads still use them.  For an orderly end the caller must therefore wait for these
 * signals itself, on the first thread, to which Linux delivers them before all others.  Returns 0,
 * or -1 after log_error. */
int session_run(void);

/* Prepares the end: from now on each mail that begins is delayed by one second and then handled as
 * usual.  Waits up to MILLISECONDS for the mails that have begun.  Returns how many of them are
 * left. */
unsigned session_drain(unsigned milliseconds);

/* Returns the number of mails whose text is kept at this moment.  May be called on any thread. */
unsigned session_in_work(void);
/* Returns the number of mails that have arrived completely and are not answered yet.  May be called
 * on any thread. */
unsigned session_answering(void);

#endif
