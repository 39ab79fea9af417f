/* SPDX-License-Identifier: BSD-2-Clause
 *
 * older.c - compares a posting with a series that may be an earlier version of the same work, and
 * determines whether the posting supersedes it: see series.h.
 *
 * A topic may join too much without harm.  That a series is superseded is a claim on which people
 * and programs act, so it requires more: the same author, and a higher version or a resend.
 */
#include "stamp.h"
#include "topic.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define TREES_MAX      8   /* trees of a posting that are compared */
#define TREE_FORMS     3   /* of each: itself, and with or without "-next" */
#define BLOBS_MAX      16  /* blobs of a mail that are compared */
#define UPSTREAM_LINES 5   /* lines of a mail that can say so */
#define NOTE_SIZE      128 /* bytes of a note that names a tree or a branch */
#define FOUND_MAX      16  /* series with an equal patch that are examined */
#define VERSIONS_MAX   64  /* versions between an old series and the posting that are examined */

/* ---- versions ----------------------------------------------------------------------------- */

static int64_t version_or_first(int64_t version) {
    return version < 0 ? 1 : version;
}

int64_t older_version(const struct posting *posting, const struct place *place) {
    return version_or_first(posting->version < 0 && place->known ? place->series.version
                                                                 : posting->version);
}

static int64_t opened_at(const struct posting *posting, const struct place *place) {
    return place->known ? place->series.opened : posting->received;
}

bool older_by_version(const struct posting *posting, const struct place *place,
                      const struct patchmark_series *old, bool repeated) {
    int64_t mine = version_or_first(posting->version), theirs = version_or_first(old->version);

    if (strcmp(old->id, place->id) == 0)
        return false;
    if (theirs < mine || (theirs == mine && patchmark_fact_bool(posting->facts, "subject.resend")))
        return true;
    /* If the versions do not show it, the series that arrived first is the older one. */
    if (old->opened > opened_at(posting, place))
        return false;
    if (old->rfc && !posting->rfc)
        return true; /* numbering starts anew after an RFC */
    return theirs == mine && (repeated || posting->repeats_version);
}

/* ---- authors ------------------------------------------------------------------------------ */

const char *older_patch_author(const struct posting *posting) {
    const char *author = patchmark_fact_string(posting->facts, "patch.author");

    return author && *author && strcmp(author, posting->author) != 0 ? author : NULL;
}

bool older_is_own(const struct posting *posting, const struct patchmark_series *old) {
    return posting_author_is(posting, old->author, old->via, old->lists);
}

/* Returns true if a single patch that another person sent has the sender of the posting as its
 * author: that person said so, and the author continues the work. */
static bool is_patch_of_author(const struct posting *posting, const struct patchmark_series *old) {
    char note[KEY_SIZE];
    const char *const notes[] = {note};

    return old->total == 1 && posting_author_is(posting, posting->author, "", old->lists) &&
           snprintf(note, sizeof(note), "from %s", posting->author) < KEY_SIZE &&
           patchmark_index_shared(posting->message, old->id, notes, 1) == 1;
}

/* ---- trees and branches ------------------------------------------------------------------- */

/* Finds the number of a branch in the name of a tree: "5.10" in "linux-5.10.y".  Returns its
 * length; 0 if there is none. */
static size_t branch_find(const char *tree, const char **number) {
    for (const char *at = tree; *at; at++) {
        size_t digits = strspn(at, "0123456789"), more;

        if (digits == 0)
            continue;
        more = at[digits] == '.' ? strspn(at + digits + 1, "0123456789") : 0;
        *number = at;
        if (more > 0)
            return digits + 1 + more;
        at += digits - 1;
    }
    return 0;
}

/* Writes the note of the branch that TREE names. */
static bool branch_note(const char *tree, char note[NOTE_SIZE]) {
    const char *number;
    size_t length = branch_find(tree, &number);

    return length > 0 && snprintf(note, NOTE_SIZE, "branch %.*s", (int)length, number) < NOTE_SIZE;
}

/* Returns true if TEXT, the start of a mail, says that the patch is from the mainline: "commit
 * 0123... upstream.", "[ Upstream commit 0123... ]". */
static bool says_upstream(struct patchmark_text text) {
    struct patchmark_text line;

    for (int i = 0; i < UPSTREAM_LINES && patchmark_text_line(&text, &line); i++) {
        line = patchmark_text_trim(line);
        if (patchmark_text_starts(line, "[ Upstream commit ") ||
            patchmark_text_starts(line, "[Upstream commit ") ||
            patchmark_text_starts(line, "upstream commit ") ||
            (patchmark_text_starts(line, "commit ") &&
             (patchmark_text_ends(line, " upstream.") || patchmark_text_ends(line, " upstream"))))
            return true;
    }
    return false;
}

/* Returns true if the tag or the text says that the posting is for a stable branch. */
static bool is_backport(const struct posting *posting) {
    struct patchmark_part part = {.struct_size = sizeof(part)};

    if (patchmark_fact_bool(posting->facts, "subject.backport"))
        return true;
    return patchmark_fact_is_set(posting->facts, "patch.id") &&
           patchmark_message_part(posting->message, 0, &part) &&
           strcmp(part.type, "text/plain") == 0 && says_upstream(part.text);
}

bool older_branches_fit(const struct posting *posting, const struct place *place,
                        const struct patchmark_series *old) {
    bool backport = is_backport(posting);
    const char *const marks[] = {"branch"}, *tree;
    size_t count = 0;

    if (patchmark_index_shared(posting->message, old->id, marks, 1) != backport)
        return false;
    /* A part whose tag does not name the branch that its series is for. */
    if (!backport && place->known &&
        patchmark_index_shared(posting->message, place->id, marks, 1) == 1)
        return false;
    for (size_t i = 0; backport && i < TREES_MAX &&
                       (tree = patchmark_fact_item(posting->facts, "subject.tree", i));
         i++) {
        char note[NOTE_SIZE];
        const char *const notes[] = {note, "branch numbered"};

        if (!branch_note(tree, note))
            continue;
        count++;
        /* An old series that names no number can be for this branch, too. */
        if (patchmark_index_shared(posting->message, old->id, notes, 1) == 1 ||
            patchmark_index_shared(posting->message, old->id, notes + 1, 1) == 0)
            return true;
    }
    return count == 0;
}

/* Writes the notes of TREE and of the tree beside it: "net" and "net-next". */
static size_t tree_notes(const char *tree, char notes[TREE_FORMS][NOTE_SIZE]) {
    size_t length = strlen(tree);

    if (length + sizeof("tree -next") > NOTE_SIZE)
        return 0;
    snprintf(notes[0], NOTE_SIZE, "tree %s", tree);
    snprintf(notes[1], NOTE_SIZE, "tree %s-next", tree);
    if (length <= 5 || strcmp(tree + length - 5, "-next") != 0)
        return 2;
    snprintf(notes[2], NOTE_SIZE, "tree %.*s", (int)length - 5, tree);
    return 3;
}

/* Writes the note of a series whose tag names COUNT trees.  One tree, the usual number, has none.
 */
static bool trees_note(size_t count, char note[NOTE_SIZE]) {
    return count > 1 && snprintf(note, NOTE_SIZE, "trees %zu", count) < NOTE_SIZE;
}

/* Returns the number of trees that the tag of OLD names, several, of which it shares SHARED. */
static size_t trees_of(const struct posting *posting, const struct patchmark_series *old,
                       size_t shared) {
    for (size_t count = shared > 1 ? shared : 2; count <= TREES_MAX; count++) {
        char note[NOTE_SIZE];
        const char *const notes[] = {note};

        if (trees_note(count, note) &&
            patchmark_index_shared(posting->message, old->id, notes, 1) == 1)
            return count;
    }
    return shared > 1 ? shared : 1;
}

enum older_trees older_trees_compare(const struct posting *posting,
                                     const struct patchmark_series *old) {
    const char *const marks[] = {"tree", "trees"}, *tree;
    size_t marked = patchmark_index_shared(posting->message, old->id, marks, 2);
    bool has_tree = marked > 0;
    size_t i, shared = 0, near = 0, other;

    for (i = 0; i < TREES_MAX && (tree = patchmark_fact_item(posting->facts, "subject.tree", i));
         i++) {
        char text[TREE_FORMS][NOTE_SIZE], branch[NOTE_SIZE];
        const char *const notes[] = {text[0], text[1], text[2]};
        size_t count = has_tree ? tree_notes(tree, text) : 0;
        const char *const branches[] = {branch};

        if (count > 0 && patchmark_index_shared(posting->message, old->id, notes, 1) == 1)
            shared++;
        else if (count > 1 &&
                 (patchmark_index_shared(posting->message, old->id, notes + 1, count - 1) > 0 ||
                  (branch_note(tree, branch) &&
                   patchmark_index_shared(posting->message, old->id, branches, 1) == 1)))
            near++;
    }
    if (i == 0 || !has_tree)
        return i == 0 && !has_tree ? OLDER_TREES_EQUAL : OLDER_TREES_NEAR;
    if (shared == 0)
        return near > 0 ? OLDER_TREES_NEAR : OLDER_TREES_OTHER;
    other = marked == 1 ? 0 : trees_of(posting, old, shared) - shared;
    if (i == shared && other == 0)
        return OLDER_TREES_EQUAL;
    return i > shared && other > 0 && near == 0 ? OLDER_TREES_CROSSED : OLDER_TREES_SHARED;
}

/* ---- patches ------------------------------------------------------------------------------ */

bool older_has_file(const struct posting *posting, const struct patchmark_series *old) {
    const char *file = patchmark_fact_item(posting->facts, "patch.files", 0);
    char note[KEY_SIZE];
    const char *const notes[] = {note};

    return file && snprintf(note, sizeof(note), "file %s", file) < KEY_SIZE &&
           patchmark_index_shared(posting->message, old->id, notes, 1) == 1;
}

/* Returns true if a patch of OLD changes one of the blobs that the posting changes.  So both are
 * for one repository; a file of one name, such as the setup of a CI, is in many. */
static bool has_blob(const struct posting *posting, const struct patchmark_series *old) {
    const char *blobs[BLOBS_MAX], *blob;
    size_t count = 0;

    while (count < BLOBS_MAX && (blob = patchmark_fact_item(posting->facts, "patch.bases", count)))
        blobs[count++] = blob;
    return count > 0 && patchmark_index_shared(posting->message, old->id, blobs, count) > 0;
}

bool older_value_key(const char *author, const char *what, const char *value, char key[KEY_SIZE]) {
    return snprintf(key, KEY_SIZE, "by %s %s %s", author, what, value) < KEY_SIZE;
}

/* Returns true if OLD has the patch of the posting. */
static bool has_patch(const struct posting *posting, const struct patchmark_series *old) {
    const char *id = patchmark_fact_string(posting->facts, "patch.id");
    struct patchmark_series found[FOUND_MAX];
    char key[KEY_SIZE];
    size_t count;

    if (!id || !older_value_key(old->author, "patch", id, key))
        return false;
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(posting->message, key, found, FOUND_MAX);
    for (size_t i = 0; i < count; i++)
        if (strcmp(found[i].id, old->id) == 0)
            return true;
    return false;
}

bool older_shares_half(const struct posting *posting, const struct older *older) {
    int64_t total = posting->total > older->series.total ? posting->total : older->series.total;

    return older->shared > 0 && (int64_t)older->shared * 2 >= total;
}

/* Returns true if the posting repeats a series of the same version without saying so: a single
 * patch or one of two that did not change, or a cover that lists two or more titles and half of
 * those of the series. */
static bool repeats(const struct posting *posting, const struct older *older) {
    const struct patchmark_series *old = &older->series;
    const char *const others[] = {"resend", "branch"};

    /* The original of a resend may come after it, and one patch goes to several branches. */
    if (patchmark_index_shared(posting->message, old->id, others, 2) > 0)
        return false;
    if (version_or_first(posting->version) != version_or_first(old->version) ||
        older_trees_compare(posting, old) != OLDER_TREES_EQUAL)
        return false;
    if (posting->part == 0)
        return older->whole && older->shared >= 2 && older_shares_half(posting, older);
    return (posting->total == 1) == (old->total == 1) && posting->total <= 2 && old->total <= 2 &&
           has_patch(posting, old);
}

/* ---- superseded --------------------------------------------------------------------------- */

/* Returns true if the posting states that it is newer than OLD. */
static bool is_newer(const struct posting *posting, const struct place *place,
                     const struct patchmark_series *old) {
    int64_t mine = older_version(posting, place), theirs = version_or_first(old->version);

    return mine > theirs || (old->rfc && !posting->rfc) ||
           (mine == theirs && (patchmark_fact_bool(posting->facts, "subject.resend") ||
                               patchmark_fact_is_set(posting->facts, "subject.revision")));
}

const char *older_remains(const struct posting *posting, const struct place *place,
                          const struct older *older) {
    const struct patchmark_series *old = &older->series;

    if (!older_is_own(posting, old) && !is_patch_of_author(posting, old))
        return "another author sent it";
    if (!older_branches_fit(posting, place, old))
        return "it is for another branch";
    if (older->stated)
        return NULL;
    if (older->weak)
        return "that sign is too weak";
    if (posting->total >= 0 && posting->part > posting->total)
        return "the mail adds a patch";
    if (!is_newer(posting, place, old))
        return repeats(posting, older) ? NULL : "the mail has no higher version";
    return older_trees_compare(posting, old) > OLDER_TREES_CROSSED || older->connected ||
                   has_blob(posting, old) || older_shares_half(posting, older)
               ? NULL
               : "it is for another tree";
}

/* Returns true if the run of the tool that made the mail began with this part, although it is a
 * later one. */
static bool run_begins_with_part(const struct posting *posting) {
    char stamp[STAMP_SIZE];
    long counter;

    return posting->part > 1 && stamp_read(posting->message_id, stamp, &counter) && counter == 1;
}

/* Returns true if the posting replaces only parts of the series, which it supersedes. */
static bool is_replaced_in_part(const struct posting *posting, const struct older *older) {
    const struct patchmark_series *old = &older->series;

    if (old->total == 1 || posting->part == 0)
        return false;
    if (posting->total == 1)
        return !older->whole;
    if (patchmark_fact_is_set(posting->facts, "subject.revision"))
        return true;
    /* An answer to the part that it replaces.  The first part can be what a whole version 2
     * answers, if version 1 has no cover. */
    return run_begins_with_part(posting) ||
           (older->part == posting->part && old->total == posting->total &&
            (posting->part > 1 || patchmark_index_taken(posting->message, old->id, 0)));
}

/* ---- which of several it is ---------------------------------------------------------------- */

/* Returns true if both series have change-ids, and these differ. */
bool older_change_ids_differ(const struct search *search, const struct patchmark_series *old) {
    const char *change = patchmark_fact_string(search->posting->facts, "trailers.change_id");
    char note[KEY_SIZE];
    const char *const notes[] = {"change", note};

    return change && snprintf(note, sizeof(note), "change %s", change) < KEY_SIZE &&
           patchmark_index_shared(search->posting->message, old->id, notes, 2) == 1;
}

/* Returns true if OLD belongs to the author of the posting or of its patch. */
bool older_is_by_author(const struct search *search, const struct patchmark_series *old) {
    return older_is_own(search->posting, old) ||
           (search->patch_author && strcmp(search->patch_author, old->author) == 0);
}

bool older_has_same_version(const struct search *search, const struct patchmark_series *old) {
    return older_version(search->posting, search->place) == (old->version < 0 ? 1 : old->version);
}

/* Returns true if the titles of a posting of the same version as OLD, but for other trees, differ
 * too much: one patch for several projects, such as the setup of a CI, in a series for each. */
bool older_is_for_other_project(const struct search *search, const struct older *older) {
    const struct patchmark_series *old = &older->series;
    int64_t total = search->posting->total > old->total ? search->posting->total : old->total;
    size_t shared = older->shared > 0 ? older->shared : 1;

    if (older->connected || (int64_t)(2 * shared) >= total)
        return false;
    /* A newer version can be for another tree, but one part of it says little. */
    if (!older_has_same_version(search, old) &&
        (search->posting->total == 1 || old->total == 1 || has_blob(search->posting, old) ||
         (search->posting->part == 0 && words_are_equal(search->work, old->title))))
        return false;
    return older_trees_compare(search->posting, old) == OLDER_TREES_OTHER;
}

/* A batch has the patches of other series, so it continues only the batch with its title, or one
 * for the same tree that has half of its patches in a newer version. */
bool older_batches_fit(const struct search *search, const struct older *older) {
    const struct patchmark_series *old = &older->series;

    if (!search->batch && (old->total == 1 || !words_name_batch(old->title)))
        return true;
    return words_are_equal(search->work, old->title) ||
           (!older_has_same_version(search, old) && old->total != 1 &&
            (int64_t)(2 * older->shared) >= old->total &&
            older_trees_compare(search->posting, old) >= OLDER_TREES_SHARED);
}

/* Returns true if the series that a sign found can be older work of the posting.  The work of
 * another person is continued by the author whom both name, in a series of the same
 * length.  If REPEATED is true, the series may have the same version. */
static bool can_be_older(const struct search *search, const struct older *older, bool repeated) {
    const struct patchmark_series *old = &older->series;
    bool own = older_is_own(search->posting, old);

    if (!own &&
        (strcmp(old->author, search->posting->author) == 0 || old->total != search->posting->total))
        return false;
    return older_by_version(search->posting, search->place, old, repeated && own) &&
           !older_change_ids_differ(search, old) && older_batches_fit(search, older) &&
           !older_is_for_other_project(search, older);
}

/* Returns a number that is higher for a series that is more like the posting. */
static int likeness(const struct search *search, const struct patchmark_series *old) {
    return 16 * older_is_own(search->posting, old) +
           8 * older_branches_fit(search->posting, search->place, old) +
           (int)older_trees_compare(search->posting, old);
}

/* Returns true if ONE is a better choice than BEST: it is more like the posting, or its version is
 * higher.  One of the same version as the posting must be the newer of the two as well. */
static bool is_better(const struct search *search, const struct patchmark_series *one,
                      const struct patchmark_series *best) {
    int likeness_one = likeness(search, one), likeness_best = likeness(search, best);

    if (likeness_one != likeness_best)
        return likeness_one > likeness_best;
    if (older_has_same_version(search, one) != older_has_same_version(search, best))
        return one->opened > best->opened;
    return (one->version < 0 ? 1 : one->version) > (best->version < 0 ? 1 : best->version);
}

/* Sets OLDER->series to the best of the COUNT series FOUND, which are ordered newest first, of
 * those that can be older.  Returns false if there is none. */
bool older_choose(const struct search *search, const struct patchmark_series *found, size_t count,
                  bool repeated, struct older *older) {
    const struct patchmark_series *best = NULL;

    for (size_t i = 0; i < count; i++) {
        struct older one = *older;

        one.series = found[i];
        if (can_be_older(search, &one, repeated) && (!best || is_better(search, &found[i], best)))
            best = &found[i];
    }
    if (best)
        older->series = *best;
    return best;
}

/* Returns true if the series is the version before that of the posting, or an RFC. */
bool older_precedes(const struct search *search, const struct patchmark_series *old) {
    return (old->version < 0 ? 1 : old->version) + 1 ==
           older_version(search->posting, search->place);
}

/* Finds the newest series of the author; only RFCs if the posting is a first version, because no
 * other series can then be older. */
size_t older_of_author(const struct search *search, struct patchmark_series found[AUTHORS_MAX]) {
    const struct posting *posting = search->posting;
    bool first = older_version(posting, search->place) <= 1 && !posting->repeats_version;
    char key[KEY_SIZE];

    if (!*posting->author)
        return 0;
    snprintf(key, sizeof(key), first ? "by %s rfc" : "by %s", posting->author);
    found[0].struct_size = sizeof(found[0]);
    return patchmark_index_find(posting->message, key, found, AUTHORS_MAX);
}

/* ---- the newest one ------------------------------------------------------------------------ */

/* Returns true if SERIES has the patch that the posting replaces: one with its title or its
 * patch-id, or the same part of as many. */
static bool has_part(const struct search *search, const struct patchmark_series *series) {
    const struct posting *posting = search->posting;

    return titles_has(search, series, search->title) || has_patch(posting, series) ||
           (posting->total > 1 && posting->total == series->total &&
            patchmark_index_taken(posting->message, series->id, posting->part));
}

/* Returns true if the posting also supersedes NEXT, a newer version of OLDER, and then sets NEWER
 * to what is known of it. */
static bool newer_fits(const struct search *search, const struct older *older,
                       const struct patchmark_series *next, struct older *newer) {
    const struct posting *posting = search->posting;
    bool in_part = is_replaced_in_part(posting, older), has = has_part(search, next);
    bool names_it = words_are_equal(next->title, search->title) &&
                    patchmark_index_taken(posting->message, next->id, 0);

    *newer = (struct older){.series = *next,
                            .how = older->how,
                            .part = in_part && next->total == posting->total ? older->part : -1,
                            .whole = names_it || !has,
                            .stated = older->stated,
                            .connected = older->connected};
    return can_be_older(search, newer, false) && (has || !in_part) &&
           !older_remains(posting, search->place, newer);
}

/* Looks up the newer version of the same work that has the title of the posting: what superseded
 * OLDER may be another of several series into which it was split. */
static bool titled_find(const struct search *search, const struct older *older,
                        struct patchmark_series *next) {
    struct older titled;

    if (strcmp(older->how, "title") == 0 || !titles_find_exact(search, &titled) ||
        strcmp(titled.series.topic, older->series.topic) != 0 ||
        (version_or_first(titled.series.version) <= version_or_first(older->series.version) &&
         (!older->series.rfc || titled.series.rfc)))
        return false;
    *next = titled.series;
    return true;
}

/* Looks up the series that superseded SERIES.  Returns false if there is none that is older than
 * the posting and by the same author. */
static bool next_find(const struct search *search, const struct patchmark_series *series,
                      struct patchmark_series *next) {
    const struct posting *posting = search->posting;

    next->struct_size = sizeof(*next);
    return *series->superseded_by &&
           patchmark_index_series(posting->message, series->superseded_by, next) &&
           older_is_own(posting, next) && older_by_version(posting, search->place, next, false) &&
           (!older_has_same_version(search, next) ||
            next->opened <= opened_at(posting, search->place));
}

bool older_find_newest(const struct search *search, struct older *older) {
    const struct older found = *older;
    struct patchmark_series at = found.series, next;
    struct older newer;
    bool replaced = *at.superseded_by || is_replaced_in_part(search->posting, older);
    bool is_next = (replaced && titled_find(search, older, &next)) || next_find(search, &at, &next);

    for (int i = 0; is_next && i < VERSIONS_MAX; i++) {
        if (newer_fits(search, &found, &next, &newer))
            *older = newer;
        at = next;
        is_next = next_find(search, &at, &next) && strcmp(next.id, found.series.id) != 0;
    }
    return is_replaced_in_part(search->posting, older);
}

/* ---- notes -------------------------------------------------------------------------------- */

int older_add_notes(const struct posting *posting, const struct place *place,
                    struct patchmark_facts *facts) {
    const char *change = patchmark_fact_string(posting->facts, "trailers.change_id");
    const char *author = older_patch_author(posting), *tree;
    const char *file = patchmark_fact_item(posting->facts, "patch.files", 0);
    bool backport = is_backport(posting);
    char note[KEY_SIZE], branch[NOTE_SIZE];
    size_t trees = 0;
    int result = 0;

    if (file && snprintf(note, sizeof(note), "file %s", file) < KEY_SIZE)
        result |= note_add(facts, note);
    if (author && snprintf(note, sizeof(note), "from %s", author) < KEY_SIZE)
        result |= note_add(facts, note);
    if (change && snprintf(note, sizeof(note), "change %s", change) < KEY_SIZE)
        result |= note_add(facts, "change") | note_add(facts, note);
    if (place->known && posting->part != 0)
        return result; /* the first mail and the cover state the trees */
    if (backport)
        result |= note_add(facts, "branch");
    if (patchmark_fact_bool(posting->facts, "subject.resend"))
        result |= note_add(facts, "resend");
    for (; trees < TREES_MAX && (tree = patchmark_fact_item(posting->facts, "subject.tree", trees));
         trees++) {
        if (trees == 0)
            result |= note_add(facts, "tree");
        snprintf(note, sizeof(note), "tree %s", tree);
        result |= note_add(facts, note);
        if (backport && branch_note(tree, branch))
            result |= note_add(facts, "branch numbered") | note_add(facts, branch);
    }
    if (trees_note(trees, note))
        result |= note_add(facts, "trees") | note_add(facts, note);
    return result;
}
