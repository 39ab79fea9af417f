/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series.h - what the files of this plugin share: the posting in hand, where it belongs, and which
 * earlier work it goes on with.
 */
#ifndef SERIES_H
#define SERIES_H

#include <patchmark-plugin.h>

#define KEY_SIZE 1024 /* as long as a string of a list of facts can be */

/* A mail that is part of a series, as it tells it itself. */
struct posting {
    const struct patchmark_message *message;
    const struct patchmark_facts *facts;
    const char *own; /* its Message-ID, as its sender's tool wrote it */
    const char *author;
    int64_t version; /* -1: not said */
    int64_t part;
    int64_t total; /* -1: not said */
    bool numbered; /* [PATCH k/n], as opposed to [PATCH] */
    bool rfc;
    bool again; /* a resend, a partial re-roll, an added patch: of the version that it is about */
    bool untagged; /* a cover whose sender forgot the tag */
    int64_t received;
};

/* Where it belongs. */
struct place {
    char id[PATCHMARK_ID_SIZE];
    bool known; /* the index had heard of the series, and said: */
    struct patchmark_series series;
    bool below;          /* the mail that it answers is of the series */
    char wait[KEY_SIZE]; /* key of the mail that it answers and that is to come; "" for none */
    char same_as[PATCHMARK_ID_SIZE]; /* another id that this mail shows to be the same; "" for none
                                      */
    const char *adopts; /* Message-ID of an untagged cover that came before; NULL for none */
    bool forged;        /* its Message-ID is another sender's */
};

/* ladder.c: finds the place, by the rules in series.md. */
void ladder_place(const struct posting *posting, struct place *place);
/* True when an untagged mail is the cover that parts of its sender's wait for. */
bool ladder_is_missing_cover(const struct patchmark_message *message);

/* The work that a series goes on with. */
struct topic {
    char id[PATCHMARK_ID_SIZE];
    char supersedes[PATCHMARK_ID_SIZE]; /* the older posting; "" for none */
    const char *how; /* change-id, supersedes, link, thread, title, patch-id, base; NULL for none */
};

/* topic.c: finds it; PLACE tells whether the series has a topic already. */
void topic_find(const struct posting *posting, const struct place *place, struct topic *topic);
/* Adds to the list fact `keys` what later mails of the same work will ask for. */
int topic_file(const struct posting *posting, const struct place *place,
               struct patchmark_facts *facts);

/* mention.c: walks over what in the message's own text may be Message-IDs, bare or in links of list
 * archives: ID (size SIZE), percent-encoding undone.  SUPERSEDES: the line says "Supersedes:".
 * *AT starts zeroed.  False at the end, or after a bounded number. */
struct mention_walk {
    size_t part, count;
    struct patchmark_text text, line;
};
bool mention_next(const struct patchmark_message *message, struct mention_walk *walk, char *id,
                  size_t size, bool *supersedes);

/* The lines of a cover letter that list the titles of its parts (git shortlog: indented), one
 * after the other, at most a bounded number.  *WALK starts zeroed.  False at the end. */
bool mention_next_title(const struct patchmark_message *message, struct mention_walk *walk,
                        char *title, size_t size);

/* words.c: the words of a title as a set: lower case, sorted, without repeats, without the prefix
 * that names a subsystem ("a: b: "), joined by spaces.  How many words. */
size_t words_read(const char *title, char *words, size_t size);
/* True when the shorter of two titles, without such prefixes, is a beginning of the other. */
bool words_begin_alike(const char *title, const char *other);

#endif
