/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_automation.c - the robots in the shipped table, the kind of their mail, and the option
 * `table`.
 */
#define TESTS automation
#include "support/local.h"

#include "support/support.h"

#include "automation.c"
#include "body.h"
#include "commits.h"
#include "match.h"
#include "pattern.h"
#include "table.h"

#include "test_automation.h"

#define FROM(address)   "From: Somebody <" address ">\n"
#define NAMED(name)     "From: " name " <a@example.org>\n"
#define SUBJECT(text)   "Subject: " text "\n"
#define ANSWER          "In-Reply-To: <1-a@example.org>\n"
#define ANSWER_TO_PATCH ANSWER SUBJECT("Re: [PATCH v2 1/3] lamp: dim it")
#define DIFF            "\n---\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"

START_TEST(test_commits) {
    static const struct example examples[] = {
        {FROM("a@example.org") "X-GitLab-Project: lamp\n" SUBJECT(
             "[Git][lamps/lamp][main] dim it") "\nAda pushed to branch main at lamps / lamp\n",
         "gitlab commit automated applied"},
        {FROM("git@example.org")
             SUBJECT("[lamp.git] annotated tag v1 created") "\nThis is an automated email from the "
                                                            "git hooks/post-receive script.\n",
         "git commit automated applied"},
        {FROM("git@example.org") SUBJECT(
             "[lamp.git] branch master updated: dim it") "\nThis is an automated email from the "
                                                         "git hooks/post-receive script.\n",
         "git commit automated applied"},
        {FROM("a@example.org")
             SUBJECT("[lamp-cvs] lamp: dim.c,1.4,1.5") "\nUpdate of /cvsroot/lamp\nIn directory "
                                                       "/tmp/cvs-serv1\n",
         "cvs commit automated applied"},
        {FROM("tip-bot2@example.org") ANSWER SUBJECT("[tip: x86/mm] x86/mm: Fix it") DIFF,
         "tip-bot2 commit automated applied"},
        {NAMED("tip-bot for Ada") "Robot-ID: <tip-bot.git.example.org>\n" SUBJECT(
             "[tip:x86/mm] x86/mm: Fix it") DIFF,
         "tip-bot commit automated applied"},
        {FROM("a@example.org")
             SUBJECT("Patch \"lamp: dim it\" has been added to the 5.4-stable tree") DIFF,
         "stable-bot commit automated backport applied"},
        {FROM("a@example.org") "X-stable: commit\n" SUBJECT("anything") "\n",
         "stable-bot commit automated backport applied"},
        {FROM("a@example.org") SUBJECT("patch \"lamp: dim it\" added to usb-next") DIFF,
         "patch-bot commit automated applied"},
        {FROM("a@example.org") ANSWER SUBJECT("Applied \"lamp: dim it\" to the lamps tree") DIFF,
         "applied-notice commit automated applied"},
        {FROM("patchwork-bot+netdev@example.org") ANSWER_TO_PATCH
         "\nHello:\n\nThis series was applied to netdev/net-next.git (main)\nby Ada:\n",
         "patchwork-bot commit automated applied"},
        {FROM("patchwork-bot+notify@example.org")
             SUBJECT("Git patchwork summary") "\nHello:\n\nThe following patches were marked "
                                              "\"accepted\", because they were applied to\n"
                                              "x.git (next):\n",
         "patchwork-bot commit automated applied"},
        {FROM("pr-tracker-bot@example.org") ANSWER SUBJECT(
             "Re: [GIT PULL] lamps") "\nThe pull request you sent has been merged into x.git:\n",
         "pr-tracker-bot commit automated applied"},
        {FROM("a@example.org") "X-PR-Tracked-Message-Id: <1@example.org>\n" ANSWER SUBJECT(
             "Re: [GIT PULL] lamps") "\n",
         "pr-tracker-bot commit automated applied"},
        {FROM("a@example.org") SUBJECT("+ lamp-dim-it.patch added to -mm tree") DIFF,
         "mm-commits commit automated applied"},
        {FROM("a@example.org") SUBJECT("+ lamp-dim-it.patch added to mm-unstable branch") DIFF,
         "mm-commits commit automated applied"},
        {FROM("a@example.org") SUBJECT("[merged mm-stable] lamp-dim-it.patch removed from -mm tree")
             DIFF,
         "mm-commits commit automated applied"},
        {FROM("a@example.org") SUBJECT("[obsolete] lamp-dim-it.patch removed from -mm tree") DIFF,
         "mm-commits other automated"},
        {FROM("a@example.org") "X-Git-Refname: refs/heads/master\n" SUBJECT("[lamp] Dim it") DIFF,
         "git commit automated applied"},
        {FROM("a@example.org") "X-Git-Repository: lamp\nX-Git-Committer: Ada\n" SUBJECT(
             "git: 0123abcd - main - Dim it") DIFF,
         "git commit automated applied"},
        {FROM("a@example.org") SUBJECT("[git:media_tree/master] media: dim it") DIFF,
         "git commit automated applied"},
        {FROM("a@example.org") "X-SVN-Group: head\n" SUBJECT("svn commit: r1 - head") DIFF,
         "svn commit automated applied"},
        {FROM("a@example.org") SUBJECT("r12345 - trunk/lamp") "\nAuthor: ada\n"
                                                              "Date: 2020-04-06 10:00:00\n"
                                                              "New Revision: 12345\n",
         "svn commit automated applied"},
        {FROM("a@example.org") SUBJECT("CVS: src/lamp") "\nModule name:\tsrc\n"
                                                        "Changes by:\tada\t2020/04/06 10:00:00\n",
         "cvs commit automated applied"},
        {FROM("a@example.org") "X-Hg-Notification: changeset 1\n" SUBJECT("lamp: dim it") DIFF,
         "hg commit automated applied"},
        {FROM("a@example.org") "X-Gerrit-MessageType: merged\n" SUBJECT(
             "Change in lamp[master]: Dim it") "\n",
         "gerrit commit automated applied"},
        {FROM("notifications@github.com") "X-GitHub-Reason: author\n" ANSWER SUBJECT(
             "Re: [lamp/lamp] Dim it (#12)") "\nMerged #12 into master.\n",
         "github commit automated applied"},
        {FROM("noreply@github.com") SUBJECT(
             "[lamp/lamp] 0123ab: Dim it") "\n  Branch: refs/heads/master\n  Commit: 0123ab\n",
         "github commit automated applied"},
    };

    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(test_reports_on_patches) {
    static const struct example examples[] = {
        {"From: kernel test robot <lkp@example.org>\n" ANSWER_TO_PATCH
         "\nHi Ada,\n\nI love your patch! Yet something to improve:\n",
         "kernel-test-robot report automated"},
        {NAMED("kbuild test robot") ANSWER_TO_PATCH "\n", "kernel-test-robot report automated"},
        {"From: no-reply@patchew.org\n" ANSWER_TO_PATCH "\nHi,\n\nThis series failed the build.\n",
         "patchew report automated"},
        {FROM("a@example.org")
             ANSWER SUBJECT("=?utf-8?b?4pyX?= Fi.CI.BAT: failure for lamp: dim it (rev2)") "\n",
         "intel-gfx-ci report automated"},
        {FROM("a@example.org") SUBJECT("|WARNING| pw123 [PATCH] lamp: dim it") "\n",
         "dpdk-ci report automated"},
        {FROM("a@example.org") ANSWER_TO_PATCH
         "\n[This is an automated email]\n\nHi,\n\nThis commit has been processed because it\n"
         "contains a -stable tag.\nThe bot has tested the following trees: v5.8.\n",
         "stable-bot report automated"},
        {FROM("a@example.org") ANSWER_TO_PATCH
         "\nHi,\n\nThis is the friendly patch-bot of Ada.  You have sent her a patch.\n",
         "patch-bot report automated"},
        {FROM("a@example.org") ANSWER_TO_PATCH
         "\nResults from Linaro\u2019s test farm.\nNo regressions.\n",
         "lkft report automated"},
        {FROM("lamp.test.bot@example.org") ANSWER_TO_PATCH
         "\nThis is automated email and please do not reply!\n",
         "robot report automated"},
        {FROM("robot@example.org") ANSWER_TO_PATCH "\nBleep bloop.\n", "robot report automated"},
        {NAMED("Lamp Bot") ANSWER_TO_PATCH "\nPASS\n", "robot report automated"},
        {FROM("zuul@example.org") ANSWER_TO_PATCH "\nBuild failed.\n", "zuul report automated"},
        {FROM("syzbot+0123@example.org") ANSWER_TO_PATCH "\nsyzbot has tested the patch\n",
         "syzbot report automated"},
        {FROM("builds@sr.example.org") ANSWER SUBJECT("[~ada/lamp/patches] build failed") "\n",
         "sourcehut report automated"},
        {NAMED("builds.sr.ht") ANSWER SUBJECT("[~ada/lamp/patches] build success") "\n",
         "sourcehut report automated"},
        {FROM("bot+lamp-ci@example.org") ANSWER_TO_PATCH
         "\nDear patch submitter,\n\nCI has tested the following submission:\n"
         "Status:     SUCCESS\n",
         "bpf-ci report automated"},
        {FROM("stv@example.org") ANSWER_TO_PATCH
         "\nTest-Label: lamp-dim-testing\nTest-Status: FAILURE\nhttp://example.org/1\n",
         "dpdk-ci report automated"},
        {FROM("a@example.org")
             ANSWER SUBJECT("=?utf-8?b?4pyT?= Xe.CI.BAT: success for lamp: dim it") "\n",
         "intel-gfx-ci report automated"},
        {FROM("a@example.org")
             ANSWER SUBJECT("=?utf-8?b?4pyX?= LGCI.VerificationFailed: failure for lamp") "\n",
         "intel-gfx-ci report automated"},
        {FROM("jenkins@example.org") ANSWER_TO_PATCH
         "\nBuild FAILED, see https://ci.example.org/job/lamp/12/console\n",
         "jenkins report automated"},
        {"From: Lamp CI <jenkins-lamps@example.org>\n" ANSWER_TO_PATCH "\nHm.\n",
         "jenkins report automated"},
        {FROM("ci@example.org") ANSWER_TO_PATCH "\nAll 12 tests passed.\n",
         "robot report automated"},
        {NAMED("Lamp Bot") ANSWER_TO_PATCH "\nBuild 12 failed on arm64.\n",
         "robot report automated"},
        {FROM("a@example.org") ANSWER_TO_PATCH "\nHi!\n\nI am a bot, and I found errors.\n",
         "robot report automated"},
    };

    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(test_reports_that_open_threads) {
    static const struct example examples[] = {
        {FROM("syzbot+0123@example.org") SUBJECT("[syzbot] KASAN: use-after-free in lamp_dim") "\n",
         "syzbot report automated"},
        {NAMED("lamps") "X-Google-Appengine-App-Id: s~syzkaller\n" SUBJECT("general fault") "\n",
         "syzbot report automated"},
        {FROM("lkp@example.org") SUBJECT("[linux-next:master 1/2] lamp.c:1: error: no dim") "\n",
         "kernel-test-robot report automated"},
        {FROM("bot@kernelci.org") SUBJECT("next/master baseline: 10 runs, 1 regressions") "\n",
         "kernelci report automated"},
        {FROM("lkft@example.org") SUBJECT("[REGRESSION] lkft kselftest for next") "\n",
         "lkft report automated"},
        {FROM("cki-project@example.org") SUBJECT("PASS: Test report for kernel 5.8.1") "\n",
         "cki report automated"},
        {"From: osstest service owner <osstest@example.org>\n" SUBJECT(
             "[xen-unstable test] 1: regressions - FAIL") "\n",
         "osstest report automated"},
        {FROM("a@example.org") SUBJECT("[autobuild.buildroot.net] Daily results for 2020") "\n",
         "buildroot-autobuild report automated"},
        {FROM("a@example.org") SUBJECT("cron job: media_tree daily build: WARNINGS") "\n",
         "media-daily-build report automated"},
        {FROM("a@example.org") SUBJECT("Build failed in Jenkins: lamp #12") "\n",
         "jenkins report automated"},
        {FROM("builder@example.org") SUBJECT("Buildbot (Somewhere): lamp - failed test") "\n",
         "buildbot report automated"},
        {FROM("a@example.org") SUBJECT("lamp-debian failed") "\nThe Buildbot has detected a failed "
                                                             "build on builder lamp-debian.\n",
         "buildbot report automated"},
        {FROM("azuredevops@microsoft.com") SUBJECT("[Build failed] lamp - main - 0123abcd") "\n",
         "azure-pipelines report automated"},
        {FROM("scan-admin@coverity.com")
             SUBJECT("New Defects reported by Coverity Scan for lamp") "\n",
         "coverity report automated"},
        {NAMED("coverity-bot") SUBJECT("Coverity: lamp_dim(): NULL_RETURNS") "\n",
         "coverity report automated"},
        {NAMED("\"Regzbot (on behalf of Ada)\"") SUBJECT("Regressions report") "\n",
         "regzbot report automated"},
        {FROM("a@example.org") SUBJECT(
             "FAILED: patch \"[PATCH] lamp: dim it\" failed to apply to 5.4-stable tree") "\n",
         "stable-bot report automated backport"},
        {FROM("a@example.org") "X-GitLab-Pipeline-Status: failed\nX-GitLab-Project: lamp\n" SUBJECT(
             "lamp | Failed pipeline for master") "\n",
         "gitlab report automated"},
        {FROM("noreply@example.org") SUBJECT("BUG #16345: the lamp does not dim") "\n",
         "postgresql-bugs report automated"},
        {FROM("ci-noreply@example.org") SUBJECT("lamp-ci: build failed for main") "\n",
         "robot report automated"},
        {FROM("ci@example.org") SUBJECT("lamp: 3 tests failed on main") "\n",
         "robot report automated"},
        {FROM("jenkins@example.org") SUBJECT("lamp - Build # 12 - Still Failing!") "\n",
         "jenkins report automated"},
        {"From: Jenkins <jenkins@example.org>\n" SUBJECT("lamp nightly") "\n",
         "jenkins report automated"},
    };

    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(test_tickets) {
    static const struct example examples[] = {
        {FROM("bugzilla-daemon@example.org") "X-Bugzilla-Type: new\n" SUBJECT(
             "[Bug 12] New: no dim") "\n",
         "bugzilla report automated"},
        {FROM("bugzilla-daemon@example.org") "X-Bugzilla-Type: changed\n" ANSWER SUBJECT(
             "[Bug 12] no dim") "\n",
         "bugzilla automated"},
        {FROM("bugzilla-daemon@example.org") SUBJECT("[Bug 12] New: no dim") "\n",
         "bugzilla report automated"},
        {FROM("bugbot@example.org") SUBJECT("no dim") "\nAda writes via Bugzilla:\n",
         "bugbot report automated"},
        {FROM("bugbot@example.org") ANSWER SUBJECT("Re: no dim") "\n", "bugbot automated"},
        {FROM("12@bugs.launchpad.net") SUBJECT("[Bug 12] [NEW] no dim") "\nPublic bug reported:\n",
         "launchpad report automated"},
        {FROM("12@bugs.launchpad.net") "X-Launchpad-Bug: "
                                       "product=lamp\nX-Launchpad-Message-Rationale:"
                                       " Subscriber\n" ANSWER SUBJECT("[Bug 12] Re: no dim") "\n",
         "launchpad automated"},
        {FROM("owner@bugs.debian.org") ANSWER SUBJECT("Processed: severity of 12") "\n",
         "debian-bts automated"},
        {FROM("help-debbugs@example.org") SUBJECT("bug#12: Acknowledgement (no dim)") "\n",
         "debbugs automated"},
        {FROM("jira@example.org") "X-JIRA-FingerPrint: 0\n" SUBJECT(
             "[jira] [Created] (LAMP-1) No dim") "\n",
         "jira report automated"},
        {FROM("jira@example.org") "X-JIRA-FingerPrint: 0\n" SUBJECT(
             "[jira] [Commented] (LAMP-1) No dim") "\n",
         "jira automated"},
        {FROM("lamp@example.org") "X-Trac-Ticket-ID: 12\n" SUBJECT("[lamp] #12: No dim") "\n",
         "trac report automated"},
        {FROM("lamp@example.org") "X-Trac-Ticket-ID: 12\n" ANSWER SUBJECT(
             "Re: [lamp] #12: No dim") "\n",
         "trac automated"},
        {FROM("ftpmaster@example.org") SUBJECT("Bug#12: fixed in lamp 1.0-2") "\n",
         "debian-archive automated"},
        {FROM("git@apache.org") SUBJECT("[GitHub] [lamp] ada opened a new pull request, #12") "\n",
         "github automated"},
        {FROM("notifications@github.com") "X-GitHub-Sender: ada\nX-GitHub-Reason: mention\n" ANSWER
             SUBJECT("Re: [lamp/lamp] Dim it (#12)") "\nPlease do.\n",
         "github automated"},
        {FROM("gitlab@example.org") "X-GitLab-Project: lamp\n" ANSWER SUBJECT(
             "Re: lamp | Dim it") "\n",
         "gitlab automated"},
        {FROM("a@example.org") "X-Gerrit-MessageType: comment\n" ANSWER SUBJECT(
             "Change in lamp[master]: Dim it") "\n",
         "gerrit automated"},
        {"From: \"Ada Long (Code Review)\" <gerrit@example.org>\n" ANSWER SUBJECT(
             "Change in lamp[master]: Dim it") "\nAda Long has submitted this change.\n",
         "gerrit commit automated applied"},
        {"From: \"Ada Long (Code Review)\" <gerrit@example.org>\n" ANSWER SUBJECT(
             "[S] Change in lamp[master]: Dim it") "\nPatch Set 2: Code-Review+1\n",
         "gerrit automated"},
        {"From: Patchwork <patchwork@example.org>\n" SUBJECT(
             "[lamps] Patch notification: 2 patches updated") "\n",
         "patchwork other automated"},
        {"From: Forge bot account <a@example.org>\n" SUBJECT("[PR PATCH] lamp: dim it") "\n",
         "robot automated"},
        {"From: Forge bot account via lamps <lamps@example.org>\n" ANSWER SUBJECT(
             "Re: lamp: dim it") "\nNew comment by ada:\n",
         "robot automated"},
    };

    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(test_mail_itself) {
    static const struct example examples[] = {
        {FROM("a@example.org") "Auto-Submitted: auto-replied\n" ANSWER SUBJECT("Re: lamps") "\n",
         "autoresponder reply automated"},
        {FROM("a@example.org") "Auto-Submitted: auto-replied (vacation)\n" SUBJECT("away") "\n",
         "autoresponder reply automated"},
        {FROM("a@example.org") "Precedence: auto_reply\n" SUBJECT("away") "\n",
         "autoresponder reply automated"},
        {FROM("a@example.org") "X-Autoreply: yes\n" SUBJECT("away") "\n",
         "autoresponder reply automated"},
        {FROM("a@example.org") SUBJECT("Automatic reply: [PATCH 1/3] lamp: dim it") "\n",
         "autoresponder reply automated"},
        {FROM("a@example.org") SUBJECT("Out of Office: lamps") "\n",
         "autoresponder reply automated"},
        {FROM("a@example.org") SUBJECT("=?utf-8?q?R=C3=A9ponse_automatique_=3A_lamps?=") "\n",
         "autoresponder reply automated"},
        {FROM("a@example.org") "X-Auto-Response-Suppress: All\n" ANSWER SUBJECT(
             "=?utf-8?q?Automatick=C3=A1_odpov=C4=9B=C4=8F=3A_[PATCH]_lamp=3A_dim_it?=") "\n",
         "autoresponder reply automated"},
        {FROM("a@example.org") "Auto-Submitted: auto-generated\n" ANSWER SUBJECT(
             "Abwesend: [PATCH] lamp: dim it") "\n",
         "autoresponder reply automated"},
        {FROM("MAILER-DAEMON@example.org") SUBJECT("Undelivered Mail Returned to Sender") "\n",
         "mail-system other automated"},
        {FROM("MAILER-DAEMON@example.org") "Auto-Submitted: auto-replied\n" SUBJECT(
             "Undelivered Mail Returned to Sender") "\n",
         "mail-system other automated"},
        {FROM("postmaster@example.org") ANSWER SUBJECT("Undeliverable: [PATCH] lamp: dim it") "\n",
         "mail-system other automated"},
        {FROM("postmaster@example.org") ANSWER
         "Auto-Submitted: auto-replied\n" SUBJECT("Unzustellbar: [PATCH] lamp") "\n",
         "mail-system other automated"},
        {FROM("postmaster@example.org") SUBJECT("Delivery Status Notification (Failure)") "\n",
         "mail-system other automated"},
        {FROM("lamps-request@example.org") SUBJECT("Lamps Digest, Vol 12, Issue 3") "\n",
         "list-manager other automated"},
        {FROM("lamps-bounces@example.org") "X-List-Administrivia: yes\n" SUBJECT("confirm 1") "\n",
         "list-manager other automated"},
        {FROM("a@example.org") "Auto-Submitted: auto-generated\n" SUBJECT("Weekly numbers") "\n",
         "robot automated"},
        {FROM("a@example.org") "Auto-Submitted: no\nPrecedence: list\n" SUBJECT("lamps") "\n", "-"},
        {FROM("ftpmaster@example.org") SUBJECT("Accepted lamp 1.0-1 (source) into unstable") "\n",
         "debian-archive announce automated"},
        {FROM("no-reply@example.org") SUBJECT("Weekly numbers") "\n", "robot automated"},
    };

    expect_all(examples, COUNT(examples));
}
END_TEST

/* A patch that a robot sends has the kind of a patch; the kind in the table does not apply. */
START_TEST(test_patches_of_robots) {
    static const struct example examples[] = {
        {FROM("lkp@example.org") SUBJECT("[PATCH] lamp: fix it") DIFF,
         "kernel-test-robot automated"},
        {FROM("lkp@example.org") ANSWER SUBJECT("[RFC] [PATCH] lamp: lamp_dim() can be static")
             DIFF,
         "kernel-test-robot automated"},
        {FROM("update-bot@example.org") SUBJECT("[PATCH 1/2] lamp: update it") "\n",
         "robot automated"},
        /* ... and these are from people. */
        {FROM("a@example.org") "X-stable: review\n" SUBJECT(
             "[PATCH AUTOSEL 5.4 1/330] lamp: dim it") DIFF,
         "-"},
        {FROM("a@example.org") SUBJECT("[PATCH] lamp: kernel panic on an oops, BUG: crash") DIFF,
         "-"},
        {FROM("a@example.org") SUBJECT("[PATCH 0/2] Announce bugs") "\nCall Trace:\n", "-"},
        {FROM("a@example.org") SUBJECT("[GIT PULL] fixes for a crash") "\n", "-"},
    };

    expect_all(examples, COUNT(examples));
}
END_TEST

/* Mail of people that resembles the mail of robots. */
START_TEST(test_people) {
    static const struct example examples[] = {
        {FROM("abbot@example.org") SUBJECT("lamps") "\n", "-"},
        {FROM("robotics@example.org") SUBJECT("lamps") "\n", "-"},
        {NAMED("Ada Botha") SUBJECT("lamps") "\n", "-"},
        {FROM("cindy@example.org") SUBJECT("lamps") "\n", "-"},
        {FROM("a@example.org") ANSWER SUBJECT("Re: [tip: x86/mm] x86/mm: Fix it") "\nWhy?\n", "-"},
        {FROM("a@example.org") ANSWER SUBJECT("Re: Patch \"lamp: dim it\" has been added to the "
                                              "5.4-stable tree") "\nPlease drop it.\n",
         "-"},
        {FROM("a@example.org")
             ANSWER SUBJECT("Re: [syzbot] KASAN: use-after-free in lamp_dim") "\n#syz test\n",
         "-"},
        {FROM("a@example.org") ANSWER_TO_PATCH
         "\nOn Monday, kernel test robot <lkp@example.org> wrote:\n"
         "> [This is an automated email]\n> Applied, thanks.\n\nHm.\n",
         "-"},
        /* Names and addresses that programs have too. */
        {"From: Alice Jenkins <jenkins@example.org>\n" ANSWER_TO_PATCH "\nLooks good.\n", "-"},
        {"From: Alice Jenkins <jenkins.alice@example.org>\n" SUBJECT("[PATCH] lamp: fix the build "
                                                                     "failure") DIFF,
         "-"},
        {"From: Alice Jenkins <a.jenkins@example.org>\n" SUBJECT("How do I dim it") "\n", "-"},
        {"From: Jan Bot <jan@example.org>\n" ANSWER_TO_PATCH "\nLooks good.\n", "-"},
        {"From: Jan Bot <jan@example.org>\n" ANSWER_TO_PATCH "\nThe build fails for me.\n", "-"},
        {"From: Alice Jenkins <jenkins.alice@example.org>\n" ANSWER_TO_PATCH
         "\nThe tests failed here.\n",
         "-"},
        {"From: Jan Bot <bot@example.org>\n" ANSWER_TO_PATCH "\nLooks good to me.\n", "-"},
        {"From: Carl Imhof <ci@example.org>\n" ANSWER_TO_PATCH "\nWhy?\n", "-"},
        {"From: Carl Imhof <ci@example.org>\n" SUBJECT("[PATCH] tests: fix the failed build") DIFF,
         "-"},
        {"From: Ada <postmaster@example.org>\n" ANSWER_TO_PATCH "\nLooks good.\n", "-"},
        {"From: Ada <postmaster@example.org>\n" SUBJECT("[PATCH] lamp: dim it") DIFF, "-"},
        {"From: Bob <builder@example.org>\n" ANSWER_TO_PATCH "\nLooks good.\n", "-"},
        /* Answers to robots, and mail about them. */
        {FROM("a@example.org") ANSWER SUBJECT(
             "Re: =?utf-8?b?4pyX?= Fi.CI.BAT: failure for lamp: dim it") "\nFlaky.\n",
         "-"},
        {FROM("a@example.org") ANSWER SUBJECT("Re: Fi.CI.BAT: failure for lamp") "\nFlaky.\n", "-"},
        {FROM("a@example.org") ANSWER SUBJECT("Re: [lamp/patches] build failed") "\nMine.\n", "-"},
        {FROM("a@example.org") ANSWER SUBJECT("Re: |FAILURE| pw12 [PATCH] lamp") "\nMine.\n", "-"},
        {FROM("a@example.org")
             ANSWER SUBJECT("Re: [lamps] Patch notification: 1 patch updated") "\nThanks.\n",
         "-"},
        {FROM("a@example.org") ANSWER SUBJECT("Re: Change in lamp[master]: Dim it") "\nFine.\n",
         "-"},
        {FROM("a@example.org") SUBJECT("Change in behaviour of the dimmer") "\nHi.\n", "-"},
        {FROM("a@example.org") ANSWER SUBJECT("Re: Lamps Digest, Vol 12, Issue 3") "\nYes.\n", "-"},
        {FROM("a@example.org") ANSWER_TO_PATCH "\n> Test-Status: FAILURE\n\nWhere is the log?\n",
         "-"},
        {FROM("a@example.org") SUBJECT("Jenkins build node wanted") "\n", "-"},
        {FROM("a@example.org") ANSWER_TO_PATCH "\nIs this an automated email?\n", "-"},
        {FROM("a@example.org") ANSWER_TO_PATCH "\nThis can be automated with a bot.\n", "-"},
        {FROM("a@example.org") SUBJECT("[lamp] branch v1 updated") "\nI pushed it.\n", "-"},
        {FROM("a@example.org") ANSWER_TO_PATCH "\nI think this is an automated email.\n", "-"},
        {FROM("a@example.org") SUBJECT("git hooks") "\nThe hooks send too much mail.\n", "-"},
        {FROM("a@example.org") SUBJECT("Update of lamps 1,4 and 1,5") "\nUpdate of all.\n", "-"},
        {FROM("a@example.org") ANSWER_TO_PATCH "\nI am a robot engineer, this is wrong.\n", "-"},
        {FROM("a@example.org") ANSWER_TO_PATCH "\nI'm a robotics student.\n", "-"},
        {FROM("a@example.org") SUBJECT("Out of office hours, a proposal") "\nHi.\n", "-"},
        {FROM("a@example.org") SUBJECT("r12345 - who wrote it") "\nI do not know.\n", "-"},
        {FROM("a@example.org") SUBJECT("CVS: is it used") "\nWho has changes by CVS?\n", "-"},
        {FROM("a@example.org")
             SUBJECT("The lamps are dark") "\nThe Buildbot has detected a failed build "
                                           "on builder lamp, who looks at it?\n",
         "-"},
        {FROM("a@example.org") "X-Auto-Response-Suppress: All\n" ANSWER_TO_PATCH "\nFine.\n", "-"},
        {FROM("a@example.org") ANSWER SUBJECT("AW: [PATCH] lamp: dim it") "\nFine.\n", "-"},
    };

    expect_all(examples, COUNT(examples));
}
END_TEST

/* ---- the option -------------------------------------------------------------------------------
 */

START_TEST(test_builtin_table_equals_the_file) {
    const char *source = getenv("SOURCE");
    char path[400];
    size_t length;
    char *text;

    if (!source)
        return; /* not run by make check */
    snprintf(path, sizeof(path), "%s/config/automation.conf", source);
    text = file_text(path, &length);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(length, sizeof(builtin_table) - 1);
    ck_assert_int_eq(memcmp(text, builtin_table, length), 0);
    free(text);
}
END_TEST

START_TEST(test_shipped_table_has_no_error) {
    support_log_start();
    pipeline_release(pipeline);
    pipeline = pipeline_with(write_file("again", builtin_table, sizeof(builtin_table) - 1));
    ck_assert_uint_eq(support_logged("\n"), 0);
}
END_TEST

/* An error is logged with file and line, and the other sections are used. */
START_TEST(test_own_table) {
    static const char text[] = "[robot my-own]\nsender is lamps@*\nkind report\n"
                               "[robot broken]\nsender was lamps@*\n";
    char place[450];

    support_log_start();
    pipeline_release(pipeline);
    pipeline = pipeline_with(write_file("own.conf", text, sizeof(text) - 1));
    ck_assert_ptr_nonnull(pipeline);
    snprintf(place, sizeof(place),
             "%s/own.conf:5: expected 'is', 'has' or 'like', not 'was'; ignoring this section",
             support_folder);
    ck_assert_uint_eq(support_logged(place), 1);
    ck_assert_uint_eq(support_logged("\n"), 1);
    ck_assert_str_eq(reading(FROM("lamps@example.org") SUBJECT("x") "\n"),
                     "my-own report automated");
    ck_assert_str_eq(reading(FROM("lkp@example.org") SUBJECT("x") "\n"), "-");
}
END_TEST

/* Each section that decided is named with its line. */
START_TEST(test_explanations) {
    static const char text[] = "[robot my-own]\nsender is lamps@*\nkind report\n"
                               "[verdict fail]\nsubject has broken\n"
                               "[applied]\nsentence has taken\n"
                               "[announce]\ntitle has released\n"
                               "[report]\ntitle has burns\n";
    static const struct {
        const char *raw, *why[2];
    } examples[] = {
        {FROM("lamps@example.org") SUBJECT("x") "\n", {"robot my-own: /own.conf:1"}},
        {FROM("lamps@example.org") SUBJECT("it is broken") "\n",
         {"robot my-own: /own.conf:1", "verdict fail: /own.conf:4"}},
        {FROM("a@example.org") SUBJECT("Re: x") "In-Reply-To: <b@example.org>\n\nTaken, thanks.\n",
         {"a person says that a patch was applied: /own.conf:6"}},
        {FROM("a@example.org") SUBJECT("lamp 2 released") "\n",
         {"a person announces something: /own.conf:8"}},
        {FROM("a@example.org") SUBJECT("my lamp burns") "\n",
         {"a person reports a bug or a failure: /own.conf:10"}},
        {FROM("a@example.org") SUBJECT("a question") "\n", {NULL}},
    };

    pipeline_release(pipeline);
    pipeline = pipeline_with(write_file("own.conf", text, sizeof(text) - 1));
    ck_assert_ptr_nonnull(pipeline);
    for (size_t i = 0; i < COUNT(examples); i++) {
        const struct facts_explanation *all;
        size_t count, wanted = 0;
        char why[450];

        support_read(&mail, examples[i].raw, 0);
        mail.explained = true;
        pipeline_run(pipeline, NULL, &mail);
        all = facts_explanations(mail.facts, &count);
        while (wanted < COUNT(examples[i].why) && examples[i].why[wanted])
            wanted++;
        ck_assert_msg(count == wanted, "%s: %zu", examples[i].raw, count);
        for (size_t j = 0; j < count; j++) {
            const char *folder = strstr(all[j].why, support_folder);

            ck_assert_str_eq(all[j].what, "automation");
            ck_assert_ptr_nonnull(folder);
            snprintf(why, sizeof(why), "%.*s%s", (int)(folder - all[j].why), all[j].why,
                     folder + strlen(support_folder));
            ck_assert_str_eq(why, examples[i].why[j]);
        }
    }
}
END_TEST

/* Without the option, the installed table is used, or else the one that was compiled in. */
START_TEST(test_no_option) {
    struct patchmark_plugin *const plugins[] = {&subject_plugin, &patch_plugin, patchmark_plugin(),
                                                NULL};

    pipeline_release(pipeline);
    pipeline = support_pipeline(plugins);
    ck_assert_str_eq(reading(FROM("lkp@example.org") SUBJECT("x") "\n"),
                     "kernel-test-robot report automated");
}
END_TEST

START_TEST(test_missing_table) {
    support_log_start();
    ck_assert_ptr_null(pipeline_with("/nonexistent/missing"));
    ck_assert_uint_eq(
        support_logged(
            "names /nonexistent/missing, which cannot be read: No such file or directory"),
        1);
}
END_TEST

START_TEST(test_large_table) {
    size_t size = TABLE_BYTES + 1;
    char *text = malloc(size);
    const char *path;

    ck_assert_ptr_nonnull(text);
    memset(text, '\n', size);
    support_log_start();
    path = write_file("large", text, size);
    ck_assert_ptr_null(pipeline_with(path));
    ck_assert_uint_eq(support_logged("File too large"), 1);
    path = write_file("large", text, size - 1);
    pipeline_release(pipeline);
    pipeline = pipeline_with(path);
    ck_assert_ptr_nonnull(pipeline);
    free(text);
}
END_TEST

SUITE(automation_suite) {
    Suite *suite = suite_create("automation: robots");
    TCase *robots = tcase_create("robots"), *option = tcase_create("option");

    tcase_add_checked_fixture(robots, setup, teardown);
    tcase_add_test(robots, test_commits);
    tcase_add_test(robots, test_reports_on_patches);
    tcase_add_test(robots, test_reports_that_open_threads);
    tcase_add_test(robots, test_tickets);
    tcase_add_test(robots, test_mail_itself);
    tcase_add_test(robots, test_patches_of_robots);
    tcase_add_test(robots, test_people);
    suite_add_tcase(suite, robots);
    tcase_add_checked_fixture(option, setup, teardown);
    tcase_add_test(option, test_builtin_table_equals_the_file);
    tcase_add_test(option, test_shipped_table_has_no_error);
    tcase_add_test(option, test_own_table);
    tcase_add_test(option, test_explanations);
    tcase_add_test(option, test_no_option);
    tcase_add_test(option, test_missing_table);
    tcase_add_test(option, test_large_table);
    suite_add_tcase(suite, option);
    return suite;
}
