/* SPDX-License-Identifier: BSD-2-Clause
 *
 * trouble.h - what goes wrong for a while: one log line when it starts, one when it turns into
 * something else, one when it ends.
 */
#ifndef TROUBLE_H
#define TROUBLE_H

#include "patchmark-plugin.h"

struct trouble {
    enum patchmark_level level;
    const char *what;        /* in front of the reason, such as "PUBLISH"; "": nothing */
    const char *consequence; /* behind it: "the events wait" */
    const char *tries;       /* what is counted: "batches" */
    char kind[32];           /* first word of its reason; "": all is well */
    uint64_t failed;         /* tries since it started */
};

/* One more try went wrong for REASON, whose first word tells its kind; or went well: NULL. */
void trouble_report(struct trouble *trouble, const struct patchmark_instance *instance,
                    const char *server, const char *reason);

#endif
