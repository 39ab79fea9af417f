/* SPDX-License-Identifier: BSD-2-Clause
 *
 * commands.h - the commands of the program that are implemented in this folder.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "util/command.h"

/* Each `run` runs on the main thread, once, and returns an exit code of sysexits(3). */
extern const struct command command_classify, command_plugins, command_publish, command_series,
    command_tail;

/* The command import: command_import_start, in the program patchmark, starts patchmark-import, a
 * program of its own, which has command_import. */
extern const struct command command_import, command_import_start;
#define COMMAND_IMPORT_ARGUMENTS "[ARCHIVE...]"
#define COMMAND_IMPORT_SUMMARY \
    "Reads archives into the index, so that series in progress are known."

#endif
