/* SPDX-License-Identifier: BSD-2-Clause
 *
 * hostile.h - mails that attack the filter.  Each is aimed at one place: the stack or the memory of
 * the parser, or a loop of patchmark that a long input could make slow.
 *
 * They are generated when they are needed, because some have megabytes.  A unit test runs them
 * through the whole pipeline on a small stack, an end-to-end test through the daemon.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stddef.h>

/* A piece of a mail: TEXT, repeated COUNT times.  Each '$' in it stands for the number of the
 * repetition, counted from 0. */
struct hostile_run {
    const char *text;
    size_t count;
};

enum {
    HOSTILE_BARE = 1,      /* the fields of an ordinary mail are not added at its start */
    HOSTILE_TRUNCATED = 2, /* it must have the flag truncated */
    HOSTILE_MALFORMED = 4  /* it must have the flag malformed */
};

struct hostile_mail {
    const char *name;
    unsigned traits;
    struct hostile_run runs[20]; /* ends with an element whose text is NULL */
};

/* Ends with an element whose name is NULL. */
extern const struct hostile_mail hostile_mails[];

/* Returns the mail as one text with LF line ends, which the caller frees.  Sets *LENGTH to its size
 * in bytes.  Aborts the program if memory runs out. */
char *hostile_write(const struct hostile_mail *mail, size_t *length);

#endif
