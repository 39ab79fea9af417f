/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list-watch.h - warns when a list receives mail of which none is seen going out.
 *
 * The events of a list with events = "posted" are made when the list manager sends a mail out.  If
 * the MTA does not pass that mail to the filter, the list has no events, and nothing else shows
 * why.
 */
#ifndef LIST_WATCH_H
#define LIST_WATCH_H

#include "pipeline/mail.h"

/* The warning is logged after this number of mails, the last of them this number of seconds after
 * the first. */
#define LIST_WATCH_MAILS   10
#define LIST_WATCH_SECONDS (60 * 60)

struct list_watch;

/* Returns a watch for the lists of CONFIGURATION, which must be valid until list_watch_free frees
 * the watch; NULL if memory runs out. */
struct list_watch *list_watch_new(const struct configuration *configuration);
/* WATCH may be NULL. */
void list_watch_free(struct list_watch *watch);

/* Counts MAIL, whose lists mail_lists_find has determined, and which was received at the time NOW,
 * in seconds, for each of its open lists with events = "posted".  Logs a warning, once for each
 * list, if the list received LIST_WATCH_MAILS mails over LIST_WATCH_SECONDS and sent none out,
 * since list_watch_new or since the last one that it sent out.  Any thread. */
void list_watch_note(struct list_watch *watch, const struct mail *mail, int64_t now);

#endif
