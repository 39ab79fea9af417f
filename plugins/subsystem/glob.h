/* SPDX-License-Identifier: BSD-2-Clause
 *
 * glob.h - the patterns of F: lines, or of X: lines, and the search for those that match a path.
 *
 *     drivers/net/        all files in and below that folder
 *     drivers/net/tun.c   that file
 *     drivers/net         that file; or, if a path shows that it is a folder, all files below it
 *     drivers/net/t*.c    files in that folder: * and ? do not match a slash
 *     drivers/[no]et*     [...] matches one of these bytes, [!...] and [^...] any other byte
 *     fs/ ** /foo*.c      (without the spaces) ** as a whole component matches any number of
 *                         folders, including none
 */
#ifndef SUBSYSTEM_GLOB_H
#define SUBSYSTEM_GLOB_H

#include "regex.h"

#include <glib.h>

struct glob {
    struct patchmark_text text; /* the whole pattern */
    size_t prefix;              /* bytes before the first component that has a wildcard */
    pcre2_code *rest;           /* matches the part of a path after these; NULL without wildcards */
    bool is_folder;             /* it matches folders: a path must continue after the match */
    uint32_t section;           /* index of the section that it belongs to */
};

/* Returns an empty array of struct glob; the caller frees it with g_array_free. */
GArray *globs_new(void);

/* Adds the pattern TEXT of SECTION, whose bytes must live as long as GLOBS.  Returns NULL on
 * success; otherwise a static string that says what is wrong with the pattern, which is then not
 * added. */
const char *globs_add(GArray *globs, struct patchmark_text text, uint32_t section);

/* Sorts GLOBS for globs_match.  Must be called after the last globs_add and before globs_match. */
void globs_sort(GArray *globs);

/* Calls FOUND with CONTEXT for each glob that matches PATH, in no particular order.  May be called
 * on any thread, each with its own MATCHER. */
void globs_match(const GArray *globs, const struct matcher *matcher, struct patchmark_text path,
                 void (*found)(void *context, const struct glob *glob), void *context);

/* Returns how specific GLOB is: the number of folders and files that it names; 0 if it begins with
 * a wildcard. */
unsigned glob_depth(struct patchmark_text glob);

/* Returns true if GLOB matches every path that has a folder. */
bool glob_is_everything(struct patchmark_text glob);

#endif
