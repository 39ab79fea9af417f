/* SPDX-License-Identifier: BSD-2-Clause
 *
 * trouble.c - see trouble.h.
 */
#include "trouble.h"

#include <stdio.h>
#include <string.h>

/* Notes one more try with that trouble; true when it is news. */
static bool starts(struct trouble *trouble, const char *reason) {
    char kind[sizeof(trouble->kind)];

    snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(reason, " :"), reason);
    if (!*kind)
        snprintf(kind, sizeof(kind), "?");
    trouble->failed++;
    if (strcmp(kind, trouble->kind) == 0)
        return false;
    memcpy(trouble->kind, kind, sizeof(kind));
    return true;
}

void trouble_report(struct trouble *trouble, const struct patchmark_instance *instance,
                    const char *server, const char *reason) {
    const char *what = trouble->what;

    if (reason) {
        if (starts(trouble, reason))
            patchmark_log(instance, trouble->level, "%s: %s%s%s; %s", server, what,
                          *what ? ": " : "", reason, trouble->consequence);
    } else if (trouble->failed > 0) {
        patchmark_log(instance, PATCHMARK_INFO, "%s: %s%sworks again, %s that failed: %llu", server,
                      what, *what ? " " : "", trouble->tries, (unsigned long long)trouble->failed);
        trouble->failed = 0;
        *trouble->kind = '\0';
    }
}
