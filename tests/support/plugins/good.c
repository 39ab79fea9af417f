/* SPDX-License-Identifier: BSD-2-Clause
 *
 * good.c - a plugin with an option of each type, for the tests of loader and configuration.
 */
#include "patchmark-plugin.h"

static const struct patchmark_option options[] = {
    {"maxlen", PATCHMARK_INT, "500", 1, 10000000, "a number in a range"},
    {"count", PATCHMARK_INT, NULL, 0, 0, "a number without range and fallback"},
    {"window", PATCHMARK_DURATION, "20m", 60, 86400, "a duration in a range"},
    {"strict", PATCHMARK_BOOL, "false", 0, 0, "yes or no"},
    {"stream", PATCHMARK_STRING, "{patchmark}:events", 0, 0, "text that is no word in a file"},
    {"words", PATCHMARK_LIST, "{one, \"and two\"}", 0, 0, "a list"},
    {"empty", PATCHMARK_LIST, NULL, 0, 0, "a list that is empty unless it is set"},
    {.name = NULL},
};

static const struct patchmark_fact provides[] = {
    {"found", PATCHMARK_BOOL, "always", NULL},
    {.key = NULL},
};

static const char *const needs[] = {"subject.title", NULL};

static int classify(void *self, const struct patchmark_message *message,
                    struct patchmark_facts *facts) {
    (void)self;
    (void)message;
    (void)facts;
    return 0;
}

static struct patchmark_plugin good = {
    .traits = PATCHMARK_PARALLEL,
    .name = "good",
    .version = "1.2",
    .summary = "does nothing well",
    .options = options,
    .provides = provides,
    .needs = needs,
    .classify = classify,
};

PATCHMARK_PLUGIN(good)
