/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fit.h - whether a posting can be a member of a series that the index knows.
 *
 * The functions look mails, taken part numbers and notes up in the index, through the message of
 * the posting.  They change nothing and do not fail: what is not known does not fit.
 */
#ifndef FIT_H
#define FIT_H

#include "run.h"
#include "series.h"

#define PARTS_MAX 64  /* part numbers of a series that are examined */
#define NOTE_SIZE 128 /* bytes of a note that is compared here, with its NUL */

/* Returns true if the numbers are equal or one of them is not stated (negative). */
bool numbers_fit(int64_t one, int64_t other);

/* Returns the Message-ID of the mail that the posting answers, as the tool of its sender wrote it.
 * NULL if it answers none. */
const char *posting_parent(const struct posting *posting);

/* Looks up the earlier mail with MESSAGE_ID, and its series, and fills KNOWN and SERIES.  Returns
 * false if the mail or its series is unknown; both are then undefined. */
bool series_of_mail(const struct posting *posting, const char *message_id,
                    struct patchmark_known *known, struct patchmark_series *series);

/* ---- the whole comparison ----------------------------------------------------------------- */

/* Returns true if the posting can be a member of SERIES: author, version and total fit, and there
 * is room.  BELOW is true if it refers to one of its members. */
bool posting_fits(const struct posting *posting, const struct patchmark_series *series, bool below);

/* Returns true if the posting, which answers the cover of SERIES, is a part of it although it
 * states another total: a patch was added or removed after the cover was written.  Then the parts
 * agree with each other. */
bool posting_fits_with_other_total(const struct posting *posting,
                                   const struct patchmark_series *series);

/* Returns true if the posting is the cover that SERIES lacks although it states another total: a
 * patch was added or removed after the cover was written.  Such a cover can also be that of another
 * set, whose author sent this one below it; so it must arrive in the same minutes. */
bool posting_fits_as_cover(const struct posting *posting, const struct patchmark_series *series);

/* Returns true if the posting can be a member of SERIES, which has the same version and total,
 * lacks this part and changed in the last (or next) 20 minutes. */
bool posting_fits_loosely(const struct posting *posting, const struct patchmark_series *series);

/* ---- its conditions ----------------------------------------------------------------------- */

/* Returns true if the posting and SERIES have the same author. */
bool posting_author_fits(const struct posting *posting, const struct patchmark_series *series);

/* Returns true if the authors are the same and the totals fit.  A series of one part is mostly a
 * patch without number, so to that one only a posting that states the total 1 can be added. */
bool posting_author_and_total_fit(const struct posting *posting,
                                  const struct patchmark_series *series);

/* Returns true if the versions are equal, or if only one of them is stated and a cover connects the
 * two: some senders state the version in the cover only, others in the parts only.  The parts of
 * the next version can also be below the older cover in the thread; therefore a part that states
 * its version must be a direct answer to the cover.  A part that states none has the version of the
 * mail that it answers (BELOW). */
bool posting_version_fits(const struct posting *posting, const struct patchmark_series *series,
                          bool below);

/* Returns true if the part number is free, or is larger than the total: any number of patches may
 * be added to a series. */
bool posting_has_room(const struct posting *posting, const struct patchmark_series *series);

/* Returns the number of part numbers of SERIES that are taken, of the first PARTS_MAX. */
size_t series_parts_taken(const struct posting *posting, const struct patchmark_series *series);

/* Returns true if a mail of SERIES was recorded with NOTE. */
bool series_has_note(const struct posting *posting, const struct patchmark_series *series,
                     const char *note);

/* Returns true if the posting and SERIES, both made by one run, are not of one series: the part
 * number is taken; or the tag names another tree and the numbering has started anew. */
bool posting_is_of_another_project(const struct posting *posting, const struct run *run,
                                   const struct patchmark_series *series);

/* Returns true if each mail of SERIES was the first one of a run of its own. */
bool series_is_of_own_runs(const struct posting *posting, const struct patchmark_series *series);

/* ---- notes ---------------------------------------------------------------------------------
 * They are recorded with a mail, so that later mails of its series find what it stated. */

/* Writes the note with the total. */
void total_note_write(const struct posting *posting, char note[NOTE_SIZE]);

/* Writes the note that the mail with that part number was the first one of its run. */
void own_run_note_write(int64_t part, char note[NOTE_SIZE]);

/* Writes the note with the tree words of the tag.  Returns false if there are none. */
bool tree_note_write(const struct posting *posting, char note[NOTE_SIZE]);

/* Writes the note with the difference of the counter of RUN and the part number. */
void offset_note_write(const struct posting *posting, const struct run *run, char note[NOTE_SIZE]);

#endif
