/* SPDX-License-Identifier: BSD-2-Clause
 *
 * address-check.h - whether this process could listen on an address, without trying it.
 */
#ifndef ADDRESS_CHECK_H
#define ADDRESS_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* These functions check TEXT, the address of a server in one of the forms of listen-address.h.
 * They return true if nothing is known to be wrong, also if TEXT has none of the forms or is a unix
 * socket; else they write to PROBLEM, which has SIZE bytes, what is. */

/* Checks that the host of TEXT is an address of the family that it names, and one of this host.
 * Nothing is asked of a name server, so a host that is a name is not checked. */
bool address_check(const char *text, char *problem, size_t size);

/* Checks that this process may open the port of TEXT: that it has the capability for low ports, or
 * that the port is none.  True also if /proc/sys, which has the first port that is none, cannot be
 * read. */
bool address_port_check(const char *text, char *problem, size_t size);

#endif
