/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_ladder.c - the series of a mail by rungs 1 to 3 of the ladder, and the mails that these must
 * not join: mails that were seen before, known parents, versions, runs of tools.  The other rungs
 * are in test_ladder_late.c, forged and malformed mails in test_forgery.c, orders of arrival in
 * test_orders.c.
 */
#include "test_series.h"

/* ---- 1: seen before ----------------------------------------------------------------------- */

START_TEST(keeps_the_series_of_a_mail_seen_before) {
    struct found first = POST("1@x", "[PATCH v2 1/2] a b", .list = "one.example.org");
    struct found again = POST("1@x", "[PATCH v2 1/2] a b", .list = "two.example.org", .at = DAY);
    struct index_message known;

    expect_same(again, first);
    expect_numbers(again, 2, 1, 2);
    ck_assert_str_eq(again.topic, first.topic);
    ck_assert(!first.seen_before && again.seen_before);
    ck_assert_uint_gt(first.events, 1);
    ck_assert_uint_eq(again.events, 1); /* message.posted on the other list */
    POST("1@x", "[PATCH v2 1/2] a b", .list = "one.example.org");
    store_begin(store);
    ck_assert(index_find_message(store, "1@x", &known));
    ck_assert_str_eq(known.lists, "one.example.org two.example.org");
    store_commit(store);
}
END_TEST

/* A mail that comes again has the same part and series, whatever came in between, also the next
 * version. */
START_TEST(keeps_the_series_of_each_mail_seen_before) {
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

/* The nearest parent that fits, even if a nearer one does not fit. */
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

START_TEST(joins_only_parts_that_fit_a_parent) {
    static const struct {
        const char *why, *subject, *from;
        bool joins;
    } examples[] = {
        {"a part that is missing", "[PATCH v2 3/3] c d", AUTHOR, true},
        {"another author", "[PATCH v2 3/3] c d", STRANGER, false},
        {"another total", "[PATCH v2 3/4] c d", AUTHOR, false},
        {"another version", "[PATCH v3 3/3] c d", AUTHOR, false},
        {"a part number that is not free", "[PATCH v2 1/3] c d", AUTHOR, false},
        {"a total that is not stated", "[PATCH v2 3/n] c d", AUTHOR, true},
        {"an added patch", "[PATCH v2 4/3] c d", AUTHOR, true},
        {"an older version", "[PATCH v1 3/3] c d", AUTHOR, false},
        {"no version, below a cover that states one", "[PATCH 3/3] c d", AUTHOR, true},
        {"no number", "[PATCH v2] c d", AUTHOR, false},
        {"a cover", "[PATCH v2 0/3] c d", AUTHOR, false},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget();

        struct found cover = POST("0@x", "[PATCH v2 0/3] a b");

        POST("1@x", "[PATCH v2 1/3] b c", .answers = "0@x");
        /* So late that only the parent can connect them. */
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
    expect_same(also, cover); /* any number of patches may be added */
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

START_TEST(joins_covers_of_one_part) {
    struct found cover = POST("0@x", "[PATCH 0/1] a b");
    struct found part = POST("1@x", "[PATCH 1/1] c d", .answers = "0@x", .at = DAY);

    expect_same(part, cover);
    forget();
    part = POST("1@x", "[PATCH 1/1] c d", .answers = "0@x", .at = DAY);
    cover = POST("0@x", "[PATCH 0/1] a b");
    expect_same(part, cover);
    ck_assert_str_eq(cover.id, anchored("0@x"));
    forget();
    /* But a patch without number does not belong to a cover. */
    part = POST("1@x", "[PATCH] c d");
    cover = POST("0@x", "[PATCH 0/1] a b", .at = 1);
    expect_apart(part, cover);
    struct found other = POST("2@x", "[PATCH 1/1] e f", .at = 2);

    expect_same(other, cover);
}
END_TEST

/* ---- versions that only some of the mails state ------------------------------------------- */

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

/* A part that belongs to a series because its parts wait for it, without references of its own. */
START_TEST(takes_the_version_from_the_waiting_series) {
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

START_TEST(takes_the_version_from_a_late_cover) {
    struct found one = POST("1@x", "[PATCH 1/2] c d", .answers = "0@x");
    struct found two = POST("2@x", "[PATCH 2/2] e f", .answers = "0@x");
    struct found cover = POST("0@x", "[PATCH v3 0/2] a b");

    expect_same(two, one);
    expect_same(cover, one);
    expect_numbers(cover, 3, 0, 2);
}
END_TEST

/* Version 2 in reply to version 1, with the same total, while version 1 lacks parts. */
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

/* A part that answers a part of the preceding version, whose Message-ID becomes the anchor if that
 * has not arrived. */
START_TEST(keeps_a_part_apart_from_the_one_it_answers) {
    struct found next = POST("n1@x", "[PATCH v2 1/2] a b", .answers = "1@x", .at = DAY);
    struct found first = POST("1@x", "[PATCH 1/2] a b");
    struct found second = POST("2@x", "[PATCH 2/2] c d", .answers = "1@x");
    struct found last = POST("n2@x", "[PATCH v2 2/2] c d", .answers = "n1@x 1@x", .at = DAY);

    expect_apart(next, first);
    expect_same(second, first);
    expect_same(last, next);
}
END_TEST

/* The next version waits for the older cover that it answers, but does not belong to its series. */
START_TEST(keeps_a_waiting_next_version_apart) {
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

        /* Without threads, and too far apart in time to be loose mails of one series. */
        struct found first = POST(examples[i].first, "[PATCH v3 1/2] a b");
        struct found second = POST(examples[i].second, "[PATCH v3 2/2] c d", .at = DAY);

        ck_assert_str_eq(first.id, anchored(examples[i].anchor));
        expect_same(second, first);
        expect_numbers(second, 3, 2, 2);
    }
}
END_TEST

/* The time in the Message-IDs changes during a run: a part uses that of the oldest mail above it.
 */
START_TEST(anchors_at_stamps_with_a_time) {
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

/* A mail that is more than a minute older is from another run, most often of an older version. */
START_TEST(bounds_the_time_of_a_run) {
    struct found part = POST(HASH(1) ".1589000061.git." AUTHOR, "[PATCH 1/70] a b",
                             .answers = "cover.1589000000.git." AUTHOR);
    struct found late = POST(HASH(2) ".1589000062.git." AUTHOR, "[PATCH 1/70] a b",
                             .answers = "cover.1589000000.git." AUTHOR, .at = DAY);
    struct found other = POST(HASH(3) ".1589000061.git." STRANGER, "[PATCH 2/70] a b",
                              .answers = "cover.1589000000.git." AUTHOR, .at = DAY);

    ck_assert_str_eq(part.id,
                     anchored("*.git." AUTHOR " 1589000000")); /* 60 s, and 1 s for each part */
    ck_assert_str_eq(late.id, anchored("*.git." AUTHOR " 1589000062"));
    ck_assert_str_eq(other.id, anchored("*.git." STRANGER " 1589000061"));
    /* hg adds a second for each mail, so part 70 may be 70 s later. */
    struct found far = POST("0123456789abcdef0123.1589000070@x", "[PATCH 70 of 70] a b",
                            .answers = "patchbomb.1589000000@x", .at = DAY);

    ck_assert_str_eq(far.id, anchored("*@x 1589000000"));
    /* A cover starts a run, even directly after another run. */
    struct found next = POST("cover.1589000030.git." AUTHOR, "[PATCH v2 0/70] a b",
                             .answers = "cover.1589000000.git." AUTHOR, .at = DAY);

    ck_assert_str_eq(next.id, anchored("*.git." AUTHOR " 1589000030"));
}
END_TEST

/* Two runs of such a tool in the same second, started by a script. */
START_TEST(separates_runs_of_one_second) {
    struct found one = POST("cover.1589000000.git." AUTHOR, "[PATCH 0/2] a b");
    struct found two = POST(HASH(2) ".1589000000.git." AUTHOR, "[PATCH 1/3] c d", .at = DAY);
    struct found part = POST(HASH(1) ".1589000000.git." AUTHOR, "[PATCH 1/2] e f",
                             .answers = "cover.1589000000.git." AUTHOR, .at = DAY);

    expect_apart(two, one);
    expect_same(part, one);
}
END_TEST

/* One run of a tool is one series, whatever the part numbers are. */
START_TEST(prefers_the_run_to_the_part_numbers) {
    struct found first = POST(GIT(1), "[PATCH v2 1/2] a b");
    struct found second = POST(GIT(2), "[PATCH v3 2/4] c d", .at = DAY);

    expect_same(second, first);
    expect_numbers(second, 3, 2, 2);
}
END_TEST

/* The first mail of the run is part 3: the run continues an earlier one that was interrupted. */
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
    /* The same, but the part arrives before the cover: the stamp of the cover is the anchor. */
    fourth = POST(LATER(2), "[PATCH 4/4] g h", .answers = GIT(1));
    ck_assert_str_eq(fourth.id, cover.id);
    cover = POST(GIT(1), "[PATCH 0/4] a b", .at = DAY);
    expect_same(cover, fourth);
    forget();
    /* The same without threads: by the time of receipt. */
    first = POST(GIT(1), "[PATCH 1/2] c d");
    struct found second = POST(LATER(1), "[PATCH 2/2] e f", .at = 10 * MINUTE);

    expect_same(second, first);
}
END_TEST

/* Each patch without number is a series of its own, also in one run. */
START_TEST(separates_unnumbered_patches) {
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

/* Two runs below one cover, with the same part numbers: the second run is a series of its own. */
START_TEST(separates_runs_under_one_cover) {
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
        {"seen",
         {keeps_the_series_of_a_mail_seen_before, keeps_the_series_of_each_mail_seen_before}},
        {"parent",
         {joins_a_known_parent, looks_past_parents_that_do_not_fit,
          joins_only_parts_that_fit_a_parent, takes_added_patches, adds_to_a_single_patch,
          joins_covers_of_one_part}},
        {"version",
         {takes_the_version_from_the_cover, takes_the_version_from_the_waiting_series,
          takes_the_version_from_the_parts, takes_the_version_from_a_late_cover,
          keeps_the_next_version_apart, keeps_the_next_version_apart_below_an_unseen_cover,
          keeps_a_part_apart_from_the_one_it_answers, keeps_a_waiting_next_version_apart,
          keeps_a_single_patch_apart_from_parts_that_answer_it}},
        {"stamp",
         {anchors_at_run_stamps, anchors_at_stamps_with_a_time, bounds_the_time_of_a_run,
          separates_runs_of_one_second, prefers_the_run_to_the_part_numbers, resumes_a_run,
          separates_unnumbered_patches, separates_runs_under_one_cover,
          joins_runs_under_one_cover}},
    };

    return cases_suite("ladder", cases, COUNT(cases), 20);
}
