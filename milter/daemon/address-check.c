/* SPDX-License-Identifier: BSD-2-Clause
 *
 * address-check.c - see address-check.h.
 */
#include "daemon/address-check.h"

#include "util/cleanup.h"
#include "util/listen-address.h"

#include <ifaddrs.h>
#include <linux/capability.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

CLEANUP_DEFINE(struct addrinfo *, freeaddrinfo)
CLEANUP_DEFINE(struct ifaddrs *, freeifaddrs)

/* Returns the number in a file of /proc/sys; FALLBACK if that cannot be read, as in a unit with
 * ProcSubset=pid. */
static long kernel_number(const char *name, long fallback) {
    AUTO(fclose) FILE *file = fopen(name, "r");
    long number;

    return file && fscanf(file, "%ld", &number) == 1 ? number : fallback;
}

/* Returns the numeric address HOST of FAMILY; NULL if HOST is none. */
static struct addrinfo *numeric(const char *host, int family) {
    struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST,
                              .ai_family = family,
                              .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;

    return getaddrinfo(host, NULL, &wanted, &found) == 0 ? found : NULL;
}

/* Returns the bytes of ADDRESS, and sets *LENGTH. */
static const void *bytes_of(const struct sockaddr *address, size_t *length) {
    if (address->sa_family == AF_INET6) {
        *length = sizeof(struct in6_addr);
        return &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    }
    *length = sizeof(struct in_addr);
    return &((const struct sockaddr_in *)(const void *)address)->sin_addr;
}

/* Returns true if every host has ADDRESS: one for all interfaces, or in 127.0.0.0/8. */
static bool is_everywhere(const struct sockaddr *address) {
    static const unsigned char zeros[sizeof(struct in6_addr)];
    size_t length;
    const unsigned char *bytes = bytes_of(address, &length);

    return memcmp(bytes, zeros, length) == 0 || (address->sa_family == AF_INET && bytes[0] == 127);
}

/* Returns true if an interface of this host has ADDRESS, or if that cannot be found out. */
static bool is_local(const struct sockaddr *address) {
    AUTO(freeifaddrs) struct ifaddrs *interfaces = NULL;
    size_t length;
    const void *bytes = bytes_of(address, &length);

    if (is_everywhere(address) || getifaddrs(&interfaces) < 0 || !interfaces ||
        kernel_number(address->sa_family == AF_INET6 ? "/proc/sys/net/ipv6/ip_nonlocal_bind"
                                                     : "/proc/sys/net/ipv4/ip_nonlocal_bind",
                      1) == 1)
        return true;
    for (const struct ifaddrs *each = interfaces; each; each = each->ifa_next)
        if (each->ifa_addr && each->ifa_addr->sa_family == address->sa_family &&
            memcmp(bytes_of(each->ifa_addr, &length), bytes, length) == 0)
            return true;
    return false;
}

static bool host_check(const struct listen_address *address, char *problem, size_t size) {
    bool is_6 = address->family == AF_INET6;
    AUTO(freeaddrinfo) struct addrinfo *found = numeric(address->host, address->family);
    AUTO(freeaddrinfo) struct addrinfo *other = NULL;

    if (found) {
        if (is_local(found->ai_addr))
            return true;
        snprintf(problem, size, "no interface of this host has the address %s", address->host);
        return false;
    }
    other = numeric(address->host, is_6 ? AF_INET : AF_INET6);
    if (other)
        snprintf(problem, size, "%s is an IPv%c address; write %s", address->host, is_6 ? '4' : '6',
                 is_6 ? "inet:" : "inet6:");
    else if (!address->host[strspn(address->host, "0123456789.")] || strchr(address->host, ':'))
        snprintf(problem, size, "%s is no address", address->host);
    else
        return true;
    return false;
}

/* Returns true if the process has the capability to open every port. */
static bool may_open_ports(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    return syscall(SYS_capget, &header, data) == 0 &&
           (data[CAP_TO_INDEX(CAP_NET_BIND_SERVICE)].effective & CAP_TO_MASK(CAP_NET_BIND_SERVICE));
}

/* Returns true if TEXT is an internet address. */
static bool internet_read(const char *text, struct listen_address *address) {
    return listen_address_read(text, address) && address->family != AF_UNIX;
}

bool address_check(const char *text, char *problem, size_t size) {
    struct listen_address address;

    return !internet_read(text, &address) || host_check(&address, problem, size);
}

bool address_port_check(const char *text, char *problem, size_t size) {
    long first = kernel_number("/proc/sys/net/ipv4/ip_unprivileged_port_start", 0);
    struct listen_address address;

    if (!internet_read(text, &address) || atol(address.port) >= first || may_open_ports())
        return true;
    snprintf(problem, size, "only root can listen on a port below %ld", first);
    return false;
}
