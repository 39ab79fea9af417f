/* SPDX-License-Identifier: BSD-2-Clause
 *
 * missing_callback.c - a classifier without the callback classify.
 */
#include "patchmark-plugin.h"

static struct patchmark_plugin missing = {
    .name = "missing_callback",
    .version = "1",
    .summary = "has nothing to do",
};

PATCHMARK_PLUGIN(missing)
