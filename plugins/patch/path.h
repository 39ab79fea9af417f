/* SPDX-License-Identifier: BSD-2-Clause
 *
 * path.h - reads file names from the headers of diffs.
 *
 * A path is a slice of the diff, so nothing here allocates, and a path is valid as long as the text
 * from which it was cut.  A name in quotes keeps its escapes until path_write.  Nothing here fails:
 * a malformed name is an empty path.  The functions may be called on any thread.
 */
#ifndef PATCH_PATH_H
#define PATCH_PATH_H

#include "patchmark-plugin.h"

struct path {
    struct patchmark_text text; /* without the quotes */
    bool quoted;                /* TEXT has escapes as in C: "\303\244.c" */
};

/* Returns the name at the start of TEXT, which follows "--- ", "+++ ", "*** ", "Index: " or
 * "rename to ", without the time or revision that diff programs write after it. */
struct path path_parse(struct patchmark_text text);

/* Reads the old and the new name from TEXT, which follows "diff --git ".  Returns false if TEXT
 * cannot be split into two names; *OLD and *NEW may then be empty. */
bool path_parse_pair(struct patchmark_text text, struct path *old, struct path *new);

/* Returns true if PATH is empty, that is malformed. */
bool path_is_empty(struct path path);
/* Returns true if PATH is /dev/null, the other side of a new or deleted file. */
bool path_is_null(struct path path);
/* Returns true if A and B are written with the same bytes, both with or both without quotes. */
bool path_equal(struct path a, struct path b);

/* Returns true if PATH starts with "a/" or "b/". */
bool path_is_marked(struct path path);
/* Returns true if the first folder of OLD and NEW names the side of the diff and is not a part of
 * the path: OLD starts with "a/" and NEW with "b/", or they are equal except for their first folder
 * ("linux.orig/x" and "linux/x"). */
bool path_has_sides(struct path old, struct path new);
/* Returns PATH without its first folder; PATH itself if it has no folder. */
struct path path_without_side(struct path path);

/* Returns true if WHOLE ends with "/" and PATH. */
bool path_ends_with(struct path whole, struct path path);

/* Writes PATH to BUFFER of SIZE bytes, without escapes, as UTF-8 (RFC 3629); a byte that is not
 * part of a valid character, and a control byte, becomes U+FFFD.  The result is not NUL-terminated.
 * If it is too long, it is cut between two characters.  Returns the number of bytes written. */
size_t path_write(struct path path, char *buffer, size_t size);

/* Returns PATH without "./" at its start. */
struct path path_without_dot(struct path path);

/* Returns the common end of OLD and NEW, below the only folder in which they differ:
 * "project/old/x.c" and "project/new/x.c" return x.c.  Returns an empty path if there is none. */
struct path path_below_difference(struct path old, struct path new);

#endif
