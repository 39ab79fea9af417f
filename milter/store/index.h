/* SPDX-License-Identifier: BSD-2-Clause
 *
 * index.h - what earlier mails taught: which message belongs to which series, and which series
 * continues which work.
 *
 * Every function runs inside store_begin .. store_commit, but for index_expire, which has
 * transactions of its own.  Strings that are returned live until the transaction ends.  A fault
 * loses the transaction: the function returns -1 or "not known", and so do those after it.
 */
#ifndef INDEX_H
#define INDEX_H

#include "store/store.h"

struct index_message {
    const char *message_id; /* without angle brackets */
    const char *series;     /* "" for none */
    const char *sender;
    const char *kind;
    const char *list; /* List-Id; when found: all lists it came through, separated by spaces */
    int64_t part;     /* -1 when it has no place in the series */
    int64_t received; /* seconds since 1970 */

    /* Learning only. */
    const char *title, *author; /* of a member; NULL: it is none */
    const char *tags;           /* that an answer gives, one a line; NULL: none */
    int64_t target;             /* the part that they are given to; -1: the whole, or not known */
    const char *keys;           /* of index_record_key, one a line, deleted with it; NULL: none */
    const char *notes;          /* for index_shared, one a line; NULL: none */
};

struct index_series {
    const char *id, *topic, *author, *title;
    int64_t version, total;  /* -1: not stated */
    int64_t opened, changed; /* learning: opened 0, or when it was opened at the latest */
    bool rfc;
    bool archived; /* learning: from an archive, so nobody is notified that it is incomplete */
};

/* A mail that is part of a series. */
struct index_member {
    const char *message_id, *title, *author;
    int64_t part;
};

/* ---- finding ------------------------------------------------------------------------------- */

/* Finds what is known of MESSAGE_ID.  Returns false where nothing is. */
bool index_find_message(struct store *store, const char *message_id, struct index_message *found);
/* Finds a series by its id; of one that was joined with another, the other. */
bool index_find_series(struct store *store, const char *id, struct index_series *found);
/* Returns true when a mail other than MESSAGE_ID has that part of SERIES. */
bool index_has_part(struct store *store, const char *series, int64_t part, const char *message_id);
/* Finds series filed under KEY, newest first.  Returns how many, at most MAX. */
size_t index_find_key(struct store *store, const char *key, struct index_series *found, size_t max);

/* Returns how many of the COUNT NOTES a member of SERIES was learned with. */
size_t index_shared(struct store *store, const char *series, const char *const *notes,
                    size_t count);

/* ---- learning ------------------------------------------------------------------------------ */

/* Remembers a mail.  One that is known keeps what was first learned of it, and adds its list.
 * Returns 1 for a new mail, 0 for a known one, -1 on a fault. */
int index_record_message(struct store *store, const struct index_message *message);

/* What learning a member brought about; bits. */
enum index_change { INDEX_OPENED = 1, INDEX_COMPLETED = 2 };
/* Remembers SERIES, of which MEMBER was just learned.  Title, version and total of a
 * cover hold for the series.  Returns the news, -1 on a fault. */
int index_record_member(struct store *store, const struct index_series *series,
                        const struct index_member *member);
/* Files a series under KEY.  A key that begins with its author lies beside the author's other
 * keys, so that a mail changes few pages.  Returns 0 or -1. */
int index_record_key(struct store *store, const char *key, const char *series, int64_t received);
/* The mail MESSAGE_ID, known without a series, is the cover of SERIES.  Returns 0 or -1. */
int index_assign_cover(struct store *store, const char *message_id, const char *series);
/* SERIES and OTHER are one posting: from now on OTHER is found as SERIES.  Returns 1 when they are
 * joined now, 0 when they were before, -1 on a fault. */
int index_join(struct store *store, const char *series, const char *other);
/* ---- whole series, for people and timers --------------------------------------------------- */

/* Marks up to MAX series as reported to be incomplete that have parts missing and that nobody
 * added to since QUIET, and copies their ids into IDS; the caller frees each.  Returns how many,
 * -1 on a fault. */
int index_report_incomplete(struct store *store, int64_t quiet, char **ids, int max);

/* Call FUNCTION for each member of SERIES, in the order of the parts; for each tag, in the order of
 * the parts; for each series of TOPIC, oldest first.  Strings live until FUNCTION returns.  Return
 * 0 or -1. */
int index_walk_members(struct store *store, const char *series,
                       void (*function)(void *argument, const struct index_member *member),
                       void *argument);
int index_walk_tags(struct store *store, const char *series,
                    void (*function)(void *argument, int64_t part, const char *tag,
                                     const char *message_id),
                    void *argument);
int index_walk_topic(struct store *store, const char *topic,
                     void (*function)(void *argument, const struct index_series *series),
                     void *argument);

/* ---- expiry -------------------------------------------------------------------------------- */

/* Deletes a batch of what was received before CUTOFF: a few hundred rows, so that no mail waits
 * long.  Returns 1 when there may be more, 0 when done, -1 on a fault.  Takes the lock. */
int index_expire(struct store *store, int64_t cutoff);
/* Returns the time that expiry goes by, in seconds since 1970, -1 on a fault.  It follows NOW as
 * long as that agrees with ELAPSED, the seconds of a clock that never jumps since the last call; it
 * never goes back and never ahead of NOW, and what it is behind it catches up with a day an hour at
 * most.  So a clock that is wrong for a while expires nothing.  Kept in the database.  Takes the
 * lock. */
int64_t index_expiry_time(struct store *store, int64_t now, int64_t elapsed);

/* ---- positions ----------------------------------------------------------------------------- */

#define STORE_POSITION_SIZE 65 /* hexadecimal digits of an object id of git, and the NUL */

/* Reads how far the source NAME was read; "" where it never was, or on a fault. */
void index_position_read(struct store *store, const char *name, char position[STORE_POSITION_SIZE]);
/* Remembers it.  Returns 0 or -1. */
int index_position_write(struct store *store, const char *name, const char *position);

#endif
