/* SPDX-License-Identifier: BSD-2-Clause
 *
 * socket.c - see socket.h.
 */
#include "util/socket.h"

#include "util/cleanup.h"
#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

/* The highest number of descriptors of a process, unless fs.nr_open was raised. */
#define DESCRIPTORS_MAX (1024 * 1024)

/* Removes the socket file PATH if no process listens on it.  Returns 0 if PATH is free now; -1
 * after an error was logged. */
static int stale_socket_remove(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO(close) int descriptor = -1;
    struct stat status;

    if (lstat(path, &status) < 0)
        return 0; /* libmilter reports errors of the folder when it binds */
    if (!S_ISSOCK(status.st_mode)) {
        log_error("socket %s: this file is not a socket; remove it, or change the option 'socket'",
                  path);
        return -1;
    }
    if (strlen(path) >= sizeof(address.sun_path)) {
        log_error("socket %s: the path is longer than %zu bytes", path,
                  sizeof(address.sun_path) - 1);
        return -1;
    }
    strcpy(address.sun_path, path);
    descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        log_error("socket %s: cannot find out whether a process listens on it: %s", path,
                  strerror(errno));
        return -1;
    }
    /* EPROTOTYPE: a process has it, and for datagrams. */
    if (connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0 ||
        errno == EPROTOTYPE) {
        log_error("socket %s: another process listens on it; stop it first", path);
        return -1;
    }
    if (unlink(path) < 0) {
        log_error("socket %s: cannot remove the stale socket file: %s", path, strerror(errno));
        return -1;
    }
    return 0;
}

/* Returns true if DESCRIPTOR is a listening socket that this process created.  A socket that was
 * inherited from the parent process has no FD_CLOEXEC. */
static bool is_listener(int descriptor) {
    int listens = 0;
    socklen_t size = sizeof(listens);

    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens &&
           (fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
}

/* Returns the descriptor of the listening socket, which libmilter does not offer; -1 if there is
 * none. */
static int listener_find(void) {
    for (int descriptor = 0; descriptor < DESCRIPTORS_MAX; descriptor++)
        if (is_listener(descriptor))
            return descriptor;
    return -1;
}

/* Returns the path of a unix socket; NULL if SOCKET is an internet socket. */
static const char *unix_path(const char *socket) {
    if (strncmp(socket, "unix:", 5) == 0)
        return socket + 5;
    return strncmp(socket, "local:", 6) == 0 ? socket + 6 : NULL;
}

int socket_make_room(const char *socket) {
    const char *path = unix_path(socket);

    return path ? stale_socket_remove(path) : 0;
}

/* Returns true if files in the folder of PATH get the group of the folder. */
static bool folder_sets_group(const char *path) {
    AUTO(free) char *folder = strndup(path, (size_t)(strrchr(path, '/') - path + 1));
    struct stat status;

    return folder && stat(folder, &status) == 0 && (status.st_mode & S_ISGID);
}

/* Sets the owner and group of the file PATH; -1 leaves one unchanged.  Returns 0; -1 with errno
 * set. Without a change chown(2) is not called, which the systemd unit forbids. */
static int owner_set(const char *path, uid_t owner, gid_t group) {
    struct stat status;

    if (lstat(path, &status) < 0)
        return -1;
    if ((owner == (uid_t)-1 || owner == status.st_uid) &&
        (group == (gid_t)-1 || group == status.st_gid))
        return 0;
    return lchown(path, owner, group);
}

int socket_set_access(const char *socket, const struct socket_access *access, const char *file) {
    const char *path = unix_path(socket);
    const struct passwd *owner = *access->owner ? getpwnam(access->owner) : NULL;
    const struct group *group = *access->group ? getgrnam(access->group) : NULL;
    gid_t group_id = group ? group->gr_gid : (gid_t)-1; /* -1: unchanged */

    if (!path)
        return EX_OK;
    if (*access->owner && !owner) {
        log_error(
            "%s: unknown user '%s'; create it or change the options 'user' and 'socket_owner'",
            file, access->owner);
        return EX_NOUSER;
    }
    if (*access->group && !group) {
        log_error("%s: unknown group '%s'; create it or change the option 'socket_group'", file,
                  access->group);
        return EX_NOUSER;
    }
    if (owner && !group && !folder_sets_group(path))
        group_id = owner->pw_gid;
    if (owner_set(path, owner ? owner->pw_uid : (uid_t)-1, group_id) == 0 &&
        chmod(path, access->mode) == 0)
        return EX_OK;
    log_error(
        "socket %s: cannot set its owner, group and mode: %s; only root can change the owner, "
        "and the group must be one of the user's; the systemd unit permits no change, only a "
        "folder that sets the group (mode 2750)",
        path, strerror(errno));
    return EX_NOPERM;
}

void socket_remove(const char *socket) {
    const char *path = unix_path(socket);

    if (path)
        unlink(path);
}

void socket_set_nodelay(const char *socket) {
    int one = 1;

    if (!unix_path(socket) &&
        setsockopt(listener_find(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
        log_warning("socket %s: cannot set TCP_NODELAY, replies to the MTA are delayed: %s", socket,
                    strerror(errno));
}

/* Fills ADDRESS with PATH followed by SUFFIX.  Returns 0; -1 with errno set if that is too long. */
static int unix_address(struct sockaddr_un *address, const char *path, const char *suffix) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (snprintf(address->sun_path, sizeof(address->sun_path), "%s%s", path, suffix) <
        (int)sizeof(address->sun_path))
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

int socket_listen_unix(const char *path) {
    struct sockaddr_un address;
    int descriptor, error;

    if (unix_address(&address, path, ".new") < 0)
        return -1;
    descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -1;
    unlink(address.sun_path);
    /* Until its mode is set, only the owner may connect: bind obeys the umask. */
    if (bind(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        chmod(address.sun_path, 0660) == 0 && listen(descriptor, SOMAXCONN) == 0 &&
        rename(address.sun_path, path) == 0)
        return descriptor;
    error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

int socket_connect_unix(const char *path) {
    struct sockaddr_un address;
    int descriptor, error;

    if (unix_address(&address, path, "") < 0)
        return -1;
    descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0)
        return descriptor;
    error = errno;
    close(descriptor);
    errno = error;
    return -1;
}
