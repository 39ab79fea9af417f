/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_pattern.c - folding of text, matching of globs and phrases, and the lines and sentences that
 * the sender of a mail wrote.
 */
#include "body.h"
#include "pattern.h"

#include "support/support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void fold_text(struct folded *folded, const char *text) {
    fold(folded, support_text(text));
}

START_TEST(test_fold) {
    static const struct {
        const char *why, *text, *folded;
    } cases[] = {
        {"ASCII letters", "Applied, THANKS", "applied, thanks"},
        {"other letters stay", "R\u00c9PONSE", "r\u00c9ponse"},
        {"blanks of any kind are one space", " a\t b\r\nc\v\fd ", "a b c d"},
        {"a no-break space is a blank", "a\u00a0b", "a b"},
        {"typographic apostrophes become plain ones", "I\u2019ve \u2018it", "i've 'it"},
        {"half of such a character at the end", "a\xe2\x80", "a\xe2\x80"},
        {"nothing", "", ""},
        {"only blanks", " \n\t ", ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct folded folded;

        fold_text(&folded, cases[i].text);
        ck_assert_msg(strcmp(folded.text, cases[i].folded) == 0, "%s: '%s'", cases[i].why,
                      folded.text);
        ck_assert_uint_eq(folded.length, strlen(folded.text));
    }
}
END_TEST

/* Text beyond the limit is cut; a blank at the limit is dropped in favor of the letter after it. */
START_TEST(test_fold_limit) {
    char text[FOLDED_BYTES + 3];
    struct folded folded;

    memset(text, 'A', sizeof(text));
    fold(&folded, (struct patchmark_text){text, FOLDED_BYTES});
    ck_assert_uint_eq(folded.length, FOLDED_BYTES);
    fold(&folded, (struct patchmark_text){text, FOLDED_BYTES + 1});
    ck_assert_uint_eq(folded.length, FOLDED_BYTES);
    text[FOLDED_BYTES - 1] = ' ';
    fold(&folded, (struct patchmark_text){text, FOLDED_BYTES + 1});
    ck_assert_uint_eq(folded.length, FOLDED_BYTES);
    ck_assert_int_eq(folded.text[FOLDED_BYTES], '\0');
}
END_TEST

struct match {
    const char *pattern, *text;
    bool matches;
};

static void expect_matches(enum style style, const struct match *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char text[600];
        struct pattern pattern;
        struct folded folded;

        snprintf(text, sizeof(text), "%s", cases[i].pattern);
        ck_assert_msg(pattern_read(&pattern, style, text), "%s", cases[i].pattern);
        fold_text(&folded, cases[i].text);
        ck_assert_msg(pattern_matches(&pattern, &folded) == cases[i].matches, "'%s' and '%s'",
                      cases[i].pattern, cases[i].text);
    }
}

START_TEST(test_glob) {
    static const struct match cases[] = {
        {"abc", "abc", true},
        {"abc", "abcd", false},
        {"abc", "xabc", false},
        {"ABC", "abc", true},
        {"a*c", "ac", true},
        {"a*c", "abbbc", true},
        {"a*c", "abbbcd", false},
        {"*", "", true},
        {"*", "anything", true},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"*-bot@*", "some-bot@example.org", true},
        {"*-bot@*", "robot@example.org", false},
        {"*a*a*a*", "banana", true},
        {"*a*a*a*a*", "banana", false},
        {"*ab", "aab", true},                       /* the star must take one more byte */
        {"[tip: *", "[tip: x86/mm] a title", true}, /* brackets are literal */
        {"[bug]*", "b", false},
        {"*\\?", "really?", true},
        {"*\\?", "really", false},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"a\\", "a\\", true}, /* at the end, a backslash is literal */
        {"a  b", "A B", true},
        {"a?b*cde", "axb-cde", true}, /* only the end of the glob has a trigram */
        {"ab\\*cd", "ab*cd", true},
        {"ab\\*cd", "abxcd", false},
    };

    expect_matches(STYLE_IS, cases, COUNT(cases));
}
END_TEST

START_TEST(test_phrase) {
    static const struct match cases[] = {
        {"bug", "a bug in it", true},
        {"bug", "bug", true},
        {"bug", "[BUG] it", true},
        {"bug", "debug it", false},
        {"bug", "bugs in it", false},
        {"bug", "debug the bug", true}, /* the second one */
        {"bug", "a bug_on", false},     /* one word */
        {"bug", "a bug-report", true},
        {"fail*", "it failed", true},
        {"fail*", "fail", true},
        {"fail*", "unfailing", false},
        {"call trace:", "Call  Trace: <IRQ>", true},
        {"call trace:", "system call trace:", true},
        {"[error]", "x[ERROR]y", true}, /* a byte that is not a letter is a word boundary */
        {"i've", "well, I\u2019ve done it", true},
        {"erreur", "\u00e9erreur", false}, /* bytes from 128 up are letters */
        {"a b", "a", false},
        {"abc", "ab", false},
    };

    expect_matches(STYLE_HAS, cases, COUNT(cases));
}
END_TEST

START_TEST(test_regex) {
    static const struct match cases[] = {
        {"^a+b$", "AAB", true}, /* the text is folded, the expression is not */
        {"^A", "a", false},
        {"a+b", "xaaby", true},
        {"^(fixed|changed) and pushed\\b", "Fixed  and pushed it", true},
        {"^(fixed|changed) and pushed\\b", "Fixed and pushedx", false},
        {"(?<!not )applied", "not applied", false},
        {"^.$", "\u00e9", false}, /* bytes, not characters */
        {"^[^a-z]+$", "\u2713 1", true},
        {"", "", true},
    };
    char error[120];

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pattern pattern;
        struct folded folded;

        ck_assert_msg(pattern_compile(&pattern, cases[i].pattern, error, sizeof(error)), "%s: %s",
                      cases[i].pattern, error);
        fold_text(&folded, cases[i].text);
        ck_assert_msg(pattern_matches(&pattern, &folded) == cases[i].matches, "'%s' and '%s'",
                      cases[i].pattern, cases[i].text);
        pattern_free(&pattern);
    }
}
END_TEST

#define X_10   "xxxxxxxxxx"
#define X_100  X_10 X_10 X_10 X_10 X_10 X_10 X_10 X_10 X_10 X_10
#define X_1000 X_100 X_100 X_100 X_100 X_100 X_100 X_100 X_100 X_100 X_100

START_TEST(test_regex_error) {
    static const char *const texts[] = {"(", "[a", "a{2,1}", "(?<=a*)b", "\\C", "(*UTF)a"};
    struct pattern pattern;
    char error[120];

    for (size_t i = 0; i < COUNT(texts); i++) {
        error[0] = '\0';
        ck_assert_msg(!pattern_compile(&pattern, texts[i], error, sizeof(error)), "%s", texts[i]);
        ck_assert_str_ne(error, "");
        pattern_free(&pattern);
    }
}
END_TEST

/* Expressions that would backtrack for years; the second one is long enough for the JIT compiler.
 */
START_TEST(test_regex_limit) {
    static const char *const texts[] = {"^(a|aa)+$", X_1000 "|^(a|aa)+$"};
    char text[FOLDED_BYTES], error[120];
    struct folded folded;

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '.';
    fold(&folded, (struct patchmark_text){text, sizeof(text)});
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct pattern pattern;

        ck_assert(pattern_compile(&pattern, texts[i], error, sizeof(error)));
        ck_assert(!pattern_matches(&pattern, &folded));
        pattern_free(&pattern);
    }
}
END_TEST

START_TEST(test_empty_pattern) {
    static const struct {
        enum style style;
        const char *text;
    } cases[] = {{STYLE_IS, ""}, {STYLE_IS, " \t"}, {STYLE_HAS, ""}, {STYLE_HAS, "*"}};

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[8];
        struct pattern pattern;

        snprintf(text, sizeof(text), "%s", cases[i].text);
        ck_assert(!pattern_read(&pattern, cases[i].style, text));
    }
}
END_TEST

/* ---- lines and sentences -------------------------------------------------------------------- */

static struct mail mail;

static void setup(void) {
    support_mail_init(&mail);
}

static void teardown(void) {
    mail_free(&mail);
}

struct units {
    char text[4096]; /* the units, each followed by '|' */
    int limit;       /* the callback ends the walk after this number of units */
};

static bool note(void *context, enum unit unit, size_t at, struct patchmark_text raw,
                 const struct folded *folded) {
    struct units *units = context;
    size_t length = strlen(units->text);

    (void)unit, (void)at;
    ck_assert_uint_ge(raw.length, folded->length > 0 ? 1 : 0);
    snprintf(units->text + length, sizeof(units->text) - length, "%s|", folded->text);
    return --units->limit == 0;
}

static const char *units_of(unsigned kinds, const char *head, const char *text, int limit) {
    static struct units units;
    char raw[8192];

    snprintf(raw, sizeof(raw), "From: a@example.org\n%s\n%s", head, text);
    units = (struct units){.limit = limit};
    body_walk(support_read(&mail, raw, 0), kinds, note, &units);
    return units.text;
}

START_TEST(test_sentences) {
    static const struct {
        const char *why, *text, *sentences;
    } cases[] = {
        {"a sentence without a full stop", "Applied\n", "applied|"},
        {"a full stop and a blank end a sentence", "Nice. Applied, thanks!\n",
         "nice|applied, thanks|"},
        {"a full stop in a word does not", "queued for 5.7.x now\n", "queued for 5.7.x now|"},
        {"lines are joined", "I have applied\nthis to the\ntree.\n",
         "i have applied this to the tree|"},
        {"a paragraph ends a sentence", "Hm\n\nApplied\n", "hm|applied|"},
        {"a question keeps its mark", "Applied? Yes.\n", "applied?|yes|"},
        {"quoted text is not the sender's", "> Applied.\nNo.\n", "no|"},
        {"... with other marks too", "| Applied.\nNo.\n", "no|"},
        {"quoted text ends a sentence", "Hm\n> why?\nApplied\n", "hm|applied|"},
        {"the line above a quote is not a sentence", "On Monday, B wrote:\n> x\nApplied.\n",
         "applied|"},
        {"... on two lines", "On Monday, 4 May 2026,\nB <b@example.org> wrote:\n> x\nApplied.\n",
         "applied|"},
        {"... in any language", "Am Montag schrieb B:\n> x\nApplied.\n", "applied|"},
        {"a colon at the end is removed", "Applied:\n\nx\n", "applied|x|"},
        {"a salutation", "Hi Ada,\nApplied.\n", "hi ada,|applied|"},
        {"... without comma", "Hello all\napplied.\n", "hello all|applied|"},
        {"a comma elsewhere ends no sentence", "Applied,\n\nthanks\n", "applied,|thanks|"},
        {"items of a list", "- one\n- two\n* three\n", "one|two|three|"},
        {"trailers", "Looks good\nReviewed-by: B <b@example.org>\nApplied\n",
         "looks good|applied|"},
        {"a signature", "Applied\n-- \nRegards.\n", "applied|"},
        {"... without its blank", "Applied\n--\nRegards.\n", "applied|"},
        {"two dashes in a text", "Applied -- or so\n", "applied -- or so|"},
        {"the footer of a list", "Applied\n______________________________________\nlist\n",
         "applied|"},
        {"a mail quoted whole", "No\n-----Original Message-----\nApplied.\n", "no|"},
        {"... by its headers", "No\n\nFrom: B\nSent: Monday\nApplied.\n", "no|"},
        {"... in another language",
         "No\n\nFra: B <b@example.org>\nSendt: 4. maj 2026 11:05\nEmne: x\n\nApplied.\n", "no|"},
        {"... below an attribution",
         "No\n\n2026-05-04 11:05 GMT+02:00 B <b@example.org>:\n\nApplied.\n", "no|"},
        {"fields above a marked quotation",
         "From: B <b@example.org>\nDate: Mon, 4 May 2026 11:05:00 +0000\n\n> x\n\nApplied.\n",
         "applied|"},
        {"an attribution whose quotation was deleted",
         "On Mon, 4 May 2026 11:05:00 +0000 B <b@example.org> wrote:\n\nApplied.\n", "applied|"},
        {"a diff", "Applied\ndiff --git a/x b/x\nthe rest.\n", "applied|"},
        {"CR LF", "Hm\r\n\r\nApplied.\r\n", "hm|applied|"},
        {"nothing", "", ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        ck_assert_msg(strcmp(units_of(UNIT_SENTENCE, "", cases[i].text, 0), cases[i].sentences) ==
                          0,
                      "%s: %s", cases[i].why, units_of(UNIT_SENTENCE, "", cases[i].text, 0));
}
END_TEST

START_TEST(test_lines) {
    ck_assert_str_eq(units_of(UNIT_LINE, "", "One.  Two\n\n  Three\n> four\n", 0),
                     "one. two|three|");
    ck_assert_str_eq(units_of(UNIT_LINE | UNIT_SENTENCE, "", "One.  Two\n", 0),
                     "one. two|one|two|");
    /* The callback can end the walk. */
    ck_assert_str_eq(units_of(UNIT_LINE, "", "One\nTwo\nThree\n", 2), "one|two|");
    ck_assert_str_eq(units_of(UNIT_SENTENCE, "", "One. Two. Three.\n", 1), "one|");
}
END_TEST

/* The text is the first text/plain part that is not an attached file. */
START_TEST(test_parts) {
    static const char head[] = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n";

    ck_assert_str_eq(units_of(UNIT_LINE, head,
                              "--b\nContent-Type: text/html\n\n<p>html</p>\n"
                              "--b\nContent-Type: text/plain\n"
                              "Content-Disposition: attachment; filename=x.txt\n\nfile\n"
                              "--b\nContent-Type: text/plain\n\ntext\n--b--\n",
                              0),
                     "text|");
    ck_assert_str_eq(units_of(UNIT_LINE, "Content-Type: text/html\n", "<p>html</p>\n", 0), "");
}
END_TEST

/* The sender's text is read up to BODY_BYTES; quoted text before it does not count. */
START_TEST(test_body_limit) {
    static char raw[2 * BODY_BYTES + 200];
    static const char *const expected[] = {"last|", ""};

    for (size_t more = 0; more < COUNT(expected); more++) {
        struct units units = {.limit = 0};
        char *at = raw + sprintf(raw, "From: a@example.org\n\n");

        for (size_t i = 0; i < 100; i++)
            at += sprintf(at, "> %61s\n", "");
        for (size_t i = 0; i < BODY_BYTES / 64 - 1 + more; i++)
            at += sprintf(at, "%63s\n", ""); /* 64 bytes */
        sprintf(at, "last\n%58s\nlost\n", "");
        body_walk(support_read(&mail, raw, 0), UNIT_LINE, note, &units);
        ck_assert_str_eq(units.text, expected[more]);
    }
}
END_TEST

SUITE(pattern_suite) {
    Suite *suite = suite_create("automation: pattern and body");
    TCase *pattern = tcase_create("pattern"), *body = tcase_create("body");

    tcase_add_test(pattern, test_fold);
    tcase_add_test(pattern, test_fold_limit);
    tcase_add_test(pattern, test_glob);
    tcase_add_test(pattern, test_phrase);
    tcase_add_test(pattern, test_regex);
    tcase_add_test(pattern, test_regex_error);
    tcase_add_test(pattern, test_regex_limit);
    tcase_add_test(pattern, test_empty_pattern);
    suite_add_tcase(suite, pattern);
    tcase_add_checked_fixture(body, setup, teardown);
    tcase_add_test(body, test_sentences);
    tcase_add_test(body, test_lines);
    tcase_add_test(body, test_parts);
    tcase_add_test(body, test_body_limit);
    suite_add_tcase(suite, body);
    return suite;
}
