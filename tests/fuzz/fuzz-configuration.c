/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz-configuration.c - the parser of patchmark.conf.
 *
 * Inputs that include files or name plugins are skipped, because they could name any file of the
 * machine.
 */
#include "fuzz.h"
#include "settings/configuration-load.h"
#include "util/log.h"

#include <string.h>

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    log_open(LOG_TO_NOBODY, PATCHMARK_ERROR);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct configuration *configuration = NULL;
    char path[64];
    int file;

    if (memmem(data, size, "include", 7) || memmem(data, size, "file", 4))
        return 0;
    file = fuzz_file(data, size, path);
    if (configuration_load(path, &configuration) == 0) {
        PROMISE(configuration->max_mails > 0 && configuration->remember > 0);
        PROMISE(*configuration->socket && *configuration->state == '/');
        configuration_free(configuration);
    }
    close(file);
    return 0;
}
