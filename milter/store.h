/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store.h - the state folder: index (who belongs where) and journal (events on their way out) in
 * one SQLite file, so that what a mail taught and what it caused are committed together.
 *
 * store-*.c open, lock and commit; index*.c, journal.c and progress.c hold the statements.  No
 * other file calls SQLite.  A mail uses the store between store_begin and store_commit, one mail at
 * a time; a sink reads the journal through a connection of its own and waits for nobody.
 *
 * What can fail: everything, at any time - disk full, file corrupt, locked by a stranger.  Each
 * function then gives -1 (or "not known"), the fault is logged once and not again until it was
 * well in between, and the mail goes on without memory.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* Where events wait for their sinks, and what they outlive there. */
enum store_journal {
    STORE_JOURNAL_NONE,   /* in memory only: nothing */
    STORE_JOURNAL_COMMIT, /* in the file: kill -9, not the loss of power */
    STORE_JOURNAL_FSYNC   /* on the disk before store_commit returns: both */
};

/* Opens DIRECTORY/patchmark.db, making both where missing (0750, 0640); DIRECTORY NULL: a store in
 * memory that ends with the process.  NULL after log_error. */
struct store *store_open(const char *directory);
/* For the daemon: the same, with events kept as JOURNAL says; but when the folder is good and only
 * the database in it is not - corrupt, locked, of a newer schema, no room - that is logged, and the
 * store is one in memory, so that mail has what it can have.  NULL: the folder cannot be used, or
 * another daemon has it. */
struct store *store_open_in_any_case(const char *directory, enum store_journal journal);
/* The same file for reading only, while another process has it open; for `tail` and `series`.  It
 * has all mails that were answered before. */
struct store *store_open_readonly(const char *directory);
void store_close(struct store *store);
/* From now on, for events kept in the file (STORE_JOURNAL_COMMIT): store_commit writes a mail down,
 * which is as much as a commit promises, and many mails are committed together, ten milliseconds
 * later; then readers see them, and store_on_append is called.  Where that is not possible, for
 * other stores or after a fault that is logged, all stays as it is.  Starts a thread. */
void store_gather(struct store *store);
/* Each mail is committed by itself again; also done by store_close. */
void store_gather_end(struct store *store);
/* As it was opened; of a store in memory without meaning. */
enum store_journal store_keeps_events(const struct store *store);

/* Takes the store for one mail and opens its transaction.  0, or -1: no transaction; the lock is
 * held all the same, and store_commit or store_rollback must follow in either case. */
int store_begin(struct store *store);
/* Ends it.  0: on disk as far as SQLite's synchronous=NORMAL goes (survives kill -9 of this
 * process, with store_gather too); with STORE_JOURNAL_FSYNC what was written is on the disk itself,
 * which many threads wait for together, without the lock.  -1: nothing of this mail was kept, and
 * that is counted. */
int store_commit(struct store *store);
/* Ends one that is not of a mail: never waits for the disk, and is not counted. */
int store_commit_lazily(struct store *store);
/* The same, where the next commit will do, and what is lost with the process does no harm. */
int store_commit_soon(struct store *store);
void store_rollback(struct store *store);

/* Makes one transaction of many mails: until store_batch_end, begin and commit of a mail do nothing
 * but tell whether the transaction still works, and a rollback undoes the whole batch.  For a
 * program of which one thread uses the store: it is held from the first to the second.  0 or -1 as
 * of store_begin and store_commit; store_batch_end must follow in either case. */
int store_batch_begin(struct store *store);
int store_batch_end(struct store *store);

/* How many mails went without the store, by faults that have ended since the last call. */
int64_t store_take_missed(struct store *store);

/* True when it is on disk, and what was written last is there. */
bool store_is_up(struct store *store);

/* Folds the write-ahead log into the file, so that no mail has to; for a thread off the path. */
void store_checkpoint(struct store *store);

/* ---- index.c: inside store_begin .. store_commit --------------------------------------------
 * Strings that are found live until store_commit or store_rollback. */

struct index_message {
    const char *message_id; /* without angle brackets */
    const char *series;     /* "" when none */
    const char *sender;
    const char *kind;
    const char *list; /* List-Id; when found: all lists it came through, separated by spaces */
    int64_t part;     /* -1 when it has no place in the series */
    int64_t received;
};

struct index_series {
    const char *id, *topic, *author, *title;
    int64_t version, total;  /* -1: not said */
    int64_t opened, changed; /* learning: opened 0, or when it had been opened at the latest */
    bool rfc;
    bool archived; /* learning: from an archive, nobody is told that it is unfinished */
};

/* What is known of MESSAGE_ID.  False: nothing. */
bool index_find_message(struct store *store, const char *message_id, struct index_message *found);
/* A series by its id; of one that was joined with another, the other.  False: not known. */
bool index_find_series(struct store *store, const char *id, struct index_series *found);
/* True when a mail other than MESSAGE_ID has that place. */
bool index_is_taken(struct store *store, const char *series, int64_t part, const char *message_id);
/* Series filed under KEY, newest first.  How many, at most MAX. */
size_t index_find_key(struct store *store, const char *key, struct index_series *found, size_t max);

/* Remembers a mail.  One that is known keeps what was first said of it, and adds its list.  1: new,
 * 0: known, -1: fault. */
int index_learn_message(struct store *store, const struct index_message *message);

/* A mail that is part of a series. */
struct index_member {
    const char *message_id, *title, *author;
    int64_t part;
};
/* What learning a member brought about; bits. */
enum index_news { INDEX_OPENED = 1, INDEX_COMPLETED = 2 };
/* Remembers SERIES and its MEMBER.  A cover's title, version and total hold for the series.  Gives
 * the news, -1 on a fault. */
int index_learn_member(struct store *store, const struct index_series *series,
                       const struct index_member *member);
/* Files a series under KEY.  0 or -1. */
int index_learn_key(struct store *store, const char *key, const char *series, int64_t received);
/* The mail MESSAGE_ID, known without a series, is its cover after all.  0 or -1. */
int index_adopt(struct store *store, const char *message_id, const char *series);
/* SERIES and OTHER are one posting: from now on OTHER is found as SERIES.  1: joined, 0: they were
 * before, -1: fault. */
int index_join(struct store *store, const char *series, const char *other);
/* A tag given to a series, or to one part of it (-1: the whole).  0 or -1. */
int index_learn_tag(struct store *store, const char *series, int64_t part, const char *tag,
                    const char *message_id);

/* ---- index-walk.c: whole series, for people and timers; inside a transaction too --------------
 */

/* Series that nobody added to since QUIET and that have parts missing, not given before: marks them
 * as told and gives up to MAX ids, freed by the caller each.  How many, -1 on a fault. */
int index_take_incomplete(struct store *store, int64_t quiet, char **ids, int max);

/* Outside of a transaction: forgets what was received before CUTOFF, a little at a time: at most a
 * few hundred rows, so that no mail waits long.  1: there may be more; 0: done; -1: fault. */
int index_forget(struct store *store, int64_t cutoff);

/* Members of a series by part, and tags by mail; each in the order of the parts.  The callbacks get
 * strings for the time of the call.  0 or -1. */
int index_walk_members(struct store *store, const char *series,
                       void (*function)(void *argument, const struct index_member *member),
                       void *argument);
int index_walk_tags(struct store *store, const char *series,
                    void (*function)(void *argument, int64_t part, const char *tag,
                                     const char *message_id),
                    void *argument);
/* Ids of the series of a topic, oldest first. */
int index_walk_topic(struct store *store, const char *topic,
                     void (*function)(void *argument, const struct index_series *series),
                     void *argument);

/* ---- progress.c: inside store_begin .. store_commit ------------------------------------------ */

#define STORE_POSITION_SIZE 65 /* hexadecimal digits of an object id of git, and the NUL */

/* How far the archive of that name was read, as index_progress_write said it; "" when it never
 * was, or on a fault. */
void index_progress_read(struct store *store, const char *archive,
                         char position[STORE_POSITION_SIZE]);
/* Remembers it.  0 or -1. */
int index_progress_write(struct store *store, const char *archive, const char *position);

/* ---- journal.c --------------------------------------------------------------------------------
 */

struct journal_event {
    int64_t sequence; /* given by the journal */
    const char *id, *type, *subject, *list, *series;
    const char *json;
    size_t json_length;
    int64_t time; /* seconds since 1970 */
};

/* Appends an event, inside store_begin .. store_commit.  1: appended; 0: an event of that id is in
 * the journal already; -1: fault. */
int journal_append(struct store *store, const struct journal_event *event);

/* A reader with a connection of its own, for one thread; closed before the store.  Of a store in
 * memory: the store's own connection, so not between store_begin and store_commit. */
struct journal_reader;
struct journal_reader *journal_reader_open(struct store *store);
void journal_reader_close(struct journal_reader *reader);

/* Up to MAX events after AFTER, oldest first, into EVENTS; they live until the next call with this
 * reader.  Gives how many, 0 only at the end (large events: fewer than MAX), -1 on a fault. */
int journal_read(struct journal_reader *reader, int64_t after, struct journal_event *events,
                 int max);
/* Sequence of the newest event, 0 when there was never one; -1 on a fault. */
int64_t journal_newest(struct journal_reader *reader);

/* How far the sink of that name has acknowledged: the sequence of the last event; 0 for a sink
 * never seen.  A sink that is new starts at the oldest event in the journal. */
int64_t journal_cursor(struct journal_reader *reader, const char *sink);
/* Gives a sink that is new its place, so that it is known what it loses.  Takes the store.  0 or
 * -1.
 */
int journal_register(struct store *store, const char *sink);
/* Moves it; takes the store for an instant, and waits for no disk.  0 or -1. */
int journal_acknowledge(struct store *store, const char *sink, int64_t sequence);
/* The same inside of store_begin .. store_commit. */
int journal_set_cursor(struct store *store, const char *sink, int64_t sequence);
/* Forgets events that every one of SINKS acknowledged, but keeps the newest KEEP; and cursors of
 * sinks that are not among SINKS.  Gives how many events went, -1 on a fault.  Takes the store. */
int64_t journal_forget(struct store *store, const char *const *sinks, size_t sink_count,
                       int64_t keep);
/* What the events in the journal take, in bytes; -1 on a fault. */
int64_t journal_size(struct journal_reader *reader);
/* How many bytes more it can take: what is unused in the file, and on its disk; -1 on a fault. */
int64_t journal_room(struct journal_reader *reader);
/* Time of the oldest event; -1: there is none, or a fault. */
int64_t journal_oldest_time(struct journal_reader *reader);

struct journal_bounds {
    int64_t bytes; /* that the events may take */
    int64_t since; /* those from before that second go */
    const char *const *sinks;
    size_t sink_count;
};
/* Forgets the oldest events until the rest is within BOUNDS, or, in one call, some ten thousands.
 * Gives how many went that one of the sinks had yet to acknowledge, and the newest of these; -1 on
 * a fault.  Takes the store.  On one thread, which also is the only one to call journal_forget and
 * journal_size. */
int64_t journal_bound(struct store *store, struct journal_reader *reader,
                      const struct journal_bounds *bounds, int64_t *last_lost);
/* Events in the journal that SINK has yet to acknowledge; -1 on a fault. */
int64_t journal_depth(struct journal_reader *reader, const char *sink);

/* Called after each commit that appended events, on the committing thread, with the store taken: it
 * must not use it.  NULL: nobody, once this returns. */
void store_on_append(struct store *store, void (*function)(void *), void *argument);

#endif
