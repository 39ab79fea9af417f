/* SPDX-License-Identifier: BSD-2-Clause
 *
 * abi1.c - a plugin as compiled for version 1 of the plugin interface.
 *
 * It does not include patchmark-plugin.h, but has a copy of the declarations of version 1.  It must
 * load in all later versions, so this file must never be updated.
 */
#include <stddef.h>
#include <stdint.h>

struct patchmark_plugin {
    size_t struct_size;
    uint32_t abi;
    uint32_t fact_size;
    uint32_t option_size;
    uint32_t traits;
    const char *name;
    const char *version;
    const char *summary;
    const void *options;
    const void *provides;
    const char *const *needs;
    const char *const *uses;
    const char *const *counters;
    int (*open)(void *instance, void **self);
    int (*classify)(void *self, const void *message, void *facts);
    size_t (*publish)(void *self, const void *const *events, size_t count);
    void (*close)(void *self);
    int (*follow)(void *self, void *feed);
    int (*publish_state)(void *self, const char *const *states, size_t count);
    size_t batch;
};

struct patchmark_fact {
    const char *key;
    uint32_t type;
    const char *help;
    const char *example;
};

static const struct patchmark_fact provides[] = {{"number", 2, "a number", NULL}, {0}};

static int classify(void *self, const void *message, void *facts) {
    (void)self;
    (void)message;
    (void)facts;
    return 0;
}

/* The bytes behind the descriptor, which the loader must not read as fields. */
static struct {
    struct patchmark_plugin plugin;
    void *behind[8];
} all = {
    .plugin =
        {
            .struct_size = sizeof(struct patchmark_plugin),
            .abi = 1,
            .fact_size = sizeof(struct patchmark_fact),
            .option_size = 48,
            .name = "abi1",
            .version = "1",
            .summary = "from the first days",
            .provides = provides,
            .classify = classify,
        },
    .behind = {&all, &all, &all, &all, &all, &all, &all, &all},
};

__attribute__((visibility("default"))) struct patchmark_plugin *patchmark_plugin(void);

struct patchmark_plugin *patchmark_plugin(void) {
    return &all.plugin;
}
