/* SPDX-License-Identifier: BSD-2-Clause
 *
 * network.c - see network.h.
 */
#include "util/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAPPED_BITS 96 /* of ::ffff:0:0/96 */

static const unsigned char mapped_prefix[MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

static bool is_mapped(const unsigned char *address) {
    return memcmp(address, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static unsigned address_bits(int family) {
    return family == AF_INET ? 32 : 128;
}

/* Returns the bits of byte I of an address that a prefix of BITS bits has. */
static unsigned char mask_of(unsigned bits, unsigned i) {
    return bits >= 8 * (i + 1) ? 0xff : bits <= 8 * i ? 0 : (unsigned char)(0xff00 >> bits % 8);
}

/* Clears the bits after the prefix.  Returns true if there were any. */
static bool host_bits_clear(struct network *network) {
    bool found = false;

    for (unsigned i = 0; i < address_bits(network->family) / 8; i++) {
        unsigned char kept = network->address[i] & mask_of(network->bits, i);

        found = found || kept != network->address[i];
        network->address[i] = kept;
    }
    return found;
}

/* Reads TEXT, one to three digits, into *BITS.  Returns false if it is anything else. */
static bool read_bits(const char *text, unsigned *bits) {
    size_t length = strspn(text, "0123456789");

    *bits = (unsigned)strtoul(text, NULL, 10);
    return length > 0 && length <= 3 && !text[length];
}

static void unmap(struct network *network) {
    if (network->family != AF_INET6 || network->bits < MAPPED_BITS || !is_mapped(network->address))
        return;
    memmove(network->address, network->address + sizeof(mapped_prefix), 4);
    memset(network->address + 4, 0, sizeof(network->address) - 4);
    network->family = AF_INET;
    network->bits -= MAPPED_BITS;
}

enum network_result network_read(const char *text, struct network *network) {
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchrnul(text, '/');
    size_t length = (size_t)(slash - text);
    struct network read = {.family = memchr(text, ':', length) ? AF_INET6 : AF_INET};
    bool host_bits;

    if (length >= sizeof(address))
        return NETWORK_INVALID;
    *(char *)mempcpy(address, text, length) = '\0';
    read.bits = address_bits(read.family);
    if (inet_pton(read.family, address, read.address) != 1 ||
        (*slash && (!read_bits(slash + 1, &read.bits) || read.bits > address_bits(read.family))))
        return NETWORK_INVALID;
    host_bits = host_bits_clear(&read);
    unmap(&read);
    *network = read;
    return host_bits ? NETWORK_HOST_BITS : NETWORK_VALID;
}

void network_write(const struct network *network, char text[NETWORK_TEXT]) {
    char address[INET6_ADDRSTRLEN] = "";

    inet_ntop(network->family, network->address, address, sizeof(address));
    snprintf(text, NETWORK_TEXT, "%s/%u", address, network->bits);
}

bool network_contains(const struct network *network, const struct sockaddr *client) {
    const unsigned char *address;
    int family = client->sa_family;

    if (family == AF_INET)
        address = (const unsigned char *)&((const struct sockaddr_in *)client)->sin_addr;
    else if (family == AF_INET6)
        address = (const unsigned char *)&((const struct sockaddr_in6 *)client)->sin6_addr;
    else
        return false;
    if (family == AF_INET6 && is_mapped(address)) {
        address += sizeof(mapped_prefix);
        family = AF_INET;
    }
    if (family != network->family)
        return false;
    for (unsigned i = 0; 8 * i < network->bits; i++)
        if ((address[i] & mask_of(network->bits, i)) != network->address[i])
            return false;
    return true;
}
