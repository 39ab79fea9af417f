/* SPDX-License-Identifier: BSD-2-Clause
 *
 * path.h - file names as diffs write them.
 *
 * A path is a slice of the diff, so nothing here allocates and a path lives as long as the text it
 * was cut from.  A name in quotes keeps its escapes until path_write.  Nothing here fails: a name
 * that makes no sense is an empty path.
 */
#ifndef PATCH_PATH_H
#define PATCH_PATH_H

#include "patchmark-plugin.h"

struct path {
    struct patchmark_text text; /* without the quotes */
    bool quoted;                /* escapes as in C: "\303\244.c" */
};

/* The name at the start of what follows "--- ", "+++ ", "*** ", "Index: " or "rename to ".  The
 * time or revision that diff programs write behind it is left off. */
struct path path_parse(struct patchmark_text text);

/* Old and new name of what follows "diff --git ".  False when two names cannot be told apart. */
bool path_parse_pair(struct patchmark_text text, struct path *old, struct path *new);

bool path_is_empty(struct path path);
bool path_is_null(struct path path); /* /dev/null */
bool path_equal(struct path a, struct path b);

/* True when PATH begins with "a/" or "b/". */
bool path_is_marked(struct path path);
/* True when OLD and NEW are one path below two different folders ("a/x" and "b/x", "linux.orig/x"
 * and "linux/x"), or begin with "a/" and "b/": the first folder names the side, not the file. */
bool path_has_sides(struct path old, struct path new);
/* PATH without its first folder. */
struct path path_without_side(struct path path);

/* True when WHOLE is PATH below some folder. */
bool path_ends_with(struct path whole, struct path path);

/* Writes PATH without escapes, as UTF-8 without control bytes: what is neither becomes U+FFFD.
 * Not NUL-terminated; cut at a character when SIZE is too small.  The number of bytes written. */
size_t path_write(struct path path, char *buffer, size_t size);

#endif
