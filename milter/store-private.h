/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-private.h - what store-*.c, index*.c, journal.c and progress.c share; nobody else includes
 * it.
 */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "arena.h"
#include "index-cache.h"
#include "metrics.h"
#include "store.h"

#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>

/* A number that a macro names, for SQL. */
#define TEXT_OF(number)  TEXT_OF_(number)
#define TEXT_OF_(number) #number

/* A mail waits this long for a stranger (a person with the sqlite3 shell, a backup) who has the
 * file locked; and not at all while that goes on. */
#define STORE_BUSY_MILLISECONDS 250

/* Longest that the write-ahead log stays when no mails come: 64 MiB. */
#define STORE_LOG_BYTES_MOST 67108864

/* What an event takes in the file, near enough: its texts, the id once more in an index, and what
 * pages leave empty. */
#define JOURNAL_BYTES                                                                              \
    "(length(CAST(json AS BLOB)) + 2 * length(id) + length(type) + length(subject) + length(list)" \
    " + length(series) + 64)"

/* Statements are made on first use and kept. */
enum store_statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_FIND_MESSAGE,
    STATEMENT_FIND_SERIES,
    STATEMENT_FIND_KEY,
    STATEMENT_TAKEN,
    STATEMENT_LEARN_MESSAGE,
    STATEMENT_LEARN_LIST,
    STATEMENT_OPEN_SERIES,
    STATEMENT_SETTLE_SERIES,
    STATEMENT_CHANGE_SERIES,
    STATEMENT_CHANGE_BY_COVER,
    STATEMENT_OPEN_EARLIER,
    STATEMENT_LEARN_MEMBER,
    STATEMENT_COUNT_PARTS,
    STATEMENT_WAS_COMPLETE,
    STATEMENT_COMPLETE,
    STATEMENT_LEARN_KEY,
    STATEMENT_ADOPT,
    STATEMENT_JOIN,
    STATEMENT_JOIN_ALIASES,
    STATEMENT_JOIN_MEMBERS,
    STATEMENT_JOIN_TAGS,
    STATEMENT_LEARN_TAG,
    STATEMENT_INCOMPLETE,
    STATEMENT_TELL,
    STATEMENT_WALK_MEMBERS,
    STATEMENT_WALK_TAGS,
    STATEMENT_WALK_TOPIC,
    STATEMENT_FORGET_SPAN,
    STATEMENT_FORGET_ROWS = STATEMENT_FORGET_SPAN + 3, /* one for each table that is walked */
    STATEMENT_APPEND = STATEMENT_FORGET_ROWS + 9,      /* three for each of them */
    STATEMENT_ACKNOWLEDGE,
    STATEMENT_REGISTER,
    STATEMENT_CURSOR,
    STATEMENT_NEXT_SINK,
    STATEMENT_DROP_SINK,
    STATEMENT_NEWEST,
    STATEMENT_OLDEST,
    STATEMENT_FORGET,
    STATEMENT_READ_PROGRESS,
    STATEMENT_WRITE_PROGRESS,
    STATEMENT_APPLIED,
    STATEMENT_COUNT
};

#define STATEMENT_VALUES 9 /* parameters of one that writes */

/* What was bound to a parameter. */
struct value {
    int kind; /* SQLITE_TEXT, SQLITE_INTEGER or SQLITE_NULL */
    const char *text;
    size_t length;
    int64_t number;
};

/* One that was made, on the store's connection. */
struct statement {
    sqlite3_stmt *handle; /* NULL: not made yet */
    const char *sql;
    struct value values[STATEMENT_VALUES];
    int value_count;
    bool sql_noted; /* the records of store-redo.c have its SQL */
};

/* Of store-redo.c alone, but for `file` and `behind`. */
struct store_redo {
    int file;             /* -1: each mail is committed by itself */
    unsigned char *bytes; /* the records of the open transaction, as in the file */
    size_t used, size;
    size_t record;   /* where that of the mail in work begins; `used`: it has none yet */
    bool incomplete; /* that record lacks something */
    bool behind;     /* what the records say was rolled back */
    bool told;       /* that it cannot be written */
    int64_t pair;
    uint64_t number;    /* of the last record */
    uint64_t committed; /* of the last mail in the database */
};

/* Of store-gather.c alone. */
struct store_gather {
    pthread_t thread;
    sem_t ripe;         /* something is to be committed, or `ending` */
    atomic_bool ending; /* read by the thread whenever something is ripe */
    bool running;
};

/* Of store-sync.c alone. */
struct store_sync {
    int file; /* the write-ahead log; -1: nobody waits for the disk.  Set at opening. */
    pthread_mutex_t lock;
    pthread_cond_t done;
    uint64_t written; /* commits that want to be on the disk */
    uint64_t synced;  /* so many of them are, or the disk failed to say so */
    uint64_t faults;  /* how often it failed, ever */
    uint64_t told;    /* so many of them belong to times that are over */
    uint64_t trusted; /* the log started over after so many; with more, it may have a hole */
    bool syncing;     /* one thread is at it, for the others too */
};

struct store {
    char *path;    /* of the database; NULL: in memory */
    int lock_file; /* flock held as long as the store is open; -1: none */
    bool readonly;
    enum store_journal journal;

    atomic_uint waiting; /* threads that want `lock` */

    /* Who holds `lock` may use what follows. */
    pthread_mutex_t lock;
    sqlite3 *database;
    struct statement statements[STATEMENT_COUNT];
    struct arena strings;      /* what the index gave in this transaction */
    struct index_cache *cache; /* NULL: every question goes to the file */
    struct {                   /* where index_forget goes on */
        int table;
        char *after;
    } forgetting;
    bool dirty;                       /* the open transaction has more than what is asked now */
    bool rings;                       /* ... events among it */
    int changes;                      /* rows ever changed on this connection, as of store_begin */
    bool working;                     /* a transaction is open and nothing in it failed */
    bool batch;                       /* between store_batch_begin and store_batch_end */
    unsigned appended[METRICS_TYPES]; /* events of each type, in this transaction */
    bool faulted;                     /* a fault was logged, and no write worked since */
    int64_t missed;                   /* mails that the store kept nothing of since then */
    int64_t missed_told;              /* of faults that ended, for store_take_missed */
    void (*on_append)(void *);
    void *on_append_argument;

    /* Of store_checkpoint alone. */
    pthread_mutex_t checkpoint_lock;
    sqlite3 *checkpointer; /* NULL: in memory, or read-only */
    int page_bytes;        /* as the file was made */
    int log_pages;         /* in the log, at the last checkpoint */
    bool checkpoint_faulted;

    struct store_sync sync;
    struct store_redo redo;
    struct store_gather gather;

    /* Of the thread that keeps the journal short. */
    int64_t counted;       /* the newest event that journal_size has seen */
    int64_t counted_bytes; /* of the events up to it that are still there */
};

/* True when readers of the journal use the store's own connection, under its lock: what they read
 * is in memory. */
static inline bool store_is_shared(const struct store *store) {
    return !store->path || store->journal == STORE_JOURNAL_NONE;
}

/* Takes the store's connection, and gives it back. */
void store_take(struct store *store);
void store_give(struct store *store);

/* Opens one more connection to PATH; FLAGS as of sqlite3_open_v2.  NULL after log_error. */
sqlite3 *store_connect(const char *path, int flags);

/* Name of the VFS (https://www.sqlite.org/vfs.html) for a connection that writes: the system's,
 * with the write-ahead log written once a transaction.  For connections that one thread uses at a
 * time; any number of others to the same file may use the system's own. */
const char *store_log_vfs(void);

/* From now on mails wait for the disk; the write-ahead log must be there. */
void store_sync_open(struct store *store);
/* Under the store's lock: what was committed is to be on the disk.  For store_sync_wait; 0: nobody
 * waits. */
uint64_t store_sync_note(struct store *store);
/* Not under the lock: returns after a sync that began after that note, however it ended. */
void store_sync_wait(struct store *store, uint64_t number);
/* True when a sync failed, so that the log must start over; *FAULTS is for store_sync_trust, when
 * it has. */
bool store_sync_is_distrusted(struct store *store, uint64_t *faults);
void store_sync_trust(struct store *store, uint64_t faults);

/* The name of the file of store-redo.c, behind that of the database. */
#define STORE_REDO_SUFFIX "-redo"

/* At opening, before anything else: what the last process had answered but not committed is in the
 * database afterwards.  HAS_PAIR: it has the table redo; else that file is another's, as one is of
 * which the database was put in place of ours: it is renamed.  0, or -1 after log_error. */
int store_redo_recover(struct store *store, bool has_pair);
/* For a reader beside the daemon: returns when what was answered until now is committed, or after a
 * moment. */
void store_redo_await(const struct store *store);
/* From now on mails can be kept without a commit.  0, or -1 after log_error: they cannot. */
int store_redo_open(struct store *store);
/* All that follow: under the store's lock.  All is committed, and from now on mails are at once. */
void store_redo_close(struct store *store);
/* A statement of the mail in work changed something. */
void store_redo_note(struct store *store, struct statement *statement);
/* Writes the record of the mail in work.  False: it has to be committed. */
bool store_redo_write(struct store *store);
/* That record is not wanted. */
void store_redo_drop(struct store *store);
/* All that was noted is committed. */
void store_redo_restart(struct store *store);
/* In a new transaction, if the last one was rolled back: runs what mails before had.  0, or -1. */
int store_redo_again(struct store *store);

/* Says that the open transaction has something that is to be committed soon. */
void store_gather_ripen(struct store *store);
/* Commits what has gathered.  False after a fault was logged: it is yet to be done again. */
bool store_commit_gathered(struct store *store);

/* Logs what DATABASE (NULL: not even made) at PATH complains of, and what follows from it. */
void store_log_fault(const char *path, sqlite3 *database, const char *consequence);
/* The same, unless *FAULTED; sets it. */
void store_report(const struct store *store, sqlite3 *database, bool *faulted);

/* The path, or what stands for it. */
const char *store_name(const struct store *store);
/* SQLite failed: the transaction is lost. */
void store_fault(struct store *store);

/* STATEMENT_..., made if it is not yet, also where no transaction works.  NULL after store_fault.
 */
struct statement *store_statement_make(struct store *store, enum store_statement which,
                                       const char *sql);
/* The statement, ready to bind.  NULL when no transaction works or it cannot be made: the caller
 * gives its "fault" value, nothing else is to be done. */
struct statement *store_statement(struct store *store, enum store_statement which, const char *sql);
/* What is bound stays the caller's, and must be there until the statement was run or reset.  NULL
 * is "". */
void store_bind_text(struct statement *statement, int position, const char *text);
void store_bind_bytes(struct statement *statement, int position, const char *text, size_t length);
void store_bind_number(struct statement *statement, int position, int64_t number);
void store_bind_null(struct statement *statement, int position);
/* A number that may be missing: less than 0. */
void store_bind_known(struct statement *statement, int position, int64_t number);
/* Runs a statement that writes.  Rows changed, 0 where such a row is there already; or -1: the
 * transaction is lost. */
int store_run(struct store *store, struct statement *statement);
/* The same for the journal: where that is in memory only, writing it proves nothing of the disk. */
int journal_run(struct store *store, struct statement *statement);
/* From now on the journal is in memory, with what it had on the disk.  0, or -1 after log_error. */
int journal_move_to_memory(struct store *store);
/* Moves to the (next) row.  False: there is none, or the transaction is lost.  The caller resets
 * the statement when done, as an open one would pin the write-ahead log. */
bool store_row(struct store *store, struct statement *statement);
/* NULL: nothing. */
void store_reset(struct statement *statement);

#endif
