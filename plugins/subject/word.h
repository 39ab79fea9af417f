/* SPDX-License-Identifier: BSD-2-Clause
 *
 * word.h - the words of a tag: cutting them, and what each is by its look.
 *
 * Nothing here knows of the words around; tag.c does.  Nothing can fail.
 */
#ifndef SUBJECT_WORD_H
#define SUBJECT_WORD_H

#include "patchmark-plugin.h"

#define WORD_BYTES  64 /* a longer word is nothing that a tag would hold */
#define WORD_DIGITS 9  /* of a number: always fits, always enough */

enum word {
    WORD_UNKNOWN,
    WORD_PATCH,
    WORD_RFC,
    WORD_RESEND,
    WORD_PULL, /* these four can make a tag without brackets */
    WORD_AUTOSEL,
    WORD_RFT,    /* a group that holds one of those up to here is a tag */
    WORD_GIT,    /* a pull request when it stands alone */
    WORD_STATE,  /* says how the mail is meant; names nothing */
    WORD_STABLE, /* a tree, alone or with the number of its branch */
    WORD_FOR,    /* what follows is a destination, not a stable branch */
    WORD_FILLER, /* grammar */
    WORD_OF,     /* 1 of 2 */
    WORD_COUNT,  /* the number that follows is the version */
    WORD_NUMBER, /* these two come from the look, not from the table */
    WORD_BRANCH,
};

/* Cuts the next word off *REST, and what stands before it: space, comma, brackets, quotes. */
bool word_next(struct patchmark_text *rest, struct patchmark_text *word);

/* The kind of a word by the table; WORD_UNKNOWN when it is not in it. */
enum word word_find(struct patchmark_text text);

/* Bytes of a tag word at the front that others are glued to: 5 of PATCHv2, 3 of RFC/PATCH, 2 of
 * v2-RESEND; 0 when TEXT is one word, like patchwork or rfc-interest. */
size_t word_head(struct patchmark_text text);

/* The number at the front, *LENGTH its digits; -1 when there is none or it has too many. */
int64_t word_number(struct patchmark_text text, size_t *length);

/* Bytes of "v2" or "v5.1" at the front, *DOTS its dots; 0 when there is none. */
size_t word_version(struct patchmark_text text, size_t *dots);

/* 5.10, 5.10.y, linux-5.10.y, 4.19-stable, v5.10.y.  Also v5.10, which may be a partial reroll:
 * ask word_version first. */
bool word_is_branch(struct patchmark_text text);

/* Could be the name of a tree or project: net-next, tip/core/rcu, 9p-next. */
bool word_is_name(struct patchmark_text text);

/* stable, linux-stable, stable/linux-5.4.y; not unstable. */
bool word_is_stable(struct patchmark_text text);

#endif
