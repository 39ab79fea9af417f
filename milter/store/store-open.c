/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-open.c - opens and closes the state folder: see store.h.
 *
 * Owns patchmark.db with the -wal and -shm that SQLite keeps beside it, the schema, and `lock`,
 * which keeps a second process out and has the number of lost mails.  While the database is closed
 * it is in SQLite's rollback mode, so that the file alone is a whole copy, and users who may not
 * write into the folder can read it; a log that lies beside it then belongs to another file.
 *
 * What can fail: the folder and its lock, which is final; and the database, which the store of the
 * daemon opens again later.
 */
#include "store/store-private.h"

#include "util/cleanup.h"
#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define FILE_NAME    "patchmark.db"
#define LOCK_NAME    "lock"
#define FOREIGN_LOG  ".other" /* appended to the name of a log that is not the file's */
#define FOLDER_MODE  0750
#define FILE_MODE    0640
#define LOCK_MODE    0600 /* whoever can open it can lock it */
#define LOST_FORMAT  "lost %20" PRId64 "\n"
#define LOST_SCANNED "lost %20" SCNd64
#define LOST_MOST    INT64_C(1000000000000)

/* A number that a macro names, for SQL. */
#define TEXT_OF(number)  TEXT_OF_(number)
#define TEXT_OF_(number) #number

#define APPLICATION_ID 0x506d726b /* "Pmrk" */
#define SCHEMA_VERSION 4

/* source, data: of the CloudEvent; json-event.c composes it.  through: bytes of data of all events
 * ever, up to and with this one. */
#define EVENT_TABLE                                                                            \
    "CREATE TABLE event(sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL,"   \
    " subject TEXT NOT NULL, list TEXT NOT NULL, series TEXT NOT NULL, time INTEGER NOT NULL," \
    " source TEXT NOT NULL, through INTEGER NOT NULL, data TEXT NOT NULL);"

/* The other tables. */
static const char schema[] =
    /* time: of receipt, in seconds since 1970, times 2^20, and a number that makes it unique; so
     * the mails that expire first lie together.  slot: the part of a member; unlike `part` NULL for
     * a cover that was adopted.  author: NULL where it is the sender.  tags, keys, notes: one a
     * line; the tags are given to part `target` of the series, the keys are those in the table key.
     */
    "CREATE TABLE message(time INTEGER PRIMARY KEY, message_id TEXT NOT NULL UNIQUE,"
    " series TEXT NOT NULL, sender TEXT NOT NULL, kind TEXT NOT NULL, lists TEXT NOT NULL,"
    " part INTEGER, slot INTEGER, title TEXT, author TEXT, tags TEXT,"
    " target INTEGER, keys TEXT, notes TEXT);"
    "CREATE INDEX message_slot ON message(series, slot) WHERE slot IS NOT NULL;"
    "CREATE INDEX message_tags ON message(series) WHERE tags IS NOT NULL;"
    /* state: 0 open, 1 complete, 2 reported to be incomplete.  alias: the id it is found as. */
    "CREATE TABLE series(id TEXT PRIMARY KEY NOT NULL, topic TEXT NOT NULL, author TEXT NOT NULL,"
    " title TEXT NOT NULL, version INTEGER, total INTEGER, rfc INTEGER NOT NULL,"
    " opened INTEGER NOT NULL, changed INTEGER NOT NULL, state INTEGER NOT NULL,"
    " alias TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
    /* By a time that does not change, so that further parts leave it alone. */
    "CREATE INDEX series_open ON series(opened) WHERE state = 0;"
    "CREATE INDEX series_alias ON series(alias) WHERE alias <> '';"
    "CREATE TABLE key(key TEXT NOT NULL, received INTEGER NOT NULL, series TEXT NOT NULL,"
    " PRIMARY KEY(key, received, series)) WITHOUT ROWID;"
    "CREATE TABLE sink(name TEXT PRIMARY KEY NOT NULL, acknowledged INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE progress(archive TEXT PRIMARY KEY NOT NULL, position TEXT NOT NULL)"
    " WITHOUT ROWID;";

/* From schema 1 to 3, whose events were whole CloudEvents.  A row that was no JSON, or has no data,
 * stays, with data that is no JSON either, which readers pass over: so sequences keep having no
 * gaps, and none is used twice. */
static const char event_migration[] =
    "ALTER TABLE event RENAME TO old_event;" EVENT_TABLE
    "INSERT INTO event SELECT sequence, id, type, subject, list, series, time, source,"
    " sum(length(CAST(data AS BLOB))) OVER (ORDER BY sequence), data FROM (SELECT *,"
    "  ifnull(json_extract(valid, '$.source'), '') AS source,"
    "  ifnull(json_extract(valid, '$.data'), '') AS data"
    "  FROM (SELECT *, CASE WHEN json_valid(json) THEN json END AS valid FROM old_event));"
    "DROP TABLE old_event;";

/* From schema 1 and 2, which had members and tags in tables of their own. */
static const char migration_begin[] = "DROP TABLE IF EXISTS redo;"
                                      "ALTER TABLE message RENAME TO old_message;"
                                      "ALTER TABLE series RENAME TO old_series;"
                                      "DROP INDEX series_open;"
                                      "DROP INDEX series_topic;"
                                      "DROP INDEX series_alias;"
                                      "ALTER TABLE key RENAME TO old_key;"
                                      "ALTER TABLE sink RENAME TO old_sink;"
                                      "ALTER TABLE progress RENAME TO old_progress;";
static const char migration_end[] =
    /* Keys have the author first, and those for whole titles and base blobs became notes. */
    "INSERT OR IGNORE INTO key SELECT CASE kind WHEN 'author' THEN 'by ' || rest"
    "  WHEN 'title' THEN 'by ' || substr(rest, 1, instr(rest, ' ')) || kind"
    "   || substr(rest, instr(rest, ' ')) ELSE key END, received, series"
    " FROM (SELECT *, substr(key, 1, instr(key, ' ') - 1) AS kind,"
    "  substr(key, instr(key, ' ') + 1) AS rest FROM old_key) WHERE kind NOT IN ('whole', 'base');"
    "INSERT OR IGNORE INTO key SELECT 'by ' || author || ' rfc', opened, id FROM old_series"
    " WHERE rfc;"
    "CREATE INDEX old_by_series ON old_key(series, received);"
    "CREATE INDEX by_series ON key(series, received);"
    "CREATE INDEX old_members ON old_message(series, received, message_id) WHERE part >= 0;"
    "INSERT INTO message"
    " SELECT (o.received << 20) + row_number() OVER (ORDER BY o.received) % 1048576, o.message_id,"
    " o.series, o.sender, o.kind, o.lists, o.part, m.part, m.title, nullif(m.author, o.sender),"
    " (SELECT group_concat(tag, char(10)) FROM tag t WHERE t.message_id = o.message_id"
    "  AND t.series = o.series),"
    " (SELECT min(part) FROM tag t WHERE t.message_id = o.message_id AND t.series = o.series),"
    " (SELECT group_concat(key, char(10)) FROM key k WHERE first"
    "  AND k.series = o.series AND k.received = o.received),"
    " (SELECT group_concat(CASE substr(key, 1, 5) WHEN 'base ' THEN substr(key, 6 + instr("
    "   substr(key, 6), ' ')) ELSE 'title ' || substr(key, 7 + instr(substr(key, 7), ' ')) END,"
    "   char(10)) FROM old_key k WHERE first AND k.series = o.series"
    "   AND k.received = o.received AND (k.key LIKE 'base %' OR k.key LIKE 'whole %'))"
    /* Of mails of one second, the first has the keys of all. */
    " FROM (SELECT *, part >= 0 AND message_id = (SELECT min(message_id) FROM old_message s"
    "  WHERE s.part >= 0 AND s.series = o.series AND s.received = o.received) AS first"
    "  FROM old_message o) o LEFT JOIN member m ON m.message_id = o.message_id;"
    "DELETE FROM key WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.series = key.series"
    " AND m.slot IS NOT NULL AND m.time >> 20 = key.received);"
    "INSERT INTO series SELECT * FROM old_series;"
    "INSERT INTO sink SELECT name, CASE WHEN EXISTS (SELECT 1 FROM event) THEN acknowledged"
    " ELSE 0 END FROM old_sink;"
    "INSERT INTO progress SELECT * FROM old_progress;"
    "DROP INDEX by_series; DROP TABLE old_message; DROP TABLE member; DROP TABLE tag;"
    "DROP TABLE old_series; DROP TABLE old_key; DROP TABLE old_sink; DROP TABLE old_progress;";

/* What brings each version of the schema up to date; 0: an empty file. */
static const char *const updates[SCHEMA_VERSION][5] = {
    {EVENT_TABLE, schema},
    {event_migration, migration_begin, schema, migration_end},
    {event_migration, migration_begin, schema, migration_end},
    {event_migration},
};

/* ---- the folder ---------------------------------------------------------------------------- */

static char *join(const char *one, const char *other) {
    char *path;

    return asprintf(&path, "%s%s", one, other) < 0 ? NULL : path;
}

/* Returns the absolute name of DIRECTORY, made where it is missing; NULL after log_error. */
static char *folder_make(const char *directory) {
    char *folder;

    if (mkdir(directory, FOLDER_MODE) == 0) {
        if (chmod(directory, FOLDER_MODE) < 0) /* mkdir obeys the umask */
            log_warning("cannot set the mode of %s: %s", directory, strerror(errno));
    } else if (errno != EEXIST) {
        log_error("cannot make the state folder %s: %s", directory, strerror(errno));
        return NULL;
    }
    folder = realpath(directory, NULL);
    if (!folder)
        log_error("cannot use the state folder %s: %s", directory, strerror(errno));
    return folder;
}

/* Locks the folder against a second process, and reads the number of mails that the last one lost.
 * Returns 0, or -1 after log_error. */
static int folder_lock(struct store *store, const char *folder) {
    AUTO(free) char *path = join(folder, "/" LOCK_NAME);
    char text[64] = "";

    store->lock_file = path ? open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, LOCK_MODE) : -1;
    if (store->lock_file < 0) {
        log_error("cannot open %s/" LOCK_NAME ": %s", folder, strerror(errno));
        return -1;
    }
    fchmod(store->lock_file, LOCK_MODE); /* whatever the umask took away */
    if (flock(store->lock_file, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK)
            log_error("another patchmark is using the state folder %s; stop it first", folder);
        else
            log_error("cannot lock %s/" LOCK_NAME ": %s", folder, strerror(errno));
        return -1;
    }
    if (pread(store->lock_file, text, sizeof(text) - 1, 0) > 0)
        sscanf(text, LOST_SCANNED, &store->lost);
    if (store->lost < 0 || store->lost > LOST_MOST)
        store->lost = 0; /* nobody wrote that */
    if (store->lost > 0)
        log_warning("%" PRId64 " mails before this start were not stored and made no events",
                    store->lost);
    /* Written over in place, it can be written when the disk is full. */
    dprintf(store->lock_file, LOST_FORMAT, store->lost);
    return 0;
}

/* The version before kept mails in this file until they were committed together. */
static int older_mails_check(const struct store *store) {
    AUTO(free) char *path = join(store->path, "-redo");
    struct stat status;

    if (!path || stat(path, &status) < 0)
        return path && errno == ENOENT ? 0 : -1;
    if (status.st_size == 0)
        return unlink(path);
    log_error("%s has mails that an older patchmark answered and did not commit; start and stop "
              "that version once, or delete the file to lose their events",
              path);
    return -1;
}

/* ---- connections --------------------------------------------------------------------------- */

static const char connection_settings[] =
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA temp_store = MEMORY;"
    /* Debian's default overwrites what is deleted; there are no secrets here. */
    "PRAGMA secure_delete = OFF;"
    "PRAGMA cache_size = -256;"
    "PRAGMA wal_autocheckpoint = 0;"
    /* Otherwise the commit of a mail would cut the log off. */
    "PRAGMA journal_size_limit = -1;";

sqlite3 *store_connect(const char *path, int flags, bool loud, int *code) {
    sqlite3 *database = NULL;

    /* Each connection is used under a lock of ours or by one thread. */
    if (sqlite3_open_v2(path, &database, flags | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
        sqlite3_extended_result_codes(database, 1) == SQLITE_OK &&
        sqlite3_busy_timeout(database, STORE_BUSY_MILLISECONDS) == SQLITE_OK &&
        sqlite3_exec(database, connection_settings, NULL, NULL, NULL) == SQLITE_OK)
        return database;
    *code = database ? sqlite3_extended_errcode(database) : SQLITE_NOMEM;
    if (loud)
        store_log_fault(path, database, true, "");
    sqlite3_close(database);
    return NULL;
}

void store_connection_close(struct connection *connection) {
    for (size_t i = 0; i < STORE_STATEMENTS; i++)
        sqlite3_finalize(connection->statements[i].handle);
    sqlite3_close(connection->database);
    memset(connection, 0, sizeof(*connection));
}

/* Reads the number that SQL selects.  Returns false on a fault. */
static bool number_read(sqlite3 *database, const char *sql, int *number) {
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;

    if (good)
        *number = sqlite3_column_int(statement, 0);
    return sqlite3_finalize(statement) == SQLITE_OK && good;
}

enum verdict { SCHEMA_FAULT = -3, SCHEMA_OF_OTHERS, SCHEMA_TOO_NEW };

/* Returns the version of the schema, 0 for an empty file, or an enum verdict. */
static int schema_version(sqlite3 *database) {
    int application, version, tables;

    if (!number_read(database, "PRAGMA application_id", &application) ||
        !number_read(database, "PRAGMA user_version", &version) ||
        !number_read(database, "SELECT count(*) FROM sqlite_schema", &tables))
        return SCHEMA_FAULT;
    if (application == 0 && version == 0 && tables == 0)
        return 0;
    if (application != APPLICATION_ID)
        return SCHEMA_OF_OTHERS;
    return version > SCHEMA_VERSION ? SCHEMA_TOO_NEW : version;
}

static void verdict_log(const char *path, sqlite3 *database, int verdict) {
    if (verdict == SCHEMA_OF_OTHERS)
        log_error("%s is a database of another program; move it away, or set `state` to a folder "
                  "of its own",
                  path);
    else if (verdict == SCHEMA_TOO_NEW)
        log_error("%s was written by a newer patchmark than schema %d; run that version, or move "
                  "the file away to start with an empty one",
                  path, SCHEMA_VERSION);
    else
        store_log_fault(path, database, true, "");
}

/* Brings the schema up to date, all of it or nothing.  Returns 0 or an enum verdict. */
static int schema_update(sqlite3 *database) {
    char end[96];
    int version;

    /* Before anything is changed: the file may be another program's. */
    version = schema_version(database);
    if (version < 0)
        return version;
    /* WAL is a property of the file and cannot change within a transaction.  IMMEDIATE: whether the
     * file can be written is known now. */
    if (sqlite3_exec(database,
                     "PRAGMA page_size = " TEXT_OF(
                         STORE_PAGE_BYTES) "; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE",
                     NULL, NULL, NULL))
        return SCHEMA_FAULT;
    snprintf(end, sizeof(end), "PRAGMA user_version = %d; PRAGMA application_id = %d; COMMIT",
             SCHEMA_VERSION, APPLICATION_ID);
    if (version == SCHEMA_VERSION)
        return sqlite3_exec(database, "COMMIT", NULL, NULL, NULL) ? SCHEMA_FAULT : 0;
    for (const char *const *step = updates[version]; *step; step++)
        if (sqlite3_exec(database, *step, NULL, NULL, NULL))
            return SCHEMA_FAULT;
    return sqlite3_exec(database, end, NULL, NULL, NULL) ? SCHEMA_FAULT : 0;
}

/* ---- the database -------------------------------------------------------------------------- */

/* Makes an empty database with the right mode; SQLite gives its companions the same.  One that
 * exists is not even opened: closing it would drop the locks of this process on it. */
static int file_make(const char *path) {
    AUTO(close) int file = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, FILE_MODE);

    return file < 0 ? (errno == EEXIST ? 0 : -1) : fchmod(file, FILE_MODE);
}

void store_log_set_aside(const char *path) {
    AUTO(free) char *log = join(path, "-wal"), *shared = join(path, "-shm");
    AUTO(free) char *aside = join(path, "-wal" FOREIGN_LOG);

    if (!log || !shared || !aside || (unlink(shared) < 0 && errno != ENOENT))
        return;
    if (rename(log, aside) == 0)
        log_error("%s is not the log of %s, which was put in the place of another file; renamed it "
                  "to %s",
                  log, path, aside);
    else if (errno != ENOENT)
        log_error("%s is not the log of %s and cannot be renamed: %s", log, path, strerror(errno));
}

/* Returns true when PATH is in rollback mode, so that it has no log
 * (https://www.sqlite.org/fileformat.html, offset 18).  Asks SQLite, which reads nothing else yet:
 * to close a descriptor of our own would drop the locks that this process has on the file. */
static bool has_no_log(const char *path) {
    sqlite3 *database = NULL;
    sqlite3_file *file = NULL;
    unsigned char header[20];
    bool rollback =
        sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) ==
            SQLITE_OK &&
        sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
        file->pMethods->xRead(file, header, sizeof(header), 0) == SQLITE_OK && header[18] == 1;

    sqlite3_close(database);
    return rollback;
}

/* Before SQLite reads PATH, which nobody else writes.  A log beside a file in rollback mode is of
 * another file, such as one in whose place a backup was put, and SQLite would write its pages over
 * this one.  Returns true when there is a log that is the file's own: the last process was
 * killed. */
static bool log_check(const char *path) {
    AUTO(free) char *log = join(path, "-wal");
    struct stat status;

    if (!log || stat(log, &status) < 0 || status.st_size == 0)
        return false;
    if (!has_no_log(path))
        return true;
    store_log_set_aside(path);
    return false;
}

int store_database_open(struct store *store) {
    /* For the connection that mails use: pages of an index of some months, in KiB. */
    static const char settings[] = "PRAGMA cache_size = -4096";
    bool known = store->fault != 0;
    int result = SCHEMA_FAULT;

    if (file_make(store->path) < 0) {
        if (!known)
            log_error("cannot make %s: %s", store->path, strerror(errno));
        store->fault = SQLITE_CANTOPEN;
        return -1;
    }
    if (log_check(store->path))
        atomic_store(&store->unclean, true);
    store->writer.database =
        store_connect(store->path, SQLITE_OPEN_READWRITE, !known, &store->fault);
    if (!store->writer.database)
        return -1;
    if (known) /* no mail waits for a lock a second time */
        sqlite3_busy_timeout(store->writer.database, 0);
    if (sqlite3_exec(store->writer.database, settings, NULL, NULL, NULL) == SQLITE_OK)
        result = schema_update(store->writer.database);
    if (result == 0) {
        store->relaxed = true;
        atomic_fetch_add(&store->opened, 1);
        return 0;
    }
    if (!known)
        verdict_log(store->path, store->writer.database, result);
    store->fault =
        result == SCHEMA_FAULT ? sqlite3_extended_errcode(store->writer.database) : SQLITE_ERROR;
    store_connection_close(&store->writer);
    return -1;
}

/* ---- opening and closing ------------------------------------------------------------------- */

CLEANUP_DEFINE(struct store *, store_close)

/* Before SQLite is asked anything: nobody wants to know how much memory it has, and counting takes
 * a lock at every allocation, one for all threads. */
static void library_configure(void) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static struct store *store_new(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct store *store = calloc(1, sizeof(*store));

    pthread_once(&once, library_configure);
    if (!store) {
        log_error("out of memory");
        return NULL;
    }
    store->lock_file = -1;
    store->log_bytes_most = STORE_LOG_BYTES_MOST;
    store->log_bytes_kept = STORE_LOG_BYTES_KEPT;
    pthread_mutex_init(&store->lock, NULL);
    return store;
}

/* Returns a store whose folder is locked; NULL after log_error. */
static struct store *store_of(const char *directory) {
    AUTO(store_close) struct store *store = store_new();
    AUTO(free) char *folder = store ? folder_make(directory) : NULL;

    if (!folder || folder_lock(store, folder) < 0)
        return NULL;
    store->path = join(folder, "/" FILE_NAME);
    return store->path && older_mails_check(store) == 0 ? STEAL(store) : NULL;
}

static struct store *open_memory(void) {
    AUTO(store_close) struct store *store = store_new();
    int code;

    if (!store)
        return NULL;
    store->writer.database =
        store_connect(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, true, &code);
    if (!store->writer.database || schema_update(store->writer.database) < 0)
        return NULL;
    store->relaxed = true;
    return STEAL(store);
}

struct store *store_open(const char *directory) {
    AUTO(store_close) struct store *store = NULL;

    if (!directory)
        return open_memory();
    store = store_of(directory);
    return store && store_database_open(store) == 0 ? STEAL(store) : NULL;
}

struct store *store_open_daemon(const char *directory, enum store_durability durability) {
    struct store *store = store_of(directory);

    if (!store)
        return NULL;
    store->returns = true;
    store->durability = durability;
    if (store_database_open(store) < 0)
        log_warning("mail goes on without %s, and nothing of it is stored, until it can be opened",
                    store->path);
    return store;
}

struct store *store_open_readonly(const char *directory) {
    AUTO(store_close) struct store *store = store_new();
    AUTO(free) char *folder = NULL;
    int code, version;

    if (!store)
        return NULL;
    folder = realpath(directory, NULL);
    store->path = folder ? join(folder, "/" FILE_NAME) : NULL;
    if (!store->path || access(store->path, R_OK) < 0) {
        log_error("cannot read %s/" FILE_NAME ": %s", directory, strerror(errno));
        return NULL;
    }
    store->readonly = true;
    store->writer.database = store_connect(store->path, SQLITE_OPEN_READONLY, true, &code);
    if (!store->writer.database)
        return NULL;
    atomic_fetch_add(&store->opened, 1);
    version = schema_version(store->writer.database);
    if (version == SCHEMA_VERSION)
        return STEAL(store);
    if (version >= 0)
        log_error("%s has schema %d and this patchmark needs %d: start the daemon once, it "
                  "migrates the database",
                  store->path, version, SCHEMA_VERSION);
    else
        verdict_log(store->path, store->writer.database, version);
    return NULL;
}

/* Folds in the log and leaves a file in rollback mode, where nobody reads it at this moment. */
static void database_close(struct store *store) {
    if (store->path && !store->readonly && store->writer.database) {
        sqlite3_busy_timeout(store->writer.database, 0);
        sqlite3_wal_checkpoint_v2(store->writer.database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                  NULL);
        sqlite3_exec(store->writer.database, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    }
    store_connection_close(&store->writer);
}

void store_shut(struct store *store) {
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    if (pthread_mutex_timedlock(&store->lock, &until) != 0) {
        log_warning("%s is in use and cannot be closed; the next start reads its log", store->path);
        return;
    }
    database_close(store);
}

void store_close(struct store *store) {
    if (!store)
        return;
    database_close(store);
    if (store->lock_file >= 0)
        close(store->lock_file);
    pthread_mutex_destroy(&store->lock);
    arena_free(&store->strings);
    free(store->path);
    free(store);
}

/* ---- lost mails ---------------------------------------------------------------------------- */

/* Under the lock. */
static void lost_add(struct store *store, int64_t count) {
    char text[64];
    int length;

    store->lost += count;
    length = snprintf(text, sizeof(text), LOST_FORMAT, store->lost);
    if (store->lock_file >= 0 &&
        pwrite(store->lock_file, text, (size_t)length, 0) != (ssize_t)length)
        log_debug("cannot write the number of lost mails: %s", strerror(errno));
}

void store_count_lost(struct store *store) {
    pthread_mutex_lock(&store->lock);
    store->fault_lost++;
    lost_add(store, 1);
    pthread_mutex_unlock(&store->lock);
}

int64_t store_lost(struct store *store) {
    int64_t lost;

    pthread_mutex_lock(&store->lock);
    lost = store->lost;
    pthread_mutex_unlock(&store->lock);
    return lost;
}

void store_lost_reported(struct store *store, int64_t count) {
    pthread_mutex_lock(&store->lock);
    lost_add(store, -count);
    pthread_mutex_unlock(&store->lock);
}
