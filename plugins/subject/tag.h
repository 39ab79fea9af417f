/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tag.h - reads the bracketed groups of a subject, and tags without brackets.
 *
 * The caller passes the groups to a reader from left to right.  The reader reads each group with a
 * copy of itself, and keeps the copy only if the group turns out to be a tag, so that nothing has
 * to be undone.  All texts point into the subject and are valid as long as it.  No function
 * allocates memory or fails.
 */
#ifndef SUBJECT_TAG_H
#define SUBJECT_TAG_H

#include "word.h"

#define TREES 16 /* the number of trees that are kept; further ones are left out */

/* A tree or project.  BRANCH is empty except for trees such as "stable 5.10" and "tip: x86/apic".
 */
struct tree {
    struct patchmark_text name;   /* at most WORD_BYTES + 1 bytes */
    struct patchmark_text branch; /* at most WORD_BYTES bytes */
    bool backport;                /* it is a stable branch */
};

struct subject {
    struct patchmark_text title, list_tag, revision;
    bool reply, patch, pull, rfc, resend, backport, version_weak;

    /* What the subject alone does not decide; subject_settle does. */
    bool maybe_reply; /* text that may be a reply prefix stands before the tag, or "(fwd)" behind */
    bool prefix;      /* this text stands before the tag */
    bool bare;        /* a numbering is the only sign of a tag: [1/4], [foo:bar 5/13] */
    bool loose;       /* the tag has no brackets, PATCH 1/2:, or is a version alone, [v2] */
    bool report;      /* it also has a tree and its branch, as in a robot's report */
    bool maybe_branch; /* REVISION, of a single patch, may be a kernel release: v6.1 */

    int64_t part, total, version; /* -1 if not stated */
    struct tree trees[TREES];
    size_t tree_count;
};

struct reader {
    struct subject subject;
    struct patchmark_text
        dotted;   /* v5.1: a partial reroll or a kernel branch; tag_finish decides */
    bool patch;   /* a tag has the word PATCH */
    bool tagged;  /* a tag was read */
    bool certain; /* a tag has more than a numbering */
    bool closed;  /* a tag stands in brackets */
    bool worded;  /* a tag has a word such as PATCH or RFC */
    bool release; /* a tree is named after which a dotted number is that of a kernel release */

    /* Groups before any tag may name trees or the list.  If a tag follows them without a space,
     * their names, the last UNDECIDED elements of subject.trees, are trees; else they are removed
     * again, and FIRST_UNDECIDED, the text of the first of these groups, is the list tag. */
    size_t undecided;
    struct patchmark_text first_undecided;

    /* The state of the group that is being read. */
    bool tag;      /* it is a tag */
    bool sure;     /* it is a tag by more than a numbering */
    bool strong;   /* it has a word that can make a tag without brackets */
    bool refused;  /* "do not" was read: names that follow are no trees */
    bool branched; /* it has a tree and its branch in one word: foo:bar */
    int64_t part, total, version;
    bool group_patch;     /* it has the word PATCH */
    bool git;             /* it has the word GIT */
    unsigned words;       /* number of words */
    unsigned states;      /* number of words of kind WORD_STATE */
    unsigned other_words; /* number of words that are names, or that no tag has */
    enum word last;       /* the kind of the previous word */
    int64_t number;       /* its value if it is a WORD_NUMBER; -1 if that is too large */
};

/* Initializes READER. */
void tag_start(struct reader *reader);

/* Returns the length in bytes of the group at the start of TEXT, with its brackets.  Returns 0 if
 * TEXT does not start with '[', or if no bracket closes within 200 bytes. */
size_t tag_group_length(const char *text);

/* Reads the group whose text between the brackets is INNER.  JOINED is true if the group follows
 * the previous group without a space. */
void tag_group(struct reader *reader, struct patchmark_text inner, bool joined);

/* Reads a tag without brackets, "PATCH 1/2: title", or with wrong ones, "PATCH 1/2] title",
 * "{PATCH 1/2] title", "[PATCH 1/2 title", at the start of TEXT.  Returns its length in bytes; 0,
 * with READER->subject unchanged, if there is none. */
size_t tag_unbracketed(struct reader *reader, const char *text);

/* Returns true if the tags read so far are those of a posting. */
bool tag_is_posting(const struct reader *reader);

/* Completes reader->subject after the last group, for which reader->subject.title must be set. */
void tag_finish(struct reader *reader);

/* Adds the kernel release that subject->revision names to the trees, as a stable branch, and
 * removes revision and version. */
void tag_take_branch(struct subject *subject);

#endif
