/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tag.h - the bracketed groups of a subject, and tags without brackets.
 *
 * A reader is given the groups from left to right.  It reads each on a copy of itself that
 * replaces it only when the group turns out to be a tag, so nothing has to be taken back.  All
 * texts point into the subject.  Nothing is allocated and nothing can fail.
 */
#ifndef SUBJECT_TAG_H
#define SUBJECT_TAG_H

#include "word.h"

#define TREES 16 /* that a subject can name; more are left out */

/* A tree.  BRANCH is empty but in "stable 5.10" and "tip: x86/apic". */
struct tree {
    struct patchmark_text name, branch; /* name at most WORD_BYTES + 1, branch WORD_BYTES */
    bool backport;
};

struct subject {
    struct patchmark_text title, list_tag, revision;
    bool reply, patch, pull, rfc, resend, backport, version_weak;
    int64_t part, total, version; /* -1: not said */
    struct tree trees[TREES];
    size_t tree_count;
};

struct reader {
    struct subject subject;
    struct patchmark_text dotted; /* v5.1: partial reroll or kernel branch; known at the end */
    bool patch;                   /* PATCH was said */
    bool tagged;                  /* a tag was read */

    /* Names of groups that stand before any tag are the last of subject.trees: trees if a tag
     * follows without space; else FIRST, the first of these groups, is the list's name. */
    size_t waiting;
    struct patchmark_text first;

    /* Of the group in work. */
    bool tag;    /* it is one */
    bool anchor; /* it says PATCH, RFC, RESEND or PULL */
    bool group_patch, git;
    unsigned words, states, others;
    enum word last; /* what the word before was */
    int64_t number; /* when it was a number */
};

void tag_start(struct reader *reader);

/* Bytes of the group at TEXT with its brackets; 0 when none opens, or it does not close soon. */
size_t tag_group_length(const char *text);

/* Reads a group, given without its brackets.  JOINED: no space parts it from the group before. */
void tag_group(struct reader *reader, struct patchmark_text inner, bool joined);

/* Reads a tag without brackets, "PATCH 1/2: title", or one that never closes, "[PATCH 1/2 title":
 * bytes that it takes, 0 when there is none and the reader is as before. */
size_t tag_run(struct reader *reader, const char *text);

/* True when what was read is the tag of a posting. */
bool tag_is_posting(const struct reader *reader);

/* Decides what only the whole subject can tell.  The title is set. */
void tag_finish(struct reader *reader);

#endif
