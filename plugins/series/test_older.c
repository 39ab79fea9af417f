/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_older.c - which older series a posting supersedes, all of it or in part, and the works that
 * look like one.
 */
#include "test_series.h"

/* A diff of the file NAME from the old blob BLOB, which adds the line LINE. */
#define PATCH_OF(name, blob, line)                                                             \
    "text\n---\ndiff --git a/" name " b/" name "\nindex " blob "..789abcd 100644\n--- a/" name \
    "\n+++ b/" name "\n@@ -1 +1 @@\n-one\n+" line "\n"

#define LAMP(line)   PATCH_OF("lamp.c", "0123456", line)
#define FRIDGE(line) PATCH_OF("fridge.c", "1123456", line)

/* What is between an older and a newer posting of one author. */
enum outcome { OTHER, SAME_TOPIC, REPLACED, REPLACED_IN_PART };

struct pair {
    const char *old, *old_body, *new, *new_body;
    enum outcome outcome;
};

static enum outcome outcome_of(const struct found *new, const struct found *old) {
    if (strcmp(new->topic, old->topic) != 0)
        return OTHER;
    if (!*new->supersedes)
        return SAME_TOPIC;
    ck_assert_str_eq(new->supersedes, old->id);
    return strcmp(new->scope, "all") == 0 ? REPLACED : REPLACED_IN_PART;
}

static void check_pairs(const struct pair *pairs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        forget();

        struct found old = POST("1@x", pairs[i].old, .body = pairs[i].old_body);
        struct found new = POST("2@x", pairs[i].new, .body = pairs[i].new_body, .at = 7 * DAY);

        ck_assert_msg(outcome_of(&new, &old) == pairs[i].outcome, "%s, then %s: outcome %d, not %d",
                      pairs[i].old, pairs[i].new, outcome_of(&new, &old), pairs[i].outcome);
    }
}

/* ---- single patches ------------------------------------------------------------------------- */

/* Without a higher version, only the same patch, or a tag that says so, repeats a posting. */
START_TEST(distinguishes_repeated_patches_from_repeated_titles) {
    static const struct pair pairs[] = {
        {"[PATCH] lamp: fix typos", LAMP("a"), "[PATCH] lamp: fix typos", LAMP("a"), REPLACED},
        {"[PATCH] lamp: fix typos", LAMP("a"), "[PATCH] lamp: fix typos", LAMP("b"), SAME_TOPIC},
        {"[PATCH] lamp: fix typos", LAMP("a"), "[PATCH RESEND] lamp: fix typos", LAMP("b"),
         REPLACED},
        {"[PATCH v2] lamp: fix typos", LAMP("a"), "[PATCH v2] lamp: fix typos", LAMP("a"),
         REPLACED},
        {"[PATCH] lamp: fix typos", LAMP("a"), "[PATCH v2] lamp: fix typos", LAMP("b"), REPLACED},
        {"[RFC PATCH] lamp: fix typos", LAMP("a"), "[PATCH] lamp: fix typos", LAMP("b"), REPLACED},
        /* the original arrives after its resend */
        {"[PATCH RESEND] lamp: fix typos", LAMP("a"), "[PATCH] lamp: fix typos", LAMP("a"),
         SAME_TOPIC},
        /* one of two patches is half of them, one of three is not */
        {"[PATCH 1/2] lamp: fix typos", LAMP("a"), "[PATCH 1/2] lamp: fix typos", LAMP("a"),
         REPLACED},
        {"[PATCH 1/3] lamp: fix typos", LAMP("a"), "[PATCH 1/3] lamp: fix typos", LAMP("a"),
         SAME_TOPIC},
        {"[PATCH 1/3] lamp: fix typos", LAMP("a"), "[PATCH] lamp: fix typos", LAMP("a"),
         SAME_TOPIC},
        {"[PATCH] lamp: fix typos", LAMP("a"), "[PATCH 1/2] lamp: fix typos", LAMP("a"),
         SAME_TOPIC},
    };

    check_pairs(pairs, COUNT(pairs));
}
END_TEST

/* Many patches have the same words after different prefixes, one for each file. */
START_TEST(distinguishes_generic_titles) {
    static const struct pair pairs[] = {
        {"[PATCH] lamp: use devm helpers", LAMP("a"), "[PATCH v2] fridge: use devm helpers",
         FRIDGE("a"), OTHER},
        {"[PATCH] house: lamp: use devm helpers", LAMP("a"),
         "[PATCH v2] house: fridge: use devm helpers", FRIDGE("a"), OTHER},
        {"[PATCH] lamp01: Convert to new API", LAMP("a"), "[PATCH v2] lamp02: Convert to new API",
         FRIDGE("a"), OTHER},
        {"[PATCH] Revert \"lamp: use devm helpers\"", LAMP("a"),
         "[PATCH v2] lamp: use devm helpers", LAMP("b"), OTHER},
        {"[PATCH] Revert \"lamp: use devm helpers\"", LAMP("a"),
         "[PATCH v2] Revert \"lamp: use devm helpers\"", LAMP("b"), REPLACED},
        /* another prefix for the same file is a better name for the same work */
        {"[PATCH] lamp: use devm helpers", LAMP("a"), "[PATCH v2] bulb: use devm helpers",
         LAMP("b"), REPLACED},
        {"[PATCH] lamp: use devm helpers", LAMP("a"), "[PATCH v2] house: lamp: use devm helpers",
         LAMP("b"), REPLACED},
        {"[PATCH] lamp: use devm helpers", LAMP("a"), "[PATCH v2] use devm helpers", FRIDGE("a"),
         SAME_TOPIC},
        /* a title that grew */
        {"[PATCH] lamp: use devm helpers", LAMP("a"), "[PATCH v2] lamp: use devm helpers in probe",
         LAMP("b"), REPLACED},
        {"[PATCH] lamp: use devm helpers", LAMP("a"), "[PATCH v2] lamp: use devm helpers in probe",
         FRIDGE("b"), SAME_TOPIC},
        {"[PATCH] lamp: use devm helper", LAMP("a"), "[PATCH v2] lamp: use devm helpers", LAMP("b"),
         OTHER},
        {"[PATCH] lamp: use devm helpers", LAMP("a"),
         "[PATCH v2] fridge: use devm helpers in probe", FRIDGE("b"), OTHER},
    };

    check_pairs(pairs, COUNT(pairs));
}
END_TEST

/* ---- branches and trees --------------------------------------------------------------------- */

#define UPSTREAM     "commit 0123456789abcdef0123456789abcdef01234567 upstream.\n\n" LAMP("a")
#define AUTOSEL_TEXT "[ Upstream commit 0123456789abcdef0123456789abcdef01234567 ]\n\n" LAMP("a")

START_TEST(never_supersedes_across_branches) {
    static const struct pair pairs[] = {
        {"[PATCH 6.1.y] lamp: fix it now", LAMP("a"), "[PATCH 5.15.y] lamp: fix it now", LAMP("a"),
         SAME_TOPIC},
        {"[PATCH 6.1.y] lamp: fix it now", LAMP("a"), "[PATCH 5.15.y v2] lamp: fix it now",
         LAMP("b"), SAME_TOPIC},
        {"[PATCH AUTOSEL 6.6 1/2] lamp: fix it now", LAMP("a"),
         "[PATCH AUTOSEL 6.1 1/2] lamp: fix it now", LAMP("a"), SAME_TOPIC},
        {"[PATCH stable 5.10 RESEND] lamp: fix it now", LAMP("a"),
         "[PATCH stable 5.4 RESEND] lamp: fix it now", LAMP("a"), SAME_TOPIC},
        /* a mainline posting and its backport, in either order */
        {"[PATCH] lamp: fix it now", LAMP("a"), "[PATCH 6.1.y] lamp: fix it now", LAMP("a"),
         SAME_TOPIC},
        {"[PATCH 6.1.y] lamp: fix it now", LAMP("a"), "[PATCH v2] lamp: fix it now", LAMP("b"),
         SAME_TOPIC},
        {"[PATCH] lamp: fix it now", LAMP("a"), "[PATCH] lamp: fix it now", UPSTREAM, SAME_TOPIC},
        {"[PATCH] lamp: fix it now", AUTOSEL_TEXT, "[PATCH] lamp: fix it now", UPSTREAM,
         SAME_TOPIC},
        {"[one][red][PATCH] lamp: fix it now", LAMP("a"), "[one][blue][PATCH] lamp: fix it now",
         LAMP("a"), SAME_TOPIC},
        {"[one][J][PATCH] lamp: fix it now", LAMP("a"), "[one][N][PATCH] lamp: fix it now",
         LAMP("a"), SAME_TOPIC},
        {"[one][PATCH] lamp: fix it now", LAMP("a"), "[one][red][PATCH] lamp: fix it now",
         LAMP("a"), SAME_TOPIC},
        {"[one][red][PATCH] lamp: fix it now", LAMP("a"), "[one][blue][PATCH v2] lamp: fix it now",
         FRIDGE("b"), SAME_TOPIC},
        {"[PATCH 6.1/6.6] lamp: fix it now", LAMP("a"), "[PATCH 5.15] lamp: fix it now", LAMP("a"),
         SAME_TOPIC},
        {"[one][red][PATCH] lamp: fix it now", LAMP("a"), "[one][red][PATCH] lamp: fix it now",
         LAMP("a"), REPLACED},
        {"[one][red][PATCH] lamp: fix it now", LAMP("a"), "[one][red][PATCH v2] lamp: fix it now",
         FRIDGE("b"), REPLACED},
        {"[PATCH stable 6.1] lamp: fix it now", LAMP("a"), "[PATCH 6.1.y v2] lamp: fix it now",
         FRIDGE("b"), REPLACED},
        /* the same branch, in any spelling */
        {"[PATCH 6.1.y] lamp: fix it now", LAMP("a"), "[PATCH v2 6.1.y] lamp: fix it now",
         LAMP("b"), REPLACED},
        {"[PATCH stable 6.1] lamp: fix it now", LAMP("a"), "[PATCH v2 6.1.y] lamp: fix it now",
         LAMP("b"), REPLACED},
        {"[PATCH stable] lamp: fix it now", LAMP("a"), "[PATCH stable v2] lamp: fix it now",
         LAMP("b"), REPLACED},
        {"[PATCH 6.1.y] lamp: fix it now", LAMP("a"), "[PATCH 6.1.y RESEND] lamp: fix it now",
         LAMP("a"), REPLACED},
    };

    check_pairs(pairs, COUNT(pairs));
}
END_TEST

/* Names of trees are not those of branches: a newer version may be for another tree. */
START_TEST(distinguishes_projects) {
    static const struct pair pairs[] = {
        {"[PATCH net-next] lamp: add a color", LAMP("a"), "[PATCH iproute2-next] lamp: add a color",
         FRIDGE("a"), SAME_TOPIC},
        {"[PATCH net-next] lamp: add a color", LAMP("a"),
         "[PATCH iproute2-next v2] lamp: add a color", FRIDGE("a"), SAME_TOPIC},
        {"[PATCH uci] add initial CI support", LAMP("a"), "[PATCH ubus] add initial CI support",
         LAMP("a"), SAME_TOPIC},
        {"[PATCH uci 1/4] add initial CI support", LAMP("a"),
         "[PATCH ubus 1/4] add initial CI support", LAMP("a"), OTHER},
        {"[PATCH uci 1/4] add initial CI support", LAMP("a"),
         "[PATCH ubus v2 1/4] add initial CI support", PATCH_OF("lamp.c", "2123456", "a"), OTHER},
        {"[PATCH net 1/4] lamp: add a color", LAMP("a"), "[PATCH bpf v2 1/4] lamp: add a color",
         LAMP("b"), REPLACED},
        {"[PATCH net 0/4] lamp: add a color", NULL, "[PATCH bpf v2 0/3] lamp: add a color", NULL,
         SAME_TOPIC},
        {"[PATCH uci] add initial CI support", PATCH_OF("ci.yml", "0000000", "a"),
         "[PATCH ubus v2] add initial CI support", PATCH_OF("ci.yml", "0000000", "b"), SAME_TOPIC},
        {"[PATCH net] lamp: add a color", LAMP("a"), "[PATCH net-next v2] lamp: add a color",
         LAMP("b"), REPLACED},
        {"[PATCH net] lamp: add a color", LAMP("a"), "[PATCH bpf v2] lamp: add a color", LAMP("b"),
         REPLACED},
        {"[PATCH] lamp: add a color", LAMP("a"), "[PATCH net v2] lamp: add a color", FRIDGE("b"),
         REPLACED},
        {"[PATCH for-8.2] lamp: add a color", LAMP("a"), "[PATCH for-9.0 v2] lamp: add a color",
         LAMP("b"), REPLACED},
    };

    check_pairs(pairs, COUNT(pairs));
}
END_TEST

/* Of two series with one title, the one for the same tree is continued, although the other one is
 * newer. */
START_TEST(prefers_the_same_tree) {
    struct found uci = POST("1@x", "[PATCH uci] add initial CI support");
    struct found ubus = POST("2@x", "[PATCH ubus] add initial CI support", .at = DAY);
    struct found two = POST("3@x", "[PATCH uci v2] add initial CI support", .at = 2 * DAY);
    struct found old = POST("4@x", "[PATCH 6.1.y] lamp: fix it now", .at = 3 * DAY);
    struct found other = POST("5@x", "[PATCH 5.15.y] lamp: fix it now", .at = 4 * DAY);
    struct found again = POST("6@x", "[PATCH 6.1.y v2] lamp: fix it now", .at = 5 * DAY);

    ck_assert_str_ne(ubus.id, other.id);
    expect_supersedes(two, uci, "title");
    expect_supersedes(again, old, "title");
}
END_TEST

/* ---- series --------------------------------------------------------------------------------- */

#define LIST_OF(one, two, three) \
    "Author (3):\n  " one "\n  " two "\n  " three "\n\n  lamp.c | 2 +-\n"

/* Posts [PATCH 0/3] with COVER and three parts, each with a title of its own. */
static struct found post_three(const char *id, const char *tag, const char *cover,
                               const char *const titles[3], int64_t at) {
    char ids[4][32], subject[128], body[512];
    struct found found;

    snprintf(body, sizeof(body), LIST_OF("%s", "%s", "%s"), titles[0], titles[1], titles[2]);
    for (int i = 0; i < 4; i++)
        snprintf(ids[i], sizeof(ids[i]), "%s%d@x.example", id, i);
    snprintf(subject, sizeof(subject), "[%s 0/3] %s", tag, cover);
    found = POST(ids[0], subject, .body = body, .at = at);
    for (int i = 1; i < 4; i++) {
        snprintf(subject, sizeof(subject), "[%s %d/3] %s", tag, i, titles[i - 1]);
        struct found part = POST(ids[i], subject, .answers = ids[0], .at = at);

        expect_same(part, found);
    }
    return found;
}

static const char *const first_three[] = {"lamp: split the dimmer", "lamp: dim at night",
                                          "lamp: document it"};
static const char *const second_three[] = {"fridge: count from zero", "oven: close the door",
                                           "door: ring the bell"};
static const char *const mixed_three[] = {"lamp: dim at night", "oven: close the door",
                                          "lamp: document it"};

/* A cover that repeats the title and half of the patches repeats the series. */
START_TEST(compares_the_patches_of_covers) {
    struct found one = post_three("a", "PATCH", "lamp: better evenings", first_three, 0);
    struct found same = post_three("b", "PATCH", "lamp: better evenings", first_three, DAY);
    struct found mixed = post_three("c", "PATCH", "lamp: better evenings", mixed_three, 2 * DAY);
    struct found other = post_three("d", "PATCH", "lamp: better evenings", second_three, 3 * DAY);
    struct found split = post_three("e", "PATCH v2", "lamp: darker nights", mixed_three, 4 * DAY);

    expect_supersedes(same, one, "title");
    expect_supersedes(mixed, same, "title");
    ck_assert_str_eq(other.supersedes, "");
    expect_supersedes(split, mixed, "title");
}
END_TEST

/* The title of a batch is used for one after the other. */
START_TEST(distinguishes_batches) {
    static const char *const titles[] = {"Lamp fixes for net", "Fixes and improvements",
                                         "pull request: lamps", "Lamp and Fridge Driver Updates"};

    for (size_t i = 0; i < COUNT(titles); i++) {
        forget();

        struct found single = POST("s@x", "[PATCH net] lamp: dim at night", .body = DIFF);
        struct found one = post_three("a", "PATCH net", titles[i], first_three, DAY);
        struct found two = post_three("b", "PATCH net", titles[i], second_three, 14 * DAY);
        struct found again = post_three("c", "PATCH net v2", titles[i], second_three, 15 * DAY);
        struct found next = post_three("d", "PATCH net v2", titles[i], first_three, 28 * DAY);

        expect_other_work(one, single); /* a batch has patches that were posted before */
        expect_other_work(two, one);
        expect_supersedes(again, two, "title");
        ck_assert_str_eq(next.supersedes, one.id); /* that is what its patches say */
    }
}
END_TEST

/* A program that folds Subject after a comma adds a blank to the title that the cover lists. */
START_TEST(ignores_the_blank_of_a_folded_title) {
    static const struct {
        const char *first, *listed;
        bool equal;
    } rows[] = {
        {"lamp: add {SAFE_,\n }DIM() macros", "lamp: add {SAFE_,}DIM() macros", true},
        {"lamp: add {SAFE_,}DIM() macros", "lamp: add {SAFE_, }DIM() macros", true},
        {"lamp: add one;\n two macros", "lamp: add one;two macros", true},
        {"lamp: add {SAFE_ }DIM() macros", "lamp: add {SAFE_}DIM() macros", false},
        {"lamp: add one, two macros", "lamp: add one two macros", false},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char subject[128], body[256];

        forget();
        snprintf(subject, sizeof(subject), "[PATCH 1/2] %s", rows[i].first);
        snprintf(body, sizeof(body), "Author (2):\n  %s\n  oven: close the door\n\n  x | 2 +-\n",
                 rows[i].listed);

        struct found one = POST("1@x", subject, .body = DIFF);
        struct found two =
            POST("2@x", "[PATCH v2 0/2] kitchen: better evenings", .body = body, .at = HOUR);

        if (rows[i].equal)
            expect_supersedes(two, one, "title");
        else
            expect_other_work(two, one);
    }
}
END_TEST

/* The next version of a batch has its title, and half of its patches that were seen: the others may
 * have gone to other lists. */
START_TEST(follows_the_versions_of_a_batch) {
    static const char *const titles[] = {"Lamp fixes for houses", "Misc updates"};
    static const char first[] = LIST_OF("lamp: dim at night", "oven: close it", "door: ring it");
    static const char second[] = LIST_OF("lamp: dim at night", "oven: open it", "bell: ring it");
    static const char third[] = LIST_OF("fridge: count it", "oven: burn it", "bell: be still");

    for (size_t i = 0; i < COUNT(titles); i++) {
        char subject[128];

        forget();
        snprintf(subject, sizeof(subject), "[PATCH 0/7] %s", titles[i]);

        struct found one = POST(GIT(1), subject, .body = first);

        POST(GIT(4), "[PATCH 3/7] lamp: dim at night", .answers = GIT(1), .body = DIFF);

        /* the batch of the next month, of which version 1 was not seen */
        snprintf(subject, sizeof(subject), "[PATCH v2 0/3] %s", titles[i]);
        expect_other_work(POST("3@x", subject, .body = third, .at = 30 * DAY), one);
        /* without version */
        snprintf(subject, sizeof(subject), "[PATCH 0/3] %s", titles[i]);
        ck_assert_str_eq(POST("4@x", subject, .body = second, .at = 2 * DAY).supersedes, "");
        /* another title */
        expect_other_work(POST("5@x", "[PATCH v2 0/3] lamp: better evenings", .body = second,
                               .at = 2 * DAY),
                          one);
        /* another author */
        snprintf(subject, sizeof(subject), "[PATCH v2 0/3] %s", titles[i]);
        expect_other_work(POST("6@x", subject, .body = second, .from = STRANGER, .at = 2 * DAY),
                          one);
        expect_supersedes(POST("2@x", subject, .body = second, .at = 3 * DAY), one, "title");
    }
}
END_TEST

/* A patch that was moved from one batch to the next says nothing of the others. */
START_TEST(distinguishes_batches_with_one_common_patch) {
    struct found one = post_three("a", "PATCH net", "Lamp fixes for net", first_three, 0);
    static const char *const moved[] = {"lamp: dim at night", "oven: close the door",
                                        "door: ring the bell"};
    struct found next = post_three("b", "PATCH net v2", "Lamp fixes for net", moved, 28 * DAY);

    expect_same_topic(next, one);
}
END_TEST

/* A cover that went out alone is superseded by the whole series, also if a title was corrected, and
 * if all arrive in one second. */
START_TEST(supersedes_a_cover_without_parts) {
    static const char *const titles[] = {"lamp: better evenings", "Lamp fixes for houses"};
    static const int64_t days[] = {DAY, 0};

    for (size_t i = 0; i < COUNT(titles) * COUNT(days); i++) {
        const char *title = titles[i % COUNT(titles)];
        int64_t day = days[i / COUNT(titles)];
        char subject[128], body[256];

        forget();
        snprintf(subject, sizeof(subject), "[PATCH v2 0/3] %s", title);
        snprintf(body, sizeof(body), LIST_OF("lamp: spilt the dimmer", "%s", "%s"), first_three[1],
                 first_three[2]);

        struct found alone = POST("1@x", subject, .body = body);
        struct found again = POST("2@x", subject, .body = body, .at = day);
        struct found whole = post_three("c", "PATCH v2", title, first_three, 2 * day);
        struct found next = post_three("d", "PATCH v3", title, first_three, 3 * day);

        expect_supersedes(again, alone, "title");
        expect_supersedes(whole, again, "title");
        expect_supersedes(next, whole, "title");
    }
}
END_TEST

#define PULL_OF(one, two, three) \
    "are available at:\n\n  git://x.example/lamp.git fixes\n\n" LIST_OF(one, two, three)

/* Of a cover without parts, the titles that it lists are compared; if there are none, the time. */
START_TEST(distinguishes_covers_without_parts) {
    static const char one_list[] = PULL_OF("lamp: dim at night", "oven: close it", "door: ring it");
    static const char other_list[] = PULL_OF("fridge: count it", "oven: close it", "bell: be off");
    static const struct {
        const char *name, *first, *listed, *second, *body;
        int64_t after;
        bool superseded;
    } rows[] = {
        {"the same titles", "0/3] lamp: dim it", one_list, "0/3] lamp: dim it", one_list, DAY,
         true},
        {"a batch", "0/3] Lamp fixes", one_list, "0/3] Lamp fixes", one_list, DAY, true},
        {"minutes", "0/3] lamp: dim it", NULL, "0/3] lamp: dim it", NULL, 11 * MINUTE, true},
        {"one second", "0/3] lamp: dim it", NULL, "0/3] lamp: dim it", NULL, 0, true},
        {"days", "0/3] lamp: dim it", NULL, "0/3] lamp: dim it", NULL, DAY, false},
        {"other titles", "0/3] lamp: dim it", one_list, "0/3] lamp: dim it", other_list,
         11 * MINUTE, false},
        {"titles, and none", "0/3] lamp: dim it", one_list, "0/3] lamp: dim it", NULL, 11 * MINUTE,
         false},
        {"none, and titles", "0/3] lamp: dim it", NULL, "0/3] lamp: dim it", one_list, 11 * MINUTE,
         false},
        {"another total", "0/3] lamp: dim it", NULL, "0/4] lamp: dim it", NULL, 11 * MINUTE, false},
        {"no total", "0/n] lamp: dim it", NULL, "0/n] lamp: dim it", NULL, 11 * MINUTE, false},
        {"another title", "0/3] lamp: dim it", NULL, "0/3] lamp: it dim", NULL, 11 * MINUTE, false},
        {"another tree", "one 0/3] lamp: dim it", one_list, "two 0/3] lamp: dim it", one_list,
         11 * MINUTE, false},
        {"the next batch", "0/3] Lamp fixes", one_list, "0/3] Lamp fixes", other_list, 30 * DAY,
         false},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char first[64], second[64];

        forget();
        snprintf(first, sizeof(first), "[PATCH v2 %s", rows[i].first);
        snprintf(second, sizeof(second), "[PATCH v2 %s", rows[i].second);

        struct found one = POST(GIT(1), first, .body = rows[i].listed);
        struct found two = POST(LATER(1), second, .body = rows[i].body, .at = rows[i].after);

        ck_assert_msg(strcmp(two.supersedes, rows[i].superseded ? one.id : "") == 0, "%s",
                      rows[i].name);
    }
}
END_TEST

/* A series of which one part arrived is not compared by its cover alone. */
START_TEST(keeps_a_series_with_parts) {
    struct found one = POST(GIT(1), "[PATCH 0/3] lamp: dim it");

    POST(GIT(2), "[PATCH 1/3] lamp: dim at night", .answers = GIT(1), .body = DIFF);
    ck_assert_str_ne(one.id, "");
    ck_assert_str_eq(POST(LATER(1), "[PATCH 0/3] lamp: dim it", .at = 11 * MINUTE).supersedes, "");
}
END_TEST

/* The patches that a pull request has were posted before, by anyone. */
START_TEST(distinguishes_pull_requests) {
    struct found one = POST("1@x", "[PATCH] lamp: dim at night", .body = DIFF);
    struct found pull = POST("2@x", "[PULL 0/2] lamp queue", .at = DAY);
    struct found part =
        POST("3@x", "[PULL 1/2] lamp: dim at night", .answers = "2@x", .body = DIFF, .at = DAY);
    struct found next = POST("4@x", "[PULL 0/2] lamp queue", .at = 9 * DAY);

    expect_other_work(pull, one);
    expect_same(part, pull);
    expect_other_work(part, one);
    expect_other_work(next, pull);
}
END_TEST

/* ---- parts ---------------------------------------------------------------------------------- */

/* A newer version of some parts replaces these. */
START_TEST(replaces_parts) {
    static const struct {
        const char *subject, *answers, *id, *scope;
    } examples[] = {
        {"[PATCH v2 2/3] lamp: dim at night", "a2@x.example a0@x.example", "n@x", "part"},
        {"[PATCH v2 2/3] lamp: dim at night", "r@y a2@x.example a0@x.example", "n@x", "part"},
        {"[PATCH v2 1/3] lamp: split the dimmer", "a1@x.example a0@x.example", "n@x", "part"},
        {"[PATCH v1.1 2/3] lamp: dim at night", NULL, "n@x", "part"},
        {"[PATCH v2] lamp: dim at night", NULL, "n@x", "part"},
        {"[PATCH v2] lamp: dim at night", "a0@x.example", "n@x", "part"},
        {"[PATCH v2] lamp: dim at noon", "a2@x.example a0@x.example", "n@x", "part"},
        {"[PATCH v2 3/3] lamp: document it", NULL, GIT(1), "part"}, /* a run that begins with it */
        /* these begin a whole version */
        {"[PATCH v2 1/3] lamp: split the dimmer", NULL, GIT(1), "all"},
        {"[PATCH v2 1/3] lamp: split the dimmer", "a0@x.example", "n@x", "all"},
        {"[PATCH v2 2/3] lamp: dim at night", "a0@x.example", "n@x", "all"},
        {"[PATCH v2 0/3] lamp: better evenings", "a2@x.example", "n@x", "all"},
        {"[PATCH v2] lamp: better evenings", NULL, "n@x", "all"}, /* squashed */
        {"[PATCH v1.1 0/3] lamp: better evenings", NULL, "n@x", "all"},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget();

        struct found old = post_three("a", "PATCH", "lamp: better evenings", first_three, 0);

        POST("r@y", "Re: [PATCH 2/3] lamp: dim at night", .answers = "a2@x.example",
             .from = STRANGER);

        struct found new = POST(examples[i].id, examples[i].subject, .answers = examples[i].answers,
                                .body = DIFF, .at = DAY);

        ck_assert_msg(strcmp(new.supersedes, old.id) == 0, "%s", examples[i].subject);
        ck_assert_msg(strcmp(new.scope, examples[i].scope) == 0, "%s, %s: %s", examples[i].subject,
                      examples[i].answers, new.scope);
    }
}
END_TEST

/* ---- change-ids ----------------------------------------------------------------------------- */

#define CHANGE_ONE "---\nchange-id: 20200509-one-0123456789ab\n"
#define CHANGE_TWO "---\nchange-id: 20200509-two-0123456789ab\n"

/* Two change-ids are two works, whatever other sign there is. */
START_TEST(distinguishes_change_ids) {
    static const struct pair pairs[] = {
        {"[PATCH] lamp: fix it now", CHANGE_ONE LAMP("a"), "[PATCH v2] lamp: fix it now",
         CHANGE_TWO LAMP("b"), OTHER},
        {"[PATCH] lamp: fix it now", CHANGE_ONE LAMP("a"), "[PATCH v2] fridge: other words",
         CHANGE_TWO LAMP("a"), OTHER},
        {"[PATCH] lamp: fix it now", CHANGE_ONE LAMP("a"), "[PATCH v2] lamp: fix it now",
         "v1: <1@x>\n" CHANGE_TWO LAMP("b"), OTHER},
        {"[PATCH] lamp: fix it now", CHANGE_ONE LAMP("a"), "[PATCH v2] lamp: fix it now", LAMP("b"),
         REPLACED},
        {"[PATCH] lamp: fix it now", LAMP("a"), "[PATCH v2] lamp: fix it now", CHANGE_ONE LAMP("b"),
         REPLACED},
        {"[PATCH] lamp: fix it now", CHANGE_ONE LAMP("a"), "[PATCH v2] fridge: other words",
         CHANGE_ONE FRIDGE("b"), REPLACED},
    };

    check_pairs(pairs, COUNT(pairs));
}
END_TEST

/* ---- other authors -------------------------------------------------------------------------- */

#define IN_NAME_OF(author, text) "From: A. Uthor <" author ">\n\n" text

/* The author is whom the text of the patch names, or the sender.  Nobody supersedes the work of
 * another person, but the author continues what was posted for him. */
START_TEST(follows_the_author_of_the_patch) {
    struct found one = POST("1@x", "[PATCH] lamp: fix it now", .body = LAMP("a"));
    struct found two = POST("2@y", "[PATCH v2] lamp: fix it now", .from = STRANGER,
                            .body = IN_NAME_OF(AUTHOR, LAMP("b")), .at = DAY);
    struct found other = POST("3@z", "[PATCH v2] lamp: fix it now", .from = "third@example.net",
                              .body = LAMP("b"), .at = DAY);
    struct found three =
        POST("4@x", "[PATCH v3] lamp: fix it now", .body = LAMP("c"), .at = 2 * DAY);

    expect_same_topic(two, one);
    expect_other_work(other, one);
    expect_supersedes(three, one, "title"); /* his own, not that of the other person */
    forget();
    one = POST("1@y", "[PATCH] lamp: fix it now", .from = STRANGER,
               .body = IN_NAME_OF(AUTHOR, LAMP("a")));
    two = POST("2@x", "[PATCH v2] lamp: fix it now", .body = LAMP("b"), .at = DAY);
    expect_supersedes(two, one, "title");
}
END_TEST

/* However many postings a stranger makes in another name, and whatever they claim, the author still
 * supersedes his own. */
START_TEST(cannot_be_pushed_aside) {
    struct found one = POST("1@x", "[PATCH] lamp: fix it now", .body = CHANGE_ONE LAMP("a"));
    char id[32];

    for (int i = 0; i < 80; i++) {
        snprintf(id, sizeof(id), "s%d@y.example", i);
        POST(id, "[PATCH] lamp: fix it now", .from = STRANGER,
             .body = IN_NAME_OF(AUTHOR, CHANGE_ONE LAMP("a")), .at = HOUR + i);
    }

    struct found title = POST("2@x", "[PATCH v2] lamp: fix it now", .body = LAMP("b"), .at = DAY);
    struct found change =
        POST("3@x", "[PATCH v2] fridge: other words", .body = CHANGE_ONE FRIDGE("b"), .at = DAY);
    struct found patch = POST("4@x", "[PATCH v2] fridge: new words", .body = LAMP("a"), .at = DAY);

    expect_supersedes(title, one, "title");
    expect_supersedes(change, one, "change-id");
    expect_supersedes(patch, one, "patch-id");
}
END_TEST

/* ---- links to other work -------------------------------------------------------------------- */

START_TEST(ignores_links_to_what_it_depends_on) {
    static const struct {
        const char *text;
        bool found;
    } examples[] = {
        {"Based-on: <a-core@x.example>\n", false},
        {"Depends-on: <a-core@x.example>\n", false},
        {"prerequisite-message-id: <a-core@x.example>\n", false},
        {"This goes on top of https://lore.example/r/a-core@x.example\n", false},
        {"It depends on these:\n\n - https://lore.example/r/other@x.example\n"
         " - https://lore.example/r/a-core@x.example\n",
         false},
        {"This series depends on [1].\n\n[1] https://lore.example/r/a-core@x.example\n", false},
        {"v1: https://lore.example/r/a-core@x.example\n", true},
        {"v1 was based on 5.8: no.\nv1: <a-core@x.example>\n", true},
        {"As said in [1].\n\n[1] https://lore.example/r/a-core@x.example\n", true},
        {"v1: <a-core@x.example>, now based on v5.8\n", true},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget();

        struct found old = POST("a-core@x.example", "[PATCH 0/2] lamp: add the core");
        struct found new =
            POST("2@x", "[PATCH v2 0/2] fridge: use it", .body = examples[i].text, .at = DAY);

        ck_assert_msg((strcmp(new.topic, old.topic) == 0) == examples[i].found, "%s",
                      examples[i].text);
    }
}
END_TEST

/* ---- the newest version --------------------------------------------------------------------- */

#define FIRST_LINK "v1: <1@x.example>\n"

static struct found post_linked(const char *id, const char *subject, int64_t at) {
    return POST(id, subject, .body = FIRST_LINK LAMP("c"), .at = at);
}

/* All versions link to version 1 first. */
START_TEST(supersedes_the_newest_version) {
    struct found one = POST("1@x.example", "[PATCH] lamp: fix it now", .body = LAMP("a"));
    struct found two = post_linked("2@x", "[PATCH v2] lamp: fix it today", DAY);
    struct found three = post_linked("3@x", "[PATCH v3] lamp: fix it again", 2 * DAY);
    struct found four = post_linked("4@x", "[PATCH v4] lamp: fix it now", 3 * DAY);
    struct found again = post_linked("5@x", "[PATCH RESEND v4] lamp: fix it now", 4 * DAY);

    expect_supersedes(two, one, "link");
    expect_supersedes(three, two, "link");
    expect_supersedes(four, three, "link");
    expect_supersedes(again, four, "link");
}
END_TEST

/* Version 3 has the title of version 1, which version 2 replaced by another one. */
START_TEST(supersedes_the_newest_version_by_title) {
    struct found one = POST("1@x.example", "[PATCH] lamp: fix it now", .body = LAMP("a"));
    struct found two = post_linked("2@x", "[PATCH v2] oven: close the door", DAY);
    struct found three =
        POST("3@x", "[PATCH v3] lamp: fix it now", .body = LAMP("b"), .at = 2 * DAY);

    expect_supersedes(two, one, "link");
    expect_supersedes(three, two, "title");
}
END_TEST

/* A version supersedes no newer one, and the next version supersedes that. */
START_TEST(supersedes_no_newer_version) {
    struct found one = POST("1@x.example", "[PATCH] lamp: fix it now", .body = LAMP("a"));
    struct found three = post_linked("3@x", "[PATCH v3] lamp: fix it again", DAY);
    struct found two = post_linked("2@x", "[PATCH v2] lamp: fix it today", 2 * DAY);
    struct found four = post_linked("4@x", "[PATCH v4] lamp: fix it again", 4 * DAY);

    expect_supersedes(three, one, "link");
    expect_supersedes(two, one, "link");
    expect_supersedes(four, three, "link");
}
END_TEST

/* Of two series into which an RFC was split, each supersedes its own. */
START_TEST(distinguishes_the_series_of_a_split_rfc) {
    POST("1@x.example", "[RFC PATCH 0/4] lamp: better evenings");

    struct found dim =
        POST("2@x", "[PATCH 0/2] lamp: better dimmer", .body = FIRST_LINK, .at = DAY);
    struct found ring = POST("3@x", "[PATCH 0/2] lamp: better ring", .body = FIRST_LINK, .at = DAY);
    struct found dim2 =
        POST("4@x", "[PATCH v2 0/2] lamp: better dimmer", .body = FIRST_LINK, .at = 7 * DAY);
    struct found ring2 =
        POST("5@x", "[PATCH v2 0/2] lamp: better ring", .body = FIRST_LINK, .at = 7 * DAY);

    expect_supersedes(dim2, dim, "link");
    expect_supersedes(ring2, ring, "link");
}
END_TEST

/* What a stranger says to supersede is not on the way to the newest version. */
START_TEST(follows_no_stranger_to_the_newest_version) {
    struct found one = POST("1@x.example", "[PATCH] lamp: fix it now", .body = LAMP("a"));
    struct found forged =
        POST("2@y", "[PATCH v2] lamp: fix it now", .from = STRANGER,
             .body = "Supersedes: <1@x.example>\n" IN_NAME_OF(AUTHOR, LAMP("b")), .at = DAY);
    struct found two = post_linked("2@x", "[PATCH v2] lamp: fix it today", 2 * DAY);
    struct found other = POST("3@y", "[PATCH v3] lamp: fix it again", .from = STRANGER,
                              .body = FIRST_LINK LAMP("c"), .at = 3 * DAY);
    struct found three = post_linked("3@x", "[PATCH v3] lamp: fix it again", 4 * DAY);

    ck_assert_str_eq(forged.supersedes, "");
    ck_assert_str_eq(other.supersedes, "");
    expect_supersedes(two, one, "link");
    expect_supersedes(three, two, "link");
}
END_TEST

START_TEST(stays_on_its_branch) {
    struct found one = POST("1@x.example", "[PATCH 6.1.y] lamp: fix it now", .body = LAMP("a"));
    struct found two = post_linked("2@x", "[PATCH 6.1.y v2] lamp: fix it today", DAY);
    struct found other = post_linked("3@x", "[PATCH 5.15.y v3] lamp: fix it today", 2 * DAY);
    struct found mainline = post_linked("4@x", "[PATCH v3] lamp: fix it today", 3 * DAY);
    struct found three = post_linked("5@x", "[PATCH 6.1.y v3] lamp: fix it again", 4 * DAY);

    expect_supersedes(two, one, "link");
    expect_same_topic(other, one);
    expect_same_topic(mainline, one);
    expect_supersedes(three, two, "link");
}
END_TEST

/* A part is replaced in the newest version that has it. */
START_TEST(replaces_parts_of_the_newest_version) {
    static const struct {
        const char *subject, *answers;
        bool in_two; /* it is a part of version 2 */
    } examples[] = {
        {"[PATCH v3] lamp: dim at night", "a2@x.example a0@x.example", true},
        {"[PATCH v3 2/3] lamp: dim at noon", "a2@x.example a0@x.example", true},
        {"[PATCH v3] lamp: split the dimmer", "a1@x.example a0@x.example", false},
        {"[PATCH v1.1 2/3] lamp: dim at night", "a2@x.example a0@x.example", false},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        forget();

        struct found one = post_three("a", "PATCH", "lamp: better evenings", first_three, 0);
        struct found two = post_three("b", "PATCH v2", "lamp: better evenings", mixed_three, DAY);
        struct found new = POST("n@x", examples[i].subject, .answers = examples[i].answers,
                                .body = FRIDGE("a"), .at = 7 * DAY);

        expect_supersedes(two, one, "title");
        ck_assert_msg(strcmp(new.supersedes, examples[i].in_two ? two.id : one.id) == 0, "%s",
                      examples[i].subject);
        ck_assert_str_eq(new.scope, "part");
        ck_assert_str_eq(new.topic, one.topic);
    }
}
END_TEST

/* A whole version supersedes the whole one before it, not the new version of one of its parts. */
START_TEST(supersedes_no_part_instead_of_the_whole) {
    struct found one = POST("1@x.example", "[PATCH 1/3] lamp: split the dimmer", .body = LAMP("a"));

    POST("2@x", "[PATCH 2/3] lamp: dim at night", .answers = "1@x.example", .body = LAMP("b"));
    POST("3@x", "[PATCH 3/3] lamp: document it", .answers = "1@x.example", .body = LAMP("c"));

    struct found part = POST("4@x", "[PATCH v2] lamp: split the dimmer", .answers = "1@x.example",
                             .body = LAMP("d"), .at = DAY);
    struct found whole = post_linked("5@x", "[PATCH v3 1/3] lamp: split the dimmer", 7 * DAY);

    ck_assert_str_eq(part.topic, one.topic);
    ck_assert_str_eq(part.scope, "part");
    expect_supersedes(whole, one, "link");
    ck_assert_str_eq(whole.scope, "all");
}
END_TEST

SUITE(older_suite) {
    const struct cases cases[] = {
        {"singles",
         {distinguishes_repeated_patches_from_repeated_titles, distinguishes_generic_titles}},
        {"trees",
         {never_supersedes_across_branches, distinguishes_projects, prefers_the_same_tree}},
        {"series",
         {compares_the_patches_of_covers, distinguishes_batches, follows_the_versions_of_a_batch,
          distinguishes_batches_with_one_common_patch, distinguishes_pull_requests,
          ignores_the_blank_of_a_folded_title}},
        {"covers",
         {supersedes_a_cover_without_parts, distinguishes_covers_without_parts,
          keeps_a_series_with_parts}},
        {"parts", {replaces_parts}},
        {"change-ids", {distinguishes_change_ids}},
        {"authors", {follows_the_author_of_the_patch, cannot_be_pushed_aside}},
        {"links", {ignores_links_to_what_it_depends_on}},
        {"newest",
         {supersedes_the_newest_version, supersedes_the_newest_version_by_title,
          supersedes_no_newer_version, distinguishes_the_series_of_a_split_rfc,
          follows_no_stranger_to_the_newest_version, stays_on_its_branch,
          replaces_parts_of_the_newest_version, supersedes_no_part_instead_of_the_whole}},
    };

    return cases_suite("older", cases, COUNT(cases), 20);
}
