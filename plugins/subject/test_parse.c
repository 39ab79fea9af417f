/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_parse.c - tests of subjects that gateways and people have changed, and of what the whole
 * mail decides, as tables like those of test_subject.c.
 */
#define TESTS parse
#include "support/suite.h"
#include "test_subject.h"

/* ---- wrong brackets ----------------------------------------------------------------------- */

START_TEST(reads_tags_with_wrong_brackets) {
    static const struct example examples[] = {
        /* The opening bracket is missing. */
        {"PATCH v2 0/2] t", "patch 0/2 v2"},
        {"Patch v2 1/2] t", "patch 1/2 v2"},
        {"RFC PATCH v2 1/2] t", "patch 1/2 v2 rfc"},
        {"PATCH] t", "patch"},
        {"Re: PATCH v2 1/2] t", "reply patch 1/2 v2"},
        {"net-next PATCH v3 1/2] t", "patch 1/2 v3 tree=net-next"},
        {"PATCH net-next v3 1/2] t", "patch 1/2 v3 tree=net-next"},
        {"PATCHv2 1/2]t", "patch 1/2 v2"},
        {"RESEND PATCH] t", "patch resend"},
        {"[foo] PATCH 1/2] t", "patch 1/2 list=foo"},
        {"GIT PULL] t", "pull"},
        /* The closing one is missing, or one of them has another form. */
        {"[PATCH v2 0/2} t", "patch 0/2 v2"},
        {"[PATCH net v2 0/2} t", "patch 0/2 v2 tree=net"},
        {"[PATCH v2 0/2) t", "patch 0/2 v2"},
        {"{PATCH v2 0/2] t", "patch 0/2 v2"},
        {"{PATCH net v2 0/2} t", "patch 0/2 v2 tree=net"},
        {"(PATCH 1/2) t", "patch 1/2"},
        {"<PATCH v2> t", "patch v2"},
        {"{PATCH (v2) 1/2} t", "patch 1/2 v2"},
        {"{RFC} t", "rfc"},
        {"[[PATCH v3] 1/4] t", "patch 1/4 v3"},
        {"[PATCH [v3 1/4]] t", "patch 1/4 v3"},
        /* Brackets of other scripts. */
        {"\u3010PATCH v2 1/2\u3011t", "patch 1/2 v2"},
        {"\uff3bPATCH v2 1/2\uff3d t", "patch 1/2 v2"},
        {"\u3010net\u3011\u3010PATCH\u3011t", "patch list=net"},
        {"\uff08PATCH 1/2\uff09t", "patch 1/2"},
    };

    EXPECT_ALL(examples);
}
END_TEST

START_TEST(leaves_prose_with_brackets) {
    static const char *const subjects[] = {
        "patch does not apply to foo[1]",
        "patch for a[0] and b] is broken",
        "(v2) add a thing",
        "{foo} a thing",
        "<stdio.h> is missing",
        "(patch attached) lamp is dark",
        "PATCH and a->b: wrong",
    };

    for (size_t i = 0; i < COUNT(subjects); i++) {
        struct subject subject;

        subject_parse(subjects[i], &subject);
        ck_assert_msg(!subject.patch, "'%s'", subjects[i]);
        expect_title(subjects[i], subject.title, subjects[i]);
    }
}
END_TEST

/* ---- what gateways and people write before the tag --------------------------------------------
 */

START_TEST(skips_marks_before_the_tag) {
    static const struct example examples[] = {
        {"***SPAM*** [PATCH v2 1/2] t", "patch 1/2 v2"},
        {"*****SPAM***** [PATCH v2 1/2] t", "patch 1/2 v2"},
        {"*SPAM* [PATCH 1/2] t", "patch 1/2"},
        {"**EXTERNAL** [PATCH 1/2] t", "patch 1/2"},
        {"***UNCHECKED*** [PATCH 1/2] t", "patch 1/2"},
        {"=SPAM= [PATCH 1/2] t", "patch 1/2"},
        {"{Spam?} [PATCH 1/2] t", "patch 1/2"},
        {"{Disarmed} [PATCH 1/2] t", "patch 1/2"},
        {"<EXTERNAL> [PATCH 1/2] t", "patch 1/2"},
        {"(EXT) [PATCH 1/2] t", "patch 1/2"},
        {"(foo 1234) [PATCH 1/2] t", "patch 1/2"}, /* a list's mark with the number of the mail */
        {"EXTERNAL: [PATCH 1/2] t", "patch 1/2"},
        {"External : [PATCH 1/2] t", "patch 1/2"},
        {"External email: [PATCH 1/2] t", "patch 1/2"},
        {"EXT [PATCH 1/2] t", "patch 1/2"},
        {"EXTERNAL - [PATCH 1/2] t", "patch 1/2"},
        {"SPAM: [PATCH 1/2] t", "patch 1/2"},
        {"Subject: [PATCH 1/2] t", "patch 1/2"},
        {"bug 123: [PATCH 1/2] t", "patch 1/2"},
        {"PR12: [PATCH 1/2] t", "patch 1/2"},
        {"[spam 6.3/5.0] [PATCH 1/2] t", "patch 1/2 list=spam 6.3/5.0"},
        {"[EXTERNAL] EXTERNAL: [PATCH 1/2] t", "patch 1/2"},
        {"***SPAM*** Re: [PATCH 1/2] t", "reply patch 1/2"},
        {"Re: ***SPAM*** [PATCH 1/2] t", "reply patch 1/2"},
        {"Re: (subset) [PATCH 1/2] t", "reply patch 1/2"},
        {"Re: EXTERNAL: [foo] [PATCH 1/2] t", "reply patch 1/2 list=foo"},
        {"***SPAM*** PATCH 1/2: t", "patch 1/2"},
        {"v2 [PATCH 1/2] t", "patch 1/2 v2"},
        /* A byte order mark, and blanks that are none of ASCII. */
        {"\ufeff[PATCH v3] t", "patch v3"},
        {"\u200b[PATCH v3] t", "patch v3"},
        {"\u200e\u202a[PATCH v3] t", "patch v3"},
        {"\u00a0[PATCH\u00a0v3\u00a01/2]\u00a0t", "patch 1/2 v3"},
        {"[PATCH\u2009v3]\u200bt", "patch v3"},
        {"\ufeffRe:\u00a0[PATCH v3] t", "reply patch v3"},
        {"Re:\r[PATCH v3]\rt", "reply patch v3"}, /* a bare CR */
    };

    EXPECT_ALL(examples);
}
END_TEST

START_TEST(reads_forwards_in_brackets) {
    static const struct example examples[] = {
        {"[bob@example.com: [PATCH v3 2/5] t]", "reply patch 2/5 v3"}, /* mutt */
        {"[bob@example.com: [PATCH v3 2/5] t", "reply patch 2/5 v3"},  /* cut */
        {"[bob@example.com: Re: [PATCH v3 2/5] t]", "reply patch 2/5 v3"},
        {"[bob@example.com: t] (fwd)", "reply"},
        {"[bob@example.com: t]", "reply"},
        {"[Fwd: [PATCH v3 2/5] t]", "reply patch 2/5 v3"}, /* Mozilla */
        {"[Fwd: Re: [foo] [PATCH 2/5] t]", "reply patch 2/5 list=foo"},
        {"[Fw: [PATCH net 2/5] t]", "reply patch 2/5 tree=net"},
        {"[Bob Example: [PATCH v3 2/5] t]", "reply patch 2/5 v3"},
        {"[foo] [Bob: [PATCH v3 2/5] t]", "reply patch 2/5 v3 list=foo"},
        {"[PATCH: [v3] 2/5] t", "patch 2/5 v3"},
        {"[foo] [bob@example.com: [PATCH 2/5] t]", "reply patch 2/5 list=foo"},
        {"Fwd: [bob@example.com: [PATCH 2/5] t]", "reply patch 2/5"},
        /* The address of a list is its mark. */
        {"[foo@example.com: 12] [PATCH 2/5] t", "patch 2/5 list=foo@example.com: 12"},
        {"[foo@example.com] [PATCH 2/5] t", "patch 2/5 list=foo@example.com"},
        {"[foo@example.com:12] [PATCH 2/5] t", "patch 2/5 list=foo@example.com:12"},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        struct subject subject;
        char have[512];

        subject_parse(examples[i].subject, &subject);
        describe(&subject, have, sizeof(have));
        ck_assert_msg(strcmp(have, examples[i].reading) == 0, "'%s': read as '%s', expected '%s'",
                      examples[i].subject, have, examples[i].reading);
        ck_assert_msg(subject.title.data[0] == 't', "'%s'", examples[i].subject);
    }
}
END_TEST

/* ---- what the whole mail decides --------------------------------------------------------------
 */

static void expect_settled(const char *text, bool has_diff, bool is_answer, const char *reading) {
    struct subject subject;
    char have[512];

    subject_parse(text, &subject);
    subject_settle(&subject, has_diff, is_answer);
    describe(&subject, have, sizeof(have));
    ck_assert_msg(strcmp(have, reading) == 0, "'%s': read as '%s', expected '%s'", text, have,
                  reading);
}

START_TEST(recognizes_reply_prefixes_by_form) {
    static const char *const prefixes[] = {
        "Odp:",      "RES:",
        "ENC:",      "RV:",
        "TR:",       "YNT:",
        "\u0130LT:", "Отв:",
        "HA:",       "返信:",
        "답장:",     "Vá:",
        "Válasz:",   "ΑΠ:",
        "ΣΧΕΤ:",     "Atb.:",
        "BLS:",      "Doorst:",
        "I:",        "Réf. :",
        "Trả lời:",  "השב:",
        "רד:",       "رد:",
        "Ang:",      "Automatic reply:",
        "Ping:",     "ACK:",
        "NACK:",     "applied:",
        "Odp[2]:",   "回信：",
    };

    for (size_t i = 0; i < COUNT(prefixes); i++) {
        char text[200];

        snprintf(text, sizeof(text), "%s [PATCH v2 1/2] t", prefixes[i]);
        expect_settled(text, false, true, "reply patch 1/2 v2");
    }
    /* Without a diff, the mail need not refer to another one. */
    expect_settled("Odp: [PATCH v2 1/2] t", false, false, "reply patch 1/2 v2");
    expect_settled("Recall: [PATCH v2 1/2] t", false, false, "reply patch 1/2 v2");
    expect_settled("Any news: [PATCH v2] t", false, false, "reply patch v2");
    expect_settled("NAK: [PATCH v2 1/2] t", false, false, "reply patch 1/2 v2");
    expect_settled("\u0391\u03a0: [foo] [PATCH 1/2] t", false, false, "reply patch 1/2 list=foo");
    /* With a diff, a quoted one perhaps, only those of mail programs, which begin with a capital.
     */
    expect_settled("Odp: [PATCH v2 1/2] t", true, false, "reply patch 1/2 v2");
    expect_settled("RES: [foo] [PATCH v2 1/2] t", true, false, "reply patch 1/2 v2 list=foo");
    expect_settled("\u0130LT: [PATCH v2 1/2] t", true, false, "reply patch 1/2 v2");
    expect_settled("Forwarded: [PATCH] t", true, true, "reply patch");
    expect_settled("FS[2]: [PATCH] t", true, true, "reply patch");
    expect_settled("fs: [PATCH] t", true, false, "patch");
    expect_settled("FS: ext4: [PATCH] t", true, false, "patch");
    expect_settled("Draft: [PATCH v2 1/2] t", true, false, "patch 1/2 v2");
    /* A part of a subsystem's name before the tag of a patch. */
    expect_settled("mm: [PATCH v2 1/2] t", true, false, "patch 1/2 v2");
    expect_settled("mm: [PATCH v2 1/2] t", true, true, "patch 1/2 v2");
    expect_settled("net: [PATCH v2 0/2] t", false, false, "patch 0/2 v2");
    expect_settled("powerpc: [PATCH v2] t", true, false, "patch v2");
    /* What gateways add is no prefix of a reply, also before a cover in a thread. */
    expect_settled("EXTERNAL: [PATCH v2 0/2] t", false, true, "patch 0/2 v2");
    expect_settled("***SPAM*** [PATCH v2 0/2] t", false, true, "patch 0/2 v2");
    /* Pine forwards. */
    expect_settled("[PATCH v2 1/2] t (fwd)", false, false, "patch 1/2 v2");
    expect_settled("[PATCH v2 1/2] t (fwd)", false, true, "reply patch 1/2 v2");
    expect_settled("[PATCH v2 1/2] t (fwd)", true, true, "patch 1/2 v2");
    /* Not before a tag. */
    expect_settled("Odp: t", false, true, "");
    expect_settled("v8 [foo] t", false, true, "");
    expect_settled("foo: bar: [baz] t", false, true, "");
}
END_TEST

START_TEST(needs_a_diff_beside_a_bare_numbering) {
    static const char *const reports[] = {
        "[foo:bar 5/13] a.c:12:5: warning: t",
        "[foo:bar/baz 5/13] a.c:12 f() error: t",
        "[foo:foo-5.4.y 5/13] a.c: t",
        "[foo/next:bar 0/13] ERROR: t",
        "[foo:bar 12345/99999] undefined reference",
        "[kbuild] [foo:bar 5/13] a.c:12: t",
    };

    for (size_t i = 0; i < COUNT(reports); i++) {
        struct subject subject;

        subject_parse(reports[i], &subject);
        subject_settle(&subject, false, false);
        ck_assert_msg(subject.report && subject.part < 0 && !subject.patch, "'%s'", reports[i]);
        ck_assert_msg(subject.tree_count == 1, "'%s'", reports[i]);
    }
    expect_settled("[foo:bar 5/13] t", false, false, "report tree=foo: bar");
    expect_settled("[foo:bar 5/13] t", true, false, "patch 5/13 tree=foo: bar");
    expect_settled("Re: [foo:bar 5/13] t", false, true, "reply report tree=foo: bar");
    expect_settled("[PATCH foo:bar 5/13] t", false, false, "patch 5/13 tree=foo: bar");
    expect_settled("[RFC foo:bar 5/13] t", false, false, "patch 5/13 rfc tree=foo: bar");
    expect_settled("[foo:bar v2 5/13] t", false, false, "patch 5/13 v2 tree=foo: bar");
    expect_settled("[PATCH foo:b1 5/13] t", false, false, "patch 5/13 tree=foo: b1");
    /* Spam and questions. */
    expect_settled("[24/7] Cheap t", false, false, "");
    expect_settled("[1/2] Invoice t", false, false, "");
    expect_settled("PATCH 1/2: t", false, false, "");
    expect_settled("PATCH: t", false, false, "");
    expect_settled("[v2] t", false, false, "v2");
    expect_settled("[v2] t", true, false, "patch v2");
    expect_settled("PATCH 1/2: t", true, false, "patch 1/2");
    expect_settled("PATCH 0/2: t", false, false, "patch 0/2");
    expect_settled("PATCH 1/2] t", false, false, "patch 1/2");
    expect_settled("Re: PATCH 1/2: t", false, true, "reply patch 1/2");
    expect_settled("RESEND: [PATCH v2] t", false, false, "patch v2 resend");
    expect_settled("[1/2] t", true, false, "patch 1/2");
    expect_settled("[foo 1/2] t", true, false, "patch 1/2 tree=foo");
    expect_settled("Re: [1/2] t", false, true, "reply patch 1/2");
    expect_settled("[PATCH 1/2] t", false, false, "patch 1/2");
    expect_settled("[RFC 1/2] t", false, false, "patch 1/2 rfc");
    expect_settled("[0/2] t", false, false, "patch 0/2"); /* a cover has no diff */
    expect_settled("[foo 0/2] t", false, false, "patch 0/2 tree=foo");
}
END_TEST

START_TEST(tells_kernel_releases_from_partial_rerolls) {
    /* Of a single patch nothing can be sent again in part, except in its thread. */
    expect_settled("[PATCH v6.1] t", true, false, "patch backport tree=6.1");
    expect_settled("Re: [PATCH v6.1] t", false, true, "reply patch backport tree=6.1");
    expect_settled("[PATCH v6.1] t", true, true, "patch v6 revision=6.1");
    expect_settled("[PATCH v2.1] t", true, false, "patch v2 revision=2.1");
    expect_settled("[PATCH v3.1] t", true, false, "patch v3 revision=3.1");
    expect_settled("[PATCH v5.1 2/3] t", true, false, "patch 2/3 v5 revision=5.1");
    expect_settled("[PATCH net-next v5.1 2/3] t", true, true,
                   "patch 2/3 v5 revision=5.1 tree=net-next");
}
END_TEST

SUITE(parse_suite) {
    Suite *suite = suite_create("parse");
    TCase *parsing = tcase_create("parsing"), *settling = tcase_create("settling");

    tcase_add_test(parsing, reads_tags_with_wrong_brackets);
    tcase_add_test(parsing, leaves_prose_with_brackets);
    tcase_add_test(parsing, skips_marks_before_the_tag);
    tcase_add_test(parsing, reads_forwards_in_brackets);
    tcase_add_test(settling, recognizes_reply_prefixes_by_form);
    tcase_add_test(settling, needs_a_diff_beside_a_bare_numbering);
    tcase_add_test(settling, tells_kernel_releases_from_partial_rerolls);
    suite_add_tcase(suite, parsing);
    suite_add_tcase(suite, settling);
    return suite;
}
