/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-learned.h - what a mail taught, in its event message.seen and out of it again.
 *
 * Most of it is in the data of the event for subscribers already; what is not, and only another
 * host needs, is in data.learned (patchmark-events(7)).  What is read comes from a place that
 * others may write to: nothing in it is believed to have the right form.
 */
#ifndef JSON_LEARNED_H
#define JSON_LEARNED_H

#include "pipeline/mail.h"
#include "util/arena.h"

#include <glib.h>

/* Writes data.learned into the data of EVENT, which has the facts of MAIL; nothing when it taught
 * nothing. */
void json_learned_add(GString *json, const struct mail *mail, const struct mail_event *event);

/* Reads LEARNED from EVENT; its strings are put into ARENA.  HOST: the name of this host,
 * NULL: its events teach it too; NOW: seconds since 1970.  1: here it is; 0: there is none in it
 * for this host, as it is of another type, or of this host, or of a mail that taught nothing; -1:
 * it is not as it should be. */
int json_learned_read(const struct patchmark_event *event, const char *host, int64_t now,
                      struct arena *arena, struct learned *learned);

#endif
