/* SPDX-License-Identifier: BSD-2-Clause
 *
 * repeat.c - recognizes a series of three or more parts that is posted again without a word in its
 * tags: half of its patches are those of an earlier series of the same version.  See series.h.
 *
 * One part says little, so each part that repeats a patch leaves a note, and the part that makes
 * them half of all makes the claim.
 */
#include "topic.h"

#include <stdio.h>
#include <string.h>

#define FOUND_MAX 16 /* series with an equal patch that are examined */
#define PARTS_MAX 64 /* parts of a series; a longer one is not examined */
#define NOTE_SIZE 64

static void note_write(const char *original, int64_t part, char note[NOTE_SIZE]) {
    snprintf(note, NOTE_SIZE, "again %s %lld", original, (long long)part);
}

int repeat_add_notes(const struct posting *posting, const struct topic *topic,
                     struct patchmark_facts *facts) {
    char note[NOTE_SIZE];

    if (topic->may_repeat && note_add(facts, "again") < 0)
        return -1;
    if (!*topic->original)
        return 0;
    note_write(topic->original, posting->part, note);
    return note_add(facts, note);
}

/* Returns true if OLD, which has the patch of the posting, can be the series that is repeated. */
static bool can_be_original(const struct search *search, const struct patchmark_series *old) {
    const struct posting *posting = search->posting;
    const char *const others[] = {"resend", "branch"};

    return old->total == posting->total && !*old->superseded_by && older_is_own(posting, old) &&
           older_by_version(posting, search->place, old, true) &&
           older_has_same_version(search, old) && !older_change_ids_differ(search, old) &&
           older_branches_fit(posting, search->place, old) &&
           patchmark_index_shared(posting->message, old->id, others, 2) == 0 &&
           older_trees_compare(posting, old) == OLDER_TREES_EQUAL;
}

/* Finds the newest such series.  Returns false if there is none. */
static bool original_find(const struct search *search, struct patchmark_series *original) {
    const struct posting *posting = search->posting;
    const char *id = patchmark_fact_string(posting->facts, "patch.id");
    struct patchmark_series found[FOUND_MAX];
    char key[KEY_SIZE];
    size_t count;

    if (!id || !*posting->author || !older_value_key(posting->author, "patch", id, key))
        return false;
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(posting->message, key, found, FOUND_MAX);
    for (size_t i = 0; i < count; i++)
        if (can_be_original(search, &found[i])) {
            *original = found[i];
            return true;
        }
    return false;
}

/* Returns the number of the other parts of the series that repeat a patch of ORIGINAL. */
static size_t repeated_count(const struct search *search, const char *original) {
    char text[PARTS_MAX][NOTE_SIZE];
    const char *notes[PARTS_MAX];
    size_t count = 0;

    if (!search->place->known)
        return 0;
    for (int64_t part = 1; part <= search->posting->total; part++) {
        if (part == search->posting->part)
            continue;
        note_write(original, part, text[count]);
        notes[count] = text[count];
        count++;
    }
    return patchmark_index_shared(search->posting->message, search->place->id, notes, count);
}

void repeat_find(const struct search *search, struct topic *topic) {
    const struct posting *posting = search->posting;
    const char *const marks[] = {"again"};
    struct patchmark_series original;

    if (posting->total < 3 || posting->total > PARTS_MAX || posting->part < 1 ||
        posting->part > posting->total || posting->repeats_version ||
        (search->place->known &&
         patchmark_index_shared(posting->message, search->place->id, marks, 1) == 0) ||
        !original_find(search, &original))
        return;
    snprintf(topic->original, sizeof(topic->original), "%s", original.id);
    if ((int64_t)(2 * (repeated_count(search, original.id) + 1)) < posting->total)
        return;
    patchmark_explain(posting->facts, "supersedes",
                      "all of %s: this one repeats half of its patches", original.id);
    snprintf(topic->supersedes, sizeof(topic->supersedes), "%s", original.id);
    topic->how = "patch-id";
}
