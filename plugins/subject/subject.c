/* SPDX-License-Identifier: BSD-2-Clause
 *
 * subject.c - the classifier "subject": reads reply prefixes, the tag and the title from the
 * Subject of a mail.
 *
 * parse.c reads the subject, tag.c a tag, word.c a single word of it; subject.md describes the
 * rules with examples.  What the subject leaves open is decided by whether the mail has a diff and
 * whether it answers another one.  Keeps nothing between mails.
 */
#include "parse.h"

#include <stdio.h>

#define TITLE_BYTES \
    2048 /* more than a fact holds, so that the core notices that it cuts the title */

/* ---- the plugin --------------------------------------------------------------------------- */

static const struct patchmark_fact provides[] = {
    {"title", PATCHMARK_STRING, "the subject without reply prefixes and tags", "kvm: fix the lock"},
    {"reply", PATCHMARK_BOOL, "it has a reply prefix: Re:, Aw:, Fwd:, ...", "true"},
    {"patch", PATCHMARK_BOOL, "the tag is that of a posting: PATCH, n/N, or a version", "true"},
    {"pull", PATCHMARK_BOOL, "the tag has the word PULL, or GIT alone", "true"},
    {"part", PATCHMARK_INT, "the 2 of [PATCH 2/5]", "2"},
    {"total", PATCHMARK_INT, "the 5 of [PATCH 2/5]", "5"},
    {"version", PATCHMARK_INT, "the 3 of [PATCH v3]; not set if the subject has none", "3"},
    {"version_weak", PATCHMARK_BOOL, "the version is from the title: title (v2)", "true"},
    {"revision", PATCHMARK_STRING, "the 5.1 of [PATCH v5.1 10/12], parts of a series sent again",
     "5.1"},
    {"rfc", PATCHMARK_BOOL, "the tag has the word RFC", "true"},
    {"resend", PATCHMARK_BOOL, "the tag has the word RESEND or REPOST", "true"},
    {"backport", PATCHMARK_BOOL, "the tag names a stable branch", "true"},
    {"tree", PATCHMARK_LIST, "trees and projects that the tag names: net-next, stable 5.10",
     "net-next"},
    {"report", PATCHMARK_BOOL, "the tag is that of a report on a tree: [tree:branch 5/13]", "true"},
    {"list_tag", PATCHMARK_STRING, "a leading group that is no tag: a list's name, a ticket",
     "netdev"},
    {"flags", PATCHMARK_LIST, "those of rfc, resend, backport that are true", "rfc"},
    {0},
};

/* Sets the title with each run of blanks replaced by one space: folding of the header field adds
 * blanks that mean nothing. */
static int set_title(struct patchmark_facts *facts, struct patchmark_text title) {
    char text[TITLE_BYTES];
    size_t length = 0;
    bool blank = false;

    for (size_t i = 0; i < title.length && length < sizeof(text); i++) {
        bool was_blank = blank;

        blank = title.data[i] == ' ' || title.data[i] == '\t';
        if (!blank)
            text[length++] = title.data[i];
        else if (!was_blank)
            text[length++] = ' ';
    }
    return patchmark_fact_set_text(facts, "title", (struct patchmark_text){text, length});
}

static int add_tree(struct patchmark_facts *facts, const struct tree *tree) {
    char text[2 * WORD_BYTES + 3];
    int length = snprintf(text, sizeof(text), "%.*s%s%.*s", (int)tree->name.length, tree->name.data,
                          tree->branch.length > 0 ? " " : "", (int)tree->branch.length,
                          tree->branch.length > 0 ? tree->branch.data : "");

    return patchmark_fact_add_text(facts, "tree", (struct patchmark_text){text, (size_t)length});
}

static int add_flag(struct patchmark_facts *facts, const char *key) {
    return patchmark_fact_set_bool(facts, key, true) |
           patchmark_fact_add_string(facts, "flags", key);
}

static int classify(void *self, const struct patchmark_message *message,
                    struct patchmark_facts *facts) {
    const char *text = patchmark_message_header(message, "Subject", 0);
    struct subject subject;
    int failed;

    (void)self;
    subject_parse(text ? text : "", &subject);
    subject_settle(&subject, patchmark_fact_bool(facts, "patch.present"),
                   patchmark_message_is_reply(message));
    failed = set_title(facts, subject.title);
    if (subject.reply)
        failed |= patchmark_fact_set_bool(facts, "reply", true);
    if (subject.patch)
        failed |= patchmark_fact_set_bool(facts, "patch", true);
    if (subject.pull)
        failed |= patchmark_fact_set_bool(facts, "pull", true);
    if (subject.part >= 0)
        failed |= patchmark_fact_set_int(facts, "part", subject.part);
    if (subject.total >= 0)
        failed |= patchmark_fact_set_int(facts, "total", subject.total);
    if (subject.version >= 0)
        failed |= patchmark_fact_set_int(facts, "version", subject.version);
    if (subject.version_weak)
        failed |= patchmark_fact_set_bool(facts, "version_weak", true);
    if (subject.revision.length > 0)
        failed |= patchmark_fact_set_text(facts, "revision", subject.revision);
    if (subject.report)
        failed |= patchmark_fact_set_bool(facts, "report", true);
    if (subject.list_tag.length > 0)
        failed |= patchmark_fact_set_text(facts, "list_tag", subject.list_tag);
    if (subject.rfc)
        failed |= add_flag(facts, "rfc");
    if (subject.resend)
        failed |= add_flag(facts, "resend");
    if (subject.backport)
        failed |= add_flag(facts, "backport");
    for (size_t i = 0; i < subject.tree_count; i++)
        failed |= add_tree(facts, &subject.trees[i]);
    return failed ? -1 : 0;
}

static const char *const uses[] = {"patch.present", NULL};

static struct patchmark_plugin plugin = {
    .traits = PATCHMARK_PARALLEL,
    .name = "subject",
    .version = "1.0",
    .summary = "reads the tag, the numbering and the title from the subject",
    .provides = provides,
    .uses = uses,
    .classify = classify,
};
PATCHMARK_PLUGIN(plugin)
