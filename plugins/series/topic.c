/* SPDX-License-Identifier: BSD-2-Clause
 *
 * topic.c - finds the earlier series that a posting continues, and so its topic: see series.h.
 *
 * The signs, from the most reliable to the least: the change-id of b4; the Message-ID of an older
 * series in the cover or first part; a mail of an older version above it in the thread; and, for
 * the same author, the same title, a title of a part, the start of a title, an added part number,
 * an equal patch-id, common base blobs.  The author is the sender, or the author that the text of
 * the patch names.  If no sign applies, the posting starts a new topic.  Whether it also supersedes
 * the older series is decided in older.c.
 */
#include "series.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FOUND_MAX   16 /* series of any other key that are examined */
#define TITLES_MAX  64 /* series with a title of the same words that are examined */
#define LISTED_MAX  64 /* titles that a cover lists and that are compared */
#define WORDS_MIN   2  /* words of a title; a single word is not a sign */
#define BASES_MIN   2  /* blobs that must be common to both series */
#define BASES_MAX   64 /* blobs of a mail that are compared */
#define AUTHORS_MAX 64 /* newest series of an author that are examined */

/* What the posting says, as the signs compare it. */
struct search {
    const struct posting *posting;
    const struct place *place;
    const char *title;        /* of the mail; "" if it has none */
    const char *work;         /* of the series: that of its cover, else of its first mail */
    const char *patch_author; /* who wrote the patch, if not the sender; else NULL */
    bool batch;               /* the series is a batch of patches: see words_name_batch */
};

static struct search search_begin(const struct posting *posting, const struct place *place) {
    const char *title = patchmark_fact_string(posting->facts, "subject.title");
    struct search search = {.posting = posting,
                            .place = place,
                            .title = title ? title : "",
                            .patch_author = older_patch_author(posting)};

    search.work = place->known && posting->part != 0 ? place->series.title : search.title;
    search.batch = patchmark_fact_bool(posting->facts, "subject.pull") ||
                   (posting->numbered && words_name_batch(search.work));
    return search;
}

/* ---- which of several is the older one ----------------------------------------------------- */

/* Returns true if two titles have the same words. */
static bool words_are_equal(const char *title, const char *other) {
    char words[KEY_SIZE], others[KEY_SIZE];

    return words_read(title, words, sizeof(words)) == words_read(other, others, sizeof(others)) &&
           strcmp(words, others) == 0;
}

/* Returns true if both series have change-ids, and these differ. */
static bool change_ids_differ(const struct search *search, const struct patchmark_series *old) {
    const char *change = patchmark_fact_string(search->posting->facts, "trailers.change_id");
    char note[KEY_SIZE];
    const char *const notes[] = {"change", note};

    return change && snprintf(note, sizeof(note), "change %s", change) < KEY_SIZE &&
           patchmark_index_shared(search->posting->message, old->id, notes, 2) == 1;
}

/* Returns true if OLD belongs to the author of the posting or of its patch. */
static bool is_by_author(const struct search *search, const struct patchmark_series *old) {
    return older_is_own(search->posting, old) ||
           (search->patch_author && strcmp(search->patch_author, old->author) == 0);
}

static bool versions_are_equal(const struct search *search, const struct patchmark_series *old) {
    return older_version(search->posting, search->place) == (old->version < 0 ? 1 : old->version);
}

/* Returns true if the titles of a posting of the same version as OLD, but for other trees, differ
 * too much: one patch for several projects, such as the setup of a CI, in a series for each. */
static bool is_for_other_project(const struct search *search, const struct older *older) {
    const struct patchmark_series *old = &older->series;
    int64_t total = search->posting->total > old->total ? search->posting->total : old->total;
    size_t shared = older->shared > 0 ? older->shared : 1;

    return versions_are_equal(search, old) && (int64_t)(2 * shared) < total &&
           older_trees_compare(search->posting, old) == OLDER_TREES_OTHER;
}

/* A batch has the patches of other series, so it continues only the batch with its title, or one
 * for the same tree that has half of its patches in a newer version. */
static bool batches_fit(const struct search *search, const struct older *older) {
    const struct patchmark_series *old = &older->series;

    if (!search->batch && (old->total == 1 || !words_name_batch(old->title)))
        return true;
    return words_are_equal(search->work, old->title) ||
           (!versions_are_equal(search, old) && old->total != 1 &&
            (int64_t)(2 * older->shared) >= old->total &&
            older_trees_compare(search->posting, old) == OLDER_TREES_SAME);
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
           !change_ids_differ(search, old) && batches_fit(search, older) &&
           !is_for_other_project(search, older);
}

/* Returns a number that is higher for a series that is more like the posting. */
static int likeness(const struct search *search, const struct patchmark_series *old) {
    return 8 * older_is_own(search->posting, old) +
           4 * older_branches_fit(search->posting, search->place, old) +
           (int)older_trees_compare(search->posting, old);
}

/* Returns true if ONE is a better choice than BEST: it is more like the posting, or its version is
 * higher.  One of the same version as the posting must be the newer of the two as well. */
static bool is_better(const struct search *search, const struct patchmark_series *one,
                      const struct patchmark_series *best) {
    int likeness_one = likeness(search, one), likeness_best = likeness(search, best);

    if (likeness_one != likeness_best)
        return likeness_one > likeness_best;
    if (versions_are_equal(search, one) != versions_are_equal(search, best))
        return one->opened > best->opened;
    return (one->version < 0 ? 1 : one->version) > (best->version < 0 ? 1 : best->version);
}

/* Sets OLDER->series to the best of the COUNT series FOUND, which are ordered newest first, of
 * those that can be older.  Returns false if there is none. */
static bool choose_best(const struct search *search, const struct patchmark_series *found,
                        size_t count, bool repeated, struct older *older) {
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

/* Looks up the series of the author under KEY, and chooses one. */
static bool key_find(const struct search *search, const char *key, struct older *older) {
    struct patchmark_series found[FOUND_MAX];
    size_t count, kept = 0;

    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(search->posting->message, key, found, FOUND_MAX);
    for (size_t i = 0; i < count; i++)
        if (is_by_author(search, &found[i]))
            found[kept++] = found[i];
    return choose_best(search, found, kept, true, older);
}

/* ---- the signs ---------------------------------------------------------------------------- */

static bool by_change_id(const struct search *search, struct older *older) {
    const char *change = patchmark_fact_string(search->posting->facts, "trailers.change_id");
    char key[KEY_SIZE];

    *older = (struct older){.how = "change-id", .part = -1, .whole = true, .connected = true};
    return change && snprintf(key, sizeof(key), "change %s", change) < KEY_SIZE &&
           key_find(search, key, older) && older_is_own(search->posting, &older->series);
}

static bool has_word(const char *words, const char *word) {
    size_t length = strlen(word);

    for (const char *at = words; (at = strstr(at, word)); at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

/* Returns true if the titles have half of the words of the shorter one in common. */
static bool titles_are_alike(const char *title, const char *other) {
    char words[KEY_SIZE], others[KEY_SIZE], *state, *word;
    size_t count = words_read(title, words, sizeof(words)), common = 0, total;

    total = words_read(other, others, sizeof(others));
    if (count == 0 || total == 0)
        return false;
    for (word = strtok_r(words, " ", &state); word; word = strtok_r(NULL, " ", &state))
        common += has_word(others, word);
    return 2 * common >= (count < total ? count : total);
}

/* Returns true if the mail that the text names is of older work.  A cover may also name other work.
 * So, unless it is named after "Supersedes:", the older series must have a similar title if ALIKE
 * is true, and the same author if ALIKE is false. */
static bool mention_fits(const struct search *search, const struct mention_walk *walk, bool alike,
                         const struct older *older) {
    const struct patchmark_series *old = &older->series;

    if (strcmp(old->id, search->place->id) == 0 || change_ids_differ(search, old))
        return false;
    if (older->stated)
        return true;
    return older_by_version(search->posting, search->place, old, false) &&
           (alike ? titles_are_alike(old->title, search->title)
                  : older_is_own(search->posting, old)) &&
           !mention_depends(walk);
}

/* Finds an older series by a Message-ID in the text. */
static bool mention_find(const struct search *search, bool alike, struct older *older) {
    const struct patchmark_message *message = search->posting->message;
    struct mention_walk walk = {.part = 0};
    char id[256];
    bool stated = false;

    if (search->posting->part > 1)
        return false;
    while (mention_next(message, &walk, id, sizeof(id), &stated)) {
        struct patchmark_known known = {.struct_size = sizeof(known)};

        *older = (struct older){.series = {.struct_size = sizeof(older->series)},
                                .how = stated ? "supersedes" : "link",
                                .stated = stated,
                                .connected = true};
        if (!patchmark_index_message(message, id, &known) || !*known.series ||
            !patchmark_index_series(message, known.series, &older->series) ||
            !mention_fits(search, &walk, alike, older))
            continue;
        older->part = known.part;
        older->whole = known.part <= 1;
        older->weak = !alike && !mention_names_version(&walk);
        return true;
    }
    return false;
}

static bool by_mention(const struct search *search, struct older *older) {
    return mention_find(search, true, older);
}

static bool by_mention_of_other_title(const struct search *search, struct older *older) {
    return mention_find(search, false, older);
}

/* Writes the note by which a series with exactly this title is distinguished from one whose title
 * has the same words. */
static bool title_note(const char *title, char note[KEY_SIZE]) {
    return strchr(title, ' ') && snprintf(note, KEY_SIZE, "title %s", title) < KEY_SIZE;
}

/* Returns true if a mail of SERIES has exactly this title. */
static bool has_title(const struct search *search, const struct patchmark_series *series,
                      const char *title) {
    char note[KEY_SIZE];
    const char *const notes[] = {note};

    return title_note(title, note) &&
           patchmark_index_shared(search->posting->message, series->id, notes, 1) == 1;
}

/* Returns the part of the series with id SERIES that is nearest above the posting in the thread, -1
 * if there is none; looks from the reference FROM on. */
static int64_t part_above(const struct posting *posting, const char *series, size_t from) {
    size_t count = patchmark_message_reference_count(posting->message);

    for (size_t i = from; i < count; i++) {
        struct patchmark_known known = {.struct_size = sizeof(known)};
        const char *reference = patchmark_message_reference(posting->message, i);

        if (patchmark_index_message(posting->message, reference, &known) && known.part >= 0 &&
            strcmp(known.series, series) == 0)
            return known.part;
    }
    return -1;
}

static bool by_thread(const struct search *search, struct older *older) {
    const struct patchmark_message *message = search->posting->message;
    size_t count = patchmark_message_reference_count(message);

    for (size_t i = 0; i < count; i++) {
        struct patchmark_known known = {.struct_size = sizeof(known)};
        struct patchmark_series series = {.struct_size = sizeof(series)};

        *older = (struct older){.how = "thread", .connected = true};
        if (!patchmark_index_message(message, patchmark_message_reference(message, i), &known) ||
            !*known.series || !patchmark_index_series(message, known.series, &series) ||
            !is_by_author(search, &series) || !choose_best(search, &series, 1, false, older))
            continue;
        older->part = part_above(search->posting, known.series, i);
        older->whole = older->part <= 0 && (words_are_equal(series.title, search->title) ||
                                            !has_title(search, &series, search->title));
        return true;
    }
    return false;
}

/* Writes the key of AUTHOR and the words of TITLE; if these are too few, of the exact title, which
 * may be one word after prefixes. */
static bool title_key(const char *author, const char *title, char key[KEY_SIZE]) {
    char words[KEY_SIZE / 2];

    if (!*author)
        return false;
    if (words_read(title, words, sizeof(words)) >= WORDS_MIN &&
        snprintf(key, KEY_SIZE, "by %s title %s", author, words) < KEY_SIZE)
        return true;
    return strchr(title, ' ') &&
           snprintf(key, KEY_SIZE, "by %s title =%s", author, title) < KEY_SIZE;
}

/* Returns true if the title of SERIES has the words of TITLE, and is that of the same patch: many
 * patches of one author have the same words after different prefixes, each for another file. */
static bool has_same_words(const struct search *search, const struct patchmark_series *series,
                           const char *title) {
    return words_are_equal(series->title, title) &&
           (words_prefixes_fit(series->title, title) || older_has_file(search->posting, series));
}

/* Finds an older series by TITLE, among those of AUTHOR.  Series with exactly the same title are
 * preferred, and only these may have the same version, as a resend that is not marked as one. */
static bool title_find(const struct search *search, const char *author, const char *title,
                       bool exact, bool repeated, struct older *older) {
    struct patchmark_series found[TITLES_MAX], same[TITLES_MAX];
    size_t count, same_count = 0, kept = 0;
    char key[KEY_SIZE];

    if (!title_key(author, title, key))
        return false;
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(search->posting->message, key, found, TITLES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (has_title(search, &found[i], title))
            same[same_count++] = found[i];
        else if (!exact && has_same_words(search, &found[i], title))
            found[kept++] = found[i];
    }
    if (!choose_best(search, same, same_count, repeated, older) &&
        !choose_best(search, found, kept, false, older))
        return false;
    older->whole = words_are_equal(older->series.title, title) &&
                   (older->series.total == 1 || search->posting->part == 0 ||
                    patchmark_index_taken(search->posting->message, older->series.id, 0));
    return true;
}

/* Finds an older series of the sender, or of the author of the patch, by its title. */
static bool own_title_find(const struct search *search, bool exact, bool repeated,
                           struct older *older) {
    *older = (struct older){.how = "title", .part = -1};
    return title_find(search, search->posting->author, search->title, exact, repeated, older) ||
           (search->patch_author &&
            title_find(search, search->patch_author, search->title, exact, false, older));
}

/* The titles that a cover lists for its parts. */
struct listed {
    size_t count;
    char notes[LISTED_MAX][sizeof("title ") + 256];
};

static void listed_read(const struct search *search, struct listed *listed) {
    struct mention_walk walk = {.part = 0};
    char title[256];

    listed->count = 0;
    if (search->posting->part != 0)
        return;
    while (listed->count < LISTED_MAX &&
           mention_next_title(search->posting->message, &walk, title, sizeof(title)))
        snprintf(listed->notes[listed->count++], sizeof(listed->notes[0]), "title %s", title);
}

/* Returns how many of the titles are those of mails of SERIES. */
static size_t listed_count(const struct search *search, const struct listed *listed,
                           const struct patchmark_series *series) {
    const char *notes[LISTED_MAX];

    for (size_t i = 0; i < listed->count; i++)
        notes[i] = listed->notes[i];
    return listed->count == 0
               ? 0
               : patchmark_index_shared(search->posting->message, series->id, notes, listed->count);
}

static bool by_title(const struct search *search, struct older *older) {
    struct listed listed;

    /* The title of a batch is no sign; those of its patches are. */
    if ((search->batch && search->posting->part == 0) ||
        !own_title_find(search, false, true, older))
        return false;
    if (search->posting->part == 0 && versions_are_equal(search, &older->series)) {
        listed_read(search, &listed);
        older->shared = listed_count(search, &listed, &older->series);
    }
    /* An RFC may be split into several series. */
    older->weak = !older->whole && search->posting->total != 1 && older->series.total > 2 &&
                  (search->posting->part == 0 || versions_are_equal(search, &older->series));
    return true;
}

/* Finds an older series with TITLE, one of those that the cover lists. */
static bool listed_find(const struct search *search, const struct listed *listed, const char *title,
                        struct older *older) {
    *older = (struct older){.how = "title", .part = -1, .shared = listed->count};
    if (!title_find(search, search->posting->author, title, false, true, older))
        return false;
    older->shared = listed_count(search, listed, &older->series);
    older->whole = words_are_equal(older->series.title, search->title);
    older->weak = (int64_t)older->shared * 2 < older->series.total;
    return batches_fit(search, older) && !is_for_other_project(search, older) &&
           (!versions_are_equal(search, &older->series) || search->posting->repeats_version ||
            older->series.rfc || older_shares_half(search->posting, older));
}

/* Finds the older series that has the most of the titles that a cover lists for its parts, which
 * arrive later. */
static bool by_titles_of_parts(const struct search *search, struct older *older) {
    struct listed listed;
    struct older one;
    size_t best = 0;

    listed_read(search, &listed);
    for (size_t i = 0; i < listed.count; i++)
        if (listed_find(search, &listed, listed.notes[i] + strlen("title "), &one) &&
            one.shared > best) {
            best = one.shared;
            *older = one;
        }
    return best > 0;
}

/* Finds the newest series of the author; only RFCs if the posting is a first version, because no
 * other series can then be older. */
static size_t series_of_author(const struct search *search,
                               struct patchmark_series found[AUTHORS_MAX]) {
    const struct posting *posting = search->posting;
    bool first = older_version(posting, search->place) <= 1 && !posting->repeats_version;
    char key[KEY_SIZE];

    if (!*posting->author)
        return 0;
    snprintf(key, sizeof(key), first ? "by %s rfc" : "by %s", posting->author);
    found[0].struct_size = sizeof(found[0]);
    return patchmark_index_find(posting->message, key, found, AUTHORS_MAX);
}

/* Returns true if the series is the version before that of the posting, or an RFC. */
static bool precedes(const struct search *search, const struct patchmark_series *old) {
    return (old->version < 0 ? 1 : old->version) + 1 ==
           older_version(search->posting, search->place);
}

/* Finds the preceding version by a title that was shortened or extended. */
static bool by_title_start(const struct search *search, struct older *older) {
    struct patchmark_series found[AUTHORS_MAX];
    size_t count, kept = 0;

    *older = (struct older){.how = "title", .part = -1};
    /* This examines all series of the author, so it is left out where no older version can exist.
     */
    if ((search->posting->numbered && search->posting->part > 1) ||
        older_version(search->posting, search->place) <= 1)
        return false;
    count = series_of_author(search, found);
    for (size_t i = 0; i < count; i++)
        if (precedes(search, &found[i]) && words_share_start(found[i].title, search->title) &&
            words_prefixes_fit(found[i].title, search->title))
            found[kept++] = found[i];
    if (!choose_best(search, found, kept, false, older))
        return false;
    older->whole = older->series.total == 1 || search->posting->part == 0 ||
                   patchmark_index_taken(search->posting->message, older->series.id, 0);
    return true;
}

/* Finds the series to which a single patch such as [PATCH 4/3] was added later: it has the same
 * topic and supersedes nothing. */
static bool by_number(const struct search *search, struct older *older) {
    const struct posting *posting = search->posting;
    struct patchmark_series found[FOUND_MAX];
    char key[KEY_SIZE];
    size_t count;

    if (!posting->numbered || posting->total < 1 || posting->part <= posting->total ||
        !*posting->author)
        return false;
    snprintf(key, sizeof(key), "by %s", posting->author);
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(posting->message, key, found, FOUND_MAX);
    for (size_t i = 0; i < count; i++) {
        if (found[i].total != posting->total || found[i].version != posting->version ||
            strcmp(found[i].id, search->place->id) == 0 || !older_is_own(posting, &found[i]))
            continue;
        *older = (struct older){.series = found[i], .how = "number", .part = -1, .weak = true};
        return true;
    }
    return false;
}

static bool by_patch_id(const struct search *search, struct older *older) {
    const char *id = patchmark_fact_string(search->posting->facts, "patch.id");
    char key[KEY_SIZE];

    *older = (struct older){.how = "patch-id", .part = -1};
    if (!id)
        return false;
    snprintf(key, sizeof(key), "patch %s", id);
    if (!key_find(search, key, older))
        return false;
    older->weak = search->posting->total != 1 && older->series.total > 2 &&
                  versions_are_equal(search, &older->series);
    return true;
}

/* Finds a series that changes at least BASES_MIN files, and half of those that the posting changes,
 * from the same blobs. */
static bool by_bases(const struct search *search, struct older *older) {
    const struct posting *posting = search->posting;
    struct patchmark_series found[AUTHORS_MAX];
    const char *bases[BASES_MAX], *base;
    size_t count = 0, series;

    while (count < BASES_MAX && (base = patchmark_fact_item(posting->facts, "patch.bases", count)))
        bases[count++] = base;
    if (count < BASES_MIN)
        return false;
    series = series_of_author(search, found);
    for (size_t i = 0; i < series; i++) {
        size_t shared;

        *older = (struct older){.how = "base", .part = -1};
        if (!precedes(search, &found[i]) && !found[i].rfc)
            continue;
        if (!choose_best(search, &found[i], 1, false, older))
            continue;
        shared = patchmark_index_shared(posting->message, found[i].id, bases, count);
        if (shared < BASES_MIN || 2 * shared < count)
            continue;
        older->weak = posting->total != 1 || found[i].total != 1;
        return true;
    }
    return false;
}

/* ---- the topic ---------------------------------------------------------------------------- */

static bool topic_is_own(const struct place *place) {
    return strcmp(place->series.topic + strlen("t1-"), place->id + strlen("s1-")) == 0;
}

/* Returns true if the series has its topic.  The topic that was written on a mail cannot change,
 * but if the series has found no older work, a mail that arrives later may still show it: a cover
 * by any sign, a part of a later version by its title or patch. */
static bool is_settled(const struct posting *posting, const struct place *place) {
    return place->known && *place->series.topic &&
           (!topic_is_own(place) || (posting->part != 0 && older_version(posting, place) <= 1));
}

/* Finds older work by a part of a series whose first mail has found none. */
static bool late_find(const struct search *search, struct older *older) {
    int64_t version = search->posting->version;

    /* A part with a version of its own is newer than its series. */
    if (version > (search->place->series.version < 0 ? 1 : search->place->series.version))
        return false;
    if ((!own_title_find(search, true, false, older) && !by_patch_id(search, older)) ||
        !older_branches_fit(search->posting, search->place, &older->series))
        return false;
    /* One part of many may have been moved here from other work. */
    older->weak = !precedes(search, &older->series) ||
                  (older->series.total > 2 &&
                   patchmark_index_taken(search->posting->message, search->place->id, 0));
    return true;
}

static bool older_find(const struct search *search, struct older *older) {
    if (search->place->known && search->posting->part != 0)
        return late_find(search, older);
    return by_change_id(search, older) || by_mention(search, older) || by_thread(search, older) ||
           by_title(search, older) || by_titles_of_parts(search, older) ||
           by_title_start(search, older) || by_mention_of_other_title(search, older) ||
           by_number(search, older) || by_patch_id(search, older) || by_bases(search, older);
}

/* The first series of a work determines the topic id. */
static void topic_new(const struct posting *posting, const struct place *place,
                      struct topic *topic) {
    const char *change = patchmark_fact_string(posting->facts, "trailers.change_id");

    if (place->known && posting->part != 0)
        snprintf(topic->id, sizeof(topic->id), "%s", place->series.topic);
    else if (change && !place->forged)
        patchmark_id("t1-", patchmark_text_of(change), topic->id);
    else
        snprintf(topic->id, sizeof(topic->id), "t1-%s", place->id + strlen("s1-"));
}

void topic_find(const struct posting *posting, const struct place *place, struct topic *topic) {
    struct search search;
    struct older older;

    *topic = (struct topic){.how = NULL};
    if (is_settled(posting, place)) {
        snprintf(topic->id, sizeof(topic->id), "%s", place->series.topic);
        return;
    }
    search = search_begin(posting, place);
    if (place->forged || !older_find(&search, &older) || !*older.series.topic) {
        topic_new(posting, place, topic);
        return;
    }
    snprintf(topic->id, sizeof(topic->id), "%s", older.series.topic);
    if (!older_is_superseded(posting, place, &older))
        return;
    snprintf(topic->supersedes, sizeof(topic->supersedes), "%s", older.series.id);
    topic->how = older.how;
    topic->in_part = older_is_replaced_in_part(posting, &older);
}

/* ---- what later mails look for ------------------------------------------------------------- */

static int key_add(struct patchmark_facts *facts, const char *key) {
    return patchmark_fact_add(facts, "keys", patchmark_text_of(key));
}

static int note_add(struct patchmark_facts *facts, const char *note) {
    return patchmark_fact_add(facts, "notes", patchmark_text_of(note));
}

static int title_add_keys(const struct posting *posting, struct patchmark_facts *facts) {
    const char *title = patchmark_fact_string(posting->facts, "subject.title");
    const char *patch_author = older_patch_author(posting);
    char key[KEY_SIZE], note[KEY_SIZE];
    int result = 0;

    if (!title)
        return 0;
    if (title_key(posting->author, title, key))
        result |= key_add(facts, key);
    if (patch_author && title_key(patch_author, title, key))
        result |= key_add(facts, key);
    if (title_note(title, note))
        result |= note_add(facts, note);
    return result;
}

int topic_add_keys(const struct posting *posting, const struct place *place,
                   struct patchmark_facts *facts) {
    const char *change = patchmark_fact_string(posting->facts, "trailers.change_id");
    const char *id = patchmark_fact_string(posting->facts, "patch.id"), *base;
    char key[KEY_SIZE];
    int result = title_add_keys(posting, facts) | older_add_notes(posting, place, facts);

    if (!place->known) {
        snprintf(key, sizeof(key), "by %s", posting->author);
        result |= key_add(facts, key);
    }
    if (!place->known && posting->rfc) {
        snprintf(key, sizeof(key), "by %s rfc", posting->author);
        result |= key_add(facts, key);
    }
    if (*place->wait_key)
        result |= key_add(facts, place->wait_key);
    if (change && snprintf(key, sizeof(key), "change %s", change) < KEY_SIZE)
        result |= key_add(facts, key) | note_add(facts, "change") | note_add(facts, key);
    if (id) {
        snprintf(key, sizeof(key), "patch %s", id);
        result |= key_add(facts, key);
    }
    for (size_t i = 0; (base = patchmark_fact_item(posting->facts, "patch.bases", i)); i++)
        result |= note_add(facts, base);
    return result;
}
