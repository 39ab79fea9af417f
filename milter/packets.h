/* SPDX-License-Identifier: BSD-2-Clause
 *
 * packets.h - connections of the MTA with few system calls: see packets.c.
 *
 * A program that has this object has accept, poll, read, writev and close of its own, for itself
 * and for all its libraries: ld.so(8) looks in the program first.  They do what libc's do, and
 * gather what goes through the connections that are named here.
 */
#ifndef PACKETS_H
#define PACKETS_H

/* From now on packets are gathered on connections that accept() takes from LISTENER, until they are
 * closed; where the other side does not read for so many MILLISECONDS, they end.  Before threads,
 * once. */
void packets_gather(int listener, int milliseconds);

#endif
