/* SPDX-License-Identifier: BSD-2-Clause
 *
 * kind.c - the classifier "kind": sets exactly one kind for each mail, from the facts that the
 * other classifiers have set, and how certain that kind is.  Keeps nothing between mails.
 */
#include <patchmark-plugin.h>

#include <string.h>
#include <strings.h>

struct verdict {
    const char *kind, *confidence;
    const char *why; /* for people: continues "it is of this kind:" */
};

/* Returns the kind of a posting (patch, cover or pull) by its tag, its diff and its place in a
 * series; a verdict whose kind is NULL if the mail is no posting. */
static struct verdict judge_posting(const struct patchmark_facts *facts) {
    bool tagged = patchmark_fact_bool(facts, "subject.patch") ||
                  patchmark_fact_bool(facts, "subject.rfc") ||
                  patchmark_fact_bool(facts, "subject.resend");
    bool numbered = patchmark_fact_is_set(facts, "subject.part");
    bool has_diff = patchmark_fact_bool(facts, "patch.present");
    int64_t part = patchmark_fact_int(facts, "subject.part", -1);
    int64_t series_part = patchmark_fact_int(facts, "series.part", -1);

    if (patchmark_fact_bool(facts, "pull.present") && (part <= 0 || !has_diff))
        return (struct verdict){"pull", "high", "it asks to pull from a repository that it names"};
    if (patchmark_fact_bool(facts, "subject.pull") && part <= 0)
        return (struct verdict){"pull", "medium",
                                "its subject asks to pull, but it names no repository"};
    if (!numbered && !has_diff && series_part == 0) /* no tag, but parts refer to it */
        return (struct verdict){"cover", "medium",
                                "it has no part number, but parts of a series refer to it"};
    if (numbered && !has_diff && series_part < 0 &&
        (patchmark_fact_is_set(facts, "series.target") ||
         patchmark_fact_bool(facts, "trailers.judges")) &&
        !patchmark_fact_bool(facts, "automation.report"))
        return (struct verdict){
            "reply", "high", "it kept the part number of the mail that it answers and has no diff"};
    if (numbered && part == 0)
        return (struct verdict){"cover", "high", "its subject has the part number 0"};
    if (numbered || (has_diff && (patchmark_fact_bool(facts, "subject.patch") || series_part >= 0)))
        return (struct verdict){"patch", has_diff && tagged ? "high" : "medium",
                                !has_diff  ? "its subject has a part number, but it has no diff"
                                : tagged   ? "its subject has the tag of a patch, and it has a diff"
                                : numbered ? "its subject has only a part number, and it has a diff"
                                           : "its subject has no tag, but its diff is posted as a "
                                             "patch"};
    return (struct verdict){NULL, NULL, NULL};
}

/* Applies the rules; the first that matches decides.  IS_REPLY is what
 * patchmark_message_is_reply returned. */
static struct verdict judge(const struct patchmark_facts *facts, bool is_reply) {
    const char *robot_kind = patchmark_fact_string(facts, "automation.kind");
    struct verdict posting;

    if (robot_kind)
        return (struct verdict){robot_kind, "high",
                                "it is from a robot whose mail is of this kind"};
    if (patchmark_fact_bool(facts, "subject.reply"))
        return (struct verdict){"reply", "high", "its subject begins as that of an answer"};
    if (patchmark_fact_bool(facts, "subject.report")) /* [tree:branch 5/13] file.c:12: warning */
        return (
            struct verdict){"report", "high",
                            "its subject names a tree, a part and a place in a file, and no PATCH"};
    posting = judge_posting(facts);
    if (posting.kind)
        return posting;
    if (is_reply) /* its subject lost the "Re:" */
        return (struct verdict){"reply", "medium", "it refers to an earlier mail"};
    if (patchmark_fact_bool(facts, "automation.announce"))
        return (struct verdict){"announce", "medium", "a person announces something in it"};
    if (patchmark_fact_bool(facts, "automation.report"))
        return (struct verdict){"report", "medium", "a person reports a bug or a failure in it"};
    if (patchmark_fact_bool(facts, "subject.patch"))
        return (struct verdict){"patch", "low",
                                "its subject has the tag of a patch, but it has no diff"};
    if (patchmark_fact_bool(facts, "patch.present"))
        return (struct verdict){"other", "low", "it has a diff, but is not posted as a patch"};
    return (struct verdict){"other", "medium", "no rule for another kind applies"};
}

/* Returns true if the mail of this KIND is a posting by itself that belongs to no series, so that
 * the plugin `series` does not set the flag "first" on it. */
static bool is_first(const struct patchmark_facts *facts, const char *kind) {
    return strcmp(kind, "pull") == 0 && !patchmark_fact_is_set(facts, "subject.part") &&
           !patchmark_fact_is_set(facts, "series.part");
}

static int kind_classify(void *self, const struct patchmark_message *message,
                         struct patchmark_facts *facts) {
    struct verdict verdict = judge(facts, patchmark_message_is_reply(message));

    (void)self;
    patchmark_explain(facts, "kind", "%s", verdict.why);
    if (patchmark_fact_set_string(facts, "kind", verdict.kind) < 0)
        return -1;
    if (is_first(facts, verdict.kind) && patchmark_fact_add_string(facts, "flags", "first") < 0)
        return -1;
    return patchmark_fact_set_string(facts, "confidence", verdict.confidence);
}

static const struct patchmark_fact provides[] = {
    {"kind", PATCHMARK_STRING, "patch, cover, pull, reply, commit, report, announce or other",
     "patch"},
    {"confidence", PATCHMARK_STRING, "high, medium or low", "high"},
    {"flags", PATCHMARK_LIST, "first, for a pull request that is no part of a series", "first"},
    {0}};
static const char *const needs[] = {"subject.reply", "subject.part", NULL};
static const char *const uses[] = {"subject.patch",     "subject.pull",
                                   "subject.report",    "subject.rfc",
                                   "subject.resend",    "patch.present",
                                   "pull.present",      "series.part",
                                   "series.target",     "trailers.judges",
                                   "automation.kind",   "automation.announce",
                                   "automation.report", NULL};

static struct patchmark_plugin plugin = {.traits = PATCHMARK_PARALLEL,
                                         .name = "kind",
                                         .version = "1",
                                         .summary = "decides the kind of a mail",
                                         .provides = provides,
                                         .needs = needs,
                                         .uses = uses,
                                         .classify = kind_classify};

PATCHMARK_PLUGIN(plugin)
