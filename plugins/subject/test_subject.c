/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_subject.c - tests of the parser of subjects, as tables of a subject and its expected
 * reading.
 *
 * A reading is written as by describe() in test_subject.h; the title of each subject is "t" unless
 * a table states another one.  test_subject_plugin.c tests hostile subjects, and the plugin with
 * real messages and facts.
 */
#define TESTS subject
#include "test_subject.h"
#include "support/suite.h"

/* ---- the tag ------------------------------------------------------------------------------ */

static const struct example numbering[] = {
    {"[PATCH] t", "patch"},
    {"[PATCH 3/10] t", "patch 3/10"},
    {"[PATCH 03/10] t", "patch 3/10"},
    {"[PATCH 0/3] t", "patch 0/3"},
    {"[PATCH 1 of 2] t", "patch 1/2"}, /* Mercurial */
    {"[PATCH 1of2] t", "patch 1/2"},
    {"[PATCH 1 / 2] t", "patch 1/2"},
    {"[PATCH1/8] t", "patch 1/8"},
    {"[PATCH1 of 8] t", "patch 1/8"},
    {"[v2PATCH1/4] t", "patch 1/4 v2"},
    {"[PATCH] [1/3] t", "patch 1/3"},
    {"[1/4] t", "patch 1/4"},
    {"[PATCH 3/n] t", "patch 3/?"}, /* the sender does not know the total yet */
    {"[PATCH 3/?] t", "patch 3/?"},
    {"[PATCH n/N] t", "patch"},        /* a template that was not filled in */
    {"[PATCH 6/5] t", "patch 6/5"},    /* a patch added later */
    {"[PATCH 3.5/5] t", "patch"},      /* between two parts: neither part 3 nor 4 */
    {"[PATCH 1/2/3] t", "patch"},      /* not a numbering */
    {"[PATCH 0/0] t", "patch"},        /* a total of 0 makes no numbering */
    {"[PATCH 3/0] t", "patch"},        /* likewise */
    {"[0/0] t", "list=0/0"},           /* without a numbering it is no tag */
    {"[PATCH 1/2 3/4] t", "patch 1/2"} /* the first numbering wins */
};

static const struct example versions[] = {
    {"[PATCH v2 3/10] t", "patch 3/10 v2"},
    {"[PATCH 3/10 v2] t", "patch 3/10 v2"},
    {"[PATCH V11] t", "patch v11"},
    {"[PATCHv2 3/10] t", "patch 3/10 v2"},
    {"[PATCH-v2 3/10] t", "patch 3/10 v2"},
    {"[PATCH -v2] t", "patch v2"},
    {"[RFCv3 1/2] t", "patch 1/2 v3 rfc"},
    {"[RFC PATCHv4] t", "patch v4 rfc"},
    {"[PATCH 10/10][v4] t", "patch 10/10 v4"},
    {"[PATCH,v6,19/24] t", "patch 19/24 v6"},
    {"[PATCH v6,19/24] t", "patch 19/24 v6"},
    {"[PATCH (v3)] t", "patch v3"},
    {"[PATCH v 3 1/2] t", "patch 1/2 v3"},
    {"[PATCH take 2] t", "patch v2"},
    {"[v2 3/6] t", "patch 3/6 v2"},
    {"[v2] t", "patch v2"},         /* as Patchwork writes it in a mailbox */
    {"[PATCH v2/3] t", "patch v2"}, /* version 2 of 3 or part 2 of 3: "v" decides */
    {"[PATCH v5.1 10/12] t", "patch 10/12 v5 revision=5.1"}, /* parts of v5 sent again */
    {"[v2.3PATCH1/4] t", "patch 1/4 v2 revision=2.3"},
    {"[PATCH v5.1 v6.2] t", "patch v5 revision=5.1"},
    {"[PATCH v2 v3] t", "patch v2"}, /* the first version wins */
    {"[PATCH v2 [1/3] t", "patch 1/3 v2"},
    {"[PATCH net [1/3] t", "patch 1/3 tree=net"},
    {"[PATCH [RFC] 1/3] t", "patch 1/3 rfc"},
    /* A colon between version and numbering. */
    {"[PATCH v2:0/2]t", "patch 0/2 v2"},
    {"[PATCH v2: 0/2] t", "patch 0/2 v2"},
    {"[PATCH:v2:1/3] t", "patch 1/3 v2"},
    {"[PATCHv2:1/3] t", "patch 1/3 v2"},
    {"[PATCH: 1/3] t", "patch 1/3"},
    {"[PATCH-v2-1/3] t", "patch 1/3 v2"},
    {"[PATCH_v2_1/3] t", "patch 1/3 v2"},
    {"[RFC/PATCH/v2 1/3] t", "patch 1/3 v2 rfc"},
    /* Other words for "version". */
    {"[PATCH rev2 1/3] t", "patch 1/3 v2"},
    {"[PATCH rev 2] t", "patch v2"},
    {"[PATCH rev.2] t", "patch v2"},
    {"[PATCH Rev. 2] t", "patch v2"},
    {"[PATCH revision 2] t", "patch v2"},
    {"[PATCH ver2] t", "patch v2"},
    {"[PATCH version-2] t", "patch v2"},
    {"[PATCH v.2] t", "patch v2"},
    {"[PATCH v-2 1/3] t", "patch 1/3 v2"},
    {"[PATCH v=2] t", "patch v2"},
    {"[PATCH v#2] t", "patch v2"},
    {"[PATCH take2] t", "patch v2"},
    {"[PATCH, take #2] t", "patch v2"},
    {"[PATCH try#2] t", "patch v2"},
    {"[PATCH round 2] t", "patch v2"},
    {"[PATCH 2nd try] t", "patch v2"},
    {"[PATCH 3rd version] t", "patch v3"},
    {"[PATCH reverse] t", "patch tree=reverse"},
    {"[PATCH 2nd] t", "patch"},
    {"[PATCH part 2 1/3] t", "patch 1/3"},
    /* The numbers beside PATCH are preferred. */
    {"[foo v7] [PATCH v2] t", "patch v2 tree=foo"},
    {"[12/345] [PATCH 1/2] t", "patch 1/2"},
    {"[PATCH 1/2] [3/4] t", "patch 1/2"},
};

static const struct example flags[] = {
    {"[RFC PATCH] t", "patch rfc"},
    {"[PATCH RFC v2 1/3] t", "patch 1/3 v2 rfc"},
    {"[RFC/PATCH 0/3] t", "patch 0/3 rfc"},
    {"[RFC][PATCH 0/4] t", "patch 0/4 rfc"},
    {"[PATCH 0/4] [RFC] t", "patch 0/4 rfc"},
    {"[RFC v2] t", "patch v2 rfc"},
    {"[RFC] t", "rfc"}, /* often a question; a patch only if it has a diff */
    {"[PATCH RESEND v3 1/2] t", "patch 1/2 v3 resend"},
    {"[PATCH v2 1/2 RESEND] t", "patch 1/2 v2 resend"},
    {"[PATCH resend 1/2] t", "patch 1/2 resend"},
    {"[PATCH V5 (RESEND) 0/4] t", "patch 0/4 v5 resend"},
    {"[PATCH v2-RESEND] t", "patch v2 resend"},
    {"[RESENT PATCH] t", "patch resend"},
    {"[RESEND RFC PATCH v1] t", "patch v1 rfc resend"},
    {"[REPOST][URGENT] t", "resend"},
    {"[trivial PATCH] t", "patch"}, /* describes the mail, names no tree */
    {"[PATCH WIP DRAFT 1/2] t", "patch 1/2"},
};

static const struct example pulls[] = {
    {"[GIT PULL] t", "pull"},
    {"[git pull] t", "pull"},
    {"[PULL] t", "pull"},
    {"[GIT] t", "pull"},
    {"[GIT PULL v2] t", "pull v2"}, /* with PULL, a version alone makes no patch */
    {"[PULL 00/20] t", "patch pull 0/20"},
    {"[PULL v2 00/20] t", "patch pull 0/20 v2"},
    {"[PATCH 00/23][pull request] t", "patch pull 0/23"},
    {"[pull-request] t", "pull"},
    {"[PATCH GIT] t", "patch"},
    {"[PULL kvm-example 39/39] t", "patch pull 39/39 tree=kvm-example"},
    {"[git commit] t", "list=git commit"}, /* from a robot; no pull request */
};

START_TEST(reads_numbering) {
    EXPECT_ALL(numbering);
}
END_TEST

START_TEST(reads_versions) {
    EXPECT_ALL(versions);
}
END_TEST

START_TEST(reads_flags) {
    EXPECT_ALL(flags);
}
END_TEST

START_TEST(reads_pull_requests) {
    EXPECT_ALL(pulls);
}
END_TEST

START_TEST(reads_a_version_in_the_title_as_weak) {
    expect("add a thing (v2)", "v2 weak", "add a thing (v2)");
    expect("[PATCH] add [v12] a thing", "patch v12 weak", "add [v12] a thing");
    expect("[PATCH v3] add a thing (v2)", "patch v3", "add a thing (v2)"); /* the tag wins */
    expect("add (V2) or (v3)", "v2 weak", "add (V2) or (v3)");             /* the first wins */
    /* None of these is a version. */
    expect("use GIC v3", "", "use GIC v3");
    expect("mixed (v2]", "", "mixed (v2]");
    expect("more (v2 of it)", "", "more (v2 of it)");
    expect("cut (v2", "", "cut (v2");
    expect("long (v1234567890)", "", "long (v1234567890)");
}
END_TEST

/* ---- trees and lists ---------------------------------------------------------------------- */

static const struct example trees[] = {
    {"[PATCH net-next v3 0/4] t", "patch 0/4 v3 tree=net-next"},
    {"[kvm-unit-tests PATCH v2] t", "patch v2 tree=kvm-unit-tests"},
    {"[kvm-unit-tests RFC 1/4] t", "patch 1/4 rfc tree=kvm-unit-tests"},
    {"[net,v2,1/2] t", "patch 1/2 v2 tree=net"},
    {"[PATCH -next] t", "patch tree=next"},
    {"[PATCH for-8.2 1/2] t", "patch 1/2 tree=for-8.2"},
    {"[PATCH-for-8.2 1/2] t", "patch 1/2 tree=for-8.2"},
    {"[RFC/net-next 1/2] t", "patch 1/2 rfc tree=net-next"},
    {"[PATCH tip/core/rcu 01/17] t", "patch 1/17 tree=tip/core/rcu"},
    {"[PATCH v4l-example 9p] t", "patch tree=v4l-example tree=9p"},
    {"[PATCH to the foo and bar] t", "patch tree=foo tree=bar"},
    {"[PATCH bug#12 a @b] t", "patch"}, /* no word has the form of a name */
    {"[foo PATCH foo] t", "patch tree=foo"},
    /* A group without tag words names a tree if it follows the tag, ... */
    {"[PATCH][kvmtool] t", "patch tree=kvmtool"},
    {"[PATCH v2] [kvmtool] t", "patch v2 tree=kvmtool"},
    {"[PATCH] [Only for you] t", "patch"}, /* prose names nothing */
    /* ... or if the tag follows it without a space; list software inserts a space. */
    {"[kvmtool][PATCH v2] t", "patch v2 tree=kvmtool"},
    {"[one][two][RFC][PATCH] t", "patch rfc tree=one tree=two"},
    {"[one:PATCHv2 1/2] t", "patch 1/2 v2 tree=one"},
    {"[RFC:PATCH 1/2] t", "patch 1/2 rfc"},
    /* Releases by the first letters of their code names, before the tag only. */
    {"[one][J][PATCH v2] t", "patch v2 tree=one tree=J"},
    {"[J/N][PATCH] t", "patch tree=J/N"},
    {"[PATCH][C] t", "patch"},
    {"[one] [two][PATCH] t", "patch tree=two list=one"},
    {"[linux-foo] [PATCH v2 1/3] t", "patch 1/3 v2 list=linux-foo"},
    {"[bug#60788] [PATCH v2] t", "patch v2 list=bug#60788"},
    {"[bug#60788][PATCH v2] t", "patch v2"}, /* neither a list tag nor a tree */
    {"[linux-foo] t", "list=linux-foo"},
    {"[one][two] t", "list=one"},
    {"[Question] t", "list=Question"},
    {"[ANNOUNCE] t", "list=ANNOUNCE"},
    {"[syzbot] [foo?] t", "list=syzbot"},
    {"[EXT] [linux-foo] [PATCH] t", "patch list=linux-foo"}, /* a gateway added EXT */
    /* A robot names tree and branch. */
    {"[tip: x86/urgent] t", "tree=tip: x86/urgent"},
    {"[tip:x86/urgent] t", "tree=tip: x86/urgent"},
    {"[linux-foo] [tip: x86/urgent] t", "tree=tip: x86/urgent list=linux-foo"},
    {"[Note: this] t", "list=Note: this"},
    {"[Note: read a/this] t", "list=Note: read a/this"},
};

static const struct example backports[] = {
    {"[PATCH 5.10 001/123] t", "patch 1/123 backport tree=5.10"},
    {"[PATCH 5.10.y v2] t", "patch v2 backport tree=5.10.y"},
    {"[PATCH v5.10.y] t", "patch backport tree=5.10.y"},
    {"[PATCH linux-5.10.y] t", "patch backport tree=linux-5.10.y"},
    {"[PATCH 6.1.y-foo] t", "patch backport tree=6.1.y-foo"},
    {"[PATCH 4.19-stable] t", "patch backport tree=4.19-stable"},
    {"[PATCH 2.6.27] t", "patch backport tree=2.6.27"},
    {"[PATCH stable] t", "patch backport tree=stable"},
    {"[PATCH stable/linux-5.4.y] t", "patch backport tree=stable/linux-5.4.y"},
    /* "stable" and a number make one tree, in every order. */
    {"[PATCH stable 4.19 v2 0/2] t", "patch 0/2 v2 backport tree=stable 4.19"},
    {"[PATCH 4.19 stable] t", "patch backport tree=stable 4.19"},
    {"[PATCH stable v4.19 v2] t", "patch v2 backport tree=stable 4.19"},
    {"[PATCH stable 4.9 4.14] t", "patch backport tree=stable 4.9 tree=4.14"},
    /* The other words of the tag decide that v5.4 is a branch and no partial reroll. */
    {"[PATCH v5.4 v2] t", "patch v2 backport tree=5.4"},
    {"[PATCH v5.4 for stable] t", "patch backport tree=stable tree=5.4"},
    {"[PATCH AUTOSEL 5.4 12/30] t", "patch 12/30 backport tree=5.4"},
    {"[PATCH AUTOSEL for 4.9 12/30] t", "patch 12/30 backport tree=4.9"},
    /* No stable branches. */
    {"[PATCH for 8.2] t", "patch tree=8.2"},
    {"[PATCH for-8.2] t", "patch tree=for-8.2"},
    {"[PATCH v5.10-rc1] t", "patch tree=v5.10-rc1"},
    {"[PATCH unstable] t", "patch tree=unstable"},
    /* Nobody sends a part of a version for the tenth time. */
    {"[PATCH 1/2 v5.10] t", "patch 1/2 backport tree=5.10"},
    {"[PATCH v4.19 1/2] t", "patch 1/2 backport tree=4.19"},
    {"[PATCH v6.6 1/2] t", "patch 1/2 backport tree=6.6"},
    {"[PATCH v4.5 1/2] t", "patch 1/2 v4 revision=4.5"},
    /* Several branches, but not the part 4 of 5. */
    {"[PATCH 5.10/5.15 1/2] t", "patch 1/2 backport tree=5.10 tree=5.15"},
    {"[PATCH v4.19/v5.4/v5.10] t", "patch backport tree=4.19 tree=5.4 tree=5.10"},
    {"[PATCH 3.4/5] t", "patch"},
    {"[stable:PATCH 5.4.y] t", "patch backport tree=stable tree=5.4.y"},
    {"[PATCH v2.6.32] t", "patch backport tree=2.6.32"},
    {"[PATCH v5.1 1/2] t", "patch 1/2 v5 revision=5.1"},
    {"[PATCH v2.3 1/2] t", "patch 1/2 v2 revision=2.3"},
    /* A kernel release beside a tree, but not beside one that takes no backports. */
    {"[PATCH linux v6.1 1/2] t", "patch 1/2 backport tree=linux tree=6.1"},
    {"[PATCH net v6.6 1/2] t", "patch 1/2 backport tree=net tree=6.6"},
    {"[PATCH nf-next v6.6 1/2] t", "patch 1/2 v6 revision=6.6 tree=nf-next"},
    {"[PATCH net v2.1 1/2] t", "patch 1/2 v2 revision=2.1 tree=net"},
    {"[PATCH for v6.1 1/2] t", "patch 1/2 tree=6.1"},
    {"[PATCH against v6.1] t", "patch tree=6.1"},
    {"[PATCH v2023.07 1/2] t", "patch 1/2 tree=2023.07"}, /* a release by its date */
    {"[PATCH -stable,6.1.x 1/3] t", "patch 1/3 backport tree=stable 6.1.x"},
    {"[PATCH 6.1.x] t", "patch backport tree=6.1.x"},
    {"[PATCH 4.19-cip] t", "patch backport tree=4.19-cip"},
    {"[PATCH 5.10-lts] t", "patch backport tree=5.10-lts"},
    {"[PATCH lts-5.10] t", "patch backport tree=lts-5.10"},
    {"[PATCH BACKPORT 5.10] t", "patch backport tree=5.10"},
    {"[BACKPORT PATCH v6.1 1/2] t", "patch 1/2 backport tree=6.1"},
    {"[PATCH stable:linux-5.10.y] t", "patch backport tree=stable: linux-5.10.y"},
    {"[PATCH 5.10-rt 1/2] t", "patch 1/2 backport tree=5.10-rt"},
};

/* Words in tags that name no tree. */
static const struct example words[] = {
    {"[PATCH (don't apply) 1/2] t", "patch 1/2"},
    {"[PATCH - do not merge] t", "patch"},
    {"[DO NOT APPLY PATCH v2] t", "patch v2"},
    {"[PATCH NOT FOR MERGE 1/2] t", "patch 1/2"},
    {"[PATCH not for upstream] t", "patch"},
    {"[PATCH NOT-FOR-MERGE] t", "patch"},
    {"[DO_NOT_MERGE PATCH] t", "patch"},
    {"[PATCH don\u2019t apply] t", "patch"},
    {"[DNM PATCH] t", "patch"},
    {"[PATCH net don't apply v2] t", "patch v2 tree=net"},
    {"[DONT APPLY][PATCH net] t", "patch tree=net"},
    {"[PR PATCH] t", "patch"},
    {"[PR PATCH] [Closed] t", "patch"},
    {"[PR PATCH] [Merged] t", "patch"},
    {"[PATCH] [Accepted] t", "patch"},
    {"[PATCH/COMMITTED] t", "patch"},
    {"[COMMITTED PATCH] t", "patch"},
    {"[PATCH, pushed] t", "patch"},
    {"[committed][PATCH] t", "patch"},
    {"[PATCH BUGFIX/IMPROVEMENT 1/2] t", "patch 1/2"},
    {"[BUGFIX PATCH] t", "patch"},
    {"[PATCH REVIEW 1/2] t", "patch 1/2"},
    {"[PATCH COVER LETTER 0/2] t", "patch 0/2"},
    {"[PATCH PR12345] t", "patch"},
    {"[PATCH bug-12345] t", "patch"},
    {"[PATCH][PR c/12345] t", "patch"},
    {"[PATCH CVE-2020-1234] t", "patch"},
    {"[PATH v2 1/2] t", "patch 1/2 v2"}, /* a slip */
    {"[PACTH v2] t", "patch v2"},
    {"[PATCH (resend) please] t", "patch resend"},
    /* Names that are like them. */
    {"[PATCH notmuch] t", "patch tree=notmuch"},
    {"[PATCH nouveau] t", "patch tree=nouveau"},
    {"[PATCH prctl] t", "patch tree=prctl"},
    {"[PATCH bugs-next] t", "patch tree=bugs-next"},
    {"[PATCH dongle] t", "patch tree=dongle"},
    {"[PATCH pr2] t", "patch"}, /* the number of a pull request */
    {"[PATCH tip:x86/urgent 1/2] t", "patch 1/2 tree=tip: x86/urgent"},
};

START_TEST(leaves_words_that_name_no_tree) {
    EXPECT_ALL(words);
}
END_TEST

START_TEST(reads_trees_and_list_tags) {
    EXPECT_ALL(trees);
}
END_TEST

START_TEST(reads_stable_branches) {
    EXPECT_ALL(backports);
}
END_TEST

START_TEST(keeps_at_most_sixteen_trees) {
    /* "stable", the 17th, is left out, so its number must not be added to the 16th. */
    expect("[PATCH t1 t2 t3 t4 t5 t6 t7 t8 t9 t10 t11 t12 t13 t14 t15 t16 stable 4.9] t",
           "patch tree=t1 tree=t2 tree=t3 tree=t4 tree=t5 tree=t6 tree=t7 tree=t8 tree=t9 tree=t10 "
           "tree=t11 tree=t12 tree=t13 tree=t14 tree=t15 tree=t16",
           "t");
}
END_TEST

START_TEST(finds_no_tag_in_similar_words) {
    static const struct example examples[] = {
        /* Words that start like a tag word. */
        {"[patchwork] t", "list=patchwork"},
        {"[patchtest] t", "list=patchtest"},
        {"[rfc-interest] t", "list=rfc-interest"},
        {"[RFC822] t", "list=RFC822"},
        {"[pulling] t", "list=pulling"},
        {"[v4l] t", "list=v4l"},
        /* Prose with a word that is a tag word, but makes no tag. */
        {"[Internal Use Only] t", "list=Internal Use Only"},
        {"[test of foo] t", "list=test of foo"},
        /* Empty groups. */
        {"[] t", ""},
        {"[ ] t", ""},
        {"[[]] t", ""},
    };

    EXPECT_ALL(examples);
}
END_TEST

/* ---- replies ------------------------------------------------------------------------------ */

static const struct example answers[] = {
    {"Re: t", "reply"},
    {"RE: t", "reply"},
    {"re:t", "reply"},
    {"RE : t", "reply"}, /* French */
    {"Re[2]: t", "reply"},
    {"Re(3): t", "reply"},
    {"Re^4: t", "reply"},
    {"Aw: t", "reply"},
    {"AW: Antw: Sv: Vs: R: Rif: t", "reply"},
    {"Fw: t", "reply"},
    {"Fwd: t", "reply"},
    {"回复: t", "reply"},
    {"答复：t", "reply"}, /* full-width colon */
    {"转发: t", "reply"},
    {"Re: Re: [PATCH 1/2] t", "reply patch 1/2"},
    {"Re [PATCH 1/2] t", "reply patch 1/2"},
    {"Re: [RFC PATCH net-next v3 1/2] t", "reply patch 1/2 v3 rfc tree=net-next"},
    {"[linux-foo] Re: [PATCH 1/2] t", "reply patch 1/2 list=linux-foo"},
    {"Re: [linux-foo] [PATCH 1/2] t", "reply patch 1/2 list=linux-foo"},
    {"Re: [linux-foo] [EXT] Re: t", "reply list=linux-foo"},
    {"Fwd: [linux-foo] Fwd: [linux-foo] [PATCH] t", "reply patch list=linux-foo"},
    {"[foo]RE: [PATCH] t", "reply patch list=foo"}, /* "RE:" separates it from the tag */
    {"[PATCH 1/2] Re: t", "patch 1/2"},             /* a patch made from a mail of a thread */
};

START_TEST(reads_reply_prefixes) {
    EXPECT_ALL(answers);
}
END_TEST

START_TEST(leaves_other_words_before_a_colon) {
    static const char *const subjects[] = {
        "Recent: change", "rework: a thing", "ref: a thing", "Re", "Re a thing", "R", "[", "Re[2",
    };

    for (size_t i = 0; i < COUNT(subjects); i++)
        expect(subjects[i], "", subjects[i]);
    /* After the tag, RFC belongs to the title. */
    expect("[PATCH] RFC: a thing", "patch", "RFC: a thing");
    /* After the tag, vs is a subsystem, not the Finnish reply prefix. */
    expect("[PATCH] vs: a thing", "patch", "vs: a thing");
}
END_TEST

/* ---- without brackets --------------------------------------------------------------------- */

START_TEST(reads_tags_without_brackets) {
    static const struct example examples[] = {
        {"PATCH 1/2: t", "patch 1/2"},
        {"PATCH v2 : t", "patch v2"},
        {"Re: PATCH 1/2: t", "reply patch 1/2"},
        {"RFC: t", "rfc"},
        {"RESEND: [PATCH v2] t", "patch v2 resend"},
        {"RFC [PATCH 1/2] t", "patch 1/2 rfc"},
        {"[linux-foo] PATCH 1/2: t", "patch 1/2 list=linux-foo"},
        {"[foo]RFC: [bar] t", "rfc tree=bar list=foo"},
        {"[PATCH v2 1/3 t", "patch 1/3 v2"}, /* the bracket never closes */
    };

    EXPECT_ALL(examples);
}
END_TEST

START_TEST(leaves_prose_without_brackets) {
    static const char *const subjects[] = {
        "Patch \"foo: bar\" has been added", /* a word that no tag has before the colon */
        "Patch for foo: bar",
        "patch 1/2 does not apply", /* no colon */
        "test: add a thing",
        "v8: fix the engine",
        "1/2: half",
        "git: a thing",
        "open [thing",
    };

    for (size_t i = 0; i < COUNT(subjects); i++)
        expect(subjects[i], "", subjects[i]);
}
END_TEST

/* ---- title -------------------------------------------------------------------------------- */

START_TEST(reads_the_title) {
    static const struct {
        const char *subject, *title;
    } examples[] = {
        {"", ""},
        {"   ", ""},
        {"Re:", ""},
        {"[PATCH]", ""},
        {"[PATCH]foo: bar", "foo: bar"},
        {"[Patch 2/2]: foo: bar", "foo: bar"},
        {": foo", "foo"},
        {"  [PATCH]   foo bar \t ", "foo bar"},
        {"[PATCH] rewrite [a-z] patterns", "rewrite [a-z] patterns"},
        {"[one] [PATCH] [two] rewrite [a-z]", "rewrite [a-z]"},
        {"[PATCH] Re: old thread", "old thread"},
        {"[PATCH] schlüssel: größer", "schlüssel: größer"},
        {"***SPAM*** [PATCH] foo", "foo"},
        {"***SPAM*** foo", "***SPAM*** foo"}, /* without a tag it belongs to the title */
        {"EXTERNAL: foo", "EXTERNAL: foo"},
        {"foo: [bar] baz", "foo: [bar] baz"},
        {"(subset) foo", "(subset) foo"},
        {"\u3010PATCH v2\u3011größer\uff1a \u3010x\u3011", "größer\uff1a \u3010x\u3011"},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        struct subject subject;

        subject_parse(examples[i].subject, &subject);
        expect_title(examples[i].subject, subject.title, examples[i].title);
    }
}
END_TEST

SUITE(subject_suite) {
    Suite *suite = suite_create("subject");
    TCase *reading = tcase_create("reading");

    tcase_add_test(reading, reads_numbering);
    tcase_add_test(reading, reads_versions);
    tcase_add_test(reading, reads_flags);
    tcase_add_test(reading, reads_pull_requests);
    tcase_add_test(reading, reads_a_version_in_the_title_as_weak);
    tcase_add_test(reading, reads_trees_and_list_tags);
    tcase_add_test(reading, reads_stable_branches);
    tcase_add_test(reading, keeps_at_most_sixteen_trees);
    tcase_add_test(reading, finds_no_tag_in_similar_words);
    tcase_add_test(reading, reads_reply_prefixes);
    tcase_add_test(reading, leaves_other_words_before_a_colon);
    tcase_add_test(reading, reads_tags_without_brackets);
    tcase_add_test(reading, leaves_prose_without_brackets);
    tcase_add_test(reading, leaves_words_that_name_no_tree);
    tcase_add_test(reading, reads_the_title);
    suite_add_tcase(suite, reading);
    return suite;
}
