/* SPDX-License-Identifier: BSD-2-Clause
 *
 * trust.c - see trust.h.
 *
 * Walks the path from the root on, as the kernel does: the target of a symbolic link takes the
 * place of its name in what is left of the path.  So a link cannot hide a folder in which somebody
 * else could replace it.  Access control lists are not read: their mask is in the bits of the
 * group.
 */
#include "plugin/trust.h"

#include "util/privileges.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE     4096
#define LINKS_MAXIMUM 40 /* as in the kernel, see path_resolution(7) */

/* The state of a walk. */
struct walk {
    char done[PATH_SIZE]; /* what was checked, without symbolic links; "" for the root */
    char rest[PATH_SIZE]; /* what is left, relative to DONE */
    int links;            /* the symbolic links so far */
    uid_t also;           /* see trust_check */
};

static bool is_exposed(const struct stat *status, uid_t also) {
    bool is_sticky = S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX);
    mode_t writers = also != 0 && status->st_uid == also ? S_IWOTH : S_IWGRP | S_IWOTH;

    return !S_ISLNK(status->st_mode) && !is_sticky && (status->st_mode & writers);
}

/* Checks owner and mode of one file, folder or symbolic link. */
static bool entry_check(const char *path, const struct stat *status, uid_t also, char *error,
                        size_t size) {
    if (status->st_uid != 0 && status->st_uid != privileges_starter() && status->st_uid != also) {
        snprintf(error, size,
                 "%s: owned by uid %u; must be owned by root or by uid %u, which starts patchmark; "
                 "run: chown %sroot %s",
                 path, (unsigned)status->st_uid, (unsigned)privileges_starter(),
                 S_ISLNK(status->st_mode) ? "-h " : "", path);
        return false;
    }
    if (is_exposed(status, also)) {
        snprintf(error, size, "%s: mode %04o, writable by %s; run: chmod go-w %s", path,
                 (unsigned)(status->st_mode & 07777),
                 status->st_mode & S_IWOTH ? "others" : "its group", path);
        return false;
    }
    return true;
}

/* Puts the target of the link PATH before the rest.  Returns false with errno set if the link
 * cannot be read or if the result is too long. */
static bool link_follow(struct walk *walk, const char *path) {
    char whole[PATH_SIZE];
    ssize_t length = readlink(path, whole, sizeof(whole) - 1);
    int size;

    if (length < 0)
        return false;
    if (++walk->links > LINKS_MAXIMUM) {
        errno = ELOOP;
        return false;
    }
    size = snprintf(whole + length, sizeof(whole) - (size_t)length, "/%s", walk->rest);
    if (size >= (int)(sizeof(whole) - (size_t)length)) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (*whole == '/')
        *walk->done = '\0';
    strcpy(walk->rest, whole);
    return true;
}

/* Takes the next name of the rest, "" at its end, and its place PATH. */
static bool name_take(struct walk *walk, char *path, size_t size) {
    char *start = walk->rest + strspn(walk->rest, "/");
    size_t length = strcspn(start, "/");
    bool fits = snprintf(path, size, "%s/%.*s", walk->done, (int)length, start) < (int)size;

    if (length == 2 && strncmp(start, "..", 2) == 0) {
        char *slash = strrchr(walk->done, '/');

        if (slash)
            *slash = '\0';
        *path = '\0';
    } else if (length == 1 && *start == '.')
        *path = '\0';
    memmove(walk->rest, start + length, strlen(start + length) + 1);
    return fits;
}

/* Checks PATH, and goes into it or, if it is a link, to its target. */
static bool step(struct walk *walk, const char *path, char *error, size_t size) {
    struct stat status;

    if (lstat(path, &status) < 0) {
        snprintf(error, size, "%s: %s", path, strerror(errno));
        return false;
    }
    if (!entry_check(path, &status, walk->also, error, size))
        return false;
    if (!S_ISLNK(status.st_mode)) {
        strcpy(walk->done, path);
        return true;
    }
    if (link_follow(walk, path))
        return true;
    snprintf(error, size, "%s: %s", path, strerror(errno));
    return false;
}

bool trust_check(const char *path, uid_t also, char *error, size_t error_size) {
    struct walk walk = {.links = 0, .also = also};
    char next[PATH_SIZE];
    struct stat root;

    if (stat("/", &root) < 0) {
        snprintf(error, error_size, "/: %s", strerror(errno));
        return false;
    }
    if (strlen(path) >= sizeof(walk.rest)) {
        snprintf(error, error_size, "%s: %s", path, strerror(ENAMETOOLONG));
        return false;
    }
    if (!entry_check("/", &root, also, error, error_size))
        return false;
    strcpy(walk.rest, path);
    while (walk.rest[strspn(walk.rest, "/")]) {
        if (!name_take(&walk, next, sizeof(next))) {
            snprintf(error, error_size, "%s: %s", path, strerror(ENAMETOOLONG));
            return false;
        }
        if (*next && !step(&walk, next, error, error_size))
            return false;
    }
    return true;
}
