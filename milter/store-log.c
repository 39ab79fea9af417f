/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-log.c - the write-ahead log of SQLite, written once a transaction.
 *
 * SQLite writes each page that a transaction changed by two calls, for the frame's head and for the
 * page: some thirty a mail, more time than all its statements take.  Here they are gathered and
 * written as one piece with the frame that ends the transaction, before SQLite tells anybody of it,
 * and it is told then when that fails.  Everything else goes to SQLite's own file system as it is.
 *
 * Owns the buffer of each log that is open; a connection is used by one thread at a time.  What can
 * fail: the writing, a full disk above all.
 */
#include "store-private.h"

#include <stdlib.h>
#include <string.h>

/* Some 30 pages; a larger transaction is written in several pieces.  SQLite's own files take less
 * than 128 KiB at once. */
#define BUFFER_BYTES (120 * 1024)

/* https://www.sqlite.org/fileformat2.html#walformat: the second number of a frame's head is not 0
 * in the last frame of a transaction. */
#define HEAD_BYTES 24
#define LAST_AT    4

struct log_file {
    sqlite3_file base;
    sqlite3_int64 start; /* where in the file the buffer begins */
    sqlite3_int64 end;   /* of all that was written since the log started over */
    size_t used;
    bool last; /* the page of the last frame comes next */
    unsigned char *buffer;
    sqlite3_file real[]; /* as large as the system's files are */
};

static struct log_file *log_of(sqlite3_file *file) {
    return (struct log_file *)file;
}

static int flush(struct log_file *log) {
    size_t used = log->used;

    log->used = 0;
    log->last = false;
    return used == 0 ? SQLITE_OK
                     : log->real->pMethods->xWrite(log->real, log->buffer, (int)used, log->start);
}

static int log_write(sqlite3_file *file, const void *data, int length, sqlite3_int64 offset) {
    struct log_file *log = log_of(file);
    bool ends = log->last, changes = offset > 0 && offset < log->end;
    int result;

    if (changes || offset != log->start + (sqlite3_int64)log->used ||
        log->used + (size_t)length > BUFFER_BYTES) {
        result = flush(log);
        if (result != SQLITE_OK)
            return result;
    }
    if (!changes)
        log->end = offset + length;
    /* With a cache that is full, SQLite writes ahead of a transaction's end, changes that, and ends
     * with heads alone. */
    if (changes || length > BUFFER_BYTES)
        return log->real->pMethods->xWrite(log->real, data, length, offset);
    if (log->used == 0)
        log->start = offset;
    memcpy(log->buffer + log->used, data, (size_t)length);
    log->used += (size_t)length;
    log->last =
        length == HEAD_BYTES && memcmp((const unsigned char *)data + LAST_AT, "\0\0\0\0", 4) != 0;
    return ends ? flush(log) : SQLITE_OK;
}

static int log_read(sqlite3_file *file, void *data, int length, sqlite3_int64 offset) {
    int result = flush(log_of(file));

    return result != SQLITE_OK
               ? result
               : log_of(file)->real->pMethods->xRead(log_of(file)->real, data, length, offset);
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size) {
    int result = flush(log_of(file));

    return result != SQLITE_OK ? result
                               : log_of(file)->real->pMethods->xTruncate(log_of(file)->real, size);
}

static int log_sync(sqlite3_file *file, int flags) {
    int result = flush(log_of(file));

    return result != SQLITE_OK ? result
                               : log_of(file)->real->pMethods->xSync(log_of(file)->real, flags);
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size) {
    int result = flush(log_of(file));

    return result != SQLITE_OK ? result
                               : log_of(file)->real->pMethods->xFileSize(log_of(file)->real, size);
}

/* A transaction that has ended is written. */
static int log_close(sqlite3_file *file) {
    free(log_of(file)->buffer);
    return log_of(file)->real->pMethods->xClose(log_of(file)->real);
}

static int log_lock(sqlite3_file *file, int lock) {
    return log_of(file)->real->pMethods->xLock(log_of(file)->real, lock);
}

static int log_unlock(sqlite3_file *file, int lock) {
    return log_of(file)->real->pMethods->xUnlock(log_of(file)->real, lock);
}

static int log_check_lock(sqlite3_file *file, int *locked) {
    return log_of(file)->real->pMethods->xCheckReservedLock(log_of(file)->real, locked);
}

static int log_control(sqlite3_file *file, int operation, void *argument) {
    return log_of(file)->real->pMethods->xFileControl(log_of(file)->real, operation, argument);
}

static int log_sector_size(sqlite3_file *file) {
    return log_of(file)->real->pMethods->xSectorSize(log_of(file)->real);
}

static int log_characteristics(sqlite3_file *file) {
    return log_of(file)->real->pMethods->xDeviceCharacteristics(log_of(file)->real);
}

static const sqlite3_io_methods methods = {.iVersion = 1,
                                           .xClose = log_close,
                                           .xRead = log_read,
                                           .xWrite = log_write,
                                           .xTruncate = log_truncate,
                                           .xSync = log_sync,
                                           .xFileSize = log_size,
                                           .xLock = log_lock,
                                           .xUnlock = log_unlock,
                                           .xCheckReservedLock = log_check_lock,
                                           .xFileControl = log_control,
                                           .xSectorSize = log_sector_size,
                                           .xDeviceCharacteristics = log_characteristics};

/* The system's files are opened in place; a log stands behind its buffer. */
static int file_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *flags_out) {
    sqlite3_vfs *real = vfs->pAppData;
    struct log_file *log = log_of(file);
    int result;

    if (!(flags & SQLITE_OPEN_WAL))
        return real->xOpen(real, name, file, flags, flags_out);
    memset(log, 0, sizeof(*log));
    log->buffer = malloc(BUFFER_BYTES);
    if (!log->buffer)
        return SQLITE_NOMEM;
    result = real->xOpen(real, name, log->real, flags, flags_out);
    if (log->real->pMethods) /* then SQLite closes it, whatever the result */
        log->base.pMethods = &methods;
    else
        free(log->buffer);
    return result;
}

const char *store_log_vfs(void) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static sqlite3_vfs vfs;

    pthread_mutex_lock(&lock);
    if (!vfs.zName) {
        sqlite3_vfs *real = sqlite3_vfs_find(NULL);

        vfs = *real;
        vfs.pNext = NULL;
        vfs.pAppData = real;
        vfs.szOsFile = (int)sizeof(struct log_file) + real->szOsFile;
        vfs.zName = "patchmark";
        vfs.xOpen = file_open;
        sqlite3_vfs_register(&vfs, 0);
    }
    pthread_mutex_unlock(&lock);
    return vfs.zName;
}
