/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mail.h - one mail with its facts, header fields and events.
 *
 * The pipeline fills it; daemon/session.c and command/classify.c read it.  It has one owner and is
 * used by one thread at a time.
 */
#ifndef MAIL_H
#define MAIL_H

#include "mail/message.h"
#include "pipeline/bounds.h"
#include "pipeline/learned.h"
#include "plugin/facts.h"
#include "settings/configuration.h"
#include "util/arena.h"

#define MAIL_HEADERS 11 /* header fields that patchmark adds to one mail, see annotate.c */
/* One event of each type that a mail can cause once, two series.amended, and the limits of the
 * other types. */
#define MAIL_EVENTS (9 + MAIL_LISTS + LIMIT_EVENTS_ALIASED + LIMIT_EVENTS_GIVEN)
#define MAIL_LISTS  16 /* lists of one mail */
#define MAIL_WORDS  64 /* flags, and labels, of one mail */

struct mail_header {
    const char *name;  /* with the prefix */
    const char *value; /* printable ASCII, single spaces */
};

/* A list on which a mail was seen. */
struct mail_list {
    const char *id;                           /* the List-Id; "" if `default_list` is "" */
    const struct configuration_list *section; /* NULL if the list is not one of this host */
    bool closed;    /* nothing of the mail may be published because of this list */
    bool posted;    /* the mail was seen going out: its List-Id names the list */
    bool publishes; /* this pass of the mail causes its events */
};

struct series_view;

/* An event that a mail causes. */
struct mail_event {
    const char *type; /* "patchmark.message.seen.v1" */
    const char *id;   /* 32 hex digits */
    size_t item;      /* for trailer.given: the index of its tag in the fact trailers.given */
    /* For message.posted; NULL for the others. */
    const struct mail_list *list;
    const char *archive_url; /* NULL if the list has no link to the mail */
    /* For series.*; event_series_read sets the series. */
    const struct series_view *series; /* NULL for other types */
    const struct series_view *old;    /* for series.superseded: the older one */
    const char *same_as;              /* for series.aliased: the other id */
    const char *reason;               /* for series.amended: "added", "replaced" or "cover" */
    int64_t part;                     /* for series.amended: the part concerned */
};

struct mail_words {
    const char *words[MAIL_WORDS];
    size_t count;
};

struct mail {
    struct patchmark_message *message;
    struct patchmark_facts *facts;      /* NULL before pipeline_classify, and if memory runs out */
    struct mail_list lists[MAIL_LISTS]; /* open lists first */
    size_t list_count;
    const char *unlisted; /* if it belongs to no list: why, a static word of patchmark(1), LOG */
    bool notice;          /* a list manager wrote it to the owners of its list: it is no posting */
    bool several; /* its List-Ids name several lists of this host, of which a sender may have
                   * written some */
    const char *scopes[MAIL_LISTS]; /* for index_set_scopes */
    size_t scope_count;
    bool publish;       /* this pass causes events, because of one of the lists */
    bool annotate;      /* header fields are written */
    struct arena arena; /* owns the strings and arrays below */
    struct mail_words flags, labels;
    struct mail_header headers[MAIL_HEADERS];
    size_t header_count;
    const char
        *identity;       /* the Message-ID, or a hash if there is none; NULL before event_prepare */
    const char *seen_id; /* the id of its message.seen event, unless `disputed` is set */
    struct mail_event events[MAIL_EVENTS];
    size_t event_count;
    int64_t content, content_bytes; /* message_content_digest; content_bytes 0: not computed */
    bool seen_before;               /* it was seen before: in another pass, or on another list */
    bool disputed; /* it is a claim to the Message-ID of an earlier mail of another sender: one of
                    * the two is forged */
    struct learned *learned; /* what was recorded in the index; NULL if nothing was */
    int64_t digest;          /* if `digested`: see message_copy_digest */
    bool digested;
    bool unrecorded;       /* the transaction of the mail failed */
    bool series_opened;    /* it is the first mail of its series */
    bool series_completed; /* it was the last missing part of its series */
    bool series_amended; /* its series was complete before, and it is the cover or a part above the
                          * total */
    /* The first copy of the mail, of which this is a further one; NULL if this is none. */
    const char *copy_id, *copy_list; /* its Message-ID and the first of its lists; "" if none */
    struct series_view *series; /* its series, after it was recorded; NULL if it belongs to none, or
                                 * if event_series_find was not called */
    struct series_view *reroll; /* a complete series of which it replaces the part `reroll_part`;
                                 * NULL if there is none */
    int64_t reroll_part;
    const char *seen_lists;  /* the open lists on which it was seen in earlier passes and this one,
                              * separated by spaces; NULL: those of this pass */
    const char *archive_url; /* its link in the archive of a list that sent it out; NULL if none */
    const struct configuration *configuration; /* NULL before pipeline_classify */
    struct json_kept *kept; /* of json-message.c: what the events have in common; NULL: not made */
    /* The caller sets these before pipeline_classify: */
    bool local; /* the mail is from a local client, see the option `local` */
    /* The sections of the lists whose address is among the envelope recipients. */
    const struct configuration_list *recipients[MAIL_LISTS];
    size_t recipient_count;
    const char *default_list; /* the List-Id of a mail that names no list, which then counts as
                               * posted; "" for an open list without name; NULL: no list */
    bool imported;    /* the mail is from an archive: it is recorded, but causes no events */
    bool unpublished; /* events are not appended to the outbox; they are only in this struct */
    bool composed;    /* with `unpublished`: `outbox` is filled */
    bool explained;   /* the plugins explain what they decide, see patchmark_explain */
    bool unchanging;  /* the store is only read: nothing of the mail is recorded, and no events are
                       * derived, which depend on that */
    bool eventless;   /* no events are derived, because nobody reads them; what is recorded in the
                       * index does not change */
    struct outbox_event *outbox; /* one for each of `events`, without sequence */
};

/* Initializes MAIL, which can then be used for any number of mails.  Returns 0, or -1 if memory
 * runs out. */
int mail_init(struct mail *mail);
/* Empties MAIL for the next mail; memory stays allocated. */
void mail_reset(struct mail *mail);
/* Frees what MAIL owns, also after mail_init has failed. */
void mail_free(struct mail *mail);

#endif
