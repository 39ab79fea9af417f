/* SPDX-License-Identifier: BSD-2-Clause
 *
 * web.h - the command `patchmark web`: the web page.
 */
#ifndef WEB_H
#define WEB_H

#include "util/command.h"

/* Serves the page in the foreground until SIGTERM, SIGINT or SIGHUP.  Its run function must be
 * called on the first thread, before there are others. */
extern const struct command command_web;

#endif
