/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plugin-new.c - `patchmark plugins --new`: see plugin-new.h.
 *
 * The files are those of config/new-plugin, in which the word NAME stands for the name.  Creating a
 * file can fail; what was written before stays.
 */
#include "command/plugin-new.h"

#include "command/new-plugin.h"
#include "plugin/plugin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#define WORD       "NAME" /* in the files, for the name */
#define NAME_BYTES 50     /* of a name; longer ones cannot be titles of sections */

static const struct {
    const char *file; /* ends in what follows the name; begins with a slash if it has no name */
    const char *text;
} files[] = {{".c", NEW_PLUGIN_C},
             {".md", NEW_PLUGIN_PAGE},
             {"/check.sh", NEW_PLUGIN_CHECK},
             {"/Makefile", NEW_PLUGIN_MAKEFILE}};

/* Writes TEXT to FILE with NAME for WORD. */
static void text_write(FILE *file, const char *text, const char *name) {
    const char *at;

    for (; (at = strstr(text, WORD)); text = at + strlen(WORD)) {
        fwrite(text, 1, (size_t)(at - text), file);
        fputs(name, file);
    }
    fputs(text, file);
}

static int file_write(const char *path, const char *text, const char *name) {
    FILE *file = fopen(path, "wx");
    bool failed;

    if (file) {
        text_write(file, text, name);
        failed = ferror(file);
        if (fclose(file) == 0 && !failed)
            return 0;
    }
    fprintf(stderr, "patchmark: cannot write %s: %s\n", path, strerror(errno));
    return -1;
}

/* Returns true if NAME is the name of a plugin that comes with patchmark, which may be in a package
 * that is not installed.  The shared object of a new one would take its place. */
static bool is_taken(const char *name) {
    static const char *const taken[] = {NEW_PLUGIN_TAKEN};

    for (size_t i = 0; taken[i]; i++)
        if (strcmp(taken[i], name) == 0)
            return true;
    return false;
}

int plugin_new(const char *name) {
    char path[2 * NAME_BYTES + 32];

    if (!plugin_name_is_valid(name) || strlen(name) > NAME_BYTES) {
        fprintf(stderr,
                "patchmark: '%s' is no name of a plugin: it must match [a-z][a-z0-9_]* and have at "
                "most %d bytes\n",
                name, NAME_BYTES);
        return EX_USAGE;
    }
    if (is_taken(name)) {
        fprintf(stderr, "patchmark: a plugin '%s' comes with patchmark; choose another name\n",
                name);
        return EX_USAGE;
    }
    if (mkdir(name, 0755) < 0) {
        fprintf(stderr, "patchmark: cannot create the folder %s: %s\n", name, strerror(errno));
        return EX_CANTCREAT;
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s%s", name, *files[i].file == '/' ? "" : name,
                 files[i].file + (*files[i].file == '/'));
        if (file_write(path, files[i].text, name) < 0)
            return EX_CANTCREAT;
    }
    printf("%s/: %s.c, its page, its test and a makefile; run: make -C %s check\n", name, name,
           name);
    return EX_OK;
}
