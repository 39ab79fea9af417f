/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_ladder.c - which posting a mail belongs to: the first rungs of the ladder, and what guards
 * them: mails that were seen before, known parents, versions, runs of tools.  The others are in
 * test_ladder_late.c, forged and broken mails in test_forgery.c, orders of arrival in
 * test_orders.c.
 */
#include "test_series.h"

/* ---- 1: seen before ----------------------------------------------------------------------- */

START_TEST(says_again_what_it_said) {
    struct found first = POST("1@x", "[PATCH v2 1/2] a b", .list = "one.example.org");
    struct found again = POST("1@x", "[PATCH v2 1/2] a b", .list = "two.example.org", .at = DAY);
    struct index_message known;

    expect_same(again, first);
    expect_numbers(again, 2, 1, 2);
    ck_assert_str_eq(again.topic, first.topic);
    ck_assert(!first.seen_before && again.seen_before);
    ck_assert_uint_gt(first.events, 0);
    ck_assert_uint_eq(again.events, 0);
    POST("1@x", "[PATCH v2 1/2] a b", .list = "one.example.org");
    store_begin(store);
    ck_assert(index_find_message(store, "1@x", &known));
    ck_assert_str_eq(known.list, "one.example.org two.example.org");
    store_commit(store);
}
END_TEST

/* Whatever came in between: its place is its own, and the next version does not change it. */
START_TEST(says_again_what_it_said_of_each) {
    static const char *const ids[] = {"0@x", "1@x", "2@x"};
    static const char *const subjects[] = {"[PATCH 0/2] a b", "[PATCH 1/2] c d", "[PATCH 2/2] e f"};
    struct found first[3];

    for (int i = 0; i < 3; i++)
        first[i] = POST(ids[i], subjects[i], .answers = i ? "0@x" : NULL, .at = i);
    POST("v2@x", "[PATCH v2 0/2] a b", .answers = "0@x", .at = DAY);
    for (int i = 0; i < 3; i++) {
        struct found again = POST(ids[i], subjects[i], .answers = i ? "0@x" : NULL, .at = 2 * DAY);

        expect_same(again, first[i]);
        expect_numbers(again, 1, i, 2);
        ck_assert_str_eq(again.topic, first[i].topic);
        ck_assert_str_eq(again.supersedes, "");
        ck_assert_uint_eq(again.events, 0);
    }
}
END_TEST

/* ---- 2: known parent ---------------------------------------------------------------------- */

START_TEST(joins_a_known_parent) {
    struct found cover = POST("0@x", "[PATCH v2 0/3] a b");
    struct found first = POST("1@x", "[PATCH v2 1/3] c d", .answers = "0@x", .at = DAY);
    struct found deep = POST("2@x", "[PATCH v2 2/3] e f", .answers = "1@x 0@x", .at = 2 * DAY);
    struct found far = POST("3@x", "[PATCH v2 3/3] g h", .answers = "lost@x 0@x", .at = 3 * DAY);

    ck_assert_str_eq(cover.id, anchored("0@x"));
    expect_same(first, cover);
    expect_same(deep, cover);
    expect_same(far, cover);
    expect_numbers(cover, 2, 0, 3);
    expect_numbers(far, 2, 3, 3);
}
END_TEST

/* The nearest one that fits, not just the nearest. */
START_TEST(looks_past_parents_that_do_not_fit) {
    struct found old = POST("old@x", "[PATCH v2 0/2] a b");
    struct found cover = POST("new@x", "[PATCH v3 0/2] a b", .answers = "old@x", .at = HOUR);
    struct found reply = POST("r@x", "Re: [PATCH v3 0/2] a b", .answers = "new@x old@x",
                              .from = STRANGER, .at = 2 * HOUR);
    struct found part =
        POST("1@x", "[PATCH v3 1/2] c d", .answers = "old@x r@x new@x", .at = 3 * HOUR);

    expect_apart(old, cover);
    expect_same(reply, cover);
    expect_same(part, cover);
}
END_TEST

START_TEST(guards_what_a_parent_takes) {
    static const struct {
        const char *why, *subject, *from;
        bool joins;
    } examples[] = {
        {"a part that is missing", "[PATCH v2 3/3] c d", AUTHOR, true},
        {"another author", "[PATCH v2 3/3] c d", STRANGER, false},
        {"another total", "[PATCH v2 3/4] c d", AUTHOR, false},
        {"another version", "[PATCH v3 3/3] c d", AUTHOR, false},
        {"a place that is taken", "[PATCH v2 1/3] c d", AUTHOR, false},
        {"a total that is not said", "[PATCH v2 3/n] c d", AUTHOR, true},
        {"an added patch", "[PATCH v2 4/3] c d", AUTHOR, true},
        {"an older version", "[PATCH v1 3/3] c d", AUTHOR, false},
        {"no version, below the cover that says one", "[PATCH 3/3] c d", AUTHOR, true},
        {"no number", "[PATCH v2] c d", AUTHOR, false},
        {"a cover", "[PATCH v2 0/3] c d", AUTHOR, false},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget();

        struct found cover = POST("0@x", "[PATCH v2 0/3] a b");

        POST("1@x", "[PATCH v2 1/3] b c", .answers = "0@x");
        /* So late that nothing but the parent can bring them together. */
        struct found part = POST("new@x", examples[i].subject, .answers = "0@x",
                                 .from = examples[i].from, .body = DIFF, .at = DAY);

        ck_assert_msg((strcmp(part.id, cover.id) == 0) == examples[i].joins, "%s", examples[i].why);
        ck_assert_uint_eq(strlen(part.id), 19);
    }
}
END_TEST

START_TEST(takes_added_patches) {
    struct found cover = POST("0@x", "[PATCH 0/3] a b");
    struct found part = POST("3@x", "[PATCH 3/3] c d", .answers = "0@x");
    struct found added = POST("4@x", "[PATCH 4/3] e f", .answers = "3@x 0@x", .at = DAY);
    struct found more = POST("5@x", "[PATCH 5/3] g h", .answers = "3@x 0@x", .at = DAY);
    struct found also = POST("6@x", "[PATCH 4/3] i j", .answers = "3@x 0@x", .at = 2 * DAY);

    expect_same(part, cover);
    expect_same(added, cover);
    expect_same(more, cover);
    expect_same(also, cover); /* there is no end to what may be added */
    expect_numbers(added, 1, 4, 3);
}
END_TEST

START_TEST(adds_to_a_single_patch) {
    struct found single = POST("1@x", "[PATCH] a b");
    struct found added = POST("2@x", "[PATCH 2/1] c d", .answers = "1@x", .at = DAY);

    struct found other = POST("3@x", "[PATCH 3/3] e f", .answers = "1@x", .at = DAY);
    struct found open = POST("4@x", "[PATCH 4/n] g h", .answers = "1@x", .at = DAY);

    expect_same(added, single);
    expect_apart(other, single);
    expect_apart(open, single);
    expect_numbers(single, 1, 1, 1);
    expect_numbers(added, 1, 2, 1);
}
END_TEST

START_TEST(knows_covers_of_one) {
    struct found cover = POST("0@x", "[PATCH 0/1] a b");
    struct found part = POST("1@x", "[PATCH 1/1] c d", .answers = "0@x", .at = DAY);

    expect_same(part, cover);
    forget();
    part = POST("1@x", "[PATCH 1/1] c d", .answers = "0@x", .at = DAY);
    cover = POST("0@x", "[PATCH 0/1] a b");
    expect_same(part, cover);
    ck_assert_str_eq(cover.id, anchored("0@x"));
    forget();
    /* But a patch without number is not what a cover is about. */
    part = POST("1@x", "[PATCH] c d");
    cover = POST("0@x", "[PATCH 0/1] a b", .at = 1);
    expect_apart(part, cover);
    struct found other = POST("2@x", "[PATCH 1/1] e f", .at = 2);

    expect_same(other, cover);
}
END_TEST

/* ---- versions that only some of the mails say --------------------------------------------- */

START_TEST(takes_the_version_from_the_cover) {
    struct found cover = POST("0@x", "[PATCH v3 0/2] a b");
    struct found one = POST("1@x", "[PATCH 1/2] c d", .answers = "0@x");
    struct found two = POST("2@x", "[PATCH 2/2] e f", .answers = "1@x 0@x", .at = DAY);

    expect_same(one, cover);
    expect_same(two, cover);
    expect_numbers(one, 3, 1, 2);
    expect_numbers(two, 3, 2, 2);
}
END_TEST

/* A part that is waited for by the series, and so known to be of it, without a thread. */
START_TEST(takes_the_version_from_the_series_that_waits) {
    struct found cover = POST("0@x", "[PATCH v3 0/2] a b");
    struct found two = POST("2@x", "[PATCH 2/2] e f", .answers = "1@x 0@x", .at = DAY);
    struct found one = POST("1@x", "[PATCH 1/2] c d", .at = 2 * DAY);

    expect_same(two, cover);
    expect_same(one, cover);
    expect_numbers(one, 3, 1, 2);
}
END_TEST

START_TEST(takes_the_version_from_the_parts) {
    struct found cover = POST("0@x", "[PATCH 0/2] a b");
    struct found one = POST("1@x", "[PATCH v3 1/2] c d", .answers = "0@x");
    struct found two = POST("2@x", "[PATCH v3 2/2] e f", .answers = "1@x 0@x", .at = DAY);

    expect_same(one, cover);
    expect_same(two, cover);
    expect_numbers(one, 3, 1, 2);
}
END_TEST

START_TEST(takes_a_version_from_a_cover_that_comes_last) {
    struct found one = POST("1@x", "[PATCH 1/2] c d", .answers = "0@x");
    struct found two = POST("2@x", "[PATCH 2/2] e f", .answers = "0@x");
    struct found cover = POST("0@x", "[PATCH v3 0/2] a b");

    expect_same(two, one);
    expect_same(cover, one);
    expect_numbers(cover, 3, 0, 2);
}
END_TEST

/* Version 2 in reply to version 1: of the same size, and with places free in version 1. */
START_TEST(keeps_the_next_version_apart) {
    struct found old = POST("0@x", "[PATCH 0/3] a b");
    struct found cover = POST("n0@x", "[PATCH v2 0/3] a b", .answers = "0@x", .at = DAY);
    struct found part = POST("n1@x", "[PATCH v2 1/3] c d", .answers = "n0@x 0@x", .at = DAY);
    struct found late = POST("1@x", "[PATCH 1/3] c d", .answers = "0@x", .at = DAY);

    expect_apart(cover, old);
    expect_same(part, cover);
    expect_same(late, old);
    expect_numbers(part, 2, 1, 3);
    expect_numbers(late, 1, 1, 3);
}
END_TEST

START_TEST(keeps_the_next_version_apart_below_an_unseen_cover) {
    struct found old = POST("0@x", "[PATCH 0/3] a b");
    struct found part = POST("n1@x", "[PATCH v2 1/3] c d", .answers = "n0@x 0@x", .at = DAY);
    struct found cover = POST("n0@x", "[PATCH v2 0/3] a b", .answers = "0@x", .at = DAY);

    expect_apart(part, old);
    expect_same(cover, part);
}
END_TEST

/* A part that answers the part of the version before, and takes its Message-ID for an anchor when
 * it comes first. */
START_TEST(keeps_apart_who_answers_and_who_is_answered) {
    struct found next = POST("n1@x", "[PATCH v2 1/2] a b", .answers = "1@x", .at = DAY);
    struct found first = POST("1@x", "[PATCH 1/2] a b");
    struct found second = POST("2@x", "[PATCH 2/2] c d", .answers = "1@x");
    struct found last = POST("n2@x", "[PATCH v2 2/2] c d", .answers = "n1@x 1@x", .at = DAY);

    expect_apart(next, first);
    expect_same(second, first);
    expect_same(last, next);
}
END_TEST

/* The next version waits for the cover that it answers, but is not of the same posting. */
START_TEST(keeps_the_next_version_apart_that_waits) {
    struct found next = POST(LATER(1), "[PATCH v2 1/3] a b", .answers = GIT(1), .at = DAY);
    struct found cover = POST(GIT(1), "[PATCH 0/3] a b");

    expect_apart(next, cover);
    ck_assert_str_eq(cover.same_as, "");
}
END_TEST

START_TEST(keeps_a_single_patch_apart_from_parts_that_answer_it) {
    struct found next = POST("n1@x", "[PATCH v2 1/2] a b", .answers = "1@x", .at = DAY);
    struct found single = POST("1@x", "[PATCH] a b");

    expect_apart(next, single);
    expect_numbers(single, 1, 1, 1);
}
END_TEST

/* ---- 3: run stamp ------------------------------------------------------------------------- */

START_TEST(anchors_at_run_stamps) {
    static const struct {
        const char *first, *second, *anchor;
    } examples[] = {
        {GIT(1), GIT(2), "20200509045320.7559-*-" AUTHOR},
        {"1589000000-7559-1-git-send-email-" AUTHOR, "1589000000-7559-2-git-send-email-" AUTHOR,
         "1589000000-7559-*-git-send-email-" AUTHOR},
        {"20200509-slug-v3-1-0123456789ab@x", "20200509-slug-v3-2-0123456789ab@x",
         "20200509-slug-v3-*-0123456789ab@x"},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget();

        /* No threads, and no time that would bring them together. */
        struct found first = POST(examples[i].first, "[PATCH v3 1/2] a b");
        struct found second = POST(examples[i].second, "[PATCH v3 2/2] c d", .at = DAY);

        ck_assert_str_eq(first.id, anchored(examples[i].anchor));
        expect_same(second, first);
        expect_numbers(second, 3, 2, 2);
    }
}
END_TEST

/* The second ticks over inside one run: a part takes that of the oldest mail above it. */
START_TEST(anchors_at_ticking_stamps) {
    static const struct {
        const char *cover, *part, *deep, *anchor;
    } examples[] = {
        {"cover.1589000000.git." AUTHOR, HASH(1) ".1589000001.git." AUTHOR,
         HASH(2) ".1589000060.git." AUTHOR, "*.git." AUTHOR " 1589000000"},
        {"pull.1.v2.git.1589000000." AUTHOR, HASH(1) ".1589000000.git." AUTHOR,
         HASH(2) ".1589000001.git." AUTHOR, "*.git." AUTHOR " 1589000000"},
        {"patchbomb.1589000000@x", "0123456789abcdef0123.1589000001@x",
         "1123456789abcdef0123.1589000002@x", "*@x 1589000000"},
        {"20200509045320.7559.1.stgit@x", "20200509045321.7559.2.stgit@x",
         "20200509045420.7559.3.stgit@x", "*.stgit@x 7559 1589000000"},
    };

    for (size_t i = 0; i < 2 * COUNT(examples); i++) {
        bool last = i % 2; /* the cover may come first or last */
        const char *cover_id = examples[i / 2].cover;
        struct found part, deep, cover;
        char above[512];

        forget();
        snprintf(above, sizeof(above), "%s %s", examples[i / 2].part, cover_id);
        if (!last)
            cover = POST(cover_id, "[PATCH 0/2] a b");
        part = POST(examples[i / 2].part, "[PATCH 1/2] c d", .answers = cover_id, .at = DAY);
        deep = POST(examples[i / 2].deep, "[PATCH 2/2] e f", .answers = above, .at = 2 * DAY);
        if (last)
            cover = POST(cover_id, "[PATCH 0/2] a b");
        ck_assert_str_eq(cover.id, anchored(examples[i / 2].anchor));
        expect_same(part, cover);
        expect_same(deep, cover);
        ck_assert_str_eq(cover.same_as, "");
    }
}
END_TEST

/* What is older than a minute is another run: an older version, most often. */
START_TEST(bounds_ticking) {
    struct found part = POST(HASH(1) ".1589000061.git." AUTHOR, "[PATCH 1/70] a b",
                             .answers = "cover.1589000000.git." AUTHOR);
    struct found late = POST(HASH(2) ".1589000062.git." AUTHOR, "[PATCH 1/70] a b",
                             .answers = "cover.1589000000.git." AUTHOR, .at = DAY);
    struct found other = POST(HASH(3) ".1589000061.git." STRANGER, "[PATCH 2/70] a b",
                              .answers = "cover.1589000000.git." AUTHOR, .at = DAY);

    ck_assert_str_eq(part.id, anchored("*.git." AUTHOR " 1589000000")); /* 60 s, and one a part */
    ck_assert_str_eq(late.id, anchored("*.git." AUTHOR " 1589000062"));
    ck_assert_str_eq(other.id, anchored("*.git." STRANGER " 1589000061"));
    /* hg counts seconds by mails, so part 70 may be 70 seconds older. */
    struct found far = POST("0123456789abcdef0123.1589000070@x", "[PATCH 70 of 70] a b",
                            .answers = "patchbomb.1589000000@x", .at = DAY);

    ck_assert_str_eq(far.id, anchored("*@x 1589000000"));
    /* A cover begins its run, however soon it follows another. */
    struct found next = POST("cover.1589000030.git." AUTHOR, "[PATCH v2 0/70] a b",
                             .answers = "cover.1589000000.git." AUTHOR, .at = DAY);

    ck_assert_str_eq(next.id, anchored("*.git." AUTHOR " 1589000030"));
}
END_TEST

/* Two runs of such a tool in the same second, as of a script. */
START_TEST(tells_runs_of_one_second_apart) {
    struct found one = POST("cover.1589000000.git." AUTHOR, "[PATCH 0/2] a b");
    struct found two = POST(HASH(2) ".1589000000.git." AUTHOR, "[PATCH 1/3] c d", .at = DAY);
    struct found part = POST(HASH(1) ".1589000000.git." AUTHOR, "[PATCH 1/2] e f",
                             .answers = "cover.1589000000.git." AUTHOR, .at = DAY);

    expect_apart(two, one);
    expect_same(part, one);
}
END_TEST

/* One run of a tool is one series, whatever its parts say. */
START_TEST(believes_the_run_more_than_the_numbers) {
    struct found first = POST(GIT(1), "[PATCH v2 1/2] a b");
    struct found second = POST(GIT(2), "[PATCH v3 2/4] c d", .at = DAY);

    expect_same(second, first);
    expect_numbers(second, 3, 2, 2);
}
END_TEST

/* The first mail of the run is part 3: it goes on where an earlier run broke off. */
START_TEST(resumes_a_run) {
    struct found cover = POST(GIT(1), "[PATCH 0/4] a b");
    struct found first = POST(GIT(2), "[PATCH 1/4] c d", .answers = GIT(1));
    struct found third = POST(LATER(1), "[PATCH 3/4] e f", .answers = GIT(1), .at = 4 * HOUR);
    struct found fourth =
        POST(LATER(2), "[PATCH 4/4] g h", .answers = LATER(1) " " GIT(1), .at = 4 * HOUR);

    expect_same(first, cover);
    expect_same(third, cover);
    expect_same(fourth, cover);
    forget();
    /* The same before the cover: its stamp is the anchor. */
    fourth = POST(LATER(2), "[PATCH 4/4] g h", .answers = GIT(1));
    ck_assert_str_eq(fourth.id, cover.id);
    cover = POST(GIT(1), "[PATCH 0/4] a b", .at = DAY);
    expect_same(cover, fourth);
    forget();
    /* And without threads: by time. */
    first = POST(GIT(1), "[PATCH 1/2] c d");
    struct found second = POST(LATER(1), "[PATCH 2/2] e f", .at = 10 * MINUTE);

    expect_same(second, first);
}
END_TEST

/* Patches without numbers are series of one each, though they are of one run. */
START_TEST(parts_unnumbered_patches) {
    struct found one = POST(GIT(1), "[PATCH] a b", .body = DIFF);
    struct found two = POST(GIT(2), "[PATCH] c d", .answers = GIT(1), .body = DIFF, .at = 1);
    struct found three = POST("3@x", "[PATCH] e f", .body = DIFF, .at = 2);
    struct found reply = POST("r@x", "Re: [PATCH] c d", .answers = GIT(2) " " GIT(1));

    expect_apart(one, two);
    expect_apart(two, three);
    expect_apart(one, three);
    ck_assert_str_eq(one.id, anchored("20200509045320.7559-*-" AUTHOR));
    ck_assert_str_eq(two.id, anchored(GIT(2)));
    expect_same(reply, two);
    expect_numbers(two, 1, 1, 1);
}
END_TEST

/* Two runs under one cover: the first has its places, the second is a series of its own. */
START_TEST(parts_runs_under_one_cover) {
    struct found cover = POST("0@x", "[PATCH 0/2] a b");
    struct found a1 = POST(GIT(1), "[PATCH 1/2] c d", .answers = "0@x");
    struct found a2 = POST(GIT(2), "[PATCH 2/2] e f", .answers = "0@x");
    struct found b1 = POST(LATER(1), "[PATCH 1/2] g h", .answers = "0@x", .at = HOUR);
    struct found b2 = POST(LATER(2), "[PATCH 2/2] i j", .answers = "0@x", .at = HOUR);
    struct found c1 = POST("c1@x", "[PATCH 1/3] k l", .answers = "0@x", .at = HOUR);
    struct found c2 = POST("c2@x", "[PATCH 2/3] m n", .answers = "0@x", .at = HOUR);

    expect_same(a1, cover);
    expect_same(a2, cover);
    expect_apart(b1, cover);
    expect_same(b2, b1);
    expect_apart(c1, cover);
    expect_apart(c1, b1);
    expect_same(c2, c1);
}
END_TEST

/* One series that was sent in two runs. */
START_TEST(joins_runs_under_one_cover) {
    struct found cover = POST(GIT(1), "[PATCH 0/4] a b");
    struct found one = POST(GIT(2), "[PATCH 1/4] c d", .answers = GIT(1));
    struct found two = POST(LATER(2), "[PATCH 2/4] e f", .answers = GIT(1), .at = HOUR);
    struct found three = POST(LATER(3), "[PATCH 3/4] g h", .answers = GIT(1), .at = HOUR);

    expect_same(one, cover);
    expect_same(two, cover);
    expect_same(three, cover);
}
END_TEST

SUITE(ladder_suite) {
    const struct cases cases[] = {
        {"seen", {says_again_what_it_said, says_again_what_it_said_of_each}},
        {"parent",
         {joins_a_known_parent, looks_past_parents_that_do_not_fit, guards_what_a_parent_takes,
          takes_added_patches, adds_to_a_single_patch, knows_covers_of_one}},
        {"version",
         {takes_the_version_from_the_cover, takes_the_version_from_the_series_that_waits,
          takes_the_version_from_the_parts, takes_a_version_from_a_cover_that_comes_last,
          keeps_the_next_version_apart, keeps_the_next_version_apart_below_an_unseen_cover,
          keeps_apart_who_answers_and_who_is_answered, keeps_the_next_version_apart_that_waits,
          keeps_a_single_patch_apart_from_parts_that_answer_it}},
        {"stamp",
         {anchors_at_run_stamps, anchors_at_ticking_stamps, bounds_ticking,
          tells_runs_of_one_second_apart, believes_the_run_more_than_the_numbers, resumes_a_run,
          parts_unnumbered_patches, parts_runs_under_one_cover, joins_runs_under_one_cover}},
    };

    return cases_suite("ladder", cases, COUNT(cases), 20);
}
