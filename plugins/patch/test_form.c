/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_form.c - texts in which a diff is posted, and texts that only show one.
 */
#define TESTS form
#include "support/local.h"

#include "form.h"

#include "support/suite.h"
#include "util/cleanup.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DIFF         "--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n"
#define GIT          "diff --git a/x.c b/x.c\n" DIFF

static void expect_all(const char *const *texts, size_t count, bool posted) {
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(form_is_posted(patchmark_text_of(texts[i])) == posted, "%s", texts[i]);
}

START_TEST(accepts_posted_patches) {
    static const char *const texts[] = {
        DIFF,
        "\n\n" GIT,
        "Count from zero.\n\nSigned-off-by: A <a@example.org>\n" GIT,
        "Count from zero.\n---\n x.c | 2 +-\n 1 file changed, 1 insertion(+)\n\n" GIT,
        "Count from zero.\n---\n\n" GIT,
        "Hi,\n\nplease review.\n\n>From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17\n" GIT,
        "Hi,\n\nFrom: A <a@example.org>\nSubject: [PATCH] x\n\n" GIT,
        "This patch mends the count.\n\n" DIFF,
        "The count is wrong. The attached patch mends it.\n\n" DIFF,
        "I ran into a crash. Here is a patch:\n\n" DIFF,
        "So I made a\npatch for it:\n\n" DIFF,
        "A small patch to mend the crash.\n\n" DIFF,
        "It crashes without the following\npatch.\n\n" DIFF,
        "Patch below.\n\n" DIFF,
        "The patch is for 2.0; patch attached.\n\n" DIFF,
        "> quoted text\n\nThese patches mend it.\n" DIFF,
        "Please find below a patch that counts from zero.\n\n" DIFF,
        "This patch ends the forwarding of the queue.\n\n" DIFF,
        "Mend the bridge.\n\nForwarding packets was wrong.\n\nSigned-off-by: A <a@x>\n" DIFF,
    };

    expect_all(texts, COUNT(texts), true);
}
END_TEST

START_TEST(leaves_shown_diffs) {
    static const char *const texts[] = {
        /* Reports. */
        "Hi,\n\nafter the update it crashes. When I add the check by hand it works:\n\n" DIFF
        "\nIs this the right way?\n",
        "It could be fixed with that kernel module patch:\n\n" DIFF,
        "The crash began after the patch of yesterday. I reverted it:\n\n" DIFF,
        "Reverting helps. Which patch broke it?\n\n" DIFF,
        "This dispatch is wrong:\n\n" DIFF,
        "---\nI changed this:\n\n" DIFF,
        /* What the diff has is no sign. */
        "I changed this:\n\n" DIFF "\nSigned-off-by: is missing\n",
        /* Quoted signs are another's. */
        "> Signed-off-by: B <b@example.org>\n> This patch mends it.\n\nI use this:\n\n" DIFF,
        /* Forwards. */
        "FYI\n\n---------- Forwarded message ---------\nFrom: B <b@example.org>\n\nThis "
        "patch\n" DIFF,
        "FYI\n\n-----Original Message-----\nFrom: B\nSent: Monday\n\nSigned-off-by: B <b@x>\n" DIFF,
        "-------- Weitergeleitete Nachricht --------\nBetreff: x\nVon: B <b@x>\n\nThis "
        "patch\n" DIFF,
        "-------- Переслано --------\nТема: x\n\nThis patch\n" DIFF,
        "Hi,\n\nforwarding this patch from the tracker:\n\n" DIFF,
        "I am just forwarding the patch of a user.\n\n" DIFF,
        "FYI\n\nBegin forwarded message:\n\nFrom: B <b@x>\nSubject: [PATCH] x\n\n" DIFF,
        "----- Forwarded message from B <b@x> -----\n\nDate: Monday\nSigned-off-by: B <b@x>\n" DIFF,
    };

    expect_all(texts, COUNT(texts), false);
}
END_TEST

START_TEST(finds_no_forward_in_similar_lines) {
    static const char *const texts[] = {
        "--------8<--------\nSubject: [PATCH] x\n\n" DIFF,
        "-------- cut here --------\n\nThis patch\n" DIFF,
        "---------------------\nFrom: A <a@x>\n" DIFF,
        "--- a/file-of-long-name--\nFrom: x\n" DIFF,
    };

    for (size_t i = 0; i < COUNT(texts); i++)
        ck_assert_msg(!form_is_forward(patchmark_text_of(texts[i])), "%s", texts[i]);
    ck_assert(form_is_forward(
        patchmark_text_of("FYI\n-----Original Message-----\nFrom: B <b@example.org>\n" DIFF)));
}
END_TEST

START_TEST(finds_titles) {
    static const char *const titles[] = {"Fix the build on BSD", "[foo] Fix the build",
                                         "[a] [b]remove dead code", "Don't count twice"};
    static const char *const others[] = {"fixes needed",        "lamp: fix it",   "[Fix] it",
                                         "Update on the crash", "Adding support", ""};

    for (size_t i = 0; i < COUNT(titles); i++)
        ck_assert_msg(form_is_title(patchmark_text_of(titles[i])), "%s", titles[i]);
    for (size_t i = 0; i < COUNT(others); i++)
        ck_assert_msg(!form_is_title(patchmark_text_of(others[i])), "%s", others[i]);
}
END_TEST

/* Reads a megabyte of each piece.  Quadratic work would take minutes, and Check ends a test after
 * some seconds. */
START_TEST(is_linear) {
    static const char *const pieces[] = {"\n", "a ", "a patch ", "---\n", "---- a bcdefg ----\n",
                                         "x",  "-",  "From "};

    for (size_t i = 0; i < COUNT(pieces); i++) {
        size_t length = strlen(pieces[i]), count = 1024 * 1024 / length;
        AUTO(free) char *text = malloc(count * length);

        ck_assert_ptr_nonnull(text);
        for (size_t k = 0; k < count; k++)
            memcpy(text + k * length, pieces[i], length);
        ck_assert(!form_is_posted((struct patchmark_text){text, count * length}));
        ck_assert(!form_is_forward((struct patchmark_text){text, count * length}));
    }
}
END_TEST

SUITE(form_suite) {
    Suite *suite = suite_create("form");
    TCase *tests = tcase_create("form");

    tcase_add_test(tests, accepts_posted_patches);
    tcase_add_test(tests, leaves_shown_diffs);
    tcase_add_test(tests, finds_no_forward_in_similar_lines);
    tcase_add_test(tests, finds_titles);
    tcase_add_test(tests, is_linear);
    suite_add_tcase(suite, tests);
    return suite;
}
