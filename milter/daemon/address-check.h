/* SPDX-License-Identifier: BSD-2-Clause
 *
 * address-check.h - whether this process could listen on an address, without trying it.
 */
#ifndef ADDRESS_CHECK_H
#define ADDRESS_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* Checks TEXT, the address of a server in one of the forms of listen-address.h: that its host is an
 * address of the family that it names, and one of this host, and that the user may open its port.
 * Nothing is asked of a name server, so a host that is a name is not checked.  Returns true if
 * nothing is known to be wrong, also if TEXT has none of the forms or is a unix socket; else writes
 * to PROBLEM what is. */
bool address_check(const char *text, char *problem, size_t size);

#endif
