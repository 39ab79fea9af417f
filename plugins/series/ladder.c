/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ladder.c - determines the series to which a posting belongs: see series.h.
 *
 * An id that was written on a mail cannot change.  So the id is a hash of a text, the anchor, which
 * is taken from the mail itself if it has enough information; the id is then the same in every
 * order of arrival.  Otherwise the id comes from the index.  The first of these rungs that applies
 * is used:
 *
 *   1  seen before      the same Message-ID was recorded: the same series
 *   2  known parent     the series of a mail to which the posting refers, if the posting fits
 *   3  run stamp        the anchor is the text that all Message-IDs of one run of a tool share
 *   4  waiting parts    the series of earlier parts that answer this mail
 *      unknown parent   the anchor is the Message-ID of the mail that the posting answers
 *   5  loose            a series of the same author in the same minutes that lacks this part;
 *                       otherwise the anchor is the posting's own Message-ID
 *
 * A mail of another author never enters a series: the authors are always compared.
 */
#include "series.h"
#include "stamp.h"

#include <stdio.h>
#include <string.h>

#define LOOSE_SECONDS (20 * 60) /* between the mails of a loose series, by time of receipt */
#define TIMED_SECONDS 60        /* from the first mail of a run to the last, by their Message-IDs */
#define FOUND_MAX     32        /* series of one key that are examined */
#define ANCHOR_SIZE   1024

/* ---- comparisons -------------------------------------------------------------------------- */

/* Returns true if the numbers are equal or one of them is not stated. */
static bool numbers_fit(int64_t one, int64_t other) {
    return one == other || one < 0 || other < 0;
}

static const char *parent_of(const struct posting *posting) {
    const char *parent = patchmark_message_reference(posting->message, 0);

    return parent ? stamp_original(parent) : NULL;
}

/* Looks up an earlier mail and its series.  Returns false if the mail or its series is unknown. */
static bool series_of(const struct posting *posting, const char *message_id,
                      struct patchmark_known *known, struct patchmark_series *series) {
    known->struct_size = sizeof(*known);
    series->struct_size = sizeof(*series);
    return patchmark_index_message(posting->message, message_id, known) && *known->series &&
           patchmark_index_series(posting->message, known->series, series);
}

/* Returns true if the mail is a direct answer to the cover of SERIES. */
static bool answers_cover(const struct posting *posting, const struct patchmark_series *series) {
    const char *parent = parent_of(posting);
    struct patchmark_series other;
    struct patchmark_known known;

    return parent && series_of(posting, parent, &known, &other) && known.part == 0 &&
           strcmp(other.id, series->id) == 0;
}

/* Returns true if the versions are equal, or if only one of them is stated and a cover connects the
 * two mails: some senders state the version in the cover only, others in the parts only.  The parts
 * of the next version can also be below the older cover in the thread; therefore a part that states
 * its version must be a direct answer to the cover.  A part that states none has the version of the
 * mail that it answers (BELOW). */
static bool versions_fit(const struct posting *posting, const struct patchmark_series *series,
                         bool below) {
    if (posting->version == series->version || posting->part == 0)
        return numbers_fit(posting->version, series->version);
    if (posting->version >= 0)
        return series->version < 0 && answers_cover(posting, series);
    return below || patchmark_index_taken(posting->message, series->id, 0);
}

/* A series of one part is mostly a patch without number, so to that one only a mail that states the
 * total 1 can be added. */
static bool author_and_total_fit(const struct posting *posting,
                                 const struct patchmark_series *series) {
    return strcmp(posting->author, series->author) == 0 && posting->numbered &&
           (series->total == 1 ? posting->total == 1 : numbers_fit(posting->total, series->total));
}

/* Returns true if the part number is free, or is larger than the total: any number of patches may
 * be added to a series. */
static bool has_room(const struct posting *posting, const struct patchmark_series *series) {
    return (posting->total >= 0 && posting->part > posting->total) ||
           !patchmark_index_taken(posting->message, series->id, posting->part);
}

/* Returns true if the mail can be a member of SERIES.  BELOW is true if it refers to one of its
 * members. */
static bool fits(const struct posting *posting, const struct patchmark_series *series, bool below) {
    return author_and_total_fit(posting, series) && versions_fit(posting, series, below) &&
           has_room(posting, series);
}

/* ---- places ------------------------------------------------------------------------------- */

static void place_in_series(struct place *place, const struct patchmark_series *series) {
    place->series = *series;
    place->known = true;
    snprintf(place->id, sizeof(place->id), "%s", series->id);
}

/* Fills PLACE with the series whose id is the hash of ANCHOR, known or new. */
static void place_from_text(const struct posting *posting, const char *anchor,
                            struct place *place) {
    struct patchmark_series series = {.struct_size = sizeof(series)};

    place->known = false;
    patchmark_id("s1-", patchmark_text_of(anchor), place->id);
    if (patchmark_index_series(posting->message, place->id, &series))
        place_in_series(place, &series);
}

/* Fills PLACE with the series that ANCHOR identifies.  If a series of another author has this
 * anchor, the Message-ID may be forged: the author is then added to the anchor. */
static void place_from_anchor(const struct posting *posting, const char *anchor,
                              struct place *place) {
    char salted[ANCHOR_SIZE];

    place_from_text(posting, anchor, place);
    if (!place->known || strcmp(place->series.author, posting->author) == 0)
        return;
    snprintf(salted, sizeof(salted), "%s\n%s", anchor, posting->author);
    place_from_text(posting, salted, place);
}

/* Fills PLACE with the series whose anchor is the posting's own Message-ID.  Earlier mails that
 * answer the posting may have used that anchor although they belong to another series, most often
 * to its next version: version and total are then added to the anchor. */
static void place_from_message_id(const struct posting *posting, struct place *place) {
    char salted[ANCHOR_SIZE];

    place_from_anchor(posting, posting->message_id, place);
    if (!place->known || (posting->numbered ? author_and_total_fit(posting, &place->series) &&
                                                  versions_fit(posting, &place->series, false)
                                            : place->series.total == 1))
        return;
    snprintf(salted, sizeof(salted), "%s\n%lld/%lld", posting->message_id,
             (long long)posting->version, (long long)posting->total);
    place_from_anchor(posting, salted, place);
}

/* Writes the key under which a series waits for the mail with MESSAGE_ID. */
static void wait_key_write(const char *message_id, char key[KEY_SIZE]) {
    snprintf(key, KEY_SIZE, "wait %s", message_id);
}

/* ---- runs of tools ------------------------------------------------------------------------ */

/* Returns the seconds by which the time in Message-IDs of one run may advance until PART: hg adds
 * one second for each mail. */
static int64_t clock_range(int64_t part) {
    return TIMED_SECONDS + part;
}

/* Writes the stamp of a run of a tool that puts the time in Message-IDs.  The run began with the
 * oldest reference that the same user's tool made at most clock_range seconds before ID; its time
 * is part of the stamp.  FIRST is the number of the first reference that ID answers. */
static bool stamp_timed(const struct posting *posting, const char *id, size_t first,
                        char stamp[STAMP_SIZE]) {
    size_t count = patchmark_message_reference_count(posting->message);
    char tool[STAMP_SIZE], other[STAMP_SIZE];
    int64_t second, earlier, began;

    if (!stamp_read_timed(id, tool, &second))
        return false;
    began = second;
    for (size_t i = first; i < count && posting->part >= 1; i++)
        if (stamp_read_timed(patchmark_message_reference(posting->message, i), other, &earlier) &&
            strcmp(tool, other) == 0 && earlier < began &&
            second - earlier <= clock_range(posting->part))
            began = earlier;
    snprintf(stamp, STAMP_SIZE, "%.*s %lld", STAMP_SIZE - 24, tool, (long long)began);
    return true;
}

/* Writes the stamp of the run that made the mail.  Returns false if there is none, or if the run
 * started with a later part: it then continues an earlier run that was interrupted, and its stamp
 * does not identify the series. */
static bool stamp_own(const struct posting *posting, char stamp[STAMP_SIZE]) {
    long counter;

    if (!stamp_read(posting->message_id, stamp, &counter))
        return false;
    if (!posting->numbered) /* each further patch without number is a series of its own */
        return counter <= 1;
    return posting->part <= counter;
}

/* Returns true if one run of a tool made both the mail and REFERENCE. */
static bool is_same_run(const struct posting *posting, const char *reference) {
    char own[STAMP_SIZE], other[STAMP_SIZE];
    int64_t second, earlier;
    long counter;

    if (stamp_own(posting, own))
        return stamp_read(reference, other, &counter) && strcmp(own, other) == 0;
    return stamp_read_timed(posting->message_id, own, &second) &&
           stamp_read_timed(reference, other, &earlier) && strcmp(own, other) == 0 &&
           earlier <= second && second - earlier <= clock_range(posting->part);
}

/* ---- the rungs ---------------------------------------------------------------------------- */

/* Rung 1.  If the earlier mail with this Message-ID has another sender or another part number, the
 * Message-ID is forged, and the place is a series of its own.  So the sender of an answer cannot
 * enter the series by sending a posting with the same Message-ID. */
static bool seen_before(const struct posting *posting, struct place *place) {
    const char *message_id = patchmark_message_id(posting->message);
    struct patchmark_known known = {.struct_size = sizeof(known)};
    struct patchmark_series series = {.struct_size = sizeof(series)};

    if (!patchmark_index_message(posting->message, message_id, &known))
        return false;
    if (strcmp(known.sender, posting->author) != 0 ||
        (*known.series && known.part != posting->part)) {
        char salted[ANCHOR_SIZE];

        place->forged = true;
        snprintf(salted, sizeof(salted), "%s\n%s", posting->message_id, posting->author);
        patchmark_id("s1-", patchmark_text_of(salted), place->id);
        return true;
    }
    if (!*known.series)
        return false;
    snprintf(place->id, sizeof(place->id), "%s", known.series);
    if (patchmark_index_series(posting->message, known.series, &series)) {
        place->series = series;
        place->known = true;
    }
    return true;
}

/* Rung 2: the series of the nearest reference that is known, if the mail fits. */
static bool known_parent(const struct posting *posting, struct place *place) {
    size_t count = patchmark_message_reference_count(posting->message);

    if (!posting->numbered || posting->part < 1)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *reference = patchmark_message_reference(posting->message, i);
        struct patchmark_series series;
        struct patchmark_known known;

        if (series_of(posting, reference, &known, &series)) {
            if (fits(posting, &series, true)) {
                place_in_series(place, &series);
                place->answers_member = i == 0;
                return true;
            }
        } else if (is_same_run(posting, stamp_original(reference))) {
            return false; /* the mails above it belong to another posting */
        }
    }
    return false;
}

/* Rung 3.  All mails of one run are one series, whatever their part numbers are.  But two runs of a
 * tool that puts the time in Message-IDs can start in the same second; then the mail must fit. */
static bool run_stamp(const struct posting *posting, struct place *place) {
    char stamp[STAMP_SIZE];

    if (stamp_own(posting, stamp)) {
        place_from_anchor(posting, stamp, place);
        return true;
    }
    if (!posting->numbered || !stamp_timed(posting, posting->message_id, 0, stamp))
        return false;
    place_from_anchor(posting, stamp, place);
    return !place->known || fits(posting, &place->series, true);
}

/* Finds a series whose parts answer this mail, arrived before it, and into which it fits. */
static bool waiting_series(const struct posting *posting, struct patchmark_series *series) {
    struct patchmark_series found[FOUND_MAX];
    char key[KEY_SIZE];
    size_t count;

    found[0].struct_size = sizeof(found[0]);
    wait_key_write(posting->message_id, key);
    count = patchmark_index_find(posting->message, key, found, FOUND_MAX);
    for (size_t i = 0; i < count; i++) {
        if (fits(posting, &found[i], false)) {
            *series = found[i];
            return true;
        }
    }
    return false;
}

/* Rung 4, for a mail that arrives after parts that answer it. */
static bool waiting_parts(const struct posting *posting, struct place *place) {
    struct patchmark_series series;

    if (!waiting_series(posting, &series))
        return false;
    place_in_series(place, &series);
    return true;
}

/* Rung 4, for a part whose parent has not arrived, or arrived from the same sender and belongs to
 * no series: it may be a cover without tag. */
static bool unknown_parent(const struct posting *posting, struct place *place) {
    struct patchmark_known known = {.struct_size = sizeof(known)};
    const char *parent = parent_of(posting);
    char stamp[STAMP_SIZE];
    long counter;

    if (!posting->numbered || posting->part < 1 || !parent)
        return false;
    if (patchmark_index_message(posting->message, parent, &known) &&
        (*known.series || strcmp(known.sender, posting->author) != 0))
        return false;
    if (stamp_read(parent, stamp, &counter) || stamp_timed(posting, parent, 1, stamp))
        place_from_anchor(posting, stamp, place);
    else
        place_from_anchor(posting, parent, place);
    return !place->known || fits(posting, &place->series, false);
}

/* Rung 5: a series of the author with the same version and total that lacks this part and changed
 * in the last (or next) 20 minutes. */
static bool loose(const struct posting *posting, struct place *place) {
    struct patchmark_series found[FOUND_MAX];
    char key[KEY_SIZE];
    size_t count;

    if (!posting->numbered || posting->total < 0)
        return false;
    snprintf(key, sizeof(key), "by %s", posting->author);
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(posting->message, key, found, FOUND_MAX);
    for (size_t i = 0; i < count; i++) {
        int64_t apart = posting->received - found[i].changed;

        /* A cover [PATCH 0/1] and a patch without number need not belong together. */
        if (found[i].total == 1 && posting->part != 1)
            continue;
        if (found[i].total == posting->total && found[i].version == posting->version &&
            apart <= LOOSE_SECONDS && apart >= -LOOSE_SECONDS && fits(posting, &found[i], false)) {
            place_in_series(place, &found[i]);
            return true;
        }
    }
    return false;
}

/* ---- the ladder --------------------------------------------------------------------------- */

/* Sets place->same_as if parts of another series wait for this mail and it fits there: both are one
 * series.  The parts of a next version may wait for a mail of the preceding one, so the versions
 * must be equal. */
static void same_as_find(const struct posting *posting, struct place *place) {
    struct patchmark_series other;

    if (waiting_series(posting, &other) && other.version == posting->version &&
        strcmp(other.id, place->id) != 0)
        snprintf(place->same_as, sizeof(place->same_as), "%s", other.id);
}

/* If the parent of a part has not arrived, the series waits for it.  If the parent is a mail of the
 * same sender that belongs to no series, and the series has no cover, it is the cover, without tag.
 */
static void parent_record(const struct posting *posting, struct place *place) {
    struct patchmark_known known = {.struct_size = sizeof(known)};
    const char *parent = parent_of(posting);

    if (!parent || posting->part < 1 || place->answers_member)
        return;
    if (!patchmark_index_message(posting->message, parent, &known))
        wait_key_write(parent, place->wait_key);
    else if (!*known.series && strcmp(known.sender, posting->author) == 0 &&
             strcmp(known.kind, "reply") != 0 &&
             !patchmark_index_taken(posting->message, place->id, 0))
        place->adopts = parent;
}

void ladder_place(const struct posting *posting, struct place *place) {
    *place = (struct place){.known = false};
    if (seen_before(posting, place))
        return;
    if (!known_parent(posting, place) && !run_stamp(posting, place) &&
        !waiting_parts(posting, place) && !unknown_parent(posting, place) && !loose(posting, place))
        place_from_message_id(posting, place);
    if (!posting->numbered)
        return;
    same_as_find(posting, place);
    parent_record(posting, place);
}

bool ladder_is_missing_cover(const struct patchmark_message *message) {
    struct patchmark_series found[FOUND_MAX];
    char key[KEY_SIZE];
    size_t count;

    found[0].struct_size = sizeof(found[0]);
    wait_key_write(stamp_original(patchmark_message_id(message)), key);
    count = patchmark_index_find(message, key, found, FOUND_MAX);
    for (size_t i = 0; i < count; i++)
        if (strcmp(found[i].author, patchmark_message_sender(message)) == 0 &&
            !patchmark_index_taken(message, found[i].id, 0))
            return true;
    return false;
}
