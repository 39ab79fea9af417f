/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lesson.h - what one mail teaches about later ones, as a plain value.
 *
 * Made from the facts of a mail (learn.c), or from the event that another host gave about one
 * (json-lesson.c); either way the index learns the same.  Strings are borrowed.
 */
#ifndef LESSON_H
#define LESSON_H

#include "store/index.h"

struct lesson_list {
    const char *const *items;
    size_t count;
};

struct lesson {
    /* Its series "": it belongs to none, and only this is learned. */
    struct index_message message;
    /* Of a member, message.part >= 0.  Numbers are those that the mail itself says. */
    struct index_series series;
    struct index_member member;
    struct lesson_list same_as; /* ids of series that are one with this one */
    struct lesson_list keys;    /* what the index files the series under */
    struct lesson_list notes;   /* what it compares series by */
    const char *adopts;         /* Message-ID of its cover, which came without a tag; NULL: none */
    /* Of an answer. */
    struct lesson_list tags; /* that its sender gives */
    int64_t target;          /* the part that it answers; -1: not known, or all */
    bool told;               /* who saw the mail told that it made its series complete */
};

/* Inside store_begin .. store_commit: the index learns it.  What that brought about, bits of enum
 * index_news; -1: it teaches nothing, as its Message-ID is known, or a fault. */
int lesson_apply(struct store *store, const struct lesson *lesson);

/* The same for the lesson of another host, which knew other mails when it saw this one: its series
 * becomes what this host finds it as, with a topic that does not depend on which host's mails came
 * first.  -1 also when this host knows the series as another author's. */
int lesson_apply_foreign(struct store *store, struct lesson *lesson);

#endif
