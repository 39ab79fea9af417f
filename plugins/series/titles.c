/* SPDX-License-Identifier: BSD-2-Clause
 *
 * titles.c - finds older series by titles: see topic.h.
 *
 * A series is recorded under the title of each of its mails, as a set of words, for its sender, and
 * apart from that for the author that the text of the patch names: so nobody can hide the series of
 * another person behind many of his own.
 */
#include "fit.h"
#include "topic.h"

#include <stdio.h>
#include <string.h>

#define TITLES_MAX  64 /* series with a title of the same words that are examined */
#define LISTED_MAX  64 /* titles that a cover lists and that are compared */
#define LISTED_SIZE (sizeof("title ") + 256) /* bytes of the note of one */
#define WORDS_MIN   2                        /* words of a title; a single word is not a sign */

/* One of these is in a title of several words. */
#define BETWEEN_WORDS " ,;"

#define LISTS "lists" /* the note of a cover that lists titles */

/* Writes the note by which a series with exactly this title is distinguished from one whose title
 * has the same words, without the blanks after "," and ";": a program that folds a header field
 * there adds one. */
static bool title_note(const char *title, char *note, size_t size) {
    size_t length = (size_t)snprintf(note, size, "title ");

    for (; *title && length + 1 < size; title++)
        if (*title != ' ' || !strchr(",;", note[length - 1]))
            note[length++] = *title;
    note[length] = '\0';
    return !*title;
}

/* Returns true if a mail of SERIES has exactly this title. */
bool titles_has(const struct search *search, const struct patchmark_series *series,
                const char *title) {
    char note[KEY_SIZE];
    const char *const notes[] = {note};

    return strpbrk(title, BETWEEN_WORDS) && title_note(title, note, sizeof(note)) &&
           patchmark_index_shared(search->posting->message, series->id, notes, 1) == 1;
}

/* Who sent the series that are recorded under a key. */
enum sender { SENT_BY_AUTHOR, SENT_BY_OTHER };

/* Writes the key of AUTHOR and the words of TITLE; if these are too few, of the exact title, which
 * may be one word after prefixes. */
static bool title_key(const char *author, enum sender sender, const char *title,
                      char key[KEY_SIZE]) {
    const char *what = sender == SENT_BY_AUTHOR ? "title" : "patch title";
    char words[KEY_SIZE / 2];

    if (!*author)
        return false;
    if (words_read(title, words, sizeof(words)) >= WORDS_MIN &&
        snprintf(key, KEY_SIZE, "by %s %s %s", author, what, words) < KEY_SIZE)
        return true;
    return strchr(title, ' ') &&
           snprintf(key, KEY_SIZE, "by %s %s =%s", author, what, title) < KEY_SIZE;
}

/* Returns true if the title of SERIES has the words of TITLE, and is that of the same patch: many
 * patches of one author have the same words after different prefixes, each for another file. */
static bool has_same_words(const struct search *search, const struct patchmark_series *series,
                           const char *title) {
    return words_are_equal(series->title, title) &&
           (words_prefixes_fit(series->title, title) || older_has_file(search->posting, series));
}

/* Finds an older series by TITLE, among those of AUTHOR that SENDER sent.  Series with exactly the
 * same title are preferred, and only these may have the same version, as a resend that is not
 * marked as one. */
static bool title_find(const struct search *search, const char *author, enum sender sender,
                       const char *title, bool exact, bool repeated, struct older *older) {
    struct patchmark_series found[TITLES_MAX], same[TITLES_MAX];
    size_t count, same_count = 0, kept = 0;
    char key[KEY_SIZE];

    if (!title_key(author, sender, title, key))
        return false;
    found[0].struct_size = sizeof(found[0]);
    count = patchmark_index_find(search->posting->message, key, found, TITLES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (titles_has(search, &found[i], title))
            same[same_count++] = found[i];
        else if (!exact && has_same_words(search, &found[i], title))
            found[kept++] = found[i];
    }
    older->why = "that series has the same title";
    if (!older_choose(search, same, same_count, repeated, older)) {
        older->why = "that series has a title of the same words";
        if (!older_choose(search, found, kept, false, older))
            return false;
    }
    older->whole = words_are_equal(older->series.title, title) &&
                   (older->series.total == 1 || search->posting->part == 0 ||
                    patchmark_index_taken(search->posting->message, older->series.id, 0));
    return true;
}

/* Finds an older series by the title of the mail: one that the sender posted; else one that another
 * person posted with the sender as the author; else one by the author whom the patch names. */
static bool own_title_find(const struct search *search, bool exact, bool repeated,
                           struct older *older) {
    const char *sender = search->posting->author, *author = search->patch_author;
    /* A first version continues nothing that another person posted. */
    bool continues = search->posting->version > 1 || search->posting->repeats_version;

    *older = (struct older){.how = "title", .part = -1};
    return title_find(search, sender, SENT_BY_AUTHOR, search->title, exact, repeated, older) ||
           (continues &&
            title_find(search, sender, SENT_BY_OTHER, search->title, exact, false, older)) ||
           (author &&
            (title_find(search, author, SENT_BY_AUTHOR, search->title, exact, false, older) ||
             title_find(search, author, SENT_BY_OTHER, search->title, exact, false, older)));
}

/* The titles that a cover lists for its parts. */
struct listed {
    size_t count;
    char notes[LISTED_MAX][LISTED_SIZE];
};

static void listed_read(const struct posting *posting, struct listed *listed) {
    struct mention_walk walk = {.part = 0};
    char title[256];

    listed->count = 0;
    if (posting->part != 0)
        return;
    while (listed->count < LISTED_MAX &&
           mention_next_title(posting->message, &walk, title, sizeof(title)))
        title_note(title, listed->notes[listed->count++], sizeof(listed->notes[0]));
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

/* Returns the number of parts of SERIES that arrived, without its cover; 0 if its total is unknown.
 */
static size_t parts_arrived(const struct search *search, const struct patchmark_series *series) {
    size_t count = series_parts_taken(search->posting, series);

    return count - (count > 0 && patchmark_index_taken(search->posting->message, series->id, 0));
}

/* Writes the note of a cover that lists a title, of which NOTE is that of a part. */
static void listed_note(const char *note, char listed[LISTED_SIZE]) {
    snprintf(listed, LISTED_SIZE, LISTS " %s", note + strlen("title "));
}

/* Returns how many patches the posting, a cover, repeats of SERIES, a cover of which no part
 * arrived: the titles that both list, if these are most of those that the posting lists.  If
 * neither lists any, all patches if it follows within minutes. */
static size_t repeated_count(const struct search *search, const struct listed *listed,
                             const struct patchmark_series *series) {
    const struct posting *posting = search->posting;
    char text[LISTED_MAX][LISTED_SIZE];
    const char *notes[LISTED_MAX];
    size_t shared;

    if (listed->count == 0)
        return series->total == posting->total &&
                       posting->received - series->opened <= LOOSE_SECONDS &&
                       !series_has_note(posting, series, LISTS)
                   ? (size_t)series->total
                   : 0;
    for (size_t i = 0; i < listed->count; i++) {
        listed_note(listed->notes[i], text[i]);
        notes[i] = text[i];
    }
    shared = patchmark_index_shared(posting->message, series->id, notes, listed->count);
    /* Other indented lines are alike, too, such as those of a pull request. */
    return 2 * shared > listed->count ? shared : 0;
}

/* Returns true if the posting and a single patch with a title that is not the same change different
 * files first. */
static bool other_file(const struct search *search, const struct patchmark_series *old) {
    return old->total == 1 && patchmark_fact_is_set(search->posting->facts, "patch.files") &&
           !titles_has(search, old, search->title) && !older_has_file(search->posting, old);
}

bool titles_sign(const struct search *search, struct older *older) {
    bool batch = search->batch && search->posting->part == 0, alone = false;
    struct listed listed;

    if (!own_title_find(search, false, true, older))
        return false;
    if (search->posting->part == 0 && older_has_same_version(search, &older->series)) {
        listed_read(search->posting, &listed);
        alone = older->series.total > 0 && parts_arrived(search, &older->series) == 0;
        older->shared = alone ? repeated_count(search, &listed, &older->series)
                              : listed_count(search, &listed, &older->series);
        /* A title that is used again for other patches. */
        if (listed.count > 0 && older->shared == 0 && !search->posting->repeats_version &&
            !older->series.rfc)
            return false;
    }
    /* The title of a batch is no sign; those of its patches are. */
    if (batch && !(alone && older->shared > 0))
        return false;
    /* An RFC may be split into several series. */
    older->weak = other_file(search, &older->series) ||
                  (!older->whole && search->posting->total != 1 && older->series.total > 2 &&
                   !search->posting->repeats_version &&
                   (search->posting->part == 0 || older_has_same_version(search, &older->series)));
    return true;
}

/* Returns true if the posting is the next version of OLDER, whose title it has, although it lists
 * fewer than half of its titles: it has half of those that arrived.  The other parts may have gone
 * to other lists. */
static bool is_next_version(const struct search *search, const struct older *older) {
    return older->whole && search->posting->version > 1 &&
           search->posting->version > older->series.version &&
           2 * older->shared >= parts_arrived(search, &older->series);
}

/* Finds an older series with TITLE, one of those that the cover lists. */
static bool listed_find(const struct search *search, const struct listed *listed, const char *title,
                        struct older *older) {
    *older = (struct older){.how = "title", .part = -1, .shared = listed->count};
    if (!title_find(search, search->posting->author, SENT_BY_AUTHOR, title, false, true, older))
        return false;
    older->why = "that series has most of the titles that it lists";
    older->shared = listed_count(search, listed, &older->series);
    older->whole = words_are_equal(older->series.title, search->title);
    older->weak =
        (int64_t)older->shared * 2 < older->series.total && !is_next_version(search, older);
    return older_batches_fit(search, older) && !older_is_for_other_project(search, older) &&
           (!older_has_same_version(search, &older->series) || search->posting->repeats_version ||
            older->series.rfc || older_shares_half(search->posting, older));
}

/* Finds the older series that has the most of the titles that a cover lists for its parts, which
 * arrive later. */
bool titles_of_parts_sign(const struct search *search, struct older *older) {
    struct listed listed;
    struct older one;
    size_t best = 0;

    listed_read(search->posting, &listed);
    for (size_t i = 0; i < listed.count; i++)
        if (listed_find(search, &listed, listed.notes[i] + strlen("title "), &one) &&
            one.shared > best) {
            best = one.shared;
            *older = one;
        }
    return best > 0;
}

/* Returns true if a batch lists no title of the parts of OLD that arrived. */
static bool is_other_batch(const struct search *search, const struct listed *listed,
                           const struct patchmark_series *old) {
    return search->batch && listed->count > 0 && listed_count(search, listed, old) == 0 &&
           parts_arrived(search, old) > 0;
}

/* Finds the preceding version by a title that was shortened or extended. */
bool titles_start_sign(const struct search *search, struct older *older) {
    struct patchmark_series found[AUTHORS_MAX];
    struct listed listed = {.count = 0};
    size_t count, kept = 0;

    *older = (struct older){.how = "title",
                            .why = "its title is that of that series, cut or extended",
                            .part = -1};
    /* This examines all series of the author, so it is left out where no older version can exist.
     */
    if ((search->posting->numbered && search->posting->part > 1) ||
        older_version(search->posting, search->place) <= 1)
        return false;
    count = older_of_author(search, found);
    if (search->batch)
        listed_read(search->posting, &listed);
    for (size_t i = 0; i < count; i++)
        if (older_precedes(search, &found[i]) && words_share_start(found[i].title, search->title) &&
            words_prefixes_fit(found[i].title, search->title) &&
            !is_other_batch(search, &listed, &found[i]))
            found[kept++] = found[i];
    if (!older_choose(search, found, kept, false, older))
        return false;
    older->weak = other_file(search, &older->series);
    older->whole = older->series.total == 1 || search->posting->part == 0 ||
                   patchmark_index_taken(search->posting->message, older->series.id, 0);
    return true;
}

/* ---- what later mails look for ------------------------------------------------------------- */

/* Adds the titles that a cover lists, by which it is compared until parts arrive. */
static int listed_add_notes(const struct posting *posting, struct patchmark_facts *facts) {
    struct listed listed;
    char note[LISTED_SIZE];
    int result = 0;

    listed_read(posting, &listed);
    if (listed.count > 0)
        result |= note_add(facts, LISTS);
    for (size_t i = 0; i < listed.count; i++) {
        listed_note(listed.notes[i], note);
        result |= note_add(facts, note);
    }
    return result;
}

int titles_add_keys(const struct posting *posting, struct patchmark_facts *facts) {
    const char *title = patchmark_fact_string(posting->facts, "subject.title");
    const char *patch_author = older_patch_author(posting);
    char key[KEY_SIZE], note[KEY_SIZE];
    int result = 0;

    if (!title)
        return 0;
    if (title_key(posting->author, SENT_BY_AUTHOR, title, key))
        result |= key_add(facts, key);
    if (patch_author && title_key(patch_author, SENT_BY_OTHER, title, key))
        result |= key_add(facts, key);
    if (strpbrk(title, BETWEEN_WORDS) && title_note(title, note, sizeof(note)))
        result |= note_add(facts, note);
    return result | listed_add_notes(posting, facts);
}

bool titles_find_exact(const struct search *search, struct older *older) {
    return own_title_find(search, true, false, older);
}
