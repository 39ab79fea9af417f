/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ladder.c - which posting a mail belongs to: see series.h.
 *
 * An id is on the mail for good, so it must be right at once and the same in any order of arrival:
 * it is a hash of a text that the mail itself carries, the anchor, wherever that says enough, and
 * comes from the index only where it does not.  The rungs, first that applies:
 *
 *   1  seen before            the same as then
 *   2  known parent           its series, when the mail fits in
 *   3  run stamp              the anchor is what all Message-IDs of one run of a tool share
 *   4  unknown parent         the anchor is what it answers; who comes later and is waited for
 *   5  loose                 the author's series of those minutes that lacks it; else its own id
 *
 * A stranger's mail never enters a series: whatever it claims, author and sender are compared.
 */
#include "series.h"
#include "stamp.h"

#include <stdio.h>
#include <string.h>

#define LOOSE_SECONDS   (20 * 60)
#define TICKING_SECONDS 60 /* how much older the mail that began a run of a ticking tool may be */
#define FOUND_MOST      32
#define ANCHOR_SIZE     1024

/* ---- small questions ---------------------------------------------------------------------- */

static bool numbers_fit(int64_t one, int64_t other) {
    return one == other || one < 0 || other < 0;
}

static const char *parent_of(const struct posting *posting) {
    const char *parent = patchmark_message_reference(posting->message, 0);

    return parent ? stamp_original(parent) : NULL;
}

/* The series of a mail that is known. */
static bool series_of(const struct posting *posting, const char *message_id,
                      struct patchmark_known *known, struct patchmark_series *series) {
    known->struct_size = sizeof(*known);
    series->struct_size = sizeof(*series);
    return patchmark_index_message(posting->message, message_id, known) && *known->series &&
           patchmark_index_series(posting->message, known->series, series);
}

/* True when the mail answers the cover of SERIES itself. */
static bool answers_cover(const struct posting *posting, const struct patchmark_series *series) {
    const char *parent = parent_of(posting);
    struct patchmark_series other;
    struct patchmark_known known;

    return parent && series_of(posting, parent, &known, &other) && known.part == 0 &&
           strcmp(other.id, series->id) == 0;
}

/* Both say the same.  Or one of them says nothing, and a cover is between them: some tag it alone,
 * others all but it.  Where a thread goes on with the next version, parts of that stand below the
 * older cover too; so one that says its version must answer the cover itself.  One that says none
 * is of the version that it stands BELOW. */
static bool versions_fit(const struct posting *posting, const struct patchmark_series *series,
                         bool below) {
    if (posting->version == series->version || posting->part == 0)
        return numbers_fit(posting->version, series->version);
    if (posting->version >= 0)
        return series->version < 0 && answers_cover(posting, series);
    return below || patchmark_index_taken(posting->message, series->id, 0);
}

/* Same author, and a total that says nothing against it.  A series of one is mostly a patch without
 * number. */
static bool is_like(const struct posting *posting, const struct patchmark_series *series) {
    return strcmp(posting->author, series->author) == 0 && posting->numbered &&
           (series->total == 1 ? posting->total == 1 : numbers_fit(posting->total, series->total));
}

/* Its place is free, or behind the last: any number of patches may be added. */
static bool has_room(const struct posting *posting, const struct patchmark_series *series) {
    return (posting->total >= 0 && posting->part > posting->total) ||
           !patchmark_index_taken(posting->message, series->id, posting->part);
}

/* True when the mail can be a member of SERIES.  BELOW: it answers one of its mails. */
static bool fits(const struct posting *posting, const struct patchmark_series *series, bool below) {
    return is_like(posting, series) && versions_fit(posting, series, below) &&
           has_room(posting, series);
}

/* ---- places ------------------------------------------------------------------------------- */

static void place_in(struct place *place, const struct patchmark_series *series) {
    place->series = *series;
    place->known = true;
    snprintf(place->id, sizeof(place->id), "%s", series->id);
}

static void place_at(const struct posting *posting, const char *anchor, struct place *place) {
    struct patchmark_series series = {.struct_size = sizeof(series)};

    place->known = false;
    patchmark_id("s1-", patchmark_text_of(anchor), place->id);
    if (patchmark_index_series(posting->message, place->id, &series))
        place_in(place, &series);
}

/* The place that ANCHOR gives.  Another author may have claimed it, by forging what it is made
 * from: then the author's name is part of the anchor. */
static void place_by(const struct posting *posting, const char *anchor, struct place *place) {
    char salted[ANCHOR_SIZE];

    place_at(posting, anchor, place);
    if (!place->known || strcmp(place->series.author, posting->author) == 0)
        return;
    snprintf(salted, sizeof(salted), "%s\n%s", anchor, posting->author);
    place_at(posting, salted, place);
}

/* The place that its own Message-ID gives.  Mails that came before and answer it may have taken
 * that for their anchor although it is not of their posting: a next version, most often. */
static void place_by_own(const struct posting *posting, struct place *place) {
    char salted[ANCHOR_SIZE];

    place_by(posting, posting->own, place);
    if (!place->known || (posting->numbered ? is_like(posting, &place->series) &&
                                                  versions_fit(posting, &place->series, false)
                                            : place->series.total == 1))
        return;
    snprintf(salted, sizeof(salted), "%s\n%lld/%lld", posting->own, (long long)posting->version,
             (long long)posting->total);
    place_by(posting, salted, place);
}

static void wait_key(const char *message_id, char key[KEY_SIZE]) {
    snprintf(key, KEY_SIZE, "wait %s", message_id);
}

/* ---- runs of tools ------------------------------------------------------------------------ */

/* How many seconds the clock of a ticking tool may move until PART: hg adds one for each mail. */
static int64_t ticks_most(int64_t part) {
    return TICKING_SECONDS + part;
}

/* The stamp of a run of a tool whose second ticks over.  ID answers the references from FIRST on:
 * the oldest of them that the same user sent in the same minute began the run. */
static bool stamp_ticking(const struct posting *posting, const char *id, size_t first,
                          char stamp[STAMP_SIZE]) {
    size_t count = patchmark_message_reference_count(posting->message);
    char tool[STAMP_SIZE], other[STAMP_SIZE];
    int64_t second, earlier, began;

    if (!stamp_read_ticking(id, tool, &second))
        return false;
    began = second;
    for (size_t i = first; i < count && posting->part >= 1; i++)
        if (stamp_read_ticking(patchmark_message_reference(posting->message, i), other, &earlier) &&
            strcmp(tool, other) == 0 && earlier < began &&
            second - earlier <= ticks_most(posting->part))
            began = earlier;
    snprintf(stamp, STAMP_SIZE, "%.*s %lld", STAMP_SIZE - 24, tool, (long long)began);
    return true;
}

/* The stamp of a run that the mail is in from its start.  A run whose first mail is not the first
 * part goes on from an earlier run that broke off: its stamp says nothing. */
static bool stamp_own(const struct posting *posting, char stamp[STAMP_SIZE]) {
    long counter;

    if (!stamp_read(posting->own, stamp, &counter))
        return false;
    if (!posting->numbered) /* further unnumbered patches of one run are series of their own */
        return counter <= 1;
    return posting->part <= counter;
}

/* True when the run that made the mail made REFERENCE too. */
static bool is_same_run(const struct posting *posting, const char *reference) {
    char own[STAMP_SIZE], other[STAMP_SIZE];
    int64_t second, earlier;
    long counter;

    if (stamp_own(posting, own))
        return stamp_read(reference, other, &counter) && strcmp(own, other) == 0;
    return stamp_read_ticking(posting->own, own, &second) &&
           stamp_read_ticking(reference, other, &earlier) && strcmp(own, other) == 0 &&
           earlier <= second && second - earlier <= ticks_most(posting->part);
}

/* ---- the rungs ---------------------------------------------------------------------------- */

/* The mail as it was first seen.  A Message-ID that another mail has is forged: one of another
 * sender, or with another place; who answered a series does not enter it by sending that again. */
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
        snprintf(salted, sizeof(salted), "%s\n%s", posting->own, posting->author);
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
                place_in(place, &series);
                place->below = i == 0;
                return true;
            }
        } else if (is_same_run(posting, stamp_original(reference))) {
            return false; /* what stands above that is another posting */
        }
    }
    return false;
}

/* Whatever the parts of one run say, they are one series.  But a second may see two runs of a
 * ticking tool. */
static bool run_stamp(const struct posting *posting, struct place *place) {
    char stamp[STAMP_SIZE];

    if (stamp_own(posting, stamp)) {
        place_by(posting, stamp, place);
        return true;
    }
    if (!posting->numbered || !stamp_ticking(posting, posting->own, 0, stamp))
        return false;
    place_by(posting, stamp, place);
    return !place->known || fits(posting, &place->series, true);
}

/* Parts that came before wait for this mail. */
static bool waiting_series(const struct posting *posting, struct patchmark_series *series) {
    struct patchmark_series found[FOUND_MOST];
    char key[KEY_SIZE];
    size_t count;

    found[0].struct_size = sizeof(found[0]);
    wait_key(posting->own, key);
    count = patchmark_index_find(posting->message, key, found, FOUND_MOST);
    for (size_t i = 0; i < count; i++) {
        if (fits(posting, &found[i], false)) {
            *series = found[i];
            return true;
        }
    }
    return false;
}

static bool parts_wait(const struct posting *posting, struct place *place) {
    struct patchmark_series series;

    if (!waiting_series(posting, &series))
        return false;
    place_in(place, &series);
    return true;
}

/* What it answers is yet to come, or came and was not known to be a cover. */
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
    if (stamp_read(parent, stamp, &counter) || stamp_ticking(posting, parent, 1, stamp))
        place_by(posting, stamp, place);
    else
        place_by(posting, parent, place);
    return !place->known || fits(posting, &place->series, false);
}

static bool loose(const struct posting *posting, struct place *place) {
    struct patchmark_series found[FOUND_MOST];
    char key[KEY_SIZE];
    size_t count;

    if (!posting->numbered || posting->total < 0)
        return false;
    snprintf(key, sizeof(key), "by %s", posting->author);
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(posting->message, key, found, FOUND_MOST);
    for (size_t i = 0; i < count; i++) {
        int64_t apart = posting->received - found[i].changed;

        /* Nothing tells the cover of one patch from a cover beside a patch without number. */
        if (found[i].total == 1 && posting->part != 1)
            continue;
        if (found[i].total == posting->total && found[i].version == posting->version &&
            apart <= LOOSE_SECONDS && apart >= -LOOSE_SECONDS && fits(posting, &found[i], false)) {
            place_in(place, &found[i]);
            return true;
        }
    }
    return false;
}

/* ---- all of them -------------------------------------------------------------------------- */

/* Parts that wait for this mail but are in another series, which could be its own, show that both
 * are one.  A next version may wait for the one before it, so here the versions must be equal. */
static void same_as(const struct posting *posting, struct place *place) {
    struct patchmark_series other;

    if (waiting_series(posting, &other) && other.version == posting->version &&
        strcmp(other.id, place->id) != 0)
        snprintf(place->same_as, sizeof(place->same_as), "%s", other.id);
}

/* A part's parent may be yet to come; or be a mail of its sender's that belongs to nothing: the
 * cover, whose tag was forgotten. */
static void parent_note(const struct posting *posting, struct place *place) {
    struct patchmark_known known = {.struct_size = sizeof(known)};
    const char *parent = parent_of(posting);

    if (!parent || posting->part < 1 || place->below)
        return;
    if (!patchmark_index_message(posting->message, parent, &known))
        wait_key(parent, place->wait);
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
        !parts_wait(posting, place) && !unknown_parent(posting, place) && !loose(posting, place))
        place_by_own(posting, place);
    if (!posting->numbered)
        return;
    same_as(posting, place);
    parent_note(posting, place);
}

bool ladder_is_missing_cover(const struct patchmark_message *message) {
    struct patchmark_series found[FOUND_MOST];
    char key[KEY_SIZE];
    size_t count;

    found[0].struct_size = sizeof(found[0]);
    wait_key(stamp_original(patchmark_message_id(message)), key);
    count = patchmark_index_find(message, key, found, FOUND_MOST);
    for (size_t i = 0; i < count; i++)
        if (strcmp(found[i].author, patchmark_message_sender(message)) == 0 &&
            !patchmark_index_taken(message, found[i].id, 0))
            return true;
    return false;
}
