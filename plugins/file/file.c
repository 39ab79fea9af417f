/* SPDX-License-Identifier: BSD-2-Clause
 *
 * file.c - the sink "file": appends each event to a file as one line of JSON (JSON Lines).
 *
 * The plugin owns the file while it is open and holds a lock (flock(2)) on it, because it removes
 * what an interrupted write left after the last newline.  It opens the file with the first batch,
 * and again if the path leads to another file (logrotate) or after an error.  Every operation on
 * the file can fail.  Complete lines then stay in the file and count as delivered, and the core
 * offers the other events again.
 */
#include "patchmark-plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define BATCH_MAX  200 /* events in one write; each has 2 parts, and IOV_MAX is 1,024 */
#define LINE_BYTES (16 * 1024 * 1024) /* a longer line is not an event of patchmark */
#define ID_BYTES   64 /* of an event's id with its NUL; patchmark's have 32 digits */

struct file {
    struct patchmark_instance *instance;
    const char *path;
    int fd;                 /* -1 if the file is not open */
    bool started;           /* the file was ready for a batch before */
    char last_id[ID_BYTES]; /* of the last event in the file before the first batch; "" if none */

    char reason[256];   /* why the current batch failed */
    char reported[256]; /* the reason that was logged last; "" if none since the recovery */
    uint64_t failed;    /* batches that failed since the last success */
};

/* ---- failures and log --------------------------------------------------------------------- */

static void file_drop(struct file *self) {
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
}

/* Stores the reason of a failure for report and closes the file.  Returns false. */
static bool PATCHMARK_PRINTF(2, 3) failed(struct file *self, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(self->reason, sizeof(self->reason), format, arguments);
    va_end(arguments);
    file_drop(self);
    return false;
}

/* Logs one line when batches begin to fail, when the reason changes, and when they succeed again.
 */
static void report(struct file *self, bool delivered) {
    if (!delivered) {
        self->failed++;
        if (strcmp(self->reason, self->reported) != 0)
            patchmark_log(self->instance, PATCHMARK_ERROR, "%s: %s; events wait in the outbox",
                          self->path, self->reason);
        memcpy(self->reported, self->reason, sizeof(self->reported));
    } else if (self->failed > 0) {
        patchmark_log(self->instance, PATCHMARK_INFO, "%s: recovered, failed batches: %llu",
                      self->path, (unsigned long long)self->failed);
        self->failed = 0;
        *self->reported = '\0';
    }
}

/* ---- the end of the file ------------------------------------------------------------------ */

/* Returns the offset of the start of the line that ends at offset END.  Returns -1 with errno on
 * error, which is EFBIG if the line is longer than LINE_BYTES. */
static off_t line_start(int fd, off_t end) {
    char chunk[16 * 1024];
    off_t from = end;

    while (from > 0 && end - from <= LINE_BYTES) {
        size_t size = from < (off_t)sizeof(chunk) ? (size_t)from : sizeof(chunk);
        ssize_t got = pread(fd, chunk, size, from - (off_t)size);
        if (got != (ssize_t)size) {
            errno = got < 0 ? errno : EIO;
            return -1;
        }
        const char *found = memrchr(chunk, '\n', size);
        if (found)
            return from - (off_t)size + (found - chunk) + 1;
        from -= (off_t)size;
    }
    errno = EFBIG;
    return from == 0 ? 0 : -1;
}

/* Reads the id of the CloudEvent in LINE.  Returns false if there is none, or if it does not fit.
 */
static bool event_id(const char *line, size_t length, char id[ID_BYTES]) {
    struct patchmark_event *event = patchmark_event_read((struct patchmark_text){line, length});
    bool fits = event && snprintf(id, ID_BYTES, "%s", event->id) < ID_BYTES;

    patchmark_event_free(event);
    return fits;
}

/* Sets last_id to the id in the last line, whose newline is at offset END - 1.  If there is none,
 * events that are in the file may be written again.  Events up to last_id will count as delivered,
 * so the file is first synchronised to the disk. */
static void read_last_id(struct file *self, off_t end) {
    if (fdatasync(self->fd) < 0)
        return;
    off_t start = line_start(self->fd, end - 1);
    size_t length = start < 0 ? 0 : (size_t)(end - 1 - start);
    char *line = malloc(length + 1);

    if (!line || pread(self->fd, line, length, start) != (ssize_t)length ||
        !event_id(line, length, self->last_id))
        *self->last_id = '\0';
    free(line);
}

/* Removes what follows the last newline, if it is the start of an event or the zeros that a file
 * system may leave after a power failure.  Fails for anything else, because the path may be wrong.
 * Sets *END to the end of the last complete line.  Returns false after failed. */
static bool repair(struct file *self, off_t size, off_t *end) {
    char first;
    *end = line_start(self->fd, size);
    if (*end < 0)
        return failed(self, "cannot read its last line: %s", strerror(errno));
    if (*end == size)
        return true;
    if (pread(self->fd, &first, 1, *end) != 1 || (first != '{' && first != '\0'))
        return failed(self, "its last line is not an event, check the path");
    if (ftruncate(self->fd, *end) < 0)
        return failed(self, "cannot remove an incomplete last line: %s", strerror(errno));
    patchmark_log(self->instance, PATCHMARK_WARNING,
                  "%s: removed an incomplete last line of %lld bytes", self->path,
                  (long long)(size - *end));
    return true;
}

/* ---- the file ----------------------------------------------------------------------------- */

static bool file_open_path(struct file *self) {
    struct stat status;
    off_t end;

    self->fd =
        open(self->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (self->fd < 0)
        return failed(self, "open: %s", strerror(errno));
    if (flock(self->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return failed(self, "open: another process has locked it");
    if (fstat(self->fd, &status) < 0)
        return failed(self, "open: %s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        return failed(self, "open: not a regular file");
    if (!repair(self, status.st_size, &end))
        return false;
    if (!self->started && end > 0)
        read_last_id(self, end);
    return true;
}

/* Ensures that the file at the path is open.  Returns false after failed. */
static bool file_ready(struct file *self) {
    struct stat named, opened;

    if (self->fd >= 0 && stat(self->path, &named) == 0 && fstat(self->fd, &opened) == 0 &&
        named.st_dev == opened.st_dev && named.st_ino == opened.st_ino)
        return true;
    file_drop(self);
    return file_open_path(self);
}

/* Removes what was written after offset END. */
static bool truncate_to(int fd, off_t end) {
    struct stat status;
    return fstat(fd, &status) == 0 && (status.st_size <= end || ftruncate(fd, end) == 0);
}

/* Writes all PARTS, which it changes.  Returns the number of bytes that were written; if an error
 * occurred, this is less than all, and errno is set. */
static size_t write_parts(int fd, struct iovec *parts, size_t count) {
    size_t written = 0;

    while (count > 0) {
        ssize_t got = writev(fd, parts, (int)count);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = EIO;
        if (got <= 0)
            break;
        written += (size_t)got;
        while (count > 0 && (size_t)got >= parts->iov_len) {
            got -= (ssize_t)parts->iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + got;
            parts->iov_len -= (size_t)got;
        }
    }
    return written;
}

/* Returns how many of the events are complete lines in the first *BYTES bytes that were written.
 * Sets *BYTES to the end of the last of these lines. */
static size_t whole_lines(const struct patchmark_event *const *events, size_t count,
                          size_t *bytes) {
    size_t lines = 0, end = 0;

    while (lines < count && end + events[lines]->json_length + 1 <= *bytes)
        end += events[lines++]->json_length + 1;
    *bytes = end;
    return lines;
}

/* Appends EVENTS.  Returns how many of them, from the first on, are complete lines on the disk. */
static size_t append(struct file *self, const struct patchmark_event *const *events, size_t count) {
    struct iovec parts[2 * BATCH_MAX];
    struct stat before;

    if (fstat(self->fd, &before) < 0) {
        failed(self, "fstat: %s", strerror(errno));
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        parts[2 * i] = (struct iovec){(char *)events[i]->json, events[i]->json_length};
        parts[2 * i + 1] = (struct iovec){(char *)"\n", 1};
    }
    size_t bytes = write_parts(self->fd, parts, 2 * count);
    int error = errno;
    const char *step = "write";
    size_t done = whole_lines(events, count, &bytes);
    if (done > 0 && fdatasync(self->fd) < 0) {
        error = errno;
        step = "fdatasync";
        done = bytes = 0;
    }
    if (done < count) {
        bool removed = truncate_to(self->fd, before.st_size + (off_t)bytes);
        failed(self, "%s: %s%s", step, strerror(error),
               removed ? "" : ", and an incomplete line cannot be removed yet");
    }
    return done;
}

/* After a restart the core may offer events again that are in the file.  They are in the first
 * batch, up to the event at the end of the file.  Returns the number of events to skip. */
static size_t count_written(struct file *self, const struct patchmark_event *const *events,
                            size_t count) {
    if (self->started || !*self->last_id)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(events[i]->id, self->last_id) == 0)
            return i + 1;
    return 0;
}

static size_t file_publish(void *data, const struct patchmark_event *const *events, size_t count) {
    struct file *self = data;
    size_t done = 0;

    if (count > BATCH_MAX)
        count = BATCH_MAX;
    if (count == 0)
        return 0;
    if (file_ready(self)) {
        done = count_written(self, events, count);
        self->started = true;
        done += append(self, events + done, count - done);
    }
    report(self, done == count);
    return done;
}

/* ---- callbacks ---------------------------------------------------------------------------- */

/* Returns what is wrong with PATH, NULL if nothing is.  Does not open the file, which need not
 * exist and need not be writable yet. */
static const char *path_problem(const char *path) {
    struct stat status;

    if (*path != '/')
        return "must be an absolute path";
    const char *name = strrchr(path, '/') + 1;
    if (!*name)
        return "must name a file";
    if (stat(path, &status) == 0)
        return S_ISREG(status.st_mode) ? NULL : "must name a regular file";
    if (errno != ENOENT)
        return strerror(errno);
    char *folder = strndup(path, (size_t)(name - path));
    bool exists = folder && stat(folder, &status) == 0 && S_ISDIR(status.st_mode);
    free(folder);
    return exists ? NULL : "is in a folder that does not exist";
}

static void file_close(void *data) {
    struct file *self = data;
    file_drop(self);
    free(self);
}

static int file_open(struct patchmark_instance *instance, void **data) {
    const char *path = patchmark_option_string(instance, "path");
    if (!path) {
        patchmark_option_error(instance, "path", "is required; add path = \"/FOLDER/FILE\"");
        return -1;
    }
    const char *problem = path_problem(path);
    if (problem) {
        patchmark_option_error(instance, "path", "%s: \"%s\"", problem, path);
        return -1;
    }
    struct file *self = calloc(1, sizeof(*self));
    if (!self) {
        patchmark_log(instance, PATCHMARK_ERROR, "out of memory");
        return -1;
    }
    self->instance = instance;
    self->path = path;
    self->fd = -1;
    *data = self;
    char *folder = strndup(path, (size_t)(strrchr(path, '/') - path + 1));
    if (folder)
        patchmark_will_write(instance, folder);
    free(folder);
    return 0;
}

static const struct patchmark_option options[] = {
    {"path", PATCHMARK_STRING, NULL, 0, 0,
     "absolute path of the file to which events are appended; required"},
    {0},
};

static struct patchmark_plugin plugin = {
    .name = "file",
    .version = "1",
    .summary = "appends events to a file, one per line",
    .options = options,
    .open = file_open,
    .publish = file_publish,
    .close = file_close,
};

PATCHMARK_PLUGIN(plugin)
