/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plugin-folder.h - for tests: a temporary folder with copies of the test plugins.
 *
 * The build compiles tests/support/plugins, and the environment variable TEST_PLUGIN_DIR names the
 * folder of the results.  Tests use copies, because the loader checks modes and owners, which vary
 * in a build tree.
 */
#ifndef PLUGIN_FOLDER_H
#define PLUGIN_FOLDER_H

#include <check.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];

static inline int folder_remove_one(const char *path, const struct stat *status, int type,
                                    struct FTW *place) {
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static inline void folder_remove(void) {
    nftw(folder, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Returns "FOLDER/NAME", valid until the eighth call from then. */
static inline const char *folder_path(const char *name) {
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof(*paths), "%s/%s", folder, name);
    return path;
}

static inline void folder_write(const char *name, const void *data, size_t length) {
    FILE *file = fopen(folder_path(name), "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
}

/* Copies the file SOURCE to the folder as NAME. */
static inline void folder_copy(const char *source, const char *name, mode_t mode) {
    char data[4096];
    FILE *from = fopen(source, "r"), *to = fopen(folder_path(name), "w");
    size_t got;

    ck_assert_msg(from != NULL, "%s is missing", source);
    ck_assert_ptr_nonnull(to);
    while ((got = fread(data, 1, sizeof(data), from)) > 0)
        ck_assert_uint_eq(fwrite(data, 1, got, to), got);
    fclose(from);
    ck_assert_int_eq(fclose(to), 0);
    ck_assert_int_eq(chmod(folder_path(name), mode), 0);
}

/* Copies the test plugin NAME to the folder as COPY.so, mode 0644. */
static inline void folder_plugin(const char *name, const char *copy) {
    char source[1024], target[256];

    snprintf(source, sizeof(source), "%s/%s.so", getenv("TEST_PLUGIN_DIR"), name);
    snprintf(target, sizeof(target), "%s.so", copy);
    folder_copy(source, target, 0644);
}

/* Creates the folder.  Returns false if the tests cannot run. */
static inline bool folder_make(void) {
    const char *base = getenv("TMPDIR");

    if (!getenv("TEST_PLUGIN_DIR")) {
        fputs("TEST_PLUGIN_DIR must name the folder of the built test plugins\n", stderr);
        return false;
    }
    snprintf(folder, sizeof(folder), "%s/patchmark-plugin-XXXXXX", base ? base : "/tmp");
    umask(022);
    return mkdtemp(folder) != NULL;
}

#endif
