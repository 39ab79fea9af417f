/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series-report.h - what the index knows of one series, and of the newest series, for people who
 * read it on a page or on a terminal.
 *
 * The functions must be called between store_begin and the end of the transaction.  ARENA owns all
 * that they return, also after that.  They see the rows of the transaction's scopes (index.h), and
 * of these only published mail, except in a scope other than that of open lists.
 *
 * HIDE is a configuration, or NULL.  Lists that are closed in it are left out, although their rows
 * may be open, because they were closed after their mail was recorded: a mail or series that was
 * seen on such lists only is unknown, and the lists of any other one do not have them.
 *
 * Times are in seconds since 1970-01-01 UTC.  Strings are UTF-8 and never NULL; "" is unknown or
 * none.  A fault of the store is logged by the store.  A thread may call these functions while it
 * uses the store.
 */
#ifndef SERIES_REPORT_H
#define SERIES_REPORT_H

#include "pipeline/series-view.h"
#include "settings/configuration.h"
#include "store/index.h"

/* What somebody says with a tag; see tag-meaning.h. */
enum report_meaning {
    REPORT_APPROVE,
    REPORT_TEST,
    REPORT_REFUSE,
    REPORT_REPORT,
    REPORT_CREDIT,
    REPORT_MEANINGS
};
/* Returns the name of MEANING, "approve", "test", "refuse", "report" or "credit"; a static string.
 */
const char *series_report_meaning(enum report_meaning meaning);

/* Returns those of LISTS, separated by spaces, that are open in HIDE; ARENA owns the string. */
const char *series_report_lists(struct arena *arena, const struct configuration *hide,
                                const char *lists);

struct report_person {
    const char *name, *address;
};

/* ---- one series ---------------------------------------------------------------------------- */

/* A series of the same topic, the series itself included. */
struct report_version {
    const char *id, *title, *revision, *flags, *state;
    int64_t version, opened; /* version is 1 if no member states it */
    int64_t place;           /* index_series_place */
    bool reroll;             /* it replaces parts of an older version only */
};

/* A mail of the effective set: a part that a partial re-roll replaced is the newest mail. */
struct report_part {
    int64_t number; /* 0: the cover */
    const char *message_id, *title, *author, *patch_id, *lists;
    int64_t received;
    unsigned tags[REPORT_MEANINGS]; /* senders who said that of this very part */
    bool applied;
    const char *commit, *url; /* as which it was applied */
};

/* A tag that an answer gives. */
struct report_tag {
    int64_t part;      /* the part for which it was given, 0: the whole series, -1: unknown */
    const char *range; /* if the text names parts: "all" or numbers, such as "1-3,5"; part is -1 */
    const char *name, *value; /* "Reviewed-by" and "Bob <bob@example.org>" */
    enum report_meaning meaning;
    struct report_person person; /* whom the value names, else the sender */
    const char *message_id;
    int64_t received;
};

/* The result that a robot reports. */
struct report_verdict {
    const char *robot, *verdict; /* "pass", "warning", "fail" */
    int64_t part;                /* 0: the whole series, -1: unknown */
    const char *message_id, *lists;
    int64_t received;
};

/* A patch that was applied, as a mail says. */
struct report_applied {
    int64_t part; /* -1: unknown */
    const char *title, *commit, *url, *tree;
    struct report_person who;
    const char *message_id;
    int64_t received;
};

/* A mail that answers a mail of the series. */
struct report_reply {
    const char *message_id, *kind, *lists;
    const char *robot; /* the robot that sent it */
    struct report_person sender;
    int64_t part; /* the part that it answers, 0: the cover, -1: unknown */
    int64_t received;
    bool applies;               /* it says that something was applied */
    bool says[REPORT_MEANINGS]; /* it gives such a tag */
};

/* What all answers to a series say together. */
struct report_counts {
    unsigned tags[REPORT_MEANINGS]; /* senders who gave such a tag, for a part or the whole */
    size_t replies;                 /* answers that no robot sent */
    const struct report_verdict *verdicts; /* the newest one of each robot, ordered by robot */
    size_t verdict_count;
    bool applied;                 /* somebody said that something was applied */
    bool applied_all;             /* all parts were applied */
    const int64_t *applied_parts; /* the numbers of the parts that were applied, ascending */
    size_t applied_count;
    bool waiting; /* it is complete, not superseded, nothing of it was applied, and nobody approved
                   * or refused it */
};

struct series_report {
    struct index_series row;
    /* index_state_name.  No event moves that of a series of a closed list: it is complete here if
     * it has all its parts. */
    const char *state;
    int64_t have;            /* parts 1, 2, ... that were seen */
    struct series_view view; /* the same row and parts, for json-private.h */
    /* Oldest first; of those that were opened in the same second, in the order of receipt. */
    const struct report_version *versions;
    size_t version_count;
    const struct report_part *parts; /* ordered by number */
    size_t part_count;
    const int64_t *missing; /* numbers, ascending */
    size_t missing_count;
    const struct report_tag *tags; /* this and the following ordered by time of receipt */
    size_t tag_count;
    const struct report_verdict *verdicts;
    size_t verdict_count;
    const struct report_applied *applied;
    size_t applied_count;
    const struct report_reply *replies; /* all answers, also those of robots */
    size_t reply_count;
    const struct series_replaced *replaced; /* parts that partial re-rolls replaced */
    size_t replaced_count;
    struct report_counts counts;
    bool more; /* at least one of the lists was cut */
};

/* Finds the series that NAME means: the id of a series, also of one that was joined with another;
 * the id of a topic, whose newest series is meant; or the Message-ID of one of its mails, with or
 * without angle brackets.  Returns the id of the series, NULL if there is none. */
const char *series_report_find(struct store *store, struct arena *arena, const char *name);
/* Does the same, but finds nothing by a mail that was not published or that HIDE hides. */
const char *series_report_find_shown(struct store *store, struct arena *arena,
                                     const struct configuration *hide, const char *name);
/* Fills REPORT with the series ID, which one of these functions returned.  Returns false if it is
 * unknown, if nothing of it was published, or on a fault. */
bool series_report_read(struct store *store, struct arena *arena, const struct configuration *hide,
                        const char *id, struct series_report *report);
/* Looks up the mail MESSAGE_ID, with or without angle brackets, and fills MESSAGE as
 * index_find_message does.  Returns false if it is unknown or was not published. */
bool series_report_message(struct store *store, struct arena *arena,
                           const struct configuration *hide, const char *message_id,
                           struct index_message *message);

/* ---- many series ---------------------------------------------------------------------------- */

struct series_summary {
    struct index_series row;
    const char *state;
    int64_t have;
    const char *first; /* the Message-ID of the cover, else of the lowest part */
    struct report_counts counts;
};

/* Which series are looked for; what is NULL or "" does not matter. */
struct series_filter {
    const char *text; /* words, each in the title or in the name or the address of the author or the
                       * submitter, in any order and case; or a Message-ID with or without angle
                       * brackets; or the id of a series */
    const char *list; /* a List-Id, in any case of letters */
    const char *patterns; /* patterns of fnmatch(3) for List-Ids, in any case, separated by commas
                           * or blanks; angle brackets do not count */
    const char *author;   /* a part of the name or the address, in any case */
    /* "open": those that are neither superseded nor applied as a whole, and are no partial re-roll,
     * as in the set of open series in Redis; "collecting": those that index_state_name calls
     * "open", but for partial re-rolls; "reroll": partial re-rolls that are not superseded; or
     * another name of index_state_name. */
    const char *state;
    bool waiting;        /* only those that wait for a review, see struct report_counts */
    const char *applied; /* "all": only those all of whose parts were applied; "some": those of
                          * which something was, and which no newer version replaces */
    bool oldest_first;
    const char *before; /* the `next` of an earlier page in the same order: only what follows it */
    size_t limit;       /* at most that number; at least 1 */
    const struct configuration *hide;
};

struct series_page {
    const struct series_summary *series;
    size_t count;
    const char *next;    /* the cursor for the following page; "": there are no more */
    int64_t searched_to; /* if the work of one call was not enough for a full page: the time of
                          * receipt of the last series that was looked at; else 0 */
};

/* Fills PAGE with the series of open lists that pass FILTER, the one whose first mail was received
 * last first, or the other way round, also within a second.  The work of a call is bounded: a page
 * can be shorter than the limit, also empty, and still have a `next`.  Returns 0; -1 on a fault, or
 * if `before` or `state` is malformed. */
int series_report_list(struct store *store, struct arena *arena, const struct series_filter *filter,
                       struct series_page *page);

/* Return true if TEXT can be the `before`, or the `state`, of a filter. */
bool series_report_is_cursor(const char *text);
bool series_report_is_state(const char *text);

#endif
