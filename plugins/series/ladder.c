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
#include "run.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LOOSE_SECONDS (20 * 60) /* between the mails of a loose series, by time of receipt */
#define FOUND_MAX     32        /* series of one key that are examined */
#define PARTS_MAX     64        /* part numbers of a series that are examined */
#define ANCHOR_SIZE   1024
#define NOTE_SIZE     128

/* Returns true if the mail may be a member of SERIES. */
typedef bool series_filter(const struct posting *posting, const struct patchmark_series *series);

/* ---- comparisons -------------------------------------------------------------------------- */

/* Returns true if the numbers are equal or one of them is not stated. */
static bool numbers_fit(int64_t one, int64_t other) {
    return one == other || one < 0 || other < 0;
}

static bool author_fits(const struct posting *posting, const struct patchmark_series *series) {
    return posting_author_is(posting, series->author, series->via, series->lists);
}

static const char *parent_of(const struct posting *posting) {
    const char *parent = patchmark_message_reference(posting->message, 0);

    return parent ? stamp_original(parent) : NULL;
}

/* Returns Message-ID I of the posting, counted from 0: first the one that its sender's tool wrote.
 * NULL if there is no such Message-ID. */
static const char *id_of(const struct posting *posting, size_t i) {
    if (i == 0)
        return posting->message_id;
    if (i == 1)
        return stamp_original(patchmark_message_id(posting->message));
    return patchmark_message_other_id(posting->message, i - 2);
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
    return author_fits(posting, series) && posting->numbered &&
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

static bool has_note(const struct posting *posting, const struct patchmark_series *series,
                     const char *note) {
    return patchmark_index_shared(posting->message, series->id, &note, 1) == 1;
}

/* Returns the number of part numbers of SERIES that are taken, of the first PARTS_MAX. */
static size_t parts_taken(const struct posting *posting, const struct patchmark_series *series) {
    size_t count = 0;

    for (int64_t part = 0; part <= series->total && part < PARTS_MAX; part++)
        count += patchmark_index_taken(posting->message, series->id, part);
    return count;
}

static void total_note(const struct posting *posting, char note[NOTE_SIZE]) {
    snprintf(note, NOTE_SIZE, "total %lld", (long long)posting->total);
}

/* Returns true if the mail, which answers the cover of SERIES, is a part of it although it states
 * another total: a patch was added or removed after the cover was written.  Then the parts agree
 * with each other. */
static bool fits_with_other_total(const struct posting *posting,
                                  const struct patchmark_series *series) {
    char note[NOTE_SIZE];

    if (posting->total <= 1 || series->total < 0 || posting->part > posting->total ||
        !author_fits(posting, series) || !versions_fit(posting, series, true) ||
        !has_room(posting, series))
        return false;
    total_note(posting, note);
    return parts_taken(posting, series) == 1 || has_note(posting, series, note);
}

/* Returns true if the Message-ID is from no tool that puts a stamp there. */
static bool is_unstamped(const char *message_id) {
    char stamp[STAMP_SIZE];
    int64_t second;
    long counter;

    return !stamp_read(message_id, stamp, &counter) &&
           !stamp_read_timed(message_id, stamp, &second);
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

/* Writes the anchor of a series of AUTHOR, who is known only through the list VIA unless that is
 * "", while ANCHOR itself belongs to another author. */
static void anchor_salt(const char *anchor, const char *author, const char *via,
                        char salted[ANCHOR_SIZE]) {
    snprintf(salted, ANCHOR_SIZE, "%s\n%s%s%s", anchor, author, *via ? "\n" : "", via);
}

/* Fills PLACE with the series that ANCHOR identifies.  If a series of another author has this
 * anchor, the Message-ID may be forged: the author is then added to the anchor.  But a series whose
 * author is the same one as far as another list shows gives way to the author's own mail. */
static void place_from_anchor(const struct posting *posting, const char *anchor,
                              struct place *place) {
    const struct patchmark_series *found = &place->series;
    char salted[ANCHOR_SIZE];

    place_from_text(posting, anchor, place);
    if (!place->known || author_fits(posting, found))
        return;
    if (!*posting->via && *found->via && *posting->author &&
        strcmp(found->author, posting->author) == 0) {
        anchor_salt(anchor, found->author, found->via, salted);
        patchmark_id("s1-", patchmark_text_of(salted), place->displaces);
        place->known = false;
        return;
    }
    anchor_salt(anchor, posting->author, posting->via, salted);
    place_from_text(posting, salted, place);
}

/* Fills PLACE with the series whose anchor is the posting's own Message-ID, or that of the first
 * mail of a run that goes on from an earlier one.  Earlier mails that answer the posting may have
 * used that anchor although they belong to another series, most often to its next version: version
 * and total are then added to the anchor. */
static void place_from_message_id(const struct posting *posting, struct place *place) {
    const char *anchor = posting->message_id;
    char salted[ANCHOR_SIZE];
    struct run run;

    if (posting->numbered && run_read(posting, &run) && run.goes_on && *run.first)
        anchor = run.first;
    else
        place->loose = true;
    patchmark_explain(posting->facts, "series",
                      "rung 5, Message-ID: no earlier mail fits; made of %s", anchor);
    place_from_anchor(posting, anchor, place);
    if (!place->known || (posting->numbered ? author_and_total_fit(posting, &place->series) &&
                                                  versions_fit(posting, &place->series, false)
                                            : place->series.total == 1))
        return;
    snprintf(salted, sizeof(salted), "%s\n%lld/%lld", anchor, (long long)posting->version,
             (long long)posting->total);
    place_from_anchor(posting, salted, place);
}

/* Writes the key under which a series of AUTHOR waits for the mail with MESSAGE_ID. */
static void wait_key_write(const char *author, const char *message_id, char key[KEY_SIZE]) {
    snprintf(key, KEY_SIZE, "wait %s %s", author, message_id);
}

/* ---- 1: seen before ----------------------------------------------------------------------- */

/* The earlier mail that the index returns for the posting's own Message-ID has the same sender.  If
 * it has another part number, the place is a series of its own: so the sender of an answer cannot
 * enter the series by sending a posting with the same Message-ID. */
static bool seen_before(const struct posting *posting, struct place *place) {
    const char *message_id = patchmark_message_id(posting->message);
    struct patchmark_known known = {.struct_size = sizeof(known)};
    struct patchmark_series series = {.struct_size = sizeof(series)};

    if (!patchmark_index_message(posting->message, message_id, &known))
        return false;
    place->reused = *known.series && known.part != posting->part;
    if (place->reused) {
        char salted[ANCHOR_SIZE];

        snprintf(salted, sizeof(salted), "%s\n%s", posting->message_id, posting->author);
        patchmark_id("s1-", patchmark_text_of(salted), place->id);
        patchmark_explain(posting->facts, "series",
                          "rung 1, seen before: its sender used its Message-ID for another mail");
        return true;
    }
    if (!*known.series)
        return false;
    patchmark_explain(posting->facts, "series",
                      "rung 1, seen before: the index has the mail in this series");
    place->seen = true;
    place->was = known;
    snprintf(place->id, sizeof(place->id), "%s", known.series);
    if (patchmark_index_series(posting->message, known.series, &series)) {
        place->series = series;
        place->known = true;
    }
    return true;
}

/* ---- 2: known parent ---------------------------------------------------------------------- */

/* The series of the nearest reference that is known, if the mail fits. */
static bool known_parent(const struct posting *posting, struct place *place) {
    size_t count = patchmark_message_reference_count(posting->message);
    struct run run;
    bool goes_on = run_read(posting, &run) && run.goes_on;

    if (!posting->numbered || posting->part < 1)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *reference = patchmark_message_reference(posting->message, i);
        struct patchmark_series series;
        struct patchmark_known known;

        if (series_of(posting, reference, &known, &series)) {
            if (fits(posting, &series, true) ||
                (i == 0 && known.part == 0 && fits_with_other_total(posting, &series))) {
                place_in_series(place, &series);
                place->answers_member = i == 0;
                patchmark_explain(posting->facts, "series",
                                  "rung 2, known parent: it refers to %s, a mail of this series",
                                  reference);
                return true;
            }
        } else if (!goes_on && run_made(posting, stamp_original(reference))) {
            return false; /* the mails above it belong to another posting */
        }
    }
    return false;
}

/* ---- 4: waiting parts --------------------------------------------------------------------- */

static bool fits_from_below(const struct posting *posting, const struct patchmark_series *series) {
    return fits(posting, series, false);
}

/* Finds a series whose parts answer this mail, arrived before it, and into which it fits, as FIT
 * determines. */
static bool waiting_series(const struct posting *posting, series_filter *fit,
                           struct patchmark_series *series) {
    struct patchmark_series found[FOUND_MAX];
    char key[KEY_SIZE];
    const char *id;

    found[0].struct_size = sizeof(found[0]);
    for (size_t i = 0; (id = id_of(posting, i)); i++) {
        size_t count;

        if (i > 0 && strcmp(id, posting->message_id) == 0)
            continue;
        wait_key_write(posting->author, id, key);
        count = patchmark_index_find(posting->message, key, found, FOUND_MAX);
        for (size_t j = 0; j < count; j++)
            if (fit(posting, &found[j])) {
                *series = found[j];
                return true;
            }
    }
    return false;
}

/* Returns true if the mail is the cover that SERIES lacks although it states another total: a patch
 * was added or removed after the cover was written.  Such a cover can also be that of another set,
 * whose author sent this one below it; so it must arrive in the same minutes. */
static bool fits_as_cover(const struct posting *posting, const struct patchmark_series *series) {
    int64_t apart = posting->received - series->changed;

    return apart <= LOOSE_SECONDS && apart >= -LOOSE_SECONDS && posting->numbered &&
           posting->part == 0 && posting->total > 1 && series->total > 1 &&
           posting->version == series->version && author_fits(posting, series) &&
           has_room(posting, series);
}

/* For a mail that arrives after parts that answer it. */
static bool waiting_parts(const struct posting *posting, struct place *place) {
    struct patchmark_series series;

    if (!waiting_series(posting, fits_from_below, &series) &&
        !waiting_series(posting, fits_as_cover, &series))
        return false;
    place_in_series(place, &series);
    patchmark_explain(posting->facts, "series",
                      "rung 4, waiting parts: earlier parts of this series refer to it");
    return true;
}

/* ---- 5: loose ----------------------------------------------------------------------------- */

/* Returns true if the mail can be a member of SERIES, which has the same version and total, lacks
 * this part and changed in the last (or next) 20 minutes. */
static bool fits_loosely(const struct posting *posting, const struct patchmark_series *series) {
    int64_t apart = posting->received - series->changed;

    /* A cover [PATCH 0/1] and a patch without number need not belong together. */
    if (series->total == 1 && posting->part != 1)
        return false;
    return series->total == posting->total && series->version == posting->version &&
           apart <= LOOSE_SECONDS && apart >= -LOOSE_SECONDS && fits(posting, series, false);
}

/* Finds the newest series of the author, under the key "KIND AUTHOR", into which the mail fits
 * loosely and that FILTER accepts, unless that is NULL. */
static bool loose_find(const struct posting *posting, const char *kind, series_filter *filter,
                       struct place *place) {
    struct patchmark_series found[FOUND_MAX];
    char key[KEY_SIZE];
    size_t count;

    if (!posting->numbered || posting->total < 0)
        return false;
    snprintf(key, sizeof(key), "%s %s", kind, posting->author);
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(posting->message, key, found, FOUND_MAX);
    for (size_t i = 0; i < count; i++)
        if (fits_loosely(posting, &found[i]) && (!filter || filter(posting, &found[i]))) {
            place_in_series(place, &found[i]);
            return true;
        }
    return false;
}

static bool loose(const struct posting *posting, struct place *place) {
    if (!loose_find(posting, "by", NULL, place))
        return false;
    patchmark_explain(posting->facts, "series",
                      "rung 5, loose: this series of the same author, version and total lacks the "
                      "part and changed within 20 minutes");
    return true;
}

/* ---- 3: run stamp ------------------------------------------------------------------------- */

static void own_run_note(int64_t part, char note[NOTE_SIZE]) {
    snprintf(note, NOTE_SIZE, "own run %lld", (long long)part);
}

/* Returns true if each mail of SERIES was the first one of a run of its own. */
static bool is_of_own_runs(const struct posting *posting, const struct patchmark_series *series) {
    char notes[PARTS_MAX][NOTE_SIZE];
    const char *all[PARTS_MAX];
    size_t count = 0;

    for (int64_t part = 0; part <= series->total && part < PARTS_MAX; part++)
        if (patchmark_index_taken(posting->message, series->id, part)) {
            own_run_note(part, notes[count]);
            all[count] = notes[count];
            count++;
        }
    return count > 0 && patchmark_index_shared(posting->message, series->id, all, count) == count;
}

/* The cover or first part of a series of which each mail was sent by its own run.  (The other parts
 * have counter 1, too, so their runs go on from others.) */
static bool own_run(const struct posting *posting, const struct run *run, struct place *place) {
    if (!run_starts(posting, run) || !loose_find(posting, "by", is_of_own_runs, place))
        return false;
    patchmark_explain(
        posting->facts, "series",
        "rung 3, own runs: each mail of this series was sent by a run of its own, and "
        "this one fits loosely");
    return true;
}

/* A mail of a run of which other mails were found to belong to a series with another anchor. */
static bool run_elsewhere(const struct posting *posting, const struct run *run,
                          struct place *place) {
    struct patchmark_series found[FOUND_MAX];
    char key[KEY_SIZE];
    size_t count;

    snprintf(key, sizeof(key), "run %s %s", posting->author, run->stamp);
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(posting->message, key, found, FOUND_MAX);
    for (size_t i = 0; i < count; i++)
        if (fits(posting, &found[i], true)) {
            place_in_series(place, &found[i]);
            patchmark_explain(posting->facts, "series",
                              "rung 3, run stamp %s: other mails of the run are in this series",
                              run->stamp);
            return true;
        }
    return false;
}

/* Returns true if the cover of a run without one (the counter is the part number) may have been
 * written in a mail program and have the Message-ID REFERENCE, from no tool.  A run can also be in
 * reply to a mail of somebody else; then only its first mail answers that directly.  So a later
 * part must do so, or else the host must be that of the author. */
static bool is_hand_made_cover(const struct posting *posting, const char *reference, bool direct) {
    const char *host = strchr(reference, '@'), *own = strchr(posting->author, '@');

    return is_unstamped(reference) && posting->version <= 1 && posting->total >= 2 &&
           !posting->repeats_version && direct &&
           (posting->part > 1 || (host && own && strcasecmp(host, own) == 0));
}

/* Returns true if REFERENCE is from the first mail of another run of the same user's tool, which
 * started at most 20 minutes before: the cover, sent by a run of its own.  Its stamp is STAMP. */
static bool is_cover_of_own_run(const struct posting *posting, const struct run *run,
                                const char *reference, char stamp[STAMP_SIZE]) {
    int64_t second, earlier;
    long counter;

    return stamp_git_second(reference, &earlier) && stamp_read(reference, stamp, &counter) &&
           counter == 1 && strcmp(strchr(stamp, '*'), strchr(run->stamp, '*')) == 0 &&
           stamp_git_second(posting->message_id, &second) && second >= earlier &&
           second - earlier <= LOOSE_SECONDS;
}

/* Returns the nearest reference to a mail that the run did not make, and sets *DIRECT to whether
 * the mail answers that directly.  Returns NULL if there is none. */
static const char *reference_of_run(const struct posting *posting, bool *direct) {
    const char *reference;

    *direct = true;
    for (size_t i = 0; (reference = patchmark_message_reference(posting->message, i)); i++) {
        reference = stamp_original(reference);
        if (!run_made(posting, reference))
            return reference;
        *direct = false;
    }
    return NULL;
}

/* A part of a run without cover, below a cover that was sent otherwise and has not arrived. */
static bool cover_elsewhere(const struct posting *posting, const struct run *run,
                            struct place *place) {
    struct patchmark_known known = {.struct_size = sizeof(known)};
    char stamp[STAMP_SIZE];
    const char *reference;
    bool direct;

    if (!posting->numbered || run->counter != posting->part || !*run->first)
        return false;
    reference = reference_of_run(posting, &direct);
    if (!reference || patchmark_index_message(posting->message, reference, &known))
        return false;
    if (is_cover_of_own_run(posting, run, reference, stamp))
        place_from_anchor(posting, stamp, place);
    else if (is_hand_made_cover(posting, reference, direct))
        place_from_anchor(posting, reference, place);
    else
        return false;
    if (place->known && !fits(posting, &place->series, false))
        return false;
    patchmark_explain(
        posting->facts, "series",
        "rung 3, run stamp %s: the run has no cover; %s, sent otherwise, is taken for "
        "it",
        run->stamp, reference);
    return true;
}

/* Writes the tree words of the tag as a note.  Returns false if there are none. */
static bool tree_note(const struct posting *posting, char note[NOTE_SIZE]) {
    const char *tree = patchmark_fact_item(posting->facts, "subject.tree", 0);

    return tree && snprintf(note, NOTE_SIZE, "tree %s", tree) < NOTE_SIZE;
}

/* Returns true if the mail and SERIES, both made by one run, are not of one series: the part number
 * is taken; or the tag names another tree and the numbering has started anew. */
static bool is_another_project(const struct posting *posting, const struct run *run,
                               const struct patchmark_series *series) {
    char note[NOTE_SIZE];

    if (!has_room(posting, series))
        return true;
    return run->counter - posting->part > 1 && tree_note(posting, note) &&
           has_note(posting, series, "tree") && !has_note(posting, series, note);
}

/* Fills PLACE with the series of the mails of the run in which counter and part number differ by as
 * much as here. */
static void place_in_part_of_run(const struct posting *posting, const struct run *run,
                                 struct place *place) {
    char anchor[ANCHOR_SIZE];

    snprintf(anchor, sizeof(anchor), "%s\n+%lld", run->stamp,
             (long long)(run->counter - posting->part));
    place_from_anchor(posting, anchor, place);
    place->split = true;
}

static void offset_note(const struct posting *posting, const struct run *run,
                        char note[NOTE_SIZE]) {
    snprintf(note, NOTE_SIZE, "offset %lld", (long long)(run->counter - posting->part));
}

/* Returns true if the counter is larger than the number of mails of a series with cover, so that
 * the run made other mails before this series. */
static bool is_later_project(const struct posting *posting, const struct run *run) {
    return posting->total >= 0 && posting->part <= posting->total &&
           run->counter > posting->total + 1;
}

/* Fills PLACE with the series whose anchor is the stamp.  One run can send several series one after
 * the other, for several projects: then only the first one has this anchor. */
static void place_from_run(const struct posting *posting, const struct run *run,
                           struct place *place) {
    struct place first;
    char note[NOTE_SIZE];

    place_from_anchor(posting, run->stamp, place);
    if (!posting->numbered || *place->displaces ||
        (place->known ? run->counter - posting->part <= 1 &&
                            numbers_fit(posting->total, place->series.total) &&
                            !is_another_project(posting, run, &place->series)
                      : !is_later_project(posting, run)))
        return;
    first = *place;
    place_in_part_of_run(posting, run, place);
    if (place->known || !first.known || is_another_project(posting, run, &first.series))
        return;
    offset_note(posting, run, note);
    if (!is_later_project(posting, run) || has_note(posting, &first.series, note))
        *place = first;
}

/* All mails of one run are one series, unless the run made several. */
static bool run_of_counter(const struct posting *posting, const struct run *run,
                           struct place *place) {
    place_from_run(posting, run, place);
    if (!place->known && !place->split && !*place->displaces) {
        if (run_elsewhere(posting, run, place) || cover_elsewhere(posting, run, place) ||
            own_run(posting, run, place))
            return true;
        place_from_anchor(posting, run->stamp, place);
    }
    patchmark_explain(posting->facts, "series", "rung 3, run stamp %s%s", run->stamp,
                      place->split ? ": the run made several series, and this is a later one" : "");
    return true;
}

/* A run that goes on from an earlier one is looked for where that left off.  Two runs of a tool
 * that puts the time in Message-IDs can start in the same second; then the mail must fit. */
static bool run_stamp(const struct posting *posting, struct place *place) {
    char stamp[STAMP_SIZE];
    struct run run;

    if (run_read(posting, &run) && run.goes_on)
        return posting->numbered && (run_elsewhere(posting, &run, place) ||
                                     waiting_parts(posting, place) || loose(posting, place));
    if (run_read(posting, &run))
        return run_of_counter(posting, &run, place);
    if (!posting->numbered || !run_timed(posting, posting->message_id, 0, stamp))
        return false;
    place_from_anchor(posting, stamp, place);
    if (place->known && !fits(posting, &place->series, true))
        return false;
    patchmark_explain(posting->facts, "series", "rung 3, run stamp %s", stamp);
    return true;
}

/* ---- 4: unknown parent -------------------------------------------------------------------- */

/* Returns true if SERIES consists of one mail, the cover or the first part. */
static bool is_alone(const struct posting *posting, const struct patchmark_series *series) {
    return parts_taken(posting, series) == 1;
}

/* A part without stamp whose parent has not arrived, if earlier parts wait for the same mail, or if
 * a cover or first part without stamp has just arrived and lacks all others: a mail server has
 * probably replaced its Message-ID. */
static bool replaced_parent(const struct posting *posting, const char *parent,
                            struct place *place) {
    struct patchmark_series found[FOUND_MAX];
    char key[KEY_SIZE];
    size_t count;

    wait_key_write(posting->author, parent, key);
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(posting->message, key, found, FOUND_MAX);
    for (size_t i = 0; i < count; i++)
        if (fits(posting, &found[i], false)) {
            place_in_series(place, &found[i]);
            patchmark_explain(posting->facts, "series",
                              "rung 4, unknown parent: earlier parts of this series wait for %s, "
                              "too",
                              parent);
            return true;
        }
    if (!loose_find(posting, "alone", is_alone, place))
        return false;
    patchmark_explain(posting->facts, "series",
                      "rung 4, unknown parent: %s is not known, and this series of the same "
                      "minutes has one mail, whose Message-ID a server has probably replaced",
                      parent);
    return true;
}

/* For a part whose parent has not arrived, or arrived from the same sender and belongs to no
 * series: it may be a cover without tag. */
static bool unknown_parent(const struct posting *posting, struct place *place) {
    struct patchmark_known known = {.struct_size = sizeof(known)};
    const char *parent = parent_of(posting);
    char stamp[STAMP_SIZE];
    bool arrived;
    long counter;

    if (!posting->numbered || posting->part < 1 || !parent || run_made(posting, parent))
        return false;
    arrived = patchmark_index_message(posting->message, parent, &known);
    if (arrived && (*known.series || !posting_author_is(posting, known.sender, known.via, "")))
        return false;
    if (stamp_read(parent, stamp, &counter) || run_timed(posting, parent, 1, stamp))
        place_from_anchor(posting, stamp, place);
    else
        place_from_anchor(posting, parent, place);
    if (place->known && !fits(posting, &place->series, false))
        return false;
    if (!place->known && !arrived && !*place->displaces && is_unstamped(posting->message_id)) {
        struct place other = *place;

        if (replaced_parent(posting, parent, &other)) {
            *place = other;
            return true;
        }
    }
    patchmark_explain(posting->facts, "series", "rung 4, unknown parent: it answers %s, which %s",
                      parent, arrived ? "is in no series" : "is not known");
    return true;
}

/* ---- the ladder --------------------------------------------------------------------------- */

/* Sets place->same_as if parts of another series wait for this mail and it fits there: both are one
 * series.  The parts of a next version may wait for a mail of the preceding one, so the versions
 * must be equal. */
static void same_as_find(const struct posting *posting, struct place *place) {
    struct patchmark_series other;

    if (waiting_series(posting, fits_from_below, &other) && other.version == posting->version &&
        strcmp(other.id, place->id) != 0) {
        snprintf(place->same_as, sizeof(place->same_as), "%s", other.id);
        patchmark_explain(posting->facts, "series",
                          "%s is the same series: its parts wait for this mail", other.id);
    }
}

/* If the parent of a part has not arrived, the series waits for it; also if only another sender has
 * used its Message-ID, who may have forged that.  If the parent is a mail of the same sender that
 * belongs to no series, and the series has no cover, it is the cover, without tag. */
static void parent_record(const struct posting *posting, struct place *place) {
    struct patchmark_known known = {.struct_size = sizeof(known)};
    const char *parent = parent_of(posting);

    if (!parent || posting->part < 1 || place->answers_member)
        return;
    if (!patchmark_index_message(posting->message, parent, &known) ||
        !posting_author_is(posting, known.sender, known.via, ""))
        wait_key_write(posting->author, parent, place->wait_key);
    else if (!*known.series && strcmp(known.kind, "reply") != 0 &&
             !patchmark_index_taken(posting->message, place->id, 0)) {
        place->adopts = parent;
        patchmark_explain(posting->facts, "series", "%s, an earlier mail without tag, is its cover",
                          parent);
    }
}

void ladder_place(const struct posting *posting, struct place *place) {
    *place = (struct place){.known = false};
    if (seen_before(posting, place))
        return;
    if (!*posting->author) { /* nothing but the mail itself is known to belong to the sender */
        place_from_anchor(posting, posting->message_id, place);
        patchmark_explain(posting->facts, "series", "its sender is unknown: its Message-ID");
        return;
    }
    if (!known_parent(posting, place) && !run_stamp(posting, place) &&
        !waiting_parts(posting, place) && !unknown_parent(posting, place) && !loose(posting, place))
        place_from_message_id(posting, place);
    if (!posting->numbered)
        return;
    same_as_find(posting, place);
    parent_record(posting, place);
}

static int key_add(struct patchmark_facts *facts, const char *kind, const char *author,
                   const char *text) {
    char key[KEY_SIZE];

    snprintf(key, sizeof(key), "%s %s%s%s", kind, author, *text ? " " : "", text);
    return patchmark_fact_add_string(facts, "keys", key);
}

static int note_add(struct patchmark_facts *facts, const char *note) {
    return patchmark_fact_add_string(facts, "notes", note);
}

/* Adds what identifies the mails of the run that made the posting. */
static int run_keys_add(const struct posting *posting, const struct place *place,
                        struct patchmark_facts *facts) {
    char id[PATCHMARK_ID_SIZE], note[NOTE_SIZE];
    struct run run;
    int result = 0;

    if (!run_read(posting, &run))
        return 0;
    if (run_starts(posting, &run)) {
        own_run_note(posting->part, note);
        result |= note_add(facts, note);
    }
    if (run.counter - posting->part > 1) {
        offset_note(posting, &run, note);
        result |= note_add(facts, note);
    }
    if (tree_note(posting, note))
        result |= note_add(facts, "tree") | note_add(facts, note);
    patchmark_id("s1-", patchmark_text_of(run.stamp), id);
    if (!place->split && strcmp(id, place->id) != 0)
        result |= key_add(facts, "run", posting->author, run.stamp);
    return result;
}

int ladder_add_keys(const struct posting *posting, const struct place *place,
                    struct patchmark_facts *facts) {
    char note[NOTE_SIZE];
    int result = 0;

    if (!posting->numbered || !*posting->author)
        return 0;
    if (place->loose && !place->known && posting->part <= 1 && posting->total > 1 &&
        is_unstamped(posting->message_id))
        result |= key_add(facts, "alone", posting->author, "");
    if (posting->part > 0 && posting->part <= posting->total &&
        (*place->wait_key || (place->known && !numbers_fit(posting->total, place->series.total)))) {
        total_note(posting, note);
        result |= note_add(facts, note);
    }
    return result | run_keys_add(posting, place, facts);
}

bool ladder_is_missing_cover(const struct posting *posting) {
    struct patchmark_series found[FOUND_MAX];
    char key[KEY_SIZE];
    const char *id;

    found[0].struct_size = sizeof(found[0]);
    for (size_t i = 0; (id = id_of(posting, i)); i++) {
        size_t count;

        wait_key_write(posting->author, id, key);
        count = patchmark_index_find(posting->message, key, found, FOUND_MAX);
        for (size_t j = 0; j < count; j++)
            if (author_fits(posting, &found[j]) &&
                !patchmark_index_taken(posting->message, found[j].id, 0))
                return true;
    }
    return false;
}
