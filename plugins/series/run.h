/* SPDX-License-Identifier: BSD-2-Clause
 *
 * run.h - the run of a sending tool that made a posting, as the Message-IDs of its mails show it.
 *
 * The functions look up nothing in the index, keep nothing and do not fail.
 */
#ifndef RUN_H
#define RUN_H

#include "series.h"
#include "stamp.h"

/* The run of a tool that counts its mails. */
struct run {
    char stamp[STAMP_SIZE];
    char first[STAMP_SIZE]; /* Message-ID of its first mail; "" if that depends on the mails */
    long counter;           /* of the posting */
    bool goes_on; /* it started with a later part, so it goes on from an earlier run that was
                   * interrupted, and its stamp does not identify the series */
};

/* Fills RUN with the run that made POSTING.  Returns false if the tool does not count its mails. */
bool run_read(const struct posting *posting, struct run *run);

/* Returns true if the posting is the first mail of its run, so that other runs may have made the
 * other mails of the series. */
bool run_starts(const struct posting *posting, const struct run *run);

/* Returns true if one run of a tool made both the mail and the mail with Message-ID REFERENCE. */
bool run_made(const struct posting *posting, const char *reference);

/* Writes the stamp of the run that made the mail with Message-ID ID, by a tool that puts the time
 * in Message-IDs.  FIRST is the number of the first reference of the posting that ID answers.
 * Returns false if ID is from none of these tools. */
bool run_timed(const struct posting *posting, const char *id, size_t first, char stamp[STAMP_SIZE]);

/* Returns the nearest reference to a mail that the run did not make, and sets *DIRECT to whether
 * the mail answers that directly.  Returns NULL if there is none. */
const char *run_reference(const struct posting *posting, bool *direct);

/* Returns true if the cover of a run without one (the counter is the part number) may have been
 * written in a mail program and have the Message-ID REFERENCE, from no tool.  A run can also be in
 * reply to a mail of somebody else; then only its first mail answers that directly.  So a later
 * part must do so, or else the host must be that of the author. */
bool run_cover_is_hand_made(const struct posting *posting, const char *reference, bool direct);

/* Returns true if REFERENCE is from the first mail of another run of the same user's tool, which
 * started at most 20 minutes before: the cover, sent by a run of its own.  Writes the stamp of that
 * run to STAMP. */
bool run_cover_is_of_own_run(const struct posting *posting, const struct run *run,
                             const char *reference, char stamp[STAMP_SIZE]);

/* Returns true if the counter is larger than the number of mails of a series with cover, so that
 * the run made other mails before this series. */
bool run_is_of_later_project(const struct posting *posting, const struct run *run);

#endif
