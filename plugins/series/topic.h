/* SPDX-License-Identifier: BSD-2-Clause
 *
 * topic.h - what the files that find the topic of a posting share: what the posting says, and the
 * older series that a sign has found.
 *
 * Contracts are as in series.h.  A sign is a function that looks for older work of the posting and
 * fills a struct older, of which it returns false if it has found none.
 */
#ifndef TOPIC_H
#define TOPIC_H

#include "series.h"

#define AUTHORS_MAX 64 /* newest series of an author that are examined */

/* Add a string to the list facts `keys` and `notes`.  Return 0, or -1 if the fact could not be set.
 */
static inline int key_add(struct patchmark_facts *facts, const char *key) {
    return patchmark_fact_add_string(facts, "keys", key);
}

static inline int note_add(struct patchmark_facts *facts, const char *note) {
    return patchmark_fact_add_string(facts, "notes", note);
}

/* What the posting says, as the signs compare it. */
struct search {
    const struct posting *posting;
    const struct place *place;
    const char *title;        /* of the mail; "" if it has none */
    const char *work;         /* of the series: that of its cover, else of its first mail */
    const char *patch_author; /* who wrote the patch, if not the sender; else NULL */
    bool batch;               /* the series is a batch of patches: see words_name_batch */
};

/* An older series that a sign has found, and what the sign says of it. */
struct older {
    struct patchmark_series series;
    const char *how;
    const char *why; /* the sign for people, a sentence; "that series" is the older one */
    int64_t part;   /* the part of the series that the sign found; 0 for its cover, -1 if unknown */
    size_t shared;  /* titles that the posting, a cover, lists and parts of the series have */
    bool whole;     /* the sign concerns the whole series, not one of its parts */
    bool stated;    /* the posting names the series after "Supersedes:" */
    bool connected; /* the posting names the series, has its change-id, or is below it in the thread
                     */
    bool weak;      /* the sign is enough for a topic, but not to supersede the series */
};

enum older_trees {
    OLDER_TREES_OTHER,   /* both name trees, and none is the same */
    OLDER_TREES_CROSSED, /* they have a tree in common, and both name others, too */
    OLDER_TREES_NEAR, /* only one of them names a tree, or the trees belong together: net, net-next
                       */
    OLDER_TREES_SHARED, /* they have a tree in common, and one of them names more */
    OLDER_TREES_EQUAL
};

/* older.c: compares POSTING, whose series is PLACE, with OLD, an earlier series. */

/* Returns the version of the posting: that of its tag, else of its series, else 1. */
int64_t older_version(const struct posting *posting, const struct place *place);
/* Returns true if OLD can be an earlier version of the posting.  If REPEATED is true, OLD may have
 * the same version: the posting may be a resend whose tag does not state it. */
bool older_by_version(const struct posting *posting, const struct place *place,
                      const struct patchmark_series *old, bool repeated);
/* Returns the author that the text of the patch names, if it is not the sender; NULL otherwise. */
const char *older_patch_author(const struct posting *posting);
/* Returns true if the author of OLD sent the posting. */
bool older_is_own(const struct posting *posting, const struct patchmark_series *old);
/* Returns true if both are for the same stable branch, or neither is for one. */
bool older_branches_fit(const struct posting *posting, const struct place *place,
                        const struct patchmark_series *old);
enum older_trees older_trees_compare(const struct posting *posting,
                                     const struct patchmark_series *old);
/* Returns true if a patch of OLD changes the first file that the posting changes. */
bool older_has_file(const struct posting *posting, const struct patchmark_series *old);
/* Returns true if the cover POSTING lists the titles of half of the parts, of the longer one of the
 * two series. */
bool older_shares_half(const struct posting *posting, const struct older *older);
/* Returns NULL if POSTING supersedes the series, or parts of it: see series.md.  Otherwise returns
 * why it does not, for people. */
const char *older_remains(const struct posting *posting, const struct place *place,
                          const struct older *older);
/* Writes the key under which a series of AUTHOR with VALUE, a change-id or patch-id as WHAT says,
 * is recorded.  Returns false if it does not fit. */
bool older_value_key(const char *author, const char *what, const char *value, char key[KEY_SIZE]);
/* Adds the notes by which later postings compare themselves with this one to the list fact `notes`.
 * Returns 0, or another value if the fact could not be set. */
int older_add_notes(const struct posting *posting, const struct place *place,
                    struct patchmark_facts *facts);

/* Returns true if both have the same version; a series that states none has version 1. */
bool older_has_same_version(const struct search *search, const struct patchmark_series *old);
/* Returns true if the version of OLD is the one before that of the posting. */
bool older_precedes(const struct search *search, const struct patchmark_series *old);
/* Returns true if both series have change-ids, and these differ. */
bool older_change_ids_differ(const struct search *search, const struct patchmark_series *old);
/* Returns true if OLD belongs to the author of the posting or of its patch. */
bool older_is_by_author(const struct search *search, const struct patchmark_series *old);
/* Returns true if a batch is continued by the posting, or neither is a batch. */
bool older_batches_fit(const struct search *search, const struct older *older);
/* Returns true if a posting of the same version, but for other trees, has fewer than half of the
 * titles of the longer one, or one of another version shares only a part: one patch for several
 * projects, such as the setup of a CI, in a series for each. */
bool older_is_for_other_project(const struct search *search, const struct older *older);
/* Sets OLDER->series to the best of the COUNT series FOUND, which are ordered newest first, of
 * those that can be older work; a sign has set the other members of OLDER.  If REPEATED is true, a
 * series of the sender may have the same version.  Returns false if there is none. */
bool older_choose(const struct search *search, const struct patchmark_series *found, size_t count,
                  bool repeated, struct older *older);
/* Replaces OLDER->series, which the posting supersedes, by the newest of the versions between the
 * two that the posting supersedes as well.  Returns true if only parts of that one are replaced. */
bool older_find_newest(const struct search *search, struct older *older);
/* Fills FOUND with the newest series of the sender; only with RFCs if the posting is a first
 * version, because no other series can then be older.  Returns their number. */
size_t older_of_author(const struct search *search, struct patchmark_series found[AUTHORS_MAX]);

/* repeat.c: sets TOPIC->original if the posting, part of a series of three or more, repeats a patch
 * of an earlier series of the same version, and the members that say what is superseded if half of
 * the patches are then repeated.  Only a series whose first mail set TOPIC->may_repeat is examined.
 */
void repeat_find(const struct search *search, struct topic *topic);

/* titles.c: the signs by titles.  The first finds a series with the title of the mail, the second
 * the one that has most of the titles that a cover lists, the third the preceding version if one
 * title is the start of the other. */
bool titles_sign(const struct search *search, struct older *older);
bool titles_of_parts_sign(const struct search *search, struct older *older);
bool titles_start_sign(const struct search *search, struct older *older);
/* Finds a series that has a mail with exactly the title of the posting, in an older version. */
bool titles_find_exact(const struct search *search, struct older *older);
/* Returns true if a mail of SERIES has exactly this title. */
bool titles_has(const struct search *search, const struct patchmark_series *series,
                const char *title);
/* Adds the keys and notes by which later mails find the title of the posting to the list facts
 * `keys` and `notes`.  Returns 0, or another value if a fact could not be set. */
int titles_add_keys(const struct posting *posting, struct patchmark_facts *facts);

#endif
