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
 * A mail of another author never enters a series: the authors are always compared.  fit.c compares
 * a posting with a known series; place.c makes the ids.
 */
#include "fit.h"
#include "place.h"
#include "run.h"
#include "stamp.h"

#include <stdio.h>
#include <string.h>

#define FOUND_MAX 32 /* series of one key that are examined */

/* Returns true if the mail may be a member of SERIES. */
typedef bool series_filter(const struct posting *posting, const struct patchmark_series *series);

/* Returns Message-ID I of the posting, counted from 0: first the one that its sender's tool wrote.
 * NULL if there is no such Message-ID. */
static const char *id_of(const struct posting *posting, size_t i) {
    if (i == 0)
        return posting->message_id;
    if (i == 1)
        return stamp_original(patchmark_message_id(posting->message));
    return patchmark_message_other_id(posting->message, i - 2);
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
        place_apart(posting, place);
        patchmark_explain(posting->facts, "series",
                          "seen before, but its sender used the Message-ID for another mail then");
        return true;
    }
    if (!*known.series)
        return false;
    patchmark_explain(posting->facts, "series",
                      "seen before: the index has the mail in this series");
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

        if (series_of_mail(posting, reference, &known, &series)) {
            if (posting_fits(posting, &series, true) ||
                (i == 0 && known.part == 0 && posting_fits_with_other_total(posting, &series))) {
                place_in_series(place, &series);
                place->answers_member = i == 0;
                patchmark_explain(posting->facts, "series",
                                  "it refers to %s, a mail of this series", reference);
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
    return posting_fits(posting, series, false);
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

/* For a mail that arrives after parts that answer it. */
static bool waiting_parts(const struct posting *posting, struct place *place) {
    struct patchmark_series series;

    if (!waiting_series(posting, fits_from_below, &series) &&
        !waiting_series(posting, posting_fits_as_cover, &series))
        return false;
    place_in_series(place, &series);
    patchmark_explain(posting->facts, "series", "earlier parts of this series refer to it");
    return true;
}

/* ---- 5: loose ----------------------------------------------------------------------------- */

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
        if (posting_fits_loosely(posting, &found[i]) && (!filter || filter(posting, &found[i]))) {
            place_in_series(place, &found[i]);
            return true;
        }
    return false;
}

static bool loose(const struct posting *posting, struct place *place) {
    if (!loose_find(posting, "by", NULL, place))
        return false;
    patchmark_explain(posting->facts, "series",
                      "this series of the same author, version and total lacks the "
                      "part and changed within 20 minutes");
    return true;
}

/* ---- 3: run stamp ------------------------------------------------------------------------- */

/* How an explanation names a run stamp. */
#define RUN "the Message-IDs of one run of a tool such as git send-email, %s"

/* The cover or first part of a series of which each mail was sent by its own run.  (The other parts
 * have counter 1, too, so their runs go on from others.) */
static bool own_run(const struct posting *posting, const struct run *run, struct place *place) {
    if (!run_starts(posting, run) || !loose_find(posting, "by", series_is_of_own_runs, place))
        return false;
    patchmark_explain(
        posting->facts, "series",
        "each mail of this series was sent by a run of its own, and this one has the same author, "
        "version and total");
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
        if (posting_fits(posting, &found[i], true)) {
            place_in_series(place, &found[i]);
            patchmark_explain(posting->facts, "series",
                              "other mails with " RUN " are in this series", run->stamp);
            return true;
        }
    return false;
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
    reference = run_reference(posting, &direct);
    if (!reference || patchmark_index_message(posting->message, reference, &known))
        return false;
    if (run_cover_is_of_own_run(posting, run, reference, stamp))
        place_from_anchor(posting, stamp, place);
    else if (run_cover_is_hand_made(posting, reference, direct))
        place_from_anchor(posting, reference, place);
    else
        return false;
    if (place->known && !posting_fits(posting, &place->series, false))
        return false;
    patchmark_explain(posting->facts, "series",
                      RUN ", which have no cover; %s, sent otherwise, is taken for it", run->stamp,
                      reference);
    return true;
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
                            !posting_is_of_another_project(posting, run, &place->series)
                      : !run_is_of_later_project(posting, run)))
        return;
    first = *place;
    place_in_part_of_run(posting, run, place);
    if (place->known || !first.known || posting_is_of_another_project(posting, run, &first.series))
        return;
    offset_note_write(posting, run, note);
    if (!run_is_of_later_project(posting, run) || series_has_note(posting, &first.series, note))
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
    patchmark_explain(posting->facts, "series", RUN "%s", run->stamp,
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
    if (place->known && !posting_fits(posting, &place->series, true))
        return false;
    patchmark_explain(posting->facts, "series", RUN, stamp);
    return true;
}

/* ---- 4: unknown parent -------------------------------------------------------------------- */

/* Returns true if SERIES consists of one mail, the cover or the first part. */
static bool is_alone(const struct posting *posting, const struct patchmark_series *series) {
    return series_parts_taken(posting, series) == 1;
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
        if (posting_fits(posting, &found[i], false)) {
            place_in_series(place, &found[i]);
            patchmark_explain(posting->facts, "series",
                              "earlier parts of this series wait, too, for %s, which is not known",
                              parent);
            return true;
        }
    if (!loose_find(posting, "alone", is_alone, place))
        return false;
    patchmark_explain(posting->facts, "series",
                      "%s is not known, and this series of the same "
                      "minutes has one mail, whose Message-ID a server has probably replaced",
                      parent);
    return true;
}

/* For a part whose parent has not arrived, or arrived from the same sender and belongs to no
 * series: it may be a cover without tag. */
static bool unknown_parent(const struct posting *posting, struct place *place) {
    struct patchmark_known known = {.struct_size = sizeof(known)};
    const char *parent = posting_parent(posting);
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
    if (place->known && !posting_fits(posting, &place->series, false))
        return false;
    if (!place->known && !arrived && !*place->displaces && stamp_is_missing(posting->message_id)) {
        struct place other = *place;

        if (replaced_parent(posting, parent, &other)) {
            *place = other;
            return true;
        }
    }
    patchmark_explain(posting->facts, "series", "it answers %s, which %s", parent,
                      arrived ? "is in no series" : "is not known");
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
    const char *parent = posting_parent(posting);

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
        own_run_note_write(posting->part, note);
        result |= note_add(facts, note);
    }
    if (run.counter - posting->part > 1) {
        offset_note_write(posting, &run, note);
        result |= note_add(facts, note);
    }
    if (tree_note_write(posting, note))
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
        stamp_is_missing(posting->message_id))
        result |= key_add(facts, "alone", posting->author, "");
    if (posting->part > 0 && posting->part <= posting->total &&
        (*place->wait_key || (place->known && !numbers_fit(posting->total, place->series.total)))) {
        total_note_write(posting, note);
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
            if (posting_author_fits(posting, &found[j]) &&
                !patchmark_index_taken(posting->message, found[j].id, 0))
                return true;
    }
    return false;
}
