/* SPDX-License-Identifier: BSD-2-Clause
 *
 * kind.c - what a mail is: exactly one kind, from what the other classifiers found.
 */
#include <patchmark-plugin.h>

struct verdict {
    const char *kind, *confidence;
};

/* The rules in the order in which they hold. */
static struct verdict judge(const struct patchmark_facts *facts, bool answers) {
    bool tagged = patchmark_fact_bool(facts, "subject.patch");
    bool numbered = patchmark_fact_is_set(facts, "subject.part");
    bool has_diff = patchmark_fact_bool(facts, "patch.present");
    int64_t part = patchmark_fact_int(facts, "subject.part", -1);

    if (patchmark_fact_bool(facts, "subject.reply"))
        return (struct verdict){"reply", "high"};
    if (patchmark_fact_bool(facts, "pull.present") && part <= 0)
        return (struct verdict){"pull", "high"};
    if (patchmark_fact_bool(facts, "subject.pull") && part <= 0)
        return (struct verdict){"pull", "medium"};
    if (numbered && part == 0)
        return (struct verdict){"cover", "high"};
    if (numbered || (tagged && has_diff))
        return (struct verdict){"patch", has_diff ? "high" : "medium"};
    if (answers) /* one that lost its "Re:" */
        return (struct verdict){"reply", "medium"};
    if (tagged)
        return (struct verdict){"patch", "low"};
    return (struct verdict){"other", "medium"};
}

static int kind_classify(void *self, const struct patchmark_message *message,
                         struct patchmark_facts *facts) {
    struct verdict verdict = judge(facts, patchmark_message_reference_count(message) > 0);

    (void)self;
    if (patchmark_fact_set_string(facts, "kind", verdict.kind) < 0)
        return -1;
    return patchmark_fact_set_string(facts, "confidence", verdict.confidence);
}

static const struct patchmark_fact provides[] = {
    {"kind", PATCHMARK_STRING, "patch, cover, pull, reply, commit, report, announce or other"},
    {"confidence", PATCHMARK_STRING, "high, medium or low"},
    {NULL, 0, NULL}};
static const char *const needs[] = {"subject.reply", "subject.part", NULL};
static const char *const uses[] = {"subject.patch", "subject.pull", "patch.present",
                                   "pull.present",  "series.id",    NULL};

static struct patchmark_plugin plugin = {.kind = PATCHMARK_CLASSIFIER,
                                         .threads = PATCHMARK_PARALLEL,
                                         .name = "kind",
                                         .version = "1",
                                         .summary = "what a mail is",
                                         .provides = provides,
                                         .needs = needs,
                                         .uses = uses,
                                         .classify = kind_classify};

PATCHMARK_PLUGIN(plugin)
