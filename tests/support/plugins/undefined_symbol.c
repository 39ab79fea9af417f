/* SPDX-License-Identifier: BSD-2-Clause
 *
 * undefined_symbol.c - a plugin that calls a function which does not exist; it must fail to load,
 * not later.
 */
#include "patchmark-plugin.h"

int patchmark_test_nobody_has_this(void);

static int classify(void *self, const struct patchmark_message *message,
                    struct patchmark_facts *facts) {
    (void)self;
    (void)message;
    (void)facts;
    return patchmark_test_nobody_has_this();
}

static struct patchmark_plugin undefined = {
    .name = "undefined_symbol",
    .version = "1",
    .summary = "cannot load",
    .classify = classify,
};

PATCHMARK_PLUGIN(undefined)
