/* SPDX-License-Identifier: BSD-2-Clause
 *
 * event-text.h - an event as one line for people: patchmark-events(7) says what the data means.
 */
#ifndef EVENT_TEXT_H
#define EVENT_TEXT_H

#include "arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What a line can tell of.  Strings are as they came, "" when there is none; numbers are -1. */
struct event_facts {
    const char *time, *type, *host;
    const char *kind, *author, *subject, *title;
    const char *series, *old, *how; /* ids; OLD: of the series that it takes the place of */
    const char **same_as;           /* ids */
    size_t same_as_count;
    int64_t version, total, elapsed; /* seconds */
    int64_t have;                    /* parts, without the cover */
    int64_t *missing;                /* parts */
    size_t missing_count;
    const char *tag, *person; /* of a tag that was given: "Reviewed-by", "Ada <ada@example.org>" */
    bool for_all;             /* the tag holds for the whole series */
    const char *range;        /* for these parts of it, "2-4" */
    bool by_other;            /* the tag names somebody else than its sender */
    int64_t target;           /* part that is answered */
    const char *url, *ref;    /* to pull from */
    bool is_signed;
    const char *who; /* reports, or took something: a robot, or an address if not the author's */
    const char *verdict; /* of a report */
    const char **trees, **commits;
    size_t tree_count, commit_count;
    const char *state, *sink, *counts; /* of the service; COUNTS is made up of names and numbers */
    int64_t lost;                      /* events */
};

struct event_style {
    int columns; /* of the terminal; 0: lines are not cut */
    bool colours;
};

/* Writes EVENT as a line with its newline; nothing in it can do anything to a terminal. */
void event_text_write(FILE *stream, const struct event_facts *event,
                      const struct event_style *style);

#endif
