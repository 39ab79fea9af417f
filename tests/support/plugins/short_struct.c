/* SPDX-License-Identifier: BSD-2-Clause
 *
 * short_struct.c - a plugin whose descriptor is smaller than that of version 1.
 */
#include "patchmark-plugin.h"

static struct patchmark_plugin cut = {.name = "short_struct"};

PATCHMARK_PUBLIC struct patchmark_plugin *patchmark_plugin(void);

struct patchmark_plugin *patchmark_plugin(void) {
    cut.struct_size = offsetof(struct patchmark_plugin, batch);
    cut.abi = 1;
    return &cut;
}
