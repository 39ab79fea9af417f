/* SPDX-License-Identifier: BSD-2-Clause
 *
 * serve-check.h - `patchmark serve --check` and `--print`.
 */
#ifndef SERVE_CHECK_H
#define SERVE_CHECK_H

#include <stdbool.h>

/* Checks the configuration FILE and what it names: files, folders, sockets, users, addresses.  If
 * the process runs as root, changes to the configured user for good, so that what is checked is
 * what that user can do.  Logs each error and each doubt, and prints a line to standard output if
 * there is no error and IS_LOUD is true.  Writes nothing, opens no socket and asks no name server.
 * Returns EX_OK or EX_CONFIG. */
int serve_check(const char *file, bool is_loud);

/* Prints the effective configuration of FILE to standard output.  Returns EX_OK, or EX_CONFIG after
 * the errors were logged. */
int serve_print(const char *file);

#endif
