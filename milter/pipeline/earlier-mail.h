/* SPDX-License-Identifier: BSD-2-Clause
 *
 * earlier-mail.h - recognises a mail that was seen before: in an earlier pass, on another list, or
 * by another host.
 *
 * Call it between store_begin and store_commit, on the thread that called store_begin.
 */
#ifndef EARLIER_MAIL_H
#define EARLIER_MAIL_H

#include "pipeline/mail.h"
#include "pipeline/pipeline.h"
#include "store/index.h"

/* Looks up what the index has of MAIL, whose facts of the earlier stages are set, and fills FOUND.
 * Returns false if MAIL is new.  Sets the scopes of the transaction, and seen_before and disputed
 * of MAIL.
 *
 * Before that, it corrects what MAIL alone cannot show: its lists, if a sender may have written one
 * of its List-Ids; its author, if a list rewrote From; its Message-ID, if it has several.  MAIL is
 * then classified again if that is necessary; its facts are NULL if memory runs out. */
bool earlier_mail_find(struct pipeline *pipeline, struct store *store, struct mail *mail,
                       struct index_message *found);

#endif
