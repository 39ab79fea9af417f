/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inside.c - see inside.h.
 */
#include "inside.h"

#include "settings/configuration-load.h"
#include "util/cleanup.h"
#include "util/log.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* Sets PATCHMARK_PLUGIN_PATH to the folders of all classifiers in the build tree, if it is not set.
 */
static void plugin_path_default(void) {
    char program[INSIDE_PATH_SIZE], path[8 * INSIDE_PATH_SIZE] = "";
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    size_t used = 0;
    char *inside;

    program[length > 0 ? length : 0] = '\0';
    inside = strstr(program, "/tests/bench/");
    if (!inside)
        return;
    *inside = '\0';
    for (size_t i = 0; configuration_default_plugins[i] && used < sizeof(path); i++)
        used += (size_t)snprintf(path + used, sizeof(path) - used, "%s%s/plugins/%s/.libs",
                                 i ? ":" : "", program, configuration_default_plugins[i]);
    setenv("PATCHMARK_PLUGIN_PATH", path, 0);
}

struct pipeline *inside_pipeline(void) {
    struct configuration *configuration;
    AUTO(close) int file = memfd_create("patchmark.conf", 0);
    char path[64];

    plugin_path_default();
    if (file < 0 || dprintf(file, "log = \"stderr\"\nlog_level = \"warning\"\n") < 0)
        return NULL;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    return configuration_load(path, &configuration) < 0 ? NULL : pipeline_new(configuration);
}

static int64_t clock_read(clockid_t which) {
    struct timespec at;

    clock_gettime(which, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

int64_t inside_cpu(void) {
    return clock_read(CLOCK_THREAD_CPUTIME_ID);
}

int64_t inside_cpu_others(void) {
    return clock_read(CLOCK_PROCESS_CPUTIME_ID) - inside_cpu();
}

struct store *inside_store_open(char folder[INSIDE_PATH_SIZE]) {
    const char *base = getenv("TMPDIR");

    snprintf(folder, INSIDE_PATH_SIZE, "%s/patchmark-bench-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(folder)) {
        log_error("%s: %s", folder, strerror(errno));
        return NULL;
    }
    return store_open(folder);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status, (void)type, (void)walk;
    return remove(path);
}

void inside_store_remove(struct store *store, const char *folder) {
    store_close(store);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int inside_compare(const void *one, const void *other) {
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

    return (a > b) - (a < b);
}
