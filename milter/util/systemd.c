/* SPDX-License-Identifier: BSD-2-Clause
 *
 * systemd.c - see systemd.h.
 *
 * The protocol is one datagram and systemd guarantees that it does not change, so libsystemd and
 * the libraries that it requires are not linked for it.
 */
#include "util/systemd.h"

#include "util/cleanup.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

void systemd_notify(const char *state) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    AUTO(close) int descriptor = -1;
    size_t length = path ? strlen(path) : 0;

    if (length < 2 || length >= sizeof(address.sun_path) || (*path != '/' && *path != '@'))
        return;
    memcpy(address.sun_path, path, length);
    if (*path == '@') /* a name in the abstract namespace, see unix(7) */
        address.sun_path[0] = '\0';
    descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0)
        sendto(descriptor, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL,
               (struct sockaddr *)&address,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}
