/* SPDX-License-Identifier: BSD-2-Clause
 *
 * privileges.h - changes from root to the configured user.
 *
 * For the commands that read mail and write to the state folder; they call it before they open
 * either.
 */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <pwd.h>
#include <sys/types.h>

/* Creates the folder STATE with mode 0750 if it is missing.  If the process runs as root and USER
 * is not "", makes USER the owner of a new folder and changes to USER for good, with the groups of
 * USER.  In any case sets no_new_privs (prctl(2)) and the umask 0027.  PLACE is the file that names
 * USER, for errors.  Must be called before the first thread is created.  Returns EX_OK, or another
 * exit status of sysexits(3) after the error was logged. */
int privileges_drop(const char *user, const char *place, const char *state);

/* Changes from root to USER for good, with the groups of USER.  Must be called before the first
 * thread is created.  Returns 0, or -1 after the error was logged. */
int privileges_change(const struct passwd *user);

/* Returns the effective user with which the process was started, also after it has changed to
 * another: beside root, the one whose files are trusted.  So a reload and a check trust the same
 * files as the start. */
uid_t privileges_starter(void);

#endif
