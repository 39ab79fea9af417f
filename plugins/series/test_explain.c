/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_explain.c - what `patchmark classify --explain` says of series, topic and what is
 * superseded: each rung of the ladder and each sign, for the last of up to four mails.
 */
#include "test_series.h"

#include "plugin/facts.h"

/* Runs that start SECONDS after GIT. */
#define AFTER(seconds, counter) "202005090453" #seconds ".8" #seconds "-" #counter "-" AUTHOR

#define CHANGE "text\n\n---\nchange-id: 20200509-slug-0123456789ab\n"
#define HEAD_OF(name, blob)                                                         \
    "diff --git a/" name " b/" name "\nindex " blob "..789abcd 100644\n--- a/" name \
    "\n+++ b/" name "\n@@ -1 +1 @@\n"
#define TWO_FILES(line) "text\n---\n" HEAD_OF("x", "0123456") line HEAD_OF("y", "1123456") line

struct example {
    const char *what; /* the decision that is explained */
    const char *why;  /* text that one explanation of the last mail contains */
    struct post mails[4];
};

static bool is_explained(const struct example *example) {
    size_t count;
    const struct facts_explanation *all = facts_explanations(mail.facts, &count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].what, example->what) == 0 && strstr(all[i].why, example->why))
            return true;
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "%s: %s\n", all[i].what, all[i].why);
    return false;
}

static void examples_check(const struct example *examples, size_t count) {
    explained = true;
    for (size_t i = 0; i < count; i++) {
        forget();
        for (size_t j = 0; j < COUNT(examples->mails) && examples[i].mails[j].subject; j++)
            post(&examples[i].mails[j]);
        ck_assert_msg(is_explained(&examples[i]), "%s: %s", examples[i].what, examples[i].why);
    }
}

START_TEST(explains_each_rung) {
    static const struct example examples[] = {
        {"series",
         "seen before: the index has the mail in this series",
         {{.id = "1@x", .subject = "[PATCH] a b", .body = DIFF},
          {.id = "1@x", .subject = "[PATCH] a b", .body = DIFF}}},
        {"series",
         "seen before, but its sender used the Message-ID for another mail then",
         {{.id = "1@x", .subject = "[PATCH 1/2] a b"},
          {.id = "1@x", .subject = "[PATCH 2/2] c d"}}},
        {"series",
         "it refers to 0@x, a mail of this series",
         {{.id = "0@x", .subject = "[PATCH 0/2] a b"},
          {.id = "1@x", .subject = "[PATCH 1/2] c d", .answers = "0@x"}}},
        {"series",
         "the Message-IDs of one run of a tool such as git send-email, "
         "20200509045320.7559-*-" AUTHOR,
         {{.id = GIT(1), .subject = "[PATCH 0/2] a b"}}},
        {"series",
         "the Message-IDs of one run of a tool such as git send-email, ",
         {{.id = HASH(0) ".1589000000.git." AUTHOR, .subject = "[PATCH 0/2] a b"}}},
        {"series",
         "8000-*-" AUTHOR " are in this series",
         {{.id = GIT(1), .subject = "[PATCH 0/3] a b"},
          {.id = LATER(2), .subject = "[PATCH 3/3] g h", .answers = LATER(1), .at = 5 * MINUTE},
          {.id = LATER(1), .subject = "[PATCH 2/3] e f", .at = DAY}}},
        {"series",
         "7559-*-" AUTHOR ": the run made several series, and this is a later one",
         {{.id = GIT(1), .subject = "[PATCH 1/2] c d"},
          {.id = GIT(2), .subject = "[PATCH 2/2] e f", .answers = GIT(1)},
          {.id = GIT(3), .subject = "[PATCH 1/2] i j", .answers = GIT(1)}}},
        {"series",
         ", which have no cover; d0c1f6a2-1111@example.org, sent otherwise, is taken for it",
         {{.id = GIT(1), .subject = "[PATCH 1/2] c d", .answers = "d0c1f6a2-1111@example.org"}}},
        {"series",
         "each mail of this series was sent by a run of its own",
         {{.id = GIT(1), .subject = "[PATCH x 0/2] a b"},
          {.id = AFTER(21, 1), .subject = "[PATCH x 1/2] c d", .at = MINUTE}}},
        {"series",
         "earlier parts of this series refer to it",
         {{.id = "1@x", .subject = "[PATCH 1/2] c d", .answers = "0@x"},
          {.id = "0@x", .subject = "[PATCH 0/2] a b"}}},
        {"series",
         "it answers 0@x, which is not known",
         {{.id = "1@x", .subject = "[PATCH 1/2] c d", .answers = "0@x"}}},
        {"series",
         "it answers 0@x, which is in no series",
         {{.id = "0@x", .subject = "a b"},
          {.id = "1@x", .subject = "[PATCH 1/2] c d", .answers = "0@x"}}},
        {"series",
         "0@x, an earlier mail without tag, is its cover",
         {{.id = "0@x", .subject = "a b"},
          {.id = "1@x", .subject = "[PATCH 1/2] c d", .answers = "0@x"}}},
        {"series",
         "gone@x is not known, and this series of the same minutes",
         {{.id = "0@x", .subject = "[PATCH 0/2] a b"},
          {.id = "1@x", .subject = "[PATCH 1/2] c d", .answers = "gone@x", .at = MINUTE}}},
        {"series",
         "earlier parts of this series wait, too, for gone@x, which is not known",
         {{.id = "0@x", .subject = "[PATCH 0/2] a b"},
          {.id = "1@x", .subject = "[PATCH 1/2] c d", .answers = "gone@x", .at = MINUTE},
          {.id = "2@x", .subject = "[PATCH 2/2] e f", .answers = "gone@x", .at = MINUTE}}},
        {"series",
         "this series of the same author, version and total lacks the part",
         {{.id = "1@x", .subject = "[PATCH 1/2] c d"},
          {.id = "2@x", .subject = "[PATCH 2/2] e f", .at = MINUTE}}},
        {"series",
         "no earlier mail fits; the id is made of the Message-ID 2@x",
         {{.id = "1@x", .subject = "[PATCH 1/2] c d"},
          {.id = "2@x", .subject = "[PATCH 2/2] e f", .at = DAY}}},
        {"series",
         "its sender is unknown: its Message-ID",
         {{.id = "1@x", .subject = "[PATCH] c d", .from = ""}}},
        {"series",
         "is the same series: its parts wait for this mail",
         {{.id = "3@x", .subject = "[PATCH 3/3] a b", .answers = "2@x"},
          {.id = "1@x", .subject = "[PATCH 1/3] e f", .answers = "0@x", .at = DAY},
          {.id = "2@x", .subject = "[PATCH 2/3] c d", .answers = "1@x 0@x", .at = 2 * DAY}}},
        {"series",
         "none: it has no Message-ID",
         {{.id = NULL, .subject = "[PATCH] a b", .body = DIFF}}},
    };

    examples_check(examples, COUNT(examples));
}
END_TEST

START_TEST(explains_the_series_of_answers) {
    static const struct example examples[] = {
        {"series",
         "it refers to 1@x, a mail of this series",
         {{.id = "1@x", .subject = "[PATCH] a b", .body = DIFF},
          {.id = "r@y", .subject = "Re: [PATCH] a b", .answers = "1@x", .from = STRANGER}}},
        {"series",
         "which is not known; the Message-ID identifies the series",
         {{.id = "r@y", .subject = "Re: [PATCH] a b", .answers = GIT(1), .from = STRANGER}}},
        {"series",
         "none: it is no posting, and refers to no mail of a series",
         {{.id = "1@x", .subject = "how do I do this?"},
          {.id = "r@y", .subject = "Re: how do I do this?", .answers = "1@x", .from = STRANGER}}},
        {"topic",
         "that of the series",
         {{.id = "1@x", .subject = "[PATCH] a b", .body = DIFF},
          {.id = "r@y", .subject = "Re: [PATCH] a b", .answers = "1@x", .from = STRANGER}}},
    };

    examples_check(examples, COUNT(examples));
}
END_TEST

START_TEST(explains_each_sign_of_older_work) {
    static const struct example examples[] = {
        {"topic",
         "a new one; no older work was found",
         {{.id = "1@x", .subject = "[PATCH] a b", .body = DIFF}}},
        {"topic",
         "a new one, made of the change-id; no older work was found",
         {{.id = "1@x", .subject = "[PATCH 0/2] a b", .body = CHANGE}}},
        {"topic",
         "as it was when the mail was seen first",
         {{.id = "1@x", .subject = "[PATCH] a b", .body = DIFF},
          {.id = "1@x", .subject = "[PATCH] a b", .body = DIFF}}},
        {"topic",
         "that of the series",
         {{.id = "0@x", .subject = "[PATCH 0/2] a b"},
          {.id = "1@x", .subject = "[PATCH 1/2] c d", .answers = "0@x"}}},
        {"topic",
         "that of the series; no older work was found",
         {{.id = "0@x", .subject = "[PATCH v2 0/2] a b"},
          {.id = "1@x", .subject = "[PATCH v2 1/2] c d", .answers = "0@x"}}},
        {"topic",
         " (v1): that series has its change-id",
         {{.id = "1@x", .subject = "[PATCH 0/2] alpha beta", .body = CHANGE},
          {.id = "2@x", .subject = "[PATCH v2 0/2] other words", .body = CHANGE, .at = DAY}}},
        {"topic",
         " (v1): it names that series after Supersedes:",
         {{.id = "1@x.example", .subject = "[PATCH 0/2] alpha beta"},
          {.id = "2@x",
           .subject = "[PATCH 0/2] other words",
           .body = "Supersedes: <1@x.example>\n",
           .at = DAY}}},
        {"topic",
         " (v1): it names that series, whose title is similar",
         {{.id = "1@x.example", .subject = "[PATCH 0/2] net: widgets at last"},
          {.id = "2@x.example",
           .subject = "[PATCH v2 0/2] net: widgets at last, and more",
           .body = "v1: <1@x.example>\n",
           .at = DAY}}},
        {"topic",
         " (v1): it names that series of the same author",
         {{.id = "1@x.example", .subject = "[PATCH 0/2] alpha beta"},
          {.id = "2@x.example",
           .subject = "[PATCH v2 0/2] other words",
           .body = "v1: <1@x.example>\n",
           .at = DAY}}},
        {"topic",
         " (v1): it is below that series in the thread",
         {{.id = "0@x", .subject = "[PATCH 0/2] alpha beta"},
          {.id = "n@x", .subject = "[PATCH v2 0/2] other words", .answers = "0@x", .at = DAY}}},
        {"topic",
         " (v3): that series has the same title",
         {{.id = "0@x", .subject = "[PATCH v3 0/2] alpha beta"},
          {.id = "n@x", .subject = "[PATCH v4 0/2] alpha beta", .at = DAY}}},
        {"topic",
         " (v1): that series has a title of the same words",
         {{.id = "0@x", .subject = "[PATCH 0/2] net: fix the lock"},
          {.id = "n@x", .subject = "[PATCH v2 0/2] usb/net: Fix the Lock.", .at = DAY}}},
        {"topic",
         " (v1): that series has most of the titles that it lists",
         {{.id = "1@x", .subject = "[PATCH] net: fix the lock"},
          {.id = "n0@x",
           .subject = "[PATCH v2 0/3] gamma delta",
           .body = "  net: fix the lock\n",
           .at = DAY}}},
        {"topic",
         " (v1): its title is that of that series, cut or extended",
         {{.id = "1@x", .subject = "[PATCH] add support for gadgets"},
          {.id = "2@x", .subject = "[PATCH v2] add support for gadgets and widgets", .at = DAY}}},
        {"topic",
         " (v2): its number adds it to that series",
         {{.id = "0@x", .subject = "[PATCH v2 0/3] alpha beta"},
          {.id = "4@x", .subject = "[PATCH v2 4/3] gamma delta", .at = DAY}}},
        {"topic",
         " (v1): that series has the same patch",
         {{.id = "1@x", .subject = "[PATCH] alpha beta", .body = DIFF},
          {.id = "2@x", .subject = "[PATCH v2] gamma delta", .body = DIFF, .at = DAY}}},
        {"topic",
         " (v1): that series changes the same state of files",
         {{.id = "1@x", .subject = "[PATCH] alpha beta", .body = TWO_FILES("-a\n+b\n")},
          {.id = "2@x",
           .subject = "[PATCH v2] epsilon zeta",
           .body = TWO_FILES("-a\n+c\n"),
           .at = DAY}}},
        /* a part of a series whose first mail found nothing */
        {"topic",
         " (v1): that series has the same title",
         {{.id = "1@x", .subject = "[PATCH] net: fix the lock"},
          {.id = "n1@x", .subject = "[PATCH v2 1/3] net: fix the key", .at = DAY},
          {.id = "n2@x",
           .subject = "[PATCH v2 2/3] net: fix the lock",
           .answers = "n1@x",
           .at = DAY}}},
    };

    examples_check(examples, COUNT(examples));
}
END_TEST

START_TEST(explains_what_is_superseded) {
    static const struct example examples[] = {
        {"supersedes",
         "all of s1-",
         {{.id = "0@x", .subject = "[PATCH 0/2] alpha beta"},
          {.id = "n@x", .subject = "[PATCH v2 0/2] alpha beta", .at = DAY}}},
        {"supersedes",
         "parts of s1-",
         {{.id = "0@x", .subject = "[PATCH v7 00/74] alpha beta"},
          {.id = "39@x", .subject = "[PATCH v7 39/74] gamma delta", .answers = "0@x"},
          {.id = "n39@x",
           .subject = "[PATCH v7.2 39/74] gamma delta",
           .answers = "39@x 0@x",
           .at = DAY}}},
        {"supersedes",
         ": another author sent it",
         {{.id = "2@x.example", .subject = "[PATCH 0/2] other words"},
          {.id = "3@y.example",
           .subject = "[PATCH 0/2] third words",
           .from = STRANGER,
           .body = "Supersedes: <2@x.example>\n",
           .at = DAY}}},
        {"supersedes",
         ": it is for another branch",
         {{.id = "1@x", .subject = "[PATCH 6.1.y] lamp: fix it now", .body = DIFF},
          {.id = "2@x", .subject = "[PATCH 5.15.y v2] lamp: fix it now", .body = DIFF, .at = DAY}}},
        {"supersedes",
         ": that sign is too weak",
         {{.id = "0@x", .subject = "[PATCH v2 0/3] alpha beta"},
          {.id = "4@x", .subject = "[PATCH v2 4/3] gamma delta", .at = DAY}}},
        {"supersedes",
         ": the mail has no higher version",
         {{.id = "0@x", .subject = "[PATCH 0/2] alpha beta"},
          {.id = "n@x", .subject = "[PATCH 0/2] alpha beta", .at = DAY}}},
    };

    examples_check(examples, COUNT(examples));
}
END_TEST

/* The facts of a mail do not depend on whether it is explained. */
START_TEST(explains_only_if_asked) {
    size_t count;

    POST("1@x", "[PATCH] a b", .body = DIFF);
    facts_explanations(mail.facts, &count);
    ck_assert_uint_eq(count, 0);
}
END_TEST

SUITE(explain_suite) {
    const struct cases cases[] = {
        {"series", {explains_each_rung, explains_the_series_of_answers}},
        {"topic", {explains_each_sign_of_older_work, explains_what_is_superseded}},
        {"off", {explains_only_if_asked}},
    };

    return cases_suite("explain", cases, COUNT(cases), 20);
}
