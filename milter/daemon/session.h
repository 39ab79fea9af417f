/* SPDX-License-Identifier: BSD-2-Clause
 *
 * session.h - all of libmilter: connections of the MTA, its mails, and the answers.
 *
 * The answer is always "continue"; what can fail costs headers or events, never the mail.
 */
#ifndef SESSION_H
#define SESSION_H

#include "pipeline/pipeline.h"

/* Opens the listening socket: "unix:/path", "inet:port@host", "inet6:port@host".  A socket file
 * that nobody listens on is removed first; one that is in use is an error.  0; -1 after log_error.
 * As the user who will run; before threads. */
int session_listen(const char *socket);

/* What mails go through from now on; a connection in the middle of a mail ends that one with the
 * pipeline it began with.  Takes over one hold of PIPELINE.  Any thread. */
void session_use(struct pipeline *pipeline, struct store *store);

/* Serves until libmilter gives up, or takes SIGTERM, SIGINT or SIGHUP, which the caller has
 * blocked. It then closes every connection at once, with mails in work and under its own threads,
 * so whoever wants an orderly end waits for those signals itself, in the first thread, which gets
 * them before all others.  0; -1 after log_error. */
int session_run(void);

/* From now on a mail that begins is held for a second before it goes on as ever.  Waits up to
 * MILLISECONDS for those that have begun.  How many are left. */
unsigned session_drain(unsigned milliseconds);

/* Mails of which text is kept at this moment, and those whose end has come but not their answer. */
unsigned session_in_work(void);
unsigned session_answering(void);

#endif
