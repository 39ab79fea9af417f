/* SPDX-License-Identifier: BSD-2-Clause
 *
 * import-main.c - patchmark-import, the program that `patchmark import` starts.  The exit codes are
 * those of sysexits(3).
 */
#include "command/commands.h"
#include "util/log.h"

int main(int argc, char **argv) {
    log_open(LOG_TO_STDERR, PATCHMARK_INFO);
    return command_import.run(argc, argv);
}
