/* SPDX-License-Identifier: BSD-2-Clause
 *
 * commands.h - the verbs in this room.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "util/command.h"

extern const struct command command_classify, command_plugins, command_import, command_series,
    command_tail;

#endif
