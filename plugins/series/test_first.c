/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_first.c - the flag "first": one mail of each posting has it, whatever arrived before.
 */
#include "test_series.h"

#define EARLIER(counter) "20200501120000.100-" #counter "-" AUTHOR  /* a week before GIT */
#define MINUTES(counter) "20200509043320.7000-" #counter "-" AUTHOR /* 20 minutes before GIT */
#define TIMED(digit, at) HASH(digit) "." #at ".git." AUTHOR

static bool is_first(void) {
    for (size_t i = 0; i < mail.flags.count; i++)
        if (strcmp(mail.flags.words[i], "first") == 0)
            return true;
    return false;
}

static const struct example {
    const char *why, *id, *subject, *answers;
    bool first;
} examples[] = {
    {"a cover", GIT(1), "[PATCH 0/2] a b", NULL, true},
    {"a cover in reply to the older version", GIT(1), "[PATCH v2 0/2] a b", EARLIER(1), true},
    {"a single patch", "a@y", "[PATCH] a b", NULL, true},
    {"a single patch with numbers", "a@y", "[PATCH v3 1/1] a b", NULL, true},
    {"a single patch in a thread", GIT(1), "[PATCH] a b", "talk@y", true},
    {"part 2", GIT(2), "[PATCH 2/2] a b", NULL, false},
    {"an added patch", "a@y", "[PATCH 3/2] a b", NULL, false},
    {"a part sent again", "a@y", "[PATCH v2.1 2/3] a b", "b@y", false},
    {"part 1 of a series without a cover", GIT(1), "[PATCH 1/2] a b", NULL, true},
    {"part 1 of such a series, without a stamp", "a@y", "[PATCH 1/2] a b", NULL, true},
    {"part 1 below its cover", GIT(2), "[PATCH 1/2] a b", GIT(1), false},
    {"part 1 below a cover without a stamp", "a@y", "[PATCH 1/2] a b", "b@y", false},
    {"part 1 below a cover whose Message-ID a server replaced", GIT(2), "[PATCH 1/2] a b", "b@y",
     false},
    {"part 1 below a cover of another run, minutes before", GIT(1), "[PATCH 1/2] a b", MINUTES(1),
     false},
    {"part 1 in reply to the older version, a run of its own", GIT(1), "[PATCH v2 1/2] a b",
     EARLIER(1), true},
    {"part 1 in reply to a discussion, the first of its run", GIT(1), "[PATCH 1/2] a b", "talk@y",
     true},
    {"part 1 below its cover and the older version", GIT(2), "[PATCH v2 1/2] a b",
     GIT(1) " " EARLIER(1), false},
    {"part 1 of b4 below its cover", B4(1), "[PATCH 1/2] a b", B4(0), false},
    {"part 1 of format-patch below its cover", TIMED(1, 1589000000), "[PATCH 1/2] a b",
     "cover.1589000000.git." AUTHOR, false},
    {"part 1 of format-patch below the older version", TIMED(1, 1589000000), "[PATCH v2 1/2] a b",
     "cover.1588000000.git." AUTHOR, true},
    {"an answer", "a@y", "Re: [PATCH 0/2] a b", GIT(1), false},
    {"a question", "a@y", "how to build a b", NULL, false},
};

START_TEST(is_on_one_mail_of_a_posting) {
    for (size_t i = 0; i < COUNT(examples); i++) {
        forget();
        POST(examples[i].id, examples[i].subject, .answers = examples[i].answers,
             .body = strstr(examples[i].subject, "PATCH") && !strstr(examples[i].subject, " 0/") &&
                             strncmp(examples[i].subject, "Re:", 3) != 0
                         ? DIFF
                         : NULL);
        ck_assert_msg(is_first() == examples[i].first, "%s", examples[i].why);
    }
}
END_TEST

/* Part 1 stays first if its cover, to which it does not refer, arrived before, and part 1 below a
 * cover that never arrives is not first. */
START_TEST(does_not_depend_on_earlier_mails) {
    POST("c@y", "[PATCH 0/2] a b");
    ck_assert(is_first());
    POST("a@y", "[PATCH 1/2] c d", .body = DIFF, .at = 1);
    ck_assert(is_first());
    POST("a@y", "[PATCH 1/2] c d", .body = DIFF, .at = 2); /* a copy */
    ck_assert(is_first());
    forget();
    POST("a@y", "[PATCH 1/2] c d", .answers = "c@y", .body = DIFF);
    ck_assert(!is_first());
}
END_TEST

SUITE(first_suite) {
    const struct cases cases[] = {
        {"first", {is_on_one_mail_of_a_posting, does_not_depend_on_earlier_mails}},
    };

    return cases_suite("first", cases, COUNT(cases), 60);
}
