/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-open.c - opens and closes the state: see store.h.
 *
 * Owns the state folder: patchmark.db with its -wal, -shm and -redo, and `lock`, which keeps a
 * second daemon out; and the schema with its migrations.  Opening can fail: that is logged, and
 * NULL.
 */
#include "store-private.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define FILE_NAME "patchmark.db"
#define LOCK_NAME "lock"

#define FOLDER_MODE 0750
#define FILE_MODE   0640
/* Nobody else may even read it: who can open it can lock it. */
#define LOCK_MODE 0600

#define APPLICATION_ID 0x506d726b /* "Pmrk" */

/* Of a new file.  A mail changes a few hundred bytes in each of some fourteen pages, and all of
 * each goes through the log: half of SQLite's usual size is a fifth less work. */
#define PAGE_BYTES 2048

/* MIGRATIONS[i] takes the schema from version i to i + 1.  Never edited once released. */
static const char *const migrations[] = {
    "CREATE TABLE message(message_id TEXT PRIMARY KEY NOT NULL, series TEXT NOT NULL,"
    " sender TEXT NOT NULL, kind TEXT NOT NULL, lists TEXT NOT NULL, part INTEGER,"
    " received INTEGER NOT NULL) WITHOUT ROWID;"
    /* state: 0 open, 1 complete, 2 told to be incomplete.  alias: the id it is found as. */
    "CREATE TABLE series(id TEXT PRIMARY KEY NOT NULL, topic TEXT NOT NULL, author TEXT NOT NULL,"
    " title TEXT NOT NULL, version INTEGER, total INTEGER, rfc INTEGER NOT NULL,"
    " opened INTEGER NOT NULL, changed INTEGER NOT NULL, state INTEGER NOT NULL,"
    " alias TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
    /* By a time that does not change, so that further parts leave it alone. */
    "CREATE INDEX series_open ON series(opened) WHERE state = 0;"
    "CREATE INDEX series_topic ON series(topic);"
    "CREATE INDEX series_alias ON series(alias) WHERE alias <> '';"
    "CREATE TABLE member(series TEXT NOT NULL, part INTEGER NOT NULL, message_id TEXT NOT NULL,"
    " title TEXT NOT NULL, author TEXT NOT NULL, PRIMARY KEY(series, part, message_id))"
    " WITHOUT ROWID;"
    /* Columns in the order of the key: SQLite 3.40's integrity_check errs otherwise. */
    "CREATE TABLE tag(series TEXT NOT NULL, message_id TEXT NOT NULL, tag TEXT NOT NULL,"
    " part INTEGER NOT NULL, PRIMARY KEY(series, message_id, tag)) WITHOUT ROWID;"
    "CREATE TABLE key(key TEXT NOT NULL, received INTEGER NOT NULL, series TEXT NOT NULL,"
    " PRIMARY KEY(key, received, series)) WITHOUT ROWID;"
    "CREATE TABLE event(sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " type TEXT NOT NULL, subject TEXT NOT NULL, list TEXT NOT NULL, series TEXT NOT NULL,"
    " time INTEGER NOT NULL, json TEXT NOT NULL);"
    "CREATE TABLE sink(name TEXT PRIMARY KEY NOT NULL, acknowledged INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE progress(archive TEXT PRIMARY KEY NOT NULL, position TEXT NOT NULL) WITHOUT "
    "ROWID;",
    /* For store-redo.c. */
    "CREATE TABLE redo(pair INTEGER NOT NULL, applied INTEGER NOT NULL);"
    "INSERT INTO redo(pair, applied) VALUES(random(), 0);",
};

#define SCHEMA_VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])))
#define REDO_VERSION   2 /* from which on there is the table redo */

/* ---- the folder -------------------------------------------------------------------------------
 */

static char *join(const char *folder, const char *name) {
    char *path;

    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

/* The absolute name of DIRECTORY, made if it is not there.  NULL after log_error. */
static char *make_folder(const char *directory) {
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

/* Makes an empty database file with the right mode; SQLite gives its companions the same.  One that
 * exists is not even opened: closing it would drop the locks of this process on it. */
static int make_file(const char *path) {
    AUTO(close) int file = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, FILE_MODE);

    if (file < 0 ? errno == EEXIST : fchmod(file, FILE_MODE) == 0)
        return 0;
    log_error("cannot make %s: %s", path, strerror(errno));
    return -1;
}

/* Locks the folder against a second daemon.  The open file, or -1 after log_error. */
static int lock_folder(const char *folder) {
    AUTO(free) char *path = join(folder, LOCK_NAME);
    int file = path ? open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, LOCK_MODE) : -1;

    if (file < 0) {
        log_error("cannot open %s/" LOCK_NAME ": %s", folder, strerror(errno));
        return -1;
    }
    fchmod(file, LOCK_MODE); /* whatever the umask took away */
    if (flock(file, LOCK_EX | LOCK_NB) == 0)
        return file;
    if (errno == EWOULDBLOCK)
        log_error("another patchmark is using the state folder %s; stop it first", folder);
    else
        log_error("cannot lock %s/" LOCK_NAME ": %s", folder, strerror(errno));
    close(file);
    return -1;
}

/* ---- connections ------------------------------------------------------------------------------
 */

static const char connection_settings[] =
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA foreign_keys = OFF;"
    "PRAGMA temp_store = MEMORY;"
    /* Debian's default overwrites what is deleted; there are no secrets here. */
    "PRAGMA secure_delete = OFF;"
    /* Who reads events, or folds the log, needs a page once. */
    "PRAGMA cache_size = -256;"
    "PRAGMA wal_autocheckpoint = 0;"
    /* Otherwise the commit of a mail would cut the log off. */
    "PRAGMA journal_size_limit = -1;";

/* For the one that mails ask: pages of an index of some months, in KiB; and those that a
 * transaction changed beyond that stay in memory until its end, as the log of one that is rolled
 * back must have nothing of it (store-log.c). */
static const char store_settings[] = "PRAGMA cache_size = -8192; PRAGMA cache_spill = OFF;";

static sqlite3 *connect_through(const char *vfs, const char *path, int flags) {
    sqlite3 *database = NULL;
    int keep_wal = 1;

    /* Each connection is used under a lock of ours or by one thread. */
    if (sqlite3_open_v2(path, &database, flags | SQLITE_OPEN_NOMUTEX, vfs) != SQLITE_OK ||
        sqlite3_extended_result_codes(database, 1) != SQLITE_OK ||
        sqlite3_busy_timeout(database, STORE_BUSY_MILLISECONDS) != SQLITE_OK ||
        sqlite3_exec(database, connection_settings, NULL, NULL, NULL) != SQLITE_OK) {
        store_log_fault(path, database, "");
        sqlite3_close(database);
        return NULL;
    }
    /* Without -wal and -shm, which SQLite would remove at the end, users who may not write into
     * the folder could not read while the daemon is stopped. */
    sqlite3_file_control(database, NULL, SQLITE_FCNTL_PERSIST_WAL, &keep_wal);
    return database;
}

sqlite3 *store_connect(const char *path, int flags) {
    return connect_through(NULL, path, flags);
}

/* The number that SQL selects.  False after log_error. */
static bool query_number(const char *path, sqlite3 *database, const char *sql, int *number) {
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;

    if (good)
        *number = sqlite3_column_int(statement, 0);
    else
        store_log_fault(path, database, "");
    sqlite3_finalize(statement);
    return good;
}

/* The schema's version, 0 of an empty file.  -1 after log_error: not ours, too new, broken. */
static int schema_version(const char *path, sqlite3 *database) {
    int application, version, tables;

    if (!query_number(path, database, "PRAGMA application_id", &application) ||
        !query_number(path, database, "PRAGMA user_version", &version) ||
        !query_number(path, database, "SELECT count(*) FROM sqlite_schema", &tables))
        return -1;
    if (application == 0 && version == 0 && tables == 0)
        return 0;
    if (application != APPLICATION_ID) {
        log_error("%s is a database of another program", path);
        return -1;
    }
    if (version > SCHEMA_VERSION) {
        log_error("%s was written by a newer patchmark (schema %d, this one knows %d); run that "
                  "one, or move the file away to start with an empty one",
                  path, version, SCHEMA_VERSION);
        return -1;
    }
    return version;
}

static int recover(struct store *store) {
    int version = schema_version(store->path, store->database);

    return version < 0 ? -1 : store_redo_recover(store, version >= REDO_VERSION);
}

/* Brings the schema up to date, all of it or nothing. */
static int migrate(const char *path, sqlite3 *database) {
    static const char begin[] =
        "PRAGMA page_size = " TEXT_OF(PAGE_BYTES) ";"
                                                  "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE";
    int version = schema_version(path, database);
    char number[64];

    if (version < 0)
        return -1;
    /* WAL is a property of the file and cannot change within a transaction.  Of a database in
     * memory this does nothing. */
    if (sqlite3_exec(database, begin, NULL, NULL, NULL))
        goto fault;
    for (; version < SCHEMA_VERSION; version++) {
        snprintf(number, sizeof(number), "PRAGMA user_version = %d", version + 1);
        if (sqlite3_exec(database, migrations[version], NULL, NULL, NULL) ||
            sqlite3_exec(database, number, NULL, NULL, NULL))
            goto fault;
    }
    snprintf(number, sizeof(number), "PRAGMA application_id = %d", APPLICATION_ID);
    if (sqlite3_exec(database, number, NULL, NULL, NULL) ||
        sqlite3_exec(database, "COMMIT", NULL, NULL, NULL))
        goto fault;
    return 0;
fault:
    store_log_fault(path, database, "");
    return -1;
}

/* ---- opening and closing ----------------------------------------------------------------------
 */

CLEANUP_DEFINE(struct store *, store_close)

/* Held for microseconds, mostly: who wants it meanwhile does better to try again for a while than
 * to sleep. */
static void lock_init(pthread_mutex_t *lock) {
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

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
    lock_init(&store->lock);
    pthread_mutex_init(&store->checkpoint_lock, NULL);
    pthread_mutex_init(&store->sync.lock, NULL);
    pthread_cond_init(&store->sync.done, NULL);
    store->sync.file = store->redo.file = -1;
    store->journal = STORE_JOURNAL_COMMIT;
    store->cache = index_cache_new();
    return store;
}

/* Makes the folder ours. */
static int take_folder(struct store *store, const char *directory) {
    AUTO(free) char *folder = make_folder(directory);

    if (!folder)
        return -1;
    store->lock_file = lock_folder(folder);
    if (store->lock_file < 0)
        return -1;
    store->path = join(folder, FILE_NAME);
    return store->path ? 0 : -1;
}

static int open_file(struct store *store) {
    if (make_file(store->path) < 0)
        return -1;
    store->database = connect_through(store_log_vfs(), store->path, SQLITE_OPEN_READWRITE);
    if (!store->database ||
        sqlite3_exec(store->database, store_settings, NULL, NULL, NULL) != SQLITE_OK ||
        recover(store) < 0 || migrate(store->path, store->database) < 0)
        return -1;
    store->checkpointer = store_connect(store->path, SQLITE_OPEN_READWRITE);
    /* Nothing waits for it, so it never waits for anybody either.  And SQLite takes it for a
     * connection to a file in WAL mode only once it has read from it. */
    return store->checkpointer && sqlite3_busy_timeout(store->checkpointer, 0) == SQLITE_OK &&
                   schema_version(store->path, store->checkpointer) == SCHEMA_VERSION &&
                   query_number(store->path, store->checkpointer, "PRAGMA page_size",
                                &store->page_bytes)
               ? 0
               : -1;
}

static int open_memory(struct store *store) {
    store->database = store_connect(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    return store->database ? migrate("state in memory", store->database) : -1;
}

struct store *store_open(const char *directory) {
    AUTO(store_close) struct store *store = store_new();

    if (!store)
        return NULL;
    if (directory)
        return take_folder(store, directory) == 0 && open_file(store) == 0 ? TAKE(store) : NULL;
    return open_memory(store) == 0 ? TAKE(store) : NULL;
}

/* Makes a file that was opened keep events as JOURNAL says. */
static int keep_events(struct store *store, enum store_journal journal) {
    if (journal == STORE_JOURNAL_FSYNC) {
        store_sync_open(store);
        store->journal = journal;
    }
    return journal == STORE_JOURNAL_NONE ? journal_move_to_memory(store) : 0;
}

struct store *store_open_in_any_case(const char *directory, enum store_journal journal) {
    AUTO(store_close) struct store *store = store_new();

    if (!store || take_folder(store, directory) < 0)
        return NULL;
    if (open_file(store) == 0 && keep_events(store, journal) == 0)
        return TAKE(store);
    log_warning("%s is of no use; index and journal are in memory until the next start",
                store->path);
    sqlite3_close(store->checkpointer);
    sqlite3_close(store->database);
    store->checkpointer = store->database = NULL;
    free(store->path);
    store->path = NULL;
    return open_memory(store) == 0 ? TAKE(store) : NULL;
}

struct store *store_open_readonly(const char *directory) {
    AUTO(store_close) struct store *store = store_new();
    AUTO(free) char *folder = NULL;
    int version;

    if (!store)
        return NULL;
    folder = realpath(directory, NULL);
    store->path = folder ? join(folder, FILE_NAME) : NULL;
    if (!store->path || access(store->path, R_OK) < 0) {
        log_error("cannot read %s/" FILE_NAME ": %s", directory, strerror(errno));
        return NULL;
    }
    store->readonly = true;
    store_redo_await(store);
    /* What the daemon changes is not told here. */
    index_cache_free(TAKE(store->cache));
    store->database = store_connect(store->path, SQLITE_OPEN_READONLY);
    version = store->database ? schema_version(store->path, store->database) : -1;
    if (version >= 0 && version < SCHEMA_VERSION)
        log_error("%s has schema %d, this patchmark needs %d: start the daemon once, it updates it",
                  store->path, version, SCHEMA_VERSION);
    return version == SCHEMA_VERSION ? TAKE(store) : NULL;
}

enum store_journal store_keeps_events(const struct store *store) {
    return store->journal;
}

void store_close(struct store *store) {
    if (!store)
        return;
    store_gather_end(store);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(store->statements[i].handle);
    /* Nobody writes any more: the log can be cut off as it is folded in. */
    if (store->path && !store->readonly && store->database)
        sqlite3_exec(store->database, "PRAGMA journal_size_limit = 0", NULL, NULL, NULL);
    sqlite3_close(store->checkpointer);
    sqlite3_close(store->database);
    if (store->sync.file >= 0)
        close(store->sync.file);
    if (store->redo.file >= 0) /* the file is for the next start */
        close(store->redo.file);
    free(store->redo.bytes);
    if (store->lock_file >= 0)
        close(store->lock_file);
    pthread_mutex_destroy(&store->lock);
    pthread_mutex_destroy(&store->checkpoint_lock);
    pthread_mutex_destroy(&store->sync.lock);
    pthread_cond_destroy(&store->sync.done);
    arena_free(&store->strings);
    index_cache_free(store->cache);
    free(store->forgetting.after);
    free(store->path);
    free(store);
}
