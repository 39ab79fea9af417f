/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail-outbox.h - `patchmark tail` for the outbox of this host.
 */
#ifndef TAIL_OUTBOX_H
#define TAIL_OUTBOX_H

#include "command/tail-output.h"

/* Prints the last TAIL->lines events in the outbox in the state folder STATE that pass the filter
 * and then, if TAIL->follows is set, new events until a signal arrives.  Sets TAIL->status to the
 * exit code.  Runs on the main thread. */
void tail_outbox(struct tail *tail, const char *state);

#endif
