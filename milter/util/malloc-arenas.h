/* SPDX-License-Identifier: BSD-2-Clause
 *
 * malloc-arenas.h - limits the free memory that malloc keeps in the daemon.
 *
 * libmilter moves connections from thread to thread.  glibc gives threads heaps ("arenas") of their
 * own, up to 8 for each processor, and each heap keeps as much free memory as the largest mails in
 * it needed.  Over a million mails all heaps reach that size: 32 MiB on two processors where 7 MiB
 * are in use.  With another C library both functions do nothing.
 */
#ifndef MALLOC_ARENAS_H
#define MALLOC_ARENAS_H

/* Limits the number of heaps, and the free memory that malloc keeps at the top of each.  Must be
 * called before the first thread is created. */
void malloc_arenas_bound(void);

/* Returns the free memory of all heaps to the system.  Takes some milliseconds, during which other
 * threads may wait in malloc.  Any thread. */
void malloc_arenas_trim(void);

#endif
