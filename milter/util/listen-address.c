/* SPDX-License-Identifier: BSD-2-Clause
 *
 * listen-address.c - see listen-address.h.
 */
#include "util/listen-address.h"

#include "util/cleanup.h"
#include "util/log.h"
#include "util/network.h"
#include "util/socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

CLEANUP_DEFINE(struct addrinfo *, freeaddrinfo)

/* ---- the text ------------------------------------------------------------------------------ */

/* Copies LENGTH bytes of TEXT to OUT, which has SIZE bytes.  Returns false if they are none or too
 * many. */
static bool copy(char *out, size_t size, const char *text, size_t length) {
    if (length == 0 || length >= size)
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

static bool read_path(const char *path, struct listen_address *address) {
    address->family = AF_UNIX;
    return *path == '/' && path[1] &&
           copy(address->path, sizeof(address->path), path, strlen(path));
}

static bool read_port(const char *text, size_t length, struct listen_address *address) {
    unsigned number = 0;

    if (!copy(address->port, sizeof(address->port), text, length))
        return false;
    for (const char *digit = address->port; *digit; digit++) {
        if (*digit < '0' || *digit > '9')
            return false;
        number = number * 10 + (unsigned)(*digit - '0');
    }
    return *text != '0' && number <= 65535;
}

static bool read_host(const char *text, size_t length, struct listen_address *address) {
    if (length > 2 && *text == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    return copy(address->host, sizeof(address->host), text, length) &&
           !address->host[strcspn(address->host, " \t[]@/")];
}

/* Reads "PORT@HOST". */
static bool read_milter_form(const char *text, int family, struct listen_address *address) {
    const char *at = strchr(text, '@');

    address->family = family;
    return at && read_port(text, (size_t)(at - text), address) &&
           read_host(at + 1, strlen(at + 1), address);
}

/* Reads "HOST:PORT". */
static bool read_url_form(const char *text, struct listen_address *address) {
    const char *colon = strrchr(text, ':');

    address->family = *text == '[' ? AF_INET6 : AF_INET;
    return colon && read_port(colon + 1, strlen(colon + 1), address) &&
           read_host(text, (size_t)(colon - text), address) &&
           (address->family == AF_INET6 || !strchr(address->host, ':'));
}

bool listen_address_read(const char *text, struct listen_address *address) {
    *address = (struct listen_address){.family = AF_UNIX};
    if (strncmp(text, "unix:", 5) == 0)
        return read_path(text + 5, address);
    if (strncmp(text, "local:", 6) == 0)
        return read_path(text + 6, address);
    if (strncmp(text, "inet:", 5) == 0)
        return read_milter_form(text + 5, AF_INET, address);
    if (strncmp(text, "inet6:", 6) == 0)
        return read_milter_form(text + 6, AF_INET6, address);
    return read_url_form(text, address);
}

bool listen_address_is_local(const struct listen_address *address) {
    struct network network;

    if (address->family == AF_UNIX || strcmp(address->host, "localhost") == 0)
        return true;
    if (network_read(address->host, &network) != NETWORK_VALID)
        return false;
    if (network.family == AF_INET)
        return network.address[0] == 127;
    return memcmp(network.address, &in6addr_loopback, sizeof(in6addr_loopback)) == 0;
}

/* ---- the socket ---------------------------------------------------------------------------- */

/* Returns a socket that is bound to NAME and listens; -1 with errno set. */
static int open_bound(int family, const struct sockaddr *name, socklen_t size) {
    int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

    if (descriptor < 0)
        return -1;
    if (family != AF_UNIX)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(descriptor, name, size) == 0 && listen(descriptor, SOMAXCONN) == 0)
        return descriptor;
    one = errno;
    close(descriptor);
    errno = one;
    return -1;
}

static int open_unix(const struct listen_address *address) {
    AUTO(free) char *text = NULL;
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    mode_t mask;
    int descriptor;

    if (asprintf(&text, "unix:%s", address->path) < 0 || socket_make_room(text) < 0)
        return -1;
    memcpy(name.sun_path, address->path, sizeof(name.sun_path));
    mask = umask(0117); /* mode 0660 */
    descriptor = open_bound(AF_UNIX, (struct sockaddr *)&name, sizeof(name));
    umask(mask);
    if (descriptor < 0)
        log_error("cannot listen on unix:%s: %s", address->path, strerror(errno));
    return descriptor;
}

int listen_address_open(const struct listen_address *address) {
    struct addrinfo wanted = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                              .ai_family = address->family,
                              .ai_socktype = SOCK_STREAM};
    AUTO(freeaddrinfo) struct addrinfo *found = NULL;
    int result, descriptor;

    if (address->family == AF_UNIX)
        return open_unix(address);
    result = getaddrinfo(address->host, address->port, &wanted, &found);
    descriptor = result == 0 ? open_bound(found->ai_family, found->ai_addr, found->ai_addrlen) : -1;
    if (descriptor < 0)
        log_error("cannot listen on port %s of %s: %s", address->port, address->host,
                  result ? gai_strerror(result) : strerror(errno));
    return descriptor;
}

void listen_address_remove(const struct listen_address *address) {
    if (address->family == AF_UNIX)
        unlink(address->path);
}
