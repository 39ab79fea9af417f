/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_runs.c - series that were not sent by one run of a tool: a run that goes on from another
 * one, a run that made several series, mails that were each sent by a run of their own, and covers
 * that were written by hand.
 */
#include "test_series.h"

/* Runs that start SECONDS after GIT. */
#define AFTER(seconds, counter) "202005090453" #seconds ".8" #seconds "-" #counter "-" AUTHOR

#define OTHER_DIFF "text\n---\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-three\n+four\n"

/* One mail, and the number of the series to which it belongs, counted from 0. */
struct mail_of {
    const char *id, *subject, *answers;
    int series;
    int64_t at;
};

struct example {
    const char *why;
    struct mail_of mails[7];
    bool any_order; /* the ids are the same in every order of arrival */
};

static size_t mail_count(const struct example *example) {
    size_t count = 0;

    while (count < COUNT(example->mails) && example->mails[count].id)
        count++;
    return count;
}

/* Posts the mails of EXAMPLE, the first one last if LAST_FIRST is true, and checks that those of
 * one series have one id, and those of others have others. */
static void example_check(const struct example *example, bool reversed,
                          struct found found[COUNT(((struct example *)0)->mails)]) {
    size_t count = mail_count(example);

    forget();
    for (size_t i = 0; i < count; i++) {
        size_t at = reversed ? count - 1 - i : i;
        const struct mail_of *one = &example->mails[at];

        found[at] =
            POST(one->id, one->subject, .answers = one->answers, .body = DIFF, .at = one->at);
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            ck_assert_msg((strcmp(found[i].id, found[j].id) == 0) ==
                              (example->mails[i].series == example->mails[j].series),
                          "%s%s: mails %zu and %zu", example->why, reversed ? ", reversed" : "", j,
                          i);
}

static void examples_check(const struct example *examples, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct found found[COUNT(examples->mails)], again[COUNT(examples->mails)];

        example_check(&examples[i], false, found);
        if (!examples[i].any_order)
            continue;
        example_check(&examples[i], true, again);
        for (size_t j = 0; j < mail_count(&examples[i]); j++)
            ck_assert_msg(strcmp(found[j].id, again[j].id) == 0, "%s: mail %zu", examples[i].why,
                          j);
    }
}

/* ---- a run that goes on ------------------------------------------------------------------- */

START_TEST(goes_on_from_an_earlier_run) {
    static const struct example examples[] = {
        {"the first mail of the second run is not seen",
         {{GIT(1), "[PATCH 0/3] a b", NULL, 0, 0},
          {GIT(2), "[PATCH 1/3] c d", GIT(1), 0, 1},
          {LATER(2), "[PATCH 3/3] g h", LATER(1), 0, 5 * MINUTE}},
         false},
        {"it is seen later",
         {{GIT(1), "[PATCH 0/3] a b", NULL, 0, 0},
          {GIT(2), "[PATCH 1/3] c d", GIT(1), 0, 1},
          {LATER(2), "[PATCH 3/3] g h", LATER(1), 0, 5 * MINUTE},
          {LATER(1), "[PATCH 2/3] e f", NULL, 0, DAY}},
         false},
        {"more than 20 minutes later: a series of its own, in any order",
         {{LATER(1), "[PATCH 2/4] e f", NULL, 0, 0},
          {LATER(2), "[PATCH 3/4] g h", LATER(1), 0, 0},
          {LATER(3), "[PATCH 4/4] i j", LATER(1), 0, 0}},
         true},
        {"another total",
         {{GIT(1), "[PATCH 0/3] a b", NULL, 0, 0},
          {LATER(2), "[PATCH 3/4] g h", LATER(1), 1, 5 * MINUTE}},
         false},
        {"another version",
         {{GIT(1), "[PATCH 0/3] a b", NULL, 0, 0},
          {LATER(2), "[PATCH v2 3/3] g h", LATER(1), 1, 5 * MINUTE}},
         false},
        {"a part that is there already",
         {{GIT(1), "[PATCH 0/3] a b", NULL, 0, 0},
          {GIT(4), "[PATCH 3/3] g h", GIT(1), 0, 1},
          {LATER(2), "[PATCH 3/3] g h", LATER(1), 1, 5 * MINUTE}},
         false},
        {"a run that starts with part 1 does not go on",
         {{GIT(1), "[PATCH 0/3] a b", NULL, 0, 0},
          {LATER(3), "[PATCH 3/3] g h", LATER(1), 1, 5 * MINUTE}},
         false},
    };

    examples_check(examples, COUNT(examples));
    forget();

    struct found first = POST(GIT(1), "[PATCH 0/3] a b");
    struct found other =
        POST(LATER(2), "[PATCH 3/3] g h", .answers = LATER(1), .from = STRANGER, .at = 5 * MINUTE);

    expect_apart(other, first);
}
END_TEST

/* ---- a run that made several series ------------------------------------------------------- */

START_TEST(separates_projects_of_a_run) {
    static const struct example examples[] = {
        {"with covers",
         {{GIT(1), "[PATCH 0/2] a b", NULL, 0, 0},
          {GIT(2), "[PATCH 1/2] c d", GIT(1), 0, 1},
          {GIT(3), "[PATCH 2/2] e f", GIT(1), 0, 2},
          {GIT(4), "[PATCH 0/2] g h", GIT(1), 1, 3},
          {GIT(5), "[PATCH 1/2] i j", GIT(4) " " GIT(1), 1, 4},
          {GIT(6), "[PATCH 2/2] k l", GIT(4) " " GIT(1), 1, 5}},
         true},
        {"without covers, all in reply to the first mail",
         {{GIT(1), "[PATCH 1/2] c d", NULL, 0, 0},
          {GIT(2), "[PATCH 2/2] e f", GIT(1), 0, 1},
          {GIT(3), "[PATCH 1/2] i j", GIT(1), 1, 2},
          {GIT(4), "[PATCH 2/2] k l", GIT(1), 1, 3}},
         false},
        {"without threads",
         {{GIT(1), "[PATCH 1/2] c d", NULL, 0, 0},
          {GIT(2), "[PATCH 2/2] e f", NULL, 0, 1},
          {GIT(3), "[PATCH 1/3] i j", NULL, 1, 2},
          {GIT(4), "[PATCH 2/3] k l", NULL, 1, 3},
          {GIT(5), "[PATCH 3/3] k l", NULL, 1, 4}},
         false},
        {"one part each",
         {{GIT(1), "[PATCH 1/1] c d", NULL, 0, 0},
          {GIT(2), "[PATCH 1/1] e f", GIT(1), 1, 1},
          {GIT(3), "[PATCH 1/2] i j", GIT(1), 2, 2},
          {GIT(4), "[PATCH 2/2] k l", GIT(1), 2, 3}},
         false},
        {"other trees, of the first of which a part is not seen",
         {{GIT(2), "[PATCH net-next 2/2] c d", GIT(1), 0, 1},
          {GIT(3), "[PATCH iproute2 1/2] i j", GIT(1), 1, 2},
          {GIT(4), "[PATCH iproute2 2/2] k l", GIT(1), 1, 3}},
         false},
        {"one series whose parts are in another order",
         {{GIT(1), "[PATCH 0/2] a b", NULL, 0, 0},
          {GIT(2), "[PATCH 2/2] c d", GIT(1), 0, 1},
          {GIT(3), "[PATCH 1/2] e f", GIT(1), 0, 2}},
         true},
        {"one series, and a mail without number after the cover",
         {{GIT(1), "[PATCH 0/2] a b", NULL, 0, 0},
          {GIT(3), "[PATCH 1/2] e f", GIT(1), 0, 1},
          {GIT(4), "[PATCH 2/2] g h", GIT(1), 0, 2}},
         false},
        {"one series whose parts name two trees",
         {{GIT(1), "[PATCH 0/2] a b", NULL, 0, 0},
          {GIT(2), "[PATCH net 1/2] c d", GIT(1), 0, 1},
          {GIT(3), "[PATCH net-next 2/2] e f", GIT(1), 0, 2}},
         true},
        {"a cover that states another total than its parts",
         {{GIT(1), "[PATCH 0/2] a b", NULL, 0, 0},
          {GIT(2), "[PATCH 1/3] c d", GIT(1), 0, 1},
          {GIT(3), "[PATCH 2/3] e f", GIT(1), 0, 2},
          {GIT(4), "[PATCH 3/3] g h", GIT(1), 0, 3}},
         true},
    };

    examples_check(examples, COUNT(examples));
}
END_TEST

/* Patches without number of one run are series of their own, and other works. */
START_TEST(separates_patches_without_number) {
    struct found one = POST(GIT(1), "[PATCH] lamp: alpha beta", .body = DIFF);
    struct found two =
        POST(GIT(2), "[PATCH] lamp: gamma delta", .answers = GIT(1), .body = OTHER_DIFF);

    expect_apart(one, two);
    ck_assert_str_eq(two.supersedes, "");
}
END_TEST

/* ---- a run for each mail ------------------------------------------------------------------ */

START_TEST(joins_mails_of_own_runs) {
    static const struct example examples[] = {
        {"cover first",
         {{GIT(1), "[PATCH x 0/2] a b", NULL, 0, 0},
          {AFTER(21, 1), "[PATCH x 1/2] c d", NULL, 0, MINUTE},
          {AFTER(22, 1), "[PATCH x 2/2] e f", NULL, 0, 2 * MINUTE}},
         false},
        {"cover last",
         {{AFTER(22, 1), "[PATCH x 2/2] e f", NULL, 0, 0},
          {AFTER(21, 1), "[PATCH x 1/2] c d", NULL, 0, MINUTE},
          {GIT(1), "[PATCH x 0/2] a b", NULL, 0, 2 * MINUTE}},
         false},
        {"no cover, each in reply to a mail that is not seen",
         {{AFTER(22, 1), "[PATCH v2 2/2] e f", "r2@y", 0, 0},
          {AFTER(21, 1), "[PATCH v2 1/2] c d", "r1@y", 0, MINUTE}},
         false},
        {"21 minutes",
         {{GIT(1), "[PATCH x 0/2] a b", NULL, 0, 0},
          {AFTER(21, 1), "[PATCH x 1/2] c d", NULL, 1, 21 * MINUTE}},
         false},
        {"another total",
         {{GIT(1), "[PATCH x 0/2] a b", NULL, 0, 0},
          {AFTER(21, 1), "[PATCH x 1/3] c d", NULL, 1, MINUTE}},
         false},
        {"two series of the same total, one after the other",
         {{GIT(1), "[PATCH 0/2] a b", NULL, 0, 0},
          {GIT(2), "[PATCH 1/2] c d", GIT(1), 0, 1},
          {GIT(3), "[PATCH 2/2] e f", GIT(1), 0, 2},
          {AFTER(21, 1), "[PATCH 0/2] g h", NULL, 1, MINUTE},
          {AFTER(21, 2), "[PATCH 1/2] i j", AFTER(21, 1), 1, MINUTE}},
         true},
        {"a series without cover, of which one part is not there yet, and the cover of the next",
         {{GIT(2), "[PATCH 2/2] e f", GIT(1), 0, 0},
          {AFTER(21, 1), "[PATCH 0/2] g h", NULL, 1, MINUTE},
          {AFTER(21, 2), "[PATCH 1/2] i j", AFTER(21, 1), 1, MINUTE},
          {GIT(1), "[PATCH 1/2] c d", NULL, 0, MINUTE}},
         true},
    };

    examples_check(examples, COUNT(examples));
}
END_TEST

/* The cover was composed in a run of its own; the parts answer the first of them. */
START_TEST(joins_a_cover_of_its_own_run) {
    static const struct example examples[] = {
        {"the parts answer part 1",
         {{GIT(1), "[PATCH v3 0/3] a b", NULL, 0, 0},
          {AFTER(21, 1), "[PATCH v3 1/3] c d", NULL, 0, 1},
          {AFTER(21, 2), "[PATCH v3 2/3] e f", AFTER(21, 1), 0, MINUTE},
          {AFTER(21, 3), "[PATCH v3 3/3] g h", AFTER(21, 1), 0, MINUTE}},
         false},
        {"without threads",
         {{GIT(1), "[PATCH v3 0/3] a b", NULL, 0, 0},
          {AFTER(21, 1), "[PATCH v3 1/3] c d", NULL, 0, 1},
          {AFTER(21, 2), "[PATCH v3 2/3] e f", NULL, 0, DAY},
          {AFTER(21, 3), "[PATCH v3 3/3] g h", NULL, 0, DAY}},
         false},
        {"the parts answer the cover, in any order",
         {{GIT(1), "[PATCH v3 0/3] a b", NULL, 0, 0},
          {AFTER(21, 1), "[PATCH v3 1/3] c d", GIT(1), 0, DAY},
          {AFTER(21, 2), "[PATCH v3 2/3] e f", GIT(1), 0, DAY},
          {AFTER(21, 3), "[PATCH v3 3/3] g h", GIT(1), 0, DAY}},
         true},
        {"the parts state another total, in any order",
         {{GIT(1), "[PATCH v3 0/2] a b", NULL, 0, 0},
          {AFTER(21, 1), "[PATCH v3 1/3] c d", GIT(1), 0, DAY},
          {AFTER(21, 2), "[PATCH v3 2/3] e f", GIT(1), 0, DAY},
          {AFTER(21, 3), "[PATCH v3 3/3] g h", GIT(1), 0, DAY}},
         true},
        {"another version in reply to it, hours later, in any order",
         {{GIT(1), "[PATCH 1/2] a b", NULL, 0, 0},
          {GIT(2), "[PATCH 2/2] c d", GIT(1), 0, 0},
          {LATER(1), "[PATCH v2 1/2] a b", GIT(1), 1, DAY},
          {LATER(2), "[PATCH v2 2/2] c d", LATER(1) " " GIT(1), 1, DAY}},
         true},
    };

    examples_check(examples, COUNT(examples));
}
END_TEST

/* A cover and parts that state different totals, without stamps. */
START_TEST(takes_another_total_below_the_cover) {
    static const struct example examples[] = {
        {"all parts",
         {{"0@x", "[PATCH 0/6] a b", NULL, 0, 0},
          {"1@x", "[PATCH 1/7] c d", "0@x", 0, DAY},
          {"7@x", "[PATCH 7/7] e f", "0@x", 0, 2 * DAY},
          {"2@x", "[PATCH 2/7] g h", "0@x", 0, 3 * DAY}},
         false},
        {"a follow-up of one patch",
         {{"0@x", "[PATCH 0/6] a b", NULL, 0, 0}, {"1@x", "[PATCH 1/1] c d", "0@x", 1, DAY}},
         false},
        {"other parts agree with the cover",
         {{"0@x", "[PATCH 0/6] a b", NULL, 0, 0},
          {"1@x", "[PATCH 1/6] c d", "0@x", 0, DAY},
          {"2@x", "[PATCH 2/2] e f", "0@x", 1, DAY}},
         false},
        {"below a part",
         {{"0@x", "[PATCH 0/6] a b", NULL, 0, 0},
          {"1@x", "[PATCH 1/6] c d", "0@x", 0, DAY},
          {"2@x", "[PATCH 2/7] e f", "1@x 0@x", 1, 2 * DAY}},
         false},
        {"another version",
         {{"0@x", "[PATCH 0/6] a b", NULL, 0, 0}, {"1@x", "[PATCH v2 1/7] c d", "r@x 0@x", 1, DAY}},
         false},
    };

    examples_check(examples, COUNT(examples));
}
END_TEST

/* ---- a cover that was written by hand ----------------------------------------------------- */

START_TEST(waits_for_a_cover_written_by_hand) {
    static const struct example examples[] = {
        {"the host of the author",
         {{GIT(1), "[PATCH 1/2] c d", "d0c1f6a2-1111@example.org", 0, 0},
          {"d0c1f6a2-1111@example.org", "[PATCH 0/2] a b", NULL, 0, 1},
          {GIT(2), "[PATCH 2/2] e f", "d0c1f6a2-1111@example.org", 0, 2}},
         true},
        {"parts that all answer it",
         {{GIT(2), "[PATCH 2/3] c d", "d0c1f6a2@y", 0, 0},
          {GIT(3), "[PATCH 3/3] e f", "d0c1f6a2@y", 0, 0},
          {GIT(1), "[PATCH 1/3] e f", "d0c1f6a2@y", 0, 0},
          {"d0c1f6a2@y", "[PATCH 0/3] a b", NULL, 0, DAY}},
         true},
    };

    examples_check(examples, COUNT(examples));
}
END_TEST

/* A run in reply to the mail of somebody else has its own stamp, also if that mail comes later. */
START_TEST(waits_for_no_mail_of_somebody_else) {
    static const struct {
        const char *why, *first, *second, *answers;
    } examples[] = {
        {"another host", "[PATCH 1/2] c d", "[PATCH 2/2] e f", "r@reviewer.example.com"},
        {"the next version", "[PATCH v2 1/2] c d", "[PATCH v2 2/2] e f", "r@example.org"},
        {"sent again", "[PATCH RESEND 1/2] c d", "[PATCH RESEND 2/2] e f", "r@example.org"},
        {"a single part", "[PATCH 1/1] c d", NULL, "r@example.org"},
        {"the stamp of another tool", "[PATCH 1/2] c d", NULL, HASH(1) ".1589000000.git.r@y"},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        char above[128];

        forget();
        snprintf(above, sizeof(above), GIT(1) " %s", examples[i].answers);

        struct found one = POST(GIT(1), examples[i].first, .answers = examples[i].answers);

        ck_assert_msg(strcmp(one.id, anchored("20200509045320.7559-*-" AUTHOR)) == 0, "%s",
                      examples[i].why);
        if (examples[i].second) {
            struct found two = POST(GIT(2), examples[i].second, .answers = above);

            expect_same(two, one);
        }
    }
    forget();
    POST("r@example.org", "Re: [PATCH 0/2] x y", .answers = "0@y", .from = STRANGER);

    struct found one = POST(GIT(1), "[PATCH 1/2] c d", .answers = "r@example.org");

    ck_assert_str_eq(one.id, anchored("20200509045320.7559-*-" AUTHOR)); /* it has arrived */
}
END_TEST

SUITE(runs_suite) {
    const struct cases cases[] = {
        {"on", {goes_on_from_an_earlier_run}},
        {"several", {separates_projects_of_a_run, separates_patches_without_number}},
        {"own",
         {joins_mails_of_own_runs, joins_a_cover_of_its_own_run,
          takes_another_total_below_the_cover}},
        {"hand", {waits_for_a_cover_written_by_hand, waits_for_no_mail_of_somebody_else}},
    };

    return cases_suite("runs", cases, COUNT(cases), 60);
}
