/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_repeat.c - a series that is posted again without a word in its tags supersedes the first
 * posting as soon as half of the patches are repeated; and what looks like one and is not.
 */
#include "test_series.h"

#define PATCH_OF(name, line)                                                                  \
    "text\n---\ndiff --git a/" name " b/" name "\nindex 0123456..789abcd 100644\n--- a/" name \
    "\n+++ b/" name "\n@@ -1 +1 @@\n-one\n+" line "\n"

static const char *const titles[] = {"lamp: add the night mode", "lamp: document the night mode",
                                     "fan: use the night mode", "fan: split the driver"};
static const char *const patches[] = {PATCH_OF("lamp.c", "a"), PATCH_OF("lamp.txt", "b"),
                                      PATCH_OF("fan.c", "c"), PATCH_OF("fan.h", "d")};
static const char *const others[] = {PATCH_OF("lamp.c", "e"), PATCH_OF("lamp.txt", "f"),
                                     PATCH_OF("fan.c", "g"), PATCH_OF("fan.h", "h")};

/* One posting of TOTAL parts: the tag without its numbering, the sender, and the patches. */
struct posting {
    const char *tag, *from;
    const char *const *patches;
    size_t total;
    bool covered; /* a cover without a list of its parts comes first */
};

/* Posts SERIES at the given time, under Message-IDs that begin with NAME.  Fills PARTS with what
 * was found of the parts. */
static void post_all(const char *name, const struct posting *series, int64_t at,
                     struct found parts[COUNT(titles)]) {
    char first[32];

    snprintf(first, sizeof(first), "%s%d@x", name, series->covered ? 0 : 1);
    for (size_t i = series->covered ? 0 : 1; i <= series->total; i++) {
        char id[32], subject[128];

        snprintf(id, sizeof(id), "%s%zu@x", name, i);
        snprintf(subject, sizeof(subject), "[%s %zu/%zu] %s", series->tag, i, series->total,
                 i == 0 ? "the night mode of lamps" : titles[i - 1]);

        struct found found = POST(id, subject, .from = series->from,
                                  .answers = strcmp(id, first) == 0 ? NULL : first,
                                  .body = i == 0 ? NULL : series->patches[i - 1], .at = at);

        ck_assert_str_eq(found.kind, i == 0 ? "cover" : "patch");
        if (i > 0)
            parts[i - 1] = found;
        else
            ck_assert_str_eq(found.supersedes, "");
    }
}

/* Returns the number of the part that supersedes the series OLD; 0 if none does. */
static size_t superseding_part(const struct found *parts, size_t total, const struct found *old) {
    size_t part = 0;

    for (size_t i = 0; i < total; i++) {
        if (!*parts[i].supersedes)
            continue;
        ck_assert_uint_eq(part, 0); /* one claim only */
        ck_assert_str_eq(parts[i].supersedes, old->id);
        ck_assert_str_eq(parts[i].scope, "all");
        ck_assert_str_eq(parts[i].how, "patch-id");
        part = i + 1;
    }
    return part;
}

START_TEST(supersedes_what_it_repeats) {
    /* Of the second posting, the first part differs. */
    static const char *const one_changed[] = {PATCH_OF("lamp.c", "x"), PATCH_OF("lamp.txt", "b"),
                                              PATCH_OF("fan.c", "c"), PATCH_OF("fan.h", "d")};
    static const char *const most_changed[] = {PATCH_OF("lamp.c", "a"), PATCH_OF("lamp.txt", "x"),
                                               PATCH_OF("fan.c", "y"), PATCH_OF("fan.h", "z")};
    static const struct {
        struct posting old, new;
        size_t part; /* that supersedes */
    } examples[] = {
        {{"PATCH", NULL, patches, 3, false}, {"PATCH", NULL, patches, 3, false}, 2},
        {{"PATCH", NULL, patches, 4, false}, {"PATCH", NULL, patches, 4, false}, 2},
        {{"PATCH", NULL, patches, 3, true}, {"PATCH", NULL, patches, 3, true}, 2},
        {{"PATCH v2", NULL, patches, 3, false}, {"PATCH v2", NULL, patches, 3, false}, 2},
        {{"PATCH net", NULL, patches, 3, false}, {"PATCH net", NULL, patches, 3, false}, 2},
        {{"PATCH", NULL, patches, 4, false}, {"PATCH", NULL, one_changed, 4, false}, 3},
        /* one of four */
        {{"PATCH", NULL, patches, 4, false}, {"PATCH", NULL, most_changed, 4, false}, 0},
        /* the same titles only */
        {{"PATCH", NULL, patches, 3, false}, {"PATCH", NULL, others, 3, false}, 0},
        /* another tree, branch, length, author */
        {{"PATCH net", NULL, patches, 3, false}, {"PATCH iproute2", NULL, patches, 3, false}, 0},
        {{"PATCH 6.1", NULL, patches, 3, false}, {"PATCH 5.10", NULL, patches, 3, false}, 0},
        {{"PATCH", NULL, patches, 3, false}, {"PATCH 5.10", NULL, patches, 3, false}, 0},
        {{"PATCH", NULL, patches, 3, false}, {"PATCH", NULL, patches, 4, false}, 0},
        {{"PATCH", NULL, patches, 3, false}, {"PATCH", STRANGER, patches, 3, false}, 0},
        /* the original comes after its resend */
        {{"PATCH RESEND", NULL, patches, 3, false}, {"PATCH", NULL, patches, 3, false}, 0},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        struct found old[COUNT(titles)], new[COUNT(titles)];

        forget();
        post_all("a", &examples[i].old, 0, old);
        post_all("b", &examples[i].new, 7 * DAY, new);
        ck_assert_str_ne(new[0].id, old[0].id);
        ck_assert_msg(superseding_part(new, examples[i].new.total, &old[0]) == examples[i].part,
                      "example %zu: part %zu", i,
                      superseding_part(new, examples[i].new.total, &old[0]));
    }
}
END_TEST

/* A third posting supersedes the second one, and no posting supersedes what version 2 has replaced.
 */
START_TEST(supersedes_the_last_posting) {
    static const struct posting same = {"PATCH", NULL, patches, 3, false},
                                newer = {"PATCH v2", NULL, others, 3, false};
    struct found one[COUNT(titles)], two[COUNT(titles)], three[COUNT(titles)];

    post_all("a", &same, 0, one);
    post_all("b", &same, DAY, two);
    post_all("c", &same, 2 * DAY, three);
    ck_assert_uint_eq(superseding_part(two, 3, &one[0]), 2);
    ck_assert_uint_eq(superseding_part(three, 3, &two[0]), 2);
    forget();
    post_all("a", &same, 0, one);
    post_all("b", &newer, DAY, two);
    ck_assert_str_eq(two[0].supersedes, one[0].id);
    post_all("c", &same, 2 * DAY, three);
    ck_assert_uint_eq(superseding_part(three, 3, &one[0]), 0);
}
END_TEST

SUITE(repeat_suite) {
    const struct cases cases[] = {
        {"repeat", {supersedes_what_it_repeats, supersedes_the_last_posting}},
    };

    return cases_suite("repeat", cases, COUNT(cases), 60);
}
