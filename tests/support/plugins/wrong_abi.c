/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wrong_abi.c - a plugin that was compiled for a later version of the plugin interface.
 */
#include "patchmark-plugin.h"

static struct patchmark_plugin wrong = {.name = "wrong_abi"};

PATCHMARK_PUBLIC struct patchmark_plugin *patchmark_plugin(void);

struct patchmark_plugin *patchmark_plugin(void) {
    wrong.struct_size = sizeof(wrong) + 64;
    wrong.abi = PATCHMARK_ABI + 1;
    return &wrong;
}
