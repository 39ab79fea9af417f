/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_applied_parts.c - which patches a mail says were applied, as which commits, and whether
 * these are all.
 */
#define TESTS applied_parts
#include "support/local.h"

#include "support/support.h"

#include "applied-words.h"
#include "automation.c"
#include "body.h"
#include "commits.h"
#include "match.h"
#include "pattern.h"
#include "table.h"

#include "test_automation.h"

#define ADA       "From: Ada <ada@example.org>\n"
#define ANSWER    "In-Reply-To: <1-a@example.org>\n"
#define ON(tag)   ANSWER "Subject: Re: " tag " lamp: dim it\n\n"
#define PERSON    ADA ON("[PATCH v2 0/3]")
#define PATCHWORK "From: patchwork-bot+lamps@example.org\n" ON("[PATCH net-next,v3 0/2]")
#define HASH      "0123456789abcdef0123456789abcdef01234567"
#define OTHER     "fedcba9876543210fedcba9876543210fedcba98"
#define THIRD     "00112233445566778899aabbccddeeff00112233"

/* Returns the items of a mail, each in brackets with "|" for a tab, and "all" or "some" if the mail
 * says which. */
static const char *parts_of(const char *raw) {
    static char text[8192];
    const char *item;

    support_classify(pipeline, NULL, &mail, raw);
    text[0] = '\0';
    for (size_t i = 0; (item = patchmark_fact_item(mail.facts, "automation.applied_parts", i)); i++)
        strcat(strcat(strcat(text, "["), item), "]");
    for (char *at = text; *at; at++)
        *at = *at == '\t' ? '|' : *at;
    if (patchmark_fact_is_set(mail.facts, "automation.partial"))
        strcat(text, patchmark_fact_bool(mail.facts, "automation.partial") ? " some" : " all");
    return text;
}

struct parts_example {
    const char *why, *mail, *parts;
};

static void expect_parts(const struct parts_example *examples, size_t count) {
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(strcmp(parts_of(examples[i].mail), examples[i].parts) == 0, "%s: '%s'",
                      examples[i].why, parts_of(examples[i].mail));
}

/* ---- lists -------------------------------------------------------------------------------- */

START_TEST(test_lists) {
    static const struct parts_example examples[] = {
        {"b4",
         PERSON "Applied to lamps (for-next), thanks!\n\n[1/3] lamp: Dim it\n"
                "      commit: " HASH "\n[2/3] lamp: and out\n      commit: " OTHER
                "\n[3/3] lamp: on\n      commit: " THIRD "\n\nBest regards,\n-- \nAda\n",
         "[1|" HASH "||lamp: Dim it][2|" OTHER "||lamp: and out][3|" THIRD "||lamp: on] all"},
        {"CR LF", PERSON "Applied, thanks!\r\n\r\n[1/1] lamp: Dim it\r\n      commit: " HASH "\r\n",
         "[1|" HASH "||lamp: Dim it] all"},
        {"links and a wrapped title",
         PERSON "Applied, thanks!\n\n[01/12] lamp: a title that is so\n"
                "        long that it takes two lines\n"
                "        https://git.example.org/Lamps/c/0123456789ab\n",
         "[1|0123456789ab|https://git.example.org/Lamps/c/0123456789ab|"
         "lamp: a title that is so long that it takes two lines] some"},
        {"no commit is known, but the mail says applied",
         PERSON "Applied, thanks!\n\n[1/2] lamp: dim\n      (no commit info)\n"
                "[2/2] lamp: off\n      (no commit info)\n",
         "[1|||lamp: dim][2|||lamp: off] all"},
        {"some have no commit: they were not applied",
         PERSON "Applied, thanks!\n\n[1/2] lamp: dim\n      commit: " HASH
                "\n[2/2] lamp: off\n      (no commit info)\n",
         "[1|" HASH "||lamp: dim] some"},
        {"a subset",
         ADA ON(
             "(subset) [PATCH v2 0/2]") "Applied, thanks!\n\n[1/2] lamp: dim\n      commit: " HASH
                                        "\n[2/2] lamp: off\n      (no commit info)\n",
         "[1|" HASH "||lamp: dim] some"},
        {"a subset, listed alone",
         ADA ON(
             "(subset) [PATCH v2 0/2]") "Applied, thanks!\n\n[2/2] lamp: dim\n      commit: " HASH
                                        "\n",
         "[2|" HASH "||lamp: dim] some"},
        {"a title with (subset) is none",
         ADA ANSWER "Subject: Re: [PATCH 0/1] lamp: (subset) of it\n\nApplied, thanks!\n\n"
                    "[1/1] lamp: (subset) of it\n      commit: " HASH "\n",
         "[1|" HASH "||lamp: (subset) of it] all"},
        {"patchwork-bot",
         PATCHWORK "Hello:\n\nThis series was applied to lamps/next.git (main)\n"
                   "by Ada <ada@example.org>:\n\nOn Mon, 2 Mar 2026 you wrote:\n> a\n\n"
                   "Here is the summary with links:\n  - [net-next,v3,1/2] lamp: dim\n"
                   "    https://git.example.org/lamps/next/c/0123456789ab\n"
                   "  - [net-next,v3,2/2] lamp: off\n"
                   "    https://git.example.org/lamps/next/c/fedcba987654\n\n"
                   "You are awesome, thank you!\n",
         "[1|0123456789ab|https://git.example.org/lamps/next/c/0123456789ab|lamp: dim]"
         "[2|fedcba987654|https://git.example.org/lamps/next/c/fedcba987654|lamp: off] all"},
        {"... with one that is missing",
         PATCHWORK "Hello:\n\nThis series was applied to lamps/next.git (main)\n"
                   "by Ada <ada@example.org>:\n\nHere is the summary with links:\n"
                   "  - [net-next,v3,1/2] lamp: dim\n    (no matching commit)\n"
                   "  - [net-next,v3,2/2] lamp: off\n"
                   "    https://git.example.org/lamps/next/c/fedcba987654\n",
         "[2|fedcba987654|https://git.example.org/lamps/next/c/fedcba987654|lamp: off] some"},
        {"... without numbers",
         "From: patchwork-bot+lamps@example.org\n" ON(
             "[PATCH]") "This patch was applied to lamps/next.git (main):\n\n"
                        "Here is the summary with links:\n  - [net-next,v2] lamp: dim\n"
                        "    https://git.example.org/lamps/next/c/0123456789ab\n",
         "[|0123456789ab|https://git.example.org/lamps/next/c/0123456789ab|lamp: dim]"},
        {"... without brackets, and another link",
         "From: patchwork-bot+lamps@example.org\n" ON(
             "[PATCH]") "This patch was applied to lamps/next.git (main):\n\n"
                        "Here is the summary with links:\n  - lamp: dim\n"
                        "    https://git.example.org/pub/scm/lamps.git/?id=0123456789ab\n",
         "[|0123456789ab|https://git.example.org/pub/scm/lamps.git/?id=0123456789ab|lamp: dim]"},

        {"the tool knew one patch of two",
         ADA ON("[PATCH v2 2/2]") "Applied, thanks!\n\n[1/1] lamp: dim it\n      commit: " HASH
                                  "\n",
         "[2|" HASH "||lamp: dim it] some"},
        {"... of one",
         ADA ON("[PATCH v2 1/1]") "Applied, thanks!\n\n[1/1] lamp: dim it\n      commit: " HASH
                                  "\n",
         "[1|" HASH "||lamp: dim it] all"},
        {"... of two, and lists both",
         ADA ON("[PATCH v2 1/2]") "Applied, thanks!\n\n[1/2] lamp: dim it\n      commit: " HASH
                                  "\n[2/2] lamp: off\n      commit: " OTHER "\n",
         "[1|" HASH "||lamp: dim it][2|" OTHER "||lamp: off] all"},

        /* near misses */
        {"quoted", PERSON "> [1/3] lamp\n>   commit: " HASH "\n\nApplied, thanks.\n", ""},
        {"not applied", PERSON "[1/1] lamp: dim it\n      commit: " HASH "\n", ""},
        {"no commit follows", PERSON "Applied, thanks!\n\n[1/3] needs a word\n[2/3] looks good\n",
         ""},
        {"the commit comes too late",
         PERSON "Applied, thanks!\n\n[1/3] one\ntwo\nthree\nfour\ncommit: " HASH "\n", ""},
        {"below the signature", PERSON "Applied.\n-- \n[1/1] lamp\n  commit: " HASH "\n", ""},
        {"no hash", PERSON "Applied.\n\n[1/2] lamp\n    commit: 12\n", ""},
        {"a backport",
         ADA "Subject: Patch \"lamp: dim it\" has been added to the 5.4-stable tree\n\n"
             "[1/1] lamp\n  commit: " HASH "\n",
         ""},
    };

    expect_parts(examples, COUNT(examples));
}
END_TEST

/* ---- robots ------------------------------------------------------------------------------- */

START_TEST(test_robots) {
    static const struct parts_example examples[] = {
        {"tip-bot",
         "From: tip-bot2@example.org\n" ANSWER "Subject: x86/mm: Fix it\n\n"
         "The following commit has been merged into the x86/mm branch of tip:\n\n"
         "Commit-ID:     " HASH "\nGitweb:        https://git.example.org/tip/" HASH
         "\nAuthor:        Ada <ada@example.org>\nCommitterDate: Mon, 2 Mar 2026 10:00:00 Z\n\n"
         "x86/mm: Fix it\n\nThis fixes\ncommit " OTHER "\n",
         "[|" HASH "|https://git.example.org/tip/" HASH "|x86/mm: Fix it]"},
        {"a push",
         ADA "X-Git-Refname: refs/heads/main\nX-Git-Newrev: " OTHER
             "\nSubject: [SCM] lamps\n\n- Log ---------------------------------\ncommit " OTHER
             "\nAuthor: Ada\nDate:   Mon\n\n    lamp: Off\n\n    It hurts.\n\ncommit " HASH
             "\nAuthor: Ada\n\n    lamp: dim it\n",
         "[|" OTHER "||lamp: Off][|" HASH "||lamp: dim it]"},
        {"one commit of a push",
         ADA "X-Git-Refname: refs/heads/main\nX-Git-Rev: " HASH
             "\nSubject: lamps: dim it\n\nThis is what\ncommit " OTHER "\nshould have done.\n",
         "[|" HASH "||lamps: dim it]"},
        {"a forge",
         "From: noreply@github.com\nSubject: [lamp/lamp] 012345: Dim it\n\n"
         "  Branch: refs/heads/master\n  Home: https://example.org/lamp\n  Commit: " HASH
         "\n      https://example.org/lamp/commit/" HASH "\n  Author: Ada\n\n"
         "  Changed paths:\n    M a.c\n\n  Log Message:\n  -----------\n  Dim it\n",
         "[|" HASH "|https://example.org/lamp/commit/" HASH "|]"},
        {"pr-tracker-bot",
         "From: pr-tracker-bot@example.org\n" ANSWER "Subject: Re: [GIT PULL] lamps\n\n"
         "The pull request you sent on Monday:\n\n> https://git.example.org/lamps tags/lamps-1\n\n"
         "has been merged into ada/lamps.git:\nhttps://git.example.org/ada/c/" HASH
         "\n\nThank you!\n",
         "[|" HASH "|https://git.example.org/ada/c/" HASH "|]"},
        {"patch-bot",
         ADA "Subject: patch \"lamp: dim \"it\"\" added to lamps-next\n\nFrom " HASH
             " Mon Sep 17 00:00:00 2001\n",
         "[|" HASH "||lamp: dim \"it\"]"},
    };

    expect_parts(examples, COUNT(examples));
}
END_TEST

/* ---- words -------------------------------------------------------------------------------- */

START_TEST(test_words) {
    static const struct {
        const char *text, *parts; /* an answer to a series of three */
    } examples[] = {
        {"Patches 1-3 applied, thanks.", "[1|||][2|||][3|||] all"},
        {"Patches 1 and 2 applied, thanks.", "[1|||][2|||] some"},
        {"Patch 1 applied, thanks.", "[1|||] some"},
        {"Patch 1/3 applied, thanks.", "[1|||] some"},
        {"Patch 1 and patch 3 applied, thanks.", "[1|||][3|||] some"},
        {"Patches 1, 2 and 3 are now applied, thanks.", "[1|||][2|||][3|||] all"},
        {"Thanks, patches 2 and 3 of this series applied to my lamps-next branch.",
         "[2|||][3|||] some"},
        {"Applied 1 and 2, thanks.", "[1|||][2|||] some"},
        {"Applied 2-3, thanks.", "[2|||][3|||] some"},
        {"Applied #2, thanks.", "[2|||] some"},
        {"Applied 1/3, thanks.", "[1|||] some"},
        {"I've applied patches 1 through 2, thanks.", "[1|||][2|||] some"},
        {"Applied patches 1, 2, 3, thanks.", "[1|||][2|||][3|||] all"},
        {"I've applied the first two patches, thanks.", "[1|||][2|||] some"},
        {"Merged the first patch, thanks.", "[1|||] some"},
        {"Patch 2 applied as 0123abc, thanks.", "[2|0123abc||] some"},
        {"Applied as 0123abc, thanks.", "[|0123abc||]"},
        {"OK, I've applied this set, minus #2 which was applied elsewhere.", "[1|||][3|||] some"},
        {"Series applied, except patch 3.", "[1|||][2|||] some"},
        {"Applied all but the last patch, thanks.", " some"},
        {"Partially applied, thanks.", " some"},

        {"Series applied, thanks.", " all"},
        {"Applied the series, thanks.", " all"},
        {"Applied the whole series to lamps-next, thanks.", " all"},
        {"Whole patchset merged. Thanks!", " all"},
        {"All applied, thanks.", " all"},
        {"Applied all, thanks.", " all"},
        {"All three patches applied, thanks.", " all"},
        {"Series applied after fixing up the type in patch 2.", " all"},
        {"I've pushed the series out.", " all"},
        {"I've pushed out the series, thanks.", " all"},
        {"merged the 7 patch series", " all"},
        {"Merged the 7-patch series into lamps for-next, thanks.", " all"},
        {"Applied the three patch set, thanks.", " all"},

        /* near misses */
        {"Applied, thanks.", ""},
        {"Both patches applied, thanks.", ""}, /* of three */
        {"Patch applied, thanks.", ""},
        {"2 patches applied, thanks.", ""},
        {"Applied 2 patches, thanks.", ""},
        {"Applied 2, thanks.", ""},
        {"Merged the 7 patch thanks.", ""},
        {"Merged the 7-patch fix of the series, thanks.", ""},
        {"Merged one patch of the series, thanks.", ""},
        {"Applied, thanks. Bob merged the 7 patch series.", ""},
        {"Applied, thanks. Patch 2 needs work.", ""},
        {"Applied, thanks. Patches 2-3 can be applied next week.", ""},
        {"Applied, thanks. Patches 2-3 are not applied.", ""},
        {"Applied, thanks. Has patch 2 been applied?", ""},
        {"Applied, thanks. Patch 2 was applied by Bob.", ""},
        {"Applied, thanks. Once the series is applied, rebase it.", ""},
        {"Applied, thanks. With patch 2 applied, it works.", ""},
        {"Applied, thanks. Patch 2 applied cleanly.", ""},
        {"Applied for 5.10, thanks.", ""},
        {"Applied, thanks. Patch 7 is applied.", ""},
        {"Applied, thanks. Version 2 merged.", ""},
        {"Applied, thanks.\n\n> Series applied.\n", ""},
    };
    char raw[1024];

    for (size_t i = 0; i < COUNT(examples); i++) {
        snprintf(raw, sizeof(raw), PERSON "%s\n", examples[i].text);
        ck_assert_msg(strcmp(parts_of(raw), examples[i].parts) == 0, "%s: '%s'", examples[i].text,
                      parts_of(raw));
    }
}
END_TEST

START_TEST(test_totals) {
    static const struct parts_example examples[] = {
        {"two", ADA ON("[PATCH 0/2]") "Both patches applied, thanks.\n", " all"},
        {"both", ADA ON("[PATCH 1/2]") "Applied both, thanks.\n", " all"},
        {"unknown", ADA ON("[PATCH]") "Both applied, thanks.\n", " all"},
        {"numbers of an unknown total", ADA ON("[PATCH]") "Patches 1-2 applied, thanks.\n",
         "[1|||][2|||]"},
        {"the first of an unknown total",
         ADA ON("[PATCH]") "Applied the first 2 patches, thanks.\n", "[1|||][2|||] some"},
        {"a list and words",
         ADA ON("[PATCH 0/3]") "Applied patches 1 and 2, thanks!\n\n[1/3] lamp: dim\n"
                               "      commit: " HASH "\n[2/3] lamp: off\n      commit: " OTHER "\n",
         "[1|" HASH "||lamp: dim][2|" OTHER "||lamp: off] some"},
    };

    expect_parts(examples, COUNT(examples));
}
END_TEST

/* Numbers, titles and links at their limits, and one past them. */
START_TEST(test_limits) {
    char raw[4096], expected[4096], title[600], link[400];

    snprintf(raw, sizeof(raw), ADA ON("[PATCH]") "Patch %d applied, thanks.\n", PART_MAX);
    ck_assert_str_eq(parts_of(raw), "[500|||]");
    snprintf(raw, sizeof(raw), ADA ON("[PATCH]") "Patch %d applied, thanks.\n", PART_MAX + 1);
    ck_assert_str_eq(parts_of(raw), "");
    ck_assert_str_eq(parts_of(ADA ON("[PATCH]") "Patches 99999999999999999999-3 applied.\n"), "");
    ck_assert_str_eq(parts_of(ADA ON("[PATCH]") "Patches 3-1 applied, thanks.\n"), "");

    memset(title, 'a', sizeof(title));
    for (int more = 0; more < 2; more++) {
        snprintf(raw, sizeof(raw), PERSON "Applied, thanks!\n\n[1/1] %.*sä\n  commit: " HASH "\n",
                 510 + more, title);
        snprintf(expected, sizeof(expected), "[1|" HASH "||%.*s%s] all", 510 + more, title,
                 more ? "" : "ä");
        ck_assert_str_eq(parts_of(raw), expected);
    }
    for (int more = 0; more < 2; more++) {
        snprintf(link, sizeof(link), "https://example.org/%.*s/c/" HASH, 193 + more, title);
        snprintf(raw, sizeof(raw), PERSON "Applied, thanks!\n\n[1/1] lamp\n  %s\n", link);
        snprintf(expected, sizeof(expected), "[1|" HASH "|%s|lamp] all", more ? "" : link);
        ck_assert_str_eq(parts_of(raw), expected);
    }
}
END_TEST

SUITE(applied_parts_suite) {
    Suite *suite = suite_create("automation: applied parts");
    TCase *parts = tcase_create("applied parts");

    tcase_add_checked_fixture(parts, setup, teardown);
    tcase_add_test(parts, test_lists);
    tcase_add_test(parts, test_robots);
    tcase_add_test(parts, test_words);
    tcase_add_test(parts, test_totals);
    tcase_add_test(parts, test_limits);
    suite_add_tcase(suite, parts);
    return suite;
}
