/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store-sync.c - for `journal = "fsync"`: a mail's commit is on the disk before the mail is
 * answered, and mails that come together share the wait.
 *
 * SQLite's commit (WAL, synchronous=NORMAL) leaves the frames of the write-ahead log in the page
 * cache; they are on the disk after an fdatasync of that file.  SQLite never moves a frame to the
 * database before it has synced the log, and never writes over one before it has synced the
 * database, so a commit once synced stays.  The file is opened here once: it is never removed
 * (SQLITE_FCNTL_PERSIST_WAL), and SQLite has no locks on it that closing would drop.
 *
 * One thread at a time syncs, for all commits that were written before it began; those that come
 * meanwhile wait for the next.
 *
 * What can fail: the sync.  Linux then takes the pages for clean, and the next sync has nothing to
 * complain of though the log has a hole, behind which nothing counts.  So the log is not trusted
 * until a checkpoint has brought all of it into the database and lets it start over.  The fault is
 * logged once, and mails go on.
 */
#include "store-private.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

/* Makes sure that names in FOLDER are on the disk. */
static void folder_sync(const char *folder) {
    AUTO(close) int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (file < 0 || fsync(file) < 0)
        log_warning("cannot sync %s: %s", folder, strerror(errno));
}

static void names_sync(const char *path) {
    AUTO(free) char *folder = NULL, *above = NULL;

    if (asprintf(&folder, "%.*s", (int)(strrchr(path, '/') - path), path) < 0 ||
        asprintf(&above, "%s/..", folder) < 0)
        return;
    folder_sync(folder);
    folder_sync(above);
}

void store_sync_open(struct store *store) {
    AUTO(free) char *path = NULL;

    if (asprintf(&path, "%s-wal", store->path) < 0)
        path = NULL;
    store->sync.file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (store->sync.file < 0)
        log_error("cannot open %s-wal: %s; mails do not wait for the disk", store->path,
                  strerror(errno));
    else
        names_sync(store->path);
}

uint64_t store_sync_note(struct store *store) {
    struct store_sync *sync = &store->sync;
    uint64_t number;

    if (sync->file < 0)
        return 0;
    pthread_mutex_lock(&sync->lock);
    number = ++sync->written;
    pthread_mutex_unlock(&sync->lock);
    return number;
}

/* Under the lock: what a sync came to. */
static void sync_end(struct store *store, int error) {
    struct store_sync *sync = &store->sync;

    if (error) {
        if (sync->faults++ == sync->told)
            log_error("%s-wal: cannot be synced: %s; mails go on, but what they taught and their "
                      "events may not outlive a loss of power (said once until it works again)",
                      store->path, strerror(error));
    } else if (sync->faults > sync->told && sync->faults == sync->trusted) {
        log_info("%s-wal: is synced again; that failed %" PRIu64 " times", store->path,
                 sync->faults - sync->told);
        sync->told = sync->faults;
    }
}

void store_sync_wait(struct store *store, uint64_t number) {
    struct store_sync *sync = &store->sync;

    pthread_mutex_lock(&sync->lock);
    while (sync->synced < number) {
        uint64_t until = sync->written;
        int error;

        if (sync->syncing) {
            pthread_cond_wait(&sync->done, &sync->lock);
            continue;
        }
        sync->syncing = true;
        pthread_mutex_unlock(&sync->lock);
        error = fdatasync(sync->file) < 0 ? errno : 0;
        pthread_mutex_lock(&sync->lock);
        sync->syncing = false;
        sync->synced = until;
        sync_end(store, error);
        pthread_cond_broadcast(&sync->done);
    }
    pthread_mutex_unlock(&sync->lock);
}

bool store_sync_is_distrusted(struct store *store, uint64_t *faults) {
    struct store_sync *sync = &store->sync;
    bool distrusted;

    pthread_mutex_lock(&sync->lock);
    *faults = sync->faults;
    distrusted = sync->faults != sync->trusted;
    pthread_mutex_unlock(&sync->lock);
    return distrusted;
}

void store_sync_trust(struct store *store, uint64_t faults) {
    pthread_mutex_lock(&store->sync.lock);
    store->sync.trusted = faults;
    pthread_mutex_unlock(&store->sync.lock);
}
