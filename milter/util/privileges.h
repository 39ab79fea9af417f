/* SPDX-License-Identifier: BSD-2-Clause
 *
 * privileges.h - root becomes the configured user; for the verbs that read mail and write the state
 * folder, before they open either.
 */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

/* Makes the folder STATE where it is missing and gives it to USER; then root becomes that user, and
 * nobody can get new privileges any more.  A process that is not root, and USER "", change no user.
 * PLACE: the file that names USER, for the log.  Returns an exit code of sysexits(3), after
 * log_error if it is not EX_OK. */
int privileges_drop(const char *user, const char *place, const char *state);

#endif
