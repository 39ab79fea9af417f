/* SPDX-License-Identifier: BSD-2-Clause
 *
 * maintainers.h - a MAINTAINERS file, read once and then looked up in by any number of threads.
 *
 * A section begins at the first line "X: ..." and has the name of the nearest line above that is
 * none.  Only the letters F, X, N and K are looked at.  A line that cannot be used is a warning
 * with its place, and the others hold.
 */
#ifndef SUBSYSTEM_MAINTAINERS_H
#define SUBSYSTEM_MAINTAINERS_H

#include "label.h"
#include "regex.h"
#include "trie.h"

struct section {
    struct patchmark_text name; /* UTF-8 */
    size_t line;                /* of the name */
    char label[LABEL_SIZE];
    uint32_t exclude_first, exclude_count; /* its X: */
    bool is_rest;                          /* it has all files: THE REST */
};

struct pattern {
    struct patchmark_text glob;
    uint32_t section;
    uint32_t depth; /* as glob_depth gives it */
};

struct maintainers {
    char *text; /* the file; names, globs and regexes are in it */
    struct section *sections;
    size_t section_count, section_room;
    struct pattern *patterns; /* F:; a value of the trie is a place in here */
    size_t pattern_count, pattern_room;
    struct patchmark_text *excludes; /* X: */
    size_t exclude_count, exclude_room;
    struct trie *trie;
    struct regexes *names;    /* N: */
    struct regexes *contents; /* K: */
};

/* Reads the file at PATH, which must live as long as what it gives.  For maintainers_free.  NULL
 * after patchmark_option_error for the option `maintainers`, or after a line in the log. */
struct maintainers *maintainers_read(const struct patchmark_instance *instance, const char *path);
void maintainers_free(struct maintainers *maintainers);

#endif
