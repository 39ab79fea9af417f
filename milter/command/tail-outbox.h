/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail-outbox.h - `patchmark tail` on the outbox of this host.
 */
#ifndef TAIL_OUTBOX_H
#define TAIL_OUTBOX_H

#include "command/tail-output.h"

/* Prints the events in the outbox of this host, whose state folder is STATE, and then, where
 * tail->follows, those that come.  Sets tail->status. */
void tail_outbox(struct tail *tail, const char *state);

#endif
