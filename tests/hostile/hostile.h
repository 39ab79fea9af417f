/* SPDX-License-Identifier: BSD-2-Clause
 *
 * hostile.h - mails made to hurt, each for one place: the parser's stack and memory, and every
 * loop of ours that a long input could make slow.
 *
 * They are written when they are needed, as some have megabytes.  A unit test takes them through
 * the whole pipeline on a small stack, an end-to-end test through the daemon.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stddef.h>

/* TEXT, COUNT times; a '$' in it is the number of the turn. */
struct hostile_run {
    const char *text;
    size_t count;
};

enum {
    HOSTILE_BARE = 1,      /* without the fields that an ordinary mail begins with */
    HOSTILE_TRUNCATED = 2, /* the flags that it gets */
    HOSTILE_MALFORMED = 4
};

struct hostile_mail {
    const char *name;
    unsigned traits;
    struct hostile_run runs[20]; /* ends with NULL */
};

/* Ends with a mail without name. */
extern const struct hostile_mail hostile_mails[];

/* The mail as one text of *LENGTH bytes, LF line ends.  The caller frees it. */
char *hostile_write(const struct hostile_mail *mail, size_t *length);

#endif
