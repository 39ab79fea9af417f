/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-learned.h - writes the learned data of a mail, and reads that of another host.
 *
 * It is a JSON object of its own, which travels beside the message.seen event of the mail (the
 * field `learned` of struct patchmark_event), because only other hosts need it.  It is read from a
 * Redis to which other programs may write, so the type, the form and the length of every value are
 * checked.
 *
 * The functions may be called on any thread.
 */
#ifndef JSON_LEARNED_H
#define JSON_LEARNED_H

#include "pipeline/learned.h"
#include "util/arena.h"

#include "patchmark-plugin.h"

/* Returns LEARNED, data of HOST, as one line of JSON (RFC 8259) of at most LIMIT_LEARNED_BYTES,
 * which the caller frees with free(3).  Notes and keys are left out from the last on as far as that
 * is necessary.  Returns NULL if LEARNED is NULL, or if a string in it is too long to be read
 * again.
 */
char *json_learned_write(const struct learned *learned, const char *host);

/* Reads event->learned of EVENT.  HOST is the name of this host, whose events are skipped; if it
 * is NULL, they are read too.  NOW is the time in seconds since 1970-01-01 UTC.  Returns 1 and
 * fills LEARNED; its strings are copied to ARENA.  Returns 0 if there is nothing to learn: the
 * event has another type, is one of HOST, or has no learned data.  Returns -1 if the data is
 * malformed or exceeds a limit; LEARNED may then be partly filled. */
int json_learned_read(const struct patchmark_event *event, const char *host, int64_t now,
                      struct arena *arena, struct learned *learned);

#endif
