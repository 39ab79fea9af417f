/* SPDX-License-Identifier: BSD-2-Clause
 *
 * glob.h - what a pattern of an F: or X: line matches.
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

#include "patchmark-plugin.h"

/* What is wrong with GLOB; NULL: nothing. */
const char *glob_problem(struct patchmark_text glob);

/* GLOB must have no problem.  Takes time in proportion to the product of both lengths at most. */
bool glob_match(struct patchmark_text glob, struct patchmark_text path);

/* No wildcards in it. */
bool glob_is_literal(struct patchmark_text glob);

/* How closely it says what it means: how many folders and files it names; 0 when it begins with a
 * wildcard. */
unsigned glob_depth(struct patchmark_text glob);

/* It matches every path but those of files at the top. */
bool glob_is_everything(struct patchmark_text glob);

#endif
