/* SPDX-License-Identifier: BSD-2-Clause
 *
 * socket.c - see socket.h.
 */
#include "socket.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

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

int socket_listener(void) {
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return -1;
    for (int descriptor = 3; descriptor < 256 && descriptor < (int)limit.rlim_cur; descriptor++) {
        int accepts = 0;
        socklen_t size = sizeof(accepts);

        if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) == 0 && accepts)
            return descriptor;
    }
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

void socket_hurry(const char *socket) {
    int listener = socket_listener(), one = 1;

    if (!unix_path(socket) && listener >= 0)
        setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}
