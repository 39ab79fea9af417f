/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_topic.c - the earlier series that a posting continues, by each sign, and those that it does
 * not continue.
 */
#include "test_series.h"

#define CHANGE "change-id: 20200509-slug-0123456789ab\n"

static const char *topic_of(const char *anchor) {
    static char id[PATCHMARK_ID_SIZE];

    patchmark_id("t1-", support_text(anchor), id);
    return id;
}

/* ---- names -------------------------------------------------------------------------------- */

START_TEST(names_a_topic_after_its_first_series) {
    struct found cover = POST("0@x", "[PATCH 0/2] a b");
    struct found part = POST("1@x", "[PATCH 1/2] c d", .answers = "0@x");
    struct found reply = POST("r@y", "Re: [PATCH 1/2] c d", .answers = "1@x", .from = STRANGER);

    ck_assert_str_eq(cover.topic, topic_of("0@x"));
    ck_assert_str_eq(part.topic, cover.topic);
    ck_assert_str_eq(reply.topic, cover.topic);
    ck_assert_str_eq(cover.supersedes, "");
    ck_assert_str_eq(cover.how, "");
}
END_TEST

/* Every mail of a version has the topic, which the first mail determines. */
START_TEST(gives_the_topic_to_all_parts) {
    struct found old = POST("0@x", "[PATCH 0/2] alpha beta");
    struct found cover = POST("n0@x", "[PATCH v2 0/2] alpha beta", .at = DAY);
    struct found part = POST("n1@x", "[PATCH v2 1/2] c d", .answers = "n0@x", .at = DAY);
    struct found reply = POST("r@y", "Re: [PATCH v2 1/2] c d", .answers = "n1@x", .at = DAY);
    struct found next = POST("m0@x", "[PATCH v3 0/2] alpha beta", .at = 2 * DAY);

    expect_supersedes(cover, old, "title");
    ck_assert_str_eq(part.topic, old.topic);
    ck_assert_str_eq(part.supersedes, "");
    ck_assert_str_eq(reply.topic, old.topic);
    expect_supersedes(next, cover, "title");
}
END_TEST

/* The highest lower version is superseded, also if another one arrived later. */
START_TEST(supersedes_the_highest_older_version) {
    struct found two = POST("2@x", "[PATCH v2] alpha beta");

    POST("1@x", "[PATCH] alpha beta", .at = DAY);

    struct found three = POST("3@x", "[PATCH v3] alpha beta", .at = 2 * DAY);

    expect_supersedes(three, two, "title");
}
END_TEST

/* ---- change-id ---------------------------------------------------------------------------- */

START_TEST(follows_change_ids) {
    struct found one = POST(B4(0), "[PATCH 0/2] alpha beta", .body = "text\n\n---\n" CHANGE);
    struct found part = POST(B4(1), "[PATCH 1/2] gamma", .answers = B4(0), .body = DIFF);
    struct found two = POST("20200510-slug-v2-0-0123456789ab@x", "[PATCH v2 0/2] other words",
                            .body = "text\n\n---\n" CHANGE, .at = DAY);

    ck_assert_str_eq(one.topic, topic_of("20200509-slug-0123456789ab"));
    ck_assert_str_eq(part.topic, one.topic);
    expect_supersedes(two, one, "change-id");
    forget();
    /* The same topic id in any order. */
    two = POST("2@x", "[PATCH v2] other words", .body = "text\n\n---\n" CHANGE DIFF);
    one = POST("1@x", "[PATCH] alpha beta", .body = "text\n\n---\n" CHANGE DIFF);
    ck_assert_str_eq(one.topic, two.topic);
    ck_assert_str_eq(one.supersedes, "");
    ck_assert_str_eq(two.supersedes, "");
}
END_TEST

/* A series with a change-id can continue an older one without. */
START_TEST(finds_older_work_without_change_id) {
    struct found one = POST("1@x", "[PATCH 0/2] alpha beta");
    struct found two =
        POST("2@x", "[PATCH v2 0/2] alpha beta", .body = "text\n\n---\n" CHANGE, .at = DAY);
    struct found three =
        POST("3@x", "[PATCH v3 0/2] other words", .body = "text\n\n---\n" CHANGE, .at = 2 * DAY);

    expect_supersedes(two, one, "title");
    expect_supersedes(three, two, "change-id");
}
END_TEST

/* A series of another author with the same change-id has the same topic, but supersedes nothing. */
START_TEST(shares_work_by_change_id) {
    struct found one = POST("1@x", "[PATCH 0/2] alpha beta", .body = "text\n\n---\n" CHANGE);
    struct found two = POST("2@x", "[PATCH v2 0/2] alpha beta", .from = STRANGER,
                            .body = "text\n\n---\n" CHANGE, .at = DAY);

    ck_assert_str_eq(two.topic, one.topic);
    ck_assert_str_eq(two.supersedes, "");
}
END_TEST

/* ---- mentions ----------------------------------------------------------------------------- */

/* A link is enough for the topic; if the titles differ, the text must say that it is a version.
 * Version 3 links to version 1, and supersedes version 2 if that has superseded version 1. */
START_TEST(follows_links_in_any_spelling) {
    static const char *const spellings[] = {
        "v1: https://lore.kernel.org/r/1-one@x.example",
        "v1: https://lore.kernel.org/list/1-one@x.example/",
        "v1: https://lore.kernel.org/all/1-one@x.example/T/#u",
        "Link: https://patch.msgid.link/1-one@x.example",
        "Link: https://lkml.kernel.org/r/1-one@x.example",
        "[1] http://marc.info/?i=1-one@x.example",
        "[1] https://marc.info/?l=list&i=1-one@x.example",
        "v1 was <1-one@x.example>.",
        "v1 was id:1-one@x.example",
        "Message-ID: <1-one@x.example>",
        "v1: https://lore.kernel.org/r/1-one%40x.example",
        "v1: https://lore.kernel.org/r/1%2Done%40x.example",
    };

    for (size_t i = 0; i < COUNT(spellings); i++) {
        forget();

        struct found one = POST("1-one@x.example", "[PATCH 0/2] alpha beta");
        struct found two =
            POST("2@x", "[PATCH v2 0/2] other words", .body = spellings[i], .at = DAY);
        struct found three =
            POST("3@x", "[PATCH v3 0/2] beta and gamma", .body = spellings[i], .at = 2 * DAY);

        ck_assert_msg(strcmp(two.topic, one.topic) == 0, "%s", spellings[i]);
        ck_assert_msg((*two.supersedes != '\0') == (strstr(spellings[i], "v1") != NULL), "%s",
                      spellings[i]);
        expect_supersedes(three, *two.supersedes ? two : one, "link");
    }
}
END_TEST

/* The link may be in the cover, the first part or a single patch, and may name any mail of the
 * older series. */
START_TEST(reads_links_in_cover_and_first_part) {
    static const struct {
        const char *subject, *link;
        bool found;
    } examples[] = {
        {"[PATCH v2 0/2] other words", "https://lore.kernel.org/r/1-one@x.example", true},
        {"[PATCH v2 1/2] other words", "https://lore.kernel.org/r/1-one@x.example", true},
        {"[PATCH v2] other words", "https://lore.kernel.org/r/1-one@x.example", true},
        {"[PATCH v2 2/2] other words", "https://lore.kernel.org/r/1-one@x.example", false},
        {"[PATCH v2 0/2] other words", "https://lore.kernel.org/r/2-two@x.example", true},
        {"[PATCH v2 0/2] other words", "https://lore.kernel.org/r/3-rep@x.example", true},
        {"[PATCH v2 0/2] other words", "https://lore.kernel.org/r/4-not@x.example", false},
        {"[PATCH v2 0/2] other words", "> https://lore.kernel.org/r/1-one@x.example", false},
        {"[PATCH v1 0/2] other words", "https://lore.kernel.org/r/1-one@x.example", false},
        {"[PATCH RESEND 0/2] other words", "https://lore.kernel.org/r/1-one@x.example", true},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget();

        struct found one = POST("1-one@x.example", "[PATCH 0/2] alpha beta");

        POST("2-two@x.example", "[PATCH 1/2] gamma", .answers = "1-one@x.example");
        POST("3-rep@x.example", "Re: [PATCH 1/2] gamma", .answers = "2-two@x.example",
             .from = STRANGER);

        struct found two = POST("2@x", examples[i].subject, .body = examples[i].link, .at = DAY);

        ck_assert_msg((strcmp(two.topic, one.topic) == 0) == examples[i].found, "%s: %s",
                      examples[i].subject, examples[i].link);
    }
}
END_TEST

/* A cover may also name work on which it depends. */
START_TEST(prefers_links_to_work_of_its_title) {
    struct found other = POST("o@x.example", "[PATCH 0/2] gadgets for all");
    struct found one = POST("1@x.example", "[PATCH 0/3] net: widgets at last");
    struct found two = POST("2@x.example", "[PATCH v2 0/3] net: widgets at last, and more",
                            .body = "Based on <o@x.example>.\nv1: <1@x.example>\n", .at = DAY);
    struct found three = POST("3@x.example", "[PATCH v3 0/3] net: widgets at last, and more",
                              .body = "Based on <o@x.example>.\n", .at = 2 * DAY);

    expect_other_work(one, other);
    expect_supersedes(two, one, "link");
    expect_supersedes(three, two, "title");
}
END_TEST

/* A stranger who writes "Supersedes:" shares the topic, and supersedes nothing. */
START_TEST(accepts_supersedes_of_the_author) {
    struct found one = POST("1@x.example", "[PATCH 0/2] alpha beta");
    struct found two = POST("2@x.example", "[PATCH 0/2] other words",
                            .body = "Supersedes: <1@x.example>\n", .at = DAY);
    struct found chosen =
        POST("3@y.example", "[PATCH 0/2] third words", .from = STRANGER,
             .body = "Supersedes: https://lore.kernel.org/r/2@x.example\n", .at = 2 * DAY);
    struct found self = POST("4@x.example", "[PATCH 0/3] fourth words",
                             .body = "Supersedes: <4@x.example>\n", .at = 3 * DAY);

    expect_supersedes(two, one, "supersedes");
    expect_same_topic(chosen, two);
    expect_other_work(self, one);
}
END_TEST

/* A link to the mail of another author counts only if the titles are similar. */
START_TEST(requires_similar_titles_for_links_to_other_authors) {
    struct found one = POST("1@x.example", "[PATCH 0/2] gadgets for all machines");
    struct found two = POST("2@y.example", "[PATCH v2 0/2] widgets at last", .from = STRANGER,
                            .body = "After <1@x.example>.\n", .at = DAY);
    struct found three =
        POST("3@y.example", "[PATCH v3 0/2] usb: gadgets for all new machines", .from = STRANGER,
             .body = "I take over from <1@x.example>.\n", .at = 2 * DAY);
    struct found same = POST("4@y.example", "[PATCH 0/2] gadgets for all machines",
                             .from = STRANGER, .body = "<1@x.example>\n", .at = 3 * DAY);

    expect_other_work(two, one);
    expect_same_topic(three, one);
    expect_other_work(same, one); /* not even a newer version */
}
END_TEST

/* ---- threads ------------------------------------------------------------------------------ */

START_TEST(follows_threads) {
    struct found one = POST("0@x", "[PATCH 0/2] alpha beta");

    POST("r@y", "Re: [PATCH 0/2] alpha beta", .answers = "0@x", .from = STRANGER);

    struct found two =
        POST("n@x", "[PATCH v2 0/2] other words", .answers = "r@y lost@y 0@x", .at = DAY);
    struct found three =
        POST("m@x", "[PATCH v3] third words", .answers = "n@x", .body = DIFF, .at = 2 * DAY);
    struct found stranger = POST("s@y", "[PATCH v4 0/2] fourth words", .answers = "n@x 0@x",
                                 .from = STRANGER, .at = 3 * DAY);
    struct found aside =
        POST("a@x", "[PATCH 0/3] fifth words", .answers = "n@x 0@x", .at = 3 * DAY);

    expect_supersedes(two, one, "thread");
    expect_supersedes(three, two, "thread");
    expect_other_work(stranger, one);
    expect_other_work(aside, one); /* not a newer version */
}
END_TEST

/* Single parts that are sent again, in reply to the parts that they replace. */
START_TEST(follows_partial_rerolls) {
    struct found cover = POST("0@x", "[PATCH v7 00/74] alpha beta");
    struct found part = POST("39@x", "[PATCH v7 39/74] gamma delta", .answers = "0@x");
    struct found again =
        POST("n39@x", "[PATCH v7.2 39/74] gamma delta", .answers = "39@x 0@x", .at = DAY);

    expect_same(part, cover);
    expect_supersedes(again, cover, "thread");
    expect_numbers(again, 7, 39, 74);
}
END_TEST

/* ---- titles ------------------------------------------------------------------------------- */

START_TEST(follows_titles) {
    static const struct {
        const char *old, *new;
        bool found;
    } examples[] = {
        {"[PATCH 0/2] net: fix the lock", "[PATCH v2 0/3] net: fix the lock", true},
        {"[PATCH 0/2] net: fix the lock", "[PATCH v2 0/2] usb/net: Fix the Lock.", true},
        {"[PATCH 0/2] net: fix the lock", "[PATCH v2] the lock: fix the lock", false},
        {"[PATCH 0/2] net: fix the lock", "[PATCH v2] net: dsa: fix the lock", true},
        {"[PATCH 0/2] net: dsa: fix the lock", "[PATCH v2] ipv6: dsa: fix the lock", true},
        {"[PATCH 0/2] dsa: net: fix the lock", "[PATCH v2] dsa: usb: fix the lock", false},
        {"[PATCH net] net: fix the lock", "[PATCH v4 net-next] fix the lock", true},
        {"[PATCH 2/2] net: fix the lock", "[PATCH v2 1/4] net: fix the lock", true},
        {"[PATCH v2] fix the lock", "[PATCH v2 RESEND] fix the lock", true},
        {"[PATCH v2] fix the lock", "[PATCH] fix the lock", false},
        {"[PATCH 0/2] net: fix the lock", "[PATCH v2 0/2] net: fix the key", false},
        {"[PATCH 0/2] net: fix", "[PATCH v2 0/2] net: fix", true},  /* the whole title */
        {"[PATCH 0/2] net: fix", "[PATCH v2 0/2] usb: fix", false}, /* one word is not a sign */
        {"[PATCH 0/2] fix", "[PATCH v2 0/2] fix", false},
        /* some authors send the same patch for many files */
        {"[PATCH] net: fix the lock", "[PATCH] usb: fix the lock", false},
        {"[PATCH 1/2] net: fix the lock", "[PATCH 1/3] usb: fix the lock", false},
        /* one title is the start of the other, in the next version */
        {"[PATCH] add support for gadgets", "[PATCH v2] add support for gadgets and widgets", true},
        {"[PATCH] add support for gadgets and widgets", "[PATCH v2] net: add support for gadgets",
         true},
        {"[PATCH] add support for gadgets", "[PATCH v3] add support for gadgets and widgets",
         false},
        {"[PATCH] add support for gadgets", "[PATCH] add support for gadgets and widgets", false},
        {"[PATCH] add support", "[PATCH v2] add support for gadgets", false}, /* too short */
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget();

        struct found old = POST("1@x", examples[i].old);
        struct found new = POST("2@x", examples[i].new, .at = 30 * DAY);
        struct found stranger = POST("3@y", examples[i].new, .from = STRANGER, .at = 31 * DAY);

        ck_assert_msg((strcmp(new.topic, old.topic) == 0) == examples[i].found, "%s, %s",
                      examples[i].old, examples[i].new);
        if (examples[i].found)
            expect_supersedes(new, old, "title");
        else
            expect_other_work(new, old);
        expect_other_work(stranger, old);
    }
}
END_TEST

/* A series with the same whole title is preferred to one with the same words. */
START_TEST(prefers_the_whole_title) {
    struct found net = POST("1@x", "[PATCH] net: fix the lock");
    struct found usb = POST("2@x", "[PATCH] usb: fix the lock", .at = DAY);
    struct found net2 = POST("3@x", "[PATCH v2] net: fix the lock", .at = 2 * DAY);
    struct found usb2 = POST("4@x", "[PATCH v2] usb: fix the lock", .at = 3 * DAY);

    expect_other_work(usb, net);
    expect_supersedes(net2, net, "title");
    expect_supersedes(usb2, usb, "title");
}
END_TEST

START_TEST(follows_titles_of_parts) {
    struct found old = POST("0@x", "[PATCH 0/2] alpha beta");

    POST("1@x", "[PATCH 1/2] net: fix the lock", .answers = "0@x");
    POST("2@x", "[PATCH 2/2] net: fix the key", .answers = "0@x");

    /* A cover of another title lists them. */
    struct found cover =
        POST("n0@x", "[PATCH v2 0/3] gamma delta",
             .body = "Author (3):\n  new words here\n  net: fix the key\n", .at = DAY);
    /* A part came first. */
    struct found part =
        POST("m2@x", "[PATCH v3 2/3] net: fix the lock", .answers = "m0@x", .at = 2 * DAY);
    struct found late = POST("m0@x", "[PATCH v3 0/3] epsilon zeta", .at = 2 * DAY);

    expect_supersedes(cover, old, "title");
    expect_supersedes(part, cover, "title"); /* version 2, without the title, replaced version 1 */
    ck_assert_str_eq(late.topic, old.topic);
    forget();
    /* A single patch that becomes part of a series, and the other way round. */
    old = POST("1@x", "[PATCH] net: fix the lock");
    cover = POST("n0@x", "[PATCH v2 0/3] gamma delta", .body = "  net: fix the lock\n", .at = DAY);
    expect_supersedes(cover, old, "title");
    POST("n1@x", "[PATCH v2 1/3] net: fix the key", .answers = "n0@x", .at = DAY);
    part = POST("m@x", "[PATCH v3] net: fix the key", .at = 2 * DAY);
    expect_supersedes(part, cover, "title");
}
END_TEST

/* A cover that arrives after its parts may still name older work. */
START_TEST(reads_links_in_a_late_cover) {
    struct found old = POST("0@x", "[PATCH 0/2] alpha beta");
    struct found part = POST("n1@x", "[PATCH v2 1/2] gamma delta", .answers = "n0@x", .at = DAY);
    struct found cover = POST("n0@x", "[PATCH v2 0/2] alpha beta", .at = DAY);
    struct found more = POST("n2@x", "[PATCH v2 2/2] epsilon", .answers = "n0@x", .at = DAY);

    expect_other_work(part, old);
    expect_same(cover, part);
    expect_supersedes(cover, old, "title");
    ck_assert_str_eq(more.topic, old.topic);
}
END_TEST

/* The mails of a series that arrive after the part that shows the older work have its topic, and so
 * have the next versions. */
START_TEST(finds_the_topic_by_a_late_part) {
    struct found old = POST("1@x", "[PATCH] net: fix the lock");
    struct found first = POST("n1@x", "[PATCH v2 1/3] net: fix the key", .at = DAY);
    struct found part =
        POST("n2@x", "[PATCH v2 2/3] net: fix the lock", .answers = "n1@x", .at = DAY);
    struct found more =
        POST("n3@x", "[PATCH v2 3/3] net: fix it all", .answers = "n1@x", .at = DAY);
    struct found reply = POST("r@y", "Re: [PATCH v2 1/3] net: fix the key", .answers = "n1@x",
                              .from = STRANGER, .at = DAY);
    struct found next = POST("m1@x", "[PATCH v3 1/3] net: fix the key", .at = 2 * DAY);

    expect_other_work(first, old);
    expect_same(part, first);
    expect_supersedes(part, old, "title");
    expect_same_topic(more, old);
    ck_assert_str_eq(reply.topic, old.topic);
    expect_supersedes(next, part, "title");
    ck_assert_str_eq(next.topic, old.topic);
}
END_TEST

/* A part of a first version, and one that has a version of its own, show nothing; nor does a part
 * of a large older series whose cover is known, which may have been moved to this one. */
START_TEST(ignores_late_parts_that_prove_little) {
    struct found old = POST("1@x", "[PATCH 0/5] alpha beta");

    POST("2@x", "[PATCH 1/5] net: fix the lock", .answers = "1@x");
    POST("c@x", "[PATCH 0/2] gamma delta", .at = DAY);

    struct found one = POST("p1@x", "[PATCH 1/2] net: fix the lock", .answers = "c@x", .at = DAY);
    struct found two =
        POST("p2@x", "[PATCH v2 2/2] net: fix the lock", .answers = "c@x", .at = DAY);

    expect_other_work(one, old);
    expect_other_work(two, old);
    POST("d@x", "[PATCH v2 0/2] epsilon zeta", .at = 2 * DAY);

    struct found moved =
        POST("q1@x", "[PATCH v2 1/2] net: fix the lock", .answers = "d@x", .at = 2 * DAY);

    expect_same_topic(moved, old);
}
END_TEST

/* An older version that arrives late does not supersede the newer one. */
START_TEST(never_supersedes_a_later_mail) {
    struct found part = POST("1@x", "[PATCH 1/2] gamma delta", .answers = "0@x");
    struct found again = POST("r0@x", "[PATCH RESEND 0/2] alpha beta", .at = DAY);
    struct found cover = POST("0@x", "[PATCH 0/2] alpha beta", .at = 2 * DAY);

    expect_same(cover, part);
    expect_other_work(cover, again);
    forget();
    struct found new = POST("2@x", "[PATCH v2] alpha beta");
    struct found old = POST("1@x", "[PATCH] alpha beta", .at = DAY);

    expect_other_work(old, new); /* nothing connects the late mail with the newer series */
}
END_TEST

/* ---- RFC, resend, added patches ----------------------------------------------------------- */

START_TEST(continues_an_rfc) {
    struct found rfc = POST("1@x", "[RFC PATCH v3 0/2] alpha beta");
    struct found patch = POST("2@x", "[PATCH 0/5] alpha beta", .at = DAY);
    struct found other = POST("3@x", "[PATCH 0/2] gamma delta", .answers = "1@x", .at = DAY);
    struct found back = POST("4@x", "[RFC 0/2] alpha beta", .at = 2 * DAY);

    expect_supersedes(patch, rfc, "title");
    expect_supersedes(other, rfc, "thread");
    ck_assert_str_ne(back.supersedes, rfc.id); /* version 1 is no newer version of version 3 */
}
END_TEST

START_TEST(joins_resends) {
    struct found one = POST("1@x", "[PATCH v2 0/2] alpha beta");
    struct found two = POST("2@x", "[PATCH RESEND v2 0/2] alpha beta", .at = DAY);
    struct found three = POST("3@x", "[PATCH v3 0/2] alpha beta", .at = 2 * DAY);
    struct found four = POST("4@x", "[PATCH REPOST v3 0/2] other", .answers = "3@x", .at = 3 * DAY);

    expect_supersedes(two, one, "title");
    expect_supersedes(three, two, "title");
    expect_supersedes(four, three, "thread");
}
END_TEST

/* A patch that was added later supersedes nothing. */
START_TEST(finds_the_work_of_added_patches) {
    struct found cover = POST("0@x", "[PATCH v2 0/3] alpha beta");
    struct found added = POST("4@x", "[PATCH v2 4/3] gamma delta", .at = DAY);
    struct found other = POST("5@x", "[PATCH v2 5/4] epsilon zeta", .at = DAY);

    expect_apart(added, cover);
    ck_assert_str_eq(added.topic, cover.topic);
    ck_assert_str_eq(added.supersedes, "");
    expect_other_work(other, cover);
}
END_TEST

/* ---- patches ------------------------------------------------------------------------------ */

#define HEAD_OF(name, blob)                                                         \
    "diff --git a/" name " b/" name "\nindex " blob "..789abcd 100644\n--- a/" name \
    "\n+++ b/" name "\n@@ -1 +1 @@\n"

START_TEST(follows_patch_ids) {
    struct found one = POST("1@x", "[PATCH] alpha beta", .body = DIFF);
    struct found two = POST("2@x", "[PATCH v2] gamma delta", .body = DIFF, .at = DAY);
    struct found again = POST("3@x", "[PATCH v2 1/2] epsilon zeta", .body = DIFF, .at = 2 * DAY);
    struct found stranger =
        POST("4@y", "[PATCH v3] gamma delta", .body = DIFF, .from = STRANGER, .at = 3 * DAY);

    expect_supersedes(two, one, "patch-id");
    expect_same_topic(again, two); /* the same patch is the same work */
    expect_other_work(stranger, one);
}
END_TEST

/* Different changes of the same blobs of two files; one common blob is not enough. */
START_TEST(follows_bases) {
    static const char one_file[] = "text\n---\n" HEAD_OF("x", "0123456") "-a\n+b\n";
    static const char old_files[] =
        "text\n---\n" HEAD_OF("x", "0123456") "-a\n+b\n" HEAD_OF("y", "1123456") "-a\n+b\n";
    static const char new_files[] =
        "text\n---\n" HEAD_OF("x", "0123456") "-a\n+c\n" HEAD_OF("y", "1123456") "-a\n+c\n";
    struct found one = POST("1@x", "[PATCH] alpha beta", .body = old_files);
    struct found little = POST("2@x", "[PATCH v2] gamma delta", .body = one_file, .at = DAY);
    struct found two = POST("3@x", "[PATCH v2] epsilon zeta", .body = new_files, .at = DAY);
    struct found same = POST("4@x", "[PATCH] eta theta", .body = new_files, .at = DAY);
    struct found stranger =
        POST("5@y", "[PATCH v2] iota kappa", .body = new_files, .from = STRANGER, .at = DAY);

    expect_other_work(little, one);
    expect_supersedes(two, one, "base");
    ck_assert_str_ne(same.topic, ""); /* the patch of 3@x, and of no newer version */
    ck_assert_str_eq(same.supersedes, "");
    expect_other_work(stranger, one);
}
END_TEST

/* ---- two works ---------------------------------------------------------------------------- */

/* One author, one list, one day. */
START_TEST(keeps_two_works_apart) {
    struct found a = POST("a@x", "[PATCH 0/2] net: widgets at last");
    struct found b = POST("b@x", "[PATCH 0/2] usb: gadgets for all", .at = HOUR);

    POST("a1@x", "[PATCH 1/2] net: add a widget", .answers = "a@x");
    POST("b1@x", "[PATCH 1/2] usb: add a gadget", .answers = "b@x", .at = HOUR);
    POST("a2@x", "[PATCH 2/2] MAINTAINERS: add an entry", .answers = "a@x");
    POST("b2@x", "[PATCH 2/2] MAINTAINERS: add an entry", .answers = "b@x", .at = HOUR);

    struct found b2 = POST("B@x", "[PATCH v2 0/2] usb: gadgets for all", .at = DAY);
    struct found a2 = POST("A@x", "[PATCH v2 0/2] net: widgets at last", .at = DAY);

    expect_other_work(b, a);
    expect_supersedes(a2, a, "title");
    expect_supersedes(b2, b, "title");
}
END_TEST

SUITE(topic_suite) {
    const struct cases cases[] = {
        {"names",
         {names_a_topic_after_its_first_series, gives_the_topic_to_all_parts,
          supersedes_the_highest_older_version}},
        {"change-id",
         {follows_change_ids, finds_older_work_without_change_id, shares_work_by_change_id}},
        {"mentions",
         {follows_links_in_any_spelling, reads_links_in_cover_and_first_part,
          prefers_links_to_work_of_its_title, accepts_supersedes_of_the_author,
          requires_similar_titles_for_links_to_other_authors}},
        {"threads", {follows_threads, follows_partial_rerolls}},
        {"titles",
         {follows_titles, prefers_the_whole_title, follows_titles_of_parts,
          reads_links_in_a_late_cover, finds_the_topic_by_a_late_part,
          ignores_late_parts_that_prove_little, never_supersedes_a_later_mail}},
        {"tags", {continues_an_rfc, joins_resends, finds_the_work_of_added_patches}},
        {"patches", {follows_patch_ids, follows_bases}},
        {"works", {keeps_two_works_apart}},
    };

    return cases_suite("topic", cases, COUNT(cases), 20);
}
