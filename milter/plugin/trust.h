/* SPDX-License-Identifier: BSD-2-Clause
 *
 * trust.h - checks that nobody but root and the user who starts patchmark can replace a file.
 */
#ifndef PLUGIN_TRUST_H
#define PLUGIN_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Checks the absolute path PATH: the file, each folder on the way to it from the root on, and each
 * symbolic link with the folders on the way to its target.  All must belong to root, to
 * privileges_starter() or to ALSO, and none may be writable by its group or by others, except that
 * what belongs to ALSO may be writable by its group.  ALSO is root, 0, if there is no such user.  A
 * folder with the sticky bit, such as /tmp, may be: nobody can replace in it what belongs to
 * somebody else, and what is in it is checked as well.  Returns true if PATH can be trusted; else
 * writes the reason, which names the file or folder and the command that mends it, to ERROR. */
bool trust_check(const char *path, uid_t also, char *error, size_t error_size);

#endif
