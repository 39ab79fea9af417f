/* SPDX-License-Identifier: BSD-2-Clause
 *
 * place.c - makes the ids of series: see place.h.
 */
#include "place.h"

#include "fit.h"

#include <stdio.h>
#include <string.h>

#define ANCHOR_SIZE 1024

void place_in_series(struct place *place, const struct patchmark_series *series) {
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

void place_from_anchor(const struct posting *posting, const char *anchor, struct place *place) {
    const struct patchmark_series *found = &place->series;
    char salted[ANCHOR_SIZE];

    place_from_text(posting, anchor, place);
    if (!place->known || posting_author_fits(posting, found))
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

void place_from_message_id(const struct posting *posting, struct place *place) {
    const char *anchor = posting->message_id;
    char salted[ANCHOR_SIZE];
    struct run run;

    if (posting->numbered && run_read(posting, &run) && run.goes_on && *run.first)
        anchor = run.first;
    else
        place->loose = true;
    patchmark_explain(posting->facts, "series",
                      "no earlier mail fits; the id is made of the Message-ID %s", anchor);
    place_from_anchor(posting, anchor, place);
    if (!place->known ||
        (posting->numbered ? posting_author_and_total_fit(posting, &place->series) &&
                                 posting_version_fits(posting, &place->series, false)
                           : place->series.total == 1))
        return;
    snprintf(salted, sizeof(salted), "%s\n%lld/%lld", anchor, (long long)posting->version,
             (long long)posting->total);
    place_from_anchor(posting, salted, place);
}

void place_in_part_of_run(const struct posting *posting, const struct run *run,
                          struct place *place) {
    char anchor[ANCHOR_SIZE];

    snprintf(anchor, sizeof(anchor), "%s\n+%lld", run->stamp,
             (long long)(run->counter - posting->part));
    place_from_anchor(posting, anchor, place);
    place->split = true;
}

void place_apart(const struct posting *posting, struct place *place) {
    char anchor[ANCHOR_SIZE];

    snprintf(anchor, sizeof(anchor), "%s\n%s", posting->message_id, posting->author);
    patchmark_id("s1-", patchmark_text_of(anchor), place->id);
}
