/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_ladder_late.c - the series of a mail by rungs 4 and 5 of the ladder, and the mails that
 * these must not join: parents that have not arrived, covers without tag, loose mails.  Also mails
 * without part number, and answers.
 */
#include "test_series.h"

/* ---- 4: unknown parent -------------------------------------------------------------------- */

START_TEST(anchors_at_an_unknown_parent) {
    struct found one = POST("1@x", "[PATCH 1/2] a b", .answers = "0@x");
    struct found two = POST("2@x", "[PATCH 2/2] c d", .answers = "0@x", .at = DAY);
    struct found cover = POST("0@x", "[PATCH 0/2] e f", .at = 2 * DAY);

    ck_assert_str_eq(one.id, anchored("0@x"));
    expect_same(two, one);
    expect_same(cover, one);
}
END_TEST

START_TEST(joins_parts_that_wait_for_a_part) {
    struct found three = POST("3@x", "[PATCH 3/3] a b", .answers = "2@x");
    struct found two = POST("2@x", "[PATCH 2/3] c d", .answers = "1@x", .at = DAY);
    struct found one = POST("1@x", "[PATCH 1/3] e f", .at = 2 * DAY);

    ck_assert_str_eq(three.id, anchored("2@x"));
    expect_same(two, three);
    expect_same(one, three);
}
END_TEST

/* A late mail shows that two ids are one series: the ids on mails stay, the index joins them. */
START_TEST(joins_two_ids_when_the_missing_mail_arrives) {
    struct found three = POST("3@x", "[PATCH 3/3] a b", .answers = "2@x");
    struct found one = POST("1@x", "[PATCH 1/3] e f", .answers = "0@x", .at = DAY);
    struct found two = POST("2@x", "[PATCH 2/3] c d", .answers = "1@x 0@x", .at = 2 * DAY);
    struct found cover = POST("0@x", "[PATCH 0/3] g h", .at = 3 * DAY);
    struct found again = POST("3@x", "[PATCH 3/3] a b", .answers = "2@x", .at = 4 * DAY);
    struct found added = POST("4@x", "[PATCH 4/3] a b", .answers = "3@x", .at = 4 * DAY);

    expect_apart(three, one);
    expect_same(two, one);
    ck_assert_str_eq(two.same_as, three.id);
    expect_same(cover, one);
    expect_same(again, three);
    expect_same(added, one);
}
END_TEST

START_TEST(anchors_at_the_stamp_of_an_unknown_parent) {
    struct found added = POST("4@x", "[PATCH 4/3] a b", .answers = GIT(4));
    struct found cover = POST(GIT(1), "[PATCH 0/3] c d", .at = DAY);

    expect_same(added, cover);
    forget();
    added = POST("4@x", "[PATCH 3/2] a b",
                 .answers = HASH(1) ".1589000003.git." AUTHOR " cover.1589000000.git." AUTHOR);
    cover = POST("cover.1589000000.git." AUTHOR, "[PATCH 0/2] c d", .at = DAY);
    expect_same(added, cover);
}
END_TEST

START_TEST(joins_only_waiting_parts_that_fit) {
    static const struct {
        const char *why, *subject, *from;
        bool joins;
    } examples[] = {
        {"the cover", "[PATCH v2 0/3] a b", AUTHOR, true},
        {"the cover, without version", "[PATCH 0/3] a b", AUTHOR, true},
        {"the first part", "[PATCH v2 1/3] a b", AUTHOR, true},
        {"another author", "[PATCH v2 0/3] a b", STRANGER, false},
        {"another total", "[PATCH v2 0/4] a b", AUTHOR, false},
        {"another version", "[PATCH v1 0/3] a b", AUTHOR, false},
        {"the first part of version 1, without version", "[PATCH 1/3] a b", AUTHOR, false},
        {"the part that was there", "[PATCH v1 2/3] a b", AUTHOR, false},
        {"no number", "[PATCH] a b", AUTHOR, false},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget();

        struct found part = POST("2@x", "[PATCH v2 2/3] c d", .answers = "0@x");
        struct found late = POST("0@x", examples[i].subject, .from = examples[i].from, .at = DAY);

        ck_assert_msg((strcmp(part.id, late.id) == 0) == examples[i].joins, "%s", examples[i].why);
        ck_assert_uint_eq(strlen(late.id), 19);
    }
}
END_TEST

/* A patch was added after the cover was written, which then arrives last. */
START_TEST(joins_a_cover_with_another_total) {
    static const struct {
        const char *why, *subject, *from;
        int64_t at;
        bool joins;
    } examples[] = {
        {"the cover", "[PATCH v2 0/2] a b", AUTHOR, MINUTE, true},
        {"too late", "[PATCH v2 0/2] a b", AUTHOR, HOUR, false},
        {"another author", "[PATCH v2 0/2] a b", STRANGER, MINUTE, false},
        {"another version", "[PATCH v1 0/2] a b", AUTHOR, MINUTE, false},
        {"the version is not stated", "[PATCH 0/2] a b", AUTHOR, MINUTE, false},
        {"a part", "[PATCH v2 1/2] a b", AUTHOR, MINUTE, false},
        {"a cover of one patch", "[PATCH v2 0/1] a b", AUTHOR, MINUTE, false},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget();

        struct found part = POST("2@x", "[PATCH v2 2/3] c d", .answers = "0@x");
        struct found other = POST("3@x", "[PATCH v2 3/3] e f", .answers = "0@x");
        struct found late =
            POST("0@x", examples[i].subject, .from = examples[i].from, .at = examples[i].at);

        expect_same(part, other);
        ck_assert_msg((strcmp(part.id, late.id) == 0) == examples[i].joins, "%s", examples[i].why);
    }
}
END_TEST

/* ---- covers without tag ------------------------------------------------------------------- */

START_TEST(adopts_untagged_covers) {
    static const char *const runs[][3] = {{"0@x", "1@x", "2@x"},
                                          {GIT(1), GIT(2), GIT(3)},
                                          {"0@x", GIT(1), GIT(2)}};

    for (size_t i = 0; i < COUNT(runs); i++) {
        const char *const *ids = runs[i];

        forget();

        struct found cover = POST(ids[0], "a b");
        struct found one = POST(ids[1], "[PATCH 1/2] c d", .answers = ids[0], .at = 1);
        struct found two = POST(ids[2], "[PATCH 2/2] e f", .answers = ids[0], .at = 2);
        struct found reply = POST("r@x", "Re: a b", .answers = ids[0], .at = 3);

        ck_assert_str_eq(cover.id, ""); /* nothing shows yet that it is a cover */
        ck_assert_str_eq(one.adopts, ids[0]);
        expect_same(two, one);
        expect_same(reply, one);
        ck_assert_int_eq(reply.target, 0);
    }
}
END_TEST

START_TEST(takes_late_untagged_covers) {
    static const char *const runs[][3] = {{"0@x", "1@x", "2@x"}, {GIT(1), GIT(2), GIT(3)}};

    for (size_t i = 0; i < COUNT(runs); i++) {
        const char *const *ids = runs[i];

        forget();

        struct found one = POST(ids[1], "[PATCH v2 1/2] c d", .answers = ids[0], .at = 1);
        struct found two = POST(ids[2], "[PATCH v2 2/2] e f", .answers = ids[0], .at = 2);
        struct found cover = POST(ids[0], "a b", .at = DAY);
        struct found reply = POST("r@x", "Re: a b", .answers = ids[0], .at = DAY);

        expect_same(two, one);
        expect_same(cover, one);
        expect_numbers(cover, 2, 0, 2);
        expect_same(reply, one);
        ck_assert_int_eq(reply.target, 0);
    }
}
END_TEST

/* Patches in answer to a mail that is not their cover. */
START_TEST(adopts_nothing_else) {
    struct found report = POST("r@x", "it is broken", .from = STRANGER);
    struct found one = POST("1@x", "[PATCH 1/2] a b", .answers = "r@x", .at = 1);

    ck_assert_str_eq(report.id, "");
    ck_assert_str_eq(one.adopts, "");
    struct found answer = POST("a@x", "Re: it is broken", .answers = "lost@x", .at = 2);
    struct found other = POST("2@x", "[PATCH 1/3] c d", .answers = "a@x", .at = 3);

    ck_assert_str_eq(answer.id, "");
    ck_assert_str_eq(other.adopts, ""); /* the mail is an answer itself */
    struct found cover = POST("c@x", "[PATCH 0/4] a b", .at = 4);

    POST("note@x", "something else", .at = 5);
    struct found below = POST("b@x", "[PATCH 1/4] a b", .answers = "note@x c@x", .at = 6);

    expect_same(below, cover);
    ck_assert_str_eq(below.adopts, ""); /* a series has one cover */
}
END_TEST

/* ---- 5: loose ----------------------------------------------------------------------------- */

START_TEST(joins_loose_mails_of_20_minutes) {
    struct found one = POST("1@x", "[PATCH v2 1/4] a b");
    struct found two = POST("2@x", "[PATCH v2 2/4] c d", .at = 20 * MINUTE);
    struct found three = POST("3@x", "[PATCH v2 3/4] e f", .at = 40 * MINUTE);
    struct found late = POST("4@x", "[PATCH v2 4/4] g h", .at = 60 * MINUTE + 1);

    ck_assert_str_eq(one.id, anchored("1@x"));
    expect_same(two, one);
    expect_same(three, one); /* the 20 minutes count from the newest mail */
    expect_apart(late, one); /* one second later */
    forget();
    /* The time of receipt may go back. */
    two = POST("2@x", "[PATCH v2 2/4] c d", .at = 20 * MINUTE);
    one = POST("1@x", "[PATCH v2 1/4] a b");
    expect_same(one, two);
    forget();
    two = POST("2@x", "[PATCH v2 2/4] c d", .at = 20 * MINUTE + 1);
    one = POST("1@x", "[PATCH v2 1/4] a b");
    expect_apart(one, two);
}
END_TEST

START_TEST(joins_only_loose_mails_that_fit) {
    static const struct {
        const char *why, *subject, *from;
        bool joins;
    } examples[] = {
        {"a part that is missing", "[PATCH v2 2/3] c d", AUTHOR, true},
        {"the cover", "[PATCH v2 0/3] c d", AUTHOR, true},
        {"another author", "[PATCH v2 2/3] c d", STRANGER, false},
        {"another total", "[PATCH v2 2/4] c d", AUTHOR, false},
        {"another version", "[PATCH v3 2/3] c d", AUTHOR, false},
        {"no version: nothing else shows that it is the same", "[PATCH 2/3] c d", AUTHOR, false},
        {"no total", "[PATCH v2 2/n] c d", AUTHOR, false},
        {"a part number that is not free", "[PATCH v2 1/3] c d", AUTHOR, false},
        {"no number", "[PATCH v2] c d", AUTHOR, false},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget();

        struct found first = POST("1@x", "[PATCH v2 1/3] a b");
        struct found other =
            POST("2@x", examples[i].subject, .from = examples[i].from, .at = MINUTE);

        ck_assert_msg((strcmp(first.id, other.id) == 0) == examples[i].joins, "%s",
                      examples[i].why);
        ck_assert_uint_eq(strlen(other.id), 19);
    }
}
END_TEST

/* Loose mails must state the same version: only a cover in a thread connects different ones. */
START_TEST(requires_equal_versions_of_loose_mails) {
    struct found cover = POST("0@x", "[PATCH v2 0/3] a b");
    struct found part = POST("1@x", "[PATCH 1/3] c d", .at = 1);

    expect_apart(part, cover);
}
END_TEST

/* A gateway wrote a new Message-ID to the cover, so the parts answer a mail that never arrives. */
START_TEST(joins_a_cover_with_a_rewritten_id) {
    struct found one = POST("1@x", "[PATCH 1/2] a b", .answers = "0@x", .at = 1);
    struct found cover = POST("1234.JavaMail.root@gateway", "[PATCH 0/2] c d", .at = 2);
    struct found two = POST("2@x", "[PATCH 2/2] e f", .answers = "0@x", .at = 3);

    expect_same(cover, one);
    expect_same(two, one);
}
END_TEST

/* A gateway put 16 hex digits and "+" in front of Message-IDs, and did not change references. */
START_TEST(ignores_prefixes_of_rewritten_ids) {
    static const char *const runs[][3] = {{"0@x", "1@x", "2@x"}, {GIT(1), GIT(2), GIT(3)}};

    for (size_t i = 0; i < 2 * COUNT(runs); i++) {
        const char *const *ids = runs[i / 2];
        struct found cover, one, two, reply;
        char rewritten[128], other[128];

        forget();
        snprintf(rewritten, sizeof(rewritten), "05EE29151DC406FF+%s", ids[0]);
        snprintf(other, sizeof(other), "05EE29151DC406FE+%s", ids[1]);
        if (i % 2)
            cover = POST(rewritten, "[PATCH 0/2] a b");
        one = POST(other, "[PATCH 1/2] c d", .answers = ids[0], .at = DAY);
        two = POST(ids[2], "[PATCH 2/2] e f", .answers = ids[0], .at = 2 * DAY);
        if (i % 2 == 0)
            cover = POST(rewritten, "[PATCH 0/2] a b");
        expect_same(one, cover);
        expect_same(two, cover);
        reply = POST("r@y", "Re: [PATCH 0/2] a b", .answers = ids[0], .from = STRANGER);
        expect_same(reply, cover); /* its sender received the mail without the gateway */
        reply = POST("s@y", "Re: [PATCH 0/2] a b", .answers = rewritten, .from = STRANGER);
        expect_same(reply, cover);
        ck_assert_int_eq(reply.target, 0);
    }
}
END_TEST

/* ---- no number, no tag -------------------------------------------------------------------- */

START_TEST(takes_a_diff_without_tag) {
    struct found opens = POST("1@x", "a fix", .body = DIFF);
    struct found answers = POST("2@x", "a fix", .answers = "1@x", .body = DIFF);
    struct found sent = POST(GIT(1), "a fix", .answers = "1@x", .body = DIFF);
    struct found made =
        POST("cover.1589000000.git." AUTHOR, "a fix", .answers = "1@x", .body = DIFF);
    struct found reply = POST(LATER(1), "Re: a fix", .answers = "1@x", .body = DIFF);

    expect_numbers(opens, 1, 1, 1);
    ck_assert_str_eq(opens.kind, "patch");
    /* In a thread it is part of an answer, unless a tool that sends patches made the mail. */
    expect_same(answers, opens);
    ck_assert_int_eq(answers.part, -1);
    expect_numbers(sent, 1, 1, 1);
    expect_apart(sent, opens);
    ck_assert_str_eq(sent.kind, "patch");
    expect_numbers(made, 1, 1, 1);
    expect_same(reply, opens);
    ck_assert_int_eq(reply.part, -1);
}
END_TEST

START_TEST(leaves_other_mail_alone) {
    struct found question = POST("1@x", "how does it work?");
    struct found answer = POST("2@x", "Re: how does it work?", .answers = "1@x");
    struct found nameless = POST(NULL, "[PATCH 1/2] a b");

    ck_assert_str_eq(question.id, "");
    ck_assert_str_eq(answer.id, "");
    ck_assert_str_eq(answer.topic, "");
    ck_assert_str_eq(nameless.id, ""); /* no Message-ID, so no id */
}
END_TEST

START_TEST(shares_a_series_with_a_pull_request) {
    static const char request[] =
        "The following changes since commit 0123456789abcdef0123456789abcdef01234567:\n\n"
        "  a title (2020-05-01 12:00:00 +0000)\n\n"
        "are available in the Git repository at:\n\n"
        "  https://git.example.org/project.git tags/for-next\n\n"
        "for you to fetch changes up to fedcba9876543210fedcba9876543210fedcba98:\n";
    struct found cover = POST("0@x", "[PULL 00/20] a b", .body = request);
    struct found part = POST("1@x", "[PULL 01/20] c d", .answers = "0@x", .body = DIFF, .at = DAY);

    ck_assert_str_eq(cover.kind, "pull");
    ck_assert_str_eq(part.kind, "patch");
    expect_same(part, cover);
    expect_numbers(cover, 1, 0, 20);
    expect_numbers(part, 1, 1, 20);
    forget();
    /* A pull request without number has a series only if patches answer it. */
    struct found alone = POST("0@x", "[GIT PULL] a b", .body = request);

    ck_assert_str_eq(alone.id, "");
    ck_assert_str_eq(alone.kind, "pull");
    part = POST("1@x", "[PATCH 1/2] c d", .answers = "0@x", .body = DIFF);
    ck_assert_str_eq(part.adopts, "0@x");
    struct found reply = POST("r@x", "Re: [GIT PULL] a b", .answers = "0@x", .from = STRANGER);

    expect_same(reply, part);
    forget();
    part = POST("1@x", "[PATCH 1/2] c d", .answers = "0@x", .body = DIFF);
    cover = POST("0@x", "[GIT PULL] a b", .body = request, .at = DAY);
    expect_same(cover, part);
    ck_assert_str_eq(cover.kind, "pull");
}
END_TEST

/* ---- answers ------------------------------------------------------------------------------ */

START_TEST(follows_replies_to_replies) {
    struct found cover = POST("0@x", "[PATCH v2 0/2] a b");

    POST("1@x", "[PATCH v2 1/2] c d", .answers = "0@x");
    struct found one =
        POST("r1@y", "Re: [PATCH v2 1/2] c d", .answers = "1@x 0@x", .from = STRANGER, .at = DAY);
    struct found two = POST("r2@x", "Re: [PATCH v2 1/2] c d", .answers = "r1@y", .at = 2 * DAY);
    struct found three = POST("r3@y", "AW: something else", .answers = "r2@x r1@y 1@x 0@x",
                              .from = STRANGER, .at = 3 * DAY);
    struct found four = POST("r4@x", "Re: something else", .answers = "lost@y r3@y", .at = 3 * DAY);

    expect_same(one, cover);
    expect_same(two, cover);
    expect_same(three, cover);
    expect_same(four, cover);
    expect_numbers(one, 2, -1, 2);
    expect_numbers(three, 2, -1, 2);
    ck_assert_str_eq(one.topic, cover.topic);
    ck_assert_int_eq(one.target, 1);
    ck_assert_int_eq(two.target, 1); /* by its tag: only an answer is above it */
    ck_assert_int_eq(three.target, 1);
    struct found on_cover = POST("r5@y", "Re: [PATCH v2 0/2] a b", .answers = "0@x");

    ck_assert_int_eq(on_cover.target, 0);
}
END_TEST

/* An answer belongs to the nearest version in a thread of several versions. */
START_TEST(answers_the_nearest_version) {
    struct found old = POST("0@x", "[PATCH 0/2] a b");
    struct found new = POST("n0@x", "[PATCH v2 0/2] a b", .answers = "0@x", .at = DAY);
    struct found one =
        POST("r1@y", "Re: [PATCH v2 0/2] a b", .answers = "n0@x 0@x", .from = STRANGER);
    struct found two =
        POST("r2@x", "Re: [PATCH v2 0/2] a b", .answers = "r1@y lost@x 0@x", .from = STRANGER);
    struct found three = POST("r3@y", "Re: [PATCH 0/2] a b", .answers = "0@x");

    expect_same(one, new);
    ck_assert_int_eq(one.target, 0);
    expect_same(two, new);
    ck_assert_int_eq(two.target, 0); /* by its tag: 0@x is of version 1 */
    expect_same(three, old);
}
END_TEST

/* The tag of an answer states the part if the index does not know the mail that it answers. */
START_TEST(answers_the_part_of_its_tag) {
    struct found cover = POST("20260601100001.4711-1-a@x", "[PATCH v2 0/5] a b");
    struct found part = POST("r1@y", "Re: [PATCH v2 3/5] c d",
                             .answers = "20260601100001.4711-4-a@x", .from = STRANGER);
    struct found other = POST("r2@y", "Re: [PATCH 3/4] c d", .answers = "20260601100001.4711-4-a@x",
                              .from = STRANGER);
    struct found none = POST("r3@y", "Re: [PATCH v2] c d", .answers = "20260601100001.4711-4-a@x",
                             .from = STRANGER);

    expect_same(part, cover);
    ck_assert_int_eq(part.target, 3);
    ck_assert_int_eq(other.target, -1); /* of another version and total */
    ck_assert_int_eq(none.target, -1);
}
END_TEST

START_TEST(answers_mails_that_have_not_arrived) {
    struct found reply =
        POST("r@y", "Re: [PATCH v2 2/3] a b", .answers = GIT(3) " " GIT(1), .from = STRANGER);
    struct found part = POST(GIT(3), "[PATCH v2 2/3] a b", .answers = GIT(1), .at = 1);

    expect_same(reply, part);
    expect_numbers(reply, 2, -1, 3);
    forget();
    reply = POST("r@y", "Re: [PATCH 1/2] a b", .answers = "20200509-slug-v1-1-0123456789ab@x");
    part = POST("20200509-slug-v1-2-0123456789ab@x", "[PATCH 2/2] a b", .at = 1);
    expect_same(reply, part);
    forget();
    /* Without stamp, an earlier part shows the series. */
    reply = POST("r@y", "Re: [PATCH 0/2] a b", .answers = "0@x", .from = STRANGER);
    ck_assert_str_eq(reply.id, "");
    part = POST("1@x", "[PATCH 1/2] a b", .answers = "0@x");
    reply = POST("s@y", "Re: [PATCH 0/2] a b", .answers = "0@x", .from = STRANGER);
    expect_same(reply, part);
}
END_TEST

/* The nearest known mail is preferred to a stamp of a mail further up. */
START_TEST(answers_known_mails_first) {
    struct found part = POST("1@x", "[PATCH 1/2] a b");
    struct found reply = POST("r@y", "Re: [PATCH 1/2] a b", .answers = "1@x " GIT(1));

    expect_same(reply, part);
}
END_TEST

SUITE(ladder_late_suite) {
    const struct cases cases[] = {
        {"wait",
         {anchors_at_an_unknown_parent, joins_parts_that_wait_for_a_part,
          joins_two_ids_when_the_missing_mail_arrives, anchors_at_the_stamp_of_an_unknown_parent,
          joins_only_waiting_parts_that_fit, joins_a_cover_with_another_total}},
        {"untagged", {adopts_untagged_covers, takes_late_untagged_covers, adopts_nothing_else}},
        {"loose",
         {joins_loose_mails_of_20_minutes, joins_only_loose_mails_that_fit,
          requires_equal_versions_of_loose_mails, joins_a_cover_with_a_rewritten_id,
          ignores_prefixes_of_rewritten_ids}},
        {"other",
         {takes_a_diff_without_tag, leaves_other_mail_alone, shares_a_series_with_a_pull_request}},
        {"answers",
         {follows_replies_to_replies, answers_the_nearest_version, answers_the_part_of_its_tag,
          answers_mails_that_have_not_arrived, answers_known_mails_first}},
    };

    return cases_suite("ladder_late", cases, COUNT(cases), 20);
}
