/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mail.h - one mail on its way through: the message, what was found, what follows from it.
 *
 * The pipeline fills it; session and classify read it.  One owner, one thread at a time.
 */
#ifndef MAIL_H
#define MAIL_H

#include "mail/message.h"
#include "pipeline/bounds.h"
#include "pipeline/learned.h"
#include "plugin/facts.h"
#include "util/arena.h"

#define MAIL_HEADERS 9
/* One of each type but for those that a mail can bring about again and again. */
#define MAIL_EVENTS (8 + LIMIT_EVENTS_ALIASED + LIMIT_EVENTS_GIVEN)
#define MAIL_WORDS  64 /* flags, or labels, of one mail */

struct mail_header {
    const char *name;  /* with the prefix */
    const char *value; /* printable ASCII, single spaces */
};

/* An event that follows from a mail. */
struct mail_event {
    const char *type; /* "patchmark.message.seen.v1" */
    const char *id;   /* 32 hex digits */
    size_t item;      /* trailer.given: which of the fact trailers.given it tells of */
};

struct mail_words {
    const char *words[MAIL_WORDS];
    size_t count;
};

struct mail_member {
    int64_t part;
    const char *message_id;
};

struct mail {
    struct patchmark_message *message;
    struct patchmark_facts *facts; /* NULL: the mail was passed over (no list of ours) */
    bool publish, annotate;        /* how its list is treated */
    struct arena arena;            /* for the strings below */
    struct mail_words flags, labels;
    struct mail_header headers[MAIL_HEADERS];
    size_t header_count;
    const char *identity; /* the Message-ID, or a hash that stands for it; NULL: not made yet */
    const char *seen_id;  /* of its message.seen, as long as nobody disputes it */
    struct mail_event events[MAIL_EVENTS];
    size_t event_count;
    bool seen_before;            /* this Message-ID was known */
    bool disputed;               /* ... from another sender: one of the two is forged */
    struct learned *learned;     /* what it taught; NULL: nothing */
    bool unrecorded;             /* the store kept nothing of it */
    bool series_opened;          /* nobody had heard of its series */
    bool series_completed;       /* it was the last part that was missing */
    struct mail_member *members; /* of the series that is now complete, by part */
    size_t member_count;
    int64_t elapsed; /* seconds from its first mail to its last */
    /* Set before the pipeline: */
    bool imported;    /* from an archive: teaches the index, makes no events */
    bool unpublished; /* nobody reads the outbox: its events stand here and nowhere else */
};

#endif
