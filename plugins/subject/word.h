/* SPDX-License-Identifier: BSD-2-Clause
 *
 * word.h - splits a tag into words and classifies each word by itself.  tag.c considers the words
 * around it.  All functions return texts that point into their argument; none allocates memory or
 * fails.  Words are compared in any case.
 */
#ifndef SUBJECT_WORD_H
#define SUBJECT_WORD_H

#include "patchmark-plugin.h"

#define WORD_BYTES  64 /* a longer word is never a name or a version */
#define WORD_DIGITS 9  /* the most digits of a number, so that it fits in an int */

enum word {
    WORD_UNKNOWN,
    WORD_PATCH,
    WORD_RFC,
    WORD_RESEND,
    WORD_PULL, /* one of the four words up to here can make a tag without brackets */
    WORD_AUTOSEL,
    WORD_RFT,    /* a group that has one of the words up to here is a tag */
    WORD_GIT,    /* a pull request if it is the only word of its group */
    WORD_STATE,  /* describes the mail, such as DRAFT; names nothing */
    WORD_STATUS, /* names no tree in a tag, but may be the whole text of a group: [Question] */
    WORD_TICKET, /* as WORD_STATUS; the number of a bug or the like may follow it */
    WORD_BACKPORT,
    WORD_STABLE, /* names a tree, alone or with the number of its branch */
    WORD_FOR,    /* a number that follows names a destination, not a stable branch */
    WORD_FILLER, /* an article, preposition or conjunction */
    WORD_NOT,    /* the names that follow are a request, such as "do not apply" */
    WORD_OF,     /* as in "1 of 2" */
    WORD_COUNT,  /* the number that follows is the version */
    WORD_NUMBER, /* tag.c sets these by the form of a word; word_find returns none of them */
    WORD_ORDINAL,
    WORD_BRANCH,
};

/* Moves the next word from the start of *REST to *WORD, and drops the separators before it: blanks,
 * commas, semicolons, brackets, bars and quotes.  Returns false if there is no further word. */
bool word_next(struct patchmark_text *rest, struct patchmark_text *word);

/* Returns the kind of the word TEXT by the table of words; WORD_UNKNOWN if it is not in the table.
 */
enum word word_find(struct patchmark_text text);

/* Returns the length in bytes of a tag word at the start of TEXT to which other words are glued: 5
 * for PATCHv2, 3 for RFC/PATCH, 2 for v2-RESEND.  Returns 0 if TEXT is a single word, such as
 * patchwork or rfc-interest. */
size_t word_head(struct patchmark_text text);

/* Returns the number at the start of TEXT and sets *LENGTH to the number of its digits.  Returns -1
 * if there is none, or if it has more than WORD_DIGITS digits. */
int64_t word_number(struct patchmark_text text, size_t *length);

/* Returns the 2 of a word such as rev2, take-2, v=2; -1 if TEXT has another form. */
int64_t word_count(struct patchmark_text text);

/* Returns true if TEXT is a word such as RESEND2 or repost#3. */
bool word_is_resend(struct patchmark_text text);

/* Returns true if TEXT is a request in one word: not-for-merge, DO_NOT_APPLY. */
bool word_is_refusal(struct patchmark_text text);

/* Returns true if TEXT is the number of a bug or the like: PR12345, bug#12, CVE-2020-1. */
bool word_is_ticket(struct patchmark_text text);

/* Returns the length in bytes of a version such as "v2" or "v5.1" at the start of TEXT, and sets
 * *DOTS to the number of its dots.  Returns 0 if there is none; *DOTS is then undefined. */
size_t word_version(struct patchmark_text text, size_t *dots);

/* Returns true if TEXT is the number of a branch: 5.10, 5.10.y, linux-5.10.x, 4.19-stable, v5.10.y.
 * Also returns true for v5.10, which may be a partial reroll; the caller checks word_version first.
 */
bool word_is_branch(struct patchmark_text text);

/* Returns true if TEXT is two such numbers or more with slashes between them: 5.10/5.15. */
bool word_are_branches(struct patchmark_text text);

/* Returns true if TEXT is one capital letter, or several with slashes between them: N, J/N.  In a
 * group of its own, it stands for a release by its code name. */
bool word_is_codename(struct patchmark_text text);

/* Returns the length in bytes of the name of a tree to which a tag word is glued with a colon: 6
 * for stable:PATCH; 0 if TEXT has another form. */
size_t word_prefix(struct patchmark_text text);

/* Returns true if TEXT has the form of a name of a tree or project: net-next, tip/core/rcu,
 * 9p-next.
 */
bool word_is_name(struct patchmark_text text);

/* Returns true if TEXT has the word "stable" or "lts": stable, linux-stable, stable/linux-5.4.y,
 * lts-5.10; not unstable. */
bool word_is_stable(struct patchmark_text text);

#endif
