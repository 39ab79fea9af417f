/* SPDX-License-Identifier: BSD-2-Clause
 *
 * learned.h - learned data: what a mail adds to the index.
 *
 * It is read from the facts of a mail (learned-mail.c) or from the event of another host
 * (json-learned.c), and is recorded in the index in the same way.  Strings and lists are borrowed
 * from the mail or the arena that they were read from.
 */
#ifndef LEARNED_H
#define LEARNED_H

#include "store/index.h"

struct learned_list {
    const char *const *items;
    size_t count;
};

struct learned {
    /* The mail.  If message.series is "", it belongs to no series and has no other learned data. */
    struct index_message message;
    /* Only for a member of a series, that is, if message.part >= 0.  Version and total are those
     * that the mail itself states. */
    struct index_series series;
    struct index_member member;
    struct learned_list same_as; /* other ids of the same series */
    struct learned_list keys;    /* for patchmark_index_find */
    struct learned_list notes;   /* for patchmark_index_shared */
    const char *displaces;    /* id to which a series with the id of this one, whose author only a
                               * list claimed, is renamed; NULL if there is none */
    const char *adopts;       /* Message-ID of its cover, recorded without a series; NULL if none */
    bool reported_complete;   /* the host that received the mail appended series.completed */
    struct learned_list tags; /* only for a reply to a series: the tags that its sender gives */
    int64_t target;           /* message.target */
    struct index_series row;  /* set by learned_record: see index_record_member_row; else its id is
                               * NULL */
};

/* Records LEARNED in the index.  Call it between store_begin and store_commit.  Returns bits of
 * enum index_change; 0 for a mail that is no member, or if message.published is false.  Returns -1
 * if nothing was recorded, because the mail, or for a claim one of its sender, is recorded already,
 * or because the store failed. */
int learned_record(struct store *store, struct learned *learned);

/* Like learned_record, for the learned data of another host, which may have known other mails than
 * this one.  Replaces the series id by the one that this host uses after joining series, and
 * chooses the topic so that it does not depend on the order in which the mails arrived.  Changes
 * LEARNED. Also returns -1 if this host has the series with another author. */
int learned_record_foreign(struct store *store, struct learned *learned);

#endif
