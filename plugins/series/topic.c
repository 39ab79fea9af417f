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
#include "topic.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FOUND_MAX 16 /* series of any other key that are examined */
#define BASES_MIN 2  /* blobs that must be common to both series */
#define BASES_MAX 64 /* blobs of a mail that are compared */

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

/* Chooses one of the series that AUTHOR sent with VALUE, a change-id or patch-id as WHAT says. */
static bool value_find(const struct search *search, const char *author, const char *what,
                       const char *value, struct older *older) {
    struct patchmark_series found[FOUND_MAX];
    char key[KEY_SIZE];

    if (!*author || !older_value_key(author, what, value, key))
        return false;
    found[0].struct_size = sizeof(found[0]);
    return older_choose(search, found,
                        patchmark_index_find(search->posting->message, key, found, FOUND_MAX), true,
                        older);
}

/* ---- the signs ---------------------------------------------------------------------------- */

static bool by_change_id(const struct search *search, struct older *older) {
    const char *change = patchmark_fact_string(search->posting->facts, "trailers.change_id");

    *older = (struct older){.how = "change-id",
                            .why = "that series has its change-id",
                            .part = -1,
                            .whole = true,
                            .connected = true};
    return change && value_find(search, search->posting->author, "change", change, older);
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

    if (strcmp(old->id, search->place->id) == 0 || older_change_ids_differ(search, old))
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
                                .why = stated  ? "it names that series after Supersedes:"
                                       : alike ? "it names that series, whose title is similar"
                                               : "it names that series of the same author",
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

        *older = (struct older){.how = "thread",
                                .why = "it is below that series in the thread",
                                .connected = true};
        if (!patchmark_index_message(message, patchmark_message_reference(message, i), &known) ||
            !*known.series || !patchmark_index_series(message, known.series, &series) ||
            !older_is_by_author(search, &series) || !older_choose(search, &series, 1, false, older))
            continue;
        older->part = part_above(search->posting, known.series, i);
        older->whole = older->part <= 0 && (words_are_equal(series.title, search->title) ||
                                            !titles_has(search, &series, search->title));
        return true;
    }
    return false;
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
        *older = (struct older){.series = found[i],
                                .how = "number",
                                .why = "its number adds it to that series",
                                .part = -1,
                                .weak = true};
        return true;
    }
    return false;
}

static bool by_patch_id(const struct search *search, struct older *older) {
    const char *id = patchmark_fact_string(search->posting->facts, "patch.id");

    *older = (struct older){.how = "patch-id", .why = "that series has the same patch", .part = -1};
    if (!id ||
        (!value_find(search, search->posting->author, "patch", id, older) &&
         (!search->patch_author || !value_find(search, search->patch_author, "patch", id, older))))
        return false;
    older->weak = search->posting->total != 1 && older->series.total > 2 &&
                  !search->posting->repeats_version &&
                  older_has_same_version(search, &older->series);
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
    series = older_of_author(search, found);
    for (size_t i = 0; i < series; i++) {
        size_t shared;

        *older = (struct older){.how = "base",
                                .why = "that series changes the same state of files",
                                .part = -1};
        if (!older_precedes(search, &found[i]) && !found[i].rfc)
            continue;
        if (!older_choose(search, &found[i], 1, false, older))
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
    if ((!titles_find_exact(search, older) && !by_patch_id(search, older)) ||
        !older_branches_fit(search->posting, search->place, &older->series))
        return false;
    /* One part of many may have been moved here from other work. */
    older->weak = !older_precedes(search, &older->series) ||
                  (older->series.total > 2 &&
                   patchmark_index_taken(search->posting->message, search->place->id, 0));
    return true;
}

static bool older_find(const struct search *search, struct older *older) {
    if (search->place->known && search->posting->part != 0)
        return late_find(search, older);
    return by_change_id(search, older) || by_mention(search, older) || by_thread(search, older) ||
           titles_sign(search, older) || titles_of_parts_sign(search, older) ||
           titles_start_sign(search, older) || by_mention_of_other_title(search, older) ||
           by_number(search, older) || by_patch_id(search, older) || by_bases(search, older);
}

/* The first series of a work determines the topic id. */
static void topic_new(const struct posting *posting, const struct place *place,
                      struct topic *topic) {
    const char *change = patchmark_fact_string(posting->facts, "trailers.change_id");

    if (place->known && posting->part != 0) {
        snprintf(topic->id, sizeof(topic->id), "%s", place->series.topic);
        patchmark_explain(posting->facts, "topic", "that of the series; no older work was found");
    } else if (change && !place->reused) {
        patchmark_id("t1-", patchmark_text_of(change), topic->id);
        patchmark_explain(posting->facts, "topic",
                          "a new one, made of the change-id; no older work was found");
    } else {
        snprintf(topic->id, sizeof(topic->id), "t1-%s", place->id + strlen("s1-"));
        patchmark_explain(posting->facts, "topic", "a new one; no older work was found");
    }
}

/* Explains that OLDER was found, and REMAINS, what older_remains returned for it. */
static void older_explain(const struct posting *posting, const struct older *older,
                          const char *remains) {
    patchmark_explain(posting->facts, "topic", "that of %s (v%lld): %s", older->series.id,
                      (long long)(older->series.version < 0 ? 1 : older->series.version),
                      older->why);
    if (remains)
        patchmark_explain(posting->facts, "supersedes", "not %s: %s", older->series.id, remains);
}

void topic_find(const struct posting *posting, const struct place *place, struct topic *topic) {
    struct search search;
    struct older older;
    const char *remains;

    *topic = (struct topic){.how = NULL};
    if (is_settled(posting, place)) {
        snprintf(topic->id, sizeof(topic->id), "%s", place->series.topic);
        patchmark_explain(posting->facts, "topic", "that of the series");
        if (!topic_is_own(place)) {
            search = search_begin(posting, place);
            repeat_find(&search, topic);
        }
        return;
    }
    search = search_begin(posting, place);
    if (place->reused || !older_find(&search, &older) || !*older.series.topic) {
        topic_new(posting, place, topic);
        return;
    }
    snprintf(topic->id, sizeof(topic->id), "%s", older.series.topic);
    remains = older_remains(posting, place, &older);
    older_explain(posting, &older, remains);
    if (remains) {
        topic->may_repeat = older_has_same_version(&search, &older.series);
        if (topic->may_repeat)
            repeat_find(&search, topic);
        return;
    }
    topic->in_part = older_find_newest(&search, &older);
    patchmark_explain(posting->facts, "supersedes", "%s of %s (v%lld)",
                      topic->in_part ? "parts" : "all", older.series.id,
                      (long long)(older.series.version < 0 ? 1 : older.series.version));
    snprintf(topic->supersedes, sizeof(topic->supersedes), "%s", older.series.id);
    topic->how = older.how;
}

/* ---- what later mails look for ------------------------------------------------------------- */

int topic_add_keys(const struct posting *posting, const struct place *place,
                   struct patchmark_facts *facts) {
    const char *change = patchmark_fact_string(posting->facts, "trailers.change_id");
    const char *id = patchmark_fact_string(posting->facts, "patch.id"), *base;
    char key[KEY_SIZE];
    int result = titles_add_keys(posting, facts) | older_add_notes(posting, place, facts);

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
    if (change && older_value_key(posting->author, "change", change, key))
        result |= key_add(facts, key);
    if (id && older_value_key(posting->author, "patch", id, key))
        result |= key_add(facts, key);
    for (size_t i = 0; (base = patchmark_fact_item(posting->facts, "patch.bases", i)); i++)
        result |= note_add(facts, base);
    return result;
}
