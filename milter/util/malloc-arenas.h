/* SPDX-License-Identifier: BSD-2-Clause
 *
 * malloc-arenas.h - how much memory the daemon keeps that it does not need.
 *
 * libmilter moves connections from thread to thread, and glibc gives the threads heaps of their
 * own, up to eight a processor.  Each keeps the most that the mails which came by took, in pieces
 * between what is in use, and over a million mails all of them come to it: 32 MiB on two processors
 * where 7 are in use.  Another C library does as it does.
 */
#ifndef MALLOC_ARENAS_H
#define MALLOC_ARENAS_H

/* Bounds the number of heaps; before the first thread. */
void malloc_arenas_bound(void);

/* Gives back what is free in them: some milliseconds, in which other threads may wait for it. */
void malloc_arenas_trim(void);

#endif
