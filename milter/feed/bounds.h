/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bounds.h - the bounds of one step of the work on outbox and index, and the reasons for them.
 */
#ifndef FEED_BOUNDS_H
#define FEED_BOUNDS_H

/* The maximum number of mails whose learned data is recorded in one transaction, and of their rows
 * (mails, keys, tags, joined series).  A mail that arrives meanwhile waits for the transaction,
 * which takes about 1 ms. */
#define LIMIT_LEARNED_MAILS 20
#define LIMIT_LEARNED_ROWS  100

/* The number of newest events that stay in the outbox after every sink has acknowledged them, so
 * that `patchmark tail` can print them. */
#define LIMIT_OUTBOX_KEPT 10000

#endif
