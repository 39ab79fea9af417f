/* SPDX-License-Identifier: BSD-2-Clause
 *
 * topic.c - finds the earlier series that a posting continues, and so its topic: see series.h.
 *
 * The signs, from the most reliable to the least: the change-id of b4; the Message-ID of an older
 * series in the cover or first part; a mail of an older version above it in the thread; and, for
 * the same author, the same title, the start of a title, a title of a part, an added part number,
 * an equal patch-id, common base blobs.  The work of another author is continued only if the sender
 * names its Message-ID.  If no sign applies, the posting starts a new topic.
 */
#include "series.h"
#include "stamp.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FOUND_MAX   16 /* series of any other key that are examined */
#define TITLES_MAX  64 /* series with a title of the same words that are examined */
#define WORDS_MIN   2  /* words of a title; a single word is not a sign */
#define BASES_MIN   2  /* blobs that must be common to both series */
#define BASES_MAX   64 /* blobs of a mail that are compared */
#define AUTHORS_MAX 64 /* newest series of an author that are examined */

/* ---- which of two is older ---------------------------------------------------------------- */

static int64_t version_or_first(int64_t version) {
    return version < 0 ? 1 : version;
}

/* Returns true if OLD can be an earlier version of the posting.  If REPEATED is true, OLD may have
 * the same version: the posting may be a resend whose tag does not state it. */
static bool is_older(const struct posting *posting, const struct place *place,
                     const struct patchmark_series *old, bool repeated) {
    int64_t mine = version_or_first(posting->version), theirs = version_or_first(old->version);
    int64_t opened = place->known ? place->series.opened : posting->received;

    if (strcmp(old->id, place->id) == 0)
        return false;
    if (theirs < mine)
        return true;
    /* If the versions do not show it, the series that arrived first is the older one. */
    if (old->opened > opened)
        return false;
    if (old->rfc && !posting->rfc)
        return true; /* numbering starts anew after an RFC */
    return theirs == mine && (repeated || posting->repeats_version);
}

/* Fills TOPIC from the best of the COUNT series FOUND, which are ordered newest first: the one with
 * the highest version of those that are older, by the same author.  Returns false if there is none.
 */
static bool choose_best(const struct posting *posting, const struct place *place,
                        const struct patchmark_series *found, size_t count, bool repeated,
                        const char *how, struct topic *topic) {
    const struct patchmark_series *best = NULL;

    for (size_t i = 0; i < count; i++)
        if (strcmp(found[i].author, posting->author) == 0 &&
            is_older(posting, place, &found[i], repeated) &&
            (!best || version_or_first(found[i].version) > version_or_first(best->version)))
            best = &found[i];
    if (!best)
        return false;
    snprintf(topic->id, sizeof(topic->id), "%s", best->topic);
    snprintf(topic->supersedes, sizeof(topic->supersedes), "%s", best->id);
    topic->how = how;
    return true;
}

static bool key_find(const struct posting *posting, const struct place *place, const char *key,
                     bool repeated, const char *how, struct topic *topic) {
    struct patchmark_series found[FOUND_MAX];

    found[0].struct_size = sizeof(found[0]);
    return choose_best(posting, place, found,
                       patchmark_index_find(posting->message, key, found, FOUND_MAX), repeated, how,
                       topic);
}

/* ---- the signs ---------------------------------------------------------------------------- */

static bool by_change_id(const struct posting *posting, const struct place *place,
                         struct topic *topic) {
    const char *change = patchmark_fact_string(posting->facts, "trailers.change_id");
    char key[KEY_SIZE];

    return change && snprintf(key, sizeof(key), "change %s", change) < KEY_SIZE &&
           key_find(posting, place, key, true, "change-id", topic);
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

/* Finds an older series by a Message-ID in the text.  A cover may also name other work on which it
 * depends.  So, unless after "Supersedes:", the older series must have a similar title if ALIKE is
 * true, and the same author if ALIKE is false. */
static bool mention_find(const struct posting *posting, const struct place *place, bool alike,
                         struct topic *topic) {
    const char *title = patchmark_fact_string(posting->facts, "subject.title");
    struct mention_walk walk = {.part = 0};
    char id[256];
    bool supersedes = false;

    if (posting->part > 1)
        return false;
    while (mention_next(posting->message, &walk, id, sizeof(id), &supersedes)) {
        struct patchmark_known known = {.struct_size = sizeof(known)};
        struct patchmark_series series = {.struct_size = sizeof(series)};

        if (!patchmark_index_message(posting->message, id, &known) || !*known.series ||
            !patchmark_index_series(posting->message, known.series, &series) ||
            strcmp(series.id, place->id) == 0)
            continue;
        if (!supersedes && (!is_older(posting, place, &series, false) ||
                            !(alike ? titles_are_alike(series.title, title ? title : "")
                                    : strcmp(series.author, posting->author) == 0)))
            continue;
        snprintf(topic->id, sizeof(topic->id), "%s", series.topic);
        snprintf(topic->supersedes, sizeof(topic->supersedes), "%s", series.id);
        topic->how = supersedes ? "supersedes" : "link";
        return true;
    }
    return false;
}

static bool by_mention(const struct posting *posting, const struct place *place,
                       struct topic *topic) {
    return mention_find(posting, place, true, topic);
}

static bool by_mention_of_other_title(const struct posting *posting, const struct place *place,
                                      struct topic *topic) {
    return mention_find(posting, place, false, topic);
}

static bool by_thread(const struct posting *posting, const struct place *place,
                      struct topic *topic) {
    size_t count = patchmark_message_reference_count(posting->message);

    for (size_t i = 0; i < count; i++) {
        struct patchmark_known known = {.struct_size = sizeof(known)};
        struct patchmark_series series = {.struct_size = sizeof(series)};

        if (patchmark_index_message(posting->message,
                                    patchmark_message_reference(posting->message, i), &known) &&
            *known.series && patchmark_index_series(posting->message, known.series, &series) &&
            choose_best(posting, place, &series, 1, false, "thread", topic))
            return true;
    }
    return false;
}

/* Writes the key of the author and the words of TITLE.  Returns false if there are too few words.
 */
static bool words_key(const struct posting *posting, const char *title, char key[KEY_SIZE]) {
    char words[KEY_SIZE / 2];

    if (!title || words_read(title, words, sizeof(words)) < WORDS_MIN)
        return false;
    return snprintf(key, KEY_SIZE, "by %s title %s", posting->author, words) < KEY_SIZE;
}

/* Writes the key of the author and the exact TITLE, for a title of one word after prefixes. */
static bool exact_title_key(const struct posting *posting, const char *title, char key[KEY_SIZE]) {
    return title && strchr(title, ' ') &&
           snprintf(key, KEY_SIZE, "by %s title =%s", posting->author, title) < KEY_SIZE;
}

/* Writes the key under which a series is recorded for TITLE. */
static bool title_key(const struct posting *posting, const char *title, char key[KEY_SIZE]) {
    return words_key(posting, title, key) || exact_title_key(posting, title, key);
}

/* Writes the note by which a series with exactly this title is distinguished from one whose title
 * has the same words. */
static bool title_note(const char *title, char note[KEY_SIZE]) {
    return title && strchr(title, ' ') && snprintf(note, KEY_SIZE, "title %s", title) < KEY_SIZE;
}

/* Finds an older series by TITLE.  Many patches of one author have the same words after different
 * prefixes.  So series with exactly the same title are preferred, and only these may have the same
 * version, as a resend that is not marked as one. */
static bool title_find(const struct posting *posting, const struct place *place, const char *title,
                       struct topic *topic) {
    struct patchmark_series found[TITLES_MAX], same[TITLES_MAX];
    char key[KEY_SIZE], note[KEY_SIZE];
    const char *const notes[] = {note};
    bool noted = title_note(title, note);
    size_t count, same_count = 0;

    if (!title_key(posting, title, key))
        return false;
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(posting->message, key, found, TITLES_MAX);
    for (size_t i = 0; noted && i < count; i++)
        if (patchmark_index_shared(posting->message, found[i].id, notes, 1) == 1)
            same[same_count++] = found[i];
    return choose_best(posting, place, same, same_count, true, "title", topic) ||
           choose_best(posting, place, found, count, false, "title", topic);
}

static bool by_title(const struct posting *posting, const struct place *place,
                     struct topic *topic) {
    return title_find(posting, place, patchmark_fact_string(posting->facts, "subject.title"),
                      topic);
}

/* Finds an older series by the titles that a cover lists for its parts, which arrive later. */
static bool by_titles_of_parts(const struct posting *posting, const struct place *place,
                               struct topic *topic) {
    struct mention_walk walk = {.part = 0};
    char title[256];

    if (posting->part != 0)
        return false;
    while (mention_next_title(posting->message, &walk, title, sizeof(title)))
        if (title_find(posting, place, title, topic))
            return true;
    return false;
}

/* Finds the newest series of the author; only RFCs if the posting is a first version, because no
 * other series can then be older. */
static size_t series_of_author(const struct posting *posting,
                               struct patchmark_series found[AUTHORS_MAX]) {
    bool first = version_or_first(posting->version) <= 1 && !posting->repeats_version;
    char key[KEY_SIZE];

    snprintf(key, sizeof(key), first ? "by %s rfc" : "by %s", posting->author);
    found[0].struct_size = sizeof(found[0]);
    return patchmark_index_find(posting->message, key, found, AUTHORS_MAX);
}

/* Finds the preceding version by a title that was shortened or extended. */
static bool by_title_start(const struct posting *posting, const struct place *place,
                           struct topic *topic) {
    const char *title = patchmark_fact_string(posting->facts, "subject.title");
    struct patchmark_series found[AUTHORS_MAX];
    size_t count, kept = 0;

    /* This examines all series of the author, so it is left out where no older version can exist.
     */
    if (!title || (posting->numbered && posting->part > 0) ||
        version_or_first(posting->version) <= 1)
        return false;
    count = series_of_author(posting, found);
    for (size_t i = 0; i < count; i++)
        if (version_or_first(found[i].version) + 1 == version_or_first(posting->version) &&
            words_share_start(found[i].title, title))
            found[kept++] = found[i];
    return choose_best(posting, place, found, kept, false, "title", topic);
}

/* Finds the series to which a single patch such as [PATCH 4/3] was added later: it has the same
 * topic and supersedes nothing. */
static bool by_number(const struct posting *posting, const struct place *place,
                      struct topic *topic) {
    struct patchmark_series found[FOUND_MAX];
    char key[KEY_SIZE];
    size_t count;

    if (!posting->numbered || posting->total < 1 || posting->part <= posting->total)
        return false;
    snprintf(key, sizeof(key), "by %s", posting->author);
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(posting->message, key, found, FOUND_MAX);
    for (size_t i = 0; i < count; i++) {
        if (found[i].total != posting->total || found[i].version != posting->version ||
            strcmp(found[i].id, place->id) == 0)
            continue;
        snprintf(topic->id, sizeof(topic->id), "%s", found[i].topic);
        topic->how = "number";
        return true;
    }
    return false;
}

static bool by_patch_id(const struct posting *posting, const struct place *place,
                        struct topic *topic) {
    const char *id = patchmark_fact_string(posting->facts, "patch.id");
    char key[KEY_SIZE];

    if (!id)
        return false;
    snprintf(key, sizeof(key), "patch %s", id);
    return key_find(posting, place, key, true, "patch-id", topic);
}

/* Finds a series that changes at least BASES_MIN files from the same blobs. */
static bool by_bases(const struct posting *posting, const struct place *place,
                     struct topic *topic) {
    struct patchmark_series found[AUTHORS_MAX];
    const char *bases[BASES_MAX], *base;
    size_t count = 0, series;

    while (count < BASES_MAX && (base = patchmark_fact_item(posting->facts, "patch.bases", count)))
        bases[count++] = base;
    if (count < BASES_MIN)
        return false;
    series = series_of_author(posting, found);
    for (size_t i = 0; i < series; i++)
        if (is_older(posting, place, &found[i], false) &&
            patchmark_index_shared(posting->message, found[i].id, bases, count) >= BASES_MIN)
            return choose_best(posting, place, &found[i], 1, false, "base", topic);
    return false;
}

/* ---- the topic ---------------------------------------------------------------------------- */

/* Returns true if the series has its topic.  The topic that was written on a mail cannot change, so
 * the first mail of a series determines it.  Only a cover that arrives later may still name older
 * work, if the series has found none. */
static bool is_settled(const struct posting *posting, const struct place *place) {
    return place->known && *place->series.topic &&
           (posting->part != 0 ||
            strcmp(place->series.topic + strlen("t1-"), place->id + strlen("s1-")) != 0);
}

void topic_find(const struct posting *posting, const struct place *place, struct topic *topic) {
    const char *change = patchmark_fact_string(posting->facts, "trailers.change_id");

    *topic = (struct topic){.how = NULL};
    if (is_settled(posting, place)) {
        snprintf(topic->id, sizeof(topic->id), "%s", place->series.topic);
        return;
    }
    if (!place->forged &&
        (by_change_id(posting, place, topic) || by_mention(posting, place, topic) ||
         by_thread(posting, place, topic) || by_title(posting, place, topic) ||
         by_title_start(posting, place, topic) ||
         by_mention_of_other_title(posting, place, topic) ||
         by_titles_of_parts(posting, place, topic) || by_number(posting, place, topic) ||
         by_patch_id(posting, place, topic) || by_bases(posting, place, topic)) &&
        *topic->id)
        return;
    /* The first series of a work determines the topic id. */
    *topic = (struct topic){.how = NULL};
    if (change && !place->forged)
        patchmark_id("t1-", patchmark_text_of(change), topic->id);
    else
        snprintf(topic->id, sizeof(topic->id), "t1-%s", place->id + strlen("s1-"));
}

static int key_add(struct patchmark_facts *facts, const char *key) {
    return patchmark_fact_add(facts, "keys", patchmark_text_of(key));
}

static int note_add(struct patchmark_facts *facts, const char *note) {
    return patchmark_fact_add(facts, "notes", (struct patchmark_text){note, strlen(note)});
}

int topic_add_keys(const struct posting *posting, const struct place *place,
                   struct patchmark_facts *facts) {
    const char *change = patchmark_fact_string(posting->facts, "trailers.change_id");
    const char *title = patchmark_fact_string(posting->facts, "subject.title");
    const char *id = patchmark_fact_string(posting->facts, "patch.id"), *base;
    char key[KEY_SIZE], note[KEY_SIZE];
    int result = 0;

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
    if (title_key(posting, title, key))
        result |= key_add(facts, key);
    if (title_note(title, note))
        result |= note_add(facts, note);
    if (change) {
        snprintf(key, sizeof(key), "change %s", change);
        result |= key_add(facts, key);
    }
    if (id) {
        snprintf(key, sizeof(key), "patch %s", id);
        result |= key_add(facts, key);
    }
    for (size_t i = 0; (base = patchmark_fact_item(posting->facts, "patch.bases", i)); i++)
        result |= note_add(facts, base);
    return result;
}
