/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-open.c - opens and closes the database, and counts lost mails: see store.h.
 *
 * Owns the database patchmark.db with the -wal (write-ahead log) and -shm files that SQLite keeps
 * beside it, and the file `lock`, which excludes a second process and has the number of
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
#include "util/plural.h"

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

int64_t store_lost_read(int file) {
    char text[64] = "";
    int64_t lost = 0;

    if (pread(file, text, sizeof(text) - 1, 0) > 0)
        sscanf(text, LOST_SCANNED, &lost);
    return lost < 0 || lost > LOST_MOST ? 0 : lost; /* else the file was damaged */
}

/* Locks the folder against a second process, and reads the number of lost mails that earlier
 * processes did not report.  Returns 0, or -1 after log_error. */
static int folder_lock(struct store *store, const char *folder) {
    AUTO(free) char *path = concatenate(folder, "/" LOCK_NAME);

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
    store->lost = store_lost_read(store->lock_file);
    if (store->lost > 0)
        log_warning("%" PRId64 " mail%s before this start %s not stored and caused no events",
                    store->lost, plural((uint64_t)store->lost), store->lost == 1 ? "was" : "were");
    /* Allocates the block: later writes overwrite it, so they succeed even if the disk is full. */
    dprintf(store->lock_file, LOST_FORMAT, store->lost);
    return 0;
}

/* An earlier version kept mails in the file patchmark.db-redo until it committed several at once.
 * Returns 0 if there are none; -1 if there are, or if that is unknown, after log_error. */
static int older_mails_check(const struct store *store) {
    AUTO(free) char *path = concatenate(store->path, "-redo");
    struct stat status;
    int result = path ? stat(path, &status) : -1;

    if (result == 0 && status.st_size > 0) {
        log_error("%s has mails that an older patchmark answered and did not commit; start and "
                  "stop that version once, or delete the file, which loses their events",
                  path);
        return -1;
    }
    if (result == 0 ? unlink(path) == 0 : errno == ENOENT)
        return 0;
    log_error("cannot use %s-redo, a file of an older patchmark: %s; delete it", store->path,
              strerror(errno));
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
        result = store_schema_update(store->writer.database);
    if (result == 0) {
        store->relaxed = true;
        atomic_fetch_add(&store->opened, 1);
        return 0;
    }
    if (!was_logged)
        store_schema_log_error(store->path, store->writer.database, result);
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

struct store *store_new(void) {
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
    if (!store->writer.database || store_schema_update(store->writer.database) < 0)
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
        log_error("cannot read %s/" FILE_NAME ": %s%s", directory, strerror(errno),
                  errno == ENOENT   ? "; start patchmark serve, or correct the option 'state'"
                  : errno == EACCES ? "; run this as root or as a member of the group of the daemon"
                                    : "");
        return NULL;
    }
    store->readonly = true;
    store->writer.database = store_connect(store->path, SQLITE_OPEN_READONLY, true, &code);
    if (!store->writer.database)
        return NULL;
    atomic_fetch_add(&store->opened, 1);
    version = store_schema_version(store->writer.database);
    if (version == STORE_SCHEMA_VERSION)
        return STEAL(store);
    store_schema_log_error(store->path, store->writer.database, version);
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
    bool locked = store->batch; /* the thread that began the batch holds the lock until its end */

    if (!locked)
        pthread_mutex_lock(&store->lock);
    store->fault_lost++;
    lost_add(store, 1);
    if (!locked)
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
