/* SPDX-License-Identifier: BSD-2-Clause
 *
 * applied.h - which parts of a series a mail says were applied, and as which commits.
 */
#ifndef APPLIED_H
#define APPLIED_H

#include "pipeline/mail.h"
#include "pipeline/series-view.h"

/* Returns what MAIL says was applied, in the form of struct index_answer; NULL if it says nothing.
 * The string belongs to the arena of MAIL. */
const char *applied_text(struct mail *mail);

struct applied_item {
    int64_t part;                                  /* -1 if unknown */
    const char *message_id, *title, *commit, *url; /* "" if unknown */
};

struct applied {
    struct applied_item *items;
    size_t count;
    bool partial;     /* the mail says that only some parts were applied */
    bool whole;       /* the mail says that all parts were applied */
    const char *tree; /* "" if unknown */
};

/* Reads TEXT, which applied_text returned, of a mail that answers the part TARGET (0: the cover;
 * -1: unknown) of VIEW, whose members were read; VIEW is NULL if the mail belongs to no series.  A
 * patch without number is found by its title.  If the text says that all patches were applied, all
 * that were seen are in the result.  If it names no part, the patch that the mail answers was
 * applied, also if it was not seen, or if the mail answers the cover, all that were seen, unless
 * the text says that it is partial.  ARENA owns the items; each number is in one of them at most.
 */
struct applied applied_read(struct arena *arena, const char *text, int64_t target,
                            const struct series_view *view);

#endif
