/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-redo.c - a mail is kept before it is committed, so that many mails have one commit.
 *
 * A commit writes whole pages: what a dozen rows of a mail touch is 28 KB.  So the transaction
 * stays open from mail to mail, and before a mail is answered its statements are written down with
 * what was bound to them, 3 KB.  store-gather.c commits what has come together, some milliseconds
 * later; what has no commit when the process is killed, the next start does again.  That promises
 * what a commit promises: it outlives kill -9, not the loss of power.
 *
 * The records of the open transaction stand in memory and, at the same places, in the file, which
 * is empty after each commit.  A record is
 *
 *     bytes  what
 *         8  pair: a number that the file and its database have in common since the last start
 *         8  number of the mail since then, from 1
 *         4  length of the statements
 *         4  Adler-32 (RFC 1950) over those three and the statements
 *            statements: each its enum store_statement (1), its SQL (a text; "" where it stands
 *            further ahead), how many values (1), the values
 *
 * A text is its length (4) and its bytes; a value its kind (1: SQLITE_INTEGER, SQLITE_TEXT or
 * SQLITE_NULL) and then a number (8), a text, or nothing.  Numbers are as this machine has them.
 * The table redo has the pair and the number of the last mail that is in the database.
 *
 * Owns the file and the records.  What can fail: the writing, a full disk above all; that mail is
 * then committed at once.
 */
#include "store-private.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <zlib.h>

#define FILE_MODE 0640

/* Of a file that is another database's. */
#define ASIDE_SUFFIX ".other"

/* Of the file; mails are committed at the latest when they have so much. */
#define BYTES_MOST (4 * 1024 * 1024)

/* Memory that stays from one commit to the next. */
#define BYTES_KEPT (1024 * 1024)

/* So often, and so long, a reader waits for the commit; where a daemon was killed, in vain. */
#define AWAIT_TIMES 200
#define AWAIT_NS    5000000

_Static_assert(STATEMENT_COUNT <= UCHAR_MAX, "a statement's number is one byte");

struct head {
    int64_t pair;
    uint64_t number;
    uint32_t length, sum;
};

static char *redo_path(const struct store *store) {
    char *path;

    return asprintf(&path, "%s" STORE_REDO_SUFFIX, store->path) < 0 ? NULL : path;
}

static uint32_t head_sum(const struct head *head, const unsigned char *statements) {
    uLong sum = adler32(1, (const Bytef *)head, offsetof(struct head, sum));

    return (uint32_t)adler32(sum, statements, head->length);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* Room for SIZE bytes more.  NULL: there is none, and the mail has to be committed. */
static unsigned char *room(struct store_redo *redo, size_t size) {
    if (redo->used + size > BYTES_MOST)
        return NULL;
    if (redo->used + size > redo->size) {
        size_t wanted = 2 * (redo->used + size);
        unsigned char *more = realloc(redo->bytes, wanted);

        if (!more)
            return NULL;
        redo->bytes = more;
        redo->size = wanted;
    }
    return redo->bytes + redo->used;
}

static unsigned char *put(unsigned char *at, const void *data, size_t length) {
    memcpy(at, data, length);
    return at + length;
}

static unsigned char *put_text(unsigned char *at, const char *text, size_t length) {
    uint32_t number = (uint32_t)length;

    return put(put(at, &number, sizeof(number)), text, length);
}

static size_t values_size(const struct statement *statement) {
    size_t size = 0;

    for (int i = 0; i < statement->value_count; i++)
        size +=
            1 + 8 + (statement->values[i].kind == SQLITE_TEXT ? statement->values[i].length : 0);
    return size;
}

static unsigned char *put_values(unsigned char *at, const struct statement *statement) {
    *at++ = (unsigned char)statement->value_count;
    for (int i = 0; i < statement->value_count; i++) {
        const struct value *value = &statement->values[i];

        *at++ = (unsigned char)value->kind;
        if (value->kind == SQLITE_TEXT)
            at = put_text(at, value->text, value->length);
        else if (value->kind == SQLITE_INTEGER)
            at = put(at, &value->number, sizeof(value->number));
    }
    return at;
}

void store_redo_note(struct store *store, struct statement *statement) {
    struct store_redo *redo = &store->redo;
    bool begins = redo->used == redo->record;
    size_t sql_length;
    unsigned char *at;

    if (redo->file < 0 || redo->incomplete)
        return;
    sql_length = statement->sql_noted ? 0 : strlen(statement->sql);
    at = room(redo,
              (begins ? sizeof(struct head) : 0) + 1 + 4 + sql_length + 1 + values_size(statement));
    if (!at) {
        redo->incomplete = true;
        return;
    }
    if (begins)
        at += sizeof(struct head);
    *at++ = (unsigned char)(statement - store->statements);
    at = put_text(at, statement->sql, sql_length);
    at = put_values(at, statement);
    statement->sql_noted = true;
    redo->used = (size_t)(at - redo->bytes);
}

static bool file_write(const struct store_redo *redo) {
    size_t from = redo->record;

    while (from < redo->used) {
        ssize_t count = pwrite(redo->file, redo->bytes + from, redo->used - from, (off_t)from);

        if (count < 0 && errno != EINTR)
            return false;
        from += count > 0 ? (size_t)count : 0;
    }
    return true;
}

/* That mails are committed one by one now; of a full disk the database tells. */
static void write_fault(struct store *store) {
    if (store->redo.told || errno == ENOSPC || errno == EDQUOT)
        return;
    store->redo.told = true;
    log_warning("%s" STORE_REDO_SUFFIX ": %s; each mail is committed by itself (said once until it "
                "works again)",
                store->path, strerror(errno));
}

bool store_redo_write(struct store *store) {
    struct store_redo *redo = &store->redo;
    struct head head = {.pair = redo->pair,
                        .number = redo->number + 1,
                        .length = (uint32_t)(redo->used - redo->record - sizeof(head))};

    if (redo->incomplete || redo->used == redo->record)
        return false;
    head.sum = head_sum(&head, redo->bytes + redo->record + sizeof(head));
    memcpy(redo->bytes + redo->record, &head, sizeof(head));
    if (!file_write(redo)) {
        write_fault(store);
        return false;
    }
    redo->told = false;
    redo->number++;
    redo->record = redo->used;
    return true;
}

static void sql_forget(struct store *store) {
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        store->statements[i].sql_noted = false;
}

void store_redo_drop(struct store *store) {
    struct store_redo *redo = &store->redo;

    if (redo->used == redo->record && !redo->incomplete)
        return;
    redo->used = redo->record;
    redo->incomplete = false;
    sql_forget(store); /* it stood there, perhaps */
}

void store_redo_restart(struct store *store) {
    struct store_redo *redo = &store->redo;
    const struct head none = {0};

    /* So others can see that there is nothing to be committed.  The database says it too, so
     * nothing depends on it. */
    if (redo->record > 0 && pwrite(redo->file, &none, sizeof(none), 0) < 0)
        errno = 0;
    redo->used = redo->record = 0;
    redo->committed = redo->number;
    redo->incomplete = redo->behind = false;
    sql_forget(store);
    if (redo->size > BYTES_KEPT) {
        free(redo->bytes);
        redo->bytes = NULL;
        redo->size = 0;
    }
}

/* ---- doing it again ------------------------------------------------------------------------ */

struct reader {
    const unsigned char *at, *end;
    sqlite3 *database;
    sqlite3_stmt *statements[UCHAR_MAX + 1]; /* by the number that they were written with */
    bool running;                            /* else only the SQL is looked for */
};

/* The next SIZE bytes; NULL: so many are not there. */
static const unsigned char *take(struct reader *reader, size_t size) {
    const unsigned char *at = reader->at;

    if (size > (size_t)(reader->end - at))
        return NULL;
    reader->at += size;
    return at;
}

static const char *take_text(struct reader *reader, uint32_t *length) {
    const unsigned char *at = take(reader, sizeof(*length));

    if (!at)
        return NULL;
    memcpy(length, at, sizeof(*length));
    return (const char *)take(reader, *length);
}

/* Binds the next value.  0, or -1. */
static int take_value(struct reader *reader, sqlite3_stmt *statement, int position) {
    const unsigned char *kind = take(reader, 1), *at;
    const char *text;
    uint32_t length;
    int64_t number;

    switch (kind ? *kind : 0) {
    case SQLITE_TEXT:
        text = take_text(reader, &length);
        return text && sqlite3_bind_text64(statement, position, text, length, SQLITE_STATIC,
                                           SQLITE_UTF8) == SQLITE_OK
                   ? 0
                   : -1;
    case SQLITE_INTEGER:
        at = take(reader, sizeof(number));
        if (!at)
            return -1;
        memcpy(&number, at, sizeof(number));
        return sqlite3_bind_int64(statement, position, number) == SQLITE_OK ? 0 : -1;
    case SQLITE_NULL:
        return sqlite3_bind_null(statement, position) == SQLITE_OK ? 0 : -1;
    default:
        return -1;
    }
}

/* The next statement, made of its SQL where that stands here.  NULL: it cannot be. */
static sqlite3_stmt *take_statement(struct reader *reader) {
    const unsigned char *which = take(reader, 1);
    uint32_t length;
    const char *sql = which ? take_text(reader, &length) : NULL;

    if (!sql)
        return NULL;
    if (length > 0) {
        sqlite3_finalize(reader->statements[*which]);
        sqlite3_prepare_v2(reader->database, sql, (int)length, &reader->statements[*which], NULL);
    }
    return reader->statements[*which];
}

static int statement_run(struct reader *reader) {
    sqlite3_stmt *statement = take_statement(reader);
    const unsigned char *count = take(reader, 1);
    int result = SQLITE_DONE;

    if (!statement || !count)
        return -1;
    for (int i = 1; i <= *count; i++)
        if (take_value(reader, statement, i) < 0)
            return -1;
    if (reader->running)
        result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : -1;
}

/* The head of the record that the reader is at; false where none of this pair, whole and with that
 * number, is: 0 for any. */
static bool head_read(const struct reader *reader, int64_t pair, uint64_t number,
                      struct head *head) {
    size_t left = (size_t)(reader->end - reader->at);

    if (left < sizeof(*head))
        return false;
    memcpy(head, reader->at, sizeof(*head));
    if (head->pair != pair || head->length > left - sizeof(*head) ||
        (number > 0 && head->number != number))
        return false;
    return head->sum == head_sum(head, reader->at + sizeof(*head));
}

/* Runs the records behind AFTER, in a transaction that is open.  The number of the last one that is
 * done now, AFTER where there is none; -1: SQLite fails. */
static int64_t records_run(sqlite3 *database, const unsigned char *bytes, size_t length,
                           int64_t pair, uint64_t after) {
    struct reader reader = {.at = bytes, .end = bytes + length, .database = database};
    uint64_t number = 0;
    struct head head;
    int result = 0;

    while (result == 0 && head_read(&reader, pair, number ? number + 1 : 0, &head)) {
        /* Mails that are missing may have been what the next ones built on. */
        if (number == 0 && head.number > after + 1)
            break;
        number = head.number;
        reader.running = number > after;
        reader.at += sizeof(head);
        reader.end = reader.at + head.length;
        while (result == 0 && reader.at < reader.end)
            result = statement_run(&reader);
        reader.end = bytes + length;
    }
    for (size_t i = 0; i <= UCHAR_MAX; i++)
        sqlite3_finalize(reader.statements[i]);
    if (result < 0)
        return -1;
    return (int64_t)(number > after ? number : after);
}

int store_redo_again(struct store *store) {
    struct store_redo *redo = &store->redo;

    if (!redo->behind)
        return 0;
    if (records_run(store->database, redo->bytes, redo->used, redo->pair, redo->committed) !=
        (int64_t)redo->number)
        return -1;
    redo->behind = false;
    return 0;
}

/* ---- at the start -------------------------------------------------------------------------- */

/* What PATH has, freed by the caller; NULL: there is none, or a link, which is not ours.  0, or -1
 * after log_error: it cannot be read. */
static int file_read(const char *path, unsigned char **bytes, size_t *length) {
    AUTO(close) int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t count = 1;

    *bytes = NULL;
    *length = 0;
    if (file < 0) {
        int fault = errno;

        if (fault == ENOENT)
            return 0;
        log_error("cannot read %s: %s; mails that were answered just before the last end may be in "
                  "it",
                  path, strerror(fault));
        return fault == ELOOP ? 0 : -1;
    }
    *bytes = malloc(BYTES_MOST);
    while (*bytes && *length < BYTES_MOST && count > 0) {
        count = read(file, *bytes + *length, BYTES_MOST - *length);
        *length += count > 0 ? (size_t)count : 0;
    }
    if (*bytes && count >= 0)
        return 0;
    log_error("cannot read %s: %s", path, *bytes ? strerror(errno) : "out of memory");
    return -1;
}

static bool pair_read(sqlite3 *database, int64_t *pair, int64_t *applied) {
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(database, "SELECT pair, applied FROM redo", -1, &statement,
                                   NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;

    if (good) {
        *pair = sqlite3_column_int64(statement, 0);
        *applied = sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    return good;
}

/* Runs what the database lacks; in *PAIR and *APPLIED what it had before.  How many mails that
 * were, -1 on a fault, with the transaction open. */
static int64_t recover(sqlite3 *database, const unsigned char *bytes, size_t length, int64_t *pair,
                       int64_t *applied) {
    int64_t last;
    char end[64];

    if (sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        !pair_read(database, pair, applied))
        return -1;
    last = records_run(database, bytes, length, *pair, (uint64_t)*applied);
    snprintf(end, sizeof(end), "UPDATE redo SET applied = %" PRId64 "; COMMIT", last);
    if (last < 0 || sqlite3_exec(database, end, NULL, NULL, NULL) != SQLITE_OK)
        return -1;
    return last - *applied;
}

/* The mails stay in the file.  Only when a record itself cannot be run, waiting is in vain. */
static void fault_log(const struct store *store) {
    switch (sqlite3_errcode(store->database) & 0xff) {
    case SQLITE_OK:
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
        store_log_fault(store->path, store->database,
                        "; mails that were answered just before the last end are in the file "
                        "patchmark.db" STORE_REDO_SUFFIX ": move it away to start without them");
        break;
    default:
        store_log_fault(store->path, store->database,
                        "; mails that were answered just before the last end wait for the next "
                        "start in the file patchmark.db" STORE_REDO_SUFFIX);
    }
}

/* Whether the first record is whole, but could never be the next one of a database that has APPLIED
 * of PAIR; NULL: that has no pair. */
static bool is_of_another(const unsigned char *bytes, size_t length, const int64_t *pair,
                          int64_t applied) {
    struct reader reader = {.at = bytes, .end = bytes + length};
    struct head head;

    if (length < sizeof(head))
        return false;
    memcpy(&head, bytes, sizeof(head));
    return head_read(&reader, head.pair, 0, &head) &&
           (!pair || head.pair != *pair || head.number > (uint64_t)applied + 1);
}

/* Out of the way, as nobody can tell whether its database will come back. */
static void set_aside(const char *path) {
    AUTO(free) char *aside = NULL;

    if (asprintf(&aside, "%s" ASIDE_SUFFIX, path) < 0 || rename(path, aside) < 0)
        log_warning("%s: mails that were answered, but are not of this database; they are lost",
                    path);
    else
        log_warning("%s: mails that were answered, but are not of this database; the file is now "
                    "%s",
                    path, aside);
}

int store_redo_recover(struct store *store, bool has_pair) {
    AUTO(free) char *path = redo_path(store);
    AUTO(free) unsigned char *bytes = NULL;
    int64_t pair = 0, applied = 0, mails = 0;
    size_t length;

    if (!path || file_read(path, &bytes, &length) < 0)
        return -1;
    if (!bytes)
        return 0;
    if (has_pair)
        mails = recover(store->database, bytes, length, &pair, &applied);
    if (mails < 0) {
        fault_log(store);
        return -1;
    }
    if (is_of_another(bytes, length, has_pair ? &pair : NULL, applied))
        set_aside(path);
    else
        unlink(path);
    if (mails > 0)
        log_info("%s: %" PRId64 " mails that were answered just before the last end are in now",
                 store->path, mails);
    return 0;
}

static bool first_head_read(int file, struct head *head) {
    return pread(file, head, sizeof(*head), 0) == sizeof(*head);
}

void store_redo_await(const struct store *store) {
    AUTO(free) char *path = redo_path(store);
    AUTO(close) int file = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    struct head first, now;

    if (file < 0 || !first_head_read(file, &first) || first.number == 0)
        return;
    for (int i = 0; i < AWAIT_TIMES; i++) {
        nanosleep(&(struct timespec){.tv_nsec = AWAIT_NS}, NULL);
        if (!first_head_read(file, &now) || now.number != first.number)
            return;
    }
}

int store_redo_open(struct store *store) {
    AUTO(free) char *path = redo_path(store);
    struct store_redo *redo = &store->redo;
    int64_t applied;

    /* Whatever of an older file is left belongs to no pair from now on. */
    if (!path ||
        sqlite3_exec(store->database, "UPDATE redo SET pair = random(), applied = 0", NULL, NULL,
                     NULL) != SQLITE_OK ||
        !pair_read(store->database, &redo->pair, &applied)) {
        store_log_fault(store->path, store->database, "; each mail is committed by itself");
        return -1;
    }
    redo->number = redo->committed = 0;
    redo->file = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (redo->file < 0) {
        log_error("cannot open %s: %s; each mail is committed by itself", path, strerror(errno));
        return -1;
    }
    fchmod(redo->file, FILE_MODE); /* whatever the umask took away */
    return 0;
}

void store_redo_close(struct store *store) {
    AUTO(free) char *path = redo_path(store);
    struct store_redo *redo = &store->redo;

    if (redo->file < 0)
        return;
    if (path)
        unlink(path);
    close(redo->file);
    redo->file = -1;
    free(redo->bytes);
    redo->bytes = NULL;
    redo->used = redo->size = redo->record = 0;
}
