/* SPDX-License-Identifier: BSD-2-Clause
 *
 * glob.h - the patterns of F: or of X: lines, and which of them match a path.
 *
 *     drivers/net/        all files in and below
 *     drivers/net/tun.c   that file
 *     drivers/net         that file; or, when the path shows it to be a folder, all below
 *     drivers/net/t*.c    files in that folder: * and ? stand for no slash
 *     drivers/[no]et*     [...] for one of these bytes, [!...] or [^...] for one of the others
 *     fs/ ** /foo*.c      (without the blanks) ** as a whole folder: any number of folders, or none
 */
#ifndef SUBSYSTEM_GLOB_H
#define SUBSYSTEM_GLOB_H

#include "regex.h"

#include <glib.h>

struct glob {
    struct patchmark_text text; /* as it was added */
    size_t prefix;              /* bytes up to the folder of the first wildcard */
    pcre2_code *rest;           /* matches what follows these; NULL: no wildcards */
    bool is_open;               /* what REST matches must go on */
    uint32_t section;
};

/* An array of struct glob, for g_array_free. */
GArray *globs_new(void);

/* Adds a glob, whose bytes must live as long as GLOBS.  Returns NULL, or what is wrong with it. */
const char *globs_add(GArray *globs, struct patchmark_text text, uint32_t section);

/* Call once, after the last globs_add and before globs_match. */
void globs_sort(GArray *globs);

/* Calls FOUND with each glob that matches PATH, in no order. */
void globs_match(const GArray *globs, const struct matcher *matcher, struct patchmark_text path,
                 void (*found)(void *context, const struct glob *glob), void *context);

/* How closely it says what it means: how many folders and files it names; 0 when it begins with a
 * wildcard. */
unsigned glob_depth(struct patchmark_text glob);

/* It matches every path but those of files at the top. */
bool glob_is_everything(struct patchmark_text glob);

#endif
