/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bounds.h - bounds on one step of the work on outbox and index, with their reasons.
 */
#ifndef FEED_BOUNDS_H
#define FEED_BOUNDS_H

/* Mails that are learned in one transaction, and keys and tags of them: a mail that comes meanwhile
 * waits for that many, about a millisecond. */
#define LIMIT_LEARNED_MAILS 20
#define LIMIT_LEARNED_ROWS  100

#define LIMIT_BATCH 200 /* events that a sink is offered at once */

/* Events that stay in the outbox after every sink acknowledged them, for `patchmark tail`. */
#define LIMIT_OUTBOX_KEPT 10000

#endif
