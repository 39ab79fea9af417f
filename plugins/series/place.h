/* SPDX-License-Identifier: BSD-2-Clause
 *
 * place.h - the place of a posting: a series that is known, or the id that is made of an anchor.
 *
 * An anchor is a text that the mails of one series share, and the id is its hash: see ladder.c.
 * Each function fills the fields of PLACE that it names; the others keep their values.  They do not
 * fail.
 */
#ifndef PLACE_H
#define PLACE_H

#include "run.h"
#include "series.h"

/* Fills PLACE (id, known, series) with SERIES, a series of the index. */
void place_in_series(struct place *place, const struct patchmark_series *series);

/* Fills PLACE (id, known, series) with the series that ANCHOR identifies.  If a series of another
 * author has this anchor, the Message-ID may be forged: the author is then added to the anchor. But
 * a series whose author is the same one as far as another list shows gives way to the author's own
 * mail: PLACE.displaces is then the id of that series from now on. */
void place_from_anchor(const struct posting *posting, const char *anchor, struct place *place);

/* Fills PLACE, and PLACE.loose, with the series whose anchor is the posting's own Message-ID, or
 * that of the first mail of a run that goes on from an earlier one.  Earlier mails that answer the
 * posting may have used that anchor although they belong to another series, most often to its next
 * version: version and total are then added to the anchor. */
void place_from_message_id(const struct posting *posting, struct place *place);

/* Fills PLACE, and PLACE.split, with the series of the mails of RUN in which counter and part
 * number differ by as much as in the posting. */
void place_in_part_of_run(const struct posting *posting, const struct run *run,
                          struct place *place);

/* Sets PLACE.id to that of a series of the posting alone, whose Message-ID its author used before,
 * for another mail.  The index is not asked for it. */
void place_apart(const struct posting *posting, struct place *place);

#endif
