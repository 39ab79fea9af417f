/* SPDX-License-Identifier: BSD-2-Clause
 *
 * socket.c - see socket.h.
 */
#include "util/socket.h"

#include "util/cleanup.h"
#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define DESCRIPTORS_MOST (1024 * 1024) /* of a process, unless fs.nr_open was raised */

/* Removes a socket file that no process listens on.  0, or -1: there is something else. */
static int stale_socket_remove(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO(close) int descriptor = -1;
    struct stat status;

    if (lstat(path, &status) < 0)
        return 0; /* what is wrong with the folder, bind will say */
    if (!S_ISSOCK(status.st_mode)) {
        log_error("socket %s: there is a file of that name that is no socket", path);
        return -1;
    }
    if (strlen(path) >= sizeof(address.sun_path)) {
        log_error("socket %s: the path is longer than %zu bytes", path,
                  sizeof(address.sun_path) - 1);
        return -1;
    }
    strcpy(address.sun_path, path);
    descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0) {
        log_error("socket %s: another process listens on it", path);
        return -1;
    }
    if (unlink(path) < 0) {
        log_error("socket %s: left over, and cannot be removed: %s", path, strerror(errno));
        return -1;
    }
    return 0;
}

/* Whether this process, and not the one that started it, has made the descriptor to listen on. */
static bool is_listener(int descriptor) {
    int listens = 0;
    socklen_t size = sizeof(listens);

    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens &&
           (fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
}

/* The listening socket, which libmilter does not hand out.  -1: there is none. */
static int listener_find(void) {
    for (int descriptor = 0; descriptor < DESCRIPTORS_MOST; descriptor++)
        if (is_listener(descriptor))
            return descriptor;
    return -1;
}

static const char *unix_path(const char *socket) {
    if (strncmp(socket, "unix:", 5) == 0)
        return socket + 5;
    return strncmp(socket, "local:", 6) == 0 ? socket + 6 : NULL;
}

int socket_make_room(const char *socket) {
    const char *path = unix_path(socket);

    return path ? stale_socket_remove(path) : 0;
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
        log_warning("socket %s: cannot set TCP_NODELAY, mails are answered late: %s", socket,
                    strerror(errno));
}
