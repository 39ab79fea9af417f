/* SPDX-License-Identifier: BSD-2-Clause
 *
 * chameleon.c - a plugin that has the name of its file, so that a copy can replace any plugin.
 */
#include "patchmark-plugin.h"

#include <dlfcn.h>
#include <string.h>

static char name[64];

static size_t publish(void *self, const struct patchmark_event *const *events, size_t count) {
    (void)self;
    (void)events;
    return count;
}

static struct patchmark_plugin chameleon = {
    .name = name,
    .version = "1",
    .summary = "stands in for another",
    .publish = publish,
};

__attribute__((constructor)) static void name_find(void) {
    const char *file;
    Dl_info here;

    if (!dladdr(name, &here) || !strrchr(here.dli_fname, '/'))
        return;
    file = strrchr(here.dli_fname, '/') + 1;
    strncpy(name, file, sizeof(name) - 1);
    name[strcspn(name, ".")] = '\0';
}

PATCHMARK_PLUGIN(chameleon)
