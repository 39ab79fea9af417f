/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fit.c - whether a posting can be a member of a series: see fit.h.
 */
#include "fit.h"

#include <stdio.h>
#include <string.h>

bool numbers_fit(int64_t one, int64_t other) {
    return one == other || one < 0 || other < 0;
}

bool posting_author_fits(const struct posting *posting, const struct patchmark_series *series) {
    return posting_author_is(posting, series->author, series->via, series->lists);
}

const char *posting_parent(const struct posting *posting) {
    const char *parent = patchmark_message_reference(posting->message, 0);

    return parent ? stamp_original(parent) : NULL;
}

bool series_of_mail(const struct posting *posting, const char *message_id,
                    struct patchmark_known *known, struct patchmark_series *series) {
    known->struct_size = sizeof(*known);
    series->struct_size = sizeof(*series);
    return patchmark_index_message(posting->message, message_id, known) && *known->series &&
           patchmark_index_series(posting->message, known->series, series);
}

/* Returns true if the mail is a direct answer to the cover of SERIES. */
static bool answers_cover(const struct posting *posting, const struct patchmark_series *series) {
    const char *parent = posting_parent(posting);
    struct patchmark_series other;
    struct patchmark_known known;

    return parent && series_of_mail(posting, parent, &known, &other) && known.part == 0 &&
           strcmp(other.id, series->id) == 0;
}

bool posting_version_fits(const struct posting *posting, const struct patchmark_series *series,
                          bool below) {
    if (posting->version == series->version || posting->part == 0)
        return numbers_fit(posting->version, series->version);
    if (posting->version >= 0)
        return series->version < 0 && answers_cover(posting, series);
    return below || patchmark_index_taken(posting->message, series->id, 0);
}

bool posting_author_and_total_fit(const struct posting *posting,
                                  const struct patchmark_series *series) {
    return posting_author_fits(posting, series) && posting->numbered &&
           (series->total == 1 ? posting->total == 1 : numbers_fit(posting->total, series->total));
}

bool posting_has_room(const struct posting *posting, const struct patchmark_series *series) {
    return (posting->total >= 0 && posting->part > posting->total) ||
           !patchmark_index_taken(posting->message, series->id, posting->part);
}

bool posting_fits(const struct posting *posting, const struct patchmark_series *series,
                  bool below) {
    return posting_author_and_total_fit(posting, series) &&
           posting_version_fits(posting, series, below) && posting_has_room(posting, series);
}

bool series_has_note(const struct posting *posting, const struct patchmark_series *series,
                     const char *note) {
    return patchmark_index_shared(posting->message, series->id, &note, 1) == 1;
}

size_t series_parts_taken(const struct posting *posting, const struct patchmark_series *series) {
    size_t count = 0;

    for (int64_t part = 0; part <= series->total && part < PARTS_MAX; part++)
        count += patchmark_index_taken(posting->message, series->id, part);
    return count;
}

void total_note_write(const struct posting *posting, char note[NOTE_SIZE]) {
    snprintf(note, NOTE_SIZE, "total %lld", (long long)posting->total);
}

bool posting_fits_with_other_total(const struct posting *posting,
                                   const struct patchmark_series *series) {
    char note[NOTE_SIZE];

    if (posting->total <= 1 || series->total < 0 || posting->part > posting->total ||
        !posting_author_fits(posting, series) || !posting_version_fits(posting, series, true) ||
        !posting_has_room(posting, series))
        return false;
    total_note_write(posting, note);
    return series_parts_taken(posting, series) == 1 || series_has_note(posting, series, note);
}

bool posting_fits_as_cover(const struct posting *posting, const struct patchmark_series *series) {
    int64_t apart = posting->received - series->changed;

    return apart <= LOOSE_SECONDS && apart >= -LOOSE_SECONDS && posting->numbered &&
           posting->part == 0 && posting->total > 1 && series->total > 1 &&
           posting->version == series->version && posting_author_fits(posting, series) &&
           posting_has_room(posting, series);
}

bool posting_fits_loosely(const struct posting *posting, const struct patchmark_series *series) {
    int64_t apart = posting->received - series->changed;

    /* A cover [PATCH 0/1] and a patch without number need not belong together. */
    if (series->total == 1 && posting->part != 1)
        return false;
    return series->total == posting->total && series->version == posting->version &&
           apart <= LOOSE_SECONDS && apart >= -LOOSE_SECONDS &&
           posting_fits(posting, series, false);
}

bool posting_is_of_another_project(const struct posting *posting, const struct run *run,
                                   const struct patchmark_series *series) {
    char note[NOTE_SIZE];

    if (!posting_has_room(posting, series))
        return true;
    return run->counter - posting->part > 1 && tree_note_write(posting, note) &&
           series_has_note(posting, series, "tree") && !series_has_note(posting, series, note);
}

bool series_is_of_own_runs(const struct posting *posting, const struct patchmark_series *series) {
    char notes[PARTS_MAX][NOTE_SIZE];
    const char *all[PARTS_MAX];
    size_t count = 0;

    for (int64_t part = 0; part <= series->total && part < PARTS_MAX; part++)
        if (patchmark_index_taken(posting->message, series->id, part)) {
            own_run_note_write(part, notes[count]);
            all[count] = notes[count];
            count++;
        }
    return count > 0 && patchmark_index_shared(posting->message, series->id, all, count) == count;
}

void own_run_note_write(int64_t part, char note[NOTE_SIZE]) {
    snprintf(note, NOTE_SIZE, "own run %lld", (long long)part);
}

bool tree_note_write(const struct posting *posting, char note[NOTE_SIZE]) {
    const char *tree = patchmark_fact_item(posting->facts, "subject.tree", 0);

    return tree && snprintf(note, NOTE_SIZE, "tree %s", tree) < NOTE_SIZE;
}

void offset_note_write(const struct posting *posting, const struct run *run, char note[NOTE_SIZE]) {
    snprintf(note, NOTE_SIZE, "offset %lld", (long long)(run->counter - posting->part));
}
