/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wrong-abi.c - a plugin from the future.
 */
#include "patchmark-plugin.h"

static struct patchmark_plugin wrong = {.name = "wrong-abi"};

PATCHMARK_PUBLIC struct patchmark_plugin *patchmark_plugin(void);

struct patchmark_plugin *patchmark_plugin(void) {
    wrong.struct_size = sizeof(wrong) + 64;
    wrong.abi = PATCHMARK_ABI + 1;
    return &wrong;
}
