/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lookup.h - the addresses of a host, within a time.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include <netdb.h>
#include <stdint.h>

#define LOOKUPS_MOST 4 /* that the resolver may still have in work, for us, after we gave up */

/* One for each connection; zeros to begin with. */
struct lookups {
    struct lookup *abandoned[LOOKUPS_MOST];
};

/* For freeaddrinfo; NULL after *WRONG was set, to a string that is static.  DEADLINE as
 * milliseconds() counts. */
struct addrinfo *lookup_addresses(struct lookups *lookups, const char *host, int port,
                                  int64_t deadline, const char **wrong);
/* Those that the resolver does not give back even now are left to it. */
void lookups_close(struct lookups *lookups);

/* Monotonic; all deadlines of the plugin are told in it. */
int64_t milliseconds(void);

#endif
