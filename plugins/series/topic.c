/* SPDX-License-Identifier: BSD-2-Clause
 *
 * topic.c - which earlier work a posting goes on with: see series.h.
 *
 * From the surest sign to the weakest: the change-id of b4; the Message-ID of an older posting in
 * the cover or first part; a thread parent in an older version; and for the same author the title,
 * a part's title, the beginning of a title, shared patches, shared base blobs.  A stranger's work
 * is taken up only where the sender says so.  Two works of one author stay two.
 */
#include "series.h"
#include "stamp.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FOUND_MOST   16
#define TITLES_MOST  64 /* series with a title of the same words that are looked at */
#define WORDS_LEAST  2  /* a title of one word is no evidence */
#define BASES_LEAST  2  /* blobs that must be shared */
#define BASES_MOST   64 /* that are looked at */
#define AUTHORS_MOST 64 /* series of an author, the newest, that are looked at */

/* ---- which of two is older ---------------------------------------------------------------- */

static int64_t version_or_first(int64_t version) {
    return version < 0 ? 1 : version;
}

/* True when OLD can be an earlier version of the posting; REPEATED: also one of the same version,
 * as of a resend that does not say so. */
static bool is_older(const struct posting *posting, const struct place *place,
                     const struct patchmark_series *old, bool repeated) {
    int64_t mine = version_or_first(posting->version), theirs = version_or_first(old->version);
    int64_t opened = place->known ? place->series.opened : posting->received;

    if (strcmp(old->id, place->id) == 0)
        return false;
    if (theirs < mine)
        return true;
    /* Where the numbers do not tell, the one that came first is the older. */
    if (old->opened > opened)
        return false;
    if (old->rfc && !posting->rfc)
        return true; /* numbering starts anew after an RFC */
    return theirs == mine && (repeated || posting->again);
}

/* Takes the best of FOUND: the highest version below ours, the newest of those. */
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
    struct patchmark_series found[FOUND_MOST];

    found[0].struct_size = sizeof(found[0]);
    return choose_best(posting, place, found,
                       patchmark_index_find(posting->message, key, found, FOUND_MOST), repeated,
                       how, topic);
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

/* Titles with half of their words in common. */
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

/* A cover may name other work too, on which it builds; so one of the same title goes first, and
 * with any title (ALIKE false) only older work of the same author is taken. */
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

static bool title_key(const struct posting *posting, const char *title, char key[KEY_SIZE]) {
    char words[KEY_SIZE / 2];

    if (!title || words_read(title, words, sizeof(words)) < WORDS_LEAST)
        return false;
    return snprintf(key, KEY_SIZE, "by %s title %s", posting->author, words) < KEY_SIZE;
}

/* A title of one word is looked for as it is. */
static bool short_key(const struct posting *posting, const char *title, char key[KEY_SIZE]) {
    return title && strchr(title, ' ') &&
           snprintf(key, KEY_SIZE, "by %s title =%s", posting->author, title) < KEY_SIZE;
}

/* What is filed for a title. */
static bool title_file_key(const struct posting *posting, const char *title, char key[KEY_SIZE]) {
    return title_key(posting, title, key) || short_key(posting, title, key);
}

/* The note that tells the same title from one of the same words. */
static bool title_note(const char *title, char note[KEY_SIZE]) {
    return title && strchr(title, ' ') && snprintf(note, KEY_SIZE, "title %s", title) < KEY_SIZE;
}

/* Many patches of one author have the same words behind other prefixes; so the whole title goes
 * first, and it alone tells a resend that does not say so. */
static bool title_find(const struct posting *posting, const struct place *place, const char *title,
                       struct topic *topic) {
    struct patchmark_series found[TITLES_MOST], same[TITLES_MOST];
    char key[KEY_SIZE], note[KEY_SIZE];
    const char *const notes[] = {note};
    bool noted = title_note(title, note);
    size_t count, same_count = 0;

    if (!title_file_key(posting, title, key))
        return false;
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(posting->message, key, found, TITLES_MOST);
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

/* A cover lists the titles of its parts, which are to come. */
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

/* The newest series of the author; the RFCs among them where only these can be older. */
static size_t series_of_author(const struct posting *posting,
                               struct patchmark_series found[AUTHORS_MOST]) {
    bool first = version_or_first(posting->version) <= 1 && !posting->again;
    char key[KEY_SIZE];

    snprintf(key, sizeof(key), first ? "by %s rfc" : "by %s", posting->author);
    found[0].struct_size = sizeof(found[0]);
    return patchmark_index_find(posting->message, key, found, AUTHORS_MOST);
}

/* A title that was cut or grew, with the version one more. */
static bool by_beginning(const struct posting *posting, const struct place *place,
                         struct topic *topic) {
    const char *title = patchmark_fact_string(posting->facts, "subject.title");
    struct patchmark_series found[AUTHORS_MOST];
    size_t count, kept = 0;

    /* All of an author's series are looked at, so not for a first version, before which none is. */
    if (!title || (posting->numbered && posting->part > 0) ||
        version_or_first(posting->version) <= 1)
        return false;
    count = series_of_author(posting, found);
    for (size_t i = 0; i < count; i++)
        if (version_or_first(found[i].version) + 1 == version_or_first(posting->version) &&
            words_begin_alike(found[i].title, title))
            found[kept++] = found[i];
    return choose_best(posting, place, found, kept, false, "title", topic);
}

/* A patch that was added to a series a while after, on its own: of the same work, and superseding
 * nothing. */
static bool by_number(const struct posting *posting, const struct place *place,
                      struct topic *topic) {
    struct patchmark_series found[FOUND_MOST];
    char key[KEY_SIZE];
    size_t count;

    if (!posting->numbered || posting->total < 1 || posting->part <= posting->total)
        return false;
    snprintf(key, sizeof(key), "by %s", posting->author);
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(posting->message, key, found, FOUND_MOST);
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

/* A series that changed the same files from the same state.  One file proves little. */
static bool by_bases(const struct posting *posting, const struct place *place,
                     struct topic *topic) {
    struct patchmark_series found[AUTHORS_MOST];
    const char *bases[BASES_MOST], *base;
    size_t count = 0, series;

    while (count < BASES_MOST && (base = patchmark_fact_item(posting->facts, "patch.bases", count)))
        bases[count++] = base;
    if (count < BASES_LEAST)
        return false;
    series = series_of_author(posting, found);
    for (size_t i = 0; i < series; i++)
        if (is_older(posting, place, &found[i], false) &&
            patchmark_index_shared(posting->message, found[i].id, bases, count) >= BASES_LEAST)
            return choose_best(posting, place, &found[i], 1, false, "base", topic);
    return false;
}

/* ---- all of them -------------------------------------------------------------------------- */

/* A topic is on the mails of its series for good, so it is settled by the first of them.  Only a
 * cover that comes late may still name the work that its series goes on with. */
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
         by_beginning(posting, place, topic) || by_mention_of_other_title(posting, place, topic) ||
         by_titles_of_parts(posting, place, topic) || by_number(posting, place, topic) ||
         by_patch_id(posting, place, topic) || by_bases(posting, place, topic)) &&
        *topic->id)
        return;
    /* The first posting of its work gives the work its name. */
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

int topic_file(const struct posting *posting, const struct place *place,
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
    if (*place->wait)
        result |= key_add(facts, place->wait);
    if (title_file_key(posting, title, key))
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
