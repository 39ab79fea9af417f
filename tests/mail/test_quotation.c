/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_quotation.c - patchmark_lines_next: marks, diffs, signatures, the end of quotations, and the
 * time for hostile text.  test_quote_head.c has the heads of quotations.
 */
#include "support/support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define C            "Carol <carol@example.org>"
#define HEAD         "From: " C "\nSent: Monday, March 2, 2026 11:05 AM\n"
#define DIFF \
    "diff --git a/x b/x\nindex 0123456..789abcd 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"

/* Returns the origins of the lines of TEXT as letters: o own, q quoted, h head, d diff, s
 * signature. */
static const char *origins(struct patchmark_text text) {
    static char found[400];
    struct patchmark_lines lines = patchmark_lines_of(text);
    struct patchmark_text line;
    enum patchmark_origin origin;
    size_t count = 0;

    while (patchmark_lines_next(&lines, &line, &origin))
        if (count + 1 < sizeof(found))
            found[count++] = "?oqhds"[origin];
    found[count] = '\0';
    return found;
}

static const struct {
    const char *why, *text, *origins;
} cases[] = {
    {"names as marks", "Bob> a\nBob>\nAda> b\nown\n", "qqqo"},
    {"no names", "mysql> a\nLamp>b\nList>> c\nA longer name> d\n>e\n", "ooooq"},
    {"marks", "> a\n>> b\n > c\n| d\n\u00a0> e\nAB> f\n&gt; g\nown\n", "qqqqqqqo"},
    {"no marks", "a > b\nABCDE> f\nab> x\n- > a\n", "oooo"},
    {"an attribution", "On Monday, Ada wrote:\n> a\nown\n", "hqo"},
    {"... of no date", "Ada writes:\n\n> a\nown\n", "hoqo"},
    {"... that nothing follows", "Ada wrote:\n\nown\n", "ooo"},
    {"fields above marks", "From: " C "\nDate: Mon, 2 Mar 2026 10:05:01 +0000\n\n> a\n\nown\n",
     "hhoqoo"},
    {"... and a greeting between",
     "From: " C "\nDate: Mon, 2 Mar 2026 10:05:01 +0000\n\nHi,\n> a\nown\n", "hhooqo"},
    {"fields above nothing", "a\n\n" HEAD, "oohh"},
    {"CR LF",
     "a\r\n\r\n"
     "From: " C "\r\nSent: 2 March 2026\r\n\r\nb\r\n",
     "oohhqq"},
    {"a quotation by indent",
     "On 3/2/26, 11:05 AM, \"C\" <c@example.org> wrote:\n\n    a\n\n    b\nown\n    c\n",
     "hoqoqoq"},
    {"a quotation in a quotation", "a\n\n" HEAD "\nb\n\nOn Mon, Ada wrote:\n> c\n\nApplied.\n",
     "oohhqqqqqqq"},
    {"... below an attribution",
     "Why so?\n\nOn Mon, 2 Mar 2026 11:05:01 +0000 " C
     " wrote:\n\nb\n\nOn Sunday, Ada wrote:\n> c\n\nApplied.\n",
     "oohqqqqqqq"},
    {"the end of a forward",
     "a\n----- Forwarded message from " C " -----\n\nDate: Mon, 2 Mar 2026 10:05:01 +0000\nFrom: " C
     "\n\nb\n\n----- End forwarded message -----\n\nown\n",
     "ohhhhqqqhoo"},
    {"a diff", "a\n" DIFF "\nown\n", "oddddddddo"},
    {"a diff below a head stays quoted", "a\n\n" HEAD "\n" DIFF "b\n", "oohhqqqqqqqqq"},
    {"a patch in the mail ends with its diff",
     "From: " C "\nSubject: x\n\ntext\n---\n" DIFF "own\n", "hhqqqdddddddo"},
    {"a line of dashes in a diff", DIFF "-- \n2.39\n", "dddddddss"},
    {"a signature", "a\n-- \nb\n> c\n", "osss"},
    {"... whose blank was removed", "a\n--\nAda\nLamps Ltd.\n", "osss"},
    {"two dashes above much text", "a\n--\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n", "ooooooooooooo"},
    {"two dashes above a tag", "a\n--\nAcked-by: " C "\n", "ooo"},
    {"two dashes above marks", "a\n--\n> b\nc\n", "ooqo"},
    {"the footer of a list",
     "a\n_______________________________________________\nlamps mailing list\n", "oss"},
    {"nothing", "", ""},
};

START_TEST(lines_have_an_origin) {
    const char *found = origins(patchmark_text_of(cases[_i].text));

    ck_assert_msg(strcmp(found, cases[_i].origins) == 0, "%s: '%s', not '%s'", cases[_i].why, found,
                  cases[_i].origins);
}
END_TEST

/* 2 MB of lines that are nearly heads: each is read ahead, and the time stays linear. */
START_TEST(hostile_text_takes_linear_time) {
    static const char *const pieces[] = {
        "On Mon, Mar 2, 2026 at 11:05 AM <a@example.org> wrote:\n",
        "On Mon, Mar 2, 2026 at 11:05 AM <a@example.org>\n",
        "a: b@example.org\n",
        "From: a\n\n",
        "--\n",
        "________________________\n",
        "--- a ---\n",
        "x\n\nOn Mon, Mar 2, 2026 at 11:05 AM <a@example.org> wrote:\n[...]\n",
        "\n",
        "    \n",
        "\u00a0",
        "-",
        ":",
        "1",
        "@",
        "\xe2",
    };
    size_t size = 2 << 20, each = strlen(pieces[_i]);
    char *text = malloc(size);

    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < size; i++)
        text[i] = pieces[_i][i % each];
    origins((struct patchmark_text){text, size});
    free(text);
}
END_TEST

/* A text may end anywhere: each prefix is read, and no byte behind it. */
START_TEST(cut_text_is_read) {
    const char *text = cases[_i].text;

    for (size_t length = 0; length <= strlen(text); length++) {
        char *copy = malloc(length > 0 ? length : 1);

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, text, length);
        origins((struct patchmark_text){copy, length});
        free(copy);
    }
}
END_TEST

SUITE(quotation_suite) {
    Suite *suite = suite_create("quotation");
    TCase *tests = tcase_create("lines");

    tcase_add_loop_test(tests, lines_have_an_origin, 0, COUNT(cases));
    tcase_add_loop_test(tests, cut_text_is_read, 0, COUNT(cases));
    tcase_add_loop_test(tests, hostile_text_takes_linear_time, 0, 16);
    suite_add_tcase(suite, tests);
    return suite;
}
