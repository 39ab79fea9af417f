/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_phrases.c - the phrases in the shipped table by which mail of people is recognized: applied,
 * a report, an announcement.
 */
#define TESTS phrases
#include "support/local.h"

#include "support/support.h"

#include "automation.c"
#include "body.h"
#include "commits.h"
#include "match.h"
#include "pattern.h"
#include "table.h"

#include "test_automation.h"

#define ANSWER                                                      \
    "From: Ada <ada@example.org>\nIn-Reply-To: <1-b@example.org>\n" \
    "Subject: Re: [PATCH v2 1/3] lamp: dim it\n\n"                  \
    "On Monday, Bob wrote:\n> Applied to mine, thanks.\n> more\n\n"
#define OPENER "From: Ada <ada@example.org>\nSubject: "

START_TEST(test_applied) {
    static const char *const texts[] = {
        "Took patches 1 and 2, thanks.",
        "Patch applied to lamps-next as is.",
        "Fixes pushed to master, the tests are green.",
        "Patch merged to master with the line that is too long wrapped.",
        "Its applied to lamps-next now, thanks.",
        "Backported to 2.8 and 2.7.",
        "This has now been queued.",
        "Committed revision 234567.",
        "Merged, thanks !",
        "folded the comment into the patch\nMerged, thanks !",
        "Thanks Tom, queued up for testing.",
        "Staged for the next release, thanks.",
        "I incorporated this into my tree, thanks.",
        "Applied, thanks everyone for reviewing.",
        "Oops, forgot to reply: this was merged to master, thanks.",
        "Applied on my tree, thanks.",
        "The docs merged with your tag, thanks.",
        "Merged tests fix.",
        "I have these in lamps-next now, thanks.",
        "Have queued this up in lamps/fixes.",
        "First two applied to fixes, the third one needs work.",
        "The patch was committed today.",
        "These are now applied to staging-testing.",
        "This just got merged into lamps-next, thanks.",
        "It's in, thanks!",
        "Checked in, thanks.",
        "I've checked this in.",
        "Backport now queued up for 6.6.",
        "I applied v3 of this to master, thanks.",
        "This patch has been added to the lamps-linus branch.",
        "Patch has been accepted and pushed to git.",
        "Applied to my kernel tree, thanks.",
        "Changes in v3:\n - reworded\n\nApplied, thanks.",
        "Applied, thanks!",
        "Applied.  Thanks.",
        "Applied to lamps/next, thanks!\n\n[1/1] lamp: dim it\n      commit: 0123abcd",
        "Applied for v5.9.",
        "Applied with a small fix.",
        "Applied patches 1 to 3.",
        "Applied and queued up for -stable.",
        "Thanks, applied.",
        "Thank you Bob, applied to lamps-next.",
        "Thanks, patches 3 and 4 of this series applied to my tree.",
        "LGTM, applied.",
        "Looks good, applied to for-next.",
        "All applied, squashed and pushed out.",
        "Both applied now.",
        "Series applied, thanks.",
        "Patch applied.",
        "2 patches applied to lamps-next branch of lamps.git, thanks.",
        "Hi Bob,\nApplied, thanks.",
        "Nice.\nReviewed-by: Ada <ada@example.org>\nApplied.",
        "Please fix the title next time.\n\nApplied.",
        "Queued, thanks.",
        "Queued for 5.7.",
        "Now queued up, thanks.",
        "Queuing this for 5.9.",
        "I've queued it up, thanks!",
        "I was hoping to have some tests, for now I'm queuing patches 1 and 2.",
        "I'm squashing this in and queuing the series.",
        "Pulled, thanks.",
        "Pulled, thanks (to next only for now).",
        "I have pulled both trees now, so you can go on.",
        "Pushed.",
        "Pushed to master, thanks.",
        "Ok, I pushed this out along with the follow-up patch.",
        "Merged, thanks.",
        "Picked up, thanks.",
        "Picking this up.",
        "Committed, thanks.",
        "Thanks, installed on master.",
        "Added to misc-next, thanks.",
        "I\u2019ve applied this set, minus #17 which was applied elsewhere.",
        "I have provisionally applied this to next.",
        "This series has been applied to lamps/next.",
        "This has been queued for 5.9.",
        "The patches are queued.\n\nThanks, applied to lamps/next.",
        /* A noun and a verb. */
        "Patch merged, thanks!",
        "Patchset pushed.",
        "Patch set applied with one change.",
        "Both patches merged, thank you.",
        "The first two patches are applied.",
        "Patches 1/4 and 2/4 queued, thanks.",
        "Patch 1 applied to lamps/fixes, the other one needs a respin.",
        "For the series: applied on lamps/next",
        "Whole series now queued for 6.7.",
        "v2 applied, thanks.",
        "It's applied.",
        "This set has been pushed.",
        "This was applied to next as 0123abcdef, thanks.",
        "Thanks, dimmer merged with your tag.",
        /* A verb and a noun. */
        "FYI merged.",
        "Also applied, thanks",
        "merged both patches into lamps.git for-next",
        "Merged the first three, thanks.",
        "Applied 1/3 and 2/3.",
        "Pushed this and the previous patch.",
        "Merged a slightly modified version.",
        "Tentatively merged into lamps.git for-next pending tests",
        "Sorry for the delay, now queued.",
        "With the typo fixed, applied.",
        "Applied with a conflict resolved, please check.",
        "Applied, but next time add a changelog.",
        "Rebased on top of master and pushed.",
        "Applied 1, 2 and 5.",
        "Reviewed-and-applied, thanks.",
        "The patches were just pushed, thanks.",
        "This has landed in main now.",
        "I added a tag, now in my fixes branch.",
        "It landed as commit 0123abcdef.",
        "This went in as 0123abcdef.",
        "The series went into lamps-next, thanks.",
        "Went into master yesterday.",
        "Merged your branch, thanks.",
        "Applied by hand, as it did not apply cleanly.",
        "Applied on top of my lamps-next branch.",
        "Commited, thanks.",
        "Added a tag and repushed to lamps-next.",
        /* "... and pushed". */
        "Merged and pushed out.",
        "RB+ and pushed to autobuild!",
        "Series acked and pushed.",
        "Fixed that and merged.",
        "I added your tag and pushed it, thanks!",
        "I cleaned up the title and merged it into lamps.git - can you check it?",
        "The rest got a review, thus merged.",
        "No need to resend, I fixed it up and applied it.",
        /* The sender. */
        "Thanks for the patches, I've applied them all.",
        "I've just merged 1/2, but when looking at the other I found a typo, is it one?",
        "I went ahead and applied it.",
        "Thanks Bob, I have pushed both to trunk.",
        "As the tests passed I pushed the patch.",
        /* Words with other meanings, and a tree or thanks. */
        "Taken, thanks.",
        "I took this patch into my for-next branch.",
        "Staged for 5.9.",
        "It's now in master.",
        "Now these patches are in master.",
        "This patch is now part of my for-next branch.",
        "The patch now sits in my fixes branch.",
        "Thanks, I've put this in my tree for 5.9.",
        "I have these in my tree for 5.9, thanks.",
        "Staged in lamps-next for testing.",
        "Upstreamed, thanks.",
        "Backported to lamps-5.4, thanks.",
        "Fixed the typo while applying, thanks.",
        "LGTM, merging.",
        "Pushing the series to master now.",
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        char raw[2000];

        snprintf(raw, sizeof(raw), ANSWER "%s\n\n-- \nAda\n", texts[i]);
        ck_assert_msg(strcmp(reading(raw), "applied") == 0, "%s", texts[i]);
        ck_assert_str_eq(patchmark_fact_item(mail.facts, "automation.flags", 0), "applied");
    }
}
END_TEST

START_TEST(test_not_applied) {
    static const char *const texts[] = {
        "",
        "Not applied.",
        "Applied?",
        "Is this applied?",
        "Changes pushed to the lamp get lost.",
        "Patches merged via lamps-next need a cover letter.",
        "Fixes queued for 6.2 cause a conflict.",
        "Both patches applied to a clean 6.1 give me a warning.",
        "The commits pushed to master break it.",
        "The fixes pushed to master break it.",
        "This should be applied before the other.",
        "This can be applied to next.",
        "Could you have this applied, please?",
        "I'll apply it once the build works.",
        "I'll queue both patches.",
        "Do you have any figure once this is applied?",
        "With this patch applied, it works.",
        "I applied your series on top of v5.8 and tested it.",
        "I applied this patch and it fails to build.",
        "I have applied the patch and tested it.",
        "Applied cleanly and tested.",
        "Have you applied the fix?",
        "Getting this series applied will help me.",
        "The workaround has already been applied on the host.",
        "Queued commands are dropped.",
        "It is not queued on some running CPU.",
        "I don't see this queued up in the tree.",
        "Please check it once I've merged this into linux-next?",
        "I have pushed the updated version.",
        "I pushed a branch to my tree.",
        "Some of the optimization has been merged into the mainline.",
        "I see Bob just picked this up, so I'm late.",
        "I was about to queue this up but one point to clarify.",
        "Merged regions are handled below.",
        "Pulled down the master branch two months ago.",
        "Care is taken to only clobber x0.",
        /* Somebody else. */
        "I see you applied this.",
        "Bob already merged it.",
        "This was already picked up by Bob.",
        "Already merged upstream by Bob?",
        "Bob fixed it and pushed it.",
        "I noticed that it has been applied to next.",
        "The changes have been merged upstream, so I continue.",
        /* The future, a condition, a wish. */
        "Will queue.",
        "Once it is merged, I will rebase.",
        "This should be merged through lamps.",
        "It needs to be reviewed and merged.",
        "Let's get this merged.",
        "I'm merging this tomorrow.",
        "I'd have applied this, but it conflicts.",
        "Until it is merged, use the option.",
        "If nobody objects, merged means merged.",
        /* A question. */
        "Can you apply this?",
        "Has it landed?",
        "Applied to which tree?",
        /* The past. */
        "This was applied in 2019 and broke the dimmer.",
        "It was merged a long time ago.",
        "v1 has been merged, so this needs to be a new patch.",
        /* A negation. */
        "Nothing applied.",
        "Not yet merged, it needs a review.",
        "Please hold off, the other part is not merged.",
        /* A test. */
        "I applied your patch and my lamp works now.",
        "I applied it to 5.10 and the warning disappears.",
        "After I applied the series, the crash is gone.",
        "With v2 applied the leak is gone.",
        "It works without your patch applied.",
        "I cherry-picked it, but the dimmer still fails.",
        "Tested and applied without problems.",
        "Applied to my fork for testing.",
        /* Work of one's own. */
        "I've pushed a new version to my branch.",
        "I just pushed another fix, please retest.",
        "I merged them into one patch as you asked.",
        "Applied your comments in v2.",
        "Added, thanks.",
        /* Other meanings. */
        "Packets are queued and pushed to the wire.",
        "The data is copied, pushed to the stack and popped.",
        "The quirk is applied on all lamps.",
        "Adjacent regions are merged.",
        "The pin is pulled up.",
        "I picked the name from the datasheet.",
        "It applied without trouble.",
        "Done in v2, pushed to my tree.",
        "My tree is pushed, you can fetch it.",
        "I've pushed three more patches to the branch.",
        "I picked your patch into my series.",
        "Please pull, everything is pushed.",
        "Applied only to new lamps.",
        "Merged with its neighbour, the node is freed.",
        "The patch applied with fuzz.",
        "This fix is applied to all lamps.",
        "Changes are committed to the journal first.",
        "The fixup is then applied.",
        "The prerequisite patch is now applied, so this can go in.",
        "Merging this would break the dimmer.",
        "Taking this lock is wrong.",
        "This went into an endless loop.",
        "The first version went into 4.9 and was never right.",
        "This went in v2.",
        "A lot of work went into lamps.",
        "Merged your branch locally.",
        "I rebased mine on your branch.",
        "Your patch landed in the spam folder.",
        "It did not apply cleanly.",
        "Applied on top of lamps-next, it does not build.",
        "I repushed it to my fork.",
        "This is now part of the dimmer.",
        "The value now sits in the cache.",
        "I put this into the next version.",
        "I have this in my tree for years.",
        "I have it in my branch, but it is not ready.",
        "This dimmer was never upstreamed.",
        "I backported this to 5.4 and it works.",
        "Fixed a crash while applying the voltage.",
        "The typo can be fixed while applying.",
        "I have applied your patch to my kernel and the problem persists.",
        "I have applied your patch to our firmware.",
        "I applied the patch and rebuilt; dmesg is attached.",
        "It's queued for review.",
        "Committed 12 people to it.",
        "Applied for testing.",
        "Applied this on my notebook, suspend works now.",
        "I've pushed the fixes for your comments, please have another look.",
        "Comments addressed and pushed to the merge request.",
        "If this was merged, the dimmer would break.",
        "Changes applied, will send v3 soon.",
        "Committed to sending v2 next week.",
        "Changes in v3:\n - applied the comments\n   of Ada\n\n - merged patches 2 and 3",
        "v2 -> v3:\n* merged both patches",
        "I checked this in the debugger.",
        "The patch was committed in 2019.",
        "This got merged without a review.",
        "The driver has been added to 5.4.",
        "Is it in, thanks?",
        "> Applied, thanks.",
        "Will do.\n-- \nApplied, thanks.",
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        char raw[2000];

        snprintf(raw, sizeof(raw), ANSWER "%s\n", texts[i]);
        ck_assert_msg(strcmp(reading(raw), "-") == 0, "%s", texts[i]);
    }
}
END_TEST

/* A mail that opens a thread cannot be about another mail. */
START_TEST(test_applied_answers) {
    ck_assert_str_eq(reading(OPENER "lamps\n\nApplied, thanks.\n"), "-");
    ck_assert_str_eq(reading(OPENER "lamps\nIn-Reply-To: <1-b@example.org>\n\nApplied, thanks.\n"),
                     "applied");
}
END_TEST

START_TEST(test_reports) {
    static const struct example examples[] = {
        {OPENER "[BUG] the lamp is dim\n\n", "report"},
        {OPENER "[BUG] the lamp is dim\n\nHow about this?\n---\ndiff --git a/x b/x\n", "report"},
        {OPENER "[lamp?] [BUG] the lamp is dim\n\n", "report"},
        {OPENER "Regression in 5.8: the lamp is dim\n\n", "report"},
        {OPENER "arm64 build failure on lamps/next\n\n", "report"},
        {OPENER
         "linux-next: build failure after merge of the lamp tree\n\n---\ndiff --git a/x b/x\n",
         "report"},
        {OPENER "KASAN: use-after-free in lamp_dim\n\n", "report"},
        {OPENER "WARNING at lamp.c:12 lamp_dim()\n\n", "report"},
        {OPENER "possible deadlock in lamp_dim\n\n", "report"},
        {OPENER "LAMP_SET_DIM failed\n\n", "report"},
        {OPENER "Incorrect data from the lamp\n\n", "report"},
        {OPENER "Libusb problems on Windows\n\n", "report"},
        {OPENER "The lamp doesn't dim\n\n", "report"},
        {OPENER "uhd_image_builder cannot select its file\n\n", "report"},
        {OPENER "Has anybody seen this?\n\nHi,\n\n[ 12.3] Kernel panic - not syncing: dim\n",
         "report"},
        {OPENER "the lamp and 5.8\n\nHi,\n\nlamp.c:12:1: error: no dim\n", "report"},
        {OPENER "the lamp\n\nTraceback (most recent call last):\n", "report"},
        {OPENER "the lamp\n\n#regzbot introduced: v5.7..v5.8\n", "report"},
        {OPENER "dimming randomly\n\nHi,\n\nI have an issue on one lamp.\n", "report"},
        {OPENER "the new lamp\n\nHello,\n\nsomething has gone wrong.\n", "report"},
        {OPENER "the new lamp\n\nHello,\n\nit stopped working with 5.8.\n", "report"},
        /* The output of a compiler or checker on a tree. */
        {OPENER "[lamps:testing] drivers/lamp/bulb.c:12 light() double unlock\n\n", "report"},
        /* Not reports: questions, proposals, mail about things that work. */
        {OPENER "the lamp\n\nHow are you?\n", "-"},
        {OPENER "[Question] what happens on errors\n\nCall Trace:\n", "-"},
        {OPENER "Question about the failing lamp test\n\n", "-"},
        {OPENER "How to debug a lamp that fails\n\n", "-"},
        {OPENER "[RFC] handle errors of the lamp\n\n", "-"},
        {OPENER "What is the lost+found folder for?\n\n", "-"},
        {OPENER "Invoice overdue - problem with your account\n\n", "-"},
        {OPENER "Proposal: fewer errors\n\n", "-"},
        {OPENER "Debugging lamps\n\n", "-"},
        {OPENER "the lamp\n\n> I have an issue on one lamp.\n\nIs that so?\n", "-"},
        /* A mail with a diff is not a report, whatever its subject is. */
        {OPENER "lamp: fix a crash\n\n---\ndiff --git a/x b/x\n", "-"},
        /* An answer is not a report. */
        {OPENER "the lamp failed\nReferences: <1-b@example.org>\n\nCall Trace:\n", "-"},
        {OPENER "Re: the lamp failed\n\nCall Trace:\n", "-"},
        /* ... but a mail that refers only to its own draft is not an answer. */
        {OPENER "the lamp failed\nMessage-ID: <2@mail.example.org>\n"
                "References: <1.ref@mail.example.org>\n\n",
         "report"},
    };

    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(test_announcements) {
    static const struct example examples[] = {
        {OPENER "[ANNOUNCE] lamp 1.2\n\n", "announce"},
        {OPENER "[ANN] lamp 1.2\n\n", "announce"},
        {OPENER "Lamp 1.2 released\n\n", "announce"},
        {OPENER "Lamp 1.2 is now available\n\n", "announce"},
        {OPENER "Linux 5.8-rc1\n\nSo it's been two weeks\n", "announce"},
        {OPENER "Linux 5.4.56\n\n", "announce"},
        {OPENER "lamp 1.2\n\nWe are happy to announce lamp 1.2.\n", "announce"},
        {OPENER "Lamp Conference 2020: Call for Papers\n\n", "announce"},
        {OPENER "CFP: lamps\n\n", "announce"},
        {OPENER "Lamp Academy 2020: next weekend\n\n", "announce"},
        {OPENER "lamps mailing list migration\n\n", "announce"},
        {OPENER "[SECURITY] lamp: too bright\n\n", "announce"},
        {OPENER "ANN: PyLamp 0.1\n\n", "announce"},
        {OPENER "lamp-utils release 6.11 ready for download\n\n", "announce"},
        {OPENER "lampd 6.1\n\nHi,\n\nlampd 6.1 is available from example.org.\n", "announce"},
        {OPENER "New lamp firmware available\n\n", "announce"},
        {OPENER "New mailing list for dimmers\n\n", "announce"},
        {OPENER "linux-next: Tree for May 6\n\nThe lamp tree lost its build failure.\n",
         "announce"},
        {OPENER "lamps: Tree for May 6\n\n", "announce"},
        {OPENER "lampd 3.0 is here!\n\n", "announce"},
        {OPENER "lamp-5.9-rc2 tagged\n\n", "announce"},
        {OPENER "First beta of Lamp 7\n\n", "announce"},
        {OPENER "End of life for Lamp 4.x\n\n", "announce"},
        {OPENER "Lamp 6.1.y is now EOL\n\n", "announce"},
        {OPENER "Tree closed for the release\n\n", "announce"},
        {OPENER "lamps-next for 20200406 released\n\n", "announce"},
        {OPENER "Upcoming list outage\n\n", "announce"},
        {OPENER "Patchwork moved to a new host\n\n", "announce"},
        {OPENER "CVE-2020-1: lampd: overflow\n\nAll versions before 1.2 are affected.\n",
         "announce"},
        {OPENER "lampfs: for-next updated to 0123456789ab\n\n", "announce"},
        {OPENER "lamp 0.19.5 bug fix release\n\n", "announce"},
        {OPENER "Lamp 6.0 branched\n\n", "announce"},
        {OPENER "tarballs for lamp 5.2 beta 1 available\n\n", "announce"},
        {OPENER "Lamp 8.2 hard freeze\n\nAs of today, 8.2 is in hard freeze.\n", "announce"},
        {OPENER "lamps-next: tree for 2020-05-06\n\n", "announce"},
        {OPENER "Weekly lamp status report, week 15\n\n", "announce"},
        {OPENER "Lamp newsletter 12\n\n", "announce"},
        {OPENER "This week in lamps\n\n", "announce"},
        {OPENER "What's cooking in lamp.git (May 2020, #02)\n\n", "announce"},
        {OPENER "[Release Planning 4.11] Lamps 4.11.7\n\n", "announce"},
        {OPENER "net-next is CLOSED\n\n", "announce"},
        {OPENER "Open monthly meeting 6th of March 09:00 UTC\n\n", "announce"},
        {OPENER "Dimmer working group meeting - Wednesday May 8\n\n", "announce"},
        {OPENER "Lamp community call\n\nA reminder that we meet on Monday.\n", "announce"},
        {OPENER "Heads-up: Security Releases ahead!\n\n", "announce"},
        {OPENER "PSA: this list has moved\n\n", "announce"},
        {OPENER "lampd 2.0.1, 1.9.5 security releases available\n\n", "announce"},
        {OPENER "lampd 2.0 final release\n\n", "announce"},
        {OPENER "Release schedule for lampd 2.0\n\n", "announce"},
        {OPENER "Feature freeze for 2.0 is in effect\n\n", "announce"},
        {OPENER "Scheduled downtime of the wiki\n\n", "announce"},
        {OPENER "Wiki going down for maintenance\n\n", "announce"},
        {OPENER "Lamp Security Advisory - CVE-2020-1\n\nIMPACT\n======\n\nToo bright.\n",
         "announce"},
        {OPENER "Lamp Security Advisory 12\n\nAll versions before 1.2 are affected.\n", "announce"},
        /* Not announcements. */
        {OPENER "Lamp Security Advisory - CVE-2020-1\n\nWhat are the commits for fixing it?\n",
         "-"},
        {OPENER "Lamp Security Advisory 12\n\nWhich versions are affected?\n", "-"},
        {OPENER "Meeting minutes 2020-04-06\n\n", "-"},
        {OPENER "CVE-2020-1 and lampd\n\nIs 1.2 affected?\n", "-"},
        {OPENER "CVE-2020-1 analysis\n\nAll versions before 1.2 are affected.\n", "-"},
        {OPENER "End of life for Lamp 4.x?\n\n", "-"},
        {OPENER "Tree closed by mistake\n\n", "-"},
        {OPENER "Code moved to a new file\n\n", "-"},
        {OPENER "lampfs: tests updated to the new format\n\n", "-"},
        {OPENER "Linux 6.8 hard freeze\n\nThe screen is black after resume.\n", "report"},
        {OPENER "lamp 2.11 release candidate 1 does not build\n\n", "report"},
        {OPENER "Are tarballs for lamp 5.2 available?\n\n", "-"},
        {OPENER "What's cooking in lamp.git?\n\n", "-"},
        {OPENER "Weekly test fails\n\n", "report"},
        {OPENER "Where is the weekly status report?\n\n", "-"},
        {OPENER "March meeting summary\n\n", "-"},
        {OPENER "Accepted: Lamp sync @ Mon Mar 2, 2020\n\n", "-"},
        {OPENER "Tentatively accepted: Lamp meeting on May 6\n\n", "-"},
        {OPENER "Declined: Lamp community call\n\nYou are invited.\n", "-"},
        {OPENER "Invitation: Lamp sync @ Mon Mar 2, 2020\n\n", "announce"},
        {OPENER "Security release of lampd?\n\n", "-"},
        {OPENER "The release tarball of lampd 2.0\n\nIt has no signature.\n", "-"},
        {OPENER "The tasks freeze\n\n", "report"},
        {OPENER "Next open monthly meeting request\n\nCould we meet later?\n", "-"},
        {OPENER "lampd 6.1\n\nIs lampd 6.1 available as a package?\n", "-"},
        {OPENER "lampd 6.1\n\nI use it on two lamps.\n", "-"},
        {OPENER "Heads-up for the dimmer\n\n", "-"},
        {OPENER "linux-next: lamp tree\n\n", "-"},
        {OPENER "Re: linux-next: Tree for May 6\n\n", "-"},
        {OPENER "The call trace of May 6\n\n", "-"},
        {OPENER "Database of visitors of the conference\n\n", "-"},
        {OPENER "Problems after the upgrade to lampd 6.1\n\nlampd 6.0 is available.\n", "report"},
        {OPENER "Re: [ANNOUNCE] lamp 1.2\n\n", "-"},
        {OPENER "[ANNOUNCE] lamp 1.2\nIn-Reply-To: <1-b@example.org>\n\n", "-"},
        {OPENER "When will lamp 1.2 be released?\n\n", "-"},
        {OPENER "Has lamp 1.2 been announced?\n\n", "-"},
        {OPENER "Linux 5.4.56 and lamps\n\n", "-"},
        {OPENER "the lamp mailing list\n\n", "-"},
        /* A problem with an announced release is a report. */
        {OPENER "Problem with the announced release\n\n", "report"},
    };

    expect_all(examples, COUNT(examples));
}
END_TEST

SUITE(phrases_suite) {
    Suite *suite = suite_create("automation: phrases");
    TCase *people = tcase_create("people");

    tcase_add_checked_fixture(people, setup, teardown);
    tcase_add_test(people, test_applied);
    tcase_add_test(people, test_not_applied);
    tcase_add_test(people, test_applied_answers);
    tcase_add_test(people, test_reports);
    tcase_add_test(people, test_announcements);
    suite_add_tcase(suite, people);
    return suite;
}
