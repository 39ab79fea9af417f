/* SPDX-License-Identifier: BSD-2-Clause
 *
 * serve.h - the command `patchmark serve`: the daemon.
 */
#ifndef SERVE_H
#define SERVE_H

#include "util/command.h"

/* Runs the milter in the foreground until SIGTERM, SIGINT or SIGHUP.  Its run function must be
 * called on the first thread, before there are others.  After a regular end it does not return but
 * exits the process. */
extern const struct command command_serve;

#endif
