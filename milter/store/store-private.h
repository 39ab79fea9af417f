/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-private.h - what the files store*.c, index*.c and outbox*.c share; no other includes it.
 */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "store/store.h"
#include "util/arena.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

/* More than there are statements. */
#define STORE_STATEMENTS 64

/* A mail waits so long for another program (the sqlite3 shell, a backup) that has the file locked;
 * and not at all after that, until a write works. */
#define STORE_BUSY_MILLISECONDS 250

/* Of a new database.  A mail changes a few hundred bytes in each of some eleven pages, and whole
 * pages go through the log: half of SQLite's usual size is less work. */
#define STORE_PAGE_BYTES 2048

/* SQLite starts the log over by itself when a checkpoint folded in all of it, so when no mail came
 * meanwhile.  On a list where mails always come the log grows, and past this they wait once; a log
 * that a reader keeps from starting over is then logged. */
#define STORE_LOG_BYTES_MOST INT64_C(268435456)
/* Past this it is cut off when no mails come. */
#define STORE_LOG_BYTES_KEPT INT64_C(67108864)

/* One connection to the database and the statements that were made on it. */
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
    bool readonly, returns; /* the database is opened anew after a fault */
    int lock_file;          /* flock is held on it; has the number of lost mails; -1: none */

    /* Whoever holds `lock` may use what follows. */
    pthread_mutex_t lock;
    struct connection writer;
    struct arena strings;            /* what the index returned in this transaction */
    bool working;                    /* a transaction is open and nothing in it failed */
    bool batch;                      /* between store_batch_begin and store_batch_end */
    bool relaxed;                    /* the connection is set not to wait for the disk */
    int changes;                     /* rows ever changed on this connection, as of store_begin */
    unsigned appended;               /* events, in this transaction */
    unsigned counts[STORE_COUNTERS]; /* of these, by `counter` */
    int fault;                       /* result code of SQLite that was logged; 0: writes work */
    bool reopened, advised;          /* since then: the database was, the operator was */
    int64_t fault_lost;              /* mails that were lost since then */
    int64_t retry_at;                /* when the database may be opened anew, clock_milliseconds */
    int64_t lost;                    /* mails that were lost and not reported, as in lock_file */
    void (*on_append)(void *);
    void *on_append_argument;
    /* As of store_count_events; NULL: nothing is counted. */
    size_t (*counter)(const char *type);
    void (*counted)(const unsigned counts[STORE_COUNTERS]);

    atomic_uint opened; /* how often the database was opened; readers compare it */

    /* Of the thread that calls store_checkpoint and store_check. */
    int64_t log_bytes_most, log_bytes_kept; /* as STORE_LOG_BYTES_* */
    int log_changes;                        /* rows ever changed, as of the last checkpoint */
    bool log_held;       /* it was logged that a reader keeps the log from being cut */
    atomic_bool unclean; /* the start found a log that store_check has not looked at */
};

/* ---- connections (store-open.c) ------------------------------------------------------------ */

/* Opens a connection to PATH; FLAGS as of sqlite3_open_v2.  Returns NULL; then *CODE is the result
 * code of SQLite, and a line is logged where LOUD. */
sqlite3 *store_connect(const char *path, int flags, bool loud, int *code);
/* Opens the database of a store of the daemon, with its schema brought up to date.  Under the lock.
 * Returns 0 or -1; the fault is logged unless one is known already. */
int store_database_open(struct store *store);
/* Renames the log beside the database PATH, which is not the log of that file. */
void store_log_set_aside(const char *path);
/* Closes the connection and its statements. */
void store_connection_close(struct connection *connection);

/* ---- faults (store-statement.c) ------------------------------------------------------------ */

/* Returns the path, or what stands for it. */
const char *store_name(const struct store *store);
/* Logs what SQLite says of DATABASE (NULL: out of memory) with what the operator can do; AGAIN: the
 * database was opened anew and the fault is still there. */
void store_log_fault(const char *path, sqlite3 *database, bool again, const char *consequence);
/* A call of SQLite on the writing connection failed: the transaction is lost. */
void store_fault(struct store *store);

/* ---- statements (store-statement.c) -------------------------------------------------------- */

/* What is bound to a parameter.  Texts stay the caller's until the statement was run or reset. */
struct value {
    enum { VALUE_END, VALUE_TEXT, VALUE_NUMBER, VALUE_NULL } kind;
    const char *text;
    size_t length;
    int64_t number;
};

static inline struct value value_bytes(const char *text, size_t length) {
    return (struct value){.kind = VALUE_TEXT, .text = text, .length = length};
}
/* NULL is "". */
static inline struct value value_text(const char *text) {
    return value_bytes(text ? text : "", text ? strlen(text) : 0);
}
/* NULL is SQL's NULL. */
static inline struct value value_optional(const char *text) {
    return text ? value_text(text) : (struct value){.kind = VALUE_NULL};
}
static inline struct value value_number(int64_t number) {
    return (struct value){.kind = VALUE_NUMBER, .number = number};
}
/* A number below 0 is not known: NULL. */
static inline struct value value_known(int64_t number) {
    return number < 0 ? (struct value){.kind = VALUE_NULL} : value_number(number);
}
#define VALUES(...)           \
    (const struct value[]) {  \
        __VA_ARGS__, {        \
            .kind = VALUE_END \
        }                     \
    }

/* Returns SQL ready to step on CONNECTION with VALUES (NULL: none) bound, made on first use; NULL
 * where it cannot be made.  SQL must be a string literal, as its address is what it is kept by. */
sqlite3_stmt *connection_statement(struct connection *connection, const char *sql,
                                   const struct value *values);

/* The same inside a transaction; NULL after store_fault, or when the transaction is lost. */
sqlite3_stmt *store_statement(struct store *store, const char *sql, const struct value *values);
/* Moves to the next row.  Returns false at the end, or when the transaction is lost.  The caller
 * resets the statement (NULL is allowed): an open one would keep the log from being folded. */
bool store_row(struct store *store, sqlite3_stmt *statement);
void store_reset(sqlite3_stmt *statement);
/* Runs a statement that writes.  Returns the number of rows changed, -1 when the transaction is
 * lost. */
int store_run(struct store *store, const char *sql, const struct value *values);
/* Returns the number that SQL selects; OTHERWISE where there is no row, or it is NULL. */
int64_t store_number(struct store *store, const char *sql, const struct value *values,
                     int64_t otherwise);

/* The text of a column, "" for NULL; until the statement moves on. */
const char *column_text(sqlite3_stmt *statement, int column);
/* The number of a column, -1 for NULL. */
int64_t column_number(sqlite3_stmt *statement, int column);

#endif
