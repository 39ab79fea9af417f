/* SPDX-License-Identifier: BSD-2-Clause
 *
 * copies.h - recognises further copies of a mail that a list manager is sending out.
 *
 * A list manager with VERP passes each subscriber's copy through the filter.  The copies have the
 * same body and the same header fields, except those of their transport, so they need not be
 * classified, looked up and recorded again: their header fields are those of the first one.  The
 * newest LIMIT_COPIES judgements are in memory; after a restart, the next copy of a mail is judged
 * in full.
 *
 * The functions may be called on any thread, by one thread at a time for each mail, and cannot
 * fail.
 */
#ifndef COPIES_H
#define COPIES_H

#include "pipeline/mail.h"

/* Looks for a judgement of the same mail by the pipeline with the number GENERATION.  The
 * message of MAIL has all bytes of the mail and need not be parsed yet.  Only mail from a local
 * client with a List-Id and without a posting address among its recipients can be a copy.  If there
 * is a judgement, fills the headers of MAIL and returns true. */
bool copies_recall(struct mail *mail, uint64_t generation);

/* Keeps the headers of MAIL, for which pipeline_run has been called, if copies of it may follow. */
void copies_keep(const struct mail *mail, uint64_t generation);

#endif
