/* SPDX-License-Identifier: BSD-2-Clause
 *
 * serve.h - the verb `serve`: the daemon.
 */
#ifndef SERVE_H
#define SERVE_H

#include "util/command.h"

extern const struct command command_serve;

#endif
