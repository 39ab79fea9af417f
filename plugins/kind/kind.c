/* SPDX-License-Identifier: BSD-2-Clause
 *
 * kind.c - what a mail is: exactly one kind, from what the other classifiers found.
 */
#include <patchmark-plugin.h>

#include <string.h>
#include <strings.h>

struct verdict {
    const char *kind, *confidence;
};

/* What tag and diff of a posting say; no kind: it is none. */
static struct verdict judge_posting(const struct patchmark_facts *facts) {
    bool tagged = patchmark_fact_bool(facts, "subject.patch");
    bool numbered = patchmark_fact_is_set(facts, "subject.part");
    bool has_diff = patchmark_fact_bool(facts, "patch.present");
    int64_t part = patchmark_fact_int(facts, "subject.part", -1);
    int64_t place = patchmark_fact_int(facts, "series.part", -1);

    if (patchmark_fact_bool(facts, "pull.present") && part <= 0)
        return (struct verdict){"pull", "high"};
    if (patchmark_fact_bool(facts, "subject.pull") && part <= 0)
        return (struct verdict){"pull", "medium"};
    if (numbered && part == 0)
        return (struct verdict){"cover", "high"};
    if (!numbered && !has_diff && place == 0) /* without tag, but parts answer it */
        return (struct verdict){"cover", "medium"};
    if (numbered || (has_diff && (tagged || place >= 0)))
        return (struct verdict){"patch", has_diff ? "high" : "medium"};
    return (struct verdict){NULL, NULL};
}

/* The rules in the order in which they hold. */
static struct verdict judge(const struct patchmark_facts *facts, bool answers) {
    const char *of_robot = patchmark_fact_string(facts, "automation.kind");
    struct verdict posting;

    if (of_robot)
        return (struct verdict){of_robot, "high"};
    if (patchmark_fact_bool(facts, "subject.reply"))
        return (struct verdict){"reply", "high"};
    posting = judge_posting(facts);
    if (posting.kind)
        return posting;
    if (answers) /* one that lost its "Re:" */
        return (struct verdict){"reply", "medium"};
    if (patchmark_fact_bool(facts, "automation.announce"))
        return (struct verdict){"announce", "medium"};
    if (patchmark_fact_bool(facts, "automation.report"))
        return (struct verdict){"report", "medium"};
    if (patchmark_fact_bool(facts, "subject.patch"))
        return (struct verdict){"patch", "low"};
    return (struct verdict){"other", "medium"};
}

static int kind_classify(void *self, const struct patchmark_message *message,
                         struct patchmark_facts *facts) {
    struct verdict verdict = judge(facts, patchmark_message_is_reply(message));

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
static const char *const uses[] = {"subject.patch",       "subject.pull",      "patch.present",
                                   "pull.present",        "series.part",       "automation.kind",
                                   "automation.announce", "automation.report", NULL};

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
