/* SPDX-License-Identifier: BSD-2-Clause
 *
 * network.h - IP networks, such as 192.0.2.0/24 and 2001:db8::/32.
 *
 * The functions keep nothing and may be called on any thread.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdbool.h>
#include <sys/socket.h>

#define NETWORK_TEXT 64 /* bytes of the text of a network, with its NUL */

/* An IPv4 network, or an IPv6 network outside of ::ffff:0:0/96. */
struct network {
    int family;                /* AF_INET or AF_INET6 */
    unsigned char address[16]; /* in network byte order, the first 4 for AF_INET; the bits after the
                                * prefix are 0 */
    unsigned bits;             /* the length of the prefix */
};

enum network_result {
    NETWORK_VALID,
    NETWORK_INVALID,  /* not ADDRESS or ADDRESS/BITS, with an address as inet_pton(3) reads it */
    NETWORK_HOST_BITS /* the address has bits after the prefix */
};

/* Reads TEXT, "ADDRESS" or "ADDRESS/BITS", into NETWORK.  An IPv4-mapped network (::ffff:a.b.c.d,
 * RFC 4291 2.5.5.2) becomes the IPv4 network.  With NETWORK_HOST_BITS, NETWORK is the one without
 * these bits; with NETWORK_INVALID it is unchanged. */
enum network_result network_read(const char *text, struct network *network);

/* Writes NETWORK as "ADDRESS/BITS" to TEXT. */
void network_write(const struct network *network, char text[NETWORK_TEXT]);

/* Returns true if the address of CLIENT lies in NETWORK.  An IPv4-mapped address is the IPv4
 * address.  Returns false if CLIENT is neither AF_INET nor AF_INET6. */
bool network_contains(const struct network *network, const struct sockaddr *client);

#endif
