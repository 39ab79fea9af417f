/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-open.c - opens, migrates and closes the database, and counts lost mails: see store.h.
 *
 * Owns the database patchmark.db with the -wal (write-ahead log) and -shm files that SQLite keeps
 * beside it, its schema, and the file `lock`, which excludes a second process and has the number of
 * lost mails.  While the database is closed, it is in SQLite's rollback mode: the file alone is
 * then a complete copy, and users who cannot write to the folder can read it.  So a log beside a
 * database in rollback mode belongs to another file.
 *
 * If the folder cannot be used or locked, opening a store fails.  If only the database cannot be
 * opened, the store of the daemon tries again later; every other store fails.
 */
#include "store/store-private.h"

#include "util/cleanup.h"
#include "util/digest.h"
#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define FILE_NAME    "patchmark.db"
#define LOCK_NAME    "lock"
#define FOREIGN_LOG  ".other" /* appended to the name of a log that belongs to another file */
#define FOLDER_MODE  0750
#define FILE_MODE    0640
#define LOCK_MODE    0600 /* any user who can open the file can lock it */
#define LOST_FORMAT  "lost %20" PRId64 "\n"
#define LOST_SCANNED "lost %20" SCNd64
#define LOST_MOST    INT64_C(1000000000000) /* a greater number is not one that was written here */

/* Expand to the text of the number that a macro is defined as, for use in SQL. */
#define TEXT_OF(number)  TEXT_OF_(number)
#define TEXT_OF_(number) #number

#define APPLICATION_ID 0x506d726b /* "Pmrk" */
#define SCHEMA_VERSION 4

/* source, data: attributes of the CloudEvent, which json-event.c composes.  through: the size in
 * bytes of the data of all events that were ever appended, up to and including this one. */
#define EVENT_TABLE                                                                            \
    "CREATE TABLE event(sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL,"   \
    " subject TEXT NOT NULL, list TEXT NOT NULL, series TEXT NOT NULL, time INTEGER NOT NULL," \
    " source TEXT NOT NULL, through INTEGER NOT NULL, data TEXT NOT NULL);"

/* time: the time of receipt in seconds since 1970, times 2^20, plus a number that makes it unique,
 * so that the mails that expire first are stored next to each other.  hash: text_hash(message_id),
 * by which mails are found, as an index of numbers has a third of the pages.  slot: the part number
 * of a member; in contrast to `part`, NULL for a cover that index_assign_cover set.  author: NULL
 * if it is the sender.  tags, keys, notes: one per line; the tags are given to the part `target` of
 * the series, the keys are the texts whose hashes are in the table key for this mail. */
#define MESSAGE_TABLE                                                                   \
    "CREATE TABLE message(time INTEGER PRIMARY KEY, hash INTEGER NOT NULL UNIQUE,"      \
    " message_id TEXT NOT NULL, series TEXT NOT NULL, sender TEXT NOT NULL,"            \
    " kind TEXT NOT NULL, lists TEXT NOT NULL, part INTEGER, slot INTEGER, title TEXT," \
    " author TEXT, tags TEXT, target INTEGER, keys TEXT, notes TEXT);"                  \
    "CREATE INDEX message_slot ON message(series, slot) WHERE slot IS NOT NULL;"        \
    "CREATE INDEX message_tags ON message(series) WHERE tags IS NOT NULL;"

/* hash: text_hash of the key. */
#define KEY_TABLE                                                                              \
    "CREATE TABLE key(hash INTEGER NOT NULL, received INTEGER NOT NULL, series TEXT NOT NULL," \
    " PRIMARY KEY(hash, received, series)) WITHOUT ROWID;"

/* The other tables. */
static const char schema[] = MESSAGE_TABLE KEY_TABLE
    /* state: 0 open, 1 complete, 2 reported as incomplete.  alias: the id of the series that it was
     * joined with; '' if none. */
    "CREATE TABLE series(id TEXT PRIMARY KEY NOT NULL, topic TEXT NOT NULL, author TEXT NOT NULL,"
    " title TEXT NOT NULL, version INTEGER, total INTEGER, rfc INTEGER NOT NULL,"
    " opened INTEGER NOT NULL, changed INTEGER NOT NULL, state INTEGER NOT NULL,"
    " alias TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
    /* Indexed by `opened`, because `changed` would change this index with each part. */
    "CREATE INDEX series_open ON series(opened) WHERE state = 0;"
    "CREATE INDEX series_alias ON series(alias) WHERE alias <> '';"
    "CREATE TABLE sink(name TEXT PRIMARY KEY NOT NULL, acknowledged INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE progress(archive TEXT PRIMARY KEY NOT NULL, position TEXT NOT NULL)"
    " WITHOUT ROWID;";

/* Migrates events from schema 1 to 3, which stored whole CloudEvents.  A row that was not JSON, or
 * has no data, is kept with data that is not JSON, which readers skip: so the sequences stay
 * without gaps, and none is used twice. */
static const char event_migration[] =
    "ALTER TABLE event RENAME TO old_event;" EVENT_TABLE
    "INSERT INTO event SELECT sequence, id, type, subject, list, series, time, source,"
    " sum(length(CAST(data AS BLOB))) OVER (ORDER BY sequence), data FROM (SELECT *,"
    "  ifnull(json_extract(valid, '$.source'), '') AS source,"
    "  ifnull(json_extract(valid, '$.data'), '') AS data"
    "  FROM (SELECT *, CASE WHEN json_valid(json) THEN json END AS valid FROM old_event));"
    "DROP TABLE old_event;";

/* Migrates mails and keys from schema 3, which found both by their texts. */
static const char text_migration[] =
    "ALTER TABLE message RENAME TO old_message; DROP INDEX message_slot; DROP INDEX message_tags;"
    "ALTER TABLE key RENAME TO old_key;" MESSAGE_TABLE KEY_TABLE
    "INSERT INTO message SELECT time, text_hash(message_id), message_id, series, sender, kind,"
    " lists, part, slot, title, author, tags, target, keys, notes FROM old_message;"
    "INSERT INTO key SELECT text_hash(key), received, series FROM old_key;"
    "DROP TABLE old_message; DROP TABLE old_key;";

/* Migrates the other tables from schema 1 and 2, which had members and tags in tables of their own.
 */
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
    /* Keys now start with the author; the keys for whole titles and base blobs became notes. */
    "CREATE TABLE text_key(key TEXT, received INTEGER, series TEXT,"
    " PRIMARY KEY(key, received, series)) WITHOUT ROWID;"
    "INSERT OR IGNORE INTO text_key SELECT CASE kind WHEN 'author' THEN 'by ' || rest"
    "  WHEN 'title' THEN 'by ' || substr(rest, 1, instr(rest, ' ')) || kind"
    "   || substr(rest, instr(rest, ' ')) ELSE key END, received, series"
    " FROM (SELECT *, substr(key, 1, instr(key, ' ') - 1) AS kind,"
    "  substr(key, instr(key, ' ') + 1) AS rest FROM old_key) WHERE kind NOT IN ('whole', 'base');"
    "INSERT OR IGNORE INTO text_key SELECT 'by ' || author || ' rfc', opened, id FROM old_series"
    " WHERE rfc;"
    "CREATE INDEX old_by_series ON old_key(series, received);"
    "CREATE INDEX by_series ON text_key(series, received);"
    "CREATE INDEX old_members ON old_message(series, received, message_id) WHERE part >= 0;"
    "INSERT INTO message"
    " SELECT (o.received << 20) + row_number() OVER (ORDER BY o.received) % 1048576,"
    " text_hash(o.message_id), o.message_id, o.series, o.sender, o.kind, o.lists, o.part, m.part, "
    "m.title, nullif(m.author, o.sender),"
    " (SELECT group_concat(tag, char(10)) FROM tag t WHERE t.message_id = o.message_id"
    "  AND t.series = o.series),"
    " (SELECT min(part) FROM tag t WHERE t.message_id = o.message_id AND t.series = o.series),"
    " (SELECT group_concat(key, char(10)) FROM text_key k WHERE first"
    "  AND k.series = o.series AND k.received = o.received),"
    " (SELECT group_concat(CASE substr(key, 1, 5) WHEN 'base ' THEN substr(key, 6 + instr("
    "   substr(key, 6), ' ')) ELSE 'title ' || substr(key, 7 + instr(substr(key, 7), ' ')) END,"
    "   char(10)) FROM old_key k WHERE first AND k.series = o.series"
    "   AND k.received = o.received AND (k.key LIKE 'base %' OR k.key LIKE 'whole %'))"
    /* If several mails of a series have the same time, the first gets the keys of all. */
    " FROM (SELECT *, part >= 0 AND message_id = (SELECT min(message_id) FROM old_message s"
    "  WHERE s.part >= 0 AND s.series = o.series AND s.received = o.received) AS first"
    "  FROM old_message o) o LEFT JOIN member m ON m.message_id = o.message_id;"
    "INSERT INTO key SELECT text_hash(key), received, series FROM text_key k"
    " WHERE EXISTS (SELECT 1 FROM message m WHERE m.series = k.series"
    " AND m.slot IS NOT NULL AND m.time >> 20 = k.received);"
    "INSERT INTO series SELECT * FROM old_series;"
    "INSERT INTO sink SELECT name, CASE WHEN EXISTS (SELECT 1 FROM event) THEN acknowledged"
    " ELSE 0 END FROM old_sink;"
    "INSERT INTO progress SELECT * FROM old_progress;"
    "DROP TABLE text_key; DROP TABLE old_message; DROP TABLE member; DROP TABLE tag;"
    "DROP TABLE old_series; DROP TABLE old_key; DROP TABLE old_sink; DROP TABLE old_progress;";

/* The SQL that migrates each version of the schema to the current one; version 0 is an empty file.
 */
static const char *const updates[SCHEMA_VERSION][5] = {
    {EVENT_TABLE, schema},
    {event_migration, migration_begin, schema, migration_end},
    {event_migration, migration_begin, schema, migration_end},
    {event_migration, text_migration},
};

/* ---- the folder ---------------------------------------------------------------------------- */

/* Returns the two texts as one, which the caller frees; NULL if memory runs out. */
static char *concatenate(const char *one, const char *other) {
    char *path;

    return asprintf(&path, "%s%s", one, other) < 0 ? NULL : path;
}

/* Creates DIRECTORY if it is missing.  Returns its absolute path, which the caller frees; NULL on
 * error, after log_error. */
static char *folder_make(const char *directory) {
    char *folder;

    if (mkdir(directory, FOLDER_MODE) == 0) {
        if (chmod(directory, FOLDER_MODE) < 0) /* mkdir obeys the umask */
            log_warning("cannot set the mode of %s: %s", directory, strerror(errno));
    } else if (errno != EEXIST) {
        log_error("cannot create the state folder %s: %s", directory, strerror(errno));
        return NULL;
    }
    folder = realpath(directory, NULL);
    if (!folder)
        log_error("cannot use the state folder %s: %s", directory, strerror(errno));
    return folder;
}

/* Locks the folder against a second process, and reads the number of lost mails that earlier
 * processes did not report.  Returns 0, or -1 after log_error. */
static int folder_lock(struct store *store, const char *folder) {
    AUTO(free) char *path = concatenate(folder, "/" LOCK_NAME);
    char text[64] = "";

    store->lock_file = path ? open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, LOCK_MODE) : -1;
    if (store->lock_file < 0) {
        log_error("cannot open %s/" LOCK_NAME ": %s", folder, strerror(errno));
        return -1;
    }
    fchmod(store->lock_file, LOCK_MODE); /* open obeys the umask */
    if (flock(store->lock_file, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK)
            log_error("cannot use the state folder %s: another patchmark is using it; stop that "
                      "one first",
                      folder);
        else
            log_error("cannot lock %s/" LOCK_NAME ": %s", folder, strerror(errno));
        return -1;
    }
    if (pread(store->lock_file, text, sizeof(text) - 1, 0) > 0)
        sscanf(text, LOST_SCANNED, &store->lost);
    if (store->lost < 0 || store->lost > LOST_MOST)
        store->lost = 0; /* the file was damaged */
    if (store->lost > 0)
        log_warning("%" PRId64 " mails before this start were not stored and caused no events",
                    store->lost);
    /* Allocates the block: later writes overwrite it, so they succeed even if the disk is full. */
    dprintf(store->lock_file, LOST_FORMAT, store->lost);
    return 0;
}

/* An earlier version kept mails in the file patchmark.db-redo until it committed several at once.
 * Returns 0 if there are none; -1 if there are, after log_error, or on an error of the system. */
static int older_mails_check(const struct store *store) {
    AUTO(free) char *path = concatenate(store->path, "-redo");
    struct stat status;

    if (!path || stat(path, &status) < 0)
        return path && errno == ENOENT ? 0 : -1;
    if (status.st_size == 0)
        return unlink(path);
    log_error("%s has mails that an older patchmark answered and did not commit; start and stop "
              "that version once, or delete the file, which loses their events",
              path);
    return -1;
}

/* ---- connections --------------------------------------------------------------------------- */

static const char connection_settings[] =
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA temp_store = MEMORY;"
    /* Debian's default overwrites deleted data with zeros; the database has no secrets. */
    "PRAGMA secure_delete = OFF;"
    "PRAGMA cache_size = -256;"
    "PRAGMA wal_autocheckpoint = 0;"
    /* With a limit, the commit of a mail could truncate the log, and the mail would wait. */
    "PRAGMA journal_size_limit = -1;";

/* The function text_hash(TEXT) of SQL. */
static void text_hash(sqlite3_context *context, int count, sqlite3_value **values) {
    const char *text = (const char *)sqlite3_value_text(values[0]);

    (void)count;
    sqlite3_result_int64(context,
                         digest_number(text ? text : "", (size_t)sqlite3_value_bytes(values[0])));
}

sqlite3 *store_connect(const char *path, int flags, bool log_errors, int *code) {
    sqlite3 *database = NULL;

    /* NOMUTEX: each connection is protected by the lock of the store or used by one thread. */
    if (sqlite3_open_v2(path, &database, flags | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
        sqlite3_extended_result_codes(database, 1) == SQLITE_OK &&
        sqlite3_busy_timeout(database, STORE_BUSY_MILLISECONDS) == SQLITE_OK &&
        sqlite3_create_function(database, "text_hash", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                text_hash, NULL, NULL) == SQLITE_OK &&
        sqlite3_exec(database, connection_settings, NULL, NULL, NULL) == SQLITE_OK)
        return database;
    *code = database ? sqlite3_extended_errcode(database) : SQLITE_NOMEM;
    if (log_errors)
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

/* Stores the number that SQL selects in *NUMBER.  Returns false on a fault. */
static bool number_read(sqlite3 *database, const char *sql, int *number) {
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;

    if (good)
        *number = sqlite3_column_int(statement, 0);
    return sqlite3_finalize(statement) == SQLITE_OK && good;
}

/* Why a database cannot be used: SQLite reports a fault; it belongs to another program; a newer
 * patchmark wrote it. */
enum schema_error { SCHEMA_FAULT = -3, SCHEMA_OF_OTHERS, SCHEMA_TOO_NEW };

/* Returns the version of the schema, 0 for an empty file, or an enum schema_error. */
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

static void schema_error_log(const char *path, sqlite3 *database, int error) {
    if (error == SCHEMA_OF_OTHERS)
        log_error("%s is a database of another program; move it away, or set `state` to another "
                  "folder",
                  path);
    else if (error == SCHEMA_TOO_NEW)
        log_error("%s was written by a newer patchmark, and this one supports schemas up to %d; "
                  "run that version, or move the file away to start with an empty one",
                  path, SCHEMA_VERSION);
    else
        store_log_fault(path, database, true, "");
}

/* Migrates the database to SCHEMA_VERSION in one transaction; on error nothing is changed.  Returns
 * 0 or an enum schema_error. */
static int schema_update(sqlite3 *database) {
    char end[96];
    int version;

    /* Checked before anything is changed, because the file may belong to another program. */
    version = schema_version(database);
    if (version < 0)
        return version;
    /* The journal mode is a property of the file and cannot change within a transaction.
     * IMMEDIATE: a file that cannot be written is reported here. */
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

/* Creates an empty database with the right mode, which SQLite also uses for -wal and -shm.  Does
 * not open one that exists: closing the descriptor would release the locks (POSIX advisory locks)
 * that this process has on the file.  Returns 0, or -1 with errno set. */
static int file_make(const char *path) {
    AUTO(close) int file = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, FILE_MODE);

    return file < 0 ? (errno == EEXIST ? 0 : -1) : fchmod(file, FILE_MODE);
}

void store_log_set_aside(const char *path) {
    AUTO(free) char *log = concatenate(path, "-wal"), *shared = concatenate(path, "-shm");
    AUTO(free) char *aside = concatenate(path, "-wal" FOREIGN_LOG);

    if (!log || !shared || !aside || (unlink(shared) < 0 && errno != ENOENT))
        return;
    if (rename(log, aside) == 0)
        log_error("%s is not the log of %s, which has replaced another file; renamed the log to "
                  "%s; delete that if you do not need it",
                  log, path, aside);
    else if (errno != ENOENT)
        log_error("%s is not the log of %s and cannot be renamed: %s", log, path, strerror(errno));
}

/* Returns true if the database PATH is in rollback mode, so that it has no log: byte 18 of the file
 * (https://www.sqlite.org/fileformat.html) is then 1.  Reads it through SQLite, which does not read
 * anything else yet: closing a descriptor that was opened here would release the locks that this
 * process has on the file. */
static bool is_in_rollback_mode(const char *path) {
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

/* Called before SQLite reads the database PATH, which no other process writes.  A log beside a
 * database in rollback mode belongs to another file, such as one that was replaced by a backup;
 * SQLite would copy its pages into this database, so it is renamed.  Returns true if there is a log
 * that belongs to the database, which means that the last process was killed. */
static bool log_check(const char *path) {
    AUTO(free) char *log = concatenate(path, "-wal");
    struct stat status;

    if (!log || stat(log, &status) < 0 || status.st_size == 0)
        return false;
    if (!is_in_rollback_mode(path))
        return true;
    store_log_set_aside(path);
    return false;
}

int store_database_open(struct store *store) {
    /* In KiB: room for the pages of an index of some months, on the connection that mails use. */
    static const char settings[] = "PRAGMA cache_size = -4096";
    bool was_logged = store->fault != 0;
    int result = SCHEMA_FAULT;

    if (file_make(store->path) < 0) {
        if (!was_logged)
            log_error("cannot create %s: %s", store->path, strerror(errno));
        store->fault = SQLITE_CANTOPEN;
        return -1;
    }
    if (log_check(store->path))
        atomic_store(&store->unclean, true);
    store->writer.database =
        store_connect(store->path, SQLITE_OPEN_READWRITE, !was_logged, &store->fault);
    if (!store->writer.database)
        return -1;
    if (was_logged) /* a mail has waited for the lock already; the next ones do not wait */
        sqlite3_busy_timeout(store->writer.database, 0);
    if (sqlite3_exec(store->writer.database, settings, NULL, NULL, NULL) == SQLITE_OK)
        result = schema_update(store->writer.database);
    if (result == 0) {
        store->relaxed = true;
        atomic_fetch_add(&store->opened, 1);
        return 0;
    }
    if (!was_logged)
        schema_error_log(store->path, store->writer.database, result);
    store->fault =
        result == SCHEMA_FAULT ? sqlite3_extended_errcode(store->writer.database) : SQLITE_ERROR;
    store_connection_close(&store->writer);
    return -1;
}

/* ---- opening and closing ------------------------------------------------------------------- */

CLEANUP_DEFINE(struct store *, store_close)

/* Turns off SQLite's statistics on memory, which nothing reads: they take a lock that all threads
 * share at every allocation.  Must run before any other call of SQLite. */
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

/* Returns a new store with its folder locked and its database not opened; NULL after log_error. */
static struct store *folder_open(const char *directory) {
    AUTO(store_close) struct store *store = store_new();
    AUTO(free) char *folder = store ? folder_make(directory) : NULL;

    if (!folder || folder_lock(store, folder) < 0)
        return NULL;
    store->path = concatenate(folder, "/" FILE_NAME);
    return store->path && older_mails_check(store) == 0 ? STEAL(store) : NULL;
}

static struct store *memory_open(void) {
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
        return memory_open();
    store = folder_open(directory);
    return store && store_database_open(store) == 0 ? STEAL(store) : NULL;
}

struct store *store_open_daemon(const char *directory, enum store_durability durability) {
    struct store *store = folder_open(directory);

    if (!store)
        return NULL;
    store->recovers = true;
    store->durability = durability;
    if (store_database_open(store) < 0)
        log_warning("cannot use %s; mail passes without it and is not stored until it can be "
                    "opened; correct the error above",
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
    store->path = folder ? concatenate(folder, "/" FILE_NAME) : NULL;
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
        log_error("%s has schema %d, but this patchmark requires schema %d; start the daemon once "
                  "to migrate the database",
                  store->path, version, SCHEMA_VERSION);
    else
        schema_error_log(store->path, store->writer.database, version);
    return NULL;
}

/* Copies the log into the database and sets rollback mode, unless a reader prevents it, and closes
 * the writing connection. */
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
        log_warning("cannot close %s: a thread is using it; the next start recovers it from its "
                    "log",
                    store->path);
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

/* Adds COUNT, which can be negative, to the number of lost mails and stores it in the file `lock`.
 * Must be called with the lock held. */
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
