/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_regex.c - regular expressions match within single lines, as plain PCRE2 does line by line.
 */
#include "test_parts.h"

/* Included after the headers above, whose locals have names that these headers define. */
#include "regex.h"

static struct matcher matcher;

static void setup(void) {
    ck_assert(matcher_begin(&matcher));
}

static void teardown(void) {
    matcher_end(&matcher);
}

/* Returns true if the only one of REGEXES matches TEXT.  Asserts that it does not exceed its limit.
 */
static bool search(struct regexes *regexes, const char *text) {
    bool abandoned = false;
    bool found = regexes_match(regexes, 0, &matcher, patchmark_text_of(text), &abandoned);
    ck_assert(!abandoned);
    return found;
}

/* Returns what regexes_match must return: whether plain PCRE2 finds REGEX in one of the lines. */
static bool plain_search(const char *regex, struct patchmark_text rest) {
    int error;
    PCRE2_SIZE offset;
    bool found = false;
    struct patchmark_text line;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
                                     PCRE2_EXTENDED | PCRE2_MULTILINE, &error, &offset, NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    ck_assert_msg(code != NULL, "%s", regex);
    while (!found && patchmark_text_line(&rest, &line))
        found = pcre2_match(code, (PCRE2_SPTR)line.data, line.length, 0, 0, data, NULL) >= 0;
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return found;
}

static void random_pieces(const char *const *pieces, size_t count, uint32_t limit, char *out) {
    uint32_t length = 1 + random_below(limit);
    out[0] = '\0';
    for (uint32_t i = 0; i < length; i++)
        strcat(out, pieces[random_below((uint32_t)count)]);
}

START_TEST(search_equals_plain_pcre) {
    static const char *const of_regexes[] = {
        "abc", "ab",       "cab",    "a",    "b",     "c?",     "b+",    "(abc|cab)",
        "|",   "(ab|c)?",  "(ab)+",  "[ab]", "[^a]",  ".",      ".*",    "\\s",
        "\\b", "(?:ca|b)", "(?i)AB", "a{2}", "$",     "(?!b)",  "\\.",   "(a(bca|cbb)c|bb)",
        "^",   "b*",       "c{0,1}", "\\W",  "(?=c)", "(?<!a)", "a{1,}", "(bc){2}"};
    static const char *const of_texts[] = {"a", "b", "c", "ab", "abc", "cab", "\n", " ", ".", "A"};
    size_t found = 0, cases = 4000;
    for (size_t i = 0; i < cases; i++) {
        struct regexes *regexes = regexes_new(NULL, 'K');
        char regex[200], text[200], problem[100];
        random_pieces(of_regexes, COUNT(of_regexes), 6, regex);
        ck_assert_msg(regexes_add(regexes, patchmark_text_of(regex), 0, "file", 1, problem,
                                  sizeof(problem)),
                      "'%s': %s", regex, problem);
        for (size_t k = 0; k < 5; k++) {
            random_pieces(of_texts, COUNT(of_texts), 12, text);
            strcat(text, "\n");
            bool expected = plain_search(regex, patchmark_text_of(text));
            /* A look-around can see the next line, so more may match; otherwise the results are
             * equal. */
            bool may_differ = strchr(regex, '!') || strchr(regex, '=');
            bool got = search(regexes, text);
            ck_assert_msg(got == expected || (may_differ && got), "'%s' on '%s': %d", regex, text,
                          got);
            found += got;
        }
        regexes_free(regexes);
    }
    ck_assert_uint_gt(found, cases);
    ck_assert_uint_lt(found, 4 * cases);
}
END_TEST

START_TEST(searches_line_by_line) {
    static const struct {
        const char *why, *regex, *text;
        bool matches;
    } examples[] = {
        {"in a line", "ring.*mute", "ring a\nring and mute\n", true},
        {"a dot is no newline", "ring.*mute", "ring\nmute\n", false},
        {"nor is a blank", "ring\\s+mute", "ring\nmute\n", false},
        {"nor what is none of some", "ring[^x]mute", "ring\nmute\n", false},
        {"behind one that spans lines", "ring\\s+mute", "ring\nmute\nring mute\n", true},
        {"in the line that begins one", "ring(\\s+ring)?", "x\nring\nring\n", true},
        {"^ is the start of a line", "^ring", "a\nring\n", true},
        {"$ is the end of a line", "ring$", "ring\nb\n", true},
        {"a word at the start of a line", "\\bring\\b", "a\nring\n", true},
        {"in any case with (?i)", "(?i)RING", "a ring\n", true},
        {"only then", "RING", "a ring\n", false},
        {"no text", "ring", "", false},
        {"no text but it matches nothing", "x*", "", true},
        {"without newline at the end", "ring", "a\nring", true},
    };
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct regexes *regexes = regexes_new(NULL, 'K');
        char problem[100];
        ck_assert(regexes_add(regexes, patchmark_text_of(examples[i].regex), 0, "file", 1, problem,
                              sizeof(problem)));
        ck_assert_msg(search(regexes, examples[i].text) == examples[i].matches, "%s",
                      examples[i].why);
        regexes_free(regexes);
    }
}
END_TEST

/* In the whole text "([^;]|x)*" runs to the end of the text and back from each line, which exceeds
 * the limit.  Within one line it stays far below. */
START_TEST(other_lines_do_not_count_for_the_limit) {
    AUTO(free) char *lines = repeat("ring\n", 3 * BOUND_MATCH_STEPS, "ring, then mute\n");
    AUTO(free) char *others = repeat("ring\n", 3 * BOUND_MATCH_STEPS, "mute\n");
    struct regexes *regexes = regexes_new(NULL, 'K');
    char problem[100];
    ck_assert(regexes_add(regexes, patchmark_text_of("ring([^;]|x)*mute$"), 0, "file", 1, problem,
                          sizeof(problem)));
    ck_assert(!search(regexes, others));
    ck_assert(search(regexes, lines));
    regexes_free(regexes);
}
END_TEST

SUITE(regex_suite) {
    Suite *suite = suite_create("regex");
    TCase *tests = tcase_create("regex");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, search_equals_plain_pcre);
    tcase_add_test(tests, searches_line_by_line);
    tcase_add_test(tests, other_lines_do_not_count_for_the_limit);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite;
}
