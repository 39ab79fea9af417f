/* SPDX-License-Identifier: BSD-2-Clause
 *
 * import-start.c - `patchmark import`: becomes the program patchmark-import, which is linked with
 * libgit2, so that the daemon is not.
 *
 * Fails if that program is not installed.
 */
#include "command/commands.h"
#include "util/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define HELPER "patchmark-import"

static int import_start(int argc, char **argv);
static const struct command_option none[] = {{0}};
const struct command command_import_start = {"import", COMMAND_IMPORT_ARGUMENTS,
                                             COMMAND_IMPORT_SUMMARY, none, import_start};

/* Returns the path of the program in the folder of this one, where a build leaves it, which the
 * caller frees; NULL if it is unknown. */
static char *helper_beside(void) {
    AUTO(free) char *self = realpath("/proc/self/exe", NULL);
    char *slash = self ? strrchr(self, '/') : NULL, *path = NULL;

    return slash && asprintf(&path, "%.*s/" HELPER, (int)(slash - self), self) > 0 ? path : NULL;
}

static int import_start(int argc, char **argv) {
    AUTO(free) char *beside = helper_beside();

    (void)argc;
    if (beside)
        execv(beside, argv);
    execv(HELPER_DIR "/" HELPER, argv);
    fprintf(stderr, "patchmark: cannot start " HELPER_DIR "/" HELPER ": %s; reinstall patchmark\n",
            strerror(errno));
    return EX_UNAVAILABLE;
}
