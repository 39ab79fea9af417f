/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bad_name.c - a plugin with a name that is invalid in section titles and names of facts.
 */
#include "patchmark-plugin.h"

static struct patchmark_plugin bad = {
    .name = "Bad.Name",
    .version = "1",
    .summary = "is badly named",
};

PATCHMARK_PLUGIN(bad)
