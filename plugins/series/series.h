/* SPDX-License-Identifier: BSD-2-Clause
 *
 * series.h - the types and functions that the files of this plugin share: a posting, the series to
 * which it belongs, and the earlier series that it continues.
 *
 * All functions run on the thread of classify, for one mail at a time, and keep nothing between
 * mails.  Strings are NUL-terminated; pointers in the structs belong to the message or its facts
 * and are valid until classify returns.  Malformed mail is never an error.
 */
#ifndef SERIES_H
#define SERIES_H

#include <patchmark-plugin.h>

#define LOOSE_SECONDS (20 * 60) /* between the mails of a loose series, by time of receipt */
#define KEY_SIZE \
    1024 /* bytes of a key or note, with its NUL: a string of a list fact is no longer */

/* What a mail that is part of a series states about itself. */
struct posting {
    const struct patchmark_message *message;
    struct patchmark_facts *facts;
    const char *message_id; /* without angle brackets, as the sender's tool wrote it */
    const char *author;     /* address of the sender, in lower case; "" if it is unknown */
    const char *via;        /* the list through which alone the author is known; "" if none */
    const char *list;       /* the list on which the mail was seen; "" if none */
    int64_t version;        /* -1 if the tag does not state it */
    int64_t part;           /* 0 for a cover, 1 for a patch without number */
    int64_t total;          /* -1 if the tag does not state it */
    bool numbered;          /* has a part number: [PATCH k/n], not [PATCH] */
    bool rfc;
    bool repeats_version; /* may replace a series of the same version: a resend, a partial re-roll
                           * or an added patch */
    bool untagged;        /* a cover without tag */
    int64_t received;     /* in seconds since 1970-01-01 UTC */
};

/* The series to which a posting belongs. */
struct place {
    char id[PATCHMARK_ID_SIZE];     /* the series id */
    bool known;                     /* the series is in the index, and SERIES is filled */
    struct patchmark_series series; /* undefined unless KNOWN */
    bool answers_member;     /* the mail that the posting answers is a member of the series */
    char wait_key[KEY_SIZE]; /* the key under which the series waits for the mail that the
                              * posting answers and that has not arrived; "" if none */
    char same_as[PATCHMARK_ID_SIZE]; /* another id that, as this mail shows, belongs to the same
                                      * series; "" if none */
    const char
        *adopts; /* Message-ID of an earlier mail that is the cover without tag; NULL if none */
    bool reused; /* the sender used the Message-ID for another mail before: an answer, or another
                  * part */
    bool seen;   /* the mail was seen before; WAS is what was recorded of it */
    struct patchmark_known was; /* undefined unless SEEN */
    /* The id that the series which had ID until now is renamed to: its author is known only through
     * another list, and gives way to the author's own mail; "" if none. */
    char displaces[PATCHMARK_ID_SIZE];
    bool loose; /* the mail opens a series with its own Message-ID as the anchor */
    bool split; /* one run made mails of several series, and this is not the first of them */
};

/* ladder.c: fills PLACE with the series of POSTING, by the rules in series.md.  Always finds one:
 * if no earlier mail fits, a new series. */
void ladder_place(const struct posting *posting, struct place *place);
/* Adds the strings by which later mails find the series of the posting to the list facts `keys` and
 * `notes`.  Returns 0, or another value if a fact could not be set. */
int ladder_add_keys(const struct posting *posting, const struct place *place,
                    struct patchmark_facts *facts);
/* Returns true if parts from the sender of POSTING, a mail without tag, answer it and lack a cover.
 */
bool ladder_is_missing_cover(const struct posting *posting);

/* first.c: returns true if POSTING is the one mail of its posting that a reader should see first: a
 * cover, a single patch, or part 1 of a series without a cover, as far as its own header fields
 * show that.  Mails that arrived before do not matter. */
bool first_of_posting(const struct posting *posting);

/* author.c: returns true if the author of the posting is the one with ADDRESS, in lower case.  VIA
 * is the list through which alone that author is known, "" if none; LISTS are the lists on which
 * his mails were seen, separated by spaces.  An author who is known only through a list is the
 * same as one on that list only.  An address that is unknown, "", is equal to none. */
bool posting_author_is(const struct posting *posting, const char *address, const char *via,
                       const char *lists);
/* Returns true if the sender of MESSAGE may belong to a series of which VIA and LISTS are known as
 * above: one who is known only through a list takes part in series of that list only. */
bool author_may_take_part(const struct patchmark_message *message, const char *via,
                          const char *lists);

/* The work of which a series is a version. */
struct topic {
    char id[PATCHMARK_ID_SIZE];         /* the topic id */
    char supersedes[PATCHMARK_ID_SIZE]; /* the id of the older series; "" if none */
    const char *how; /* the sign by which the older series was identified: change-id, supersedes,
                      * link, thread, title, number, patch-id or base; NULL if none */
    bool in_part;    /* only parts of the older series are superseded */
    bool may_repeat; /* the older series has the same version, and is not superseded so far */
    char original[PATCHMARK_ID_SIZE]; /* the id of the series of the same version that has the patch
                                       * of the posting; "" if none */
};

/* topic.c: fills TOPIC with the topic of POSTING, whose series is PLACE.  If that series has a
 * topic, it is used; otherwise the function looks for older series by the signs in series.md.  If
 * there are none, the topic is new. */
void topic_find(const struct posting *posting, const struct place *place, struct topic *topic);
/* repeat.c: adds what later parts of the series need to know of TOPIC, of the posting, to the list
 * fact `notes`.  Returns 0, or -1 if the fact could not be set. */
int repeat_add_notes(const struct posting *posting, const struct topic *topic,
                     struct patchmark_facts *facts);
/* topic.c: adds the strings by which later mails of the same work find this one to the list facts
 * `keys` and `notes`.  Returns 0, or another value if a fact could not be set. */
int topic_add_keys(const struct posting *posting, const struct place *place,
                   struct patchmark_facts *facts);

/* The position of mention_next or mention_next_title in a message; the caller zeroes it first. */
struct mention_walk {
    size_t part;                /* number of the next MIME leaf */
    size_t count;               /* results returned */
    struct patchmark_text text; /* rest of the current leaf */
    struct patchmark_text line; /* rest of the current line */
    struct patchmark_text leaf; /* the current leaf */
    const char *found;          /* the newest result of mention_next, in the leaf */
};

/* mention.c: reads the next text that may be a Message-ID from the unquoted text of MESSAGE.  The
 * Message-ID may be bare or in a link of a list archive.  Writes it to ID, a buffer of SIZE bytes,
 * with percent-encoding (RFC 3986) decoded, and sets *SUPERSEDES to whether its line starts with
 * "Supersedes:" or "Obsoletes:".  Returns false at the end of the text, or after 100 Message-IDs.
 */
bool mention_next(const struct patchmark_message *message, struct mention_walk *walk, char *id,
                  size_t size, bool *supersedes);

/* Return what the text says of the Message-ID that mention_next returned last: whether it is other
 * work that the mail needs ("Based-on:", "depends on", "prerequisite", "on top of", in the same
 * line, above a list, or where a footnote is referred to); whether the line or the one above it
 * names a version, as in "v1:" or "Changes since the RFC". */
bool mention_depends(const struct mention_walk *walk);
bool mention_names_version(const struct mention_walk *walk);

/* Reads the next title of a part that a cover letter lists, as git shortlog does (in indented
 * lines), and writes it to TITLE, a buffer of SIZE bytes.  Joins lines that were wrapped.  Returns
 * false at the end of the text, or after 100 titles. */
bool mention_next_title(const struct patchmark_message *message, struct mention_walk *walk,
                        char *title, size_t size);

/* words.c: writes the words of TITLE as a set to WORDS, a buffer of SIZE bytes: in lower case
 * (ASCII only), sorted, each once, joined by spaces, without the prefixes that name a subsystem
 * ("net: dsa: ").  Words that do not fit are left out.  Returns the number of words written. */
size_t words_read(const char *title, char *words, size_t size);
/* Returns true if two titles have the same words. */
bool words_are_equal(const char *title, const char *other);
/* Returns true if, without such prefixes, the shorter of the two titles is the start of the other
 * one, ends there between two words, and has at least 12 bytes.  ASCII letters are equal in either
 * case. */
bool words_share_start(const char *title, const char *other);
/* Returns true if the prefixes of two titles can be those of one patch: one of them has none, or
 * the last name in the prefixes of one, the most specific one, is a name in those of the other. */
bool words_prefixes_fit(const char *title, const char *other);
/* Returns true for the title of a batch, which its author uses again for other patches: a pull
 * request, or "fixes", "updates" and the like for a tree ("Driver fixes for net", "Misc updates
 * (2)"). */
bool words_name_batch(const char *title);

#endif
