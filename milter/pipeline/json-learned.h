/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-learned.h - writes the learned data of a mail to its message.seen event, and reads it from
 * the event of another host.
 *
 * Most of the learned data is in the data of the event for subscribers already.  The rest, which
 * only other hosts need, is in data.learned (patchmark-events(7)).  Events are read from a Redis to
 * which other programs may write, so the type, the form and the length of every value are checked.
 *
 * The functions may be called on any thread.
 */
#ifndef JSON_LEARNED_H
#define JSON_LEARNED_H

#include "pipeline/mail.h"
#include "util/arena.h"

#include <glib.h>

/* Adds the member "learned" to JSON, the data of the message.seen event of MAIL.  Adds nothing if
 * MAIL->learned is NULL, or if a string in it is too long to be read again.  EVENT is not used:
 * this function is the one for message.seen in the table of types of json-event.c. */
void json_learned_add(GString *json, const struct mail *mail, const struct mail_event *event);

/* Reads the learned data of EVENT.  HOST is the name of this host, whose events are skipped; if it
 * is NULL, they are read too.  NOW is the time in seconds since 1970-01-01 UTC.  Returns 1 and
 * fills LEARNED; its strings are copied to ARENA.  Returns 0 if there is nothing to learn: the
 * event has another type, is one of HOST, or has no learned data.  Returns -1 if the event is
 * malformed or exceeds a limit; LEARNED may then be partly filled. */
int json_learned_read(const struct patchmark_event *event, const char *host, int64_t now,
                      struct arena *arena, struct learned *learned);

#endif
