/* SPDX-License-Identifier: BSD-2-Clause
 *
 * host-names.h - the names under which the server answers.
 *
 * A page of a stranger can resolve its own name to 127.0.0.1 and let the browser of a reader ask
 * this server under that name, as if it were the stranger's (DNS rebinding).  So a request must
 * name an address, which cannot be rebound, or a name that this host is known to have.
 */
#ifndef WEB_HOST_NAMES_H
#define WEB_HOST_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Checks HOST, the value of the field Host.  Returns 200 if it is an IPv4 address, an IPv6 address
 * in brackets, "localhost" or one of the COUNT names of NAMES, which are in lower case, in each
 * case with or without a port; 400 if it is not a host and port; 421 if it is another name.  Any
 * thread. */
unsigned host_names_check(char *const *names, size_t count, const char *host);

#endif
