/* SPDX-License-Identifier: BSD-2-Clause
 *
 * disk-faults.h - a disk that fails as a test tells it, for what SQLite reads and writes, through
 * SQLite's own table of system calls.
 */
#ifndef DISK_FAULTS_H
#define DISK_FAULTS_H

#include <check.h>
#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

/* What happens to reads and writes: they fail with an errno; GARBAGE: reads return other bytes; 0:
 * they succeed.  TIMES: how many calls are affected, -1 for all. */
#define GARBAGE (-1)
static _Atomic int disk_read_fault, disk_read_times, disk_write_fault, disk_write_times;
/* Reads and writes of fewer bytes succeed: only pages are affected. */
static _Atomic size_t disk_read_least;

static inline int disk_fault(_Atomic int *fault, _Atomic int *times) {
    if (*times == 0)
        return 0;
    if (*times > 0)
        --*times;
    return *fault;
}

static ssize_t disk_pread(int descriptor, void *bytes, size_t length, off64_t offset) {
    int fault = length < disk_read_least ? 0 : disk_fault(&disk_read_fault, &disk_read_times);

    if (fault > 0) {
        errno = fault;
        return -1;
    }
    if (fault == GARBAGE) {
        memset(bytes, 0xa5, length);
        return (ssize_t)length;
    }
    return pread64(descriptor, bytes, length, offset);
}

static ssize_t disk_pwrite(int descriptor, const void *bytes, size_t length, off64_t offset) {
    int fault = disk_fault(&disk_write_fault, &disk_write_times);

    if (fault > 0) {
        errno = fault;
        return -1;
    }
    return pwrite64(descriptor, bytes, length, offset);
}

/* From now on, SQLite uses this disk for all connections of the process. */
static inline void disk_faults_start(void) {
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

    ck_assert_int_eq(vfs->xSetSystemCall(vfs, "pread64",
                                         (sqlite3_syscall_ptr)(void (*)(void))disk_pread),
                     SQLITE_OK);
    ck_assert_int_eq(vfs->xSetSystemCall(vfs, "pwrite64",
                                         (sqlite3_syscall_ptr)(void (*)(void))disk_pwrite),
                     SQLITE_OK);
}

static inline void disk_fail_reads(int fault, int times) {
    disk_read_fault = fault;
    disk_read_times = times;
}

static inline void disk_fail_writes(int fault, int times) {
    disk_write_fault = fault;
    disk_write_times = times;
}

#endif
