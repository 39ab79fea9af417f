/* SPDX-License-Identifier: BSD-2-Clause
 *
 * learned.h - what a mail adds to the index, as a plain value: learned data.
 *
 * Read from the facts of a mail (learned-mail.c), or from the event of another host
 * (json-learned.c); the index records the same in either case.  Strings are borrowed.
 */
#ifndef LEARNED_H
#define LEARNED_H

#include "store/index.h"

struct learned_list {
    const char *const *items;
    size_t count;
};

struct learned {
    /* Its series "": it belongs to none, and only this is learned. */
    struct index_message message;
    /* Of a member, message.part >= 0.  Numbers are those that the mail itself says. */
    struct index_series series;
    struct index_member member;
    struct learned_list same_as; /* ids of series that are one with this one */
    struct learned_list keys;    /* what the index files the series under */
    struct learned_list notes;   /* what it compares series by */
    const char *adopts;          /* Message-ID of its cover, which came without a tag; NULL: none */
    /* Of an answer. */
    struct learned_list tags; /* that its sender gives */
    int64_t target;           /* the part that it answers; -1: not known, or all */
    bool reported_complete;   /* the host of the mail appended series.completed */
};

/* Records LEARNED in the index, within store_begin .. store_commit.  Returns bits of enum
 * index_change; -1 if nothing was recorded, as the Message-ID is known, or on a fault. */
int learned_record(struct store *store, const struct learned *learned);

/* The same for the learned data of another host, which knew other mails when it saw this one: its
 * series becomes what this host finds it as, with a topic that does not depend on the order in
 * which the mails came.  Returns -1 also if this host knows the series as another author's. */
int learned_record_foreign(struct store *store, struct learned *learned);

#endif
