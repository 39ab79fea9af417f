/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_said.c - facts of mail besides its kind, with the shipped table: the verdict of a report,
 * the commits that were made from a patch, and their tree.
 */
#define TESTS said
#include "support/local.h"

#include "support/support.h"

#include "automation.c"
#include "body.h"
#include "commits.h"
#include "match.h"
#include "pattern.h"
#include "table.h"

#include "test_automation.h"

#define ON_PATCH \
    "In-Reply-To: <1-a@example.org>\nSubject: Re: [PATCH v2 1/3] lamp: warning, fail\n\n"
#define PERSON        "From: Ada <ada@example.org>\n" ON_PATCH
#define LKP           "From: kernel test robot <lkp@example.org>\n"
#define PATCHWORK     "From: patchwork-bot+lamps@example.org\n" ON_PATCH
#define TIP           "From: tip-bot2@example.org\nSubject: [tip: x86/mm] x86/mm: Fix it\n\n"
#define SUBJECT(text) "From: a@example.org\nSubject: " text "\n\n"
#define HASH          "0123456789abcdef0123456789abcdef01234567"
#define OTHER         "fedcba9876543210fedcba9876543210fedcba98"
#define SHA256        HASH "0123456789abcdef01234567"

/* ---- verdicts ------------------------------------------------------------------------------- */

START_TEST(test_verdicts) {
    static const struct {
        const char *mail, *verdict; /* NULL if there is none */
    } examples[] = {
        {LKP ON_PATCH "I love your patch! Yet something to improve:\n\n"
                      "[auto build test ERROR on next]\n[also build test ERROR on v5.8]\n",
         "fail"},
        {LKP ON_PATCH "Thank you for the patch! Perhaps something to improve:\n\n"
                      "[auto build test WARNING on next]\n",
         "warning"},
        {LKP ON_PATCH "Hi Ada,\n\nkernel test robot noticed the following build errors:\n", "fail"},
        {LKP ON_PATCH "Hi Ada,\n\nkernel test robot noticed the following build warnings:\n",
         "warning"},
        {LKP ON_PATCH "Hello,\n\nkernel test robot noticed \"WARNING:at_lamp.c\" on:\n", "fail"},
        {LKP ON_PATCH "Greeting,\n\nFYI, we noticed a -12.3% regression of lamps.per_second\n",
         "fail"},
        {LKP "Subject: [next:master 1/2] lamp.c:1:2: error: no dim\n\n", "fail"},
        {LKP "Subject: [next:master 1/2] lamp.c:1:2: sparse: warning: no dim\n\n", "warning"},
        {LKP "Subject: [next:master] BUILD SUCCESS " HASH "\n\n", "pass"},
        {LKP "Subject: [next:master] BUILD SUCCESS WITH WARNING " HASH "\n\n", "warning"},
        {LKP "Subject: [next:master] BUILD REGRESSION " HASH "\n\n", "fail"},
        /* The title of a patch and quoted text contain no verdict. */
        {LKP ON_PATCH "\n> build failed\n\nHi.\n", NULL},
        {SUBJECT("|SUCCESS| pw12 [PATCH] lamp: fix a warning"), "pass"},
        {SUBJECT("|WARNING| pw12 [PATCH] lamp: dim it"), "warning"},
        {SUBJECT("|FAILURE| pw12 [PATCH] lamp: dim it"), "fail"},
        {SUBJECT("=?utf-8?b?4pyT?= Fi.CI.BAT: success for lamp: failure (rev2)"), "pass"},
        {SUBJECT("=?utf-8?b?4pyX?= Fi.CI.BAT: failure for lamp: success (rev2)"), "fail"},
        /* The verdict is the word before "for". */
        {SUBJECT("=?utf-8?b?4pyX?= Xe.CI.Full: failure for lamp: success for some"), "fail"},
        {SUBJECT("=?utf-8?b?4pyT?= CI.KUnit: success for lamp: failure for all"), "pass"},
        {SUBJECT("=?utf-8?b?4pyX?= CI.checkpatch: warning for lamp: error for all"), "warning"},
        {"From: builds.sr.ht <builds@sr.example.org>\nSubject: [lamp/patches] build success\n\n",
         "pass"},
        {"From: builds.sr.ht <builds@sr.example.org>\nSubject: [lamp/patches] build failed\n\n",
         "fail"},
        {"From: stv@example.org\n" ON_PATCH "Test-Label: lamp\nTest-Status: FAILURE\n", "fail"},
        {"From: stv@example.org\n" ON_PATCH "Test-Label: fail\nTest-Status: SUCCESS\n", "pass"},
        {"From: stv@example.org\n" ON_PATCH "Test-Label: lamp\nTest-Status: WARNING\n", "warning"},
        {"From: bot+ci@example.org\n" ON_PATCH
         "CI has tested the following submission:\nStatus:     FAILURE\n",
         "fail"},
        {"From: bot+ci@example.org\n" ON_PATCH
         "CI has tested the following submission:\nStatus:     SUCCESS\n",
         "pass"},
        {"From: noreply@example.org\nSubject: lamp: build failed for main\n\n", "fail"},
        {"From: noreply@example.org\nSubject: lamp: tests passed for main\n\n", "pass"},
        {SUBJECT("Build failed in Jenkins: lamp #12"), "fail"},
        {SUBJECT("Jenkins build is back to normal : lamp #13"), "pass"},
        {SUBJECT("FAILED: patch \"[PATCH] lamp\" failed to apply to 5.4-stable tree"), "fail"},
        {"From: cki-project@example.org\nSubject: =?utf-8?b?4pyF?= PASS: Test report for kernel "
         "5.8.1 (lamps)\n\n",
         "pass"},
        {"From: cki-project@example.org\nSubject: =?utf-8?b?4p2M?= FAIL: Test report for kernel "
         "5.8.1 (lamps)\n\n",
         "fail"},
        {"From: bot@kernelci.org\nSubject: next/master boot: 20 boots: 10 failed, 10 passed\n\n",
         "fail"},
        {"From: bot@kernelci.org\nSubject: next/master boot: 20 boots: 0 failed, 20 passed\n\n",
         "pass"},
        {"From: osstest@example.org\nSubject: [xen test] 12: regressions - FAIL\n\n", "fail"},
        {"From: osstest@example.org\nSubject: [xen test] 12: tolerable FAIL - PUSHED\n\n", "pass"},
        {"From: no-reply@patchew.org\n" ON_PATCH "Hi,\n\nThis series failed the docker build.\n",
         "fail"},
        {"From: no-reply@patchew.org\n" ON_PATCH
         "Hi,\n\nThis series seems to have some coding style problems.\n",
         "warning"},
        {"From: zuul@example.org\n" ON_PATCH "Build succeeded.\n", "pass"},
        {"From: zuul@example.org\n" ON_PATCH "Build failed.\n", "fail"},
        {"From: lamp-bot@example.org\n" ON_PATCH "CheckPatch   PASS   0.50 seconds\n"
         "BuildKernel  FAIL   25.0 seconds\n",
         "fail"},
        {"From: lamp-bot@example.org\n" ON_PATCH "CheckPatch   PASS   0.50 seconds\n"
         "BuildKernel  PASS   25.0 seconds\n",
         "pass"},
        {"From: lamp-bot@example.org\n" ON_PATCH "The build test PASS and FAIL lamps are on.\n",
         NULL},
        {"From: lamp-bot@example.org\n" ON_PATCH "checkpatch:\nERROR: Author needs to sign off.\n",
         "fail"},
        {"From: lamp-bot@example.org\n" ON_PATCH "checkpatch:\nWARNING: Line is too long\n",
         "warning"},
        {"From: lamp-bot@example.org\n" ON_PATCH "Your patch could not be applied:\n", "fail"},
        {"From: syzbot+1@example.org\n" ON_PATCH
         "syzbot ci has tested the following series\n\n[v2] lamp\n\nand found the following "
         "issue:\nWARNING in lamp_dim\n",
         "fail"},
        {"From: lamp-bot@example.org\n" ON_PATCH "Run 1: 3 failures, 120 passes\n", "fail"},
        {"From: lamp-bot@example.org\n" ON_PATCH "Run 1: 0 failures, 123 passes\n", "pass"},
        {"From: lamp-ci@example.org\n" ON_PATCH "2 of 30 tests failed.\n", "fail"},
        {"From: lamp-ci@example.org\n" ON_PATCH "0 tests failed, all 30 tests passed.\n", "pass"},
        {"From: lamp-bot@example.org\n" ON_PATCH "FAIL: test commit message presence\n", "fail"},
        {"From: lamp-bot@example.org\n" ON_PATCH "Overall result: FAILED\n", "fail"},
        {"From: lamp-bot@example.org\n" ON_PATCH "We test whether the lamp is on.\n", NULL},
        {"From: jenkins-ci@example.org\nSubject: lamp - Build # 127 - Failure!\n\n", "fail"},
        {"From: jenkins-ci@example.org\nSubject: lamp - Build # 126 - Fixed!\n\n", "pass"},
        {"From: jenkins-ci@example.org\nSubject: lamp tests: 0 failed, 20 passed\n\n", "pass"},
        {"From: builds@travis-ci.org\nSubject: Broken: lamp/lampd#124 (main - 12)\n\n", "fail"},
        {"From: ci_notify@example.org\nSubject: [TCWG CI] lamp patch #12: PASS\n\n", "pass"},
        {"From: builder@example.org\nSubject: Buildbot (Lamps): lamp - warnings compile (main)\n\n",
         "warning"},
        {"From: bot@kernelci.org\nSubject: [REGRESSION] next/master: (build) no dim\n\n", "fail"},
        {"From: ci_notify@example.org\nSubject: [TCWG CI] lamp patch #12: FAIL: 3 regressions\n\n",
         "fail"},
        {"From: builder@example.org\nSubject: Buildbot (Lamps): lamp - build successful (main)\n\n",
         "pass"},
        {"From: builder@example.org\nSubject: Buildbot (Lamps): lamp - failed test (main)\n\n",
         "fail"},
        {"From: Lamp Bot <a@example.org>\n" ON_PATCH "PASS\n", "pass"},
        {"From: a@example.org\n" ON_PATCH "Results from Linaro\u2019s test farm.\n"
         "No regressions on arm64, arm and x86_64.\n",
         "pass"},
        {"From: a@example.org\n" ON_PATCH
         "[This is an automated email]\n\nThe bot has tested the following trees: v5.8, v5.4.\n\n"
         "v5.8: Build OK!\nv5.4: Failed to apply! Possible dependencies:\n",
         "fail"},
        {"From: a@example.org\n" ON_PATCH
         "[This is an automated email]\n\nThe bot has tested the following trees: v5.8.\n\n"
         "v5.8: Build OK!\n",
         "pass"},
        {"From: syzbot+1@example.org\n" ON_PATCH
         "syzbot has tested the proposed patch and the reproducer did not\ntrigger any issue:\n",
         "pass"},
        {"From: syzbot+1@example.org\n" ON_PATCH
         "syzbot has tested the proposed patch but the reproducer is still\n"
         "triggering an issue:\n",
         "fail"},
        {"From: a@example.org\nX-GitLab-Pipeline-Status: failed\nSubject: lamp | master\n\n",
         "fail"},
        /* The report of a bug has no verdict, whatever its title is. */
        {"From: syzbot+1@example.org\nSubject: [syzbot] WARNING in lamp_dim\n\nHello,\n", NULL},
        {"From: bugzilla@example.org\nX-Bugzilla-Type: new\nSubject: [Bug 1] New: build failed\n\n",
         NULL},
        /* Mail of people, and of robots that is not a report. */
        {PERSON "auto build test ERROR\n", NULL},
        {"From: Ada <ada@example.org>\nSubject: [BUG] build failed\n\nBuild failed.\n", NULL},
        {TIP "Build failed.\n", NULL},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        const char *found;

        support_classify(pipeline, NULL, &mail, examples[i].mail);
        found = patchmark_fact_string(mail.facts, "automation.verdict");
        ck_assert_msg(found && examples[i].verdict ? strcmp(found, examples[i].verdict) == 0
                                                   : found == examples[i].verdict,
                      "'%s', expected '%s':\n%s", found ? found : "-",
                      examples[i].verdict ? examples[i].verdict : "-", examples[i].mail);
    }
}
END_TEST

/* Tables of operators without verdicts are valid, and such tables may define verdicts. */
START_TEST(test_verdict_of_own_table) {
    static const char text[] = "[robot lamp-ci]\nsender is lamp-ci@*\nkind report\n"
                               "[verdict pass]\nsubject is *: bright\n"
                               "[verdict fail]\nline is dark\n[verdict warning]\nline is dim\n";

    pipeline_release(pipeline);
    pipeline = pipeline_with(write_file("own.conf", text, sizeof(text) - 1));
    support_classify(pipeline, NULL, &mail,
                     "From: lamp-ci@example.org\nSubject: lamp: bright\n\nDim\n\nDark\n");
    ck_assert_str_eq(patchmark_fact_string(mail.facts, "automation.verdict"), "pass");
    /* The first section in the table counts, not the first matching line of the mail. */
    support_classify(pipeline, NULL, &mail,
                     "From: lamp-ci@example.org\nSubject: lamp\n\nDim\n\nDark\n");
    ck_assert_str_eq(patchmark_fact_string(mail.facts, "automation.verdict"), "fail");
}
END_TEST

/* ---- commits ---------------------------------------------------------------------------------
 */

/* Returns the commits of a mail, each followed by a blank. */
static const char *commits_of(const char *raw) {
    static char text[COMMITS_MAX * (COMMIT_HEX + 1) + 1];
    const char *hex;

    support_classify(pipeline, NULL, &mail, raw);
    text[0] = '\0';
    for (size_t i = 0; (hex = patchmark_fact_item(mail.facts, "automation.commits", i)); i++)
        strcat(strcat(text, hex), " ");
    return text;
}

START_TEST(test_commits) {
    static const struct {
        const char *why, *mail, *commits;
    } examples[] = {
        {"tip-bot",
         TIP "The following commit has been merged into the x86/mm branch of tip:\n\n"
             "Commit-ID:     " HASH "\nGitweb:        https://git.example.org/tip/" HASH
             "\n\nx86/mm: Fix it\n\nThis fixes\ncommit " OTHER "\n\n"
             "Fixes: 89abcdef0123 (\"x86\")\n",
         HASH " "},
        {"thanks of b4",
         PERSON "Applied to lamps (for-next), thanks!\n\n[1/3] lamp: dim it\n"
                "      commit: " HASH "\n[2/3] lamp: and out\n"
                "      (no commit info)\n[3/3] lamp: on\n"
                "      commit: " OTHER "\n",
         HASH " " OTHER " "},
        {"... with links",
         PERSON "Applied, thanks!\n\n[01/12] lamp: a title that is so\n"
                "        long that it takes two lines\n"
                "        https://git.example.org/lamps/c/0123456789ab\n",
         "0123456789ab "},
        {"patchwork-bot",
         PATCHWORK
         "Hello:\n\nThis series was applied to lamps/next.git (main)\nby Ada <ada@example.org>:\n\n"
         "Here is the summary with links:\n  - [next,v2,1/2] lamp: dim it\n"
         "    https://git.example.org/lamps/next/c/0123456789ab\n"
         "  - [next,v2,2/2] lamp: off\n    (no matching commit)\n",
         "0123456789ab "},
        {"pr-tracker-bot",
         "From: pr-tracker-bot@example.org\n" ON_PATCH "The pull request you sent on Monday:\n\n"
         "> https://git.example.org/lamps tags/lamps-1\n\n"
         "has been merged into ada/lamps.git:\nhttps://git.example.org/ada/c/" HASH "\n",
         HASH " "},
        {"cgit",
         PATCHWORK "This patch was applied.\n\n"
                   "https://git.example.org/lamps.git/commit/?id=" HASH "\n",
         HASH " "},
        {"a forge",
         PATCHWORK "This patch was applied.\n\n"
                   "https://git.example.org/lamps/-/commit/" HASH "\n",
         HASH " "},
        {"gitweb",
         PATCHWORK "This patch was applied.\n\n"
                   "https://git.example.org/?p=lamps.git;a=commit;h=" HASH "\n",
         HASH " "},
        {"a push",
         "From: a@example.org\nX-Git-Refname: refs/heads/main\nX-Git-Newrev: " OTHER
         "\nSubject: [SCM] lamps\n\n- Log ---------------------------------\ncommit " OTHER
         "\nAuthor: Ada\n\n    lamp: off\n\ncommit " HASH "\nAuthor: Ada\n\n    lamp: dim it\n",
         OTHER " " HASH " "},
        {"a branch that was deleted",
         "From: a@example.org\nX-Git-Refname: refs/heads/old\nX-Git-Newrev: "
         "0000000000000000000000000000000000000000\nSubject: [SCM] lamps\n\n",
         ""},
        {"one commit of a push",
         "From: a@example.org\nX-Git-Refname: refs/heads/main\nX-Git-Rev: " HASH
         "\nSubject: lamps: dim it\n\nThis is what\ncommit " OTHER "\nshould have done.\n",
         HASH " "},
        {"a repository with SHA-256", TIP "Commit-ID: " SHA256 "\n", SHA256 " "},
        {"patch-bot prints it",
         SUBJECT("patch \"lamp: dim it\" added to lamps-next") "From " HASH
                                                               " Mon Sep 17 00:00:00 2001\n",
         HASH " "},
        {"in upper case", TIP "Commit-ID: 0123456789ABCDEF\n", "0123456789abcdef "},
        {"said in words", PERSON "Applied as 0123abc, thanks.\n", "0123abc "},
        {"... with more", PERSON "Looks good!\n\nPushed to main as commit 0123abcdef.\n",
         "0123abcdef "},
        /* Commits that are only mentioned. */
        {"the stable tree",
         SUBJECT(
             "Patch \"lamp: dim it\" has been added to the 5.4-stable tree") "From " HASH
                                                                             " Mon Sep 17 00:00:00 "
                                                                             "2001\n\ncommit " HASH
                                                                             " upstream."
                                                                             "\n\ncommit " HASH
                                                                             "\n",
         ""},
        {"the one that is fixed", PERSON "Applied, thanks.\n\nFixes: 0123456789ab (\"lamp\")\n",
         ""},
        {"one that is discussed",
         PERSON "Applied, thanks.\n\nBut see this one:\n\ncommit " HASH
                "\nhttps://git.example.org/lamps/c/" HASH "\ncommit: " HASH "\n",
         ""},
        {"one that is quoted", PERSON "> [1/1] lamp\n>   commit: " HASH "\n\nApplied, thanks.\n",
         ""},
        {"a date", PERSON "Applied as 20200304, thanks.\n", ""},
        {"the same as another", PERSON "Applied, the same as 0123abc.\n", ""},
        {"a version", PERSON "Applied.\n\n[1/2] lamp\n    commit: 12\n", ""},
        {"a word of hex letters", PERSON "Applied as feedbed, oh well.\n", "feedbed "},
        {"not applied", PERSON "[1/1] lamp: dim it\n      commit: " HASH "\n", ""},
        {"below the signature", PERSON "Applied.\n-- \n[1/1] lamp\n  commit: " HASH "\n", ""},
    };

    for (size_t i = 0; i < COUNT(examples); i++)
        ck_assert_msg(strcmp(commits_of(examples[i].mail), examples[i].commits) == 0, "%s: '%s'",
                      examples[i].why, commits_of(examples[i].mail));
}
END_TEST

START_TEST(test_commits_max) {
    char raw[40000] = PERSON "Applied, thanks!\n\n";
    const char *last;

    for (int i = 0; i <= COMMITS_MAX; i++)
        sprintf(raw + strlen(raw), "[%d/201] lamp: part %d\n  commit: %012x\n", i + 1, i + 1,
                i + 0xabc000);
    commits_of(raw);
    ck_assert_uint_eq(patchmark_fact_count(mail.facts, "automation.commits"), COMMITS_MAX);
    last = patchmark_fact_item(mail.facts, "automation.commits", COMMITS_MAX - 1);
    ck_assert_str_eq(last, "000000abc0c7"); /* 0xabc000 + 199 */
}
END_TEST

/* ---- trees ----------------------------------------------------------------------------------- */

START_TEST(test_trees) {
    static const struct {
        const char *mail, *tree; /* NULL if there is none */
    } examples[] = {
        {PERSON "Applied to arm64 (for-next/Fixes), thanks!\n", "arm64 (for-next/Fixes)"},
        {PERSON "Applied to next, thanks!\n", "next"},
        {PERSON "Applied to lamps.next.\n", "lamps.next"},
        {PERSON "Thanks, patches 3 and 4 of this series applied to my lamps-next branch.\n",
         "lamps-next"},
        {PERSON "2 patches applied to the lamps-next branch of lamps.git, thanks.\n",
         "lamps.git (lamps-next)"},
        {PERSON "This series has been applied to lamps/next.\n", "lamps/next"},
        {PERSON "Pushed to main, thanks.\n", "main"},
        {PERSON "Added to misc-next, thanks.\n", "misc-next"},
        {TIP "The following commit has been merged into the x86/mm branch of tip:\n",
         "tip (x86/mm)"},
        {PATCHWORK "This patch was applied to netdev/net.git (main)\nby Ada <ada@example.org>:\n",
         "netdev/net.git (main)"},
        {SUBJECT("Patch \"lamp: was added to nothing\" has been added to the 5.4-stable tree"),
         "5.4-stable"},
        {SUBJECT("patch \"lamp: dim it\" added to usb-next"), "usb-next"},
        /* Not trees. */
        {PERSON "Applied, thanks.\n", NULL},
        {PERSON "Applied, thanks. It should be applied to lts too.\n", NULL},
        {PERSON "Applied all to my tree, thanks.\n", NULL},
        {PERSON "Queued, thanks. I added to this some words.\n", NULL},
        {PERSON "Applied for 5.9.\n", NULL},
        {PERSON "Applied, and pushed to 5.9.\n", NULL},
        {PERSON "Let us see if this was applied to main.\n", NULL},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        const char *found;

        support_classify(pipeline, NULL, &mail, examples[i].mail);
        found = patchmark_fact_string(mail.facts, "automation.tree");
        ck_assert_msg(found && examples[i].tree ? strcmp(found, examples[i].tree) == 0
                                                : found == examples[i].tree,
                      "'%s', expected '%s':\n%s", found ? found : "-",
                      examples[i].tree ? examples[i].tree : "-", examples[i].mail);
    }
}
END_TEST

/* A name that is too long for a tree is ignored. */
START_TEST(test_long_tree) {
    char raw[400];

    for (size_t length = TREE_BYTES / 2 - 3; length <= TREE_BYTES / 2 - 2; length++) {
        char name[TREE_BYTES];
        const char *found;

        memset(name, 'a', length);
        name[length] = '\0';
        snprintf(raw, sizeof(raw), PERSON "Applied to %s (%s), thanks.\n", name, name);
        support_classify(pipeline, NULL, &mail, raw);
        found = patchmark_fact_string(mail.facts, "automation.tree");
        ck_assert(length < TREE_BYTES / 2 - 2 ? found && strlen(found) == 2 * length + 3 : !found);
    }
}
END_TEST

SUITE(said_suite) {
    Suite *suite = suite_create("automation: said");
    TCase *said = tcase_create("said");

    tcase_add_checked_fixture(said, setup, teardown);
    tcase_add_test(said, test_verdicts);
    tcase_add_test(said, test_verdict_of_own_table);
    tcase_add_test(said, test_commits);
    tcase_add_test(said, test_commits_max);
    tcase_add_test(said, test_trees);
    tcase_add_test(said, test_long_tree);
    suite_add_tcase(suite, said);
    return suite;
}
