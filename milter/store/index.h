/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index.h - the index: what the store recorded of earlier mails, such as the series that a mail
 * belongs to and the topic that a series belongs to.
 *
 * Functions must be called between store_begin and store_commit, except index_expire and
 * index_expiry_time, which have transactions of their own.  Strings that a function returns belong
 * to the store and are valid until the transaction ends.  A fault loses the transaction: the
 * function returns -1, or what it returns if nothing is found, and so do all that follow in the
 * same transaction.  Times are in seconds since 1970-01-01 UTC.
 *
 * Rows have a scope, so that nothing of mail that was only on closed lists, or on no list, shows in
 * mail of open lists: "" for mail of open lists, the List-Id for mail of a closed list, and
 * INDEX_PRIVATE for mail of no list.  A transaction looks up rows of its own scopes and those of
 * open lists, and records rows of its own scopes.  Callers pass
 * and receive ids without the scope.
 */
#ifndef INDEX_H
#define INDEX_H

#include "store/store.h"

/* A mail. */
struct index_message {
    const char *message_id; /* without angle brackets */
    const char *series;     /* the series id; "" if it belongs to none */
    const char *sender;
    const char *kind;
    const char *lists;  /* the lists on which it was seen, separated by spaces; "" for none */
    const char *posted; /* those of them on which its message.posted event was appended */
    bool published;     /* its events were appended, or are not to be appended */
    bool claim;         /* an earlier mail of another sender has the same Message-ID; when recorded:
                         * it may be recorded beside that one */
    bool contested;     /* looked up only: there is a claim to its Message-ID */
    int64_t part;       /* the part number, 0 for a cover; -1 if it is no member of the series */
    int64_t received;   /* time of receipt */
    const char *via;    /* the list through which alone its sender is known; NULL or "": none */
    /* What the mail was found to be, for its copies: the facts series.topic, series.supersedes,
     * series.how, series.scope, the first item of series.same_as, and patch.id; NULL or "": not
     * set. */
    const char *topic, *supersedes, *how, *scope, *same_as, *patch_id;
    int64_t content, content_bytes; /* message_content_digest; content_bytes 0: not computed */

    /* The fields below are recorded only; index_find_message does not fill them. */
    const char *title, *author; /* of a member; title NULL: not a member; author NULL: the sender */
    /* Of an answer, see struct index_answer; NULL or "": none, except that `applied` is NULL if the
     * answer applies nothing. */
    const char *sender_name, *tags, *robot, *verdict, *applied;
    /* The part that an answer is about, 0 for the cover; of a member of a partial re-roll that is
     * a single patch, the part of the older series that it answers.  -1: unknown or none. */
    int64_t target;
    const char *keys;  /* the keys that were recorded with index_record_key for this mail,
                        * one per line; they expire with it; NULL: none */
    const char *notes; /* what index_shared compares, one per line; NULL: none */
    const char *const *other_ids; /* further Message-IDs by which it is found */
    size_t other_id_count;
};

/* The state of a series.  A series that is superseded and complete is superseded. */
enum index_state {
    INDEX_STATE_OPEN,       /* parts can be missing, or the total is unknown */
    INDEX_STATE_INCOMPLETE, /* parts are missing, and no further ones are expected */
    INDEX_STATE_COMPLETE,   /* all parts were published */
    INDEX_STATE_SUPERSEDED  /* a newer series replaces all of it */
};

/* A series.  Strings are never NULL in a series that was looked up; in one that is recorded, NULL
 * is the same as "". */
struct index_series {
    const char *id, *topic;
    const char *author;     /* the address of its submitter */
    int64_t version, total; /* -1: no member states it */
    int64_t opened;    /* time of receipt of its first mail; when recorded: the latest time at which
                        * that can have been, or 0 if unknown */
    int64_t changed;   /* time of receipt of its newest mail; when recorded: of this mail */
    bool archived;     /* recorded only: the mail comes from an archive, so the series is never
                        * reported as incomplete */
    bool joined;       /* recorded only: index_join was called for it in this transaction */
    const char *via;   /* the list through which alone the author is known; NULL or "": none */
    const char *lists; /* the lists on which its mails were seen, separated by spaces; NULL: none */

    /* What the cover states, else the lowest part that was seen, in any order of arrival; of
     * several mails with that number, the one that was received first. */
    const char *title;
    const char *submitter_name;                   /* the display name of the sender */
    const char *patch_author, *patch_author_name; /* the author of the patch, else the sender */
    const char *revision;                         /* "3.1" */
    const char
        *flags;       /* those of "rfc", "resend" and "backport" that it has, separated by spaces */
    const char *tree; /* the trees that the tag names, one per line */
    bool rfc;
    int64_t title_part; /* looked up only: the number of that part; -1: unknown */

    /* What the first member that names one names; order of recording. */
    const char *base_commit, *change_id;
    const char *prerequisites; /* commits, Message-IDs and change-ids, one per line */

    const char *labels; /* of all members, separated by spaces, at most INDEX_LABELS */

    /* The older series that this one replaces, how it was identified, and "all" or "part", as the
     * member that shows it states them.  If members show several, one that is replaced as a whole
     * is kept, then the id that sorts first. */
    const char *supersedes, *how, *replaces;
    const char *superseded_by; /* looked up only: the newer series that replaces all of this one */
    enum index_state state;    /* looked up only */
};

#define INDEX_LABELS 64 /* labels of one series */

/* A mail that is a member of a series. */
struct index_member {
    const char *message_id, *title;
    const char *author; /* the address of the author of the patch, else of the sender */
    int64_t part;
    /* Looked up only. */
    const char *patch_id; /* "" if it has no diff */
    const char *lists;    /* on which it was seen, separated by spaces */
    int64_t received;     /* time of receipt */
};

/* A part that a partial re-roll replaced. */
struct index_replaced {
    int64_t part;           /* the number in the older series */
    const char *message_id; /* of the mail that was replaced; "" if none was seen */
    const char *by;         /* the Message-ID of the mail that replaces it */
    const char *series;     /* the series of that mail */
};

#define INDEX_RANGE "range: "
#define INDEX_NAK   "NAK" /* the name of a tag that stands for a refusal in words */

/* A mail that answers a mail of a series. */
struct index_answer {
    const char *message_id, *sender, *kind;
    const char *sender_name; /* the display name; "" if unknown */
    int64_t received;
    int64_t target; /* the part that it answers, 0 for the cover; -1 if unknown */
    /* The tags that its sender gives, one per line; "" if none.  If the text names the parts, a
     * line before the tags that are for these is INDEX_RANGE and "all" or numbers, such as "1-3,5".
     */
    const char *tags;
    const char *robot;   /* the name of the robot that sent it; "" if none */
    const char *verdict; /* the result in a robot's report; "" if none */
    /* NULL: it does not say that anything was applied.  Else lines
     * PART<TAB>COMMIT<TAB>URL<TAB>TITLE, each of them perhaps empty, for what it says was applied;
     * "" if it names no part and no commit.  Lines before them are "partial" if it says that only
     * some parts were applied or "all" if it says that all were, and "to TREE". */
    const char *applied;
    const char *lists; /* on which it was seen, separated by spaces */
};

/* What the walk over the newest series shows of each, without a look at its row. */
struct index_recent {
    const char *id, *title;
    const char *author;                           /* the address of its submitter */
    const char *patch_author, *patch_author_name; /* as in struct index_series */
    const char *lists;
    int64_t opened;
    enum index_state state; /* INDEX_STATE_INCOMPLETE: incomplete or open */
};

/* ---- scopes -------------------------------------------------------------------------------- */

#define INDEX_PRIVATE "-" /* the scope of mail of no list; no List-Id has this form */

/* Sets the scopes of this transaction: the COUNT closed lists of a mail, or INDEX_PRIVATE.  COUNT
 * is 0 for mail of open lists, and until this function is called.  The strings belong to the caller
 * and must be valid until the transaction ends. */
void index_set_scopes(struct store *store, const char *const *scopes, size_t count);
/* Returns true if these are scopes of closed lists or INDEX_PRIVATE. */
bool index_scope_is_closed(const struct store *store);

/* ---- looking up ---------------------------------------------------------------------------- */

/* Looks up a mail by its Message-ID, or if there is none, by a further one, and fills FOUND; its
 * message_id is the Message-ID.  Returns false if it is not recorded. */
bool index_find_message(struct store *store, const char *message_id, struct index_message *found);
/* Sets *KEYS and *NOTES to what was recorded with the mail FOUND, which one of these functions
 * returned, one per line; "" if there are none. */
void index_find_lines(struct store *store, const struct index_message *found, const char **keys,
                      const char **notes);
/* What index_find_message does not fill; "" if unknown or none. */
struct index_description {
    const char *title, *author;  /* of a member; title is "" for any other mail */
    const char *sender_name;     /* of an answer */
    const char *robot, *verdict; /* of an answer */
    int64_t target;              /* of an answer, as in struct index_answer */
};
/* Fills DESCRIPTION for the mail MESSAGE_ID that index_find_message found among those of open
 * lists.  Returns false if it is not recorded. */
bool index_find_description(struct store *store, const char *message_id,
                            struct index_description *description);
/* Does the same as index_find_message for a mail of SENDER, which may be a claim: one that was
 * recorded after a mail of another sender, or one that only a list ascribed to SENDER, with the
 * same Message-ID.  If SENDER sent none, or if only the list VIA names SENDER, fills in the first
 * one; VIA is "" otherwise. */
bool index_find_message_of(struct store *store, const char *message_id, const char *sender,
                           const char *via, struct index_message *found);
/* Looks up all mails that have, or claim, MESSAGE_ID, and fills the array FOUND with up to MAX of
 * them, the first one first.  Returns the number of elements that were filled. */
size_t index_find_claims(struct store *store, const char *message_id, struct index_message *found,
                         size_t max);
/* Returns true if SERIES was posted to replace parts of another one: it will not have all parts
 * itself. */
bool index_is_reroll(const struct index_series *series);
/* Looks up a series by its id and fills FOUND; if it was joined with another one, fills in that
 * other one.  Returns false if the id is not recorded. */
bool index_find_series(struct store *store, const char *id, struct index_series *found);
/* Does the same in less time, but fills only id, topic, author, title, version, total, rfc, opened,
 * changed, via, lists, labels, patch_author, patch_author_name and superseded_by; the other
 * strings are "". */
bool index_find_series_brief(struct store *store, const char *id, struct index_series *found);
/* Returns true if a mail with another Message-ID than MESSAGE_ID has the number PART in SERIES, an
 * id that index_find_series returned. */
bool index_has_part(struct store *store, const char *series, int64_t part, const char *message_id);
/* Returns the name of STATE: "open", "incomplete", "complete" or "superseded"; a static string. */
const char *index_state_name(enum index_state state);
/* Looks up the series that were recorded under KEY and fills the array FOUND with up to MAX of
 * them as index_find_series_brief does, newest first, each once.  Returns the number of elements
 * that were filled. */
size_t index_find_key(struct store *store, const char *key, struct index_series *found, size_t max);

/* Returns how many of the COUNT strings NOTES were recorded with a member of SERIES, an id that
 * index_find_series returned. */
size_t index_shared(struct store *store, const char *series, const char *const *notes,
                    size_t count);

/* ---- recording ----------------------------------------------------------------------------- */

/* Records a mail, unless its Message-ID is recorded; or, if MESSAGE->claim is true, unless a claim
 * of its sender is.  Returns 1 for a new mail, 0 for a duplicate, -1 on a fault. */
int index_record_message(struct store *store, const struct index_message *message);
/* Changes the lists, posted, published and via of the recorded mail MESSAGE->message_id, or of the
 * claim of its sender if MESSAGE->claim is true, to those of MESSAGE.  Returns 0, also if it is not
 * recorded, or -1 on a fault. */
int index_update_message(struct store *store, const struct index_message *message);
/* Records OTHER_ID as a further Message-ID of the recorded mail MESSAGE_ID.  Returns 0, also if it
 * is not recorded, or -1 on a fault. */
int index_record_other_id(struct store *store, const char *message_id, const char *other_id);

/* What index_record_member changed; bits. */
enum index_change {
    INDEX_OPENED = 1,    /* it is the first member that was published */
    INDEX_COMPLETED = 2, /* all parts are published now, and the series was not complete before */
    INDEX_AMENDED = 4    /* the series was complete before, and it is the cover, or a part above the
                          * total, and no other mail with this number was published */
};
/* Records SERIES as MEMBER, which was just recorded with index_record_message, states it; see
 * struct index_series.  The version and total that a cover states replace those of other members.
 * If PUBLISHED is true, does what index_publish_member does, and returns the same; otherwise
 * returns 0, or -1 on a fault. */
int index_record_member(struct store *store, const struct index_series *series,
                        const struct index_member *member, bool published);
/* Does the same, and sets ROW to what index_find_series would return now, so that the caller need
 * not look it up; row->id is NULL if it has to.  The strings are valid until the transaction ends,
 * or as long as those of SERIES. */
int index_record_member_row(struct store *store, const struct index_series *series,
                            const struct index_member *member, bool published,
                            struct index_series *row);
/* Must be called after the member MESSAGE_ID with the number PART of SERIES has been marked as
 * published.  If the series replaces all of an older one, that one gets `superseded_by` and the
 * state superseded, unless the older one is in another scope.  Returns bits of enum index_change; 0
 * if there are none; -1 on a fault. */
int index_publish_member(struct store *store, const char *series, int64_t part,
                         const char *message_id);
/* Renames SERIES, whose author only a list claimed, to OTHER, together with its members, so that
 * the author's own series can be recorded as SERIES.  Returns 0 or -1. */
int index_displace_series(struct store *store, const char *series, const char *other);
/* Records the series with id SERIES under KEY.  Keys of one author should start with the same text,
 * so that they are stored next to each other and a mail changes few pages.  RECEIVED is the time of
 * receipt of the mail.  Returns 0 or -1. */
int index_record_key(struct store *store, const char *key, const char *series, int64_t received);
/* Makes the mail MESSAGE_ID, which was recorded without a series, the cover of SERIES.  Returns 0,
 * also if there is no such mail, or -1 on a fault. */
int index_assign_cover(struct store *store, const char *message_id, const char *series);
/* Joins OTHER with SERIES, because they are one posting: index_find_series returns SERIES for both
 * from now on.  Returns 1 if they were joined, 0 if they had been joined before or OTHER is not
 * recorded, -1 on a fault. */
int index_join(struct store *store, const char *series, const char *other);

/* ---- whole series -------------------------------------------------------------------------- */

/* Finds up to MAX series with missing parts that were opened and got their newest mail before the
 * time QUIET, and marks them, so that each is returned once.  Stores their ids in IDS, which the
 * caller frees one by one.  Returns their number, or -1 on a fault, with nothing to free. */
int index_report_incomplete(struct store *store, int64_t quiet, char **ids, int max);

/* Calls FUNCTION with ARGUMENT for each scope that has series, except that of open lists.  The
 * string is valid until FUNCTION returns.  Reads the whole table of series.  Returns 0 or -1. */
int index_walk_scopes(struct store *store, void (*function)(void *argument, const char *scope),
                      void *argument);

/* Calls FUNCTION with ARGUMENT for the id of each published series of open lists whose newest mail
 * was received at SINCE or later, in the order of `changed`.  Those that were joined with another
 * one are left out.  The string is valid until FUNCTION returns.  Reads the whole table of series;
 * a caller that looks up each of them should do so in transactions of its own, because strings are
 * kept until the transaction ends.  Returns 0 or -1. */
int index_walk_series(struct store *store, int64_t since,
                      void (*function)(void *argument, const char *id), void *argument);

/* Calls FUNCTION with ARGUMENT for each published series of open lists, the one that was opened
 * last first, and of those that were opened in the same second, the id that sorts last.  Begins
 * after the series ID that was opened at OPENED, which need not be recorded.  Those that were
 * joined with another one are left out.  Ends when FUNCTION returns false.  Strings are valid until
 * FUNCTION returns.  Returns 0 or -1. */
int index_walk_recent(struct store *store, int64_t opened, const char *id,
                      bool (*function)(void *argument, const struct index_recent *series),
                      void *argument);
/* Does the same in the opposite order: the one that was opened first comes first.  OPENED -1 begins
 * with the oldest series. */
int index_walk_oldest(struct store *store, int64_t opened, const char *id,
                      bool (*function)(void *argument, const struct index_recent *series),
                      void *argument);

/* Calls FUNCTION with ARGUMENT for each published mail of open lists that was received at SINCE or
 * later, the newest first; LISTS are those on which it was seen.  Ends when FUNCTION returns false.
 * The strings are valid until FUNCTION returns.  Returns 0 or -1. */
int index_walk_mails(struct store *store, int64_t since,
                     bool (*function)(void *argument, int64_t received, const char *kind,
                                      const char *lists),
                     void *argument);

/* Calls FUNCTION with ARGUMENT for the id OTHER of each series of open lists that was joined with
 * another one, and the id of that one, SERIES.  The strings are valid until FUNCTION returns.
 * Returns 0 or -1. */
int index_walk_joined(struct store *store,
                      void (*function)(void *argument, const char *other, const char *series),
                      void *argument);

/* Returns the Message-ID of the published mail of SERIES with the lowest number, 0 for the cover;
 * NULL if none was published. */
const char *index_first_member(struct store *store, const char *series);

/* Returns the place of the first mail of SERIES in the order of receipt, which differs also between
 * mails of the same second; -1 if none is recorded. */
int64_t index_series_place(struct store *store, const char *series);

/* Returns the number of parts 1, 2, ... of SERIES, each counted once, of which a mail was
 * published; 0 on a fault. */
int64_t index_count_parts(struct store *store, const char *series);

/* Call FUNCTION with ARGUMENT
 * - index_walk_members: for each part of SERIES, ordered by number: the published mail with that
 *   number that was received first.  A part that a partial re-roll replaced is the mail of the
 *   newest re-roll, with the number in SERIES.
 * - index_walk_replaced: for each part that a partial re-roll replaced, the oldest re-roll first.
 * - index_walk_answers: for each published answer to SERIES, ordered by time of receipt.
 * - index_walk_tags: for each tag that was given in SERIES, ordered by part.
 * - index_walk_topic: for each series of TOPIC, oldest first.
 * They walk the first of the transaction's own scopes; in a scope other than that of open lists,
 * mails count as published.  SERIES is an id that index_find_series returned.  Strings are valid
 * until FUNCTION returns; FUNCTION must not end the transaction.  Return 0 or -1. */
int index_walk_members(struct store *store, const char *series,
                       void (*function)(void *argument, const struct index_member *member),
                       void *argument);
int index_walk_replaced(struct store *store, const char *series,
                        void (*function)(void *argument, const struct index_replaced *replaced),
                        void *argument);
int index_walk_answers(struct store *store, const char *series,
                       void (*function)(void *argument, const struct index_answer *answer),
                       void *argument);
int index_walk_tags(struct store *store, const char *series,
                    void (*function)(void *argument, int64_t part, const char *tag,
                                     const char *message_id),
                    void *argument);
int index_walk_topic(struct store *store, const char *topic,
                     void (*function)(void *argument, const struct index_series *series),
                     void *argument);

/* ---- totals -------------------------------------------------------------------------------- */

/* What the index has, in all scopes. */
struct index_totals {
    int64_t mails;
    int64_t series; /* those that were joined with another one are counted too */
    int64_t newest; /* when the newest mail was received, in seconds since 1970-01-01 UTC; -1 if
                     * there is none */
};
/* Fills TOTALS, -1 for what a fault prevented.  Must be called within a transaction, which may be
 * of a read-only store.  Reads an index of each table: about 10 ms for 100,000 series. */
void index_totals_read(struct store *store, struct index_totals *totals);

/* ---- expiry -------------------------------------------------------------------------------- */

/* Deletes up to 50 mails that were received before CUTOFF, with about 500 rows that belong to them,
 * so that no mail waits long.  Takes the lock.  Returns 1 if there may be more, 0 if there are
 * none, -1 on a fault. */
int index_expire(struct store *store, int64_t cutoff);
/* Computes the time that expiry uses, so that a clock that is wrong for a while expires nothing,
 * and stores it in the database.  NOW is the time of the clock.  ELAPSED is the number of seconds
 * since the last call by a monotonic clock, 0 for the first call.  The time follows NOW while NOW
 * advances by about ELAPSED.  It never goes back and is never returned ahead of NOW; when it is
 * behind NOW, it catches up by at most one day per hour.  Takes the lock.  Returns the time, or -1
 * on a fault. */
int64_t index_expiry_time(struct store *store, int64_t now, int64_t elapsed);

/* ---- positions ----------------------------------------------------------------------------- */

#define STORE_POSITION_SIZE 65 /* hexadecimal digits of an object id of git, and the NUL */

/* Reads the position up to which the source NAME, such as an archive, was read, into POSITION; ""
 * if none is stored, or on a fault. */
void index_position_read(struct store *store, const char *name, char position[STORE_POSITION_SIZE]);
/* Stores it.  Returns 0 or -1. */
int index_position_write(struct store *store, const char *name, const char *position);

#endif
