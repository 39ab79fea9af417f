/* SPDX-License-Identifier: BSD-2-Clause
 *
 * trust.h - checks that nobody but root and the user who starts patchmark can replace a file.
 */
#ifndef PLUGIN_TRUST_H
#define PLUGIN_TRUST_H

#include <stdbool.h>
#include <stddef.h>

/* Checks the absolute path PATH: the file, each folder on the way to it from the root on, and each
 * symbolic link with the folders on the way to its target.  All must belong to root or to
 * privileges_starter(), and none may be writable by its group or by others.  A folder with
 * the sticky bit, such as /tmp, may be: nobody can replace in it what belongs to somebody else, and
 * what is in it is checked as well.  Returns true if PATH can be trusted; else writes the reason,
 * which names the file or folder and the command that mends it, to ERROR. */
bool trust_check(const char *path, char *error, size_t error_size);

#endif
