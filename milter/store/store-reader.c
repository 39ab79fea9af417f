/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-reader.c - a store that reads the database for a long time, while a daemon may start, stop,
 * migrate or replace it: see store.h.
 *
 * Owns nothing but the connection.  Everything can fail at any time; what was found is in
 * store->found, and the next transaction tries again.
 *
 * Whether a program uses the folder shows in the lock that it holds on the file `lock`.  A reader
 * must not try to take that lock, because a daemon that starts at this moment would not get it, and
 * mostly it may not open the file.  So the lock is looked up in /proc/locks, by the inode of the
 * file.
 */
#include "store/store-private.h"

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#define LOG_MS     60000 /* between two faults that are logged */
#define RUNNING_MS 1000  /* between two looks at /proc/locks */

struct store *store_open_reader(const char *directory) {
    struct store *store = store_new();

    if (!store)
        return NULL;
    if (asprintf(&store->path, "%s/patchmark.db", directory) < 0) {
        store->path = NULL;
        log_error("out of memory");
        store_close(store);
        return NULL;
    }
    store->readonly = store->reader = true;
    store->found = STORE_ABSENT;
    return store;
}

/* ---- faults -------------------------------------------------------------------------------- */

/* Returns true if a fault is to be logged now. */
static bool is_due(const struct store *store) {
    return !store->fault &&
           (!store->logged_at || clock_milliseconds() - store->logged_at >= LOG_MS);
}

/* Does the same for a fault with the result code CODE of SQLite, which it notes. */
static bool logs(struct store *store, int code) {
    if (!is_due(store))
        return false;
    store->logged_at = clock_milliseconds();
    store->fault = code;
    return true;
}

static enum store_state state_of(int code) {
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return STORE_LOCKED;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return STORE_UNREADABLE;
    default:
        return STORE_DAMAGED;
    }
}

void store_reader_fault(struct store *store) {
    int code =
        store->writer.database ? sqlite3_extended_errcode(store->writer.database) : SQLITE_NOMEM;

    store->broken = true;
    store->found = state_of(code);
    if (logs(store, code))
        store_log_fault(store_name(store), store->writer.database, true, "");
}

void store_reader_good(struct store *store) {
    if (!store->fault || clock_milliseconds() - store->logged_at < RUNNING_MS)
        return;
    log_info("%s can be read again", store->path);
    store->fault = 0;
}

/* ---- opening ------------------------------------------------------------------------------- */

/* Returns true if another file has the name of the database now. */
static bool has_moved(struct store *store) {
    int moved = 0;

    return sqlite3_file_control(store->writer.database, "main", SQLITE_FCNTL_HAS_MOVED, &moved) !=
               SQLITE_OK ||
           moved;
}

bool store_reader_connect(struct store *store) {
    bool due = is_due(store);
    int code;

    if (store->writer.database && (store->broken || has_moved(store)))
        store_connection_close(&store->writer);
    if (store->writer.database)
        return true;
    store->broken = store->checked = false;
    if (access(store->path, R_OK) < 0) {
        int error = errno;

        if (logs(store, SQLITE_CANTOPEN))
            log_error("cannot read %s: %s", store->path, strerror(error));
        store->found = error == ENOENT || error == ENOTDIR ? STORE_ABSENT : STORE_UNREADABLE;
        return false;
    }
    store->writer.database = store_connect(store->path, SQLITE_OPEN_READONLY, due, &code);
    if (!store->writer.database) {
        if (due)
            logs(store, code);
        store->found = state_of(code);
        return false;
    }
    store->running_at = 0;
    atomic_fetch_add(&store->opened, 1);
    return true;
}

/* Returns the version of the schema, or an enum schema_error.  Only the version can change while
 * the file is open. */
static int version_read(struct store *store) {
    sqlite3_stmt *statement;
    int version = SCHEMA_FAULT;

    if (!store->checked)
        return store_schema_version(store->writer.database);
    statement = connection_statement(&store->writer, "PRAGMA user_version", NULL);
    if (statement && sqlite3_step(statement) == SQLITE_ROW)
        version = sqlite3_column_int(statement, 0);
    store_reset(statement);
    return version;
}

bool store_reader_check(struct store *store) {
    int version = version_read(store);

    store->checked = version == STORE_SCHEMA_VERSION;
    if (store->checked) {
        store->found = STORE_RUNNING;
        return true;
    }
    if (version == SCHEMA_FAULT) {
        store_reader_fault(store);
        return false;
    }
    store->found = STORE_SCHEMA;
    if (!logs(store, SQLITE_ERROR))
        return false;
    store_schema_log_error(store->path, store->writer.database, version);
    return false;
}

/* ---- the program that writes --------------------------------------------------------------- */

/* Returns the path of the file `lock`, for free(3); NULL if memory runs out. */
static char *lock_path(const struct store *store) {
    char *path;

    return asprintf(&path, "%.*slock", (int)(strrchr(store->path, '/') + 1 - store->path),
                    store->path) < 0
               ? NULL
               : path;
}

/* Returns true if a line of /proc/locks is that of a lock by flock on the file INODE.  The device
 * is not compared: some file systems show another one there. */
static bool is_lock(const char *line, uintmax_t inode) {
    uintmax_t number;

    return sscanf(line, "%*d: FLOCK ADVISORY WRITE %*d %*x:%*x:%ju", &number) == 1 &&
           number == inode;
}

/* Returns 1 if a program holds the lock of the folder, 0 if none does, -1 if that is unknown. */
static int lock_held(const struct store *store) {
    AUTO(free) char *path = lock_path(store), *line = NULL;
    AUTO(fclose) FILE *locks = NULL;
    struct stat status;
    size_t size = 0;

    if (!path || stat(path, &status) < 0)
        return path && errno == ENOENT ? 0 : -1;
    locks = fopen("/proc/locks", "re");
    if (!locks)
        return -1;
    while (getline(&line, &size, locks) > 0)
        if (is_lock(line, status.st_ino))
            return 1;
    return 0;
}

/* A daemon that stops cleanly leaves the database in rollback mode, unless a reader has it open. */
static bool is_in_use(struct store *store) {
    sqlite3_stmt *statement;
    int held = lock_held(store);
    bool in_log;

    if (held >= 0)
        return held == 1;
    statement = connection_statement(&store->writer, "PRAGMA journal_mode", NULL);
    in_log = statement && sqlite3_step(statement) == SQLITE_ROW &&
             strcmp(column_text(statement, 0), "wal") == 0;
    store_reset(statement);
    return in_log;
}

enum store_state store_reader_state(struct store *store) {
    int64_t now = clock_milliseconds();

    if (store->found != STORE_RUNNING && store->found != STORE_STOPPED)
        return store->found;
    if (!store->running_at || now - store->running_at >= RUNNING_MS || now == 0) {
        store->running = is_in_use(store);
        store->running_at = now;
    }
    return store->found = store->running ? STORE_RUNNING : STORE_STOPPED;
}

int64_t store_reader_lost(const struct store *store) {
    AUTO(free) char *path = lock_path(store);
    AUTO(close) int file = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;

    return file < 0 ? -1 : store_lost_read(file);
}
