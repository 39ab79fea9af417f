/* SPDX-License-Identifier: BSD-2-Clause
 *
 * privileges.h - root becomes the configured user; for the verbs that read mail and write the state
 * folder, before they open either.
 */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include "settings/configuration.h"

/* Makes the folder STATE where it is missing and gives it to the configured user; then root becomes
 * that user, and nobody can get new privileges any more.  Who is not root stays who he is.  Gives
 * an exit code of sysexits(3), after log_error if it is not EX_OK. */
int privileges_drop(const struct configuration *configuration, const char *state);

#endif
