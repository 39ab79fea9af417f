/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-private.h - the store's struct, its connections and its statements, shared by store*.c,
 * index*.c and outbox*.c.  No other file of the program includes it.
 */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "store/store.h"
#include "util/arena.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

/* The size of the hash table of statements of a connection; greater than their number. */
#define STORE_STATEMENTS 128

/* How long a mail waits for a lock that another program (the sqlite3 shell, a backup) holds on the
 * file.  After the first mail that waited in vain no mail waits, until a write succeeds. */
#define STORE_BUSY_MILLISECONDS 250

/* The page size of a new database.  A mail changes a few hundred bytes in each of about eleven
 * pages, and whole pages are written to the log: half of SQLite's default is less work. */
#define STORE_PAGE_BYTES 2048

/* SQLite overwrites the log from its start after a checkpoint has copied all of it, which succeeds
 * only if no mail was committed during the checkpoint.  If mails come without a break, the log
 * grows; above this size, mails wait once for a checkpoint that resets it.  If a reader prevents
 * that, it is logged. */
#define STORE_LOG_BYTES_MOST INT64_C(268435456)
/* Above this size, the log is truncated when no mails come. */
#define STORE_LOG_BYTES_KEPT INT64_C(67108864)

/* One connection to the database and the statements that were prepared on it. */
struct connection {
    sqlite3 *database; /* NULL: not open */
    struct {
        const char *sql;
        sqlite3_stmt *handle;
    } statements[STORE_STATEMENTS]; /* a hash table over the address of the SQL */
};

struct store {
    char *path; /* of the database; NULL: in memory */
    enum store_durability durability;
    bool readonly;
    bool recovers;          /* the database is reopened after a fault: the store of the daemon */
    bool reader;            /* opened by store_open_reader; the next six fields are its own */
    enum store_state found; /* by the last transaction */
    bool broken;            /* the connection has failed since it was opened */
    bool checked;           /* the schema of the file that is open is the right one */
    int64_t logged_at;      /* when the last fault was logged; clock_milliseconds */
    bool running;           /* a program uses the folder */
    int64_t running_at;     /* when it was looked up whether a program uses the folder */
    int lock_file; /* descriptor; flock is held on the file, which has the number of lost mails;
                    * -1: none */

    pthread_mutex_t lock; /* the lock of the store; protects the fields up to `counted` */
    struct connection writer;
    struct arena strings;      /* strings that the index returned in this transaction */
    const char *const *scopes; /* of this transaction, see index.h */
    size_t scope_count;
    bool working;                    /* a transaction is open and nothing in it failed */
    bool batch;                      /* between store_batch_begin and store_batch_end */
    bool relaxed;                    /* the connection is set not to wait for the disk */
    int changes;                     /* rows changed on this connection before store_begin */
    unsigned appended;               /* number of events appended in this transaction */
    unsigned counts[STORE_COUNTERS]; /* the same for each counter */
    int fault;          /* the result code of SQLite that was logged; 0: writes succeed */
    bool reopened;      /* the database was reopened since the fault */
    bool advised;       /* it was logged since the fault what the operator can do about damage */
    int64_t fault_lost; /* number of mails that were lost since the fault */
    int64_t retry_at;   /* the database is not reopened before this time; clock_milliseconds */
    int64_t lost;       /* number of lost mails that were not reported yet, as in lock_file */
    void (*on_append)(void *);
    void *on_append_argument;
    /* The functions that store_count_events set; NULL: nothing is counted. */
    size_t (*counter)(const char *type);
    void (*counted)(const unsigned counts[STORE_COUNTERS]);

    atomic_uint opened; /* how many times the database was opened; readers compare it */

    /* The fields below are used by the thread that calls store_checkpoint and store_check. */
    int64_t log_bytes_most, log_bytes_kept; /* STORE_LOG_BYTES_*; tests set others */
    int log_changes;                        /* rows changed before the last checkpoint */
    bool log_held;       /* it was logged that a reader prevents the log from being truncated */
    atomic_bool unclean; /* the database was opened with a log of a killed process, and store_check
                          * has not checked it yet */
};

/* ---- connections (store-open.c) ------------------------------------------------------------ */

/* Opens a connection to the database PATH; FLAGS are those of sqlite3_open_v2.  Returns the
 * connection, which belongs to the caller.  On error returns NULL, stores the result code of SQLite
 * in *CODE, and logs the error if LOG_ERRORS. */
sqlite3 *store_connect(const char *path, int flags, bool log_errors, int *code);
/* Opens the writing connection of STORE and migrates the schema if it is older.  Must be called
 * with the lock held, or before other threads use STORE.  Returns 0, or -1 on error, which is
 * logged unless store->fault says that a fault was logged already. */
int store_database_open(struct store *store);
/* Renames the log that lies beside the database PATH but belongs to another file, and logs that. */
void store_log_set_aside(const char *path);
/* Returns the text of the file `lock` in FILE, a descriptor, as a number of lost mails; 0 if it has
 * none. */
int64_t store_lost_read(int file);
/* Returns an empty store; NULL after log_error. */
struct store *store_new(void);
/* Closes the connection and its statements. */
void store_connection_close(struct connection *connection);

/* ---- faults (store-statement.c) ------------------------------------------------------------ */

/* Returns the path of the database, or a name for a database in memory.  Belongs to STORE. */
const char *store_name(const struct store *store);
/* Logs the last error of DATABASE (NULL: out of memory), what the operator can do, and then the
 * text CONSEQUENCE.  LASTING: the database was reopened and the error has remained, so that damage
 * is logged with its remedy. */
void store_log_fault(const char *path, sqlite3 *database, bool lasting, const char *consequence);
/* Must be called after a call of SQLite on the writing connection has failed: loses the transaction
 * and logs the fault, unless one was logged already. */
void store_fault(struct store *store);

/* ---- readers (store-reader.c) -------------------------------------------------------------- */

/* Opens the database of a reader if it is not open or must be opened again.  Returns false if it
 * cannot be opened. */
bool store_reader_connect(struct store *store);
/* Must be called after BEGIN: checks the schema.  Returns false if it cannot be read. */
bool store_reader_check(struct store *store);
/* Must be called after a call of SQLite on the connection of a reader has failed. */
void store_reader_fault(struct store *store);
/* Must be called after a transaction of a reader has succeeded. */
void store_reader_good(struct store *store);

/* ---- statements (store-statement.c) -------------------------------------------------------- */

/* A value that is bound to a parameter of a statement.  A text belongs to the caller and must stay
 * unchanged until the statement is reset. */
struct value {
    enum { VALUE_END, VALUE_TEXT, VALUE_NUMBER, VALUE_NULL } kind;
    const char *text;
    size_t length;
    int64_t number;
};

static inline struct value value_bytes(const char *text, size_t length) {
    return (struct value){.kind = VALUE_TEXT, .text = text, .length = length};
}
/* Binds a NULL pointer as "". */
static inline struct value value_text(const char *text) {
    return value_bytes(text ? text : "", text ? strlen(text) : 0);
}
/* Binds a NULL pointer as the NULL of SQL. */
static inline struct value value_optional(const char *text) {
    return text ? value_text(text) : (struct value){.kind = VALUE_NULL};
}
static inline struct value value_number(int64_t number) {
    return (struct value){.kind = VALUE_NUMBER, .number = number};
}
/* Binds a number below 0, which is an unknown one, as NULL. */
static inline struct value value_known(int64_t number) {
    return number < 0 ? (struct value){.kind = VALUE_NULL} : value_number(number);
}
/* The values of the parameters ?1, ?2, ... of a statement. */
#define VALUES(...)           \
    (const struct value[]) {  \
        __VA_ARGS__, {        \
            .kind = VALUE_END \
        }                     \
    }

/* Returns the statement SQL with VALUES (NULL: none) bound, ready for sqlite3_step; prepares it on
 * the first use.  It belongs to CONNECTION.  SQL must be a string literal, because the statement is
 * found by the address of its text.  Returns NULL if it cannot be prepared. */
sqlite3_stmt *connection_statement(struct connection *connection, const char *sql,
                                   const struct value *values);

/* Does the same on the writing connection, within a transaction.  Returns NULL if it cannot be
 * prepared, which is then logged, or if the transaction is lost. */
sqlite3_stmt *store_statement(struct store *store, const char *sql, const struct value *values);
/* Moves STATEMENT (NULL is allowed) to the next row.  Returns false if there is no further row or
 * the transaction is lost.  The caller must call store_reset in the end: an open statement would
 * prevent checkpoints from completing. */
bool store_row(struct store *store, sqlite3_stmt *statement);
void store_reset(sqlite3_stmt *statement);
/* Runs a statement that writes.  Returns the number of rows that it changed; -1 if the transaction
 * is lost. */
int store_run(struct store *store, const char *sql, const struct value *values);
/* Returns the number in the first column of the first row that SQL selects; FALLBACK if there is no
 * row, if the number is NULL, or if the transaction is lost. */
int64_t store_number(struct store *store, const char *sql, const struct value *values,
                     int64_t fallback);

/* Returns the text of a column, "" for NULL; valid until the statement is stepped or reset. */
const char *column_text(sqlite3_stmt *statement, int column);
/* Returns the number in a column, -1 for NULL. */
int64_t column_number(sqlite3_stmt *statement, int column);

/* SQL: the size in bytes of what the column `through` of an event counts. */
#define OUTBOX_EVENT_BYTES                                       \
    "length(CAST(data AS BLOB)) - length(CAST(learned AS BLOB))" \
    " - length(CAST(state AS BLOB))"

/* ---- store-schema.c ------------------------------------------------------------------------ */

#define STORE_SCHEMA_VERSION STORE_SCHEMA_NUMBER

/* Why a database cannot be used: SQLite reports a fault; it belongs to another program; a newer
 * patchmark wrote it. */
enum schema_error { SCHEMA_FAULT = -3, SCHEMA_OF_OTHERS, SCHEMA_TOO_NEW };

/* Returns the version of the schema, 0 for an empty file, or an enum schema_error. */
int store_schema_version(sqlite3 *database);
/* Migrates the database to STORE_SCHEMA_VERSION in one transaction; on error nothing is changed.
 * Returns 0 or an enum schema_error. */
int store_schema_update(sqlite3 *database);
/* Logs why the database at PATH cannot be used, with what the operator can do.  VERSION is that of
 * an older schema, or an enum schema_error. */
void store_schema_log_error(const char *path, sqlite3 *database, int version);

#endif
