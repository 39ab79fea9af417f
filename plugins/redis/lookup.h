/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lookup.h - the addresses of a host, within a time.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include <netdb.h>
#include <stdint.h>

#define LOOKUPS_MOST 4 /* requests that the resolver may still work on after their deadline */

/* One for each connection; zeros to begin with. */
struct lookups {
    struct lookup *pending[LOOKUPS_MOST];
};

/* Returns the addresses of HOST, for freeaddrinfo; NULL on error, with *WRONG set to a static
 * string.  DEADLINE is in the time of milliseconds(). */
struct addrinfo *lookup_addresses(struct lookups *lookups, const char *host, int port,
                                  int64_t deadline, const char **wrong);
/* Frees what the resolver is done with; the rest is left to it. */
void lookups_close(struct lookups *lookups);

/* Monotonic time; all deadlines of the plugin are in it. */
int64_t milliseconds(void);

#endif
